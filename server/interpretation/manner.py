"""Manner: how a server recognises and translates, as configured and as suits its recognizer."""

from dataclasses import dataclass

import mt.presets
from asr.presets import Name
from streaming.script import Form


@dataclass(frozen=True, slots=True)
class Manner:
    """How this server recognises and translates."""

    family: str = "whisper"
    """The recognizer's."""
    longest: float = 28.0
    """Seconds of speech that the recognizer hears whole."""
    preset: Name = "balanced"
    """How early recognised words are committed."""
    languages: tuple[str, ...] = ()
    """Languages that detection may choose from; empty: any."""
    chinese: Form = "simplified"
    """The script in which Chinese is written."""
    translation: mt.presets.Name = "balanced"
    """How early translations are committed."""
    look_ahead: bool = False
    """Whether words that are still tentative are translated too, to be shown and no more."""


USUAL = Manner()
"""That of a server whose configuration says nothing, for a stock recognizer."""

"""Manner: how a server recognises, as configured and as suits its recognizer."""

from dataclasses import dataclass

from asr.presets import Name
from asr.script import Form


@dataclass(frozen=True, slots=True)
class Manner:
    """How this server recognises."""

    family: str = "whisper"
    """The recognizer's."""
    preset: Name = "balanced"
    languages: tuple[str, ...] = ()
    """Languages that detection may choose from; empty: any."""
    chinese: Form = "as_heard"
    """The script in which Chinese is written."""


USUAL = Manner()
"""That of a server whose configuration says nothing, for a stock recognizer."""

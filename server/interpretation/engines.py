"""The engines of a running Dragoman: built once, shared by every session."""

from dataclasses import dataclass, field

from mt.router import Router
from server.interpretation.manner import Manner
from streaming.stages import Recognizer, SpeechDetector, Synthesizer


@dataclass(frozen=True, slots=True)
class Engines:
    """One engine of each kind; stateless, so that any number of sessions may share them."""

    detector: SpeechDetector
    recognizer: Recognizer
    translator: Router
    synthesizer: Synthesizer | None = None
    """`None`: nothing is spoken."""
    manner: Manner = field(default_factory=Manner)
    """How the recognizer and the translator are used."""

"""The engines of a running Dragoman: built once, shared by every session."""

from dataclasses import dataclass, field

from mt.router import Router
from mt.tiers import Tiers
from server.interpretation.manner import Manner
from streaming.stages import Recognizer, SpeechDetector, Synthesizer


@dataclass(frozen=True, slots=True)
class Model:
    """What programs are told of a model."""

    name: str
    created: float
    """Seconds since 1970, of its file."""


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
    small: Router | None = None
    """Drafts what is only shown; `None`: the translator does."""
    large: Router | None = None
    """Translates recordings, and what has been said once more for the record; `None`: the translator
    translates recordings, and nothing is revised."""
    model: Model | None = None
    """What the recognizer is; `None`: it has no name."""

    @property
    def tiers(self) -> Tiers:
        """The translators by size."""
        return Tiers(self.translator, self.small, self.large)

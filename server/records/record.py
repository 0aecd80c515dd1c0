"""Records: what was said in a recording, and what it was translated into."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streaming.words import Word, text_of


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """What was said in one go, with its translations."""

    language: str
    """Language spoken."""
    words: tuple[Word, ...]
    """What was said; at least one word."""
    translations: Mapping[str, str] = field(default_factory=dict)
    """Target language → text."""
    speaker: str = ""
    """Who spoke, where there are several, as captions say it."""
    name: str = ""
    """What people call who spoke; empty: nobody has said."""
    booth: bool = False
    """Said by an interpreter: a translation of its own, and nothing that was spoken on the floor."""

    @property
    def start(self) -> float:
        """Seconds since the recording began."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds since the recording began."""
        return max(word.end for word in self.words)

    @property
    def text(self) -> str:
        """What was said."""
        return text_of(self.words)


@dataclass(frozen=True, slots=True)
class Record:
    """All that was said in a recording."""

    language: str | None
    """Language asked for, else the one that was spoken longest; `None`: nothing was said."""
    duration: float
    """Seconds."""
    utterances: tuple[UtteranceRecord, ...]
    """In the order in which they were spoken."""

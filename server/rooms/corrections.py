"""Which translations an operator's corrections still ask for: a fold of the room's events, without a clock.

It takes events that are durable, from the room as it goes on or from the log after a restart. A translation
is made anew when it is finished: at once where it was, else as soon as it is, so no language is left out that
has not been shown yet. What a correction asks for, the next one of the same utterance asks for instead.
"""

from dataclasses import dataclass, replace

from server.rooms.journal import Entry
from server.rooms.rendering import evenly
from server.rooms.scribe import BOOTH
from server.wire.room_messages import Revision
from streaming.captions import Caption, Update

KEPT = 50
"""Utterances that are remembered."""


@dataclass(frozen=True, slots=True)
class Anew:
    """A translation that is to be made anew."""

    source: Update
    """The corrected utterance, all of it."""
    revision: int
    """Which of its corrections that is."""
    caption: Caption
    """The translation as it reads."""
    line: str
    """Whose utterance it is."""

    @property
    def key(self) -> tuple[int, str, int]:
        """Names it."""
        return self.caption.utterance, self.caption.language, self.revision


class Corrections:
    """What an operator has corrected, and in which languages that is not told yet."""

    def __init__(self) -> None:
        self._corrected: dict[int, tuple[Revision, str]] = {}
        """Utterance → its last correction, and its line."""
        self._finished: dict[int, dict[str, Caption]] = {}
        """Utterance → language → its translation, as it reads."""
        self._followed: dict[tuple[int, str], int] = {}
        """Utterance and language → the correction that the translation has followed."""

    @property
    def due(self) -> list[Anew]:
        """All that is to be made anew."""
        return [anew for number in self._corrected for anew in self._due(number)]

    def hear(self, entry: Entry) -> list[Anew]:
        """Take the next event or view; gives what is to be made anew therefore."""
        if entry.number is None:
            return []
        match entry.message:
            case Caption(utterance=number) if entry.spoken:
                self._forget(number - KEPT)
            case Caption(utterance=number, language=language, final=True) as caption:
                if not entry.line.startswith(BOOTH):
                    self._finished.setdefault(number, {})[language] = caption
                    return [anew for anew in self._due(number) if anew.caption is caption]
            case Revision(utterance=number, by="operator") as revision if entry.spoken:
                self._corrected[number] = revision, entry.line
                return self._due(number)
            case Revision() as revision:
                self._follow(revision)
        return []

    def _follow(self, revision: Revision) -> None:
        number, language = revision.utterance, revision.language
        if revision.by == "operator":
            self._followed[number, language] = revision.revision
        if known := self._finished.get(number, {}).get(language):
            self._finished[number][language] = replace(known, committed=revision.text)

    def _due(self, number: int) -> list[Anew]:
        if number not in self._corrected:
            return []
        correction, line = self._corrected[number]
        words = evenly(correction.text, correction.language, correction.start, correction.end)
        source = Update(number, correction.language, words, final=True)
        return [
            Anew(source, correction.revision, caption, line)
            for language, caption in self._finished.get(number, {}).items()
            if self._followed.get((number, language), 0) < correction.revision
        ]

    def _forget(self, last: int) -> None:
        for number in [number for number in (*self._finished, *self._corrected) if number <= last]:
            self._corrected.pop(number, None)
            for language in self._finished.pop(number, {}):
                self._followed.pop((number, language), None)

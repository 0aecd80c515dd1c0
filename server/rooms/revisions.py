"""Which translations of a room a larger model may still revise: a fold of the room's events, without a clock.

It takes events that are durable, from the room as it goes on or from the log after a restart: what has been
finished and not revised is due again then, and what has been revised is not. What an operator has corrected
is left alone, in every language, whenever it is corrected.
"""

from dataclasses import dataclass

from server.rooms.journal import Entry
from server.rooms.rendering import evenly
from server.rooms.scribe import BOOTH
from server.wire.room_messages import Revision
from streaming.captions import Caption, Update, merge
from streaming.words import text_of

KEPT = 50
"""Utterances that are remembered."""

Key = tuple[int, str]
"""Utterance and language."""


@dataclass(frozen=True, slots=True)
class Due:
    """A finished translation by the machine."""

    source: Update
    """What it renders: a whole utterance."""
    caption: Caption
    """As it reads."""
    line: str
    """Whose utterance it is."""

    @property
    def key(self) -> Key:
        """Names it."""
        return self.caption.utterance, self.caption.language


class Revisions:
    """What may still be revised."""

    def __init__(self) -> None:
        self._heard: dict[int, tuple[Update, Caption]] = {}
        self._corrected: set[int] = set()
        self._due: dict[Key, Due] = {}

    @property
    def due(self) -> tuple[Due, ...]:
        """All that is to be considered, in the order in which it was finished."""
        return tuple(self._due.values())

    def hear(self, entry: Entry) -> Due | None:
        """Take the next event or view; gives the translation that is finished by it."""
        if entry.number is None:
            return None
        match entry.message:
            case Caption() as caption if entry.spoken:
                self._hear(caption)
            case Caption(final=True) as caption if caption.committed and not entry.line.startswith(BOOTH):
                return self._finish(caption, entry.line)
            case Revision(utterance=number, by="operator"):
                self._corrected.add(number)
                self._due = {key: due for key, due in self._due.items() if key[0] != number}
            case Revision(utterance=number, language=language):
                self.settle((number, language))
        return None

    def settle(self, key: Key) -> None:
        """Nothing more is due for a translation."""
        self._due.pop(key, None)

    def _hear(self, caption: Caption) -> None:
        number = caption.utterance
        added = Update(number, caption.language, caption.words)
        known = self._heard.get(number)
        self._heard[number] = (merge(known[0], added) if known else added), caption
        for old in [each for each in self._heard if each <= number - KEPT]:
            del self._heard[old]
            self._corrected.discard(old)
            self._due = {key: due for key, due in self._due.items() if key[0] != old}

    def _finish(self, caption: Caption, line: str) -> Due | None:
        heard = self._heard.get(caption.utterance)
        if heard is None or caption.utterance in self._corrected:
            return None
        update, spoken = heard
        words = update.committed
        if text_of(words) != spoken.committed.strip():
            words = evenly(spoken.committed, spoken.language, spoken.start, spoken.end)
        due = Due(Update(spoken.utterance, spoken.language, words, final=True), caption, line)
        self._due[due.key] = due
        return due

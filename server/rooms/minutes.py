"""Minutes: the events of a room, or of a private session, folded into the record of what was said.

Only finished utterances are recorded, so a record that is taken while people speak agrees with every later
one, but for corrections. Their order among the events of a stream does not matter but for captions: a
correction wins whenever it comes, and an operator's over a model's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from server.records.record import Record, UtteranceRecord
from server.rooms.eventlog import Event
from server.rooms.journal import entry_of
from server.rooms.rendering import evenly
from server.rooms.scribe import BOOTH
from server.wire.messages import Done, Start
from server.wire.room_messages import Reviser, Revision
from streaming.captions import Caption
from streaming.words import Word, text_of

KINDS = ("caption", "revision", "done")
"""Kinds of events that the minutes are made of."""


@dataclass(slots=True)
class _Said:
    """An utterance in one language, so far."""

    language: str
    line: str
    speaker: str
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    words: tuple[Word, ...] = ()
    final: bool = False
    revised: Reviser | None = None

    @property
    def timed(self) -> tuple[Word, ...]:
        """Its words; where their times are not known, as of corrected ones, each is as long as the others."""
        if text_of(self.words) == self.text.strip():
            return self.words
        return evenly(self.text, self.language, self.start, self.end)


class Minutes:
    """The fold of a stream's events."""

    def __init__(self, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """`names` are those that people have given to speakers, by the names that captions bear."""
        self._names = names
        self._said: dict[int, dict[str, _Said]] = {}
        self._spoken: dict[int, str] = {}
        self._over: set[str] = set()

    @property
    def languages(self) -> frozenset[str]:
        """Languages in which something was said, or translated."""
        return frozenset(language for said in self._said.values() for language in said)

    def add(self, events: Iterable[Event]) -> None:
        """Take the next events; those of other kinds are of no concern."""
        for event in events:
            if event.kind not in KINDS:
                continue
            entry = entry_of(event)
            match entry.message:
                case Caption() as caption:
                    self._note(caption.utterance, caption.language, entry.spoken)
                    self._hear(caption, entry.line)
                case Revision() as revision:
                    self._note(revision.utterance, revision.language, entry.spoken)
                    self._correct(revision, entry.line)
                case Done():
                    self._over.add(entry.line)

    def record(self, source: str | None = None) -> Record:
        """Give the record; `source` is the language that was to be spoken, `None`: any."""
        found = [record for number in sorted(self._said) if (record := self._utterance(number))]
        found.sort(key=lambda utterance: utterance.start)
        duration = max((each.end for said in self._said.values() for each in said.values()), default=0.0)
        return Record(source or _longest(found), duration, tuple(found))

    def _note(self, utterance: int, language: str, spoken: bool) -> None:
        if spoken:
            self._spoken[utterance] = language

    def _hear(self, caption: Caption, line: str) -> None:
        said = self._in(caption, line)
        if said.revised:
            return
        said.text, said.start, said.end = caption.committed, caption.start, caption.end
        said.final = caption.final
        if self._spoken.get(caption.utterance) == caption.language or line.startswith(BOOTH):
            said.words += caption.words

    def _correct(self, revision: Revision, line: str) -> None:
        said = self._in(revision, line)
        if said.revised == "operator" and revision.by == "model":
            return
        said.text, said.start, said.end, said.words = revision.text, revision.start, revision.end, ()
        said.final, said.revised = True, revision.by

    def _in(self, told: Caption | Revision, line: str) -> _Said:
        said = self._said.setdefault(told.utterance, {})
        return said.setdefault(told.language, _Said(told.language, line, told.speaker))

    def _utterance(self, number: int) -> UtteranceRecord | None:
        """Give an utterance that is finished; `None`: it is not, or it turned out to be nothing."""
        said = [*self._said[number].values()]
        first = self._said[number].get(self._spoken.get(number, ""))
        booth = first is None and said[0].line.startswith(BOOTH)
        first = said[0] if booth else first
        if first is None or not self._finished(first) or not first.text.strip():
            return None
        translations = {
            each.language: each.text.strip()
            for each in sorted(said, key=lambda each: each.language)
            if each is not first and self._finished(each) and each.text.strip()
        }
        name = self._names.get(first.speaker, "")
        return UtteranceRecord(first.language, first.timed, translations, first.speaker, name, booth)

    def _finished(self, said: _Said) -> bool:
        return said.final or said.line.split(".")[0] in self._over


def names(floor: str, form: Start) -> dict[str, str]:
    """Give the names of a floor's speakers, by the names that captions bear: of those who have one."""
    found = {floor: form.name}
    for number, voice in enumerate(form.voices, 1):
        name = voice or (f"{form.name} {number}" if form.name else "")
        found[f"{floor}.{number}"] = found[f"{number}"] = name  # the latter in a session outside of rooms
    return {speaker: name for speaker, name in found.items() if name}


def _longest(utterances: Iterable[UtteranceRecord]) -> str | None:
    """Name the language that was spoken longest on the floor."""
    spoken: dict[str, float] = {}
    for utterance in utterances:
        if not utterance.booth:
            spoken[utterance.language] = spoken.get(utterance.language, 0.0) + utterance.end - utterance.start
    return max(spoken, key=lambda language: spoken[language], default=None)

"""Those who are told what happens in a room; each event is written once for all who read it alike."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from server.rooms.journal import Entry
from server.wire.messages import Ack, Done, ServerMessage, Speech
from server.wire.outbox import Frame, Outbox, frame
from server.wire.room_messages import FLOOR, Revision, RoomState, Status, Style
from streaming.captions import Caption
from streaming.marks import divided
from streaming.stages import Notice

HISTORY = 10
"""Utterances that those who come late are shown."""
KEPT = 50
"""Utterances whose newest captions are kept."""
PAUSED = Notice("paused", "the language is paused: what was typed is shown to nobody")
"""Answers an interpreter, and is of no concern to anybody else."""


@dataclass(frozen=True, slots=True)
class View:
    """What somebody is told, and how."""

    role: Literal["private", "speaker", "booth", "listener", "desk"]
    language: str | None = None
    """`None`: all."""
    style: Style = "fast"
    speech: bool = False
    """Spoken translation as well."""
    floor: str = ""
    """Of a speaker or interpreter: the own floor."""
    words: bool = False
    """The words of what is spoken as well, with their times."""

    def wants(self, entry: Entry) -> bool:
        """Tell whether an entry is for this view."""
        match entry.message:
            case Caption() | Revision():
                return self._reads(entry, entry.message.language)
            case Speech(language=language):
                return self.speech and self.language in (None, language)
            case Notice(code=PAUSED.code):
                return self._own(entry)
            case Notice():
                return self.role in ("private", "desk") or self._own(entry)
            case Done():
                return not entry.line or self.role == "private" or self._own(entry)
            case Status():
                return self.role == "desk"
            case RoomState():
                return self.role != "private"
            case Ack():
                return False
        return False

    def _reads(self, entry: Entry, language: str) -> bool:
        if self.role == "speaker":
            return entry.spoken and self._own(entry)
        if self.role == "booth":
            return entry.spoken or self._own(entry)
        return self.language in (None, language) or (self.language == FLOOR and entry.spoken)

    def _own(self, entry: Entry) -> bool:
        return bool(self.floor) and entry.line.split(".")[0] == self.floor


class Sentences:
    """What a reader of whole sentences has read of captions that grow word by word."""

    def __init__(self) -> None:
        self._least: dict[tuple[int, str], int] = {}
        """Letters that a text must have to be news, and to take nothing back."""

    def read(self, caption: Caption) -> None:
        """Take what has been read, perhaps in another style and therefore in mid-sentence."""
        if not caption.final:
            self._least[caption.utterance, caption.language] = len(caption.committed)

    def takes(self, message: ServerMessage) -> bool:
        """Tell whether a message is to be read; of captions of whole sentences, those with new ones."""
        if not isinstance(message, Caption):
            return True
        key, letters = (message.utterance, message.language), len(message.committed)
        if message.final:
            self._least.pop(key, None)
            return letters > 0
        if letters < self._least.get(key, 1):
            return False
        self._least[key] = letters + 1
        return True


class Audience:
    """All who are told, by what they want to be told."""

    def __init__(self) -> None:
        self._groups: dict[View, dict[Outbox, Sentences]] = {}
        self._newest: dict[tuple[int, str], Entry] = {}
        self._state: Entry | None = None
        self._end: Entry | None = None

    def count(self, language: str | None = None) -> int:
        """Count the listeners, of a language or all."""
        return sum(
            len(readers)
            for view, readers in self._groups.items()
            if view.role == "listener" and language in (None, view.language)
        )

    @property
    def desks(self) -> bool:
        """An operator is there."""
        return any(view.role == "desk" for view in self._groups)

    def join(self, view: View, outbox: Outbox, sentences: Sentences | None = None) -> None:
        """Tell somebody what follows; `sentences` is what has been read."""
        self._groups.setdefault(view, {})[outbox] = sentences or Sentences()

    def leave(self, view: View, outbox: Outbox) -> None:
        """Tell somebody nothing more."""
        readers = self._groups.get(view, {})
        readers.pop(outbox, None)
        if not readers:
            self._groups.pop(view, None)

    def recall(self, entry: Entry) -> None:
        """Note what has been told before, for those who come late."""
        match entry.message:
            case (
                Caption(utterance=utterance, language=language)
                | Revision(utterance=utterance, language=language)
            ):
                self._newest[utterance, language] = entry
                for key in [key for key in self._newest if key[0] <= utterance - KEPT]:
                    del self._newest[key]
            case RoomState():
                self._state = entry
            case Done() if not entry.line:
                self._end = entry

    def tell(self, entry: Entry) -> None:
        """Tell all who want it, each view written once; those whose end it is are told nothing after it."""
        self.recall(entry)
        written: dict[tuple[Style, bool], tuple[ServerMessage, Frame] | None] = {}
        for view, readers in self._groups.items():
            if not view.wants(entry):
                continue
            alike = (view.style, view.words)
            if alike not in written:
                written[alike] = _written(view, entry)
            if found := written[alike]:
                for outbox, sentences in readers.items():
                    if view.style != "sentence" or sentences.takes(found[0]):
                        outbox.put(found[1])
        if isinstance(entry.message, Done):  # it is the last: others may speak on before the socket is closed
            self._groups = {view: readers for view, readers in self._groups.items() if not view.wants(entry)}

    def replay(self, view: View, entries: Iterable[Entry], sentences: Sentences | None = None) -> list[Frame]:
        """Write events for somebody who missed them; `sentences` knows what has been read before."""
        sentences = sentences or Sentences()
        found = [written for e in entries if view.wants(e) and (written := _written(view, e))]
        return [text for message, text in found if view.style != "sentence" or sentences.takes(message)]

    def history(self, view: View, number: int, sentences: Sentences | None = None) -> list[Frame]:
        """Write what somebody who comes late is shown: the room and the last utterances, as of an event; of
        each first what was spoken."""
        wanted = sorted({key[0] for key, entry in self._newest.items() if view.wants(entry)})[-HISTORY:]
        newest = sorted(self._newest.items(), key=lambda each: (each[0][0], not each[1].spoken, each[0][1]))
        found = [entry for key, entry in newest if key[0] in wanted]
        shown = filter(None, [self._state, *found, self._end])
        return self.replay(view, [replace(entry, number=number) for entry in shown], sentences)

    def pending(self, view: View) -> list[Frame]:
        """Write the tentative text that is shown now."""
        return self.replay(view, [entry for entry in self._newest.values() if entry.number is None])


def _written(view: View, entry: Entry) -> tuple[ServerMessage, Frame] | None:
    """Write an entry as a view has it; `None`: there is nothing of it."""
    message = _styled(view, entry)
    return (message, frame(message, entry.number, entry.audio)) if message else None


def _styled(view: View, entry: Entry) -> ServerMessage | None:
    message = entry.message
    if not isinstance(message, Caption):
        return message
    if not (view.words and entry.spoken):
        message = replace(message, words=())
    if view.style == "fast":
        return message
    if entry.number is None:
        return None
    if view.style == "steady" or message.final:
        return replace(message, tentative="")
    whole = divided(message.committed, message.language)[:-1]
    return replace(message, committed="".join(whole), tentative="")

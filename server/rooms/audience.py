"""Those who are told what happens in a room; each event is written once for all who read it alike."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from server.rooms.journal import Entry
from server.wire.messages import Ack, Done, Speech
from server.wire.outbox import Frame, Outbox, frame
from server.wire.room_messages import FLOOR, Revision, RoomState, Status, Style
from streaming.captions import Caption
from streaming.stages import Notice

HISTORY = 10
"""Utterances that those who come late are shown."""
KEPT = 50
"""Utterances whose newest captions are kept."""


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
    """Shows whole sentences of captions that grow word by word."""

    def __init__(self) -> None:
        self._shown: dict[tuple[int, str], str] = {}

    def view(self, caption: Caption) -> Caption | None:
        """Give the caption's whole sentences; `None`: no new one."""
        key = (caption.utterance, caption.language)
        before = self._shown.get(key, "")
        text = caption.committed if caption.final else _whole(caption.committed, caption.language)
        if len(text) <= len(before) and not (caption.final and text):
            return None
        self._shown[key] = text
        if caption.final:
            del self._shown[key]
        return replace(caption, committed=text, tentative="")


def _whole(text: str, language: str) -> str:
    """Give the sentences of a text that another one follows."""
    import sentencex

    parts = sentencex.segment(language, text)
    last = parts[-1].strip() if parts else ""
    return text[: text.rindex(last)].rstrip() if last else ""


@dataclass(slots=True)
class _Group:
    outboxes: set[Outbox] = field(default_factory=set)
    sentences: Sentences = field(default_factory=Sentences)


class Audience:
    """All who are told, by what they want to be told."""

    def __init__(self) -> None:
        self._groups: dict[View, _Group] = {}
        self._newest: dict[tuple[int, str], Entry] = {}
        self._state: Entry | None = None
        self._end: Entry | None = None

    def count(self, language: str | None = None) -> int:
        """Count the listeners, of a language or all."""
        return sum(
            len(group.outboxes)
            for view, group in self._groups.items()
            if view.role == "listener" and language in (None, view.language)
        )

    @property
    def desks(self) -> bool:
        """An operator is there."""
        return any(view.role == "desk" for view in self._groups)

    def join(self, view: View, outbox: Outbox) -> None:
        """Tell somebody what follows."""
        self._groups.setdefault(view, _Group()).outboxes.add(outbox)

    def leave(self, view: View, outbox: Outbox) -> None:
        """Tell somebody nothing more."""
        group = self._groups.get(view)
        if group is None:
            return
        group.outboxes.discard(outbox)
        if not group.outboxes:
            del self._groups[view]

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
        """Tell all who want it, each view written once."""
        self.recall(entry)
        written: dict[tuple[Style, bool], Frame | None] = {}
        for view, group in self._groups.items():
            if not view.wants(entry):
                continue
            if view.style == "sentence":
                found = _styled(view, entry, group.sentences)
            elif (alike := (view.style, view.words)) in written:
                found = written[alike]
            else:
                found = written[alike] = _styled(view, entry, group.sentences)
            if found:
                for outbox in group.outboxes:
                    outbox.put(found)

    def replay(self, view: View, entries: Iterable[Entry]) -> list[Frame]:
        """Write events for somebody who missed them."""
        sentences = Sentences()
        return [f for e in entries if view.wants(e) and (f := _styled(view, e, sentences))]

    def history(self, view: View, number: int) -> list[Frame]:
        """Write what somebody who comes late is shown: the room and the last utterances, as of an event."""
        wanted = sorted({key[0] for key, entry in self._newest.items() if view.wants(entry)})[-HISTORY:]
        found = [entry for key, entry in sorted(self._newest.items()) if key[0] in wanted]
        shown = filter(None, [self._state, *found, self._end])
        return self.replay(view, [replace(entry, number=number) for entry in shown])

    def pending(self, view: View) -> list[Frame]:
        """Write the tentative text that is shown now."""
        return self.replay(view, [entry for entry in self._newest.values() if entry.number is None])


def _styled(view: View, entry: Entry, sentences: Sentences) -> Frame | None:
    message = entry.message
    if isinstance(message, Caption) and not (view.words and entry.spoken):
        message = replace(message, words=())
    if not isinstance(message, Caption) or view.style == "fast":
        return frame(message, entry.number, entry.audio)
    if entry.number is None:
        return None
    if view.style == "sentence":
        shown = sentences.view(message)
        return frame(shown, entry.number) if shown else None
    return frame(replace(message, tentative=""), entry.number)

"""The scribe: writes down what the lines of a room say, once, in the room's numbers and on its time line."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from server.interpretation.graph import RECOGNITION, TRANSLATION
from server.rooms.audience import PAUSED
from server.rooms.cuts import Cuts
from server.rooms.echo import Echoes
from server.rooms.eventlog import Event
from server.rooms.journal import Journal, entry_of
from server.rooms.line import Line
from server.rooms.room import Room
from server.rooms.showing import Showing
from server.rooms.snapshot import Snapshot
from server.wire.messages import Speech
from server.wire.room_messages import Reviser, Revision, RoomState
from streaming.audio import SAMPLE_RATE, to_pcm16
from streaming.captions import Caption, Update
from streaming.errors import LanguageError
from streaming.stages import Notice
from streaming.words import Word
from tts.speech import Spoken

BOOTH = "b"
"""How the names of lines from booths begin: what is said there is a translation."""
PACES = 1_000
"""Answers whose pace is remembered: ten minutes of speech, and a snapshot is taken at every pause."""
TYPED = "typed"
"""What is added to the name of a booth for the numbers of utterances that are typed there."""


class Scribe:
    """Turns what stages write into events and views of the journal."""

    def __init__(self, room: Room, journal: Journal, begin: Callable[[str], float]) -> None:
        """`begin` tells when, in seconds of the room, the audio of a line begins."""
        self.showing = Showing()
        self.ends: dict[str, float] = {}
        """Language → seconds up to which it is committed."""
        self.heard_until = 0.0
        """Seconds up to which the spoken language is committed."""
        self._room = room
        self._journal = journal
        self._begin = begin
        self._echoes: defaultdict[str, Echoes] = defaultdict(lambda: Echoes({}, {}))
        self._cuts = Cuts()
        self._line_of: dict[int, str] = {}
        self._spoken_until: dict[tuple[str, str], float] = {}
        self._spoken: Counter[tuple[str, str, int, str]] = Counter()
        """Line, language, utterance and text of phrases that were spoken before a restart."""
        self._noticed: Counter[tuple[str, str, str]] = Counter()
        self._said: set[tuple[str, str]] = set()
        self._revisions: Counter[int] = Counter()
        self._typed: Counter[str] = Counter()
        self._paces: defaultdict[str, dict[str, dict[int, int]]] = defaultdict(dict)
        """Line → node → what its stage's pace has told last; after a restart only."""

    def hear(self, line: Line, name: str, item: Any) -> Caption | None:
        """Take what the node of a line writes; gives a translation that was cut off when it is whole."""
        match item:
            case Update():
                return self._caption(line, name, item)
            case Notice():
                self._notice(line, item)
            case Spoken():
                self._speak(line, item)
        return None

    def is_cut(self, utterance: int, language: str) -> bool:
        """Tell whether a translation ended before its utterance, and still does."""
        return (utterance, language) in self._cuts

    def line_of(self, utterance: int) -> str:
        """Name the line that an utterance comes from."""
        return self._line_of.get(utterance, "")

    def typed(self, line: str) -> int:
        """Count what was typed on a line: who comes back to it goes on behind that."""
        return self._typed[line]

    def revision(self, utterance: int) -> int:
        """Count an operator's corrections of an utterance."""
        return self._revisions[utterance]

    def shown(self, line: Line, name: str) -> Mapping[tuple[int, str], Caption]:
        """Give the captions that a node of a line has shown and not finished."""
        echoes = self._echoes[line.name]
        found = {
            key: echoes.said(key, caption)
            for key, caption in self.showing.shown.items()
            if not caption.final and self._line_of.get(key[0]) == line.name
        }
        language = line.source if name == RECOGNITION else name.removeprefix(f"{TRANSLATION}.")
        if name == RECOGNITION and not line.name.startswith(BOOTH):
            return {key: c for key, c in found.items() if self.showing.language(key[0]) == key[1]}
        return {key: c for key, c in found.items() if key[1] == language}

    @property
    def translating(self) -> set[str]:
        """Languages in which something that was spoken has been told, and not to its end."""
        spoken = self.showing.language
        return {
            language
            for (utterance, language), caption in self.showing.shown.items()
            if not caption.final and spoken(utterance) not in (None, language)
        }

    def finish(self, line: str) -> None:
        """Say of every utterance of a line that it is finished, as far as it has come."""
        for (utterance, language), caption in list(self.showing.shown.items()):
            if self._line_of.get(utterance) == line and not caption.final:
                spoken = self.showing.language(utterance) == language
                final = replace(caption, tentative="", final=True, words=())
                self.showing.revise(final)
                self._journal.add(final, line=line, spoken=spoken)

    def type(self, line: str, update: Update) -> None:
        """Take what was typed in a booth."""
        self._typed[line] += 1
        self.translate(line, update, {"typed": self._typed[line]})

    def withhold(self, line: str) -> None:
        """Show nobody what was typed in a booth, and tell the booth, behind what it typed before."""
        self._typed[line] += 1
        self._journal.add(PAUSED, line=line, more={"typed": self._typed[line]})

    def translate(
        self, line: str, update: Update, more: Mapping[str, Any] = MappingProxyType({})
    ) -> Caption | None:
        """Take a translation that comes from no stage: from a booth's keyboard, or asked for later; gives one
        that was cut off when it is whole."""
        self._line_of.setdefault(update.utterance, line)
        known = self.showing.shown.get((update.utterance, update.language))
        if known and known.final:
            return self._continue(known, update)
        speaker = known.speaker if known else self._speaker(line)
        if caption := self.showing.translate(update, speaker):
            self._add(caption, update, line, spoken=False, more=more)
        return None

    def revise(self, caption: Caption, by: Reviser) -> bool:
        """Write down that an utterance should read otherwise in a language; a model's revision of what an
        operator has corrected is left out, and then this is false."""
        number, language = caption.utterance, caption.language
        spoken = self.showing.language(number) == language
        if by == "operator":
            self._revisions[number] += spoken
        elif self._revisions[number]:
            return False
        self.showing.revise(caption)
        revision = Revision(
            number,
            language,
            caption.committed,
            caption.start,
            caption.end,
            self._revisions[number],
            caption.speaker,
            by,
        )
        self._journal.add(revision, line=self.line_of(number), spoken=spoken)
        return True

    def _caption(self, line: Line, name: str, item: Update) -> Caption | None:
        number = self._room.number(line.name, item.utterance)
        self._line_of[number] = line.name
        update = self._echoes[line.name].reconcile(_placed(item, number, self._begin(line.name)))
        known = update and self.showing.shown.get((number, item.language))
        if update is None:
            return None  # said before the restart
        if known and known.final:
            return self._continue(known, update)
        spoken = name == RECOGNITION and not line.name.startswith(BOOTH)
        show = self.showing.hear if spoken else self.showing.translate
        caption = show(update, self._speaker(line.name))
        if caption is None:
            return None
        self._note_cut(caption)
        if update.committed or update.final:
            more = {"of": item.utterance, "node": name, "pace": line.paced(name)}
            self._add(caption, update, line.name, spoken=spoken, more=more)
        else:
            self._journal.show(caption, line=line.name, spoken=spoken)
        return None

    def _note_cut(self, caption: Caption) -> None:
        if caption.final and self._goes_on(caption.utterance):
            self._cuts.note((caption.utterance, caption.language))

    def _continue(self, known: Caption, update: Update) -> Caption | None:
        return self._cuts.hear(known, update, over=not self._goes_on(update.utterance))

    def _goes_on(self, utterance: int) -> bool:
        """Whether an utterance is still being spoken."""
        heard = self.showing.shown.get((utterance, self.showing.language(utterance) or ""))
        return heard is not None and not heard.final

    def _add(
        self,
        caption: Caption,
        update: Update,
        line: str,
        *,
        spoken: bool,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._room.record(caption.language)
        self._journal.add(caption, line=line, spoken=spoken, more={"tentative": "", **more})
        if update.committed:
            self.ends[caption.language] = max(self.ends.get(caption.language, 0.0), caption.end)
            self.heard_until = max(self.heard_until, caption.end if spoken else 0.0)

    def _speak(self, line: Line, spoken: Spoken) -> None:
        number = self._room.number(line.name, spoken.utterance)
        told = (line.name, spoken.language, number, spoken.text)
        if self._spoken[told]:
            self._spoken[told] -= 1
            return
        # A language that was left and is taken up again may still be heard saying what came before.
        until = self._spoken_until.get((line.name, spoken.language), 0.0)
        start = max(spoken.audio.start + self._begin(line.name), until)
        if self._room.is_paused(spoken.language):
            return  # what was said before is still translated, but silence is what a pause is for
        self._spoken_until[line.name, spoken.language] = start + spoken.audio.duration
        speech = Speech(number, spoken.language, spoken.text, start, spoken.audio.duration, SAMPLE_RATE)
        self._journal.add(speech, audio=to_pcm16(spoken.audio.samples), line=line.name)

    def _notice(self, line: Line, notice: Notice) -> None:
        """Tell a notice, unless it has been told: of a language once, of an utterance once each time."""
        key = (line.name, notice.code, notice.message)
        if notice.code == LanguageError.code:
            if (line.name, notice.message) in self._said:
                return
            self._said.add((line.name, notice.message))
        elif self._noticed[key] > 0:
            self._noticed[key] -= 1
            return
        self._journal.add(notice, line=line.name)

    def _speaker(self, line: str) -> str:
        return line.partition(".")[2] if self._room.plan.private else line

    # After a restart

    def recall(self, event: Event, snapshots: Mapping[str, Snapshot]) -> None:
        """Take an event from the log."""
        entry = entry_of(event)
        match entry.message:
            case Caption() as caption:
                self.showing.recall(caption, entry.spoken)
                self._note_cut(caption)
                self._room.record(caption.language)
                self._line_of[caption.utterance] = entry.line
                self.ends[caption.language] = caption.end
                if entry.spoken:
                    self.heard_until = caption.end
                if "of" in event.content:
                    self._room.remember(entry.line, event.content["of"], caption.utterance)
                    self._pace(event, entry.line)
                else:
                    self._room.remember(f"{entry.line}.{TYPED}", event.number, caption.utterance)
                    self._typed[entry.line] = event.content.get("typed", self._typed[entry.line])
            case Revision(utterance=number, language=language, text=text, revision=revision):
                known = self.showing.shown.get((number, language), Caption(number, language))
                self.showing.revise(replace(known, committed=text, tentative="", final=True))
                self._revisions[number] = max(self._revisions[number], revision)
            case Speech(utterance, language, text, start, duration):
                self._spoken_until[entry.line, language] = start + duration
                self._spoken[entry.line, language, utterance, text] += 1
            case Notice(code=code, message=message):
                self._said.add((entry.line, message))
                self._typed[entry.line] = event.content.get("typed", self._typed[entry.line])
                if event.number > snapshots.get(entry.line, Snapshot(0)).number:
                    self._noticed[entry.line, code, message] += 1
            case RoomState() as state:
                self._room.recall(state)

    def listen_again(self, line: Line) -> None:
        """Expect a line to say once more what it has said since its snapshot."""
        told = {
            key: caption
            for key, caption in self.showing.shown.items()
            if self._line_of.get(key[0]) == line.name
        }
        self._echoes[line.name] = Echoes(told, line.snapshot.shown)
        for node, steps in self._paces.pop(line.name, {}).items():
            line.follow(node, steps)

    def _pace(self, event: Event, line: str) -> None:
        """Remember the pace at which a line was heard; a later hearing overrides an earlier one."""
        steps = {int(answer): count for answer, count in event.content.get("pace", {}).items()}
        if not steps:
            return
        node = event.content["node"]
        known = self._paces[line].get(node, {})
        kept = [answer for answer in known if answer < min(steps)][-PACES:]
        self._paces[line][node] = {answer: known[answer] for answer in kept} | steps


def _placed(update: Update, number: int, begin: float) -> Update:
    """Put an update on the room's time line."""

    def moved(words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(replace(w, start=w.start + begin, end=w.end + begin) for w in words) if begin else words

    return replace(
        update, utterance=number, committed=moved(update.committed), tentative=moved(update.tentative)
    )


def corrected(caption: Caption, text: str) -> Caption:
    """Write a finished caption that reads otherwise; when its words were said is not known any more."""
    return replace(caption, committed=text, tentative="", final=True, words=())

"""A conference: one room in motion. It hosts floors, keeps the journal and does what the room decides.

Nothing here waits for a client: audio is taken by floors, which outlive connections, and what is said goes
through the journal to whoever is told.
"""

import asyncio
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.audience import Audience
from server.echo import Echoes
from server.eventlog import PAGE, Event, EventLog
from server.floor import Floor, Gate, Holder, Switch
from server.graph import RECOGNITION, TRANSLATION, Interpretation
from server.journal import Journal, entry_of
from server.languages import Languages
from server.line import Ears, Line
from server.messages import Done, RoomState, Route, Speech, Start, Statistics
from server.rooms import Plan, Room
from server.schema import from_plain, to_plain
from server.showing import Showing
from server.snapshot import Snapshot, pack, unpack
from streaming.audio import SAMPLE_RATE, to_pcm16
from streaming.captions import Caption, Update
from streaming.errors import DragomanError, LanguageError, ReplacedError, first_cause
from streaming.pipeline import Engines
from streaming.stages import Notice
from streaming.words import Word
from tts.speech import Spoken

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What every conference uses."""

    log: EventLog
    engines: Engines
    languages: Languages
    grace: float = 60.0
    """Seconds that a place is kept for somebody whose connection is lost."""


OnFloor = Callable[["Conference", int], None]


class Conference:
    """A room in motion."""

    def __init__(self, room: Room, services: Services, on_floor: OnFloor, last: int = 0) -> None:
        """`on_floor` is told 1 when a floor opens and -1 when it is closed; `last` is the number of the
        newest event in the log."""
        self.room = room
        self.audience = Audience()
        self.journal = Journal(services.log, room.plan.id, last, self.audience.tell)
        self.floors: dict[str, Floor] = {}
        self.showing = Showing()
        self.services = services
        self._on_floor = on_floor
        self._tasks: set[asyncio.Task[None]] = set()
        self._echoes: defaultdict[str, Echoes] = defaultdict(lambda: Echoes({}, {}))
        self._line_of: dict[int, str] = {}
        self._spoken_until: dict[tuple[str, str], float] = {}
        self._noticed: Counter[tuple[str, str, str]] = Counter()
        self._said: set[tuple[str, str]] = set()
        self._clock: tuple[float, float | None] = (0.0, None)
        self._announced: RoomState | None = None
        self.start("the journal", self.journal.write)

    @property
    def name(self) -> str:
        """Name of the room, and of its stream in the log."""
        return self.room.plan.id

    # Floors

    async def open(self, form: Start, secret: str) -> Floor:
        """Give a speaker a floor; `secret` is the fingerprint of what resumes it.

        Raises:
            LanguageError: a language that cannot be served.
        """
        self.routes(form)
        name = self.room.join(form.name)
        begin = 0.0 if self.room.plan.private else self.now()
        floor = self._host(name, replace(form, token=""), begin, secret, {}, [])
        self.changed()
        await self._save(floor)
        return floor

    def attach(self, floor: Floor, holder: Holder) -> None:
        """Let a connection bring a floor's audio; the one before is told that it has lost it."""
        if floor.holder and not floor.holder.done():
            floor.holder.set_result(ReplacedError("the session was resumed on another connection"))
        floor.holder = holder

    def detach(self, floor: Floor, holder: Holder | None, grace: float | None = None) -> None:
        """A connection has gone: the floor waits for another one, for a while."""
        if floor.holder is not holder:
            return
        floor.holder = None
        seconds = self.services.grace if grace is None else grace
        asyncio.get_running_loop().call_later(seconds, self._abandon, floor)

    def now(self) -> float:
        """Tell the room's time in seconds: that of its speakers' audio."""
        times = [floor.begin + line.lag.received for floor in self.floors.values() for line in floor.lines]
        if times:
            return max(times)
        told, since = self._clock
        return told + (asyncio.get_running_loop().time() - since if since is not None else 0.0)

    def changed(self) -> None:
        """The room has decided something: open and close gates, and tell everybody."""
        for floor in self.floors.values():
            self._set_gate(floor)
        if not self.room.plan.private and self.room.state != self._announced:
            self._announced = self.room.state
            self.journal.add(self._announced)

    def start(self, what: str, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Do something beside everything else; its failure is logged."""
        task = asyncio.create_task(self._logged(what, work, *arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End all tasks as they are: floors go on when the log is opened again."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def routes(self, form: Start) -> tuple[Route, ...]:
        """See that a speaker can be served, and say how the targets are reached if the source is known.

        Raises:
            LanguageError: a language that cannot be heard, translated or spoken.
        """
        return self.services.languages.routes(self._wanted(form))

    def _wanted(self, form: Start) -> Interpretation:
        plan = self.room.plan
        source = form.source if form.source != "auto" else plan.source
        targets = plan.targets if plan.private else self.room.translated
        speak = tuple(language for language in plan.speak if plan.private or language in targets)
        return Interpretation(None if source == "auto" else source, targets, speak)

    def _host(
        self,
        name: str,
        form: Start,
        begin: float,
        secret: str,
        snapshots: Mapping[str, Snapshot],
        switches: Iterable[Switch],
    ) -> Floor:
        """Set a floor up and let it run."""
        names = [name] if form.channels == 1 else [f"{name}.{i + 1}" for i in range(form.channels)]
        ears = Ears(self._hear, self._say, self._shown, lambda: self.journal.last, self._keep)
        lines = [
            Line(
                line,
                self._wanted(form),
                form.sample_rate,
                self.services.engines,
                self.services.languages,
                ears,
                snapshots.get(line, Snapshot(0)),
            )
            for line in names
        ]
        floor = self.floors[name] = Floor(name, form, begin, secret, lines, Gate(switches))
        self._on_floor(self, 1)
        self.start(f"floor {name}", self._run, floor)
        return floor

    async def _run(self, floor: Floor) -> None:
        error: DragomanError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for line in floor.lines:
                    tasks.create_task(line.run())
        except BaseExceptionGroup as group:
            cause = first_cause(group)
            if isinstance(cause, asyncio.CancelledError):
                raise
            if not isinstance(cause, DragomanError):
                log.error("room %s: floor %s failed", self.name, floor.name, exc_info=cause)
                cause = DragomanError("the server failed; its log says why")
            error = cause
        await self._close(floor, error)

    async def _close(self, floor: Floor, error: DragomanError | None) -> None:
        """Finish what a floor leaves open, and tell."""
        for line in floor.lines:
            self._finish(line)
        if error is None:
            self.journal.add(Done(self._statistics(floor)), line=floor.name)
        self.room.part(floor.name)
        self.changed()
        await self.journal.settle()
        if self.room.plan.private:
            await self.services.log.forget(self.name, "open")
        self._clock = (self.now(), asyncio.get_running_loop().time())
        del self.floors[floor.name]
        floor.ended.set_result(error)
        self._on_floor(self, -1)

    def _abandon(self, floor: Floor) -> None:
        if floor.holder is None and not floor.finished:
            log.info("room %s: floor %s is abandoned", self.name, floor.name)
            floor.finish()

    def _set_gate(self, floor: Floor) -> None:
        heard = self.room.is_heard(floor.name)
        if heard != floor.gate.open:
            floor.gate.set(floor.position, heard)
            self.start(f"the gate of {floor.name}", self._save, floor)

    async def _save(self, floor: Floor) -> None:
        state = {
            "form": to_plain(floor.form),
            "begin": floor.begin,
            "secret": floor.secret,
            "switches": [to_plain(switch) for switch in floor.gate.switches],
        }
        await self.services.log.save(self.name, f"floor:{floor.name}", json.dumps(state).encode())

    # What the lines say

    def _hear(self, line: Line, name: str, item: Any) -> None:
        match item:
            case Update():
                self._caption(line, name, item)
            case Notice():
                self._notice(line, item)
            case Spoken():
                self._speak(line, item)

    def _caption(self, line: Line, name: str, item: Update) -> None:
        place = (line.snapshot.epoch, item.utterance)
        number = self.room.number(line.name, *place)
        self._line_of[number] = line.name
        update = self._echoes[line.name].reconcile(_placed(item, number, self._begin(line)))
        known = update and self.showing.shown.get((number, item.language))
        if update is None or (known and known.final):
            return
        spoken = name == RECOGNITION
        show = self.showing.hear if spoken else self.showing.translate
        caption = show(update, self._speaker(line))
        if caption is None:
            return
        if not (update.committed or update.final):
            self.journal.show(caption, line=line.name, spoken=spoken)
            return
        words = [[w.text, w.start, w.end, w.probability] for w in update.committed]
        more = {"tentative": "", "words": words, "of": list(place)}
        self.journal.add(caption, line=line.name, spoken=spoken, more=more)

    def _finish(self, line: Line) -> None:
        """Say of every utterance of a line that it is finished, as far as it has come."""
        for (utterance, language), caption in list(self.showing.shown.items()):
            if self._line_of.get(utterance) == line.name and not caption.final:
                spoken = self.showing.language(utterance) == language
                final = replace(caption, tentative="", final=True)
                self.showing.revise(final)
                self.journal.add(final, line=line.name, spoken=spoken, more={"words": []})

    def _speak(self, line: Line, spoken: Spoken) -> None:
        start = spoken.audio.start + self._begin(line)
        end = start + spoken.audio.duration
        if start < self._spoken_until.get((line.name, spoken.language), 0.0) - 1e-6:
            return
        self._spoken_until[line.name, spoken.language] = end
        number = self.room.number(line.name, line.snapshot.epoch, spoken.utterance)
        speech = Speech(number, spoken.language, spoken.text, start, spoken.audio.duration, SAMPLE_RATE)
        self.journal.add(speech, audio=to_pcm16(spoken.audio.samples), line=line.name)

    def _notice(self, line: Line, notice: Notice) -> None:
        """Tell a notice, unless it has been told: of a language once, of an utterance once each time."""
        if notice.code == LanguageError.code:
            if (line.name, notice.message) in self._said:
                return
            self._said.add((line.name, notice.message))
        elif self._noticed[line.name, notice.code, notice.message] > 0:
            self._noticed[line.name, notice.code, notice.message] -= 1
            return
        self.journal.add(notice, line=line.name)

    def _say(self, line: Line, notice: Notice) -> None:
        self.journal.show(notice, line=line.name)

    def _shown(self, line: Line, name: str) -> Mapping[tuple[int, str], Caption]:
        """Give the captions that a node shows and has not finished."""
        found = {
            key: caption
            for key, caption in self.showing.shown.items()
            if not caption.final and self._line_of.get(key[0]) == line.name
        }
        if name == RECOGNITION:
            return {key: c for key, c in found.items() if self.showing.language(key[0]) == key[1]}
        language = name.removeprefix(f"{TRANSLATION}.")
        return {key: c for key, c in found.items() if key[1] == language}

    def _keep(self, line: Line, snapshot: Snapshot) -> None:
        self.start(f"the snapshot of {line.name}", self._kept, line, snapshot)

    async def _kept(self, line: Line, snapshot: Snapshot) -> None:
        """Make a snapshot durable, after all that was said before it."""
        await self.journal.settle()
        await self.services.log.save(self.name, f"line:{line.name}", pack(snapshot))
        line.snapshot = snapshot
        if floor := self.floors.get(_floor_of(line.name)):
            floor.acknowledged.set()

    def _begin(self, line: Line) -> float:
        return self.floors[_floor_of(line.name)].begin

    def _speaker(self, line: Line) -> str:
        if not self.room.plan.private:
            return line.name
        return line.name.partition(".")[2]

    def _statistics(self, floor: Floor) -> Statistics:
        received = max(line.lag.received for line in floor.lines)
        return Statistics(
            audio_seconds=round(received, 3),
            utterances=self.showing.utterances,
            captions=self.showing.captions,
            skipped=sum(line.skipped for line in floor.lines),
            max_lag=round(max(line.lag.largest for line in floor.lines), 3),
            real_time_factor=round(sum(line.recognizing for line in floor.lines) / (received or 1.0), 3),
        )

    async def _logged(
        self, what: str, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any
    ) -> None:
        try:
            await work(*arguments)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("room %s: %s failed", self.name, what)
            for floor in self.floors.values():
                if not floor.ended.done():
                    floor.ended.set_result(DragomanError("the server failed; its log says why"))

    # After a restart

    async def recall(self) -> None:
        """Take up from the log: what has been told, and the floors as their snapshots have them."""
        states = await self.services.log.states(self.name)
        after = 0
        snapshots = {
            name.removeprefix("line:"): unpack(content)
            for name, content in states.items()
            if name.startswith("line:")
        }
        ended: set[str] = set()
        while events := await self.services.log.read(self.name, after, PAGE):
            for event in events:
                self._recall(event, snapshots, ended)
            after = events[-1].number
        told = max((caption.end for caption in self.showing.shown.values()), default=0.0)
        self._clock = (told, asyncio.get_running_loop().time())
        for name, content in states.items():
            floor = name.removeprefix("floor:")
            if floor != name and floor not in ended:
                self._reopen(floor, json.loads(content), snapshots)

    def _recall(self, event: Event, snapshots: Mapping[str, Snapshot], ended: set[str]) -> None:
        entry = entry_of(event)
        self.audience.recall(entry)
        match entry.message:
            case Caption() as caption:
                self.showing.recall(caption, entry.spoken)
                self._line_of[caption.utterance] = entry.line
                if "of" in event.content:
                    epoch, utterance = event.content["of"]
                    self.room.remember(entry.line, epoch, utterance, caption.utterance)
            case Speech(language=language, start=start, duration=duration):
                self._spoken_until[entry.line, language] = start + duration
            case Notice(code=code, message=message):
                self._said.add((entry.line, message))
                if event.number > snapshots.get(entry.line, Snapshot(0)).number:
                    self._noticed[entry.line, code, message] += 1
            case RoomState() as state:
                self.room.recall(state)
            case Done():
                ended.add(entry.line)

    def _reopen(self, name: str, state: Mapping[str, Any], snapshots: Mapping[str, Snapshot]) -> None:
        form: Start = from_plain(Start, state["form"], "form")
        switches = [from_plain(Switch, switch, "switch") for switch in state["switches"]]
        floor = self._host(name, form, state["begin"], state["secret"], snapshots, switches)
        if self.room.plan.private:
            self.room.join(form.name)
        for line in floor.lines:
            told = {
                key: caption
                for key, caption in self.showing.shown.items()
                if self._line_of.get(key[0]) == line.name
            }
            self._echoes[line.name] = Echoes(told, line.snapshot.shown)
        self.detach(floor, None)


def _floor_of(line: str) -> str:
    return line.split(".")[0]


def _placed(update: Update, number: int, begin: float) -> Update:
    """Put an update on the room's time line."""

    def moved(words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(replace(w, start=w.start + begin, end=w.end + begin) for w in words) if begin else words

    return replace(
        update, utterance=number, committed=moved(update.committed), tentative=moved(update.tentative)
    )


async def create(plan: Plan, services: Services, on_floor: OnFloor) -> Conference:
    """Make a room that survives."""
    await services.log.save(plan.id, "room", json.dumps(to_plain(plan)).encode())
    await services.log.save(plan.id, "open", b"")
    return Conference(Room(plan), services, on_floor)


async def restore(stream: str, services: Services, on_floor: OnFloor) -> Conference:
    """Take a room up from the log."""
    states = await services.log.states(stream)
    plan: Plan = from_plain(Plan, json.loads(states["room"]), "room")
    conference = Conference(Room(plan), services, on_floor, await services.log.last(stream))
    await conference.recall()
    return conference

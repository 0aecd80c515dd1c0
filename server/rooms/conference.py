"""A conference: one room in motion. It hosts floors, keeps the journal and does what the room decides.

Nothing here waits for a client: audio is taken by floors, which outlive connections, and what is said goes
through the journal to whoever is told.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from server.interpretation.graph import TRANSLATOR
from server.interpretation.packs import Packs
from server.rooms.account import Account
from server.rooms.audience import Audience
from server.rooms.chores import Chores, patiently
from server.rooms.correcting import Correcting
from server.rooms.floor import Floor, Holder
from server.rooms.journal import Entry, Journal
from server.rooms.lease import STATE, Failure, Lease
from server.rooms.line import Ears, Line
from server.rooms.offer import Offer
from server.rooms.revising import Revising
from server.rooms.room import Room
from server.rooms.scribe import Scribe
from server.rooms.services import Services
from server.rooms.snapshot import Snapshot, pack
from server.rooms.trade import Trade
from server.wire.messages import Done, Start, Statistics
from server.wire.room_messages import Reviser, RoomState
from streaming.captions import Caption
from streaming.errors import DragomanError, OverloadError, ReplacedError, RoomError, first_cause
from streaming.stages import Notice

log = logging.getLogger(__name__)

NO_SNAPSHOTS: Final[Mapping[str, Snapshot]] = MappingProxyType({})
OnFloor = Callable[["Conference", int], None]


class Conference:
    """A room in motion."""

    def __init__(self, room: Room, services: Services, on_floor: OnFloor, last: int = 0) -> None:
        """`on_floor` is told 1 when a floor opens and -1 when it is closed; `last` is the number of the
        newest event in the log."""
        self.room = room
        self.trade = Trade(room, services.shelf)
        self.services = services
        self.account = Account(services, None if room.plan.private else room.plan.id)
        self.audience = Audience()
        self.journal = Journal(services.log, room.plan.id, last, self._tell)
        self.scribe = Scribe(room, self.journal, lambda line: self.floors[_floor_of(line)].begin)
        self.floors: dict[str, Floor] = {}
        self.ending = False
        """Nobody may begin to speak any more."""
        self.over = asyncio.Event()
        """The event has ended, and everybody has been told."""
        self.offer = Offer(room, self.trade, services, self.journal)
        self._chores = Chores(room.plan.id, self._fail)
        self.start = self._chores.start
        self.revising = Revising(services.translators, self.trade, self.journal, self.start, self.revise)
        self.correcting = Correcting(self.offer, self.scribe, self.journal, self.start, self.revise)
        self._on_floor = on_floor
        self.clock: tuple[float, float | None] = (0.0, None)
        """Seconds of the room when somebody last ceased to speak, and when that was by the loop's clock."""
        self._announced: RoomState | None = None
        self.watched = False
        """Operators are told how the room works."""
        self.start("the journal", self.journal.write)

    @property
    def name(self) -> str:
        """Name of the room, and of its stream in the log."""
        return self.room.plan.id

    def now(self) -> float:
        """Tell the room's time in seconds: that of its speakers' audio."""
        told, since = self.clock
        # A booth where an interpreter types sends no audio, and its time stands still.
        times = [
            floor.begin + line.lag.received
            for floor in self.floors.values()
            for line in floor.lines
            if line.lag.received or not floor.booth
        ]
        if times:
            return max(told, *times)
        return told + (asyncio.get_running_loop().time() - since if since is not None else 0.0)

    def changed(self) -> None:
        """The room has decided something: do it, and tell everybody."""
        for floor in self.floors.values():
            self._set_microphone(floor)
            if not floor.booth:
                self._set_languages(floor)
        if not self.room.plan.private and self.room.state != self._announced:
            self._announced = self.room.state
            self.journal.add(self._announced)

    async def stop(self) -> None:
        """End all tasks as they are: floors go on when the log is opened again."""
        await self._chores.stop()
        for floor in self.floors.values():
            with suppress(OverloadError):  # then what was saved with the last snapshot must do
                await self._save(floor)
            floor.place.close()

    def wind_up(self) -> None:
        """The server is being stopped and nothing outlives it: finish what has been said."""
        self.revising.stop()
        if not self.room.plan.private:
            self.start("the end", self.end)
        for floor in self.floors.values():
            floor.finish()

    def revise(self, caption: Caption, by: Reviser) -> None:
        """Say that a finished utterance should read otherwise in a language."""
        if self.scribe.revise(caption, by):
            self.services.watch.revised(by)

    def complete(self, whole: Caption) -> None:
        """Say the whole of a translation that was cut off when its language was left out."""
        self.revising.forget(whole)
        self.revise(whole, "model")

    async def end(self) -> None:
        """End the event: finish what has been said, and tell everybody."""
        if self.ending:
            await self.over.wait()
            return
        self.ending = True
        floors = list(self.floors.values())
        for floor in floors:
            floor.finish()
        await asyncio.gather(*(floor.ended for floor in floors))
        await asyncio.gather(self.correcting.settle(), self.revising.settle())
        # Beside `done` and not before: who reads it believes that nothing follows, and so does a restart.
        self.room.ended = True
        self.changed()
        self.journal.add(Done(Statistics(utterances=self.scribe.showing.utterances)))
        await self.journal.settle()
        self.over.set()

    # Floors and booths

    async def open(self, form: Start, secret: str, booth: str = "") -> Floor:
        """Give a speaker a floor, or an interpreter the `booth` of a language; `secret` is the fingerprint
        of what resumes it.

        Raises:
            LanguageError: a language that cannot be served.
            RoomError: the event has ended.
            OverloadError: the server or the room is full, or the disk is.
        """
        packs = await self.trade.take(form)
        self._check_open()
        if not booth:  # a person needs no model
            self.offer.routes(form)
        with ExitStack() as place:
            self.account.admit(place, booth)
            name, form = self.room.seat(booth=bool(booth)), replace(form, token="")
            begin = 0.0 if self.room.plan.private else self.now()
            lease = Lease(form, begin, secret, booth)
            await self.services.log.create(self.name, STATE + name, lease.written)
            self._check_open()
            self._let_in(name, form, booth)
            self.trade.keep(name, packs)
            floor = self.host(name, lease, packs)
            floor.place.enter_context(place.pop_all())
        self.changed()
        return floor

    def _let_in(self, name: str, form: Start, booth: str) -> None:
        if booth:
            self.room.enter_booth(name, booth, form.name)
        else:
            self.room.join(name, form.name, form.voices)

    def _check_open(self) -> None:
        """See that the event has not ended, perhaps only since somebody came."""
        if self.ending:
            raise RoomError(f"the event in {self.name!r} has ended")

    def dismiss(self, floor: Floor, notice: Notice) -> None:
        """Take no more audio from a floor: say why, and finish what has been said."""
        if not floor.finished:
            self.account.wrote(floor.lines[0], "", notice)
            self.journal.add(notice, line=floor.name)
            floor.finish()

    def attach(self, floor: Floor, holder: Holder) -> None:
        """Let a connection bring a floor's audio; the one before is told that it has lost it."""
        if floor.holder and not floor.holder.done():
            floor.holder.set_result(ReplacedError("the session was resumed on another connection"))
        floor.holder = holder
        if floor.patience:
            floor.patience.cancel()

    def detach(self, floor: Floor, holder: Holder | None, grace: float | None = None) -> None:
        """A connection has gone: the floor waits for another one, for a while."""
        if floor.holder is not holder:
            return
        floor.holder = None
        seconds = self.services.grace if grace is None else grace
        floor.patience = asyncio.get_running_loop().call_later(seconds, self._abandon, floor)

    def host(
        self, name: str, lease: Lease, packs: Packs, snapshots: Mapping[str, Snapshot] = NO_SNAPSHOTS
    ) -> Floor:
        """Set a floor up and let it run."""
        form, booth = lease.form, lease.booth
        names = [name] if form.channels == 1 else [f"{name}.{i + 1}" for i in range(form.channels)]
        engines = {**self.services.engines, TRANSLATOR: self.offer.translate}
        ears = Ears(
            self._hear,
            self._say,
            self.scribe.shown,
            lambda: self.journal.last,
            self._keep,
            self.trade.prepared,
        )
        wanted, languages = self.offer.wanted(form, booth, packs), self.services.languages
        rate, held = form.sample_rate, self.services.limits.audio_seconds
        lines = [
            Line(line, wanted, rate, engines, languages, ears, snapshots.get(line, Snapshot(0)), held)
            for line in names
        ]
        floor = self.floors[name] = Floor(name, lease, lines)
        if longest := self.services.limits.total_seconds:
            notice = Notice("too_long", f"a session may last {longest:g} s here")
            timer = asyncio.get_running_loop().call_later(longest, self.dismiss, floor, notice)
            floor.place.callback(timer.cancel)
        if self.room.plan.recording and not booth:
            for line in lines:
                line.inlet.tape = self.services.tapes.tape(self.name, line.name, lease.begin)
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
        floor.closing = True
        for line in floor.lines:
            self.scribe.finish(line.name)
            if line.inlet.tape:
                line.inlet.tape.close()
        self.room.leave_booth(floor.name) if floor.booth else self.room.part(floor.name)
        self.changed()
        if self.room.plan.private:
            await self.revising.settle()
        await self.journal.settle()
        if error:
            floor.failure = Failure(error.code, str(error), self.journal.told)
        await patiently(self._save, floor)
        if error is None:
            showing = self.scribe.showing
            statistics = floor.statistics(showing.utterances, showing.captions)
            self.journal.add(Done(statistics), line=floor.name)
            await self.journal.settle()
        self.clock = (self.now(), asyncio.get_running_loop().time())
        del self.floors[floor.name]
        self.account.ended(floor, error)
        if not floor.ended.done():
            floor.ended.set_result(error)
        self._on_floor(self, -1)

    def _tell(self, entry: Entry) -> None:
        self.audience.tell(entry)
        self.revising.hear(entry)
        self.correcting.hear(entry)

    def _abandon(self, floor: Floor) -> None:
        if not floor.finished:
            log.info("room %s: floor %s is abandoned", self.name, floor.name)
            floor.abandoned = True
            floor.finish()

    def _set_microphone(self, floor: Floor) -> None:
        heard = self.room.is_heard(floor.name)
        if heard != floor.microphone.open:
            floor.microphone.set(floor.received, heard)
            self.start(f"the microphone of {floor.name}", self._save, floor)

    def _set_languages(self, floor: Floor) -> None:
        for line in floor.lines:
            wanted = set(self.offer.wanted(floor.form).targets)
            for language in wanted - line.targets:
                line.add(language)
            for language in line.targets - wanted:
                for inbox in line.remove(language):
                    self.start(f"the end of {language}", inbox.close)

    async def _save(self, floor: Floor) -> None:
        await self.services.log.save(self.name, STATE + floor.name, floor.lease.written)

    def _hear(self, line: Line, name: str, item: Any) -> None:
        self.account.wrote(line, name, item)
        if whole := self.scribe.hear(line, name, item):
            self.complete(whole)

    def _say(self, line: Line, notice: Notice) -> None:
        self.account.wrote(line, "", notice)
        self.journal.show(notice, line=line.name)

    def _keep(self, line: Line, snapshot: Snapshot) -> None:
        self.start(f"the snapshot of {line.name}", self._kept, line, snapshot)

    async def _kept(self, line: Line, snapshot: Snapshot) -> None:
        """Make a snapshot durable, after all that was said before it."""
        await self.journal.settle()
        if snapshot.position < line.saved:
            return  # it had to wait for the disk, and a newer one has overtaken it
        line.saved = snapshot.position
        await self.services.log.save(self.name, f"line:{line.name}", pack(snapshot))
        if floor := self.floors.get(_floor_of(line.name)):
            await self._save(floor)
            line.snapshot = snapshot
            floor.acknowledged.set()

    def _fail(self) -> None:
        for floor in self.floors.values():
            if not floor.ended.done():
                floor.ended.set_result(DragomanError("the server failed; its log says why"))


def _floor_of(line: str) -> str:
    return line.split(".")[0]

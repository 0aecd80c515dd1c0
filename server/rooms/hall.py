"""The hall: all conferences of a running server, and the way back into them."""

import asyncio
import hmac
import json
import re
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from server.access.auth import ROOM
from server.interpretation.graph import Interpretation
from server.rooms.conference import Conference
from server.rooms.eventlog import PAGE, Event
from server.rooms.floor import Floor, fingerprint, new_secret
from server.rooms.journal import Entry, entry_of
from server.rooms.lease import STATE, Lease, lease_of, leases
from server.rooms.minutes import names
from server.rooms.recall import create, restore
from server.rooms.room import Plan
from server.rooms.services import Services
from server.wire.messages import Start
from server.wire.schema import from_plain
from streaming.errors import OverloadError, ProtocolError, RoomError, TakenError, error_of

TIDY_SECONDS = 3_600.0
"""Between two searches for what is too old."""


@dataclass(frozen=True, slots=True)
class Past:
    """A session that is over, as the log has it."""

    stream: str
    floor: str
    private: bool
    """The speaker was alone with the server."""
    lease: Lease


class Hall:
    """Every conference, by its name; an asynchronous context manager."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._conferences: dict[str, Conference] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._opening: set[str] = set()
        self.tapes = services.tapes
        """The audio of rooms that want it kept."""

    async def __aenter__(self) -> Self:
        """Take up what the log has left open."""
        for stream in await self._services.log.streams("open"):
            conference = await restore(stream, self._services, self._count)
            self._conferences[stream] = conference
            if conference.room.ended or (conference.room.plan.private and not conference.floors):
                self._dismiss(conference)  # the end was written, but not that it is over
        self._tidying = asyncio.create_task(self._tidy())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tidying.cancel()
        await asyncio.gather(self._tidying, *self._stopping, return_exceptions=True)
        for conference in self._conferences.values():
            await conference.stop()

    async def enter(
        self, form: Start, room: str | None = None, booth: str = ""
    ) -> tuple[Conference, Floor, str]:
        """Open a floor in a room, or for a speaker alone, or the `booth` of a language; gives also what
        resumes it.

        Raises:
            LanguageError: a language that cannot be served.
            OverloadError: the server is full, or the disk is.
        """
        self._services.admission.check()  # before anything is written down
        secret = new_secret()
        conference = self.room(room) if room is not None else await self._private(form)
        try:
            floor = await conference.open(form, fingerprint(secret), booth)
        except BaseException:
            if room is None:
                del self._conferences[conference.name]
                await conference.stop()
                with suppress(OverloadError):  # the next start sees that nobody is there
                    await self._services.log.delete(conference.name)
            raise
        return conference, floor, f"{conference.name}.{floor.name}.{secret}"

    async def _private(self, form: Start) -> Conference:
        plan = Plan(
            f"~{secrets.token_hex(6)}", form.name, form.source, form.targets, form.speak, private=True
        )
        wanted = Interpretation(None if plan.source == "auto" else plan.source, plan.targets, plan.speak)
        self._services.languages.routes(wanted)
        conference = self._conferences[plan.id] = await create(plan, self._services, self._count)
        return conference

    def back(self, token: str) -> tuple[Conference, Floor] | None:
        """Find the floor that a token resumes; `None`: it is over, or there never was one."""
        stream, _, rest = token.partition(".")
        name, _, secret = rest.partition(".")
        conference = self._conferences.get(stream)
        floor = conference.floors.get(name) if conference else None
        if conference is None or floor is None or not _same(floor.secret, secret):
            return None
        return conference, floor

    async def past(self, token: str) -> Past:
        """Find the session that a token has resumed.

        Raises:
            ProtocolError: no session has this token.
        """
        stream, floor, states = await self._proved(token)
        return Past(stream, floor, _plan(states).private, lease_of(states[STATE + floor]))

    async def rest(self, past: Past, event: int) -> AsyncGenerator[list[Entry]]:
        """Give the events that a session which is over has had since, up to its end, page by page.

        Raises:
            ProtocolError: its end has been told.
            DragomanError: what has ended it.
        """
        failure = past.lease.failure
        end = failure.event if failure else await self._end(past.stream, past.floor, event)
        while event < end:
            events = await self._services.log.read(past.stream, event, min(PAGE, end - event))
            yield [entry_of(found) for found in events]
            event = events[-1].number
        if failure:
            raise error_of(failure.code, failure.message)

    async def _end(self, stream: str, floor: str, event: int) -> int:
        """Find the number of a floor's end, after an event."""
        async for events in self.events(stream, "done", event):
            for found in events:
                if entry_of(found).line == floor:
                    return found.number
        raise ProtocolError("this session is over")

    async def session(self, token: str) -> Plan:
        """Find what a speaker alone had asked for, whether the session is over or not.

        Raises:
            ProtocolError: no such session has this token.
        """
        *_, states = await self._proved(token)
        plan = _plan(states)
        if not plan.private:
            raise ProtocolError(f"this token belongs to the room {plan.id!r}, which has a record of its own")
        return plan

    async def plan(self, room: str) -> Plan | None:
        """Find what a room was opened as, whether it has ended or not; `None`: nothing is left of it."""
        if not re.fullmatch(ROOM, room) or "room" not in (states := await self._services.log.states(room)):
            return None
        return _plan(states)

    async def names(self, stream: str) -> dict[str, str]:
        """Give the names of all who have spoken, by the names that captions bear: of those who have one."""
        found: dict[str, str] = {}
        for floor, lease in leases(await self._services.log.states(stream)).items():
            found |= names(floor, lease.form)
        return found

    async def is_over(self, room: str) -> bool:
        """Tell whether a room has ended, and something is left of it."""
        return room not in self._conferences and await self.plan(room) is not None

    async def events(
        self, stream: str, kind: str | None = None, after: int = 0
    ) -> AsyncGenerator[list[Event]]:
        """Give the events of a stream after a number, of one kind or of all, page by page."""
        while events := await self._services.log.read(stream, after, PAGE, kind):
            yield events
            after = events[-1].number

    async def delete(self, room: str) -> None:
        """Delete all that is left of a room.

        Raises:
            RoomError: it has not ended.
        """
        if room in self._conferences or room in self._opening:
            raise RoomError(f"the event in {room!r} goes on: end it first")
        await asyncio.gather(*self._stopping)
        await self._delete(room)

    async def _delete(self, stream: str) -> None:
        await self._services.log.delete(stream)
        await asyncio.to_thread(self.tapes.delete, stream)

    async def _proved(self, token: str) -> tuple[str, str, dict[str, bytes]]:
        """Name the stream and the floor of a token, and give the stream's states."""
        stream, _, rest = token.partition(".")
        name, _, secret = rest.partition(".")
        states = await self._services.log.states(stream)
        written = states.get(STATE + name)
        if written is None or not _same(lease_of(written).secret, secret):
            raise ProtocolError("there is no session with this token; begin a new one with 'start'")
        return stream, name, states

    async def create(self, plan: Plan) -> Conference:
        """Make a room.

        Raises:
            TakenError: another room is, or was, called so.
            LanguageError: a language that cannot be served.
        """
        source = None if plan.source == "auto" else plan.source
        self._services.languages.routes(Interpretation(source, plan.targets, plan.speak))
        opening = plan.id in self._opening  # by somebody else, at this moment
        self._opening.add(plan.id)
        try:
            if opening or plan.id in self._conferences:
                raise TakenError(f"there is a room {plan.id!r} already")
            if await self._services.log.states(plan.id):
                raise TakenError(
                    f"the room {plan.id!r} has ended and its record is kept: delete that "
                    f"(DELETE /v1/rooms/{plan.id}/record), or choose another id"
                )
            # Of an earlier room of this name, which the log has forgotten.
            await asyncio.to_thread(self.tapes.delete, plan.id)
            conference = self._conferences[plan.id] = await create(plan, self._services, self._count)
        finally:
            if not opening:
                self._opening.discard(plan.id)
        conference.changed()
        return conference

    def room(self, name: str) -> Conference:
        """Find a room.

        Raises:
            RoomError: there is none of this name.
        """
        conference = self._conferences.get(name)
        if conference is None or conference.room.plan.private:
            raise RoomError(f"there is no room {name!r}, or it has ended")
        return conference

    async def tidy(self, now: float) -> None:
        """Delete what is over and older than its room, or the server, wants to keep; `now` is Unix time."""
        log, days = self._services.log, self._services.days
        for stream in await log.streams("room"):
            if stream in self._conferences:
                continue
            kept = json.loads((await log.states(stream))["room"])["retention_days"]
            if await log.last(stream) == 0 or stream in await log.untouched(
                now - 86_400 * (days if kept is None else kept)
            ):
                await self._delete(stream)
        if not log.durable:
            return  # it never knew of rooms before this start: they are those of another log
        # What a log that was lost knew of.
        known = frozenset(await log.streams("room"))
        for stray in await asyncio.to_thread(self.tapes.strays, known, 86_400 * days):
            await asyncio.to_thread(self.tapes.delete, stray)

    async def _tidy(self) -> None:
        while True:
            with suppress(OverloadError):
                await self.tidy(time.time())
            await asyncio.sleep(TIDY_SECONDS)

    @property
    def rooms(self) -> list[Conference]:
        """Rooms that are open."""
        return [c for c in self._conferences.values() if not c.room.plan.private]

    async def end(self, name: str) -> None:
        """End a room's event: all that has been said is finished, and everybody is told.

        Raises:
            RoomError: there is none of this name.
        """
        conference = self.room(name)
        await conference.end()
        if self._conferences.get(name) is conference:  # several may end it at once
            self._dismiss(conference)

    def _count(self, conference: Conference, change: int) -> None:
        if conference.room.plan.private and not conference.floors and change < 0:
            self._dismiss(conference)

    def _dismiss(self, conference: Conference) -> None:
        del self._conferences[conference.name]
        self._stop(conference)

    def _stop(self, conference: Conference) -> None:
        task = asyncio.create_task(self._stopped(conference))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _stopped(self, conference: Conference) -> None:
        await conference.stop()
        with suppress(OverloadError):  # the next start sees that it is over, and tries again
            await self._services.log.forget(conference.name, "open")


def _plan(states: Mapping[str, bytes]) -> Plan:
    plan: Plan = from_plain(Plan, json.loads(states["room"]), "room")
    return plan


def _same(stored: str, secret: str) -> bool:
    return hmac.compare_digest(stored, fingerprint(secret))

"""The hall: all conferences of a running server, and the way back into them."""

import asyncio
import hmac
import json
import secrets
from types import TracebackType
from typing import Self

from server.conference import Conference
from server.eventlog import PAGE
from server.floor import Floor, fingerprint, new_secret
from server.graph import Interpretation
from server.journal import Entry, entry_of
from server.messages import Start
from server.recall import create, restore
from server.rooms import Plan
from server.services import Services
from streaming.errors import ProtocolError, RoomError, TakenError


class Hall:
    """Every conference, by its name; an asynchronous context manager."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._conferences: dict[str, Conference] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._opening: set[str] = set()

    async def __aenter__(self) -> Self:
        """Take up what the log has left open."""
        for stream in await self._services.log.streams("open"):
            self._conferences[stream] = await restore(stream, self._services, self._count)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for conference in self._conferences.values():
            await conference.stop()

    async def enter(
        self, form: Start, room: str | None = None, booth: str = ""
    ) -> tuple[Conference, Floor, str]:
        """Open a floor in a room, or for a speaker alone, or the `booth` of a language; gives also what
        resumes it.

        Raises:
            LanguageError: a language that cannot be served.
            OverloadError: the server is full.
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

    async def rest(self, token: str, event: int) -> list[Entry]:
        """Give the events that a session which is over has had since.

        Raises:
            ProtocolError: no session has this token.
        """
        stream, _, rest = token.partition(".")
        name, _, secret = rest.partition(".")
        states = await self._services.log.states(stream)
        state = states.get(f"floor:{name}")
        if state is None or not _same(json.loads(state)["secret"], secret):
            raise ProtocolError("there is no session with this token; begin a new one with 'start'")
        entries: list[Entry] = []
        while events := await self._services.log.read(stream, event, PAGE):
            entries += [entry_of(found) for found in events]
            event = events[-1].number
        return entries

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
            if opening or await self._services.log.states(plan.id):
                raise TakenError(f"there is, or was, a room {plan.id!r} already")
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
        if self._conferences.pop(name, None):  # several may end it at once
            self._stop(conference)

    def _count(self, conference: Conference, change: int) -> None:
        if conference.room.plan.private and not conference.floors and change < 0:
            del self._conferences[conference.name]
            self._stop(conference)

    def _stop(self, conference: Conference) -> None:
        task = asyncio.create_task(conference.stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


def _same(stored: str, secret: str) -> bool:
    return hmac.compare_digest(stored, fingerprint(secret))

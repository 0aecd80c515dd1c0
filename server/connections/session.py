"""A speaker's connection: audio in, captions and speech out; the floor it speaks from stays when it goes.

The reader gives the floor what the client sends; while too much waits there the socket is not read, and TCP
slows the client down. The floor's pipeline interprets, and never waits for this connection.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from server.access.arrival import Arrival
from server.connections.connection import Connection, Patience
from server.monitoring import logs
from server.rooms.audience import Audience, View
from server.rooms.conference import Conference
from server.rooms.floor import Floor
from server.rooms.hall import Hall
from server.rooms.lease import Lease
from server.rooms.operation import Operation
from server.wire.messages import Ack, Ready, Resume, Start, Translate, Translating
from server.wire.protocol import INTERPRETER, SPEAKER, Audio, Dialogue, Event
from server.wire.room_messages import Interpret, Type
from streaming.errors import DragomanError, InputError, ProtocolError, ReplacedError, first_cause
from streaming.stages import Notice

log = logging.getLogger(__name__)

LEFT = 1000
"""The close code of a client that does not mean to come back."""


class Session(Connection):
    """Serves one speaker: alone with the server, or in a room."""

    def __init__(
        self,
        socket: WebSocket,
        arrival: Arrival,
        hall: Hall,
        patience: Patience,
        room: str = "",
        dialogue: Dialogue = SPEAKER,
    ) -> None:
        """`room` is the one to speak in, empty for one of the speaker's own."""
        super().__init__(socket, arrival, patience, dialogue, room)
        self._hall = hall
        self._dialogue = dialogue
        self._replaced: asyncio.Future[DragomanError | None] = asyncio.get_running_loop().create_future()
        self._floor: Floor | None = None

    async def _interpret(self) -> None:
        first = await self._first()
        if isinstance(first, Interpret):
            self._arrival.enter(first.token)
            name = first.name or self._signature
            form = Start(first.language, (), (), first.encoding, first.sample_rate, 1, name)
            conference, floor, token = await self._hall.enter(form, self._room or None, booth=first.language)
            await self._speak(conference, floor, token, conference.journal.told)
        elif isinstance(first, Start):
            self._arrival.enter(first.token)
            form = replace(first, name=first.name or self._signature)
            conference, floor, token = await self._hall.enter(form, self._room or None)
            await self._speak(conference, floor, token, conference.journal.told)
        elif isinstance(first, Resume) and (place := self._hall.back(first.token)):
            conference, floor = place
            self._fits("" if conference.room.plan.private else conference.name, floor.booth)
            self._arrival.come_back()
            await self._speak(*place, first.token, first.event)
        elif isinstance(first, Resume):
            await self._tell_rest(first)

    @property
    def _signature(self) -> str:
        return self._arrival.grant.signature if self._arrival.grant else ""

    def _fits(self, room: str, booth: str) -> None:
        """See that a token resumes what it is shown for."""
        if room != self._room or bool(booth) != (self._dialogue is INTERPRETER):
            raise ProtocolError("this token resumes a session at another address")

    async def _speak(self, conference: Conference, floor: Floor, token: str, event: int) -> None:
        """Bring a floor its audio, until all of it has been interpreted."""
        self._conference, self._floor = conference, floor
        with logs.about(session=conference.name, speaker=floor.name):
            log.info("begun")
            await self._bring(conference, floor, token, event)
            log.info("done" if floor.ended.done() else "interrupted")

    async def _bring(self, conference: Conference, floor: Floor, token: str, event: int) -> None:
        conference.attach(floor, self._replaced)
        view = _view(conference.room.plan.private, floor.name, floor.lease)
        self._protocol.expect(floor.form)
        position = floor.position
        self._send(self._ready(conference, floor, token))
        try:
            await self._catch_up(conference, view, event)
            async with asyncio.TaskGroup() as tasks:
                waiting = [
                    tasks.create_task(self._read(conference, floor, position)),
                    tasks.create_task(self._acknowledge(floor)),
                    dismissed := tasks.create_task(self._dismissed.wait()),
                ]
                ends: set[asyncio.Future[Any]] = {floor.ended, self._replaced, dismissed}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting:
                    task.cancel()
        except BaseExceptionGroup as group:
            cause = first_cause(group)
            raise cause from cause.__cause__  # not from the group, which would hide what it came from
        finally:
            conference.audience.leave(view, self._outbox)
        for ended in (self._replaced, floor.ended):
            if ended.done() and (error := ended.result()):
                raise error

    async def _read(self, conference: Conference, floor: Floor, position: int) -> None:
        """Take audio in; goes on after the last of it, to notice when the client goes."""
        while True:
            event = await self._next(conference, floor)
            await conference.journal.free()
            if floor.holder is not self._replaced:
                return  # who has come back has been told what was taken, and sends the rest once more
            if isinstance(event, Audio):
                if floor.booth:
                    conference.services.languages.check_heard(floor.booth)
                before = floor.position
                floor.take(event.samples, position)
                position += len(event.samples)
                conference.services.watch.heard((floor.position - before) / floor.form.sample_rate)
                await floor.settle()
            elif isinstance(event, Type):
                Operation(conference).type(floor, event.text, event.final)
            elif isinstance(event, Translate):
                self._translate(Operation(conference), event.targets)
            else:
                floor.finish()

    def _translate(self, operation: Operation, targets: tuple[str, ...]) -> None:
        try:
            self._send(Translating(targets, operation.translate(targets)))
        except InputError as error:
            self._send(Notice("refused", str(error)))

    async def _next(self, conference: Conference, floor: Floor) -> Event:
        """Wait for the client, but not longer than the session may be idle."""
        limit = conference.services.limits.idle_seconds
        try:
            async with asyncio.timeout(limit if limit and not floor.finished else None):
                return await self._receive()
        except TimeoutError:
            conference.dismiss(floor, Notice("idle", f"no audio has come for {limit:g} s"))
        return await self._receive()

    async def _acknowledge(self, floor: Floor) -> None:
        told = 0
        while True:
            await floor.acknowledged.wait()
            floor.acknowledged.clear()
            if floor.kept > told and not floor.closing:
                told = floor.kept
                self._send(Ack(told))

    async def _tell_rest(self, resume: Resume) -> None:
        """Tell somebody who comes back after the end what has been missed."""
        past = await self._hall.past(resume.token)
        self._fits("" if past.private else past.stream, past.lease.booth)
        audience, view = Audience(), _view(past.private, past.floor, past.lease)
        async for entries in self._hall.rest(past, resume.event):
            self._put(audience.replay(view, entries))
            await self._outbox.settle()

    def _ready(self, conference: Conference, floor: Floor, token: str) -> Ready:
        form, plan = floor.form, conference.room.plan
        return Ready(
            conference.name,
            form.source,
            plan.targets if plan.private else form.targets,
            form.speak,
            () if floor.booth else conference.offer.routes(form),
            form.sample_rate,
            token,
            floor.position,
            floor.lines[0].name,
            round(floor.begin, 3),
            conference.scribe.typed(floor.name),
        )

    def _gone(self, error: BaseException) -> None:
        left = isinstance(error, WebSocketDisconnect) and error.code == LEFT
        self._release(0.0 if left else None)

    def _fail(self, error: DragomanError) -> int:
        if not isinstance(error, ReplacedError):
            self._release(0.0)
        return super()._fail(error)

    def _release(self, grace: float | None) -> None:
        if self._conference and self._floor:
            self._conference.detach(self._floor, self._replaced, grace)


def _view(private: bool, floor: str, lease: Lease) -> View:
    """Say what whoever has a floor is told, while it is there and after its end."""
    words = lease.form.words
    if private:
        return View("private", speech=True, words=words)
    return View("booth" if lease.booth else "speaker", floor=floor, words=words)

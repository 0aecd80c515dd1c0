"""One WebSocket: messages in by the state table, messages out through an outbox, an end with a reason."""

import asyncio
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from server.access.arrival import Arrival
from server.monitoring import logs
from server.rooms.audience import Sentences, View
from server.rooms.conference import Conference
from server.rooms.eventlog import PAGE
from server.wire.messages import Error, ServerMessage
from server.wire.outbox import WRITE_SECONDS, Frame, Outbox, frame
from server.wire.protocol import Dialogue, Event, ServerProtocol, close_code
from streaming.captions import Caption
from streaming.errors import (
    DragomanError,
    InputError,
    OverloadError,
    ProtocolError,
    RateError,
    first_cause,
    origin,
)
from streaming.stages import Notice

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection waits for its client."""

    start: float = 10.0
    """Seconds until the first message must have come."""
    write: float = WRITE_SECONDS
    """Seconds in which a message must be taken."""
    farewell: float = 1.0
    """Seconds to read what a client that has gone left behind."""


PATIENCE = Patience()

DRAINING = Notice("draining", "the server is being stopped: it takes no more audio")
STOPPED = 1012
"""The close code when the server is being stopped."""


class Connection(ABC):
    """Serves one client; the subclass says what the client is there for."""

    def __init__(
        self, socket: WebSocket, arrival: Arrival, patience: Patience, dialogue: Dialogue, room: str = ""
    ) -> None:
        """`arrival` lets the client in; `dialogue` says what may be said there; `room` is where it is,
        empty for a session of one's own."""
        self._socket = socket
        self._arrival = arrival
        self._room = room
        self._protocol = ServerProtocol(dialogue)
        self._patience = patience
        self._name = secrets.token_hex(4)
        self._outbox = Outbox(patience.write)
        self._conference: Conference | None = None
        self._code = 1000
        self._dismissed = asyncio.Event()
        """The server is being stopped, and what is not said will be said after it has been started anew."""

    @abstractmethod
    async def _interpret(self) -> None:
        """Do what the client is there for, until it is done."""

    async def serve(self) -> None:
        """Serve until the client is done, gone, or at fault; the socket has been accepted."""
        with logs.about(connection=self._name, **({"room": self._room} if self._room else {})):
            await self._serve()

    async def refuse(self, error: OverloadError) -> None:
        """Say that there is no room; the socket has been accepted for this alone."""
        with logs.about(connection=self._name), suppress(WebSocketDisconnect, InputError):
            code = self._fail(error)
            self._outbox.close()
            await self._outbox.drain(self._deliver)
            await self._close(code)

    def dismiss(self) -> None:
        """The server is being stopped: say so, and go as soon as nothing is lost by it."""
        self._code = STOPPED
        with suppress(ProtocolError):  # before the first message and after the last there is nothing to say
            self._send(DRAINING)
        if self._conference is None or self._conference.services.log.durable:
            self._dismissed.set()
        else:
            self._conference.wind_up()

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.drain(self._deliver))
                code = await self._work()
                self._outbox.close()
            await self._close(code)
        except* WebSocketDisconnect as group:
            log.info("the client has gone")
            self._gone(await self._farewell(first_cause(group)))
        except* DragomanError as group:
            # Only sending fails here: the client does not read, so it cannot be told.
            log.warning("dropped: %s", first_cause(group))
            if self._conference:
                self._conference.services.watch.dropped()
            self._gone(first_cause(group))

    @abstractmethod
    def _gone(self, error: BaseException) -> None:
        """Let go: the client has left, or the network has failed."""

    async def _farewell(self, error: BaseException) -> BaseException:
        """Find out how a client has gone, which who was only sending to it does not know: that stands behind
        what has not been read of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.farewell):
                while self._socket.client_state is WebSocketState.CONNECTED:
                    message = await self._socket.receive()
                    if message["type"] == "websocket.disconnect":
                        return WebSocketDisconnect(message["code"], message.get("reason"))
        return error

    async def _work(self) -> int:
        """Serve, tell the client what went wrong, and give the close code."""
        try:
            await self._interpret()
        except WebSocketDisconnect:
            raise
        except DragomanError as error:
            if not isinstance(error, InputError | OverloadError):  # whose cause is here
                log.warning("%s: %s", error.code, origin(error))
            return self._fail(error)
        except Exception:
            log.exception("the connection failed")
            return self._fail(DragomanError("the server failed; its log says why"))
        return self._code

    def _fail(self, error: DragomanError) -> int:
        log.info("ended with the error %s", error.code)  # the message may quote what the client sent
        again = round(error.retry_seconds, 1) if isinstance(error, OverloadError | RateError) else None
        self._send(Error(error.code, str(error), again))
        return close_code(error.code)

    async def _first(self) -> Event:
        try:
            async with asyncio.timeout(self._patience.start):
                return await self._receive()
        except TimeoutError:
            expected = " or ".join(f"'{name}'" for name in self._protocol.expected)
            raise ProtocolError(f"expected {expected} within {self._patience.start:g} s") from None

    async def _receive(self) -> Event:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"], message.get("reason"))
        text = message.get("text")
        return self._protocol.receive(message["bytes"] if text is None else text)

    async def _events(self, conference: Conference) -> AsyncIterator[Event]:
        """Give what the client sends, until it goes, the event ends, or the server is being stopped."""
        receiving = asyncio.create_task(self._receive())
        over = asyncio.create_task(conference.over.wait())
        dismissed = asyncio.create_task(self._dismissed.wait())
        try:
            while True:
                await asyncio.wait({receiving, over, dismissed}, return_when=asyncio.FIRST_COMPLETED)
                if over.done() or dismissed.done():
                    return
                yield receiving.result()
                receiving = asyncio.create_task(self._receive())
        finally:
            for task in (receiving, over, dismissed):
                task.cancel()
            await asyncio.gather(receiving, over, dismissed, return_exceptions=True)

    async def _catch_up(self, conference: Conference, view: View, event: int | None) -> None:
        """Send what has been missed, then let what follows come; nothing twice, nothing left out."""
        audience, journal, sentences = conference.audience, conference.journal, Sentences()
        if event is None:
            self._put(audience.history(view, journal.told, sentences))
        else:
            await self._recall(conference, view, event, sentences)
            while entries := await journal.since(event):
                self._put(audience.replay(view, entries, sentences))
                event = entries[-1].number or event
                await self._outbox.settle()
            self._put(audience.pending(view))
        audience.join(view, self._outbox, sentences)

    async def _recall(self, conference: Conference, view: View, event: int, sentences: Sentences) -> None:
        """Find what has been read of what is being said, perhaps in another style."""
        if view.style != "sentence":
            return
        for entry in await conference.journal.since(max(0, event - PAGE)):
            if (entry.number or 0) <= event and isinstance(entry.message, Caption) and view.wants(entry):
                sentences.read(entry.message)

    def _put(self, frames: list[Frame]) -> None:
        for found in frames:
            self._outbox.put(found)

    async def _deliver(self, data: str | bytes) -> None:
        with _perhaps_closed():
            await (self._socket.send_text(data) if isinstance(data, str) else self._socket.send_bytes(data))

    async def _close(self, code: int) -> None:
        with _perhaps_closed():
            await self._socket.close(code)

    def _send(self, message: ServerMessage) -> None:
        self._protocol.send(message)
        self._outbox.put(frame(message))


@contextmanager
def _perhaps_closed() -> Iterator[None]:
    """Understand how uvicorn says that it has closed the connection itself, as upon too large a frame."""
    try:
        yield
    except RuntimeError as error:
        raise WebSocketDisconnect(1006) from error

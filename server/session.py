"""One live connection: audio in, captions and speech out, and nothing left behind at its end.

Three tasks. The reader takes what the client sends into an inlet bounded in seconds of audio; while that is
full the socket is not read, and TCP slows the client down. The pipeline interprets. The sender writes what
waits in the outbox; the pipeline never waits for it.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from server.graph import Interpretation, graph
from server.inlet import Inlet
from server.lag import Lag
from server.languages import Languages
from server.messages import Done, Error, Ready, ServerMessage, Start, Statistics
from server.outbox import WRITE_SECONDS, Outbox
from server.protocol import Audio, Event, ServerProtocol, close_code
from server.showing import Showing
from server.usage import Usage
from streaming import pipeline
from streaming.errors import DragomanError, ProtocolError, first_cause
from streaming.stages import Node

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a session waits for its client."""

    start: float = 10.0
    """Seconds until ``start`` must have come."""
    write: float = WRITE_SECONDS
    """Seconds in which a message must be taken."""


PATIENCE = Patience()


class Session:
    """Serves one client."""

    def __init__(
        self,
        socket: WebSocket,
        engines: pipeline.Engines,
        languages: Languages,
        patience: Patience,
    ) -> None:
        """`engines` are shared with other sessions; the socket has been accepted."""
        self._socket = socket
        self._engines = engines
        self._languages = languages
        self._patience = patience
        self._name = secrets.token_hex(4)
        self._protocol = ServerProtocol()
        self._outbox = Outbox(patience.write)

    async def serve(self) -> None:
        """Interpret until the client is done, gone, or at fault."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.drain(self._deliver))
                code = await self._work()
                self._outbox.close()
            await self._close(code)
        except* WebSocketDisconnect:
            log.info("session %s: the client has gone", self._name)
        except* DragomanError as group:
            # Only sending fails here: the client does not read, so it cannot be told.
            log.warning("session %s: dropped: %s", self._name, first_cause(group))

    async def refuse(self, error: DragomanError) -> None:
        """Say why there will be no session."""
        self._send(Error(error.code, str(error)))
        self._outbox.close()
        try:
            await self._outbox.drain(self._deliver)
            await self._close(close_code(error.code))
        except (WebSocketDisconnect, DragomanError):
            log.info("session %s: refused, and not even heard", self._name)

    async def _work(self) -> int:
        """Interpret, tell the client what went wrong, and give the close code."""
        try:
            await self._interpret()
        except WebSocketDisconnect:
            raise
        except DragomanError as error:
            return self._fail(error.code, str(error))
        except Exception:
            log.exception("session %s: failed", self._name)
            return self._fail(DragomanError.code, "the server failed; its log says why")
        return 1000

    def _fail(self, code: str, message: str) -> int:
        log.info("session %s: %s: %s", self._name, code, message)
        self._send(Error(code, message))
        return close_code(code)

    async def _interpret(self) -> None:
        start = await self._started()
        source = None if start.source == "auto" else start.source
        wanted = Interpretation(source, start.targets, start.speak, start.languages)
        routes = self._languages.routes(wanted)
        self._send(Ready(self._name, start.source, start.targets, start.speak, routes, start.sample_rate))
        await self._run(graph(wanted, manner=self._languages.manner), start)

    async def _run(self, root: Node, start: Start) -> None:
        recognition: Any = root.successors[0].stage
        showing, lag = Showing(start.words), Lag(self._send)
        inlet, usage = Inlet(start.sample_rate, lag), Usage(self._engines, self._languages, lag, self._send)

        def emit(name: str, item: Any) -> None:
            if news := showing.message(name, item):
                self._send(*news)

        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(inlet))
                async with aclosing(inlet.chunks()) as chunks:
                    await pipeline.run(root, usage.engines(), chunks, emit)
                reading.cancel()
        except BaseExceptionGroup as group:
            raise first_cause(group) from group
        self._send(Done(_statistics(recognition.skipped, showing, lag, usage)))

    async def _started(self) -> Start:
        try:
            async with asyncio.timeout(self._patience.start):
                event = await self._receive()
        except TimeoutError:
            raise ProtocolError(f"expected 'start' within {self._patience.start:g} s") from None
        assert isinstance(event, Start), "the state table allows nothing else first"
        return event

    async def _receive(self) -> Event:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"], message.get("reason"))
        text = message.get("text")
        return self._protocol.receive(message["bytes"] if text is None else text)

    async def _read(self, inlet: Inlet) -> None:
        """Take audio in; goes on after the last of it, to notice when the client goes."""
        while True:
            event = await self._receive()
            if isinstance(event, Audio):
                await inlet.take(event.samples)
            else:
                await inlet.finish()

    async def _deliver(self, data: str | bytes) -> None:
        with _perhaps_closed():
            await (self._socket.send_text(data) if isinstance(data, str) else self._socket.send_bytes(data))

    async def _close(self, code: int) -> None:
        with _perhaps_closed():
            await self._socket.close(code)

    def _send(self, message: ServerMessage, audio: bytes | None = None) -> None:
        self._protocol.send(message)
        self._outbox.put(message, audio)


def _statistics(skipped: int, showing: Showing, lag: Lag, usage: Usage) -> Statistics:
    return Statistics(
        audio_seconds=round(lag.received, 3),
        utterances=showing.utterances,
        captions=showing.captions,
        skipped=skipped,
        max_lag=round(lag.largest, 3),
        real_time_factor=round(usage.recognizing / (lag.received or 1.0), 3),
    )


@contextmanager
def _perhaps_closed() -> Iterator[None]:
    """Understand how uvicorn says that it has closed the connection itself, as upon too large a frame."""
    try:
        yield
    except RuntimeError as error:
        raise WebSocketDisconnect(1006) from error

"""One live connection: audio in, captions and speech out, and nothing left behind at its end.

Three tasks. The reader takes what the client sends into an inlet bounded in seconds of audio; while that is
full the socket is not read, and TCP slows the client down. The pipeline interprets. The sender writes what
waits in the outbox; the pipeline never waits for it.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from server import logs
from server.config import LimitsConfig
from server.graph import Interpretation, graph
from server.inlet import Inlet
from server.lag import Lag
from server.languages import Languages
from server.messages import Done, Error, Ready, ServerMessage, Start, Statistics
from server.outbox import WRITE_SECONDS, Outbox
from server.protocol import Audio, Event, ServerProtocol, State, close_code
from server.showing import Showing
from server.usage import Usage
from streaming import pipeline
from streaming.errors import DragomanError, InputError, ProtocolError, first_cause
from streaming.stages import Node, Notice

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a session waits for its client."""

    start: float = 10.0
    """Seconds until ``start`` must have come."""
    write: float = WRITE_SECONDS
    """Seconds in which a message must be taken."""


PATIENCE = Patience()


class Watch(Protocol):
    """Is told what sessions do."""

    def heard(self, seconds: float) -> None:
        """Audio came."""

    def wrote(self, stage: str, item: Any, received: float) -> None:
        """A stage has written an item, when so many seconds of audio had been received."""

    def ended(self, close_code: int, skipped: int) -> None:
        """A session has ended, having left out so many decision points."""


class Session:
    """Serves one client."""

    def __init__(
        self,
        socket: WebSocket,
        engines: pipeline.Engines,
        languages: Languages,
        patience: Patience,
        limits: LimitsConfig,
        watch: Watch,
        enter: Callable[[str], None],
    ) -> None:
        """`engines` are shared with other sessions; the socket has been accepted; `enter` is called with the
        token of ``start``, and raises if the client may not come in."""
        self._socket = socket
        self._engines = engines
        self._languages = languages
        self._patience = patience
        self._limits = limits
        self._watch = watch
        self._enter = enter
        self._name = secrets.token_hex(4)
        self._protocol = ServerProtocol()
        self._outbox = Outbox(patience.write)
        self._recognition: Any = None
        self._ended = asyncio.Event()
        self._code = 1000

    async def serve(self) -> None:
        """Interpret until the client is done, gone, or at fault."""
        with logs.about(session=self._name):
            await self._serve()

    def end(self, notice: Notice, code: int = 1000) -> None:
        """Take no more audio: say why, interpret what has come, then close with a code."""
        if self._protocol.state is State.STREAMING:
            self._protocol.end()
            self._ended.set()
        elif self._protocol.state is not State.DRAINING:
            return
        self._code = code
        with suppress(InputError):  # the client does not read, and is about to be dropped for it
            self._send(notice)

    @property
    def _streaming(self) -> bool:
        return self._protocol.state is State.STREAMING

    async def _serve(self) -> None:
        code = 1006
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.drain(self._deliver))
                code = await self._work()
                self._outbox.close()
            await self._close(code)
        except* WebSocketDisconnect:
            log.info("the client has gone")
        except* DragomanError as group:
            # Only sending fails here: the client does not read, so it cannot be told.
            log.warning("dropped: %s", first_cause(group))
        finally:
            self._watch.ended(code, self._recognition.skipped if self._recognition else 0)

    async def _work(self) -> int:
        """Interpret, tell the client what went wrong, and give the close code."""
        try:
            await self._interpret()
        except WebSocketDisconnect:
            raise
        except DragomanError as error:
            if not isinstance(error, InputError):
                log.warning("%s: %s", error.code, error)
            return self._fail(error.code, str(error))
        except Exception:
            log.exception("the session failed")
            return self._fail(DragomanError.code, "the server failed; its log says why")
        log.info("done")
        return self._code

    def _fail(self, code: str, message: str) -> int:
        log.info("ended with the error %s", code)  # the message may quote what the client sent
        self._send(Error(code, message))
        return close_code(code)

    async def _interpret(self) -> None:
        start = await self._started()
        self._enter(start.token)
        wanted = Interpretation(None if start.source == "auto" else start.source, start.targets, start.speak)
        routes = self._languages.routes(wanted)
        self._send(Ready(self._name, start.source, start.targets, start.speak, routes, start.sample_rate))
        log.info("begun")
        await self._run(graph(wanted), start.sample_rate)

    async def _run(self, root: Node, rate: int) -> None:
        self._recognition = root.successors[0].stage
        showing, lag = Showing(), Lag(self._send)
        inlet = Inlet(rate, lag, self._limits.audio_seconds)
        usage = Usage(self._engines, self._languages, lag, self._send)

        def emit(name: str, item: Any) -> None:
            self._watch.wrote(name, item, lag.received)
            if news := showing.message(name, item):
                self._send(*news)

        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(inlet, rate))
                ending = tasks.create_task(self._finish(inlet))
                async with aclosing(inlet.chunks()) as chunks:
                    await pipeline.run(root, usage.engines(), chunks, emit)
                reading.cancel()
                ending.cancel()
        except BaseExceptionGroup as group:
            raise first_cause(group) from group
        self._send(Done(_statistics(self._recognition.skipped, showing, lag, usage)))

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

    async def _read(self, inlet: Inlet, rate: int) -> None:
        """Take audio in; goes on after the last of it, to notice when the client goes."""
        while True:
            event = await self._next()
            if self._protocol.state is State.ENDING:
                continue
            if isinstance(event, Audio):
                self._watch.heard(len(event.samples) / rate)
                await inlet.take(event.samples)
            else:
                await inlet.finish()

    async def _next(self) -> Event:
        """Wait for the client, but not longer than the session may be idle."""
        limit = self._limits.idle_seconds
        try:
            async with asyncio.timeout(limit if limit and self._streaming else None):
                return await self._receive()
        except TimeoutError:
            self.end(Notice("idle", f"no audio has come for {limit:g} s"))
        return await self._receive()

    async def _finish(self, inlet: Inlet) -> None:
        """End the audio when the server decides so, or when the session has lasted long enough."""
        limit = self._limits.total_seconds
        try:
            async with asyncio.timeout(limit or None):
                await self._ended.wait()
        except TimeoutError:
            if not self._streaming:
                return
            self.end(Notice("too_long", f"a session may last {limit:g} s here"))
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

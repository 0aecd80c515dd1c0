"""The application: engines shared by all sessions, one port for WebSocket and HTTP.

GET /v1/live        WebSocket, PROTOCOL.md
    /v1/rooms       conferences, see `server/reception.py`, and what is left of them, `server/recorddesk.py`
POST /v1/audio/…    recordings, as OpenAI's interface has them
POST /v1/jobs       long recordings
GET /v1/languages   what can be recognised, translated and spoken
GET /healthz        the process lives
GET /readyz         a session would be taken now
GET /openapi.json
"""

import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse

from mt.faithful import FaithfulTranslator
from server import models, packs, pages, reception, recorddesk
from server.archive import Archive
from server.conference import Services
from server.config import Config
from server.connection import PATIENCE, Patience, everybody
from server.engines import Engines
from server.eventlog import EventLog
from server.graph import DETECTOR, RECOGNIZER, SYNTHESIZER, TRANSLATOR
from server.hall import Hall
from server.languages import Languages, Offer
from server.session import Session
from server.tape import Tapes
from streaming.batching import SharedEngine
from streaming.errors import InputError

LARGEST_FRAME = 1 << 20
"""Bytes; a larger one closes the connection with 1009."""
PING_SECONDS = 20.0
"""Between pings, which keep address translators on the way from forgetting the connection."""
DEAD_MILLISECONDS = 60_000
"""A peer whose system acknowledges nothing for so long is gone."""
MOST_TOGETHER = 16
"""Requests in a batch, of engines that gain by batches."""
MOST_WINDOWS = 8
"""Windows in a batch: those that are alike are decoded together, which costs half for stock models; a batch
is made only when more wait than there are workers."""
MOST_NAMED = 8
"""Languages and pairs that the line at the start names."""
SHUTDOWN_SECONDS = 5
"""For sessions to end after the server was told to stop."""


def create_app(
    engines: Engines, config: Config, patience: Patience = PATIENCE, log: EventLog | None = None
) -> FastAPI:
    """Build the application around engines that are loaded; without a log, nothing outlives the process."""
    shared = _shared(engines, config)
    asks = {name: engine.ask for name, engine in shared.items()}
    languages = Languages(engines)
    events = log or EventLog()
    shelf = packs.shelf(config.packs.folder, config.packs.use)
    for conflict in shelf.take().conflicts:  # the default packs are checked before anybody comes
        _say(str(conflict))
    archive = Archive(shared, engines.translator, languages, config)
    tapes = Tapes(archive.folder / "rooms")
    services = Services(events, asks, languages, shelf, config.server.grace, config.log.days, tapes)
    hall = Hall(services, config.server.max_sessions)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(events)
            for engine in shared.values():
                await stack.enter_async_context(engine)
            await stack.enter_async_context(archive)
            await stack.enter_async_context(tapes)
            await stack.enter_async_context(hall)
            yield

    app = FastAPI(
        title="Dragoman",
        description="Live sessions are held over a WebSocket at `/v1/live`; see PROTOCOL.md.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )

    @app.websocket("/v1/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await Session(socket, hall, patience).serve()

    app.include_router(reception.rooms(hall, patience, everybody))
    app.include_router(recorddesk.router(hall))

    @app.get("/healthz", summary="The process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="A session would be taken now", responses={503: {"description": "Full"}})
    async def readyz() -> JSONResponse:
        content = {"sessions": hall.floors, "max_sessions": hall.most}
        return JSONResponse(content, 503 if hall.full else 200)

    @app.get("/v1/languages", summary="What can be recognised, translated and spoken")
    async def offered() -> Offer:
        return languages.offer()

    app.include_router(pages.router())
    app.include_router(archive.router)
    app.state.archive = archive
    app.state.hall, app.state.engines = hall, shared
    return app


def serve(config: Config) -> None:
    """Load the engines, open the port, and serve until told to stop (SIGINT, SIGTERM).

    Raises:
        InputError: the port is taken, or the address is not one of this machine; or the event log cannot be
            opened.
        ModelError: a model that is not there, or not what it should be.
    """
    log = EventLog(config.log.file)
    with bound(config.server.host, config.server.port) as listener:
        log.open()
        always = packs.shelf(config.packs.folder, config.packs.use).take()
        engines = models.load_engines(packs.preferring(config, always), _say)
        server = Server(create_app(engines, config, log=log), lambda: _announce(listener, Languages(engines)))
        with _stopped_by_signals():
            _open(listener)
            server.run([listener])


class Server(uvicorn.Server):
    """uvicorn, set up for audio, that tells when it listens."""

    def __init__(self, app: FastAPI, on_listening: Callable[[], None]) -> None:
        super().__init__(_settings(app))
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port."""
        await super().startup(sockets)
        self._on_listening()


def _settings(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME,
        # Speech does not compress, and compression costs five times the work of everything else here.
        ws_per_message_deflate=False,
        # A session that is behind does not read, so its client's pongs wait behind audio: a late pong is no
        # death. Dead peers are found by TCP instead, which answers below the audio.
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=None,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        log_level="warning",
        access_log=False,
        lifespan="on",
    )


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port without opening it: who connects before the models are loaded is refused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InputError(f"cannot listen on {host}: {error.strerror}") from error
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MILLISECONDS)
        try:
            listener.bind(address)
        except OSError as error:
            raise InputError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        yield listener


def _open(listener: socket.socket) -> None:
    try:
        listener.listen()
    except OSError as error:
        raise InputError(f"cannot listen on {address_of(listener)}: {error.strerror}") from error


def address_of(listener: socket.socket) -> str:
    """Write where a socket is bound, as in a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _announce(listener: socket.socket, languages: Languages) -> None:
    offer = languages.offer()
    heard = _some(offer.recognition) or "any language"
    pairs = _some([f"{pair.source} → {pair.target}" for pair in offer.translation]) or "nothing"
    address = f"ws://{address_of(listener)}/v1/live"
    print(f"listening on {address} (recognises {heard}; translates {pairs})", flush=True)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let a signal that uvicorn has obeyed, and raises once more at its end, do nothing further."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(message: str) -> None:
    print(f"dragoman: {message}", file=sys.stderr, flush=True)


def _shared(engines: Engines, config: Config) -> dict[str, SharedEngine[Any, Any]]:
    workers = config.recognition.workers or models.cores()
    shared: dict[str, SharedEngine[Any, Any]] = {
        DETECTOR: SharedEngine(engines.detector.detect, max_batch=MOST_TOGETHER),
        RECOGNIZER: SharedEngine(engines.recognizer.recognize, max_batch=MOST_WINDOWS, workers=workers),
        TRANSLATOR: SharedEngine(FaithfulTranslator(engines.translator).translate, max_batch=MOST_TOGETHER),
    }
    if engines.synthesizer:
        shared[SYNTHESIZER] = SharedEngine(engines.synthesizer.synthesize, max_batch=1)
    return shared

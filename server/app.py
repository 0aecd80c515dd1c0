"""The application: engines shared by all sessions, one port for WebSocket and HTTP.

GET /v1/live        WebSocket, PROTOCOL.md
    /v1/rooms       conferences (connections/reception.py), and their records (rooms/recorddesk.py)
POST /v1/audio/…    recordings, as OpenAI's interface has them
GET /v1/models      the recognizer, as OpenAI's interface lists it
POST /v1/jobs       long recordings
GET /v1/languages   what can be recognised, translated and spoken
GET /healthz        the process lives
GET /readyz         a session would be taken now
GET /openapi.json
"""

import errno
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from pydantic import TypeAdapter

from server import operations, version
from server.access import keys, tokens
from server.access.auth import Access
from server.access.door import is_loopback
from server.config import Config, ServerConfig
from server.connections import reception
from server.connections.connection import PATIENCE, Patience
from server.house import House, everybody
from server.http import pages, refusals
from server.http.gate import Gate
from server.http.head import Head
from server.interpretation import models, packs
from server.interpretation.engines import Engines
from server.interpretation.languages import Languages, Offer
from server.monitoring import logs
from server.recordings import catalogue
from server.recordings.archive import Archive
from server.recordings.folder import Folder
from server.rooms import recorddesk
from server.rooms.eventlog import EventLog
from server.rooms.hall import Hall
from server.rooms.services import Services
from server.rooms.tape import Tapes
from streaming.errors import ConfigError, InputError

log = logging.getLogger(__name__)

PING_SECONDS = 20.0
"""Between pings, which keep address translators on the way from forgetting the connection."""
DEAD_MILLISECONDS = 60_000
"""A peer whose system acknowledges nothing for so long is gone."""
MOST_NAMED = 8
"""Languages and pairs that the line at the start names."""
SHUTDOWN_SECONDS = 5
"""For connections to close after sessions have ended, or had their time to."""


def create_app(
    engines: Engines,
    config: Config,
    patience: Patience = PATIENCE,
    access: Callable[[], Access] | None = None,
    log: EventLog | None = None,
    folder: Folder | None = None,
) -> FastAPI:
    """Build the application around engines that are loaded; without `access` it is open to everybody, and
    without a `log` nothing outlives the process. `folder` is the one that is configured."""
    house = House(engines, config, access or everybody())
    languages, events = Languages(engines), log or EventLog()
    house.health.checks["event log"] = events.trouble
    shelf = packs.shelf(config.packs.folder, config.packs.use)
    for conflict in shelf.take().conflicts:  # the default packs are checked before anybody comes
        _say(str(conflict))
    folder = folder or Folder(config.recordings.folder)
    archive = Archive(
        house.engines, engines.tiers, languages, house.heard_recording, shelf, config, folder.path
    )
    tapes = Tapes(folder.path / "rooms")
    hall = Hall(
        Services(
            events,
            house.asks,
            house.translators,
            languages,
            shelf,
            tapes,
            house.admission,
            house,
            config.limits,
            config.server.grace,
            config.events.days,
        )
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(folder)
            await stack.enter_async_context(events)
            await stack.enter_async_context(house)
            await stack.enter_async_context(archive)
            await stack.enter_async_context(tapes)
            await stack.enter_async_context(hall)
            yield

    app = FastAPI(
        title="Dragoman",
        version=version.installed(),
        description="Live sessions are held over a WebSocket at `/v1/live`; see PROTOCOL.md.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=refusals.RESPONSES,
    )
    refusals.install(app)
    app.add_middleware(Head)
    app.add_middleware(
        Gate,
        origins=config.access.origins,
        is_open=lambda: house.door.open,
        limits=config.limits,
    )

    # Written once: with a model of many languages it is megabytes, and anybody may ask for it.
    offer = TypeAdapter(Offer).dump_json(languages.offer())

    @app.get("/v1/languages", summary="What can be recognised, translated and spoken", response_model=Offer)
    async def offered() -> Response:
        return Response(offer, media_type="application/json")

    app.include_router(pages.router())
    app.include_router(reception.addresses(house, hall, patience))
    app.include_router(archive.router)
    app.include_router(catalogue.router(engines.model))
    app.include_router(recorddesk.router(hall))
    app.include_router(tokens.router)
    app.include_router(operations.router)
    app.state.door, app.state.house, app.state.hall = house.door, house, hall
    app.state.admission, app.state.engines, app.state.archive = house.admission, house.engines, archive
    return app


def serve(config: Config) -> None:
    """Load the engines, open the port, and serve until told to stop (SIGINT, SIGTERM).

    Raises:
        InputError: the port is taken, or the address is not one of this machine; or the event log cannot be
            opened, or the folder of recordings is another server's.
        ConfigError: the certificate or the keys cannot be read.
        ModelError: a model that is not there, or not what it should be.
    """
    events = EventLog(config.events.file)
    folder = Folder(config.recordings.folder)
    with bound(config.server.host, config.server.port) as listener, folder:
        logs.setup(config.logging)
        events.open()
        tls = tls_context(config.server)
        access = keys.watched(keys.folder(config.access.folder))
        always = packs.shelf(config.packs.folder, config.packs.use).take()
        engines = models.load_engines(packs.preferring(config, always), _say)
        models.warm_up(engines.recognizer)
        app = create_app(engines, config, access=access, log=events, folder=folder)
        server = Server(app, config, lambda: announce(listener, tls, Languages(engines)), tls)
        warn_if_open(listener, access())
        with _stopped_by_signals():
            _open(listener)
            server.run([listener])


class Server(uvicorn.Server):
    """uvicorn, set up for audio, that tells when it listens."""

    def __init__(
        self,
        app: FastAPI,
        config: Config,
        on_listening: Callable[[], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(_settings(app, config, tls))
        self._house: House = app.state.house
        self._archive: Archive = app.state.archive
        self._drain_seconds = config.server.drain_seconds
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port."""
        await super().startup(sockets)
        self._on_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let sessions end in order, then close the port and what is still connected."""
        await self._house.drain(self._drain_seconds, lambda: self.force_exit)
        self._archive.recordings.dismiss()  # the answers to who waits for one, before uvicorn cuts them off
        await super().shutdown(sockets)


def _settings(app: FastAPI, config: Config, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=config.limits.message_bytes,
        # Speech does not compress, and compression costs five times the work of everything else here.
        ws_per_message_deflate=False,
        # A session that is behind does not read, so its client's pongs wait behind audio: a late pong is no
        # death. Dead peers are found by TCP instead, which answers below the audio.
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=None,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        log_config=None,
        log_level="warning",
        ssl_context_factory=(lambda *_: tls) if tls else None,
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
            raise _not_bound(f"{host}:{port}", error) from error
        yield listener


def _open(listener: socket.socket) -> None:
    try:
        listener.listen()
    except OSError as error:
        raise _not_bound(address_of(listener), error) from error


def _not_bound(address: str, error: OSError) -> InputError:
    taken = "; end the program that listens there, or choose another --port"
    advice = taken if error.errno == errno.EADDRINUSE else ""
    return InputError(f"cannot listen on {address}: {error.strerror}{advice}")


def address_of(listener: socket.socket) -> str:
    """Write where a socket is bound, as in a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tls_context(config: ServerConfig) -> ssl.SSLContext | None:
    """Read the certificate that the configuration names; `None`: it names none.

    Raises:
        ConfigError: it cannot be used.
    """
    if not config.certificate:
        return None
    for path in (config.certificate, config.key):
        if not Path(path).is_file():
            raise ConfigError(f"{path}: there is no such file for TLS")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A key with a passphrase would ask for it at the terminal, where nobody may be.
        context.load_cert_chain(config.certificate, config.key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{config.certificate}, {config.key}: TLS cannot use them ({error})") from error
    return context


def warn_if_open(listener: socket.socket, access: Access) -> None:
    """Say loudly that a server which others can reach asks nobody who he is."""
    if access.open and not is_loopback(listener.getsockname()[0]):
        log.warning(
            "ANYBODY WHO REACHES %s MAY USE THIS SERVER: there are no keys; "
            "'dragoman keys add NAME --role admin' makes the first",
            address_of(listener),
        )


def announce(listener: socket.socket, tls: ssl.SSLContext | None, languages: Languages) -> None:
    """Say where the server listens, and what it can do."""
    offer = languages.offer()
    heard = _some(offer.recognition) or "any language"
    pairs = _some([f"{pair.source} → {pair.target}" for pair in offer.translation]) or "nothing"
    secure, address = "s" if tls else "", address_of(listener)
    print(
        f"listening on http{secure}://{address}/ and ws{secure}://{address}/v1/live "
        f"(recognises {heard}; translates {pairs})",
        flush=True,
    )


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

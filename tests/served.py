"""A real server on a real socket, in the test's own event loop, with scripted engines."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import FastAPI

from mt.router import Router
from server.access.admission import Admission
from server.access.auth import Access
from server.app import Server, address_of, bound, create_app
from server.config import Config, PacksConfig, ServerConfig
from server.connections.connection import PATIENCE, Patience
from server.interpretation.engines import Engines
from server.interpretation.graph import RECOGNITION, TRANSLATION, Interpretation, graph
from server.rooms.eventlog import EventLog
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.batching import SharedEngine
from streaming.captions import Transcript, Update
from streaming.scripted import (
    ScriptedDetector,
    ScriptedRecognizer,
    ScriptedSynthesizer,
    ScriptedTranslator,
)

PACKS = PacksConfig()


class Translators(ScriptedTranslator):
    """Scripted translation of some pairs: French is reached through English."""

    pairs = frozenset({("en", "es"), ("en", "zh"), ("fr", "en")})


def engines(**own: Any) -> Engines:
    """Scripted engines, some replaced."""
    scripted = Engines(
        ScriptedDetector(), ScriptedRecognizer(), Router([Translators()]), ScriptedSynthesizer()
    )
    given = {name: own.get(name, getattr(scripted, name)) for name in scripted.__slots__}
    return Engines(**given)


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str
    app: FastAPI
    server: Server

    @property
    def url(self) -> str:
        return f"ws://{self.address}/v1/live"

    @property
    def sessions(self) -> int:
        admission: Admission = self.app.state.admission
        return admission.count

    @property
    def idle(self) -> bool:
        """No session is live and no engine has anything to do."""
        shared: list[SharedEngine[Any, Any]] = list(self.app.state.engines.values())
        return not self.sessions and not any(engine.waiting or engine.busy for engine in shared)


@asynccontextmanager
async def serving(
    own: Engines | None = None,
    *,
    most: int = 8,
    patience: Patience = PATIENCE,
    options: Sequence[tuple[int, int, int]] = (),
    grace: float = 0.0,
    log: EventLog | None = None,
    config: Config | None = None,
    tls: ssl.SSLContext | None = None,
    access: Access | None = None,
    packs: PacksConfig = PACKS,
) -> AsyncIterator[Served]:
    """Run a server; `options` are set on its listening socket; without `access` it is open to everybody."""
    config = config or Config(ServerConfig(max_sessions=most, grace=grace, drain_seconds=0.5), packs=packs)
    app = create_app(own or engines(), config, patience, (lambda: access) if access else None, log)
    listening = asyncio.Event()
    with bound("127.0.0.1", 0) as listener:
        for option in options:
            listener.setsockopt(*option)
        server = Server(app, config, listening.set, tls)
        running = asyncio.create_task(server.serve([listener]))
        await listening.wait()
        try:
            yield Served(address_of(listener), app, server)
        finally:
            server.should_exit = True
            await running


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the other side of a socket brings about."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


def cut(samples: Samples, sizes: Sequence[int]) -> list[AudioChunk]:
    """Cut audio into chunks of these sizes, again and again."""
    chunks, position, turn = [], 0, 0
    while position < len(samples):
        size = sizes[turn % len(sizes)]
        chunks.append(AudioChunk(samples[position : position + size], position))
        position, turn = position + size, turn + 1
    return chunks


def interpreted(samples: Samples, wanted: Interpretation) -> Transcript:
    """What the simulated driver makes of audio."""
    transcript, scripted = Transcript(), engines()

    def emit(name: str, item: Any, time: float) -> None:
        if isinstance(item, Update) and (name == RECOGNITION or name.startswith(TRANSLATION)):
            transcript.add(item)

    asks: dict[str, Any] = {
        "detector": scripted.detector.detect,
        "recognizer": scripted.recognizer.recognize,
        "translator": scripted.translator.translate,
        "synthesizer": ScriptedSynthesizer().synthesize,
    }
    simulate.run(graph(wanted), asks, cut(samples, [1600]), emit)
    return transcript


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)

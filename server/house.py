"""What all sessions share: engines, the door, the counts, the measures; opened and closed with the server."""

import asyncio
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self

from mt.faithful import FaithfulTranslator
from mt.tiers import Tier, Tiers
from server.access.admission import Admission, Load
from server.access.auth import Access
from server.access.door import Door
from server.config import Config
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import DETECTOR, RECOGNIZER, SYNTHESIZER, TRANSLATOR, TRANSLATORS
from server.interpretation.translators import Translators
from server.monitoring.health import Health
from server.monitoring.meter import Meter, Work
from server.monitoring.metrics import Metrics
from streaming.batching import SharedEngine

MOST_TOGETHER = 16
"""Requests in a batch, of engines that gain by batches."""
MOST_WINDOWS = 8
"""Windows in a batch: those that are alike are decoded together, which costs half for stock models; a batch
is made only when more wait than there are workers."""


class House:
    """Everything that is there once; an asynchronous context manager."""

    def __init__(self, engines: Engines, config: Config, access: Callable[[], Access]) -> None:
        """`engines` are loaded; `access` tells who may enter now."""
        workers = models.workers(config)
        self.metrics: Final = Metrics()
        self._load: Final = Load(workers)
        self.door: Final = Door(access, self.metrics.refused)
        self.admission: Final = Admission(
            config.server.max_sessions, config.limits, self._load, time.monotonic, self.metrics.refused
        )
        self.engines: Final[dict[str, SharedEngine[Any, Any]]] = {}
        self.asks: Final[dict[str, Callable[..., Awaitable[Any]]]] = {}
        """Engine name → how to ask it; what the sessions are given."""
        self._meters: Final[dict[str, Meter]] = {}
        self._share(DETECTOR, engines.detector.detect, MOST_TOGETHER)
        self._share(RECOGNIZER, engines.recognizer.recognize, MOST_WINDOWS, workers)
        self.translators: Final = self._translators(engines.tiers)
        self.asks[TRANSLATOR] = self.translators.translate
        if engines.synthesizer:
            self._share(SYNTHESIZER, engines.synthesizer.synthesize, 1)
        unhurried = {TRANSLATORS[Tier.LARGE]}
        self.health: Final = Health(self.engines, self._meters, self.admission, unhurried=unhurried)
        self._measure()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for engine in self.engines.values():
            await self._open.enter_async_context(engine)
        watching = asyncio.create_task(self.health.watch())
        self._open.callback(watching.cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def drain(self, seconds: float, hurry: Callable[[], bool]) -> None:
        """Let those who are in end in order, at most so long; `hurry` tells whether to stop waiting."""
        self.admission.drain(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.admission.here and not hurry():  # noqa: ASYNC110 - a signal sets no event
                    await asyncio.sleep(0.05)

    def heard(self, seconds: float) -> None:
        """Audio came from a live session."""
        self._load.hear(seconds, time.monotonic())
        self.metrics.heard(seconds)

    def heard_recording(self, seconds: float) -> None:
        """Audio of a recording was recognised: it is a part of what the recognizer does."""
        self._load.hear(seconds, time.monotonic())

    def wrote(self, stage: str, item: Any, received: float) -> None:
        """A stage has written an item, when so many seconds of audio had been received."""
        self.metrics.wrote(stage, item, received)

    def alarmed(self, alarms: Mapping[str, int]) -> None:
        """Guards of recognition have fired, so often each."""
        self.metrics.alarmed(alarms)

    def revised(self, by: str) -> None:
        """A finished utterance reads otherwise in a language."""
        self.metrics.revised(by)

    def ended(self, close_code: int, skipped: int) -> None:
        """A session has ended, having left out so many decision points."""
        self.metrics.ended(close_code, skipped)

    def dropped(self) -> None:
        """A client that did not read has lost its connection."""
        self.metrics.dropped()

    def _share(
        self, name: str, run: Callable[[Sequence[Any]], Sequence[Any]], most: int, workers: int = 1
    ) -> None:
        meter = Meter(name, self._worked)
        engine: SharedEngine[Any, Any] = SharedEngine(meter.run(run), max_batch=most, workers=workers)
        self.engines[name], self.asks[name], self._meters[name] = engine, meter.ask(engine.ask), meter

    def _translators(self, tiers: Tiers) -> Translators:
        """Share the translators, each with threads of its own: none waits for another's answers."""
        for tier, router in tiers.routers.items():
            self._share(TRANSLATORS[tier], FaithfulTranslator(router).translate, MOST_TOGETHER)
        asks = {tier: self.asks[TRANSLATORS[tier]] for tier in tiers.routers}
        behind = {tier: _call(self._meters[TRANSLATORS[tier]], "oldest") for tier in tiers.routers}
        return Translators(tiers, asks, behind, self.metrics.translated)

    def _worked(self, work: Work) -> None:
        self.metrics.worked(work)
        if work.engine == RECOGNIZER:
            self._load.work(work.seconds, time.monotonic())

    def _measure(self) -> None:
        """Name what is asked for when the metrics are read."""
        metrics, admission = self.metrics, self.admission
        metrics.gauge("sessions", "Live sessions", lambda: admission.count)
        metrics.gauge("sessions_limit", "Live sessions that there may be", lambda: admission.most)
        metrics.gauge("speakers", "Speakers in rooms", lambda: admission.seats("speaker"))
        metrics.gauge("listeners", "Listeners in rooms", lambda: admission.seats("listener"))
        metrics.moving(
            "room_listeners", "Listeners of a room", "room", lambda: admission.seats_by_room("listener")
        )
        metrics.gauge(
            "real_time_factor",
            "Recognizer seconds per second of audio, over the last minute; NaN: unknown",
            lambda: _number(self._load.factor(time.monotonic())),
        )
        metrics.gauge(
            "utilisation_ratio",
            "Part of the recognizer's workers that live sessions need",
            lambda: self._load.utilisation(admission.count, time.monotonic()),
        )
        metrics.gauge("tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks()))
        metrics.moving("threads", "Threads of Python by what they are for", "name", _threads)
        metrics.gauge("loop_delay_seconds", "Lateness of the event loop", lambda: self.health.loop_delay)
        waiting = {name: _call(engine, "waiting") for name, engine in self.engines.items()}
        oldest = {name: _call(meter, "oldest") for name, meter in self._meters.items()}
        metrics.gauges("queue_requests", "Requests that no worker has taken yet", "engine", waiting)
        metrics.gauges("queue_age_seconds", "Age of the oldest unanswered request", "engine", oldest)


def everybody() -> Callable[[], Access]:
    """Give access to a server without keys, whose tokens end with it."""
    access = Access(secrets.token_bytes(32), None)
    return lambda: access


def _call(of: object, name: str) -> Callable[[], float]:
    return lambda: float(getattr(of, name))


def _threads() -> Counter[str]:
    """Count threads; those of a pool, which it numbers, have one name."""
    return Counter(re.sub(r"[-_]\d+", "", thread.name).lower() for thread in threading.enumerate())


def _number(value: float | None) -> float:
    return float("nan") if value is None else value

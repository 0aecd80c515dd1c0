"""Measures a shared engine from outside: how it is asked, and how it runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Work:
    """A batch that an engine has run."""

    engine: str
    size: int
    """Requests in it."""
    seconds: float
    """Seconds that it took."""
    failed: bool
    """It answered none of them."""


class Meter:
    """Watches one engine."""

    def __init__(self, engine: str, told: Callable[[Work], None]) -> None:
        """`told` hears of each batch, in the event loop."""
        self._engine = engine
        self._told = told
        self._asked: dict[object, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def oldest(self) -> float:
        """Seconds that the oldest unanswered request has waited, in the queue and in the engine."""
        return time.perf_counter() - next(iter(self._asked.values())) if self._asked else 0.0

    def ask(self, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Measure the asking: how long each request waits."""

        async def asked(*request: Any) -> Any:
            self._loop = asyncio.get_running_loop()
            turn = object()
            self._asked[turn] = time.perf_counter()
            try:
                return await ask(*request)
            finally:
                del self._asked[turn]

        return asked

    def run(self, run: Callable[[Sequence[Any]], Sequence[Any]]) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """Measure the running, which happens in threads."""

        def ran(requests: Sequence[Any]) -> Sequence[Any]:
            began, failed = time.perf_counter(), True
            try:
                answers = run(requests)
                failed = False
                return answers
            finally:
                self._tell(Work(self._engine, len(requests), time.perf_counter() - began, failed))

        return ran

    def _tell(self, work: Work) -> None:
        with suppress(RuntimeError):  # the loop has ended before the engine has
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._told, work)

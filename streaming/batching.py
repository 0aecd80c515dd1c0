"""One engine for many sessions: requests wait in one queue and are answered in batches.

There is no lock around inference and no global model: an engine is stateless, so its calls may run
side by side on the pool of threads that belongs to it alone (CTranslate2 and ONNX Runtime release the
GIL). A stream has at most one request waiting, because a stage asks only after the last answer; the
queue is therefore bounded by the number of streams, and first come, first served is fair to all that
are equally urgent (`queueing` says who goes first).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

from streaming.errors import DragomanError, EngineError
from streaming.queueing import Priority, WaitingLine

Req = TypeVar("Req")
Res = TypeVar("Res")


class SharedEngine(Generic[Req, Res]):
    """An engine's batch method, shared by any number of streams; an asynchronous context manager."""

    def __init__(
        self, run: Callable[[Sequence[Req]], Sequence[Res]], *, max_batch: int = 8, workers: int = 1
    ) -> None:
        """`run` answers a batch with results of the same length and order, and may be called by
        `workers` threads at once."""
        self._run = run
        self._workers = workers
        self._line: WaitingLine[tuple[Req, asyncio.Future[Res]]] = WaitingLine(workers, max_batch)
        self._arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="engine")

    @property
    def waiting(self) -> int:
        """Requests that no worker has taken yet."""
        return len(self._line)

    @property
    def busy(self) -> int:
        """Workers that are running a batch."""
        return self._line.busy

    @property
    def alive(self) -> bool:
        """Every worker works or waits for work."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, future in self._line.clear():
            future.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def ask(self, request: Req, priority: Priority = Priority.LIVE) -> Res:
        """Wait for the answer to a request; cancelling the wait withdraws it.

        Raises:
            EngineError: the batch that held the request failed.
        """
        future: asyncio.Future[Res] = asyncio.get_running_loop().create_future()
        self._line.put((request, future), priority, time.monotonic())
        self._arrived.set()
        return await future

    async def _work(self) -> None:
        while True:
            taken = self._line.take(time.monotonic())
            if taken is None:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            priority, batch = taken
            try:
                await self._answer([entry for entry in batch if not entry[1].done()])
            finally:
                self._line.done(priority)

    async def _answer(self, batch: list[tuple[Req, asyncio.Future[Res]]]) -> None:
        if not batch:
            return
        requests = [request for request, _ in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._pool, self._run, requests)
            if len(results) != len(requests):
                raise EngineError(f"the engine gave {len(results)} answers to {len(requests)} requests")
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except Exception as error:
            failure = _failure(error)
            for _, future in batch:
                if not future.done():
                    future.set_exception(failure)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def _failure(error: Exception) -> DragomanError:
    """Say of any error that an engine failed; where it was raised is kept for the log."""
    if isinstance(error, DragomanError):
        return error
    failure = EngineError(str(error) or repr(error))
    failure.__cause__ = error
    return failure

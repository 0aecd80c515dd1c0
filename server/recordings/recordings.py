"""Recordings on the shared engines of a server: in threads of their own, and behind live sessions.

What interprets a recording is synchronous (`files`). It runs in a thread and asks the engines through the
event loop, with a priority; whoever gives up waiting stops it at its next question.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mt.tiers import Tier, Tiers
from server.http.faults import BusyFault
from server.interpretation.graph import DETECTOR, RECOGNIZER, TRANSLATOR, TRANSLATORS, Interpretation
from server.interpretation.manner import Manner
from server.recordings import files
from server.recordings.accurate import Passage
from server.recordings.files import Approach, Mode, OnNotice
from streaming.audio import AudioChunk
from streaming.batching import SharedEngine
from streaming.decode import decode, duration
from streaming.errors import AudioError, OverloadError
from streaming.queueing import Priority
from streaming.simulate import Engines
from streaming.stages import Translation, TranslationRequest

OnPassage = Callable[[Passage], None]
"""Told each passage, in order, from a thread of the recording's own."""


class Recordings:
    """Interprets recordings; an asynchronous context manager, to be closed before the engines."""

    def __init__(
        self,
        engines: Mapping[str, SharedEngine[Any, Any]],
        tiers: Tiers,
        manner: Manner,
        heard: Callable[[float], None],
        workers: int,
        most: int,
    ) -> None:
        """`manner` is how this server interprets; `heard` is told the seconds that have been; `workers`
        utterances of a recording are recognised at the same time; `most` requests may wait for recordings
        at the same time."""
        self._engines = engines
        self._tiers = tiers
        self._manner = manner
        self._heard = heard
        self._workers = workers
        self._most = most
        self._places = 0
        self._asking: set[_Asking] = set()
        # One more, for the job that is running.
        self._pool = ThreadPoolExecutor(most + 1, thread_name_prefix="recording")
        self._stopped: set[Priority] = set()

    @property
    def running(self) -> int:
        """Recordings that are being interpreted."""
        return len(self._asking)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(*Priority)
        while self._asking:  # noqa: ASYNC110 - threads set no event of the loop
            await asyncio.sleep(0.01)
        self._pool.shutdown(wait=False)

    def dismiss(self) -> None:
        """Stop what somebody waits for, and take nothing more of it: they are told that the server is being
        stopped, while they can be. Jobs are stopped with this itself."""
        self._stop(Priority.REQUEST)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places for requests.

        Raises:
            BusyFault: all are taken.
        """
        if self._places >= self._most:
            most = f"as many recordings as may be ({self._most})"
            raise BusyFault(f"{most} are being interpreted already; try again later")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    async def seconds(self, path: Path, name: str) -> float | None:
        """Tell how long a recording is; `None`: it does not say.

        Raises:
            AudioError: it cannot be read.
        """
        with _called(name, path):
            return await asyncio.get_running_loop().run_in_executor(self._pool, duration, path)

    async def interpret(
        self,
        path: Path,
        name: str,
        wanted: Interpretation,
        approach: Approach,
        priority: Priority,
        on_passage: OnPassage,
        *,
        last: Passage | None = None,
        on_notice: OnNotice = lambda notice, moment: None,
    ) -> None:
        """Interpret a recording, which its owner calls `name`; cancelling the wait stops it.

        Raises:
            AudioError: a recording that cannot be read.
            EngineError: an engine failed.
        """
        if priority in self._stopped:
            raise OverloadError("the server is being stopped")
        loop = asyncio.get_running_loop()
        asking = _Asking(loop, self._engines, priority)

        def run() -> None:
            heard = 0.0
            methods = asking.methods(self._tiers, approach.mode, on_notice)
            # Who is stopped leaves frames behind in an error that may be kept for long: the file must not be.
            with closing(decode(path)) as sound:
                for passage in files.passages(
                    *(asking.until_stopped(sound), wanted, methods, approach, self._manner),
                    workers=self._workers,
                    last=last,
                    on_notice=on_notice,
                ):
                    on_passage(passage)
                    loop.call_soon_threadsafe(self._heard, passage.end - heard)
                    heard = passage.end

        self._asking.add(asking)
        running = loop.run_in_executor(self._pool, run)
        running.add_done_callback(partial(self._forget, asking))
        try:
            with _called(name, path):
                await asyncio.shield(running)
        except _StoppedError as error:
            raise OverloadError("the server is being stopped") from error
        finally:
            asking.stop()
            await asyncio.wait([running])

    def _stop(self, *priorities: Priority) -> None:
        self._stopped.update(priorities)
        for asking in self._asking:
            if asking.priority in self._stopped:
                asking.stop()

    def _forget(self, asking: "_Asking", running: "asyncio.Future[None]") -> None:
        self._asking.discard(asking)
        running.exception()  # it has been told, or nobody waits for it


@contextmanager
def _called(name: str, path: Path) -> Iterator[None]:
    """Let errors speak of a recording as its owner does, who does not know where it lies."""
    try:
        yield
    except AudioError as error:
        raise AudioError(str(error).replace(str(path), name)) from error


class _StoppedError(Exception):
    """Nobody waits for this any more."""


class _Asking:
    """Asks the engines from threads, until it is stopped."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        engines: Mapping[str, SharedEngine[Any, Any]],
        priority: Priority,
    ) -> None:
        self._loop = loop
        self._engines = engines
        self.priority = priority
        self._lock = threading.Lock()
        self._waiting: set[concurrent.futures.Future[Any]] = set()
        self._stopped = False

    def methods(self, tiers: Tiers, mode: Mode, on_notice: OnNotice) -> Engines:
        """Give the engines' batch methods; live, the medium translator is asked, else the best there is."""

        def translator(request: TranslationRequest) -> str:
            return TRANSLATORS[Tier.MEDIUM if mode == "live" else tiers.best(request)]

        def translate(requests: Sequence[TranslationRequest]) -> list[Translation]:
            return self._answers([(translator(request), request) for request in requests])

        return {
            DETECTOR: partial(self._ask, DETECTOR),
            RECOGNIZER: partial(self._ask, RECOGNIZER),
            TRANSLATOR: files.lenient(tiers.medium, translate, on_notice),
        }

    def until_stopped(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Give chunks on, as long as somebody waits."""
        for chunk in chunks:
            if self._stopped:
                raise _StoppedError
            yield chunk

    def stop(self) -> None:
        """Withdraw what was asked, and answer nothing more."""
        with self._lock:
            self._stopped = True
            waiting = [*self._waiting]
        for future in waiting:
            future.cancel()

    def _ask(self, name: str, requests: Sequence[Any]) -> list[Any]:
        return self._answers([(name, request) for request in requests])

    def _answers(self, questions: Sequence[tuple[str, Any]]) -> list[Any]:
        """Wait for the answers to requests, each asked of the engine of a name."""
        futures = [self._submitted(name, request) for name, request in questions]
        try:
            return [future.result() for future in futures]
        except concurrent.futures.CancelledError as error:
            raise _StoppedError from error
        finally:
            with self._lock:
                self._waiting.difference_update(futures)

    def _submitted(self, name: str, request: Any) -> "concurrent.futures.Future[Any]":
        with self._lock:
            if self._stopped:
                raise _StoppedError
            ask = self._engines[name].ask(request, self.priority)
            future = asyncio.run_coroutine_threadsafe(ask, self._loop)
            self._waiting.add(future)
            return future

"""Jobs: recordings that nobody waits for, one after the other, behind everything else.

| state     | what happens                       | then                                            |
|-----------|------------------------------------|-------------------------------------------------|
| queued    | its turn comes                     | running                                         |
| running   | the recording ends                 | done                                            |
| running   | it cannot be read, an engine fails | failed                                          |
| running   | the server is stopped              | queued again, and says it resumed               |
| running   | the server is killed               | the same; after the third time at one place: failed |
| queued, running | somebody cancels it          | cancelled                                       |

An accurate job goes on after the last utterance that it heard. A live one begins anew, because what live
commits depends on all that came before.
"""

import asyncio
import logging
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from server.http.faults import MissingFault, StateFault
from server.interpretation.graph import Interpretation
from server.interpretation.packs import Shelf
from server.recordings.accurate import Passage, left_off
from server.recordings.files import Approach, Gathered, check_translated
from server.recordings.jobstore import ACTIVE, ENDED, Job, JobNotice, JobStore, State
from server.recordings.recordings import Recordings
from server.recordings.submission import Submission, stamp
from server.records.record import Record
from streaming.errors import AudioError, DragomanError, OverloadError
from streaming.queueing import Priority
from streaming.stages import Notice

log = logging.getLogger(__name__)

_HOUR = 3600.0
_PATIENCE = 10.0
"""Seconds to wait for a disk that takes nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept."""

    waiting: int = 1000
    """Jobs that may wait."""
    retention: float = 7 * 24 * _HOUR
    """Seconds for which an ended job is kept; 0: until it is deleted."""


class Jobs:
    """Takes jobs and works on them; an asynchronous context manager, to be closed before `recordings`."""

    def __init__(self, recordings: Recordings, shelf: Shelf, folder: Path, limits: Limits) -> None:
        """`folder` is made when the first job comes."""
        self._recordings = recordings
        self._shelf = shelf
        self._folder = folder
        self._limits = limits
        self._opened: JobStore | None = None
        self._opening = threading.Lock()
        self._arrived = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._current: tuple[str, asyncio.Task[None]] | None = None
        self._done: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        if self._file.exists():
            # If another server has these jobs, who asks for them here is told.
            with suppress(OverloadError):
                self._store().resume(time.time())
                self._sweep()
        self._working = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._working:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        if self._opened:
            with suppress(OverloadError):
                self._opened.put_back()
            self._opened.close()

    def submit(self, submission: Submission) -> tuple[Job, bool]:
        """Take a recording; the same one, asked for in the same way, is the job that is there already.

        Raises:
            OverloadError: too many jobs wait, or none can be kept.
            PackError: a pack that is always used is not as it should be.
        """
        key = submission.key(self._shelf.take().digest)
        number = secrets.token_urlsafe(12)
        path = self._place(number, submission) if submission.owned else submission.path
        job = Job(
            id=number,
            key=key,
            name=submission.name,
            path=str(path),
            stamp="" if submission.owned else stamp(path),
            owned=submission.owned,
            source=submission.wanted.source,
            targets=submission.wanted.targets,
            mode=submission.approach.mode,
            prompt=submission.approach.prompt,
            created=time.time(),
        )
        kept = False
        try:
            found, kept = self._store().add(job, self._limits.waiting)
        finally:
            if submission.owned and not kept:
                path.unlink(missing_ok=True)
        return found, kept

    def wake(self) -> None:
        """Look for jobs; to be called in the event loop after `submit`, which may run in a thread."""
        self._arrived.set()

    def get(self, number: str) -> Job:
        """Find a job.

        Raises:
            MissingFault: there is none.
        """
        job = self._opened.get(number) if self._opened else None
        if job is None:
            raise MissingFault(f"there is no job {number[:40]!r}", "id")
        return job

    def newest(self, limit: int, state: State | None) -> list[Job]:
        """List jobs, newest first."""
        return self._opened.newest(limit, state) if self._opened else []

    def done(self, job: Job) -> float:
        """Tell how many seconds of a job's recording are interpreted."""
        return max(job.done, self._done.get(job.id, 0.0))

    def record(self, number: str) -> Record:
        """Give the result of a job.

        Raises:
            MissingFault: there is no such job.
            StateFault: it is not done.
        """
        job = self.get(number)
        if job.state is not State.DONE:
            raise StateFault(f"job {job.id} is {job.state}: it has a result when it is done")
        return self._record(job)

    def _record(self, job: Job) -> Record:
        gathered = Gathered(Interpretation(job.source, job.targets), seconds=job.seconds or 0.0)
        for passage in self._store().heard(job.id):
            gathered.add(passage)
        return gathered.record()

    def cancel(self, number: str) -> Job:
        """Stop a job, or take it out of the queue.

        Raises:
            MissingFault: there is no such job.
            StateFault: it has ended.
        """
        job = self.get(number)
        if job.state not in ACTIVE:
            raise StateFault(f"job {job.id} is {job.state} and cannot be cancelled")
        cancelled = self._end(job, State.CANCELLED)
        if self._current and self._current[0] == number:
            self._current[1].cancel()
        return cancelled

    def delete(self, number: str) -> None:
        """Remove a job with its result; one that is not done is cancelled first.

        Raises:
            MissingFault: there is no such job.
        """
        if self.get(number).state in ACTIVE:
            self.cancel(number)
        self._store().delete(number)

    @property
    def _file(self) -> Path:
        return self._folder / "jobs.sqlite3"

    def _store(self) -> JobStore:
        with self._opening:
            if self._opened is None:
                self._opened = JobStore(self._file)
            return self._opened

    def _sweep(self) -> None:
        """Remove recordings that no job needs any more: the server may have been killed at any moment."""
        for path in (self._folder / "recordings").glob("*"):
            job = self._store().get(path.name.split(".")[0])
            if job is None or job.state in ENDED:
                path.unlink(missing_ok=True)

    def _place(self, number: str, submission: Submission) -> Path:
        path = self._folder / "recordings" / f"{number}{submission.path.suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            submission.path.replace(path)
        except OSError as error:
            raise OverloadError(f"the recording cannot be kept: {error.strerror}") from error
        return path

    async def _work(self) -> None:
        while True:
            self._arrived.clear()
            try:
                self._expire()
                job = self._opened.next() if self._opened else None
            except OverloadError as error:
                await self._endure(error)
                continue
            if job is None:
                await self._idle(_HOUR)
                continue
            running = asyncio.create_task(self._run(job))
            self._current = (job.id, running)
            try:
                await asyncio.wait({running})
            finally:
                running.cancel()
                (outcome,) = await asyncio.gather(running, return_exceptions=True)
                self._current = None
            if isinstance(outcome, Exception):
                await self._endure(outcome)  # not even its failure could be written

    async def _endure(self, error: Exception) -> None:
        """Wait for the disk to take something again; that a job could be added is a sign of it."""
        log.error("jobs wait: %s", error)
        await self._idle(_PATIENCE)

    async def _idle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrived.wait()

    async def _run(self, job: Job) -> None:
        try:
            await self._interpret(job)
        except (OverloadError, asyncio.CancelledError):
            raise  # cancelled: that is written already; stopped: it stays running, and is put back
        except DragomanError as error:
            self._end(job, State.FAILED, error_code=error.code, error_message=str(error))
        except Exception as error:
            self._end(job, State.FAILED, error_code="internal", error_message=repr(error))
        else:
            self._end(job, State.DONE)
        finally:
            self._done.pop(job.id, None)

    async def _interpret(self, job: Job) -> None:
        store, path = self._store(), Path(job.path)
        if job.stamp and job.stamp != stamp(path):
            raise AudioError(f"{job.name}: the file has changed since it was submitted")
        if job.mode == "live":
            store.forget(job.id)
        last = left_off(store.heard(job.id))
        store.change(
            *(job.id,),
            state=State.RUNNING,
            started=job.started or time.time(),
            resumed_from=(last.end if last else 0.0) if job.resumed else None,
        )
        self._done[job.id] = last.end if last else 0.0
        store.change(job.id, seconds=await self._recordings.seconds(path, job.name))

        def hear(passage: Passage) -> None:
            if passage.number is not None:
                store.hear(job.id, passage)
            self._done[job.id] = max(self._done.get(job.id, 0.0), passage.end)

        def notice(about: Notice, moment: float | None) -> None:
            store.notice(job.id, JobNotice(about.code, about.message, moment))

        packs = await asyncio.to_thread(self._shelf.take)
        wanted = Interpretation(job.source, job.targets, packs=packs)
        approach = Approach(job.mode, job.prompt)
        await self._recordings.interpret(
            *(path, job.name, wanted, approach, Priority.JOB, hear), last=last, on_notice=notice
        )
        found = await asyncio.to_thread(self._record, job)
        store.change(job.id, seconds=self._done.get(job.id, 0.0), source=found.language)
        told = self.get(job.id).notices
        check_translated(found, job.targets, {notice.message: notice.code for notice in told})

    def _end(self, job: Job, state: State, **about: str) -> Job:
        done = self.done(job)
        ended = self._store().change(job.id, state=state, finished=time.time(), done=done, **about)
        if job.owned:
            Path(job.path).unlink(missing_ok=True)
        return ended or job

    def _expire(self) -> None:
        if not (self._opened and self._limits.retention):
            return
        for job in self._opened.ended_before(time.time() - self._limits.retention):
            assert job.state in ENDED
            self._opened.delete(job.id)

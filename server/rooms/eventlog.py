"""The durable event log: what was said is written down before anybody is told.

A stream is a room or a private session; its events are numbered 1, 2, 3 …, so a reader who knows the last
number it has got misses nothing. One thread owns the database. Events that arrive while it commits go
into its next transaction, all together: a commit costs the same for one event as for a hundred.

SQLite in WAL mode with full synchronisation: what `append` has returned for survives the death of the
process and of the machine. Whatever it is asked raises OverloadError where the disk takes nothing: what is to
be written down then is still to be written down, so whoever can wait asks again.
"""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from streaming.errors import ConfigError, OverloadError

log = logging.getLogger(__name__)

T = TypeVar("T")

PAGE = 500
"""Events that are read at once."""
_TOGETHER = 1_000
"""Jobs in a transaction."""
_LAYOUT = 1
_TABLES = """
CREATE TABLE events (
    stream TEXT NOT NULL, number INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL,
    content TEXT NOT NULL, audio BLOB NOT NULL, PRIMARY KEY (stream, number)
) WITHOUT ROWID;
CREATE TABLE states (
    stream TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (stream, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and will not unhappen."""

    stream: str
    number: int
    """Place in the stream, from 1."""
    time: float
    """Unix time in seconds."""
    kind: str
    """What `content` describes, e.g. ``caption``."""
    content: Mapping[str, Any]
    """Plain data."""
    audio: bytes = b""
    """Of ``speech``: 16-bit little-endian PCM."""


class EventLog:
    """Streams of events, and the states from which streams go on; an asynchronous context manager."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is the database's file; `None`: in memory, and nothing outlives this object."""
        self._path = path
        self._base: sqlite3.Connection | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="event log", daemon=True)
        self._trouble: str | None = None

    @property
    def durable(self) -> bool:
        """What is written down outlives the process."""
        return self._path is not None

    def trouble(self) -> str | None:
        """Say why nothing can be written down; `None`: it can, as far as was seen.

        Where there was trouble something is written, lest it be believed for ever.
        """
        if self._trouble is not None:
            probe = asyncio.get_running_loop().create_future()
            probe.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._jobs.put(_Job(_probe, probe))
        return self._trouble

    def open(self) -> None:
        """Open the database, which entering the context does otherwise.

        Raises:
            ConfigError: the file cannot be opened, is no event log, or another server has it open.
        """
        self._base = _opened(self._path)

    async def __aenter__(self) -> Self:
        if self._base is None:
            self.open()
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    async def append(self, events: Sequence[Event]) -> None:
        """Write events down, all or none; when this returns they are durable.

        Raises:
            sqlite3.IntegrityError: a number that is taken.
        """
        rows = [(e.stream, e.number, e.time, e.kind, _json(e.content), e.audio) for e in events]

        def write(base: sqlite3.Connection) -> None:
            base.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)

        await self._do(write)

    async def read(
        self, stream: str, after: int = 0, most: int = PAGE, kind: str | None = None
    ) -> list[Event]:
        """Read the events after a number, the first `most` of them, of one kind or of all."""

        def find(base: sqlite3.Connection) -> list[Event]:
            found = base.execute(
                "SELECT * FROM events WHERE stream = ? AND number > ? AND (? IS NULL OR kind = ?) "
                "ORDER BY number LIMIT ?",
                (stream, after, kind, kind, most),
            )
            return [_event(*row) for row in found]

        return await self._do(find)

    async def last(self, stream: str) -> int:
        """Give the number of the newest event; 0 where there is none."""

        def find(base: sqlite3.Connection) -> int:
            query = "SELECT coalesce(max(number), 0) FROM events WHERE stream = ?"
            return int(base.execute(query, (stream,)).fetchone()[0])

        return await self._do(find)

    async def save(self, stream: str, name: str, content: bytes) -> None:
        """Keep a state, instead of the one of this name; durable when this returns."""

        def write(base: sqlite3.Connection) -> None:
            base.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", (stream, name, content))

        await self._do(write)

    async def create(self, stream: str, name: str, content: bytes) -> None:
        """Keep a state of a new name; durable when this returns.

        Raises:
            sqlite3.IntegrityError: there is one of this name.
        """

        def write(base: sqlite3.Connection) -> None:
            base.execute("INSERT INTO states VALUES (?, ?, ?)", (stream, name, content))

        await self._do(write)

    async def states(self, stream: str) -> dict[str, bytes]:
        """Give the states of a stream by name."""

        def find(base: sqlite3.Connection) -> dict[str, bytes]:
            return dict(base.execute("SELECT name, content FROM states WHERE stream = ?", (stream,)))

        return await self._do(find)

    async def streams(self, name: str) -> list[str]:
        """List the streams that have a state of this name."""

        def find(base: sqlite3.Connection) -> list[str]:
            return [row[0] for row in base.execute("SELECT stream FROM states WHERE name = ?", (name,))]

        return await self._do(find)

    async def forget(self, stream: str, name: str) -> None:
        """Remove a state."""

        def remove(base: sqlite3.Connection) -> None:
            base.execute("DELETE FROM states WHERE stream = ? AND name = ?", (stream, name))

        await self._do(remove)

    async def delete(self, stream: str) -> None:
        """Remove a stream, its events and its states."""

        def remove(base: sqlite3.Connection) -> None:
            base.execute("DELETE FROM events WHERE stream = ?", (stream,))
            base.execute("DELETE FROM states WHERE stream = ?", (stream,))

        await self._do(remove)

    async def untouched(self, since: float) -> list[str]:
        """List the streams whose newest event is older than a Unix time."""

        def find(base: sqlite3.Connection) -> list[str]:
            query = "SELECT stream FROM events GROUP BY stream HAVING max(time) < ?"
            return [row[0] for row in base.execute(query, (since,))]

        return await self._do(find)

    async def _do(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job in the thread and wait until its transaction is committed."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(run, future))
        try:
            return await future
        except sqlite3.OperationalError as error:
            raise OverloadError(f"nothing can be written down: {error}") from error

    def _work(self) -> None:
        base = self._base
        assert base is not None, "the log is opened before its thread starts"
        while (job := self._jobs.get()) is not None:
            jobs, more = [job], True
            while more and len(jobs) < _TOGETHER:
                more = self._take(jobs)
            written = base.total_changes
            if failure := _answer(base, jobs):
                self._suffer(str(failure))
            elif base.total_changes > written:
                self._suffer(None)
        base.close()

    def _suffer(self, trouble: str | None) -> None:
        """Note whether something could be written; of a trouble that lasts the log speaks once."""
        if trouble and not self._trouble:
            log.error("nothing can be written down: %s", trouble)
        elif self._trouble and not trouble:
            log.info("everything can be written down again")
        self._trouble = trouble

    def _take(self, jobs: "list[_Job]") -> bool:
        """Add a job that waits; false if there is none, or none follows."""
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return False
        if job is None:
            self._jobs.put(None)
            return False
        jobs.append(job)
        return True


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"


def _opened(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(0o600)  # what was said is nobody else's affair, wherever the folder is
        base = sqlite3.connect(path or ":memory:", 1.0, isolation_level=None, check_same_thread=False)
        # Nobody else may write: a second server would number the same events differently.
        base.execute("PRAGMA locking_mode = EXCLUSIVE")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("BEGIN IMMEDIATE")
        layout = base.execute("PRAGMA user_version").fetchone()[0]
        if layout not in (0, _LAYOUT):
            raise ConfigError(f"{path}: an event log of layout {_LAYOUT} was expected, {layout} came")
        if not layout:
            for statement in filter(str.strip, _TABLES.split(";")):
                base.execute(statement)
            base.execute(f"PRAGMA user_version = {_LAYOUT}")
        base.execute("COMMIT")
    except sqlite3.OperationalError as error:
        busy = "locked" in str(error)
        reason = "another server has it open, give this one its own (--log)" if busy else str(error)
        raise ConfigError(f"{path}: the event log cannot be opened: {reason}") from error
    except (sqlite3.Error, OSError) as error:
        raise ConfigError(f"{path}: the event log cannot be opened: {error}") from error
    return base


def _probe(base: sqlite3.Connection) -> None:
    base.execute("INSERT OR REPLACE INTO states VALUES ('', 'probe', x'')")


def _answer(base: sqlite3.Connection, jobs: Sequence[_Job]) -> Exception | None:
    """Run jobs in one transaction; where one fails, each in its own, so that it fails alone. Gives why the
    database cannot be written."""
    try:
        answers = [(job.future, result, None) for job, result in zip(jobs, _run(base, jobs), strict=True)]
    except Exception as error:
        if len(jobs) > 1:
            failures = [_answer(base, [job]) for job in jobs]
            return next(filter(None, failures), None)
        _tell(jobs[0].future.get_loop(), [(jobs[0].future, None, error)])
        return error if isinstance(error, sqlite3.OperationalError) else None
    _tell(jobs[0].future.get_loop(), answers)
    return None


def _run(base: sqlite3.Connection, jobs: Sequence[_Job]) -> list[Any]:
    base.execute("BEGIN")
    try:
        results = [job.run(base) for job in jobs]
        base.execute("COMMIT")
    except BaseException:
        if base.in_transaction:
            base.execute("ROLLBACK")
        raise
    return results


def _tell(
    loop: asyncio.AbstractEventLoop,
    answers: "Sequence[tuple[asyncio.Future[Any], Any, Exception | None]]",
) -> None:
    def tell() -> None:
        for future, result, error in answers:
            if future.done():
                continue  # whoever asked has gone
            future.set_exception(error) if error else future.set_result(result)

    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _event(stream: str, number: int, time: float, kind: str, content: str, audio: bytes) -> Event:
    return Event(stream, number, time, kind, json.loads(content), audio)

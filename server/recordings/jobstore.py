"""Jobs on the disk: SQLite in WAL mode, so that nothing accepted is lost with the process.

What a job has heard is kept utterance by utterance: a job that was stopped goes on after the last one.
The file is held by one process at a time.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from server.recordings.accurate import Passage
from server.recordings.files import Mode
from server.records.record import UtteranceRecord
from streaming.errors import OverloadError
from streaming.words import Word

VERSION = 2
MOST_NOTICES = 100
"""Of a job; a recording of nothing but noise has one for every utterance."""
MOST_KILLS = 3
"""Times that a server is killed at the same place of a recording before that is taken for its fault."""


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (State.QUEUED, State.RUNNING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobNotice:
    """What whoever reads a job's result should know."""

    code: str
    message: str
    seconds: float | None
    """Where in the recording it belongs; `None`: nowhere."""


@dataclass(frozen=True, slots=True)
class Job:
    """A recording that is to be interpreted, and how far that is."""

    id: str
    key: str
    """The same for the same recording, asked for in the same way."""
    name: str
    """What its owner calls the recording."""
    path: str
    """Where the recording lies."""
    stamp: str
    """Tells whether the file there is still the one that was submitted."""
    owned: bool
    """The file is the server's own, and removed when it is not needed any more."""
    source: str | None
    targets: tuple[str, ...]
    mode: Mode
    prompt: str
    created: float
    """Seconds since 1970, as all moments here."""
    state: State = State.QUEUED
    started: float | None = None
    finished: float | None = None
    seconds: float | None = None
    """Length of the recording, as far as it is known."""
    done: float = 0.0
    """Seconds of the recording that are interpreted."""
    resumed: int = 0
    """How many times it went on after the server had been stopped."""
    resumed_from: float | None = None
    """Seconds of the recording at which it went on the last time."""
    error_code: str | None = None
    error_message: str | None = None
    kills: int = 0
    """How many times in a row a server was killed in the middle of it and nothing more was heard."""
    killed_at: float = 0.0
    """Seconds of the recording that had been heard by then."""
    notices: tuple[JobNotice, ...] = ()
    """Each message once, where it first came."""


_COLUMNS = [field.name for field in fields(Job)]
_SCHEMA = f"""
CREATE TABLE jobs ({", ".join(_COLUMNS)}, PRIMARY KEY (id));
CREATE INDEX jobs_by_key ON jobs (key);
CREATE TABLE passages (job NOT NULL, number NOT NULL, "end" NOT NULL, language, records NOT NULL,
    PRIMARY KEY (job, number)) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""
_FROM_1 = f"""
ALTER TABLE jobs ADD COLUMN kills DEFAULT 0;
ALTER TABLE jobs ADD COLUMN killed_at DEFAULT 0.0;
ALTER TABLE jobs ADD COLUMN notices DEFAULT '[]';
PRAGMA user_version = {VERSION};
"""


class JobStore:
    """The table of jobs; may be used by several threads.

    Whatever it is asked raises OverloadError where the disk takes nothing more.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, making it if need be.

        Raises:
            OverloadError: another server holds it, or it cannot be written.
        """
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(0o600)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            self._connection.row_factory = sqlite3.Row
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise OverloadError(f"jobs cannot be taken: {error}") from error

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    def add(self, job: Job, most: int) -> tuple[Job, bool]:
        """Add a job, unless the same one is there and has not failed; gives the one that is there then, whose
        recording lies where it was seen last: its file may have been moved, or touched.

        Raises:
            OverloadError: `most` jobs are waiting.
        """
        with self._lock:
            known = self._find("key = ? AND state NOT IN (?, ?)", job.key, State.FAILED, State.CANCELLED)
            if known:
                return self._seen(known[0], job), False
            if len(self._find("state = ?", State.QUEUED)) >= most:
                raise OverloadError(f"{most} jobs are waiting already; try again later")
            marks = ", ".join("?" * len(_COLUMNS))
            self._run(f"INSERT INTO jobs VALUES ({marks})", *_row(job))
            return job, True

    def get(self, number: str) -> Job | None:
        """Find a job."""
        return next(iter(self._find("id = ?", number)), None)

    def newest(self, limit: int, state: State | None = None) -> list[Job]:
        """List jobs, newest first."""
        where = "(? IS NULL OR state = ?) ORDER BY created DESC, rowid DESC LIMIT ?"
        return self._find(where, state, state, limit)

    def next(self) -> Job | None:
        """Give the job that has waited longest, while none runs: one that says it does broke off when the
        disk took not even its end."""
        return next(iter(self._find("state IN (?, ?) ORDER BY created, rowid LIMIT 1", *ACTIVE)), None)

    def ended_before(self, moment: float) -> list[Job]:
        """List the jobs that ended before a moment."""
        return self._find("finished < ?", moment)

    def change(self, number: str, **values: Any) -> Job | None:
        """Change fields of a job; gives what it is then, `None` if it is not there any more."""
        setting = ", ".join(f"{name} = ?" for name in values)
        with self._lock:
            self._run(f"UPDATE jobs SET {setting} WHERE id = ?", *values.values(), number)
            return self.get(number)

    def put_back(self) -> None:
        """Put the jobs that are running back into the queue: the server is being stopped."""
        with self._lock:
            for job in self._find("state = ?", State.RUNNING):
                self.change(job.id, state=State.QUEUED, resumed=job.resumed + 1)

    def resume(self, now: float) -> None:
        """Put back the jobs in the middle of which the server was killed, unless that is their own doing."""
        with self._lock:
            for job in self._find("state = ?", State.RUNNING):
                ((heard,),) = self._run('SELECT max("end") FROM passages WHERE job = ?', job.id)
                self.change(job.id, **_after_kill(job, heard or 0.0, now))

    def delete(self, number: str) -> None:
        """Remove a job and what it has heard."""
        with self._lock:
            self._run("DELETE FROM passages WHERE job = ?", number)
            self._run("DELETE FROM jobs WHERE id = ?", number)

    def hear(self, number: str, passage: Passage) -> None:
        """Keep what a job has heard."""
        records = json.dumps([_packed(record) for record in passage.records], ensure_ascii=False)
        values = (number, passage.number, passage.end, passage.language, records)
        with self._lock:
            # A job that was deleted meanwhile keeps nothing.
            self._run(
                "INSERT INTO passages SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?)",
                *(*values, number),
            )

    def notice(self, number: str, notice: JobNotice) -> None:
        """Keep what should be known of a job, unless that has been said of it, or very much has."""
        with self._lock:
            job = self.get(number)
            if job is None or len(job.notices) >= MOST_NOTICES:
                return
            if notice.message not in {known.message for known in job.notices}:
                kept = json.dumps([*map(astuple, job.notices), astuple(notice)], ensure_ascii=False)
                self.change(number, notices=kept)

    def forget(self, number: str) -> None:
        """Drop what a job has heard, and what was noticed."""
        with self._lock:
            self._run("DELETE FROM passages WHERE job = ?", number)
            self.change(number, notices="[]")

    def heard(self, number: str) -> list[Passage]:
        """Give what a job has heard, in order."""
        with self._lock:
            rows = self._run("SELECT * FROM passages WHERE job = ? ORDER BY number", number)
        return [
            Passage(
                row["end"],
                row["number"],
                tuple(map(_unpacked, json.loads(row["records"]))),
                row["language"],
            )
            for row in rows
        ]

    def _prepare(self) -> None:
        # Held until it is closed: two servers must not work on the same jobs.
        self._run("PRAGMA locking_mode = EXCLUSIVE")
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = FULL")
        self._run("BEGIN IMMEDIATE")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        self._run("COMMIT")
        if version == 0:
            self._connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        elif version == 1:
            self._connection.executescript(f"BEGIN; {_FROM_1} COMMIT;")
        elif version != VERSION:
            raise OSError(f"its table is of version {version}, this server reads {VERSION}")

    def _seen(self, known: Job, again: Job) -> Job:
        if known.owned or again.owned or known.state in ENDED:
            return known
        return self.change(known.id, path=again.path, stamp=again.stamp) or known

    def _find(self, where: str, *values: Any) -> list[Job]:
        return [_job(row) for row in self._run(f"SELECT * FROM jobs WHERE {where}", *values)]

    def _run(self, statement: str, *values: Any) -> Sequence[sqlite3.Row]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise OverloadError(f"jobs cannot be kept: {error}") from error


def _after_kill(job: Job, heard: float, now: float) -> dict[str, Any]:
    """Tell what changes of a job in the middle of which the server was killed, `heard` seconds being kept."""
    further = heard > job.killed_at
    kills, reached = (1, heard) if further else (job.kills + 1, job.killed_at)
    changed = {"kills": kills, "killed_at": reached, "resumed": job.resumed + 1}
    if kills < MOST_KILLS:
        return changed | {"state": State.QUEUED}
    message = f"{job.name}: the server was killed {kills} times in the middle of it, at {reached:.1f} s"
    failed = {"state": State.FAILED, "finished": now, "error_code": "internal", "error_message": message}
    return changed | failed


def _row(job: Job) -> Iterable[Any]:
    for name in _COLUMNS:
        match name:
            case "targets":
                yield json.dumps(job.targets)
            case "notices":
                yield json.dumps([*map(astuple, job.notices)], ensure_ascii=False)
            case _:
                yield getattr(job, name)


def _job(row: sqlite3.Row) -> Job:
    job = Job(**{name: row[name] for name in _COLUMNS})
    targets = tuple(json.loads(row["targets"]))
    notices = tuple(JobNotice(*notice) for notice in json.loads(row["notices"]))
    state, owned = State(job.state), bool(job.owned)
    return replace(job, targets=targets, notices=notices, state=state, owned=owned)


def _packed(record: UtteranceRecord) -> dict[str, Any]:
    words = [[word.text, word.start, word.end, word.probability] for word in record.words]
    return {"language": record.language, "words": words, "translations": dict(record.translations)}


def _unpacked(record: dict[str, Any]) -> UtteranceRecord:
    words = tuple(Word(*word) for word in record["words"])
    return UtteranceRecord(record["language"], words, record["translations"])

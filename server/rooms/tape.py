"""Tapes: the audio of floors, kept as FLAC where a room says so.

A file holds what one speaker said from one opening of the floor on: 16 kHz, mono, 16 bits, exactly the audio
that is interpreted, so silence stands where the microphone was closed. Its name says whose it is and when, in
seconds of the room, it begins. After a restart of the server a new file begins where interpreting goes on.

One thread writes for all rooms. A file is called `.part` while it grows; what a killed server left is made
whole at the next start.
"""

import asyncio
import logging
import queue
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from streaming.audio import SAMPLE_RATE, AudioChunk, Samples, to_pcm16
from streaming.decode import decode
from streaming.errors import AudioError

log = logging.getLogger(__name__)

HELD_SECONDS = 10.0
"""Audio of a speaker that waits for the disk; who sends more is slowed down."""
ENDING = ".flac"
_PART = ".part"
_NAME = re.compile(r"(s\d+(?:\.\d+)?)-(\d+\.\d{3})(?:-\d+)?\.flac")


@dataclass(frozen=True, slots=True)
class Taped:
    """A file that is whole."""

    file: str
    """Its name."""
    speaker: str
    """As in captions."""
    begin: float
    """When it begins, in seconds of the room."""
    bytes: int
    """Its size."""


class Tape:
    """One speaker's audio on its way to a file, which is made when there is some."""

    def __init__(self, jobs: "queue.SimpleQueue[_Job | None]", folder: Path, line: str, begin: float) -> None:
        """`begin` is when, in seconds of the room, position 0 was."""
        self._jobs = jobs
        self._folder = folder
        self._line = line
        self._begin = begin
        self._file: Any = None
        self._path: Path | None = None
        self._broken = False
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._held = 0
        self._free = asyncio.Event()
        self._free.set()

    def write(self, chunk: AudioChunk) -> None:
        """Take audio that follows what came before, at once."""
        if self._closed:
            return
        self._hold(len(chunk.samples))
        self._jobs.put(_Job(self, chunk))

    async def settle(self) -> None:
        """Wait while too much waits for the disk."""
        await self._free.wait()

    def close(self) -> None:
        """Say that nothing follows."""
        if not self._closed:
            self._closed = True
            self._jobs.put(_Job(self, None))

    # In the thread

    def keep(self, chunk: AudioChunk) -> None:
        """Write audio down; a disk that refuses ends the file and nothing else."""
        try:
            if not self._broken:
                self._append(chunk)
        except Exception as error:  # a full disk; libsndfile has errors of its own
            self._broken = True
            log.error("the audio of %s is kept no more: %s", self._line, error)
            self.finish()
        finally:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._hold, -len(chunk.samples))

    def finish(self) -> None:
        """Make the file whole."""
        if self._file is None or self._path is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
            self._path.rename(self._path.with_suffix(""))
        except Exception as error:
            log.error("%s cannot be finished: %s", self._path, error)

    def _append(self, chunk: AudioChunk) -> None:
        if self._file is None:
            self._path = _free(self._folder, f"{self._line}-{self._begin + chunk.start:.3f}")
            self._file = _opened(self._path)
        self._file.write(_pcm(chunk.samples))

    def _hold(self, samples: int) -> None:
        self._held += samples
        if self._held <= HELD_SECONDS * SAMPLE_RATE:
            self._free.set()
        else:
            self._free.clear()


class Tapes:
    """The audio of all rooms, a folder for each; an asynchronous context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tapes", daemon=True)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._mend)
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def tape(self, room: str, line: str, begin: float) -> Tape:
        """Begin to keep a speaker's audio; its position 0 was at `begin`, in seconds of the room."""
        return Tape(self._jobs, self._folder / room, line, begin)

    def of(self, room: str) -> list[Taped]:
        """List the files of a room that are whole, as they begin."""
        return sorted(self._listed(room), key=lambda taped: (taped.begin, taped.file))

    def path(self, room: str, file: str) -> Path | None:
        """Find a file that is whole; `None`: there is none of this name."""
        path = self._folder / room / file
        return path if _NAME.fullmatch(file) and path.is_file() else None

    def delete(self, room: str) -> None:
        """Delete all that was kept of a room."""
        shutil.rmtree(self._folder / room, ignore_errors=True)

    def strays(self, known: frozenset[str], seconds: float) -> list[str]:
        """List rooms that nobody knows any more and that are older than so many seconds."""
        since = time.time() - seconds
        found = []
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # somebody else deletes it meanwhile
                if path.name not in known and path.stat().st_mtime < since:
                    found.append(path.name)
        return found

    def _listed(self, room: str) -> Iterator[Taped]:
        for path in (self._folder / room).glob(f"*{ENDING}"):
            if match := _NAME.fullmatch(path.name):
                yield Taped(path.name, match[1], float(match[2]), path.stat().st_size)

    def _work(self) -> None:
        tapes: set[Tape] = set()
        while (job := self._jobs.get()) is not None:
            if job.chunk is not None:
                tapes.add(job.tape)
                job.tape.keep(job.chunk)
            else:
                tapes.discard(job.tape)
                job.tape.finish()
        for tape in tapes:
            tape.finish()

    def _mend(self) -> None:
        for path in self._folder.glob(f"*/*{ENDING}{_PART}"):
            try:
                _mend(path)
            except Exception as error:  # a full disk; the next start tries again
                log.error("%s cannot be made whole: %s", path, error)


@dataclass(frozen=True, slots=True)
class _Job:
    tape: Tape
    chunk: AudioChunk | None


def _opened(path: Path) -> Any:
    import soundfile

    return soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC")


def _mend(path: Path) -> None:
    """Write what a killed server left once more: its file has no proper end."""
    mended, found = path.with_suffix(".mended"), 0
    with _opened(mended) as file:
        try:
            for chunk in decode(path):
                file.write(_pcm(chunk.samples))
                found += len(chunk.samples)
        except AudioError as error:
            log.warning("%s ends after %.1f s: %s", path, found / SAMPLE_RATE, error)
    mended.rename(path.with_suffix("")) if found else mended.unlink()
    path.unlink()


def _pcm(samples: Samples) -> Any:
    return np.frombuffer(to_pcm16(samples), "<i2")


def _free(folder: Path, stem: str) -> Path:
    """Find a name for a growing file that nothing has: a restart may begin where the file before began."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, name = 1, stem
    while any((folder / f"{name}{ENDING}{end}").exists() for end in ("", _PART)):
        number += 1
        name = f"{stem}-{number}"
    return folder / f"{name}{ENDING}{_PART}"

"""What commands are given to read: lines of text, recordings, samples from standard input."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from streaming.audio import AudioChunk, from_pcm16
from streaming.decode import decode, duration
from streaming.errors import AudioError, InputError

STDIN = Path("-")
"""Names standard input where a file may be named."""


@contextmanager
def lines(path: Path | None) -> Iterator[Iterator[str]]:
    """Open a text and give its lines, without their ends."""
    try:
        file: IO[bytes] = sys.stdin.buffer if path in (None, STDIN) else path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror})") from error
    with file:
        yield _decoded(file)


def _decoded(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        try:
            yield line.decode("utf-8-sig").strip()  # the mark of Windows is no text
        except UnicodeDecodeError as error:
            raise InputError(f"line {number} is not UTF-8 text") from error


def look(path: Path) -> None:
    """Look whether a recording can be opened.

    Raises:
        AudioError: no such file, or no audio in it.
    """
    with suppress(OSError):  # opening it says better what is wrong
        if path == STDIN or path.is_fifo():
            return  # what comes through a pipe comes once
    duration(path)


@contextmanager
def recording(path: Path) -> Iterator[Path]:
    """Say where a recording lies: one that comes by standard input is put into a file called `stdin`, because
    many containers are read from both ends.

    Raises:
        InputError: there is no room for it.
    """
    if path != STDIN:
        yield path
        return
    with TemporaryDirectory(prefix="dragoman-") as folder:
        there = Path(folder, name(path))
        try:
            with there.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            raise InputError(f"standard input: it cannot be kept in {folder} ({error.strerror})") from error
        try:
            yield there
        except AudioError as error:
            raise AudioError(str(error).replace(str(there), "standard input")) from error


def name(path: Path) -> str:
    """Say what the results of a recording are called."""
    return "stdin" if path == STDIN else path.stem


def chunks(name: str) -> Iterator[AudioChunk]:
    """Read a recording, or raw 16-bit PCM at 16 kHz from standard input."""
    if name != "-":
        yield from decode(name)
        return
    offset = 0
    for data in _even(sys.stdin.fileno()):
        samples = from_pcm16(data)
        yield AudioChunk(samples, offset)
        offset += len(samples)
    if not offset:
        raise AudioError("standard input: no sound came")


def _even(descriptor: int) -> Iterator[bytes]:
    """Read what has come, in pieces that hold whole samples."""
    held = b""
    while data := os.read(descriptor, 3200):
        held += data
        whole = len(held) - len(held) % 2
        if whole:
            yield held[:whole]
        held = held[whole:]
    if held:
        raise AudioError("standard input: 16-bit PCM was expected, an odd number of bytes came")

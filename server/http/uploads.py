"""Uploads: a multipart body into the folder of uploads, in bounded memory, no larger than is allowed.

Nothing is written into the system's folder for temporary files, which may be in memory itself.
"""

import hashlib
import re
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from server.http.faults import Fault, ParameterFault, SizeFault, TypeFault
from streaming.errors import AudioError, OverloadError

MOST_FIELDS = 100
LARGEST_FIELD = 1 << 16
"""Bytes of a field that is no file."""
_ENDING = re.compile(r"\.[a-z0-9]{1,5}$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording that came with a request."""

    path: Path
    """Where it lies until the request is answered, unless it is moved away."""
    name: str
    """As the client calls it; never part of a path."""
    digest: str
    """SHA-256 of its content."""
    form: FormData
    """The other fields."""


@asynccontextmanager
async def received(request: Request, folder: Path, most: int) -> AsyncIterator[Upload]:
    """Take the `file` of a multipart body of at most `most` bytes into a folder; it is removed at the end.

    Raises:
        TypeFault: a body of another type.
        SizeFault: a larger one.
        OverloadError: the disk is full.
        ParameterFault: there is no file in it.
        AudioError: the file is empty.
    """
    kind = request.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "multipart/form-data":
        raise TypeFault(f"multipart/form-data was expected, {kind or 'nothing'} came")
    parser = _Parser(request, folder, most)
    try:
        with _kept():
            form = await _parsed(request, parser, most)
        file, path = form.get("file"), parser.path
        if not isinstance(file, UploadFile) or path is None:
            raise ParameterFault("a file was expected, none came", "file")
        name = (file.filename or "").strip() or "recording"
        if not file.size:
            raise AudioError(f"{name}: the file is empty")
        with _kept():
            await file.close()
            digest = await run_in_threadpool(digest_of, path)
        yield Upload(path, name, digest, form)
    finally:
        parser.remove()


def digest_of(path: Path) -> str:
    """Compute SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def swept(folder: Path, older: float = 24 * 3600.0) -> None:
    """Remove what a server left in a folder of uploads when it was killed, so many seconds ago or more."""
    for path in folder.glob("*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - older:
                path.unlink()


@contextmanager
def _kept() -> Iterator[None]:
    """Say what it means that the disk takes nothing."""
    try:
        yield
    except OSError as error:
        raise OverloadError(f"the upload cannot be kept: {error.strerror}") from error


class _Parser(MultiPartParser):
    """Starlette's, which writes the file into a folder at once."""

    def __init__(self, request: Request, folder: Path, most: int) -> None:
        super().__init__(
            request.headers,
            _bounded(request, most),
            max_files=1,
            max_fields=MOST_FIELDS,
            max_part_size=LARGEST_FIELD,
        )
        self._folder = folder
        self._kept: IO[bytes] | None = None
        self.path: Path | None = None
        """Where the file lies; `None`: none has come."""

    def on_headers_finished(self) -> None:
        """Begin a part: if it is a file, in a place of its own instead of Starlette's."""
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is None:
            return
        upload.file.close()
        ending = _ENDING.search((upload.filename or "").strip().lower())
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = self._folder / f"{secrets.token_hex(16)}{ending.group() if ending else ''}"
        upload.file = self._kept = self.path.open("xb")

    def remove(self) -> None:
        """Remove the file, if it is still there."""
        if self._kept is not None:
            with suppress(OSError):  # what was still to be written finds no room
                self._kept.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


async def _parsed(request: Request, parser: _Parser, most: int) -> FormData:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise Fault(f"the multipart body cannot be read: {error.message}") from error


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    came = 0
    async for piece in request.stream():
        came += len(piece)
        if came > most:
            raise _too_large(most)
        yield piece


def _too_large(most: int) -> SizeFault:
    return SizeFault(f"at most {most} bytes were expected, more came", "file")

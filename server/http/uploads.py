"""Uploads: a multipart body onto the disk, in bounded memory, no larger than is allowed."""

import hashlib
import re
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from server.http.faults import Fault, ParameterFault, SizeFault, TypeFault
from streaming.errors import AudioError, OverloadError

MOST_FIELDS = 100
LARGEST_FIELD = 1 << 16
"""Bytes of a field that is no file."""
_PIECE = 1 << 20
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
    with _kept():
        form = await _parsed(request, most)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ParameterFault("a file was expected, none came", "file")
        name = (file.filename or "").strip() or "recording"
        if not file.size:
            raise AudioError(f"{name}: the file is empty")
        ending = _ENDING.search(name.lower())
        path = folder / f"{secrets.token_hex(16)}{ending.group() if ending else ''}"
        try:
            with _kept():
                digest = await run_in_threadpool(_keep, file.file, path)
            yield Upload(path, name, digest, form)
        finally:
            path.unlink(missing_ok=True)
    finally:
        await form.close()


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


async def _parsed(request: Request, most: int) -> FormData:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    parser = MultiPartParser(
        request.headers,
        _bounded(request, most),
        max_files=1,
        max_fields=MOST_FIELDS,
        max_part_size=LARGEST_FIELD,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Fault(f"the multipart body cannot be read: {error.message}") from error
    whole: list[Any] = [value.file for value in form.values() if isinstance(value, UploadFile)]
    for file in parser._files_to_close_on_error:  # Starlette forgets the file of a part that was cut off
        if file not in whole:
            file.close()
    return form


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    came = 0
    async for piece in request.stream():
        came += len(piece)
        if came > most:
            raise _too_large(most)
        yield piece


def _too_large(most: int) -> SizeFault:
    return SizeFault(f"at most {most} bytes were expected, more came", "file")


def _keep(file: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with path.open("xb") as kept:
        while piece := file.read(_PIECE):
            digest.update(piece)
            kept.write(piece)
    return digest.hexdigest()

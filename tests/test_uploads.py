"""Uploads: written once, into the folder of uploads, and removed whatever happens."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile

from server.config import Config, RecordingsConfig
from streaming.audio import SAMPLE_RATE
from tests.served import serving, until

HEADERS = {"content-type": "multipart/form-data; boundary=x"}
HEAD = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.WAV\r\n\r\n"
TAIL = b"\r\n--x--\r\n"
HALF = bytes(2 << 20)


def configured(folder: Path) -> Config:
    return replace(Config(), recordings=RecordingsConfig(folder=str(folder)))


def uploads(folder: Path) -> list[Path]:
    return [*(folder / "uploads").glob("*")]


@pytest.fixture(autouse=True)
def no_temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container it may be memory, and small."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))


async def test_a_recording_is_written_into_its_folder_as_it_comes(tmp_path: Path) -> None:
    file = io.BytesIO()
    samples = np.zeros((3 * SAMPLE_RATE, 8), np.int32)
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_32")
    data, rest = file.getvalue(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield HEAD + data[: 1 << 20]
        await rest.wait()
        yield data[1 << 20 :] + TAIL

    async with serving(config=configured(tmp_path)) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        posting = asyncio.create_task(http.post(url, content=body(), headers=HEADERS))
        await until(lambda: sum(path.stat().st_size for path in uploads(tmp_path)) > 900_000)
        (path,) = uploads(tmp_path)
        assert path.suffix == ".wav"
        rest.set()
        answer = await posting
        assert answer.json()["usage"] == {"type": "duration", "seconds": 3}
        await until(lambda: not uploads(tmp_path))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HEAD + HALF, 422),
        (HEAD + HALF + b"\r\n" + HEAD + TAIL, 400),
        (HEAD.replace(b"name=file", b"name=other") + HALF + TAIL, 422),
        (HEAD + TAIL, 400),
        (b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\ntext" + TAIL, 422),
    ],
    ids=["cut off", "two files", "another name", "empty", "no file"],
)
async def test_what_cannot_be_taken_is_removed(tmp_path: Path, body: bytes, status: int) -> None:
    async with serving(config=configured(tmp_path)) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        assert (await http.post(url, content=body, headers=HEADERS)).status_code == status
        await until(lambda: not uploads(tmp_path))


async def test_who_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield HEAD + HALF
        await asyncio.Event().wait()

    async with serving(config=configured(tmp_path)) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/jobs"
        posting = asyncio.create_task(http.post(url, content=body(), headers=HEADERS))
        await until(lambda: bool(uploads(tmp_path)))
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await until(lambda: not uploads(tmp_path))


async def test_where_nothing_can_be_written_the_server_says_so(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_bytes(b"")
    async with serving(config=configured(tmp_path)) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        answer = await http.post(url, content=HEAD + HALF + TAIL, headers=HEADERS)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
        assert answer.json()["error"]["message"].startswith("the upload cannot be kept: ")

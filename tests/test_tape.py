"""Tapes: what was said is in the file, sample by sample, whatever dies."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.rooms import tape
from server.rooms.tape import Tape, Tapes
from streaming.audio import AudioChunk, Samples, to_pcm16
from tests.served import cut, until


def noise(count: int, seed: int = 0) -> Samples:
    whole = np.random.default_rng(seed).integers(-9_000, 9_000, count)
    return (whole / 32768).astype(np.float32)


def read(path: Path | None) -> bytes:
    assert path is not None
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000
    return bytes(samples.tobytes())


async def feed(kept: Tape, chunks: list[AudioChunk]) -> None:
    for chunk in chunks:
        kept.write(chunk)
        await kept.settle()


async def test_a_file_is_the_audio_and_its_name_says_whose_and_when(tmp_path: Path) -> None:
    samples = noise(40_000)
    async with Tapes(tmp_path) as tapes:
        kept = tapes.tape("hall", "s1.2", 12.5)
        await feed(kept, cut(samples, [1600, 7, 3000]))
        assert tapes.of("hall") == []  # it still grows
        kept.close()
    (found,) = tapes.of("hall")
    assert (found.file, found.speaker, found.begin) == ("s1.2-12.500.flac", "s1.2", 12.5)
    assert read(tapes.path("hall", found.file)) == to_pcm16(samples)
    assert found.bytes == (tmp_path / "hall" / found.file).stat().st_size
    assert tapes.of("other") == []


@pytest.mark.parametrize("file", ["../hall/s1-0.000.flac", "s1-0.000.flac.part", "s1.flac", "", ".."])
async def test_no_other_file_is_found(tmp_path: Path, file: str) -> None:
    async with Tapes(tmp_path) as tapes:
        await feed(tapes.tape("hall", "s1", 0.0), cut(noise(1600), [1600]))
    (tmp_path / "hall" / "s1-0.000.flac.part").write_bytes(b"")
    assert tapes.path("hall", file) is None


async def test_a_server_that_stops_leaves_whole_files_and_the_next_one_begins_others(tmp_path: Path) -> None:
    for seed in (1, 2):
        async with Tapes(tmp_path) as tapes:
            await feed(tapes.tape("hall", "s1", 0.0), cut(noise(20_000, seed), [1600]))
    names = [found.file for found in tapes.of("hall")]
    assert names == ["s1-0.000-2.flac", "s1-0.000.flac"]
    assert [read(tapes.path("hall", n)) for n in names] == [to_pcm16(noise(20_000, s)) for s in (2, 1)]


async def test_what_a_killed_server_left_is_made_whole(tmp_path: Path) -> None:
    samples = noise(40_000)
    killed = tmp_path / "killed"
    async with Tapes(tmp_path / "lives") as tapes:
        await feed(tapes.tape("hall", "s1", 3.0), cut(samples, [1600]))
        tapes.tape("hall", "s2", 0.0).close()  # nothing was said
        await until(lambda: tapes._jobs.empty())
        shutil.copytree(tmp_path / "lives", killed)
    (killed / "hall" / "s9-0.000.flac.part").write_bytes(b"fLaC")
    async with Tapes(killed) as mended:
        (found,) = mended.of("hall")
    assert found.file == "s1-3.000.flac"
    kept = read(mended.path("hall", found.file))
    assert to_pcm16(samples).startswith(kept) and len(kept) > 2 * (len(samples) - 3 * 4096)
    assert [path.name for path in (killed / "hall").iterdir()] == ["s1-3.000.flac"]


async def test_who_outruns_the_disk_waits_and_a_full_disk_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(tape, "_opened", full)
    async with Tapes(tmp_path) as tapes:
        kept = tapes.tape("hall", "s1", 0.0)
        for chunk in cut(noise(16_000 * 11), [16_000]):
            kept.write(chunk)
        assert not kept._free.is_set()
        await kept.settle()
        kept.close()
        kept.write(AudioChunk(noise(10)))  # too late, and nobody minds
    assert tapes.of("hall") == []


async def test_deleted_and_strayed_rooms(tmp_path: Path) -> None:
    async with Tapes(tmp_path) as tapes:
        for room in ("hall", "stray"):
            await feed(tapes.tape(room, "s1", 0.0), cut(noise(1600), [1600]))
    (tmp_path / "vanished").symlink_to(tmp_path / "nowhere")  # as one that is deleted while they are listed
    assert tapes.strays(frozenset({"hall"}), -60.0) == ["stray"]
    assert tapes.strays(frozenset({"hall"}), 3600.0) == []
    tapes.delete("hall")
    tapes.delete("hall")
    assert tapes.of("hall") == [] and len(tapes.of("stray")) == 1

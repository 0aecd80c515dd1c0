"""Recordings on shared engines: stopped when nobody waits, and no trace of where they lie."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import soundfile

from server.http.faults import BusyFault
from server.interpretation.graph import DETECTOR, RECOGNIZER, TRANSLATOR, Interpretation
from server.interpretation.manner import USUAL
from server.recordings.accurate import Passage
from server.recordings.files import ACCURATE, LIVE, Approach
from server.recordings.recordings import Recordings
from streaming.audio import SAMPLE_RATE
from streaming.batching import SharedEngine
from streaming.errors import AudioError, OverloadError
from streaming.queueing import Priority
from streaming.scripted import ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import engines, until


class Gate:
    """A recognizer that answers when it is let."""

    def __init__(self) -> None:
        self.opened, self.entered = threading.Event(), threading.Event()

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self.entered.set()
        assert self.opened.wait(20)
        return ScriptedRecognizer().recognize(windows)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def recordings(gate: Gate) -> AsyncIterator[Recordings]:
    scripted = engines()
    shared: dict[str, SharedEngine[Any, Any]] = {
        DETECTOR: SharedEngine(scripted.detector.detect),
        RECOGNIZER: SharedEngine(gate.recognize),
        TRANSLATOR: SharedEngine(scripted.translator.translate),
    }
    async with shared[DETECTOR], shared[RECOGNIZER], shared[TRANSLATOR]:
        async with Recordings(shared, scripted.tiers, USUAL, lambda seconds: None, 2, 1) as recordings:
            yield recordings
        gate.opened.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "hidden.wav", speak(["alpha", "", "bravo"]), SAMPLE_RATE)
    return tmp_path / "hidden.wav"


async def interpret(
    recordings: Recordings, path: Path, approach: Approach = ACCURATE, priority: Priority = Priority.JOB
) -> list[Passage]:
    passages: list[Passage] = []
    wanted = Interpretation("en", ("es",))
    await recordings.interpret(path, "talk.wav", wanted, approach, priority, passages.append)
    return passages


@pytest.mark.parametrize("approach", [ACCURATE, LIVE], ids=["accurate", "live"])
async def test_what_was_said_comes_in_passages(
    recordings: Recordings, gate: Gate, path: Path, approach: Approach
) -> None:
    gate.opened.set()
    passages = await interpret(recordings, path, approach)
    records = [record for passage in passages for record in passage.records]
    assert [record.translations["es"] for record in records] == ["ahpla", "ovarb"]
    assert recordings.running == 0


@pytest.mark.parametrize("approach", [ACCURATE, LIVE], ids=["accurate", "live"])
async def test_who_gives_up_twice_stops_it_all_the_same(
    recordings: Recordings, gate: Gate, path: Path, approach: Approach
) -> None:
    working = asyncio.create_task(interpret(recordings, path, approach))
    await asyncio.to_thread(gate.entered.wait, 10)
    for _ in range(2):
        working.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await working
    async with asyncio.timeout(10):
        while recordings.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_server_that_stops_stops_what_it_works_on(
    recordings: Recordings, gate: Gate, path: Path
) -> None:
    working = asyncio.create_task(interpret(recordings, path))
    await asyncio.to_thread(gate.entered.wait, 10)
    await recordings.__aexit__(None, None, None)
    with pytest.raises(OverloadError, match="being stopped"):
        await working
    with pytest.raises(OverloadError, match="being stopped"):
        await interpret(recordings, path)


async def test_jobs_go_on_when_those_who_wait_are_dismissed(
    recordings: Recordings, gate: Gate, path: Path
) -> None:
    job = asyncio.create_task(interpret(recordings, path))
    await asyncio.to_thread(gate.entered.wait, 10)
    waiting = asyncio.create_task(interpret(recordings, path, priority=Priority.REQUEST))
    await until(lambda: recordings.running == 2)
    recordings.dismiss()
    with pytest.raises(OverloadError, match="being stopped"):
        await waiting
    with pytest.raises(OverloadError, match="being stopped"):
        await interpret(recordings, path, priority=Priority.REQUEST)
    gate.opened.set()
    assert [record.text for passage in await job for record in passage.records] == ["alpha", "bravo"]


async def test_errors_call_a_recording_as_its_owner_does(recordings: Recordings, tmp_path: Path) -> None:
    (tmp_path / "hidden.wav").write_bytes(b"only words")
    with pytest.raises(AudioError) as told:
        await interpret(recordings, tmp_path / "hidden.wav")
    assert str(told.value) == "talk.wav: this is not audio, or it is broken"
    with pytest.raises(AudioError, match="no such file"):
        await recordings.seconds(tmp_path / "missing.wav", "talk.wav")


async def test_places_are_counted_and_given_back(recordings: Recordings) -> None:
    with recordings.place():
        with pytest.raises(BusyFault, match=r"recordings as may be \(1\) are"), recordings.place():
            pass
    with recordings.place():
        pass

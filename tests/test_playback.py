"""`dragoman stream` against a real server: what it prints is what `dragoman interpret` commits."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile

from server.__main__ import main
from server.access.auth import Access, Role, new_key
from server.client import client, playback
from server.interpretation import models
from server.wire.messages import Error, Ready
from streaming.audio import SAMPLE_RATE
from streaming.captions import Caption, Transcript
from streaming.errors import InputError
from streaming.scripted import ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import cut, engines, serving, silence

LISTENER = new_key("listener", Role.LISTENER, None, 0.0)
SPEAKER = new_key("speaker", Role.SPEAKER, None, 0.0)
SAID = ["alpha", "bravo", "charlie", "", "delta", "echo"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "said.flac", speak(SAID), SAMPLE_RATE)
    return tmp_path / "said.flac"


async def stream(*arguments: str) -> int:
    async with serving() as server:
        return await asyncio.to_thread(main, ["stream", *arguments, "--url", f"http://{server.address}"])


async def test_jsonl_holds_every_message_and_commits_what_interpret_commits(
    recording: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [str(recording), "--from", "en", "--to", "es,zh"]
    assert await stream(*wanted, "--speed", "0", "--format", "jsonl") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    arrivals = [row.pop("arrival") for row in rows]
    assert arrivals == sorted(arrivals)
    assert rows[0]["type"] == "ready" and rows[-1]["type"] == "done"
    transcript = Transcript()
    numbers = [row.pop("event") for row in rows if "event" in row]
    assert numbers == list(range(1, len(numbers) + 1))
    for row in rows:
        if row.pop("type") == "caption":
            transcript.show(Caption(**row))
    monkeypatch.setattr(models, "load_engines", lambda config, say: engines())
    assert await asyncio.to_thread(main, ["interpret", *wanted, "--format", "json"]) == 0
    utterances = json.loads(capsys.readouterr().out)["utterances"]
    assert transcript.committed("en") == [utterance["text"] for utterance in utterances]
    for target in ("es", "zh"):
        assert transcript.committed(target) == [u["translations"][target] for u in utterances]


async def test_text_grows_and_ends_with_the_lag(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await stream(str(recording), "--from", "en", "--to", "es", "--speed", "20") == 0
    *lines, source_lag, target_lag = capsys.readouterr().out.splitlines()
    shown = [re.fullmatch(r" *\d+\.\d s  (en|es)  (.*)", line) for line in lines]
    english = [match[2] for match in shown if match and match[1] == "en"]
    assert english[-1] == "delta echo" and "alpha bravo charlie" in english
    assert source_lag.startswith("lag en: ") and target_lag.startswith("lag es: ")
    assert all(shown)


async def test_what_the_server_refuses_is_one_line_and_status_2(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await stream(str(recording), "--from", "en", "--to", "de") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("dragoman: ") and printed.err.count("\n") == 1 and "de" in printed.err


@pytest.mark.parametrize(
    ("credential", "status", "says"),
    [
        ("", 2, "none came; DRAGOMAN_KEY should hold one"),
        ("dragoman_00000000_x", 2, "key"),
        (LISTENER[0], 2, "speak"),
        (SPEAKER[0], 0, ""),
    ],
    ids=["none", "wrong", "listener", "speaker"],
)
async def test_who_may_not_speak_is_told_so_with_status_2(
    recording: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    credential: str,
    status: int,
    says: str,
) -> None:
    monkeypatch.setenv("DRAGOMAN_KEY", credential)
    access = Access(bytes(32), {key.id: key for _, key in (LISTENER, SPEAKER)})
    asked = ["stream", str(recording), "--speed", "0", "--url"]
    async with serving(access=access) as server:
        assert await asyncio.to_thread(main, [*asked, f"http://{server.address}"]) == status
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("code", ["unauthorized", "forbidden", "rate_limited", "room", "bad_audio"])
def test_every_fault_of_the_caller_is_status_2(code: str) -> None:
    assert isinstance(playback._refused(Error(code, "")), InputError)


@pytest.mark.parametrize(
    "code", ["engine_failed", "overloaded", "retraction", "internal", "of a later version"]
)
def test_every_other_fault_is_status_1(code: str) -> None:
    assert not isinstance(playback._refused(Error(code, "")), InputError)


async def test_a_recording_that_breaks_off_is_interpreted_as_far_as_it_goes(
    recording: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from server import given
    from streaming.decode import decode
    from streaming.errors import AudioError

    def breaking(name: str):  # type: ignore[no-untyped-def]
        yield from decode(name)
        raise AudioError("the recording breaks off")

    monkeypatch.setattr(given, "chunks", breaking)
    assert await stream(str(recording), "--from", "en", "--speed", "0") == 2
    printed = capsys.readouterr()
    assert "delta echo" in printed.out and printed.err == "dragoman: the recording breaks off\n"


async def test_silence_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    assert await stream(str(tmp_path / "silence.wav"), "--to", "zh", "--speed", "0") == 0
    assert capsys.readouterr().out == ""


async def test_what_is_spoken_is_written_where_it_was_said(recording: Path, tmp_path: Path) -> None:
    voices = tmp_path / "voices"
    wanted = [str(recording), "--from", "en", "--to", "es,zh", "--speak", str(voices)]
    assert await stream(*wanted, "--speed", "0") == 0
    for language in ("es", "zh"):
        samples, rate = soundfile.read(voices / f"{language}.wav")
        assert rate == SAMPLE_RATE
        assert np.abs(samples).max() > 0.05
        spoken = np.flatnonzero(np.abs(samples) > 0.05)
        # The first phrase ends with "charlie", which is said at 1.4 s: nothing is spoken before.
        assert spoken[0] / rate > 1.0


async def test_a_room_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=f"http://{server.address}") as http:
        (await http.post("/v1/rooms", json={"id": "hall", "source": "en"})).raise_for_status()
        command = ["listen", "hall", "--language", "es", "--style", "steady", "--format", "jsonl"]
        reading = asyncio.create_task(asyncio.to_thread(main, [*command, "--url", server.url]))
        while not (reading.done() or (await http.get("/v1/rooms/hall")).json()["languages"]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        floor = f"ws://{server.address}/v1/rooms/hall/floor"
        _ = [arrival async for arrival in client.stream(floor, cut(speak(SAID), [1600]), speed=0)]
        assert (await http.delete("/v1/rooms/hall")).status_code == 204
        assert await reading == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    final = [row["committed"] for row in rows if row["type"] == "caption" and row["final"]]
    assert final == ["ahpla ovarb eilrahc", "atled ohce"]
    assert rows[-1]["type"] == "done"
    arrivals = [row["arrival"] for row in rows]
    assert arrivals == sorted(arrivals) and arrivals[-1] > 0


async def test_a_room_that_is_not_there_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as server:
        url = f"ws://{server.address}"
        assert await asyncio.to_thread(main, ["listen", "nowhere", "--url", url]) == 2
    assert "there is no room 'nowhere'" in capsys.readouterr().err


async def test_the_lag_of_who_speaks_later_in_a_room_counts_from_the_own_beginning() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=f"http://{server.address}") as http:
        (await http.post("/v1/rooms", json={"id": "hall", "source": "en"})).raise_for_status()
        floor = f"ws://{server.address}/v1/rooms/hall/floor"
        _ = [arrival async for arrival in client.stream(floor, cut(silence(60.0), [1600]), speed=0)]
        later = [arrival async for arrival in client.stream(floor, cut(speak(SAID), [1600]), speed=4)]
    (ready,) = (arrival.message for arrival in later if isinstance(arrival.message, Ready))
    assert ready.begin >= 60.0
    lags = [arrival.lag for arrival in later if isinstance(arrival.message, Caption)]
    assert lags and all(lag is not None and lag >= 0 for lag in lags)


class Deaf(ScriptedRecognizer):
    """Hears no speech in anything."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        heard = super().recognize(windows)
        return [replace(one, no_speech_probability=0.99, mean_log_probability=-2.0) for one in heard]


async def test_what_is_withheld_again_and_again_is_said_once_with_its_time_and_counted(
    recording: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = engines(recognizer=Deaf())
    async with serving(deaf) as server:
        wanted = ["stream", str(recording), "--from", "en", "--speed", "0", "--url", server.url]
        assert await asyncio.to_thread(main, wanted) == 0
    streamed = capsys.readouterr().err.splitlines()
    monkeypatch.setattr(models, "load_engines", lambda config, say: deaf)
    assert await asyncio.to_thread(main, ["interpret", str(recording), "--from", "en"]) == 0
    for first, last in (streamed, capsys.readouterr().err.splitlines()):
        assert re.search(
            r" 00:00:\d\d\.\d: the hypothesis was dropped: the recognizer heard no speech$", first
        )
        assert re.search(r" [2-9]\d* times in all: the hypothesis was dropped: ", last)

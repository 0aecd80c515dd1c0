"""Jobs on a real server: progress, results, cancelling, and going on after the server was stopped."""

import asyncio
import io
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import soundfile

from server.config import Config, PacksConfig, RecordingsConfig
from server.http.faults import ParameterFault
from server.interpretation.engines import Engines
from server.recordings import jobs
from server.recordings.jobstore import Job, JobStore, State
from server.recordings.submission import located
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.errors import OverloadError
from streaming.scripted import ScriptedDetector, ScriptedRecognizer, speak
from streaming.stages import Detection, DetectionRequest, Recognition, Window
from tests.served import Served, engines, serving, until

WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"]


def recording(words: list[str]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, speak([part for word in words for part in (word, "")]), SAMPLE_RATE, format="FLAC")
    return file.getvalue()


class Counted:
    """A recognizer that answers so many times, and then only when it is let."""

    languages = ()

    def __init__(self, free: int = 10**9) -> None:
        self._free = free
        self.asked = 0
        self.windows: list[Window] = []
        self.opened = threading.Event()

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self.asked += len(windows)
        self.windows += windows
        if self.asked > self._free:
            assert self.opened.wait(20)
        return ScriptedRecognizer().recognize(windows)


class Paused:
    """A detector that waits until it is let."""

    def __init__(self) -> None:
        self.asked = False
        self.opened = threading.Event()

    def detect(self, requests: Sequence[DetectionRequest]) -> list[Detection]:
        self.asked = True
        assert self.opened.wait(20)
        return ScriptedDetector().detect(requests)


def configured(folder: Path, **recordings: Any) -> Config:
    config = replace(Config(), recordings=RecordingsConfig(folder=str(folder), **recordings))
    return replace(config, recognition=replace(config.recognition, workers=1))


class Desk:
    """Talks to the server as a program would."""

    def __init__(self, served: Served, http: httpx2.AsyncClient) -> None:
        self.served, self.http = served, http

    async def submit(self, words: list[str], **data: str | list[str]) -> httpx2.Response:
        return await self.http.post("/jobs", files={"file": ("talk.flac", recording(words))}, data=data)

    async def state(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"/jobs/{number}")).json()
        return found

    async def ended(self, number: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while (job := await self.state(number))["state"] in ("queued", "running"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return job


@asynccontextmanager
async def opened(own: Engines | None = None, *, config: Config) -> AsyncIterator[Desk]:
    """Run a server."""
    async with serving(own, config=config) as served:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}/v1") as http:
            yield Desk(served, http)


async def test_a_job_that_is_done_says_which_language_was_found(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path)) as desk:
        answer = await desk.submit(["alpha", "bravo"])
        assert answer.json()["language"] is None
        assert (await desk.ended(answer.json()["id"]))["language"] == "en"
        silent = await desk.ended((await desk.submit([""])).json()["id"])
        assert (silent["state"], silent["language"]) == ("done", None)


async def test_a_recording_becomes_a_result_in_every_form_and_language(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path)) as desk:
        answer = await desk.submit(["alpha", "bravo"], targets="es, zh", language="en")
        assert answer.status_code == 202
        job = await desk.ended(answer.json()["id"])
        assert (job["state"], job["progress"], job["name"], job["error"]) == ("done", 1.0, "talk.flac", None)
        assert (
            job["seconds"]
            == job["seconds_done"]
            == pytest.approx(len(speak(["alpha", "", "bravo", ""])) / SAMPLE_RATE)
        )
        result = f"/jobs/{job['id']}/result"
        assert (await desk.http.get(result, params={"format": "text"})).text == "alpha\nbravo\n"
        srt = await desk.http.get(result, params={"format": "srt", "language": "es"})
        assert srt.headers["content-type"].startswith("application/x-subrip") and "ovarb" in srt.text
        document = (await desk.http.get(result)).json()
        assert document["utterances"][0]["translations"]["es"] == "ahpla"
        vtt = await desk.http.get(result, params={"format": "vtt", "words": "true"})
        assert vtt.text.startswith("WEBVTT")
        wrong = await desk.http.get(result, params={"format": "srt", "language": "de"})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (422, "language")
        assert not [*(tmp_path / "recordings").iterdir()] and not [*(tmp_path / "uploads").iterdir()]


async def test_targets_that_come_in_a_field_each_are_all_served(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path)) as desk:
        answer = await desk.submit(["alpha"], targets=["es", "zh"])
        assert answer.json()["targets"] == ["es", "zh"]


async def test_a_field_that_is_not_known_is_refused_before_the_work_begins(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path, root=str(tmp_path))) as desk:
        (tmp_path / "talk.flac").write_bytes(recording(["alpha"]))
        for answer in (
            await desk.submit(["alpha"], **{"targets[]": "es"}),
            await desk.http.post("/jobs", json={"path": "talk.flac", "targets[]": "es"}),
        ):
            assert (answer.status_code, answer.json()["error"]["param"]) == (422, "targets[]")
        assert not (await desk.http.get("/jobs")).json()["jobs"]
        named = await desk.http.post("/jobs", json={"path": "talk.flac", "targets": ["es", "zh"]})
        assert named.json()["targets"] == ["es", "zh"]


async def test_the_same_recording_in_the_same_way_is_the_same_job(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path)) as desk:
        first, second = await desk.submit(["alpha"], targets="es"), await desk.submit(["alpha"], targets="es")
        assert (first.status_code, second.status_code) == (202, 200)
        assert first.json()["id"] == second.json()["id"] and second.json()["duplicate"]
        other = await desk.submit(["alpha"], targets="zh")
        assert other.status_code == 202 and other.json()["id"] != first.json()["id"]
        for answer in (first, other):
            await desk.ended(answer.json()["id"])
        listed = (await desk.http.get("/jobs", params={"state": "done"})).json()["jobs"]
        assert [job["id"] for job in listed] == [other.json()["id"], first.json()["id"]]
        assert not [*(tmp_path / "recordings").iterdir()]


async def test_a_job_is_done_with_the_packs_that_are_always_used_and_with_others_it_is_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "trade.toml").write_text('name = "trade"\n[replacements.en]\nalpha = "omega"\n')
    config, said, numbers = configured(tmp_path / "jobs"), [], []
    for used in ((), ("trade",)):
        packs = PacksConfig(str(tmp_path), used)
        async with opened(config=replace(config, packs=packs)) as desk:
            answer = await desk.submit(["alpha"], language="en")
            numbers.append(answer.json()["id"])
            await desk.ended(numbers[-1])
            result = await desk.http.get(f"/jobs/{numbers[-1]}/result", params={"format": "text"})
            said.append(result.text)
            again = await desk.submit(["alpha"], language="en")
            assert again.json()["id"] == numbers[-1]
    assert said == ["alpha\n", "omega\n"] and numbers[0] != numbers[1]


async def test_a_job_is_another_when_its_pack_has_been_edited(tmp_path: Path) -> None:
    pack, said = tmp_path / "trade.toml", []

    def edit(word: str) -> None:
        pack.write_text(f'name = "trade"\n[replacements.en]\nalpha = "{word}"\n')

    edit("omega")
    config = replace(configured(tmp_path / "jobs"), packs=PacksConfig(str(tmp_path), ("trade",)))
    async with opened(config=config) as desk:
        for word in ("omega", "aleph"):
            edit(word)
            job = (await desk.submit(["alpha"], language="en")).json()["id"]
            await desk.ended(job)
            said.append((await desk.http.get(f"/jobs/{job}/result", params={"format": "text"})).text)
        pack.write_text(f"# Only a comment is new.\n{pack.read_text()}")
        assert (await desk.submit(["alpha"], language="en")).json()["id"] == job
    assert said == ["omega\n", "aleph\n"]


class Switching(ScriptedRecognizer):
    """Hears French wherever alpha is said."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        found = super().recognize(windows)
        return [
            replace(heard, language="fr") if heard.words and "alpha" in heard.words[0].text else heard
            for heard in found
        ]


@pytest.mark.parametrize(
    ("targets", "english"), [("en,es", "ahpla\nbravo\ncharlie\n"), ("es", "alpha\nbravo\ncharlie\n")]
)
async def test_in_a_target_that_is_spoken_most_everything_is_in_that_language(
    tmp_path: Path, targets: str, english: str
) -> None:
    async with opened(engines(recognizer=Switching()), config=configured(tmp_path)) as desk:
        job = await desk.ended(
            (await desk.submit(["alpha", "bravo", "charlie"], targets=targets)).json()["id"]
        )
        assert job["language"] == "en"
        result = f"/jobs/{job['id']}/result"
        said = await desk.http.get(result, params={"format": "text", "language": "en"})
        assert said.text == english
        assert (await desk.http.get(result, params={"format": "text"})).text == "alpha\nbravo\ncharlie\n"


class German(ScriptedRecognizer):
    """Hears German wherever bravo is said, or everywhere."""

    def __init__(self, only: str = "") -> None:
        super().__init__()
        self.only = only

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        found = super().recognize(windows)
        return [
            replace(heard, language="de") if any(self.only in word.text for word in heard.words) else heard
            for heard in found
        ]


@pytest.mark.parametrize("mode", ["accurate", "live"])
async def test_a_job_of_which_nothing_can_be_translated_has_failed(tmp_path: Path, mode: str) -> None:
    async with opened(engines(recognizer=German()), config=configured(tmp_path)) as desk:
        answer = await desk.submit(["alpha", "bravo"], targets="zh,es", mode=mode)
        job = await desk.ended(answer.json()["id"])
    assert (job["state"], job["language"], job["error"]["code"]) == ("failed", "de", "unsupported_language")
    assert job["error"]["message"].startswith("no model translates de → ")


async def test_a_job_of_which_some_can_be_translated_says_what_could_not(tmp_path: Path) -> None:
    async with opened(engines(recognizer=German("bravo")), config=configured(tmp_path)) as desk:
        answer = await desk.submit(["alpha", "bravo", "charlie", "bravo"], targets="zh")
        assert answer.json()["notices"] == []
        job = await desk.ended(answer.json()["id"])
        (notice,) = job["notices"]
        assert (job["state"], notice["code"], notice["seconds"]) == ("done", "unsupported_language", None)
        assert notice["message"].startswith("no model translates de → zh")
        listed = (await desk.http.get("/jobs")).json()["jobs"]
        assert listed[0]["notices"] == job["notices"]


async def test_without_targets_no_language_is_refused(tmp_path: Path) -> None:
    async with opened(engines(recognizer=German()), config=configured(tmp_path)) as desk:
        job = await desk.ended((await desk.submit(["alpha"])).json()["id"])
    assert (job["state"], job["language"], job["notices"]) == ("done", "de", [])


async def test_what_is_withheld_is_told_with_its_second(tmp_path: Path) -> None:
    class Deaf(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            heard = super().recognize(windows)
            return [replace(one, no_speech_probability=0.99, mean_log_probability=-2.0) for one in heard]

    async with opened(engines(recognizer=Deaf()), config=configured(tmp_path)) as desk:
        job = await desk.ended((await desk.submit(["alpha", "bravo"])).json()["id"])
    assert {notice["code"] for notice in job["notices"]} == {"no_speech"}
    assert 0 <= job["notices"][0]["seconds"] < job["seconds"]


async def test_a_job_goes_on_after_the_server_was_stopped(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path / "undisturbed")) as desk:
        whole = await desk.ended((await desk.submit(WORDS, targets="es")).json()["id"])
        expected = (await desk.http.get(f"/jobs/{whole['id']}/result")).json()
    first, second = Counted(free=4), Counted()
    async with opened(engines(recognizer=first), config=configured(tmp_path)) as desk:
        number = (await desk.submit(WORDS, targets="es")).json()["id"]
        await until(lambda: first.asked > 4)
        job = await desk.state(number)
        assert job["state"] == "running" and 0 < job["progress"] < 1
        not_yet = await desk.http.get(f"/jobs/{number}/result")
        assert (not_yet.status_code, not_yet.json()["error"]["code"]) == (409, "wrong_state")
    first.opened.set()  # only now: a server that is stopped waits for no engine
    async with opened(engines(recognizer=second), config=configured(tmp_path)) as desk:
        job = await desk.ended(number)
        assert (job["state"], job["resumed"]) == ("done", 1) and job["resumed_from"] > 0
        assert desk.served.app.state.archive.jobs.get(number).kills == 0, "it was stopped in order"
        assert (await desk.http.get(f"/jobs/{number}/result")).json() == expected
    assert second.asked == len(WORDS) - 4, "what had been heard is not heard again"


async def test_a_job_that_goes_on_has_not_less_done_than_before(tmp_path: Path) -> None:
    recognizer = Counted(free=4)
    async with opened(engines(recognizer=recognizer), config=configured(tmp_path)) as desk:
        number = (await desk.submit(WORDS)).json()["id"]
        await until(lambda: recognizer.asked > 4)
    recognizer.opened.set()
    listening = Paused()
    async with opened(engines(detector=listening), config=configured(tmp_path)) as desk:
        await until(lambda: listening.asked)
        job = await desk.state(number)
        listening.opened.set()
        assert job["seconds_done"] == job["resumed_from"] > 0
        assert (await desk.ended(number))["state"] == "done"


async def test_a_live_job_begins_anew_and_gives_what_live_commits(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path / "undisturbed")) as desk:
        whole = await desk.ended((await desk.submit(WORDS[:4], mode="live")).json()["id"])
        expected = (await desk.http.get(f"/jobs/{whole['id']}/result")).json()
    first = Counted(free=4)
    async with opened(engines(recognizer=first), config=configured(tmp_path)) as desk:
        number = (await desk.submit(WORDS[:4], mode="live")).json()["id"]
        await until(lambda: first.asked > 4)
    first.opened.set()  # only now: a server that is stopped waits for no engine
    async with opened(config=configured(tmp_path)) as desk:
        job = await desk.ended(number)
        assert job["state"] == "done" and job["mode"] == "live"
        assert (job["resumed"], job["resumed_from"]) == (1, 0.0)
        assert (await desk.http.get(f"/jobs/{number}/result")).json() == expected


def held(folder: Path) -> list[str]:
    """List the files below a folder that are open here, removed ones too: those still take their place."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return [path for path in found if path.startswith(str(folder))]


async def test_cancelling_and_deleting(tmp_path: Path) -> None:
    gate = Counted(free=2)
    async with opened(engines(recognizer=gate), config=configured(tmp_path)) as desk:
        running = (await desk.submit(WORDS)).json()["id"]
        queued = (await desk.submit(["alpha"])).json()["id"]
        await until(lambda: gate.asked > 2)
        assert (await desk.state(queued))["state"] == "queued"
        assert (await desk.http.post(f"/jobs/{queued}/cancel")).json()["state"] == "cancelled"
        assert (await desk.http.post(f"/jobs/{running}/cancel")).json()["state"] == "cancelled"
        assert (await desk.http.post(f"/jobs/{running}/cancel")).status_code == 409
        gate.opened.set()
        await until(lambda: desk.served.idle and not desk.served.app.state.archive.recordings.running)
        assert not held(tmp_path / "recordings")
        again = await desk.submit(WORDS)
        assert again.status_code == 202, "what was cancelled may be submitted again"
        assert (await desk.ended(again.json()["id"]))["state"] == "done"
        assert (await desk.http.delete(f"/jobs/{running}")).status_code == 204
        for answer in (await desk.http.get(f"/jobs/{running}"), await desk.http.delete("/jobs/none")):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert not [*(tmp_path / "recordings").iterdir()]


async def test_live_sessions_go_first(tmp_path: Path) -> None:
    """While a job is heard, a request waits, and then somebody speaks: he is next."""
    gate = Counted(free=0)
    async with opened(engines(recognizer=gate), config=configured(tmp_path)) as desk:
        number = (await desk.submit(WORDS[:3])).json()["id"]
        await until(lambda: gate.asked == 1)
        sound = {"file": ("talk.flac", recording(["alpha"]))}
        waiting = asyncio.create_task(desk.http.post("/audio/transcriptions", files=sound))
        recognizer = desk.served.app.state.engines["recognizer"]
        await until(lambda: recognizer.waiting == 1)
        live = asyncio.create_task(recognizer.ask(Window(AudioChunk(speak(["alpha"])))))
        await until(lambda: recognizer.waiting == 2)
        gate.windows.clear()
        gate.opened.set()
        await asyncio.gather(live, waiting)
        assert not gate.windows[0].final and gate.windows[1].final, "a live window is not a whole utterance"
        assert (await desk.ended(number))["state"] == "done"


async def test_a_recording_that_cannot_be_read_fails_and_says_why(tmp_path: Path) -> None:
    async with opened(config=configured(tmp_path)) as desk:
        answer = await desk.http.post("/jobs", files={"file": ("notes.txt", b"only words")})
        job = await desk.ended(answer.json()["id"])
        assert (job["state"], job["error"]["code"]) == ("failed", "bad_audio")
        assert job["error"]["message"] == "notes.txt: this is not audio, or it is broken"
        assert (await desk.submit(["alpha"], language="en", targets="en")).status_code == 422
        assert (await desk.submit(["alpha"], targets="klingon!")).status_code == 422
        assert (await desk.submit(["alpha"], targets="de")).status_code == 400
        assert (
            await desk.http.post("/jobs", content=b"[1]", headers={"content-type": "application/json"})
        ).status_code == 400
        assert (
            await desk.http.post("/jobs", content=b"x", headers={"content-type": "text/plain"})
        ).status_code == 415
        assert (await desk.http.post("/jobs", json={"path": "a.wav"})).status_code == 422


async def test_a_recording_below_the_root_is_not_copied_and_must_not_change(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "talk.flac").write_bytes(recording(["alpha", "bravo"]))
    gate = Counted(free=0)
    config = configured(tmp_path / "kept", root=str(root))
    async with opened(engines(recognizer=gate), config=config) as desk:
        number = (await desk.http.post("/jobs", json={"path": "a/talk.flac", "language": "en"})).json()["id"]
        (root / "b.flac").write_bytes(recording(["charlie"]))
        changing = (await desk.http.post("/jobs", json={"path": "b.flac"})).json()["id"]
        (root / "b.flac").write_bytes(recording(["delta", "echo"]))
        gate.opened.set()
        assert (await desk.ended(number))["state"] == "done"
        assert (await desk.ended(changing))["error"]["message"].startswith("b.flac: the file has changed")
    assert (root / "a" / "talk.flac").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../secret.wav",
        "/etc/passwd",
        "a\0b",
        "link.wav",
        "missing.wav",
        "x" * 5000,
        "link/secret.wav",
    ],
)
def test_a_path_leads_nowhere_but_below_the_root(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(ParameterFault):
        located(root, name)


def test_without_a_root_no_path_is_taken() -> None:
    with pytest.raises(ParameterFault, match="not set"):
        located(None, "a.wav")


def test_one_server_at_a_time_holds_the_jobs(tmp_path: Path) -> None:
    first = JobStore(tmp_path / "jobs.sqlite3")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    with pytest.raises(OverloadError, match="locked"):
        JobStore(tmp_path / "jobs.sqlite3")
    first.close()
    JobStore(tmp_path / "jobs.sqlite3").close()


def job(number: str, **values: Any) -> Job:
    about: dict[str, Any] = {"key": number, "name": "n", "path": "p", "stamp": "", "owned": False}
    about |= {"source": None, "targets": ("es",), "mode": "accurate", "prompt": "", "created": 0.0}
    return Job(id=number, **(about | values))


def test_the_queue_is_bounded_and_in_order(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    for number in ("b", "a"):
        assert store.add(job(number), most=2)[1]
    with pytest.raises(OverloadError, match="2 jobs are waiting"):
        store.add(job("c"), most=2)
    assert store.add(job("d", key="a"), most=2) == (job("a"), False)
    assert (store.next(), [j.id for j in store.newest(9)]) == (job("b"), ["a", "b"])
    store.close()


def test_a_table_of_another_version_is_left_alone(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store._run("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(OverloadError, match="version 99"):
        JobStore(tmp_path / "jobs.sqlite3")


async def test_what_a_killed_server_left_is_swept_away(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.add(job("old", state=State.DONE, finished=time.time()), most=9)
    store.close()
    for name in ("recordings/old.wav", "recordings/unknown.wav", "uploads/old.wav", "uploads/new.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    os.utime(tmp_path / "uploads" / "old.wav", (1, 1))
    async with opened(config=configured(tmp_path)):
        left = [path.name for folder in ("recordings", "uploads") for path in (tmp_path / folder).iterdir()]
        assert left == ["new.wav"]


async def test_what_ended_long_ago_is_forgotten(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.add(job("old", state=State.DONE, finished=1.0), most=9)
    store.close()
    async with opened(config=configured(tmp_path)) as desk:
        await desk.ended((await desk.submit(["alpha"])).json()["id"])
        assert (await desk.http.get("/jobs/old")).status_code == 404
    async with opened(config=configured(tmp_path, retention_hours=0.0)) as desk:
        assert len((await desk.http.get("/jobs")).json()["jobs"]) == 1


class Full:
    """A connection to a table on a disk that takes nothing, as long as `what` is in a statement."""

    def __init__(self, connection: Any, what: str) -> None:
        self.connection, self.what = connection, what
        self.refused = 0

    def execute(self, statement: str, *values: Any) -> Any:
        if self.what in statement:
            self.refused += 1
            raise sqlite3.OperationalError("database or disk is full")
        return self.connection.execute(statement, *values)


@pytest.mark.parametrize("what", ["DELETE FROM jobs", "SELECT * FROM jobs WHERE state"])
async def test_a_full_disk_stops_no_work_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    monkeypatch.setattr(jobs, "_PATIENCE", 0.01)
    async with opened(config=configured(tmp_path)) as desk:
        first = (await desk.submit(["alpha"])).json()["id"]
        await desk.ended(first)
        store = desk.served.app.state.archive.jobs._opened
        store.change(first, finished=1.0)
        full = Full(store._connection, what)
        monkeypatch.setattr(store, "_connection", full)
        desk.served.app.state.archive.jobs.wake()
        await until(lambda: full.refused >= 2)
        monkeypatch.setattr(store, "_connection", full.connection)
        second = (await desk.submit(["bravo"])).json()["id"]
        assert (await desk.ended(second))["state"] == "done"
        assert (await desk.http.get(f"/jobs/{first}")).status_code == 404
    assert "jobs wait: jobs cannot be kept: database or disk is full" in caplog.text


async def test_a_job_whose_end_the_disk_did_not_take_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_PATIENCE", 0.01)
    recognizer = Counted(0)
    async with opened(engines(recognizer=recognizer), config=configured(tmp_path)) as desk:
        number = (await desk.submit(["alpha"])).json()["id"]
        await until(lambda: recognizer.asked > 0)
        store = desk.served.app.state.archive.jobs._opened
        full = Full(store._connection, "UPDATE")
        monkeypatch.setattr(store, "_connection", full)
        recognizer.opened.set()
        await until(lambda: full.refused >= 3)
        monkeypatch.setattr(store, "_connection", full.connection)
        assert (await desk.ended(number))["state"] == "done"

"""Jobs on the disk: what is kept of them, and how often the server may be killed over one."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.recordings import recordings
from server.recordings.accurate import Passage, left_off
from server.recordings.jobstore import MOST_NOTICES, Job, JobNotice, JobStore, State
from tests.served import Process, engines
from tests.test_accurate import run
from tests.test_jobs import Counted, configured, job, opened, recording

SERVER = """
import os, signal, sys, time
from pathlib import Path
from server import app, config
from server.interpretation import models
from streaming.scripted import ScriptedRecognizer
from tests.served import engines

class Deadly(ScriptedRecognizer):
    def recognize(self, windows):
        found = super().recognize(windows)
        while any("charlie" in word.text for heard in found for word in heard.words):
            time.sleep(0.01)
            if Path(sys.argv[2], "now").exists():
                os.kill(os.getpid(), signal.SIGKILL)
        return found

models.load_engines = lambda config, say: engines(recognizer=Deadly())
app.serve(config.load(
    server={"port": int(sys.argv[1])}, events={"path": "memory"}, recordings={"folder": sys.argv[2]},
    recognition={"workers": 1},
))
"""


async def test_no_recording_kills_the_server_for_ever(tmp_path: Path) -> None:
    server, now = Process(SERVER, tmp_path), tmp_path / "now"
    await asyncio.to_thread(server.start)
    async with httpx2.AsyncClient() as http:
        files = {"file": ("talk.flac", recording(["alpha", "bravo", "charlie", "delta"]))}
        number = (await http.post(f"http://{server.address}/v1/jobs", files=files)).json()["id"]
        for _ in range(3):
            now.touch()
            assert await asyncio.to_thread(server.process.wait, 20) == -signal.SIGKILL
            assert server.process.stdout is not None
            server.process.stdout.close()
            now.unlink()
            await asyncio.to_thread(server.start)
        found = (await http.get(f"http://{server.address}/v1/jobs/{number}")).json()
    server.stop()
    assert (found["state"], found["error"]["code"]) == ("failed", "internal")
    assert found["error"]["message"].startswith(
        "talk.flac: the server was killed 3 times in the middle of it"
    )
    assert not os.listdir(tmp_path / "recordings")


async def test_a_job_is_known_to_run_before_its_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file that kills the server when it is opened would do so at every start."""
    states: list[State] = []

    def opened_by(path: Path) -> float:
        store = desk.served.app.state.archive.jobs._opened
        states.extend(found.state for found in store.newest(9))
        return 1.0

    monkeypatch.setattr(recordings, "duration", opened_by)
    async with opened(config=configured(tmp_path)) as desk:
        await desk.ended((await desk.submit(["alpha"])).json()["id"])
    assert states == [State.RUNNING]


def killed(folder: Path, ends: Sequence[float | None]) -> Job:
    """Let the server be killed in the middle of a job again and again, each time behind a passage or none."""
    store = JobStore(folder / "jobs.sqlite3")
    store.add(job("a"), most=9)
    for number, end in enumerate(ends):
        store.change("a", state=State.RUNNING)
        if end is not None:
            store.hear("a", Passage(end, number))
        store.close()
        store = JobStore(folder / "jobs.sqlite3")
        store.resume(now=7.0)
    found = store.get("a")
    store.close()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ([None], State.QUEUED),
        ([None, None], State.QUEUED),
        ([None, None, None], State.FAILED),
        ([None, None, 1.0], State.QUEUED),
        ([1.0, None], State.QUEUED),
        ([1.0, None, None], State.FAILED),
        ([1.0, None, 2.0, None], State.QUEUED),
        ([1.0, 2.0, 3.0, 4.0, 5.0], State.QUEUED),
    ],
)
def test_who_gets_on_is_resumed_and_who_does_not_has_failed_in_the_end(
    tmp_path: Path, ends: list[float | None], state: State
) -> None:
    found = killed(tmp_path, ends)
    assert (found.state, found.resumed) == (state, len(ends))
    assert (found.finished, found.error_code) == (
        (7.0, "internal") if state is State.FAILED else (None, None)
    )


def test_a_live_job_which_begins_anew_must_get_further_too(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.add(job("a", mode="live"), most=9)
    for _ in range(3):
        store.change("a", state=State.RUNNING)
        store.forget("a")
        store.hear("a", Passage(1.0, 0))
        store.resume(now=0.0)
    found = store.get("a")
    assert found and found.state is State.FAILED
    store.close()


def test_what_was_kept_up_to_any_passage_is_gone_on_from_as_if_nothing_had_been(tmp_path: Path) -> None:
    whole = run(["alpha", "bravo", "", "charlie", "", "delta"], source=None)
    for count in range(len(whole) + 1):
        store = JobStore(tmp_path / f"{count}.sqlite3")
        store.add(job("a"), most=9)
        for passage in whole[:count]:
            store.hear("a", passage)
        store.close()  # a server that is killed gets no further than it was
        store = JobStore(tmp_path / f"{count}.sqlite3")
        for passage in run(
            ["alpha", "bravo", "", "charlie", "", "delta"], source=None, last=left_off(store.heard("a"))
        ):
            store.hear("a", passage)
        assert store.heard("a") == whole
        store.close()


def test_a_server_that_is_stopped_in_order_counts_for_nothing(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.add(job("a"), most=9)
    for _ in range(5):
        store.change("a", state=State.RUNNING)
        store.put_back()
        store.resume(now=0.0)
    found = store.get("a")
    assert found and (found.state, found.resumed, found.kills) == (State.QUEUED, 5, 0)
    store.close()


@pytest.mark.parametrize(
    ("known", "again", "path", "stamp"),
    [
        ({}, {}, "new", "2"),
        ({"state": State.RUNNING}, {}, "new", "2"),
        ({"state": State.DONE}, {}, "old", "1"),
        ({"owned": True}, {}, "old", "1"),
        ({}, {"owned": True}, "old", "1"),
    ],
)
def test_the_same_recording_lies_where_it_was_seen_last(
    tmp_path: Path, known: dict[str, Any], again: dict[str, Any], path: str, stamp: str
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.add(job("a", key="k", path="old", stamp="1", **known), most=9)
    found, new = store.add(job("b", key="k", path="new", stamp="2", **again), most=9)
    assert (found.id, found.path, found.stamp, new) == ("a", path, stamp, False)
    assert store.get("a") == found
    store.close()


async def test_a_recording_that_was_touched_while_it_waits_may_be_submitted_again(tmp_path: Path) -> None:
    gate, said = Counted(free=0), tmp_path / "root" / "talk.flac"
    said.parent.mkdir()
    said.write_bytes(recording(["alpha"]))
    config = configured(tmp_path / "kept", root=str(said.parent))
    async with opened(engines(recognizer=gate), config=config) as desk:
        await desk.submit(["bravo"])
        first = (await desk.http.post("/jobs", json={"path": "talk.flac"})).json()
        os.utime(said, (1, 1))
        second = (await desk.http.post("/jobs", json={"path": "talk.flac"})).json()
        assert second["duplicate"] and second["id"] == first["id"]
        gate.opened.set()
        assert (await desk.ended(first["id"]))["state"] == "done"


def test_notices_are_kept_once_each_and_not_without_end(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    first = JobNotice("rate", "the hypothesis was dropped", 1.5)
    store.add(job("a"), most=9)
    store.notice("a", first)
    store.notice("a", replace(first, seconds=7.0))
    store.notice("gone", first)
    store.close()
    store = JobStore(tmp_path / "jobs.sqlite3")
    found = store.get("a")
    assert found and found.notices == (first,)
    for number in range(2 * MOST_NOTICES):
        store.notice("a", JobNotice("rate", f"{number} words were dropped", None))
    found = store.get("a")
    assert found and len(found.notices) == MOST_NOTICES
    store.forget("a")
    found = store.get("a")
    assert found and not found.notices
    store.close()


def test_a_table_of_the_first_version_is_read_on(tmp_path: Path) -> None:
    known = job("a", targets=("es", "zh"), resumed=1)
    young = {"kills", "killed_at", "notices"}
    names = [field.name for field in fields(Job) if field.name not in young]
    values: dict[str, Any] = {name: getattr(known, name) for name in names} | {"targets": '["es", "zh"]'}
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as table:
        table.execute(f"CREATE TABLE jobs ({', '.join(names)}, PRIMARY KEY (id))")
        table.execute(f"INSERT INTO jobs VALUES ({', '.join('?' * len(names))})", [*values.values()])
        table.executescript('CREATE TABLE passages (job, number, "end", language, records)')
        table.execute("PRAGMA user_version = 1")
    table.close()
    for number in ("b", "c"):
        store = JobStore(tmp_path / "jobs.sqlite3")
        assert store.add(job(number), most=9) == (job(number), True)
        assert store.get("a") == known
        store.close()

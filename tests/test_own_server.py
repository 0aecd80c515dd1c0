"""The servers that benchmarks start: nothing of the user's is taken over, and what they say is heard."""

import sys
import time
from pathlib import Path

import httpx2
import pytest

from benchmarks import own_server
from benchmarks.own_server import Models
from server import config
from server.access.auth import Role, new_key
from server.access.keys import KeyFile
from server.access.keys import folder as keys_folder
from server.recordings.folder import default_folder
from server.recordings.jobstore import Job, JobStore

CHOSEN = Models("base", ("one", "two"), "fast", "steady")


def test_everything_that_a_server_keeps_is_in_the_folder(tmp_path: Path) -> None:
    found = config.load(own_server.configure(tmp_path, CHOSEN, limits={"utilisation": 0.0}))
    assert found.recognition.model == "base" and found.recognition.preset == "fast"
    assert found.translation.models == ("one", "two") and found.translation.preset == "steady"
    assert found.limits.utilisation == 0
    places = [found.access.folder, found.recordings.folder, found.packs.folder, found.events.file]
    assert all(place and Path(place).is_relative_to(tmp_path) for place in places)


def test_a_section_says_more(tmp_path: Path) -> None:
    found = config.load(
        own_server.configure(tmp_path, Models(), recordings={"root": "/"}, recognition={"workers": 1})
    )
    assert found.recordings.root == "/" and found.recordings.folder
    assert found.recognition.workers == 1 and found.recognition.model == "embedded"


def test_what_is_measured_is_named() -> None:
    assert str(CHOSEN) == "recognizer base, translators one, two (recognition fast, translation steady)"


@pytest.mark.models
def test_the_user_keeps_jobs_recordings_and_keys() -> None:
    folder = default_folder()
    folder.mkdir(parents=True)
    recording = folder / "mine.flac"
    recording.write_bytes(b"no sound, but mine")
    job = Job("mine", "k", "talk.flac", str(recording), "", True, "en", (), "accurate", "", time.time())
    store = JobStore(folder / "jobs.sqlite3")
    store.add(job, most=1)
    before = store.get("mine")
    store.close()
    KeyFile(keys_folder("")).add(new_key("me", Role.ADMIN, None, time.time())[1])

    with own_server.serving(Models()) as server:
        address = f"http://127.0.0.1:{server.port}/v1"
        answer = httpx2.get(f"{address}/jobs/mine")
        assert answer.status_code == 404, "the server knows the user's job, or asks for the user's keys"

    store = JobStore(folder / "jobs.sqlite3")
    assert store.get("mine") == before
    store.close()
    assert recording.exists()


def test_what_a_starting_server_says_is_let_through(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys, time; print('no such model', file=sys.stderr, flush=True)"
    with pytest.raises(SystemExit), own_server.run([sys.executable, "-c", script], lambda: False):
        raise AssertionError("it was never ready")
    assert capsys.readouterr().err == "no such model\n"

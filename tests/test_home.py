"""The user's home: what lies where in it; and no test sees that of whoever runs it, or of another test."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.access import keys
from server.access.auth import Role, new_key
from server.access.keys import KeyFile
from server.config import EventsConfig
from server.interpretation import models, packs
from server.recordings.folder import default_folder

PLACES: dict[str, Callable[[], Path | None]] = {
    "keys": lambda: keys.folder(""),
    "models": models.folder,
    "packs": packs.folder,
    "recordings": default_folder,
    "events": lambda: EventsConfig().file,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("named", [True, False])
def test_a_user_has_one_folder_of_data_and_one_of_state(
    named: bool, place: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "state" if place == "events" else "share"
    folder = home / "elsewhere" if named else home / ".local" / kind
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder) if named else "")
    found = PLACES[place]()
    assert found and found.is_relative_to(folder / "dragoman")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_the_users_is_the_tests(place: str, home: Path) -> None:
    found = PLACES[place]()
    assert found and found.is_relative_to(home)


@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_finds_what_another_left(turn: int) -> None:
    folders = [place() for place in PLACES.values()]
    assert [folder for folder in folders if folder and folder.exists()] == []
    default_folder().mkdir(parents=True)
    KeyFile(keys.folder("")).add(new_key("me", Role.ADMIN, None, 0.0)[1])


def test_programs_that_are_started_have_the_same_home(home: Path) -> None:
    program = "from pathlib import Path; print(Path.home())"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(home)


@pytest.fixture(scope="module")
def shared() -> Path:
    """Set up before any test of this module."""
    return Path.home()


def test_fixtures_of_several_tests_have_one_too(
    shared: Path, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert shared.is_relative_to(tmp_path_factory.getbasetemp())
    assert shared != home

"""What tests share: a home of their own, and where recordings beyond the project's own samples are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: no test asserts wall-clock time, Hypothesis's own limits included.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

DATA = Path(os.environ.get("DRAGOMAN_DATA") or Path(__file__).parent.parent.parent / "shared" / "data")


OWN = ("DRAGOMAN_KEY", "DRAGOMAN_MODELS")
"""What the environment of whoever runs the tests may name of theirs."""


def move(home: Path, patch: pytest.MonkeyPatch) -> Path:
    """Make a folder the home of this process and of those that it starts."""
    patch.setenv("HOME", str(home))
    for name in ("data", "state", "cache"):
        patch.setenv(f"XDG_{name.upper()}_HOME", str(home / name))
    for name in OWN:
        patch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session", autouse=True)
def common_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of fixtures that several tests share: they are set up before a test has its own."""
    with pytest.MonkeyPatch.context() as patch:
        yield move(tmp_path_factory.mktemp("common_home"), patch)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: it finds no keys, jobs or models of whoever runs it, or of another test."""
    return move(tmp_path_factory.mktemp("home"), monkeypatch)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recordings for measuring; tests that need it are skipped where there is none."""
    if not (DATA / "speech" / "manifest.jsonl").exists():
        pytest.skip("no recordings: set DRAGOMAN_DATA to a folder that holds speech/manifest.jsonl")
    return DATA

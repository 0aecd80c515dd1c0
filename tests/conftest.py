"""What tests share: where recordings beyond the project's own samples are."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: no test asserts wall-clock time, Hypothesis's own limits included.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

DATA = Path(os.environ.get("DRAGOMAN_DATA") or Path(__file__).parent.parent.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recordings for measuring; tests that need it are skipped where there is none."""
    if not (DATA / "speech" / "manifest.jsonl").exists():
        pytest.skip("no recordings: set DRAGOMAN_DATA to a folder that holds speech/manifest.jsonl")
    return DATA


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep servers from the user's own event log."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

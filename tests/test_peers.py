"""The benchmark of servers: what it reads, and whom it leaves out."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.talks import Talk
from streaming.words import Word


def test_our_captions_are_read_as_one_text() -> None:
    read = peers.PEERS["dragoman"].reader()
    said = [(0, "Good", " mourning"), (0, "Good morning.", ""), (1, "Every", "one"), (1, "Everyone", "")]
    shown = [
        read({"type": "caption", "utterance": number, "committed": committed, "tentative": tentative})
        for number, committed, tentative in said
    ]
    assert shown[0] == ("Good", " mourning")
    assert shown[2:] == [("Good morning. Every", "one"), ("Good morning. Everyone", "")]
    assert read({"type": "done"}) is None


def test_what_is_not_installed_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert peers._is_installed("dragoman", Path(sys.executable))
    assert not peers._is_installed("whisperlive", tmp_path / "python")
    monkeypatch.setattr(sys, "argv", ["peers", f"whisperlive={tmp_path}/python", "--sets", "samples"])
    peers.main()
    assert capsys.readouterr().err.count("whisperlive is not installed") == 2


def test_an_unknown_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["peers", "nobody"])
    with pytest.raises(SystemExit):
        peers.main()


def test_what_is_tentative_in_the_end_counts_as_committed() -> None:
    words = (Word("one", 0.0, 0.5), Word("two", 0.5, 1.0))
    talk = Talk("talk", "en", np.zeros(16_000, np.float32), "one two", words=words)
    found = peers.figures(talk, [(0.8, "", "one"), (1.5, "one", " two")], 0.25)
    assert found.errors.operations == 0
    assert found.lags == pytest.approx((1.0, 0.5))
    assert found.seen == pytest.approx((0.3, 0.5))
    assert found.cost == 0.25

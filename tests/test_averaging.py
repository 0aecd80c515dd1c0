"""Checkpoints are averaged weight by weight; the rest is the last one's. Needs PyTorch, an extra."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the recipes' extra is not installed")

from embedded.recipe import averaging  # noqa: E402


def checkpoint(network: float, average: float, step: int) -> dict[str, Any]:
    weights = {"network": torch.full((2, 2), network), "average": torch.full((2, 2), average)}
    return {**{name: {"layer.weight": value} for name, value in weights.items()}, "progress": {"step": step}}


def test_training_goes_on_from_the_mean_of_what_was_averaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("first.pt", "second.pt")]
    for path, state in zip(paths, (checkpoint(9.0, 1.0, 10), checkpoint(7.0, 2.0, 20)), strict=True):
        torch.save(state, path)
    target = tmp_path / "asr-training" / "checkpoint.pt"
    monkeypatch.setattr("sys.argv", ["averaging", *map(str, paths), "--to", str(target)])
    averaging.main()
    state = torch.load(target, weights_only=True)
    assert state["progress"] == {"step": 20}
    for part in ("network", "average"):
        assert state[part]["layer.weight"].tolist() == [[1.5, 1.5], [1.5, 1.5]]

"""Checkpoints: what a translator's folder in Hugging Face's format is, before it is converted.

Its card becomes ours (`dragoman.json`): the family, the pairs where only the checkpoint says them, and the
instructions of a T5, which stand in its own `config.json`. Weights are not read here.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mt.folders import read_json
from mt.languages import known, normalized
from streaming.errors import ModelError

KINDS: Final = {
    "marian": ("source.spm", "target.spm"),
    "m2m_100": ("sentencepiece.bpe.model",),
    "t5": ("spiece.model",),
    "mt5": ("spiece.model",),
}
"""`model_type` of a configuration → the files without which its text cannot be cut into pieces."""
_ALSO = ("tokenizer_config.json", "README.md", "LICENSE", "LICENSE.txt", "LICENSE.md")
_TASK = re.compile(r"^translation_([a-z]{2,3})_to_([a-z]{2,3})$")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A translator that can be converted."""

    folder: Path
    kind: str
    """A key of `KINDS`."""
    files: tuple[Path, ...]
    """What is copied beside the weights."""
    card: dict[str, Any]
    """What its `dragoman.json` says so far."""


def read(folder: Path, configuration: dict[str, Any]) -> Checkpoint:
    """Tell what is needed of a checkpoint with this `config.json`.

    Raises:
        ModelError: a file is missing.
    """
    kind = str(configuration["model_type"])
    if missing := [name for name in KINDS[kind] if not (folder / name).is_file()]:
        raise ModelError(
            f"{folder}: a checkpoint of the kind {kind} needs {' and '.join(KINDS[kind])}, "
            f"there is no {' and no '.join(missing)}"
        )
    files = [folder / name for name in (*KINDS[kind], *_ALSO) if (folder / name).is_file()]
    card = _pair(folder) if kind == "marian" else _tasks(configuration)
    return Checkpoint(folder, kind, tuple(files), card)


def _pair(folder: Path) -> dict[str, Any]:
    """Take the pair that a Marian tokenizer was made for; groups such as `zle` are in the vocabulary."""
    path = folder / "tokenizer_config.json"
    about = read_json(path) if path.exists() else {}
    source, target = (str(about.get(f"{side}_lang", "")) for side in ("source", "target"))
    if known(source) and known(target):
        return {"pairs": [[normalized(source), normalized(target)]]}
    return {}


def _tasks(configuration: dict[str, Any]) -> dict[str, Any]:
    """Take the instructions that a T5 was trained with."""
    tasks = configuration.get("task_specific_params") or {}
    found = {
        f"{match[1]}-{match[2]}": str(about["prefix"]).strip()
        for task, about in tasks.items()
        if (match := _TASK.match(task)) and about.get("prefix")
    }
    return {"family": "t5", "instructions": found} if found else {}

"""`dragoman models convert`: a checkpoint of Hugging Face's becomes a model that is served.

What it is and whether it can be converted is told before anything heavy is loaded, and the new folder gets
its name only when all of it is written and the engine knows it.
"""

import json
import re
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mt
from mt import checkpoints
from mt.folders import CARD, NOT_COMMERCIAL, read_json
from server.interpretation import hub
from streaming.errors import ModelError

WHISPER = "whisper"
_FRONT = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)
_LICENCE = re.compile(r"^license(_name)?:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_PROPER = {"APACHE-2.0": "Apache-2.0", "OPENRAIL": "OpenRAIL", "UNLICENSE": "Unlicense"}
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")

Say = Callable[[str], None]


def convert(name: str, output: str | None, quantization: str, models: Path, say: Say) -> Path:
    """Convert a checkpoint, a folder or a name on the hub, into the folder of models; gives the new folder.

    Raises:
        ModelError: it cannot be converted; the message says what came and what was expected.
    """
    found = Path(name)
    if not found.is_dir():
        if "/" not in name or name.startswith((".", "/")) or found.exists():
            raise ModelError(
                f"{name}: a checkpoint's folder was expected, or a name on the hub as owner/name"
            )
        found = hub.checkpoint(name)
    place = models / (output or name.rstrip("/").split("/")[-1])
    configuration = read_configuration(found)
    kind = configuration["model_type"]
    checkpoint = None if kind == WHISPER else checkpoints.read(found, configuration)
    if place.exists():
        raise ModelError(f"{place} is there already: choose another name with --output, or delete it")
    require_extra()
    licence = licence_of(found)
    say(f"converting {name} ({kind}, {licence or 'its card names no licence'}) to {place}")
    models.mkdir(parents=True, exist_ok=True)
    # In a folder of its own, where nobody looks for models, until it is whole.
    with tempfile.TemporaryDirectory(dir=models, prefix=".converting-") as partial:
        written = Path(partial) / place.name
        if checkpoint is None:
            _recognizer(found, written, quantization, licence)
        else:
            _translator(checkpoint, written, quantization, licence, say)
        written.rename(place)
    return place


def read_configuration(folder: Path) -> dict[str, Any]:
    """Read what a checkpoint says it is.

    Raises:
        ModelError: it says nothing, its weights are missing, or nobody can convert it.
    """
    if (folder / "model.bin").exists():
        raise ModelError(f"{folder} is in CTranslate2's format already: copy it to the folder of models")
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"{folder}: no config.json, so this is no checkpoint of Hugging Face's")
    configuration = read_json(path)
    kind = configuration.get("model_type") if isinstance(configuration, dict) else None
    possible = (*checkpoints.KINDS, WHISPER)
    if kind not in possible:
        raise ModelError(
            f"{path}: a model of the kind {kind!r} came; what can be converted is {', '.join(possible)}"
        )
    if not any(file for pattern in _WEIGHTS for file in folder.glob(pattern)):
        raise ModelError(f"{folder}: no weights ({' or '.join(_WEIGHTS)})")
    assert isinstance(configuration, dict)
    return configuration


def require_extra() -> None:
    """See that what reads checkpoints is installed.

    Raises:
        ModelError: it is not; the message says what to install.
    """
    if lacking := [name for name in ("torch", "transformers") if find_spec(name) is None]:
        raise ModelError(
            f"{' and '.join(lacking)} are needed to read checkpoints: install them once with "
            "pip install 'dragoman[convert]' (or -e '.[convert]' in a checkout)"
        )


def licence_of(folder: Path) -> str | None:
    """Read the licence in the front matter of a checkpoint's README.md, as people write it."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    front = _FRONT.match(text.replace("\r\n", "\n"))
    # Where the licence is `other`, its name says which.
    named = {bool(match[1]): match[2].upper() for match in _LICENCE.finditer(front[1])} if front else {}
    licence = named.get(True, named.get(False)) if named.get(False) == "OTHER" else named.get(False)
    if licence is None:
        return None
    licence = _PROPER.get(licence, licence)
    return f"{licence} {NOT_COMMERCIAL}" if "NC" in re.split(r"[-_.]", licence) else licence


def _translator(
    checkpoint: checkpoints.Checkpoint, written: Path, quantization: str, licence: str | None, say: Say
) -> None:
    from mt import conversion

    best = conversion.convert(checkpoint, written, quantization)
    _add_to_card(written, licence)
    mt.describe(written)
    if best is None:
        say("whether its attention aligns could not be measured: drafts that agree decide what is committed")
        return
    verdict = (
        "policies will read it"
        if best.aligns
        else "too little to be read: drafts that agree decide what is committed"
    )
    say(
        f"its best head (layer {best.layer}, head {best.head}) looks at {best.right:.0%} of {best.copies} "
        f"copied pieces: {verdict}"
    )


def _recognizer(checkpoint: Path, written: Path, quantization: str, licence: str | None) -> None:
    from asr import conversion

    conversion.convert(checkpoint, written, quantization)
    _add_to_card(written, licence)


def _add_to_card(folder: Path, licence: str | None) -> None:
    path = folder / CARD
    about = read_json(path) if path.exists() else {}
    if licence:
        about["licence"] = licence
    if about:
        path.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

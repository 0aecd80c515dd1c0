"""Models: which ones the configuration means, what is installed, and fetching more.

`auto` is the best that is here or can be had: a recognizer in the hub's cache, else one downloaded,
else the embedded one; every translator in the user's folder, and the embedded ones for the pairs that
are left. What is chosen without being asked for is said in one line.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asr
import embedded
import mt
import tts
from mt.folders import NOT_COMMERCIAL
from mt.router import Router
from server import hub
from server.config import Config
from server.engines import Engines
from server.manner import Manner
from streaming.errors import ConfigError, ModelError
from streaming.stages import Recognizer, Synthesizer

AUTO, EMBEDDED = "auto", "embedded"
DOWNLOADED = "small"
"""The recognizer that `auto` downloads where a hub can be reached."""
PREFERENCE = (
    *(
        "large-v3-turbo",
        "turbo",
        "large-v3",
        "large",
        "large-v2",
        "large-v1",
        "medium",
        "small",
        "base",
        "tiny",
    ),
    *("distil-large-v3.5", "distil-large-v3", "distil-large-v2", "distil-medium.en", "medium.en"),
    *("distil-small.en", "small.en", "base.en", "tiny.en"),
)
"""Recognizers by how gladly `auto` takes them: those of many languages first, then the better ones."""

_MODEL_FILES = ("model.bin", "metadata.json")
_LISTED = 12

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that is here."""

    kind: str
    """``recognizer`` or ``translator``."""
    name: str
    family: str
    licence: str
    serves: str
    """Languages or pairs, for people."""
    path: Path


def load_engines(config: Config, say: Say) -> Engines:
    """Build every engine that the configuration names.

    Raises:
        ModelError: a model that is not there, or not what it should be.
    """
    recognizer = load_recognizer(config, say)
    wanted = config.recognition
    if unknown := set(wanted.languages) - set(recognizer.languages or wanted.languages):
        heard = ", ".join(recognizer.languages)
        raise ConfigError(f"recognition.languages: {', '.join(sorted(unknown))} not recognised, only {heard}")
    return Engines(
        asr.load_detector(),
        recognizer,
        load_translator(config, say),
        load_synthesizer(config.speech.engine),
        Manner(recognizer.family, wanted.preset, wanted.languages, wanted.chinese, config.translation.preset),
    )


def load_recognizer(config: Config, say: Say) -> Recognizer:
    """Build the recognizer that the configuration names."""
    wanted = config.recognition
    folder = recognizer_folder(wanted.model, say)
    return asr.load_recognizer(
        folder, device=wanted.device, compute_type=wanted.compute_type, workers=wanted.workers or cores()
    )


def load_translator(config: Config, say: Say) -> Router:
    """Build the translators that the configuration names, behind one router."""
    wanted = config.recognition
    folders = translator_folders(config.translation.models, say)
    for about in map(mt.describe, folders):
        if NOT_COMMERCIAL in about.licence:
            say(f"the translator {about.name} is licensed {about.licence}")
    return mt.load(
        folders, device=wanted.device, compute_type=wanted.compute_type, workers=wanted.workers or cores()
    )


def load_synthesizer(engine: str) -> Synthesizer | None:
    """Build the synthesizer of this name; `auto` is espeak-ng where it is installed."""
    if engine == AUTO:
        engine = "espeak" if find_spec("espeakng_loader") else "none"
    return None if engine == "none" else tts.load(engine)


def cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def folder() -> Path:
    """Name the user's folder of models."""
    named = os.environ.get("DRAGOMAN_MODELS")
    return Path(named) if named else Path.home() / ".local" / "share" / "dragoman" / "models"


def recognizer_folder(name: str, say: Say) -> Path:
    """Find the recognizer that a name means: a folder, an embedded one, or a name that faster-whisper knows.

    Raises:
        ModelError: it is not here and cannot be downloaded.
    """
    if name == EMBEDDED:
        return _first_embedded()
    if name != AUTO:
        return _local(name, embedded.recognizers()) or asr.find(name)
    cached = asr.cached()
    for preferred in PREFERENCE:
        if preferred in cached:
            return asr.find(preferred)
    if hub.answers():
        say(f"downloading the recognizer {DOWNLOADED} (once)")
        return asr.find(DOWNLOADED)
    path = _first_embedded()
    say(
        f"using the embedded recognizer {path.name}: trained on synthetic voices; "
        f"for human speech: --model {DOWNLOADED}"
    )
    return path


def translator_folders(names: str | Iterable[str], say: Say) -> list[Path]:
    """Find the translators that the names mean, in the order in which they are preferred.

    `auto` may be one of several names: all the others come after what was named before it.

    Raises:
        ModelError: one of them is not here.
    """
    if names != AUTO:
        return [
            path
            for name in ([names] if isinstance(names, str) else names)
            for path in (translator_folders(AUTO, say) if name == AUTO else _translators(name))
        ]
    found, served = [], set[tuple[str, str]]()
    for path in _children(folder()):
        try:
            served.update(mt.describe(path).pairs)
        except ModelError:
            continue  # the folder holds recognizers as well
        found.append(path)
    for path in embedded.translators():
        if left := [pair for pair in mt.describe(path).pairs if pair not in served]:
            say(f"using the embedded translator {path.name}, a very small one, for {pairs(left)}")
            found.append(path)
    return found


def pairs(found: Iterable[tuple[str, str]]) -> str:
    """Write language pairs for people; many are counted."""
    written = [f"{source}→{target}" for source, target in sorted(found)]
    if len(written) <= _LISTED:
        return ", ".join(written)
    spoken = {language for pair in written for language in pair.split("→")}
    return f"{len(written)} pairs of {len(spoken)} languages"


def installed() -> list[Installed]:
    """List the models that are here: downloaded, the user's own, and embedded."""
    here = set(asr.cached())
    cached = {asr.find(name): name for name in reversed(PREFERENCE) if name in here}
    whispers = [
        Installed("recognizer", name, "whisper", "MIT", "many languages", path)
        for path, name in reversed(cached.items())
    ]
    return whispers + [_described(path) for path in (*_children(folder()), *_embedded())]


def download(name: str, say: Say) -> Path:
    """Fetch a model: a recognizer by its name, an OPUS-MT pair, or any repository of the hub.

    Raises:
        ModelError: there is no such model, or no network.
    """
    if name.startswith("opus-mt-"):
        return _download(f"gaudi/{name}-ctranslate2", name, say)
    if "/" in name:
        return _download(name, name.split("/")[-1], say)
    return asr.find(name)


def _download(repository: str, name: str, say: Say) -> Path:
    path = folder() / name
    if not (path / "model.bin").exists():
        say(f"downloading {repository} to {path}")
        hub.fetch(repository, path)
    if not (path / "model.bin").exists():
        shutil.rmtree(path, ignore_errors=True)
        raise ModelError(f"{repository} holds no CTranslate2 model (no model.bin in it)")
    return path


def _local(name: str, known: Iterable[Path]) -> Path | None:
    path = Path(name)
    if path.is_file() or any((path / file).exists() for file in _MODEL_FILES):
        return path
    return {path.name: path for path in (*known, *_children(folder()))}.get(name)


def _first_embedded() -> Path:
    if found := embedded.recognizers():
        return found[0]
    raise ModelError(f"there is no recognizer: name a folder, or with a network --model {DOWNLOADED}")


def _translators(name: str) -> list[Path]:
    if name == EMBEDDED:
        return embedded.translators()
    if path := _local(name, embedded.translators()):
        return [path]
    raise ModelError(
        f"there is no translator {name}: name a folder, or fetch it with dragoman models download {name}"
    )


def _children(parent: Path) -> list[Path]:
    """List the models in a folder: CTranslate2's folders, and Argos packages, packed or not."""
    folders = {path.parent for name in _MODEL_FILES for path in parent.glob(f"*/{name}")}
    return sorted(folders | {*parent.glob("*.argosmodel")})


def _embedded() -> list[Path]:
    return embedded.recognizers() + embedded.translators()


def _described(path: Path) -> Installed:
    try:
        about = mt.describe(path)
    except ModelError:
        return _recognizer(path)
    return Installed("translator", path.name, about.family, about.licence, pairs(about.pairs), path)


def _recognizer(path: Path) -> Installed:
    card = path / "dragoman.json"
    about = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
    spoken = ", ".join(about.get("languages", ())) or "unknown"
    return Installed("recognizer", path.name, "whisper", about.get("licence", "unknown"), spoken, path)

"""Models: which ones the configuration means, and fetching more.

`auto` is the best that is here or can be had: a recognizer in the hub's cache, else one downloaded,
else the embedded one; every translator in the user's folder, and the embedded ones for the pairs that
are left. What is chosen without being asked for is said in one line.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import asr
import embedded
import mt
import tts
from asr.endpointing import LONGEST
from mt.folders import NOT_COMMERCIAL
from mt.router import Router
from mt.tiers import Tier, Tiers
from server.config import Config, data_folder
from server.interpretation import hub
from server.interpretation.engines import Engines, Model
from server.interpretation.manner import Manner
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.errors import ConfigError, ModelError
from streaming.stages import Recognizer, Synthesizer, Window

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
NICE = 10
"""How much the threads of the large translator give way, 0 … 19."""

Say = Callable[[str], None]


def load_engines(config: Config, say: Say) -> Engines:
    """Build every engine that the configuration names.

    Raises:
        ModelError: a model that is not there, or not what it should be.
    """
    wanted = config.recognition
    heard_by = recognizer_folder(wanted.model, say)
    recognizer = _recognizer(config, heard_by)
    tiers = load_tiers(config, say)
    if unknown := set(wanted.languages) - set(recognizer.languages or wanted.languages):
        heard = ", ".join(recognizer.languages)
        raise ConfigError(f"recognition.languages: {', '.join(sorted(unknown))} not recognised, only {heard}")
    return Engines(
        asr.load_detector(),
        recognizer,
        tiers.medium,
        load_synthesizer(config.speech.engine),
        Manner(
            recognizer.family,
            recognizer.longest,
            wanted.preset,
            wanted.languages,
            wanted.chinese,
            config.translation.preset,
            look_ahead=Tier.SMALL in tiers.routers,
        ),
        tiers.routers.get(Tier.SMALL),
        tiers.routers.get(Tier.LARGE),
        recognizer_model(wanted.model, heard_by),
    )


def warm_up(recognizer: Recognizer) -> None:
    """Let a recognizer hear the longest window once.

    The memory that it needs is then taken at the start, in one piece: what grows by and by, window by window,
    is scattered and cannot be given back. Nor do the first words wait for what is set up late.
    """
    silence = AudioChunk(np.zeros(round(LONGEST * SAMPLE_RATE), np.float32))
    recognizer.recognize([Window(silence, final=True, beam=True)])


def load_recognizer(config: Config, say: Say) -> Recognizer:
    """Build the recognizer that the configuration names."""
    return _recognizer(config, recognizer_folder(config.recognition.model, say))


def _recognizer(config: Config, folder: Path) -> Recognizer:
    wanted = config.recognition
    return asr.load_recognizer(
        folder, device=wanted.device, compute_type=wanted.compute_type, workers=workers(config)
    )


def load_tiers(config: Config, say: Say, wanted: Iterable[Tier] = (Tier.SMALL, Tier.LARGE)) -> Tiers:
    """Build the translators that commit, and those of the other sizes that are wanted and configured.

    Raises:
        ModelError: one of them is not there, or not what it should be.
    """
    found = {tier: folders for tier in wanted if (folders := tier_folders(config, tier))}
    medium = load_translator(config, say)
    for tier, folders in found.items():
        say(f"the {tier} translator: {', '.join(path.name for path in folders)}")
    small, large = found.get(Tier.SMALL), found.get(Tier.LARGE)
    return Tiers(
        medium,
        _load(config, small, say) if small else None,
        _gently(lambda: _load(config, large, say)) if large else None,
    )


def load_translator(config: Config, say: Say) -> Router:
    """Build the translators that commit, behind one router."""
    return _load(config, _medium_folders(config, say), say)


def _load(config: Config, folders: list[Path], say: Say) -> Router:
    wanted = config.recognition
    for about in map(mt.describe, folders):
        if NOT_COMMERCIAL in about.licence:
            say(f"the translator {about.name} is licensed {about.licence}")
    return mt.load(folders, device=wanted.device, compute_type=wanted.compute_type, workers=workers(config))


def _gently(load: Callable[[], Router]) -> Router:
    """Load a translator whose threads give way to all others: it must not slow what is live.

    Linux has a niceness for each thread, and threads inherit it from the one that starts them.
    """
    if sys.platform != "linux":
        return load()
    with ThreadPoolExecutor(1, initializer=os.nice, initargs=(NICE,)) as starting:
        return starting.submit(load).result()


def tier_folders(config: Config, tier: Tier) -> list[Path]:
    """Find the translators of a tier, in the order in which they are preferred.

    Raises:
        ModelError: one of them is not here; the message names the key.
    """
    if tier is Tier.MEDIUM:
        return _medium_folders(config, lambda line: None)
    names = config.translation.small if tier is Tier.SMALL else config.translation.large
    try:
        folders = translator_folders(names, lambda line: None)
        for folder in folders:
            mt.describe(folder)
    except ModelError as error:
        raise ModelError(f"translation.{tier}: {error}") from error
    return folders


def _medium_folders(config: Config, say: Say) -> list[Path]:
    """Find the translators that commit; `auto` takes those of other tiers last, for what no other serves."""
    names = config.translation.models
    folders = translator_folders(names, say)
    if names != AUTO and AUTO not in names:
        return folders
    others = {path.resolve() for tier in (Tier.SMALL, Tier.LARGE) for path in tier_folders(config, tier)}
    return sorted(folders, key=lambda path: path.resolve() in others)


def load_synthesizer(engine: str) -> Synthesizer | None:
    """Build the synthesizer of this name; `auto` is espeak-ng where it is installed."""
    if engine == AUTO:
        engine = "espeak" if find_spec("espeakng_loader") else "none"
    return None if engine == "none" else tts.load(engine)


def workers(config: Config) -> int:
    """Count the calls of an engine that run side by side: as configured, or one for each core to use."""
    if config.recognition.workers:
        return config.recognition.workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def folder() -> Path:
    """Name the user's folder of models."""
    named = os.environ.get("DRAGOMAN_MODELS")
    return Path(named) if named else data_folder() / "models"


def recognizer_folder(name: str, say: Say) -> Path:
    """Find the recognizer that a name means: a folder, an embedded one, or a name that faster-whisper knows.

    Raises:
        ModelError: it is not here and cannot be downloaded.
    """
    if name == EMBEDDED:
        return _first_embedded()
    if name != AUTO:
        return _local(name, embedded.recognizers()) or asr.find(name)
    if preferred := _preferred():
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


def recognizer_model(wanted: str, folder: Path) -> Model:
    """Say what the recognizer in a folder is; the hub's cache keeps those that it downloads under a hash, and
    so they are called as was `wanted`."""
    name = folder.absolute().name
    if folder.parent.name == "snapshots" and folder != Path(wanted):
        name = (_preferred() if wanted == AUTO else wanted) or name
    return Model(name, (folder / "model.bin").stat().st_mtime)


def check_recognizer(name: str) -> None:
    """See that a name means a recognizer, without downloading it.

    Raises:
        ModelError: no recognizer is called so.
    """
    if name == EMBEDDED:
        _first_embedded()
    elif name != AUTO and not _local(name, embedded.recognizers()):
        asr.check(name)


def translator_folders(names: str | Iterable[str], say: Say) -> list[Path]:
    """Find the translators that the names mean, in the order in which they are preferred.

    `auto` may be one of several names: all the others come after what was named before it. None comes twice.

    Raises:
        ModelError: one of them is not here.
    """
    if names != AUTO:
        once: dict[Path, Path] = {}
        for name in [names] if isinstance(names, str) else names:
            for path in translator_folders(AUTO, say) if name == AUTO else _translators(name):
                once.setdefault(path.resolve(), path)
        return [*once.values()]
    found, served = [], set[tuple[str, str]]()
    for path in children(folder()):
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
    return {path.name: path for path in (*known, *children(folder()))}.get(name)


def _preferred() -> str | None:
    """Name the best recognizer of the hub's cache."""
    cached = asr.cached()
    return next((name for name in PREFERENCE if name in cached), None)


def _first_embedded() -> Path:
    if found := embedded.recognizers():
        return found[0]
    raise ModelError(f"there is no recognizer: name a folder, or with a network --model {DOWNLOADED}")


def _translators(name: str) -> list[Path]:
    if name == EMBEDDED:
        return embedded.translators()
    if path := _local(name, embedded.translators()):
        return [path]
    if Path(name).is_absolute() or name.startswith((".", "~")):
        raise ModelError(f"there is no translator {name}: a folder with a model was expected there")
    raise ModelError(
        f"there is no translator {name}: name a folder, or fetch it with dragoman models download {name}"
    )


def children(parent: Path) -> list[Path]:
    """List the models in a folder: CTranslate2's folders, and Argos packages, packed or not."""
    folders = {path.parent for name in _MODEL_FILES for path in parent.glob(f"*/{name}")}
    return sorted(folders | {*parent.glob("*.argosmodel")})

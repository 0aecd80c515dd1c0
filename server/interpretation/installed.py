"""Installed: the models that are here, and what each is for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asr
import embedded
import mt
from mt.tiers import Tier
from server.config import Config
from server.interpretation.models import PREFERENCE, children, folder, pairs, tier_folders
from streaming.errors import ModelError


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


def configured_tiers(config: Config) -> dict[Path, str]:
    """Name the tiers of each translator, by its whole path; none where all translators are of one size."""
    found: dict[Path, list[str]] = {}
    if config.translation.small or config.translation.large:
        for tier in Tier:
            for path in tier_folders(config, tier):
                found.setdefault(path.resolve(), []).append(tier)
    return {path: ", ".join(tiers) for path, tiers in found.items()}


def installed(elsewhere: Iterable[Path] = ()) -> list[Installed]:
    """List the models that are here: downloaded, the user's own, embedded, and translators `elsewhere`."""
    here = set(asr.cached())
    cached = {asr.find(name): name for name in reversed(PREFERENCE) if name in here}
    whispers = [
        Installed("recognizer", name, "whisper", "MIT", "many languages", path)
        for path, name in reversed(cached.items())
    ]
    own = [*children(folder()), *_embedded()]
    known = {path.resolve() for path in own}
    return whispers + [_described(path) for path in (*own, *(p for p in elsewhere if p not in known))]


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

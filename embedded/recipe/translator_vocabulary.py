"""Which pieces a training of the translator has: those of the model that it goes on from, or its own.

They are learnt from what the translator will be shown, in the mixture's proportions: a language that is
taught has its letters, and more pieces the more often it comes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from embedded.recipe.bitext import Pair
from embedded.recipe.mixture import Mixture
from embedded.recipe.translator_pieces import LANGUAGES, Pieces, extended, train_pieces

PIECES = 13_000
"""Pieces of a training from nothing."""
EXTENSION = 3_000
"""Pieces added to those of a published model, for each language that it did not know."""
SHOWN = 300_000
"""Pairs that pieces are learnt from."""


def prepared(folder: Path, named: dict[str, list[Pair]], seed: int, start: Path | None) -> Pieces:
    """Return the pieces of the training in a folder, made when it begins; published ones stay as they are."""
    model = folder / "sentencepiece.bpe.model"
    if model.exists():
        return Pieces(model)
    if start is None:
        train_pieces(shown(named, seed), model, PIECES)
        return Pieces(model)
    partial = model.with_suffix(".partial")
    shutil.copyfile(start / model.name, partial)
    for language in unknown(start):
        extended(partial, partial, texts(shown(named, seed), language), EXTENSION)
    partial.rename(model)
    return Pieces(model)


def shown(named: dict[str, list[Pair]], seed: int, count: int = SHOWN) -> list[Pair]:
    """Return pairs as the translator is shown them, about `count`."""
    return Mixture(named, seed).draw(count, opening=False)


def texts(pairs: list[Pair], language: str) -> list[str]:
    """Return the texts of a language."""
    sides = [(pair.source, pair.source_language) for pair in pairs]
    sides += [(pair.target, pair.target_language) for pair in pairs]
    return [text for text, name in sides if name == language]


def unknown(published: Path) -> list[str]:
    """Return the languages of this recipe that a converted model does not know."""
    tokens = set(json.loads((published / "shared_vocabulary.json").read_text(encoding="utf-8")))
    return [language for language in LANGUAGES if f"__{language}__" not in tokens]

"""What the embedded translator learns from: pairs by name, and how often each is drawn.

Everyday sentences weigh most, because interpretation is speech; documentation gives words and longer
sentences. In an opening phase only short everyday sentences are seen, whole ones: they are cheap, and
alignment is learnt on them.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from embedded.recipe import bitext
from embedded.recipe.bitext import Pair
from embedded.recipe.formulas import formulas

WORK = Path("~/.cache/dragoman/recipe")
"""Folder of the trainings, each in a folder of its name with its corpora and checkpoints."""
NAME = "mt-en-zh-es-de"
BACKTRANSLATED = "backtranslated-zh"
"""Everyday English with Chinese that a translator wrote, where `backtranslation` has been run."""


def corpora(data: Path) -> dict[str, list[Pair]]:
    """Return the cleaned sentence pairs by name, English first, held-out sentences removed."""
    forbidden = bitext.held_out(data, Path(__file__).parents[1] / "samples")
    everyday = {language: bitext.tatoeba(data, language, forbidden) for language in ("zh", "es", "de", "fr")}
    named = {
        "everyday-zh": everyday["zh"],
        "pivoted-zh": bitext.pivoted(
            everyday["zh"], [everyday["es"], everyday["de"], everyday["fr"]], forbidden
        ),
        "everyday-es": everyday["es"],
        "everyday-de": everyday["de"],
        **{f"formulas-{language}": formulas(language, forbidden) for language in ("zh", "es", "de")},
        "documentation-zh": bitext.documentation(data, "zh", forbidden),
        "documentation-es": bitext.documentation(data, "es", forbidden),
        "documentation-de": bitext.documentation(data, "de", forbidden),
    }
    for name, pairs in named.items():
        print(f"{name}: {len(pairs)} pairs", flush=True)
    return named


def corpora_in(folder: Path, data: Path | None = None) -> dict[str, list[Pair]]:
    """Return the corpora, cleaned once and kept beside the checkpoints; `data` is read where they are not."""
    path = folder / "pairs.pickle"
    if data and not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(corpora(data)))
        partial.rename(path)
    named: dict[str, list[Pair]] = pickle.loads(path.read_bytes())
    written = folder / f"{BACKTRANSLATED}.pickle"
    return named | {BACKTRANSLATED: pickle.loads(written.read_bytes()) if written.exists() else []}


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the training mixture."""

    corpus: str
    backwards: bool
    """Whether the pairs are turned, so that English is the target."""
    weight: float
    """Relative number of pairs."""
    early: bool
    """Whether it is already present in the opening phase."""


MIXTURE = (
    Part("everyday-zh", False, 0.14, True),
    Part("pivoted-zh", False, 0.03, True),
    Part("documentation-zh", False, 0.02, False),
    Part("everyday-zh", True, 0.12, True),
    Part("pivoted-zh", True, 0.02, True),
    Part("documentation-zh", True, 0.01, False),
    Part("everyday-es", False, 0.48, True),
    Part("documentation-es", False, 0.01, False),
    Part("everyday-de", False, 0.22, True),
    Part("documentation-de", False, 0.01, False),
    Part(BACKTRANSLATED, True, 0.10, True),
    Part("formulas-zh", False, 0.03, True),
    Part("formulas-zh", True, 0.02, True),
    Part("formulas-es", False, 0.02, True),
    Part("formulas-de", False, 0.02, True),
    Part("everyday-es", True, 0.22, True),
    Part("documentation-es", True, 0.01, False),
    Part("everyday-de", True, 0.24, True),
    Part("documentation-de", True, 0.01, False),
    Part("formulas-es", True, 0.02, True),
    Part("formulas-de", True, 0.02, True),
)


@dataclass(slots=True)
class Mixture:
    """Draws pairs from the parts in proportion to their weights, each part in shuffled epochs."""

    named: dict[str, list[Pair]]
    seed: int = 1
    drawn: list[int] = field(default_factory=lambda: [0] * len(MIXTURE))
    """Pairs taken so far from each part; with the seed, the whole state."""

    def resume(self, drawn: list[int]) -> None:
        """Go on where an earlier training stopped; parts that it did not have begin."""
        self.drawn = drawn + [0] * (len(MIXTURE) - len(drawn))

    def draw(self, count: int, opening: bool) -> list[Pair]:
        """Return `count` pairs, in the opening phase short everyday ones only."""
        early = [i for i, part in enumerate(MIXTURE) if part.early or not opening]
        parts = [i for i in early if self.named[MIXTURE[i].corpus]]
        total = sum(MIXTURE[i].weight for i in parts)
        pairs: list[Pair] = []
        for i in parts:
            wanted = round(count * MIXTURE[i].weight / total)
            pairs += [pair for pair in self._take(i, wanted) if not opening or len(pair.source) < 60]
        return pairs

    def _take(self, index: int, count: int) -> Iterator[Pair]:
        part, corpus = MIXTURE[index], self.named[MIXTURE[index].corpus]
        epoch, order = -1, list[int]()
        for position in range(self.drawn[index], self.drawn[index] + count):
            if position // len(corpus) != epoch:
                epoch = position // len(corpus)
                order = list(range(len(corpus)))
                random.Random(f"{self.seed}/{index}/{epoch}").shuffle(order)
            pair = corpus[order[position % len(corpus)]]
            yield pair.reversed() if part.backwards else pair
        self.drawn[index] += count

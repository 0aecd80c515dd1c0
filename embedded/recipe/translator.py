"""Trains the embedded translator: `python -m embedded.recipe.translator --minutes 95`.

One network for several directions, told apart by language tokens. It may be stopped at any moment and
started again with the same command; more `--minutes` later continue with the learning rate that belongs
to the new total. Data are found through the environment variable DRAGOMAN_DATA.

Style of the mixture: everyday sentences weigh most, because interpretation is speech; documentation gives
words and longer sentences. In an opening phase only short everyday sentences are seen, whole ones:
they are cheap, and alignment is learnt on them.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import argparse
import os
import pickle
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from embedded.recipe import bitext
from embedded.recipe.bitext import Pair
from embedded.recipe.translator_model import Shape, TranslatorModel
from embedded.recipe.translator_pieces import PAD, Pieces, train_pieces

WORK = Path("~/.cache/dragoman/recipe")
PIECES = 10_000
LONGEST = 80
"""Tokens; longer sides are left out."""


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
        "documentation-zh": bitext.documentation(data, "zh", forbidden),
        "documentation-es": bitext.documentation(data, "es", forbidden),
    }
    for name, pairs in named.items():
        print(f"{name}: {len(pairs)} pairs", flush=True)
    return named


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
    Part("everyday-zh", False, 0.28, True),
    Part("pivoted-zh", False, 0.04, True),
    Part("documentation-zh", False, 0.03, False),
    Part("everyday-zh", True, 0.21, True),
    Part("pivoted-zh", True, 0.02, True),
    Part("documentation-zh", True, 0.01, False),
    Part("everyday-es", False, 0.23, True),
    Part("documentation-es", False, 0.01, False),
)


@dataclass(slots=True)
class Mixture:
    """Draws pairs from the parts in proportion to their weights, each part in shuffled epochs."""

    named: dict[str, list[Pair]]
    seed: int = 1
    drawn: list[int] = field(default_factory=lambda: [0] * len(MIXTURE))
    """Pairs taken so far from each part; with the seed, the whole state."""

    def draw(self, count: int, opening: bool) -> list[Pair]:
        """Return `count` pairs, in the opening phase short everyday ones only."""
        parts = [i for i, part in enumerate(MIXTURE) if part.early or not opening]
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


def padded(rows: list[list[int]], device: torch.device) -> Tensor:
    """Return ids [batch, longest row], padded at the end."""
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows], device=device)


def batches(
    pairs: list[Pair], pieces: Pieces, rng: random.Random, tokens: int
) -> Iterator[tuple[list[list[int]], list[list[int]]]]:
    """Yield (source rows, target rows) of like length, in random order, about `tokens` padded ids a side."""
    sources = pieces.source([pair.source for pair in pairs], [pair.source_language for pair in pairs])
    targets = pieces.target([pair.target for pair in pairs], [pair.target_language for pair in pairs])
    rows = [row for row in zip(sources, targets, strict=True) if max(map(len, row)) <= LONGEST]
    rows.sort(key=lambda row: max(map(len, row)) + rng.random())
    groups: list[list[tuple[list[int], list[int]]]] = [[]]
    for row in rows:
        if (len(groups[-1]) + 1) * max(map(len, row)) > tokens:
            groups.append([])
        groups[-1].append(row)
    rng.shuffle(groups)
    for group in groups:
        yield [source for source, _ in group], [target for _, target in group]


def loss_of(model: TranslatorModel, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the mean label-smoothed cross-entropy; the language token is given, never predicted.

    source: ids [batch, source]; target: ids [batch, target] as `Pieces.target` makes them.
    """
    mask = (source != PAD)[:, None, None, :]
    states = model.decode(target[:, :-1], model.encode(source, mask), mask)[:, 1:]
    labels = target[:, 2:]
    real = labels != PAD
    logits = model.logits(states[real])
    return functional.cross_entropy(logits.float(), labels[real], label_smoothing=smoothing)


@dataclass(slots=True)
class Progress:
    """What, with the weights, a resumed training needs to know."""

    step: int = 0
    chunk: int = 0
    seconds: float = 0.0
    """Training time so far, all runs together."""
    pairs: int = 0
    """Pairs seen, repetitions counted."""


class Training:
    """A training run that lives in a folder."""

    def __init__(self, folder: Path, data: Path, seed: int, dropout: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self.folder, self.seed = folder, seed
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.mixture = Mixture(_cached(folder / "pairs.pickle", data), seed)
        self.pieces = self._load_pieces()
        self.shape = Shape(vocabulary=self.pieces.size, dropout=dropout)
        self.model = TranslatorModel(self.shape).to(self.device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self.progress = Progress()
        self._resume()

    def _load_pieces(self) -> Pieces:
        model = self.folder / "sentencepiece.bpe.model"
        if not model.exists():
            named = self.mixture.named
            weighed = [*named["everyday-zh"] * 4, *named["everyday-es"], *named["documentation-zh"][:60_000]]
            train_pieces(weighed + named["documentation-es"][:30_000], model, PIECES, seed=self.seed)
        return Pieces(model)

    def _resume(self) -> None:
        path = self.folder / "last.pt"
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        self.mixture.drawn = state["drawn"]
        print(f"resumed at step {self.progress.step}", flush=True)

    def save(self, keep: int) -> None:
        """Write `last.pt` whole and the weights once more under the step's name; keep the newest `keep`."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
            "shape": asdict(self.shape),
            "drawn": self.mixture.drawn,
        }
        _write(state, self.folder / "last.pt")
        weights = {name: state[name] for name in ("model", "shape", "progress")}
        _write(weights, self.folder / f"weights-{self.progress.step:07d}.pt")
        for old in sorted(self.folder.glob("weights-*.pt"))[:-keep]:
            old.unlink()

    def _rate(self, seconds: float, peak: float, warmup: int) -> float:
        """Return the learning rate: linear warm-up by steps, then linear to zero at the end of the time."""
        return (
            peak * min(1.0, (self.progress.step + 1) / warmup) * max(0.0, 1 - self.progress.seconds / seconds)
        )

    def run(self, options: argparse.Namespace) -> None:
        """Train until the time is over."""
        budget = options.minutes * 60.0
        saved = shown = self.progress.seconds
        losses: list[float] = []
        self.model.train()
        while self.progress.seconds < budget:
            rng = random.Random(f"{self.seed}/{self.progress.chunk}")
            opening = self.progress.seconds < budget * options.opening
            pairs = self.mixture.draw(options.chunk, opening)
            if not opening:
                pairs = [bitext.live(pair, rng) for pair in bitext.joined(pairs, rng)]
            for rows in batches(pairs, self.pieces, rng, options.tokens):
                began = time.monotonic()
                losses.append(
                    self._step(*rows, self._rate(budget, options.rate, options.warmup), options.smoothing)
                )
                self.progress.seconds += time.monotonic() - began
                self.progress.pairs += len(rows[0])
                if self.progress.seconds - shown > 20:
                    shown = self.progress.seconds
                    print(self._line(losses), flush=True)
                    losses.clear()
                if self.progress.seconds - saved > 60 * options.every:
                    saved = self.progress.seconds
                    self.save(options.keep)
                if self.progress.seconds >= budget:
                    break
            self.progress.chunk += 1
        self.save(options.keep)

    def _line(self, losses: list[float]) -> str:
        done = self.progress
        return (
            f"{done.seconds / 60:6.1f} min  step {done.step}  pairs {done.pairs}  "
            f"loss {sum(losses) / max(1, len(losses)):.3f}  {done.pairs / done.seconds:.0f} pairs/s"
        )

    def _step(self, source: list[list[int]], target: list[list[int]], rate: float, smoothing: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        # On short sentences plain attention is a quarter faster in all than the fused kernel's backward pass.
        with torch.autocast(self.device.type, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            loss = loss_of(self.model, padded(source, self.device), padded(target, self.device), smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.progress.step += 1
        return float(loss.detach())


def _write(state: dict[str, Any], path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.rename(path)


def _cached(path: Path, data: Path) -> dict[str, list[Pair]]:
    """Return the corpora, cleaned once and kept beside the checkpoints."""
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(corpora(data)))
        partial.rename(path)
    named: dict[str, list[Pair]] = pickle.loads(path.read_bytes())
    return named


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Train the embedded translator.")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for checkpoints")
    parser.add_argument("--name", default="mt-en-zh-es")
    parser.add_argument(
        "--minutes", type=float, default=95, help="training time in all, earlier runs counted"
    )
    parser.add_argument("--rate", type=float, default=8e-4, help="highest learning rate")
    parser.add_argument(
        "--opening", type=float, default=0.6, help="share of the time for whole short sentences"
    )
    parser.add_argument("--warmup", type=int, default=400, help="steps")
    parser.add_argument("--smoothing", type=float, default=0.1, help="label smoothing")
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--tokens", type=int, default=1000, help="padded ids a side and batch")
    parser.add_argument("--chunk", type=int, default=10_000, help="pairs drawn, cut and sorted at a time")
    parser.add_argument("--every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--keep", type=int, default=8, help="checkpoints kept for averaging")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = Path(os.environ["DRAGOMAN_DATA"])
    Training(options.work.expanduser() / options.name, data, options.seed, options.dropout).run(options)


if __name__ == "__main__":
    main()

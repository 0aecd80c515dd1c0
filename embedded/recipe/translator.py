"""Trains the embedded translator: `python -m embedded.recipe.translator --minutes 95`.

One network for several directions, told apart by language tokens. It may be stopped at any moment and
started again with the same command; more `--minutes` later continue with the learning rate that belongs
to the new total. Data are found through the environment variable DRAGOMAN_DATA.

`--start` goes on from a converted model, with its pieces, instead of from nothing; a language that it did not
know gets pieces of its own behind the old ones.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from embedded.recipe import bitext
from embedded.recipe.bitext import Pair
from embedded.recipe.lexicon import Lexicon, learn
from embedded.recipe.mixture import MIXTURE, NAME, WORK, Mixture, corpora_in
from embedded.recipe.optimizers import optimizers, restore, states, step
from embedded.recipe.precision import mixed
from embedded.recipe.published import translator_weights, variables
from embedded.recipe.translator_model import Shape, TranslatorModel
from embedded.recipe.translator_pieces import PAD, Pieces, inherited
from embedded.recipe.translator_vocabulary import prepared
from streaming import memory

LEXICON = 30_000
"""Pairs of each everyday part that the lexicon is learnt from."""
GUIDANCE = 0.3
"""Weight of the guided attention heads' loss."""
LONGEST = 80
"""Tokens; longer sides are left out."""


def padded(rows: list[list[int]], device: torch.device) -> Tensor:
    """Return ids [batch, longest row], padded at the end."""
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows], device=device)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of like length: see `Pieces.source` and `Pieces.target`.

    links: (row, place in the source, place in the target) of pieces that belong together.
    """

    sources: list[list[int]]
    targets: list[list[int]]
    links: list[tuple[int, int, int]]


def batches(
    pairs: list[Pair], pieces: Pieces, lexicon: Lexicon, rng: random.Random, tokens: int
) -> Iterator[Batch]:
    """Yield batches in random order, about `tokens` padded ids a side."""
    sources, targets = rows_of(pairs, pieces)
    rows = [row for row in zip(sources, targets, strict=True) if max(map(len, row)) <= LONGEST]
    rows.sort(key=lambda row: max(map(len, row)) + rng.random())
    groups: list[list[tuple[list[int], list[int]]]] = [[]]
    for row in rows:
        if (len(groups[-1]) + 1) * max(map(len, row)) > tokens:
            groups.append([])
        groups[-1].append(row)
    rng.shuffle(groups)
    for group in groups:
        links = [(number, *link) for number, row in enumerate(group) for link in lexicon.links(*row)]
        yield Batch([source for source, _ in group], [target for _, target in group], links)


def rows_of(pairs: list[Pair], pieces: Pieces) -> tuple[list[list[int]], list[list[int]]]:
    """Return source rows and target rows."""
    sources = pieces.source([pair.source for pair in pairs], [pair.source_language for pair in pairs])
    return sources, pieces.target([pair.target for pair in pairs], [pair.target_language for pair in pairs])


def loss_of(
    model: TranslatorModel, batch: Batch, device: torch.device, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Return the mean label-smoothed cross-entropy and the loss of the guided heads, the first of each layer.

    The language token is given, never predicted. The guided heads pay -log of their attention where the
    lexicon says that a piece comes from.
    """
    source, target = padded(batch.sources, device), padded(batch.targets, device)
    mask = (source != PAD)[:, None, None, :]
    shown: list[Tensor] = []
    states = model.decode(target[:, :-1], model.encode(source, mask), mask, shown)[:, 1:]
    labels = target[:, 2:]
    real = labels != PAD
    logits = model.logits(states[real])
    loss = functional.cross_entropy(logits.float(), labels[real], label_smoothing=smoothing)
    row, place, written = torch.tensor(batch.links or [(0, 0, 1)], device=device).T
    # The state at one token writes the next.
    looked = torch.stack([weights[row, 0, written - 1, place] for weights in shown])
    return loss, -torch.log(looked + 1e-5).mean()


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

    def __init__(self, folder: Path, data: Path, seed: int, dropout: float, start: Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self.folder, self.seed = folder, seed
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.mixture = Mixture(corpora_in(folder, data), seed)
        self.pieces = prepared(folder, self.mixture.named, seed, start)
        self.shape = Shape(vocabulary=self.pieces.size, dropout=dropout)
        self.model = TranslatorModel(self.shape).to(self.device)
        self.lexicon = self._learn_lexicon()
        self.optimizers = optimizers(self.model)
        self.progress = Progress()
        if start:
            self._begin(start)
        self._resume()

    def _learn_lexicon(self) -> Lexicon:
        """Learn one lexicon for all directions."""
        rng, pairs = random.Random(self.seed), list[Pair]()
        for part in (part for part in MIXTURE if part.early):
            corpus = self.mixture.named[part.corpus]
            some = rng.sample(corpus, min(LEXICON, len(corpus)))
            pairs += [pair.reversed() if part.backwards else pair for pair in some]
        sources, targets = rows_of([bitext.live(pair, rng, cut=0.0) for pair in pairs], self.pieces)
        return learn(list(zip(sources, targets, strict=True)), self.pieces.size, self.pieces.special())

    def _begin(self, published: Path) -> None:
        """Take the weights of a converted model, those of new pieces from the old pieces they are made of."""
        found = translator_weights(variables(published / "model.bin"))
        old = json.loads((published / "shared_vocabulary.json").read_text(encoding="utf-8"))
        table = found["embedding.weight"]
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(published / "sentencepiece.bpe.model"))
        found["embedding.weight"] = inherited(table, old, self.pieces.tokens(), pieces)
        self.model.load_state_dict({name: torch.from_numpy(value) for name, value in found.items()})

    def _resume(self) -> None:
        path = self.folder / "last.pt"
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        restore(self.optimizers, state["optimizers"])
        self.progress = Progress(**state["progress"])
        self.mixture.resume(state["drawn"])
        print(f"resumed at step {self.progress.step}", flush=True)

    def save(self, keep: int) -> None:
        """Write `last.pt` whole and the weights once more under the step's name; keep the newest `keep`."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": states(self.optimizers),
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
        losses: list[tuple[float, float]] = []
        self.model.train()
        while self.progress.seconds < budget:
            rng = random.Random(f"{self.seed}/{self.progress.chunk}")
            opening = self.progress.seconds < budget * options.opening
            pairs = self.mixture.draw(options.chunk, opening)
            if not opening:
                pairs = [bitext.live(pair, rng) for pair in bitext.joined(pairs, rng)]
            for batch in batches(pairs, self.pieces, self.lexicon, rng, options.tokens):
                began = time.monotonic()
                rate = self._rate(budget, options.rate, options.warmup)
                losses.append(self._step(batch, rate, options.smoothing))
                self.progress.seconds += time.monotonic() - began
                self.progress.pairs += len(batch.sources)
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

    def _line(self, losses: list[tuple[float, float]]) -> str:
        done = self.progress
        loss, guide = (sum(column) / len(losses) for column in zip(*losses, strict=True))
        return (
            f"{done.seconds / 60:6.1f} min  step {done.step}  pairs {done.pairs}  "
            f"loss {loss:.3f}  guide {guide:.3f}  {done.pairs / done.seconds:.0f} pairs/s"
        )

    def _step(self, batch: Batch, rate: float, smoothing: float) -> tuple[float, float]:
        # On short sentences plain attention is a quarter faster in all than the fused kernel's backward pass.
        with mixed(self.device), sdpa_kernel(SDPBackend.MATH):
            loss, guide = loss_of(self.model, batch, self.device, smoothing)
        step(self.optimizers, loss + GUIDANCE * guide, self.model, rate)
        self.progress.step += 1
        return float(loss.detach()), float(guide.detach())


def _write(state: dict[str, Any], path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.rename(path)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Train the embedded translator.")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for checkpoints")
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--start", type=Path, help="folder of a converted model to go on from")
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
    memory.keep(memory.ALL)
    torch.set_num_threads(options.threads)
    data = Path(os.environ["DRAGOMAN_DATA"])
    Training(
        options.work.expanduser() / options.name, data, options.seed, options.dropout, options.start
    ).run(options)


if __name__ == "__main__":
    main()

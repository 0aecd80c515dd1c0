"""Train the embedded recogniser, from nothing or from a published model.

Made to be stopped: a checkpoint is written every few minutes and training goes on from it. The learning
rate follows the clock, not the steps: it falls over the last part of `--minutes`, so that a run on a slow
machine or on half a core still ends well. Running it again with more minutes raises the rate and goes on.
`--start` takes the weights of a converted model and, where none has been made, its vocabulary. Once people
are heard at all, `forced` finds out when they say what.

    python -m embedded.recipe.sentences
    python -m embedded.recipe.vocabulary
    python -m embedded.recipe.shards
    python -m embedded.recipe.flite
    python -m embedded.recipe.festival
    python -m embedded.recipe.recorded
    python -m embedded.recipe.nothing
    python -m embedded.recipe.recognizer --minutes 200
    python -m embedded.recipe.forced
    python -m embedded.recipe.recognizer --minutes 300
    python -m embedded.recipe.conversion --to embedded/asr-en-zh
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from embedded.recipe.examples import Batch
from embedded.recipe.network import Losses, Network, Shape, imagined_losses, losses
from embedded.recipe.optimizers import optimizers, restore, states, step
from embedded.recipe.precision import mixed
from embedded.recipe.published import recognizer_weights, variables
from embedded.recipe.sentences import recipe_folder
from embedded.recipe.shards import numbered
from embedded.recipe.supply import Kind, Supply
from streaming import memory

PEAK = 1.3e-3
WARM_UP = 300
WARM_START = 60
"""Steps to the highest rate, from nothing and from a published model."""
STRANGE = 100
"""Steps from a published model in which what only training has learns from the encoder alone."""
DECAY_FROM = 0.3
"""Share of the time after which the rate falls."""
FRAMES = 32 * 320
"""Mel frames in a batch, about: as many as two cores like; a GPU likes ten times as many."""
AVERAGE = 0.98
CHECKPOINT_SECONDS = 240.0


@dataclass(slots=True)
class Progress:
    """Where training stands.

    seconds: spent so far, over all runs.
    utterances: windows seen.
    names: phoneme names and their codes.
    learnt: steps whose difficulty a published model had behind it.
    pools: of batches that have been heard.
    """

    step: int = 0
    seconds: float = 0.0
    utterances: int = 0
    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    learnt: int = 0
    pools: int = 0


class Trainer:
    """The network, its optimiser and its averaged copy, which is what is converted in the end."""

    def __init__(self, work: Path, device: torch.device, peak: float = PEAK) -> None:
        torch.manual_seed(0)
        self.peak = peak
        self.work = work
        self.device = device
        self.vocabulary = work / "asr-vocabulary" / "tokenizer.json"
        size = Tokenizer.from_file(str(self.vocabulary)).get_vocab_size()
        self.network = Network(Shape(size)).to(device)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimizers = optimizers(self.network)
        self.progress = Progress()

    @property
    def checkpoint(self) -> Path:
        """The newest checkpoint."""
        return self.work / "asr-training" / "checkpoint.pt"

    def start(self, published: Path) -> None:
        """Take the weights of a converted model; what only training has is learnt again."""
        found = recognizer_weights(variables(published / "model.bin"))
        self.network.load_state_dict({n: torch.from_numpy(v) for n, v in found.items()}, strict=False)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.progress.learnt = 1_000

    def load(self) -> None:
        """Go on from the newest checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        restore(self.optimizers, state["optimizers"])
        self.average = state["average"]
        self.progress = Progress(**state["progress"])

    def save(self) -> None:
        """Write the checkpoint; the one before is replaced only when the new one is complete."""
        state = {
            "network": self.network.state_dict(),
            "optimizers": states(self.optimizers),
            "average": self.average,
            "progress": asdict(self.progress),
        }
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.rename(self.checkpoint)

    def rate(self, minutes: float) -> float:
        """The learning rate now."""
        used = self.progress.seconds / (60 * minutes)
        fall = min(1.0, (1.0 - used) / (1.0 - DECAY_FROM))
        steps = WARM_START if self.progress.learnt else WARM_UP
        return self.peak * min(1.0, (self.progress.step + 1) / steps) * max(fall, 0.01)

    @property
    def strange(self) -> bool:
        """True while what a published model does not bring along knows nothing."""
        return self.progress.step < STRANGE and bool(self.progress.learnt)

    def learn(self, batch: Batch, minutes: float, audible: bool = True) -> Losses:
        """One step on a batch that is heard or, where it has no spectra, imagined."""
        arrays = (batch.mel, batch.tokens, batch.targets, batch.sounds, batch.ranges)
        mel, *spelt = (torch.from_numpy(np.ascontiguousarray(array)).to(self.device) for array in arrays)
        with mixed(self.device):
            result = (
                losses(self.network, mel, spelt, self.strange)
                if audible
                else imagined_losses(self.network, *spelt)
            )
        step(self.optimizers, result.total, self.network, self.rate(minutes))
        if not audible:
            return result
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1.0 - AVERAGE)
        self.progress.step += 1
        self.progress.utterances += len(batch.mel)
        return result


def imagined_share(trainer: Trainer, minutes: float) -> float:
    """Imagined batches for one that is heard: none while nothing can be, many while spelling is new."""
    if trainer.strange:
        return 0.0
    progress = trainer.progress
    return 3.0 if not progress.learnt and progress.seconds < 60 * minutes * 0.25 else 1.0


def report(
    trainer: Trainer, heard: list[Losses], imagined: list[Losses], pace: float, minutes: float
) -> None:
    """Print where training stands."""
    progress = trainer.progress
    names = ("tokens", "right", "frames", "guide", "tones", "apart")
    mean = {n: np.mean([getattr(r, n) for r in heard]) for n in names}
    print(
        f"{progress.seconds / 60:6.1f} min  step {progress.step:6d}  seen {progress.utterances:7d}"
        f"  tokens {mean['tokens']:.3f} ({mean['right']:.1%})  frames {mean['frames']:.1%}"
        f"  tones {mean['tones']:.1%}  guide {mean['guide']:.2f}  apart {mean['apart']:.2f}"
        f"  imagined {np.mean([r.tokens for r in imagined] or [0]):.3f}"
        f" ({np.mean([r.right for r in imagined] or [0]):.1%})"
        f"  {pace:.0f}/s  rate {trainer.rate(minutes):.1e}",
        flush=True,
    )


def train(trainer: Trainer, minutes: float, frames: int, processes: int, every: int = 25) -> None:
    """Train until the minutes are spent, over all runs together."""
    progress = trainer.progress
    speech = trainer.work / "speech"
    progress.names = numbered(speech, progress.names)
    last = saved = time.monotonic()
    heard: list[Losses] = []
    imagined: list[Losses] = []
    seen, since, due = progress.utterances, last, 0.0
    trainer.network.train()
    with Supply(trainer.vocabulary, speech, progress.names, processes) as supply:
        dreams = supply.pools(Kind(False, progress.learnt, 2 * frames), 2 * progress.pools)
        dream = chain.from_iterable(dreams)
        for batch in audible(supply, progress, frames):
            heard.append(trainer.learn(batch, minutes))
            due += imagined_share(trainer, minutes)
            while due >= 1.0:
                imagined.append(trainer.learn(next(dream), minutes, audible=False))
                due -= 1.0
            now = time.monotonic()
            progress.seconds, last = progress.seconds + now - last, now
            if len(heard) == every:
                report(trainer, heard, imagined, (progress.utterances - seen) / (now - since), minutes)
                heard, imagined, seen, since = [], [], progress.utterances, now
            if progress.seconds >= 60 * minutes:
                break
            if now - saved > CHECKPOINT_SECONDS:
                trainer.save()
                saved = now


def audible(supply: Supply, progress: Progress, frames: int) -> Iterator[Batch]:
    """Give batches to hear, and count their pools."""
    for pool in supply.pools(Kind(True, progress.learnt, frames), progress.pools):
        yield from pool
        progress.pools += 1


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--minutes", type=float, default=300.0, help="of training, over all runs together")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to PyTorch")
    parser.add_argument("--frames", type=int, default=FRAMES, help="mel frames in a batch, about")
    parser.add_argument("--processes", type=int, default=1, help="that make batches; a GPU needs ten")
    parser.add_argument("--start", type=Path, help="folder of a converted model to go on from")
    parser.add_argument("--rate", type=float, default=PEAK, help="highest learning rate")
    arguments = parser.parse_args()
    memory.keep(memory.ALL)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    vocabulary = arguments.work / "asr-vocabulary" / "tokenizer.json"
    if arguments.start and not vocabulary.exists():
        vocabulary.parent.mkdir(parents=True)
        shutil.copy(arguments.start / vocabulary.name, vocabulary)
    trainer = Trainer(arguments.work, device, arguments.rate)
    if arguments.start:
        trainer.start(arguments.start)
    trainer.load()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        train(trainer, arguments.minutes, arguments.frames, arguments.processes)
    trainer.save()


if __name__ == "__main__":
    main()

"""The supply of batches: processes make them ahead of the training, which a GPU would otherwise wait for.

Batches come in pools of a few hundred windows. A pool is made from its number alone, so that the same
batches come in the same order however many processes there are.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from embedded.recipe.examples import Batch, Writer, batches
from embedded.recipe.windows import Composer, Difficulty

STEPS = 16
"""About how many steps a pool that is heard is worth, for how hard the next ones are."""
AHEAD = 2
"""Pools for each process that are made ahead."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of batches is made.

    audible: they have spectra; else they are only imagined.
    learnt: steps whose difficulty was behind the training when it began.
    frames: mel frames in a batch, about.
    """

    audible: bool
    learnt: int
    frames: int

    def difficulty(self, number: int) -> Difficulty:
        """How hard a pool is; what is imagined is a little ahead of what is heard, and has smaller pools."""
        heard = self.learnt + STEPS * number
        return Difficulty.at(heard if self.audible else self.learnt + heard + 400)


class Supply:
    """Makes pools in other processes; a context manager."""

    def __init__(self, vocabulary: Path, speech: Path, names: dict[str, int], processes: int) -> None:
        """`speech` is the folder of shards, `names` what `shards.numbered` gives."""
        self._ahead = AHEAD * processes
        self._executor: Executor = ProcessPoolExecutor(
            processes, get_context("spawn"), _begin, (vocabulary, speech, names)
        )

    def __enter__(self) -> Supply:
        return self

    def __exit__(self, *error: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def pools(self, kind: Kind, number: int) -> Iterator[list[Batch]]:
        """Give the pools of a kind from a number on, without end."""
        waiting: deque[Future[list[Batch]]] = deque()
        while True:
            while len(waiting) < self._ahead:
                waiting.append(self._executor.submit(_pool, kind, number))
                number += 1
            yield waiting.popleft().result()


_makers: list[tuple[Composer, Writer]] = []
"""In a process of the supply: what makes windows, and what writes them down."""


def _begin(vocabulary: Path, speech: Path, names: dict[str, int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who trains ends us
    _makers.append((Composer(speech, names), Writer(Tokenizer.from_file(str(vocabulary)))))


def _pool(kind: Kind, number: int) -> list[Batch]:
    ((composer, writer),) = _makers
    composer.refresh()
    source = np.random.default_rng((int(not kind.audible), number))
    make = partial(batches, composer, writer, source, kind.difficulty(number))
    return list(make(kind.frames, kind.audible))

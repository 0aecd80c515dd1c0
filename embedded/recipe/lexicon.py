"""Which piece of a sentence comes from which of its source, learnt by counting: IBM model 1.

Brown et al. 1993, "The mathematics of statistical machine translation". A few passes over some ten thousand
pairs take seconds; what they are sure of guides one attention head of each decoder layer in training (Chen
et al. 2016, "Guided alignment training for topic-aware neural machine translation"). Attention is what a
translator learns last when left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Row = list[int]
Pairs = Sequence[tuple[Row, Row]]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

SURE = 0.5
"""Share of a target piece that one source piece must account for."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Probabilities of target pieces for source pieces.

    size: of the vocabulary.
    codes: source piece times `size` plus target piece, ascending.
    shares: of each, the probability of the target given the source.
    nothing: pieces that stand for no word: nothing comes from them, and they come from nothing.
    """

    size: int
    codes: Codes
    shares: Numbers
    nothing: frozenset[int]

    def links(self, source: Row, target: Row) -> list[tuple[int, int]]:
        """Places (in the source, in the target) that belong together for sure."""
        codes = np.add.outer(np.array(target), self.size * np.array(source))
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        shares = np.where(self.codes[places] == codes, self.shares[places], 0.0)
        best = shares.argmax(axis=1)
        sure = shares.max(axis=1) > SURE * shares.sum(axis=1)
        return [
            (int(place), written)
            for written, place in enumerate(best)
            if sure[written] and not self.nothing.intersection((source[place], target[written]))
        ]


def learn(pairs: Pairs, size: int, nothing: frozenset[int], passes: int = 4) -> Lexicon:
    """A lexicon of pairs of rows; the source rows' special pieces take what comes from nowhere."""
    cells, edges = [], [0]
    for source, target in pairs:
        cells.append(np.add.outer(np.array(target), size * np.array(source)).ravel())
        edges += range(edges[-1] + len(source), edges[-1] + len(cells[-1]) + 1, len(source))
    starts = np.array(edges[:-1])
    codes, place = np.unique(np.concatenate(cells), return_inverse=True)
    counts: Numbers = np.ones(len(codes))
    shares = counts
    for _ in range(passes):
        shares = counts / np.bincount(codes // size, counts)[codes // size]
        found = shares[place]
        written = np.add.reduceat(found, starts)
        lengths = np.diff(np.append(starts, len(found)))
        counts = np.bincount(place, found / np.repeat(written, lengths)).astype(np.float64)
    return Lexicon(size, codes, counts / np.bincount(codes // size, counts)[codes // size], nothing)

"""Wait-k: how much of a translation may be written before its source sentence is finished.

Ma et al. 2019, "STACL: Simultaneous translation with implicit anticipation and controllable latency
using prefix-to-prefix framework": the target stays k units behind the source. It is a bound on
anticipation that needs nothing of the model, so it holds for any translator.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from streaming.words import UNSPACED


class ReadWritePolicy(Protocol):
    """Decides between reading more source and writing target."""

    def allowed(self, read: int, finished: bool) -> int | None:
        """Tell how many target units may be committed after `read` source units; `None`: all."""


@dataclass(frozen=True, slots=True)
class WaitK:
    """At most ``max(0, floor((read - k + 1) * rate))`` target units until the source is finished."""

    k: int
    """Source units that are read before the first target unit is written."""
    rate: float = 1.0
    """Target units per source unit, at most 1: the catch-up of the paper, for sources with many units."""

    def __post_init__(self) -> None:
        if self.k < 1 or not 0 < self.rate <= 1:
            raise ValueError(f"wait-k needs k >= 1 and 0 < rate <= 1, got k={self.k}, rate={self.rate}")

    def allowed(self, read: int, finished: bool) -> int | None:
        """Tell how many target units may be committed after `read` source units; `None`: all."""
        return None if finished else max(0, math.floor((read - self.k + 1) * self.rate))


def policy_for(source: str, target: str) -> ReadWritePolicy:
    """Choose wait-k for a pair, in the units of its languages.

    Three words are about 1.2 s of speech, and enough for the median reordering of en→de and en→it; a
    character is about 0.6 of a word, so five characters are as long as three words. An English word is
    about 1.6 characters of Chinese: writing one word per character would overtake the speaker and run
    out of source to translate, hence the rate. Towards Chinese a rate above 1 would be the mirror image,
    but there wait-k stays the bound that the law states: never more units written than read.
    """
    if source not in UNSPACED:
        return WaitK(3)
    return WaitK(5) if target in UNSPACED else WaitK(5, rate=0.6)

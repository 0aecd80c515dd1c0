"""Drafts: how much of an earlier translation still holds, from one scoring pass over it.

A sentence that grew by a word is translated anew, but most of the answer is known. The model scores the
whole draft in one parallel pass; a token with more than half of the probability is what greedy decoding
would have chosen, so decoding goes on behind the last of these and the answer is the same to the letter.
The draft may also be favoured: the bias is Arivazhagan et al. 2020, "Re-translation strategies for long
form, simultaneous, spoken language translation"; verifying it in one pass is Zeng et al. 2025,
"Simultaneous translation with self-speculative biased decoding".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CERTAIN = 0.5
"""Probability from which a token is the most probable one, whatever the others are."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where decoding goes on."""

    kept: int
    """Tokens of the target that are taken over."""
    ended: bool = False
    """Nothing follows them."""


def resume(
    log_probabilities: Sequence[float], forced: int, vocabulary: int, bias: float = 0.0
) -> Resumption | None:
    """Find where decoding of a scored target may go on in one pass; `None`: it must be decoded plainly.

    `log_probabilities` are of each token of the target, of which the first `forced` are given, and of the
    end behind it. Decoding in one pass cannot end at once. So the last certain token is decoded again,
    and where there is none, it must follow from the end's own probability that something comes next.
    """
    *scores, end = (math.exp(value) for value in log_probabilities)
    kept = _kept(scores, forced, (CERTAIN - bias) / (1 - bias))
    if kept == len(scores) and end >= CERTAIN:
        return Resumption(kept, ended=True)
    if kept > forced:
        return Resumption(kept - 1 if scores[kept - 1] >= CERTAIN else kept)
    # Some token has more than an equal share of what the end leaves over. A tenth of that share, as the
    # unknown token may hold most of it and is never chosen.
    if kept == len(scores) and end < 0.1 / vocabulary:
        return Resumption(kept)
    return None


def _kept(scores: Sequence[float], forced: int, least: float) -> int:
    return next((i for i in range(forced, len(scores)) if scores[i] < least), len(scores))

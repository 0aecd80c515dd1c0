"""How far a search agrees with itself on the words of its best hypothesis.

Wessel et al. 2001, "Confidence measures for large vocabulary continuous speech recognition": the posterior
probability of a word is summed over the hypotheses that have it. Ours is summed over those that have every
word up to it, because what is committed is a beginning. It costs nothing where a beam is searched anyway, and
says more than the probability of a word's tokens, which tells nothing of other ways to write the same sounds.
"""

from collections.abc import Sequence

import numpy as np


def shares(hypotheses: Sequence[Sequence[str]], log_probabilities: Sequence[float]) -> list[float]:
    """Tell for each word of the first hypothesis the share, 0 … 1, of the hypotheses' probability that begins
    with the words up to it, case and punctuation apart."""
    weights = np.exp(np.asarray(log_probabilities) - max(log_probabilities))
    weights /= weights.sum()
    best, *_ = hypotheses
    spoken = [[bare for word in words if (bare := letters(word))] for words in hypotheses]
    agree = np.ones(len(spoken), dtype=bool)
    found, count = list[float](), 0
    for word in best:
        if bare := letters(word):
            agree &= [len(words) > count and words[count] == bare for words in spoken]
            count += 1
        found.append(min(1.0, float(weights[agree].sum())))
    return found


def letters(word: str) -> str:
    """Leave what is heard of a word: neither case nor marks."""
    return "".join(letter for letter in word.casefold() if letter.isalnum())

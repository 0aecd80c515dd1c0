"""Evidence: words that are said again are no surer than they were when they were said first.

A recognizer that has written a sentence is likely to write it again, the more so the more often it has (Xu
et al. 2022, "Learning to break the loop: analyzing and mitigating repetitions for neural text generation").
So in voices that are no speech it says "Come on." against its own belief once, and believes it from then on.
A repetition is no evidence of its own, be it within a hypothesis or of words that have been committed; what
a speaker repeats was clear at the first time.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TypeAlias

from asr.search import letters
from streaming.words import Word

MEMORY = 30.0
"""Seconds for which words are remembered after they were said last."""
_Pair: TypeAlias = tuple[str, str]


class Evidence:
    """Remembers how probable each two words in a row were when they were first committed."""

    def __init__(self) -> None:
        self._first: dict[_Pair, tuple[float, float]] = {}
        """Probability of a pair's second word, and when it was said last, in seconds."""
        self._last = ""

    def probabilities(self, words: Sequence[Word], before: Sequence[Word] = ()) -> list[float]:
        """Tell how probable each word is, and was when it was first said behind the one before it; those of
        `before`, which have been committed, come first."""
        first = {pair: probability for pair, (probability, _) in self._first.items()}
        last = "" if before else self._last
        return [
            min(word.probability, first.setdefault(pair, word.probability))
            for pair, word in _pairs([*before, *words], last)
        ]

    def sureness(self, words: Sequence[Word], before: Sequence[Word] = ()) -> float:
        """Average these probabilities; there is a word at least."""
        return fmean(self.probabilities(words, before))

    def commit(self, words: Sequence[Word]) -> None:
        """Remember words, and forget what was said too long ago."""
        if not words:
            return
        for pair, word in _pairs(words, self._last):
            probability, _ = self._first.get(pair, (word.probability, 0.0))
            self._first[pair] = probability, word.end
            self._last = pair[1]
        oldest = words[-1].end - MEMORY
        self._first = {pair: known for pair, known in self._first.items() if known[1] >= oldest}


def _pairs(words: Sequence[Word], last: str) -> Iterator[tuple[_Pair, Word]]:
    """Go through words together with the one before each; case and marks do not count."""
    for word in words:
        said = letters(word.text) or word.text
        yield (last, said), word
        last = said

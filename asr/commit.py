"""Commit policies: how many leading words of a hypothesis are safe to commit.

A policy sees only what is not committed yet. It is told what has been committed, because the stage may
commit more than the policy asked for.
"""

import unicodedata
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from streaming.words import Word, common_prefix


class CommitPolicy(Protocol):
    """Decides how much of a hypothesis is safe."""

    def commit(self, hypothesis: Sequence[Word]) -> int:
        """Count the leading words that are safe; the hypothesis is all words not committed so far."""

    def advance(self, count: int) -> None:
        """Forget that many leading words of the last hypothesis: they have been committed."""

    def forget(self) -> None:
        """Forget everything: the utterance is over."""


class LocalAgreement:
    """LocalAgreement-n: words are safe on which the last n hypotheses agree.

    Liu et al. 2020, "Low-latency sequence-to-sequence speech recognition and translation by partial
    hypothesis selection"; for Whisper Macháček et al. 2023, "Turning Whisper into real-time transcription
    system". The match is relaxed, as case, punctuation and spelling waver (see `same`), except for the
    hypothesis's last word: where a window is cut, recognizers invent a full stop.
    """

    def __init__(self, n: int = 2) -> None:
        self._earlier: deque[tuple[Word, ...]] = deque(maxlen=n)
        self._n = n

    def commit(self, hypothesis: Sequence[Word]) -> int:
        """Count the leading words on which the last n hypotheses agree."""
        self._earlier.append(tuple(hypothesis))
        if len(self._earlier) < self._n:
            return 0
        *earlier, last = self._earlier
        return min((_agreed(words, last) for words in earlier), default=len(last))

    def advance(self, count: int) -> None:
        """Forget words that have been committed."""
        for _ in range(len(self._earlier)):
            self._earlier.append(self._earlier.popleft()[count:])

    def forget(self) -> None:
        """Forget the utterance."""
        self._earlier.clear()


def same(a: Word, b: Word) -> bool:
    """Tell whether two words are heard alike: case and punctuation do not count, and in words of six
    letters or more two letters may differ; numbers and ideographs must be the same."""
    x, y = _bare(a.text), _bare(b.text)
    return x == y or (_is_long(x) and _is_long(y) and _distance(x, y) <= 2)


def _agreed(earlier: Sequence[Word], last: Sequence[Word]) -> int:
    count = common_prefix(earlier, last, same)
    if count and count == len(last) and earlier[count - 1].text != last[count - 1].text:
        return count - 1
    return count


def _bare(text: str) -> str:
    """Strip space and punctuation around a word; within it, only in words without digits."""
    text = text.strip().casefold()
    if any(letter.isdigit() for letter in text):
        return text.strip(".,;:!?…\"'()[]«»“”‘’、。，；：！？")
    return "".join(letter for letter in text if not unicodedata.category(letter).startswith("P"))


def _is_long(text: str) -> bool:
    """Tell whether a word has six letters of an alphabet or more, and nothing else."""
    return len(text) >= 6 and text.isalpha() and not any("\u2e80" <= letter for letter in text)


def _distance(a: str, b: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]

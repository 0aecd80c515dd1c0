"""Commit policies: how many leading words of a hypothesis are safe to commit.

A policy sees only what is not committed yet, and where the audio ends in which it was heard. It is told
what has been committed, because the stage may commit more than the policy asked for.
"""

import math
import unicodedata
from collections import deque
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Protocol

from asr.pieces import FRAME
from streaming.words import Word, common_prefix

SURE, DOUBTFUL = 0.9, 0.25
"""Probability of a word that needs no second hypothesis, and of one that is not committed at an end."""
UNITED, UNANIMOUS = 0.85, 0.99
"""Share of a search that agreed words need, and words that need no second hypothesis."""
CLEAR = 0.65
"""Probability of agreed words that need not last, and of settled words that need no agreement."""
LASTING = 1.0
"""Seconds over which words that are heard alike are believed, however improbable, or the search divided."""
SETTLED = 0.6
"""Seconds behind a clear word after which it needs no second hypothesis: what follows has been heard too. On
LJ001 (1,740 words) that took 1 of 237 errors away with Whisper's base and 4 of 247 with tiny.en, and where
decisions come every 1.5 s 0.2 s of lag."""
PATIENCE = 1.5
"""Seconds behind a word after which it waits no longer. What has not settled by then is a toss between two
ways to write the same sounds, which more audio does not decide, and everything behind it waits with it. On
LJ001 (1,822 words) 0.3 s more changed no error of Whisper's base and 2 of tiny.en."""
_TOLERANCE = 1e-6
"""Seconds that are rounding."""
_LEAST = 1e-6
"""Probability of what is improbable without end."""
_HEARD_OUT = 0.1
"""Seconds behind a word that the audio's end does not cut."""
_COLLAPSED = 3
"""Words in a row without any duration: the alignment has lost the audio."""


class CommitPolicy(Protocol):
    """Decides how much of a hypothesis is safe."""

    def commit(self, hypothesis: Sequence[Word], end: float) -> int:
        """Count the leading words that are safe; the hypothesis is all words not committed so far, heard
        in audio that ends at `end` seconds."""

    def advance(self, count: int) -> None:
        """Forget that many leading words of the last hypothesis: they have been committed."""

    def forget(self) -> None:
        """Forget everything: the utterance is over."""


class AlignAtt:
    """AlignAtt: words are safe that do not lean on the last frames of the audio.

    Papi et al. 2023, "AlignAtt: Using attention-based audio-translation alignments as a guide for
    simultaneous speech translation"; for Whisper Wang et al. 2024, "Simul-Whisper". Ours reads the
    alignment that dynamic time warping draws through the attention, not each row's maximum: a word ends
    where the next one begins, and behind the last word stands the end of the text, which takes up the
    silence. A word that the audio's end cuts is therefore pushed against it, and held back as unsafe.
    """

    def __init__(self, frames: int) -> None:
        """`frames` of 20 ms are held back."""
        self._held_back = frames * FRAME

    def commit(self, hypothesis: Sequence[Word], end: float) -> int:
        """Count the words that end before the last frames, a doubtful tail left out."""
        count = _leading(hypothesis, lambda word: word.end <= end - self._held_back + _TOLERANCE)
        count = min(count, _before_collapse(hypothesis))
        while count and _certainty(hypothesis[count - 1]) < DOUBTFUL:
            count -= 1
        return count

    def advance(self, count: int) -> None:
        """Forget nothing: nothing is remembered."""

    def forget(self) -> None:
        """Forget nothing."""


class LocalAgreement:
    """LocalAgreement: words are safe on which successive hypotheses agree.

    Liu et al. 2020, "Low-latency sequence-to-sequence speech recognition and translation by partial
    hypothesis selection"; for Whisper Macháček et al. 2023, "Turning Whisper into real-time transcription
    system". They count hypotheses (LocalAgreement-n); we ask that the hypotheses span some audio, because
    hypotheses that are close together agree on what more audio would change, and because a machine under
    load, which decides less often, then commits no later. The match is relaxed, as case, punctuation and
    spelling waver (see `same`), except for the hypothesis's last word: where a window is cut, recognizers
    invent a full stop.
    """

    def __init__(self, span: float = 0.0) -> None:
        """`span`: seconds of audio between the ends of the hypotheses that must agree, two at least. At steps
        of s seconds, LocalAgreement-n is a span of (n - 1) s."""
        self._span = span - _TOLERANCE
        self._earlier: deque[tuple[float, tuple[Word, ...]]] = deque()

    def commit(self, hypothesis: Sequence[Word], end: float) -> int:
        """Count the leading words on which the last hypotheses agree."""
        last = tuple(hypothesis)
        while len(self._earlier) > 1 and end - self._earlier[1][0] >= self._span:
            self._earlier.popleft()
        agree = bool(self._earlier) and end - self._earlier[0][0] >= self._span
        count = min(_agreed(words, last) for _, words in self._earlier) if agree else 0
        self._earlier.append((end, last))
        return count

    def advance(self, count: int) -> None:
        """Forget words that have been committed."""
        self._earlier = deque((end, words[count:]) for end, words in self._earlier)

    def forget(self) -> None:
        """Forget the utterance."""
        self._earlier.clear()


class Hybrid:
    """Both: words are safe that the alignment calls safe and that are agreed on, or sure.

    An alignment alone commits what a second look would change; agreement alone waits for the second look
    at words that the first heard clearly, and never ends for a word that the audio's end cuts. (That
    probable words need no agreement is WhisperLiveKit's confidence validation.)

    Two hypotheses may agree on what is not clear yet: the beginning of a word that goes on, heard as another
    one. So words that are improbable, or where a beam was searched and is divided (see `search`) shared by
    too few of its hypotheses, wait until they have been heard the same for longer, but not without end. And
    words that are clear need no second hypothesis once the audio goes on well behind them.
    """

    def __init__(self, frames: int, span: float = 0.0) -> None:
        """`frames` of 20 ms are held back, of hypotheses that agree over `span` seconds."""
        self._alignment = AlignAtt(frames)
        self._agreement, self._lasting = LocalAgreement(span), LocalAgreement(LASTING)

    def commit(self, hypothesis: Sequence[Word], end: float) -> int:
        """Count the words that are aligned safely, and agreed on, sure, settled or waited for long enough."""
        agreed, lasting = (policy.commit(hypothesis, end) for policy in (self._agreement, self._lasting))
        united = _leading(hypothesis[lasting:agreed], _is_clear) + lasting
        settled = end - SETTLED + _TOLERANCE
        sure = _leading(
            hypothesis[united:], lambda word: _is_sure(word) or (word.end <= settled and _is_clear(word))
        )
        waited = _leading(hypothesis, lambda word: word.end <= end - PATIENCE + _TOLERANCE)
        return min(self._alignment.commit(hypothesis, end), max(united + sure, waited))

    def advance(self, count: int) -> None:
        """Forget words that have been committed."""
        self._agreement.advance(count)
        self._lasting.advance(count)

    def forget(self) -> None:
        """Forget the utterance."""
        self._agreement.forget()
        self._lasting.forget()


def same(a: Word, b: Word) -> bool:
    """Tell whether two words are heard alike: case and punctuation do not count, and in words of six
    letters or more two letters may differ; numbers and ideographs must be the same."""
    x, y = _bare(a.text), _bare(b.text)
    return x == y or (_is_long(x) and _is_long(y) and _distance(x, y) <= 2)


def surer(earlier: tuple[Word, ...], end: float, last: tuple[Word, ...]) -> tuple[Word, ...]:
    """Choose, when an utterance is over, between its last hypothesis and the one before, heard in audio that
    ended at `end`: the more probable, if that one had heard the last word out and none came after.

    Both have heard the same words then, and a few hundred milliseconds of silence more or less may lead a
    search astray. It may even end at once, behind a full stop that was committed too early: the earlier words
    stay then if they were clear.
    """
    if not earlier or (last and last[-1].end > end) or end - earlier[-1].end < _HEARD_OUT:
        return last
    if not last:
        return earlier if _mean_log_probability(earlier) >= math.log(CLEAR) else last
    return max(last, earlier, key=_mean_log_probability)


def _mean_log_probability(words: Sequence[Word]) -> float:
    """Average so that one improbable word weighs; how far a search agreed says nothing where only the last
    hypothesis was searched."""
    return fmean(math.log(max(word.probability, _LEAST)) for word in words)


def _agreed(earlier: Sequence[Word], last: Sequence[Word]) -> int:
    count = common_prefix(earlier, last, same)
    if count and count == len(last) and earlier[count - 1].text != last[count - 1].text:
        return count - 1
    return count


def _certainty(word: Word) -> float:
    return min(word.probability, word.shared)


def _is_sure(word: Word) -> bool:
    return word.probability >= SURE and word.shared >= UNANIMOUS


def _is_clear(word: Word) -> bool:
    return word.probability >= CLEAR and word.shared >= UNITED


def _leading(words: Sequence[Word], holds: Callable[[Word], bool]) -> int:
    """Count the leading words for which something holds."""
    return next((i for i, word in enumerate(words) if not holds(word)), len(words))


def _before_collapse(words: Sequence[Word]) -> int:
    """Count the words before the first run of words that take no time."""
    run = 0
    for i, word in enumerate(words):
        run = run + 1 if word.end - word.start < FRAME / 2 else 0
        if run == _COLLAPSED:
            return i + 1 - run
    return len(words)


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

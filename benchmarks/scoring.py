"""What benchmarks count: errors, lag and erasure, all from the log of what was shown when."""

import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jiwer

from streaming.script import written
from streaming.words import UNSPACED, Word, common_prefix


def normalized(text: str, language: str) -> list[str]:
    """Split a text into the units of its error rate: lower-case words, or characters for languages
    without spaces, in both cases without punctuation (so that WER and CER are of spoken content).

    Chinese is compared in simplified characters: recognizers write now one script, now the other.
    """
    folded = unicodedata.normalize("NFKC", text).lower().replace("'", "").replace("’", "")
    kept = "".join(" " if unicodedata.category(c)[0] in "PSZ" else c for c in folded)
    if language == "zh":
        kept = written(kept, "simplified")
    return [c for c in kept if c != " "] if language in UNSPACED else kept.split()


@dataclass(frozen=True, slots=True)
class Errors:
    """Edit operations against a reference length; errors of several texts add up."""

    operations: int
    length: int

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(self.operations + other.operations, self.length + other.length)

    @property
    def rate(self) -> float:
        """Word (character) error rate."""
        return self.operations / self.length if self.length else float(bool(self.operations))


def errors(reference: Sequence[str], hypothesis: Sequence[str]) -> Errors:
    """Count substitutions, deletions and insertions."""
    if not reference:
        return Errors(len(hypothesis), 0)
    found = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    return Errors(found.substitutions + found.deletions + found.insertions, len(reference))


def commit_lags(truth: Sequence[Word], committed: Iterable[tuple[float, str]], language: str) -> list[float]:
    """Tell, for each committed unit that matches the truth, the seconds from the true end of the word to
    its commit; `committed` holds (time, newly committed text) in order."""
    return lags(truth, [(u, time) for time, text in committed for u in normalized(text, language)], language)


def lags(truth: Sequence[Word], shown: Sequence[tuple[str, float]], language: str) -> list[float]:
    """Tell, for each unit that matches the truth, the seconds from the true end of the word to the time
    that stands beside the unit; what takes no time in the truth has no known end and is left out."""
    ends = [(unit, word) for word in truth for unit in normalized(word.text, language)]
    if not ends or not shown:
        return []
    alignment = jiwer.process_words(" ".join(u for u, _ in ends), " ".join(u for u, _ in shown)).alignments[0]
    pairs = [
        (shown[chunk.hyp_start_idx + i][1], ends[chunk.ref_start_idx + i][1])
        for chunk in alignment
        if chunk.type == "equal"
        for i in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    return [moment - word.end for moment, word in pairs if word.end > word.start]


def first_seen(states: Sequence[tuple[float, Sequence[str]]]) -> list[tuple[str, float]]:
    """Tell, for each unit of the last state of a text, when it first stood in its place; `states` holds
    (time, units shown), in order."""
    final = states[-1][1] if states else ()
    seen: dict[int, float] = {}
    for time, state in states:
        for place, (unit, last) in enumerate(zip(state, final, strict=False)):
            if unit == last:
                seen.setdefault(place, time)
    return [(unit, seen[place]) for place, unit in enumerate(final)]


def erasure(shown: Iterable[Sequence[str]]) -> tuple[int, int]:
    """Count the units that successive states of one text took back, and the length of its last state
    (normalized erasure is their ratio: Arivazhagan et al. 2020, "Re-translation versus streaming")."""
    erased, before = 0, list[str]()
    for state in shown:
        erased += len(before) - common_prefix(before, state)
        before = list(state)
    return erased, len(before)


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value below which a share of the values lies; NaN when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def mean(values: Sequence[float]) -> float:
    """Give the mean; NaN when there is none."""
    return statistics.fmean(values) if values else float("nan")


def slope(values: Sequence[float], period: int = 1) -> tuple[float, float]:
    """Fit a line through values that follow each other at equal steps; gives its rise over the whole
    length and the standard error of that (NaN where there are too few).

    Values that stand `period` apart are measured of the same thing: each such place has a level of its own,
    which says nothing about the rise (a panel regression with fixed effects).
    """
    count, rows = len(values), [range(first, len(values), period) for first in range(period)]
    free = count - sum(bool(row) for row in rows) - 1
    steps = [i - mean(row) for row in rows for i in row]
    spread = sum(step**2 for step in steps)
    if free < 1 or not spread:
        return float("nan"), float("nan")
    levels = [values[i] - mean([values[j] for j in row]) for row in rows for i in row]
    rise = sum(step * level for step, level in zip(steps, levels, strict=True)) / spread
    rest = sum((level - rise * step) ** 2 for step, level in zip(steps, levels, strict=True))
    return rise * (count - 1), (rest / free / spread) ** 0.5 * (count - 1)

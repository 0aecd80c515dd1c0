"""How late a translation comes: AL, LAAL, DAL, AP and YAAL, for sentences and for long recordings.

Times are in any one unit: source words for text, milliseconds for speech. Short form knows which source
sentence each translation belongs to. Long form does not: `resegment` finds out which words of one long
translation render which reference sentence, and each sentence is scored from its own beginning.

- AL: Ma et al. 2019, "STACL: Simultaneous translation with implicit anticipation and controllable
  latency using prefix-to-prefix framework"
- LAAL: Papi et al. 2022, "Over-generation cannot be rewarded: Length-adaptive average lagging"
- DAL: Cherry and Foster 2019, "Thinking slow about latency evaluation for simultaneous translation"
- AP: Cho and Esipova 2016, "Can neural machine translation do simultaneous translation?"
- YAAL, LongYAAL, SoftSegmenter: Polák et al. 2025, "Better late than never: Evaluation of latency
  metrics for simultaneous speech-to-text translation"
- normalized erasure: Arivazhagan et al. 2020 (`benchmarks.scoring.erasure`)
"""

import math
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Emissions:
    """When the units of one sentence's translation came."""

    delays: tuple[float, ...]
    """For each target unit how much source there had been, or the time since the sentence began."""
    source_length: float
    """Of the sentence."""
    reference_length: int
    """Target units of the reference."""
    recording_end: float = math.inf
    """Long form: when the recording ends, from the beginning of the sentence."""


Metric = Callable[[Emissions], float | None]


def average_lagging(emissions: Emissions) -> float | None:
    """AL: how far behind an ideal translator that writes as many units as the reference has."""
    return _lagging(emissions, emissions.reference_length)


def length_adaptive_lagging(emissions: Emissions) -> float | None:
    """LAAL: AL that gives no credit for writing more than the reference."""
    return _lagging(emissions, max(len(emissions.delays), emissions.reference_length))


def yaal(emissions: Emissions) -> float | None:
    """YAAL: LAAL of what was written before the source ended; `None` where that is nothing."""
    return _early_lagging(emissions, emissions.source_length)


def long_yaal(emissions: Emissions) -> float | None:
    """LongYAAL: LAAL of what was written before the whole recording ended."""
    return _early_lagging(emissions, emissions.recording_end)


def differentiable_lagging(emissions: Emissions) -> float | None:
    """DAL: as AL, but what was written in a burst counts as spoken one unit after the other."""
    delays = emissions.delays
    if not delays or emissions.source_length <= 0:
        return None
    step = emissions.source_length / len(delays)
    total, spoken = 0.0, -math.inf
    for index, delay in enumerate(delays):
        spoken = max(delay, spoken + step)
        total += spoken - index * step
    return total / len(delays)


def average_proportion(emissions: Emissions) -> float | None:
    """AP: the share of the source that had been read, over all target units."""
    area = emissions.source_length * emissions.reference_length
    return sum(emissions.delays) / area if emissions.delays and area > 0 else None


def mean(metric: Metric, sentences: Iterable[Emissions]) -> float:
    """Average a metric over the sentences for which it is defined; NaN when there is none."""
    values = [value for sentence in sentences if (value := metric(sentence)) is not None]
    return statistics.fmean(values) if values else math.nan


def degeneracy(sentences: Sequence[Emissions]) -> float:
    """Tell by how many per cent the units that came before the end of their source are fewer than the
    mean lag lets expect; beyond 20 a policy writes a few early words and everything else at the end."""
    early = sum(delay < s.source_length for s in sentences for delay in s.delays)
    count = sum(len(s.delays) for s in sentences)
    lags = [(s.source_length, lag) for s in sentences if (lag := yaal(s)) is not None]
    expected = sum(max(0.0, length - lag) for length, lag in lags) / sum(length for length, _ in lags)
    return 100 * (expected - early / count)


def _lagging(emissions: Emissions, target_length: int) -> float | None:
    delays, length = emissions.delays, emissions.source_length
    if not delays or length <= 0:
        return None
    if delays[0] > length:
        return delays[0]
    within = next((i for i, delay in enumerate(delays, 1) if delay >= length), len(delays))
    return _mean_lag(delays[:within], length / target_length)


def _early_lagging(emissions: Emissions, end: float) -> float | None:
    delays = emissions.delays
    early = next((i for i, delay in enumerate(delays) if delay >= end), len(delays))
    target_length = max(len(delays), emissions.reference_length)
    return _mean_lag(delays[:early], emissions.source_length / target_length) if early else None


def _mean_lag(delays: Sequence[float], step: float) -> float:
    return statistics.fmean(delay - index * step for index, delay in enumerate(delays))


@dataclass(frozen=True, slots=True)
class Emitted:
    """A unit of a long translation."""

    text: str
    time: float


def resegment(references: Sequence[str], hypothesis: Sequence[Emitted], language: str) -> list[list[Emitted]]:
    """Divide a recording's translation among its reference sentences.

    SoftSegmenter: the alignment that is most alike in letters, words with words and marks with marks;
    units that match nothing go with the neighbour that they resemble more.
    """
    reference = [(token, i) for i, text in enumerate(references) for token, _ in _tokens(text, language)]
    tokens = [
        (token, unit if first else None)
        for unit in hypothesis
        for token, first in _tokens(unit.text, language)
    ]
    segments: list[list[Emitted]] = [[] for _ in references]
    if not reference:
        return segments
    likeness = _likeness([token for token, _ in reference], [token for token, _ in tokens], language)
    for index, place in enumerate(_homes(_path(likeness), likeness)):
        unit = tokens[index][1]
        if unit is not None:
            segments[reference[place][1]].append(unit)
    return segments


CHARACTERS = frozenset({"zh", "ja"})
"""Languages whose units are characters here."""
_PUNCTUATION = frozenset(".!?,;:-()。！？，；：—（）ー")
_HYPHEN = re.compile(r"(?<=[^\W_])-(?=[^\W_])")
_SPLIT = re.compile(
    r"@-@|\.{2,}"
    r"|(?:[^\W\d_]+\.){2,}|\b[^\W\d_]\.|\d{1,2}\.(?!\d)"  # abbreviations and ordinals keep their stop
    r"|\d+(?:[.,]\d+)+"
    r"|[\w.\-]+(?<!\.)|[^\s\w]"
)
"""The Moses tokenizer (hyphens apart, no escapes), as far as alignment needs it."""


def _tokens(text: str, language: str) -> list[tuple[str, bool]]:
    """Split a text into what is aligned, each with whether a unit begins with it."""
    folded = unicodedata.normalize("NFKC", text).lower()
    if language in CHARACTERS:
        return [(character, not i) for i, character in enumerate("".join(folded.split()))]
    words = (_HYPHEN.sub(" @-@ ", word) for word in folded.split())
    return [(part, not i) for word in words for i, part in enumerate(_SPLIT.findall(word))]


def _likeness(reference: Sequence[str], hypothesis: Sequence[str], language: str) -> npt.NDArray[Any]:
    """Compare each token with each: shape ``(reference, hypothesis)``; marks never match words."""
    texts = sorted({*reference, *hypothesis})
    number = {text: i for i, text in enumerate(texts)}
    if language in CHARACTERS:
        alike = np.eye(len(texts), dtype=np.float64)
    else:
        letters = sorted(set("".join(texts)))
        place = {letter: i for i, letter in enumerate(letters)}
        holds = np.zeros((len(texts), len(letters)))
        for text, i in number.items():
            holds[i, [place[letter] for letter in set(text)]] = 1
        common = holds @ holds.T
        sizes = holds.sum(axis=1)
        alike = common / (sizes[:, None] + sizes[None, :] - common)
    marks = np.array([text in _PUNCTUATION for text in texts])
    alike[marks[:, None] != marks[None, :]] = -np.inf
    rows = [number[text] for text in reference]
    columns = [number[text] for text in hypothesis]
    return np.asarray(alike[np.ix_(rows, columns)])


def _path(likeness: npt.NDArray[Any]) -> list[tuple[int | None, int | None]]:
    """Find the best alignment without gap costs: pairs of places, `None` for a gap."""
    rows, columns = likeness.shape
    best = np.zeros((rows + 1, columns + 1))
    for i in range(1, rows + 1):
        here = np.maximum(best[i - 1, :-1] + likeness[i - 1], best[i - 1, 1:])
        best[i, 1:] = np.maximum.accumulate(np.maximum(here, 0.0))
    path: list[tuple[int | None, int | None]] = []
    i, j = rows, columns
    while i or j:
        match = best[i - 1, j - 1] + likeness[i - 1, j - 1] if i and j else -np.inf
        up = best[i - 1, j] if i and j else -np.inf
        left = best[i, j - 1] if i and j else -np.inf
        if i and j and match >= max(up, left):
            i, j = i - 1, j - 1
            path.append((i, j))
        elif i and (not j or up >= left):
            i -= 1
            path.append((i, None))
        else:
            j -= 1
            path.append((None, j))
    return path[::-1]


def _homes(path: Sequence[tuple[int | None, int | None]], likeness: npt.NDArray[Any]) -> list[int]:
    """Tell for each token of the hypothesis with which one of the reference it goes."""
    following: list[int | None] = []
    after = None
    for place, _ in reversed(path):
        after = after if place is None else place
        following.append(after)
    following.reverse()
    homes: list[int] = []
    before: int | None = None
    chosen: int | None = None
    for (place, token), after in zip(path, following, strict=True):
        if place is not None:
            before, chosen = place, None
        if token is None:
            continue
        if place is None and chosen is None and _goes_on(likeness, token, before, after):
            chosen = after
        home = place if place is not None else chosen if chosen is not None else before
        assert home is not None
        homes.append(home)
    return homes


def _goes_on(likeness: npt.NDArray[Any], token: int, before: int | None, after: int | None) -> bool:
    """Whether an unmatched token resembles what comes more than what was."""
    if before is None or after is None:
        return before is None
    return bool(likeness[after, token] > likeness[before, token])


def incremental(delays: Sequence[float], elapsed: Sequence[float]) -> list[float]:
    """Correct computation-aware times that add all computing since the beginning to the source's time:
    only what was computed since the unit before may count (SimulEval's logs need this)."""
    fixed = list(elapsed[:1])
    for i in range(1, len(elapsed)):
        fixed.append(max(fixed[-1], elapsed[i] - elapsed[i - 1] + delays[i - 1]))
    return fixed

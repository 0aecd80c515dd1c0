"""How sure a share of BLEU is, by resampling the sentences.

Koehn 2004, "Statistical significance tests for machine translation evaluation": both systems are scored on
the same resampled sentences, so what is hard for both does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """A score as a share of another's, with the interval that holds 95 % of the resampled shares."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.1%} … {self.high:.1%})"


def compared(bleu: Any, found: Sequence[str], whole: Sequence[str], references: Sequence[str]) -> Share:
    """Compare translations with those of whole sentences, by sacrebleu's `bleu`; each by sentence."""
    counts = [_counts(bleu, texts, references) for texts in (found, whole)]
    random = np.random.default_rng(1)
    picks = random.integers(0, len(references), (SAMPLES, len(references)))
    shares = sorted(_share(bleu, [count[pick].sum(axis=0) for count in counts]) for pick in picks)
    value = _share(bleu, [count.sum(axis=0) for count in counts])
    return Share(value, shares[round(0.025 * SAMPLES)], shares[round(0.975 * SAMPLES) - 1])


def _counts(bleu: Any, texts: Sequence[str], references: Sequence[str]) -> Any:
    """Count what BLEU is made of, for each sentence: [sentences, counts]."""
    # There is no public way to these; sacrebleu's own significance tests take the same.
    return np.array(bleu._extract_corpus_statistics(list(texts), [list(references)]))


def _share(bleu: Any, sums: Sequence[Any]) -> float:
    first, second = (bleu._compute_score_from_stats([int(n) for n in total]).score for total in sums)
    return float(first / second) if second else float("nan")

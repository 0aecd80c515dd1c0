"""Words: what recognition hears and translation writes, and how languages count them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km"})
"""Languages written without spaces between words: their unit is the character."""

_CHARACTER_UNIT = re.compile(r"\s*(?:[A-Za-z0-9À-ɏ]+(?:[.,:'’\-/%][A-Za-z0-9À-ɏ]+)*%?|\S)")
_WORD_UNIT = re.compile(r"\s*\S+")
_FIRST_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its time."""

    text: str
    """As written, with the space before it where there is one, so that words join by concatenation."""
    start: float
    """Seconds since the session began."""
    end: float
    """Seconds, ``start <= end``."""
    probability: float = 1.0
    """0 … 1."""
    shared: float = 1.0
    """Share, 0 … 1, of what a search found likely that begins with the words up to this one; 1 where nothing
    was searched."""

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"a word starts before it ends: {self.text!r} {self.start} > {self.end}")


def text_of(words: Iterable[Word]) -> str:
    """Write words as a text."""
    return "".join(word.text for word in words).strip()


def capitalized(text: str) -> str:
    """Write the first letter as a capital, whatever marks stand before it; `iPhone` and `mRNA` stay so."""
    first = _FIRST_WORD.search(text)
    if first is None or first.group()[1:] != first.group()[1:].lower():
        return text
    place, upper = first.start(), text[first.start()].upper()
    return text[:place] + upper + text[place + 1 :] if len(upper) == 1 else text


def mean_probability(words: Sequence[Word]) -> float:
    """Give the mean probability of words; of none it is 1."""
    return sum(word.probability for word in words) / len(words) if words else 1.0


def common_prefix(a: Sequence[T], b: Sequence[T], equal: Callable[[T, T], bool] | None = None) -> int:
    """Count the leading items on which two sequences agree; ``common_prefix(a, a) == len(a)``."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if not (equal(x, y) if equal else x == y):
            break
        count += 1
    return count


def units(text: str, language: str) -> list[str]:
    """Split a text into the units in which simultaneity is counted; joined they are the text again.

    Words for languages with spaces; characters for those without, where a run of Latin letters or a
    number stays whole. Each unit keeps the space before it; trailing space belongs to the last unit.
    """
    pattern = _CHARACTER_UNIT if language in UNSPACED else _WORD_UNIT
    found = [match.group() for match in pattern.finditer(text)]
    rest = text[sum(map(len, found)) :]
    if rest and found:
        found[-1] += rest
    return found

"""Ranges: what the two numbers of one share (60 to 70%, $5-10, 5 to 10 million, 三到五百万)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mt.figures import Numeral
from mt.measures import with_unit
from mt.number_words import WORDS

_LINKS = {
    "en": re.compile(r" ?[-–—~～] ?| (?:to|or) "),
    "zh": re.compile("[-–—~～到至或]"),
    "es": re.compile(r" ?[-–—~～] ?| (?:al|[ao](?: el| las?)?) "),
    "de": re.compile(r" ?[-–—~～] ?| (?:bis|oder) "),
}
_BETWEEN = {
    "en": (re.compile(r"\bbetween $", re.IGNORECASE), re.compile(" and ")),
    "es": (re.compile(r"\bentre (?:el |las? )?$", re.IGNORECASE), re.compile(" y (?:el |las? )?")),
    "de": (re.compile(r"\bzwischen $", re.IGNORECASE), re.compile(" und ")),
}
_HAN_SCALES = {"十": 10, "百": 100, "千": 10**3, "万": 10**4, "亿": 10**8}
_SIGNS = {"k": 10**3, "m": 10**6, "bn": 10**9, "b": 10**9}


@dataclass(frozen=True, slots=True)
class Share:
    """What a number of a range has from the other."""

    unit: str
    factor: int


def shares(text: str, known: Sequence[Numeral], language: str) -> Mapping[int, Share]:
    """Tell by the place of each numeral that has its unit or its scale from another which they are."""
    return dict(_shares(text, known, language)) if language in _LINKS else {}


def _shares(text: str, known: Sequence[Numeral], language: str) -> Iterator[tuple[int, Share]]:
    for low, high in pairwise(known):
        if low.ordinal or high.ordinal or not _linked(text, low, high, language):
            continue
        start, _, unit = with_unit(text, low, language)
        other = with_unit(text, high, language)[2]
        if not unit:
            yield low.start, Share(other, _factor(text, low, high, language))
        elif start < low.start and other in ("", unit):
            yield low.start, Share(unit, _factor(text, low, high, language))
            yield high.start, Share(unit, 1)


def _linked(text: str, low: Numeral, high: Numeral, language: str) -> bool:
    between = text[low.end : high.start]
    if _LINKS[language].fullmatch(between):
        return True
    if language not in _BETWEEN:
        return False
    before, link = _BETWEEN[language]
    return bool(link.fullmatch(between) and before.search(text[: low.start]))


def _factor(text: str, low: Numeral, high: Numeral, language: str) -> int:
    """Find the scale of the higher number that the lower one shares; one: none."""
    factors = [1, *_scales(text[high.start : high.end], language, high.digits)]
    return next((factor for factor in reversed(factors) if low.value * factor < high.value), 1)


def _scales(written: str, language: str, digits: bool) -> Iterator[int]:
    """Tell the scales at the end of a number, the last alone, then with those before it."""
    words = _HAN_SCALES if language == "zh" else WORDS[language].scales
    if digits:
        words = {**_SIGNS, **words}
    rest, factor = written.lower().rstrip("."), 1
    while word := next((word for word in sorted(words, key=len, reverse=True) if rest.endswith(word)), ""):
        rest, factor = rest.removesuffix(word).rstrip(), factor * words[word]
        yield factor

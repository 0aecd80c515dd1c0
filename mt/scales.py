"""Scales abbreviated behind digits: 5K, $3M, 2 Mio. Euro."""

import re
from dataclasses import dataclass

_ATTACHED = {"k": 10**3, "K": 10**3, "M": 10**6}
_WORDS = {"bn": 10**9, "mio": 10**6, "mrd": 10**9, "tsd": 10**3, "mill": 10**6}
_OF_MONEY = {"k": 10**3, "K": 10**3, "M": 10**6, "m": 10**6, "B": 10**9, "b": 10**9}
_CURRENCY = "$€£¥￥"
_GAP = r"[ \u00a0\u202f]?"
_END = r"(?![^\W\u4e00-\u9fff])"
_MONEY_AFTER = re.compile(rf"{_GAP}(?P<sign>[kKMmBb]){_END}(?={_GAP}[{_CURRENCY}])")
_MONEY_BEFORE = re.compile(rf"{_GAP}(?P<sign>[kKMmBb]){_END}")
_PLAIN = re.compile(rf"(?P<sign>[kKM]){_END}")
_WORD = re.compile(rf"{_GAP}(?P<sign>(?i:bn)|(?:Mio|Mrd|Tsd|mill)\b\.?){_END}")


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale behind digits."""

    factor: int
    end: int
    sure: bool
    """It is no unit or name: 10K may also be ten kilometers."""


def abbreviated_scale(text: str, start: int, end: int) -> Scale | None:
    """Read the scale behind the digits between two places of a text; `m` is one of money only."""
    if match := _WORD.match(text, end):
        return Scale(_WORDS[match["sign"].rstrip(".").lower()], match.end(), True)
    of_money = start > 0 and text[start - 1] in _CURRENCY
    if match := (_MONEY_BEFORE if of_money else _MONEY_AFTER).match(text, end):
        return Scale(_OF_MONEY[match["sign"]], match.end(), True)
    if match := _PLAIN.match(text, end):
        return Scale(_ATTACHED[match["sign"]], match.end(), False)
    return None

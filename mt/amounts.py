"""Amounts in two parts: 三块五, 一米八, three dollars and fifty cents, drei Euro fünfzig."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from mt.figures import Numeral
from mt.measures import MEASURES, with_unit
from mt.quantities import Number

_MONEY = frozenset({"USD", "EUR", "GBP", "CNY"})
_CENTS = {
    "en": re.compile(r"[ -](?:cents?|pence|fen)\b", re.IGNORECASE),
    "es": re.compile(r" (?:centavos?|céntimos?|peniques?)\b", re.IGNORECASE),
    "de": re.compile(r" (?:Cents?|Pence)\b", re.IGNORECASE),
    "zh": re.compile("[美欧]?分钱?|便士"),
}
_WITH_CENTS = {"en": r",? (?:and )?", "es": r",? (?:con |y )?", "de": r",? (?:und )?", "zh": ""}
_ALONE = {"en": " ", "es": " (?:con )?", "de": " "}
_CLAUSE_END = re.compile(r"\s*(?:[.,;:!?…]|$)(?!\d)")
_HAN_PLACES = {"块": "CNY", "元": "CNY", "米": "m"}
_DIMES = re.compile("[毛角]钱?")
_COUNTING = re.compile(rf"[{MEASURES}折成倍几来多分点%％\d零一二两三四五六七八九十百千万亿]")


def amounts(text: str, known: Sequence[Numeral], language: str) -> Iterator[Number]:
    """Find the amounts that two of the numerals of a text say together."""
    for first, second in pairwise(known):
        if first.ordinal or second.ordinal or not _whole(first) or not _whole(second):
            continue
        if amount := _with_cents(text, first, second, language):
            yield amount
        elif language == "zh" and (amount := _with_places(text, first, second)):
            yield amount


def _whole(numeral: Numeral) -> bool:
    return numeral.value == numeral.value.to_integral_value()


def _with_cents(text: str, first: Numeral, second: Numeral, language: str) -> Number | None:
    """Read a hundredth said behind its whole; without its name it ends the clause: drei Euro fünfzig."""
    if language not in _CENTS or not 0 < second.value < 100:
        return None
    start, end, kind = with_unit(text, first, language)
    if kind not in _MONEY:
        return None
    value, between = first.value + second.value / 100, text[end : second.start]
    if cents := _CENTS[language].match(text, second.end):
        joined = re.fullmatch(_WITH_CENTS[language], between, re.IGNORECASE)
        return Number(start, cents.end(), kind, (value,)) if joined else None
    if language == "zh" or second.value < 10 or not _CLAUSE_END.match(text, second.end):
        return None
    joined = re.fullmatch(_ALONE[language], between, re.IGNORECASE)
    return Number(start, second.end, kind, (value,)) if joined else None


def _with_places(text: str, first: Numeral, second: Numeral) -> Number | None:
    """Read the places after a unit as those after a point: 一米八五 is 1.85 meters."""
    kind = _HAN_PLACES.get(text[first.end : second.start])
    places = second.end - second.start
    if kind is None or places > 2 or second.value >= 10**places or "十" in text[second.start : second.end]:
        return None
    value, end = first.value + second.value / Decimal(10) ** places, second.end
    if places == 1 and kind == "CNY" and (dimes := _DIMES.match(text, end)):
        return Number(first.start, dimes.end(), kind, (value,))
    return None if _COUNTING.match(text, end) else Number(first.start, end, kind, (value,))

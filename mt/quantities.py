"""Quantities: numerals with their units, and what they are evidence of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mt.chinese_numerals import chinese_approximations
from mt.dates import DATE, DECADE, ORDINAL, TIME
from mt.figures import SMALL, Numeral
from mt.measures import MEASURES, with_unit
from mt.ranges import shares
from mt.units import ALIKE, UNITS

EITHER = "either"
"""The kind of a number that may be one or another."""
NAME = "name"
"""The kind of the digits of a name: G20, COVID-19."""
_LEAST = 3
"""Words for one and two stand for too much else (one of them, 一个) to be asked for."""


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity, a date or a time in a text."""

    start: int
    end: int
    kind: str
    """A unit of `UNITS`, a kind of moment, `ORDINAL`, `EITHER`, `NAME`, or empty."""
    value: tuple[Decimal | None, ...]
    """One value; of a date year, month and day; of a time hour and minute; of `EITHER` each."""
    digits: bool = True
    """It is written in digits, at least in part."""
    asked: bool = True
    """A translation without it is unfaithful."""
    plain: bool = True
    """It is unmistakably a number: a translation that has it without its source is unfaithful."""
    half_day: bool = False
    """A time of the twelve-hour clock that does not say which half it means."""
    name: str = ""
    """How it stands in every language, if it is a name or a string of digits."""
    negative: bool | None = False
    """It is below zero; `None`: it cannot be told. Its sign is no part of it."""

    def same(self, other: "Number") -> bool:
        """Whether another text's number says this."""
        kinds = {self.kind, other.kind}
        if EITHER in kinds or (NAME in kinds and self.kind != other.kind):
            return not set(self.value).isdisjoint(other.value)
        if DECADE in kinds and kinds <= {DECADE, ""}:
            return _same_decade(self.value[0] or Decimal(0), other.value[0] or Decimal(0))
        if kinds == {TIME} and (self.half_day or other.half_day):
            return self.hour % 12 == other.hour % 12 and self.value[1] == other.value[1]
        if self.kind == other.kind or kinds in ({"", ORDINAL}, ALIKE):
            return self.value == other.value
        if kinds == {"", TIME} and _full_hour(self) and _full_hour(other):
            return self.hour % 12 == other.hour % 12
        bare = self.kind == "" or (self.kind == ORDINAL and other.kind == DATE)
        return bare and self.value[0] in other.value

    def lacks_sign(self, other: "Number") -> bool:
        """Whether another text's number, which is below zero, has lost its sign here."""
        return other.negative is True and self.negative is False

    @property
    def hour(self) -> int:
        """The hour of a time; of anything else its value."""
        return int(self.value[0] or 0)


def quantities(
    text: str, known: Sequence[Numeral], language: str, counted: Mapping[int, tuple[Decimal, ...]]
) -> Iterator[Number]:
    """Find the quantities of a text; `counted` tells what the numerals before a noun may be elsewhere."""
    for start, end, either in chinese_approximations(text) if language == "zh" else ():
        yield Number(start, end, EITHER, either, asked=False, plain=False)
    shared = shares(text, known, language)
    for numeral in known:
        start, end, kind = with_unit(text, numeral, language)
        share = shared.get(numeral.start)
        kind = share.unit if share else kind
        if suffix := _ordinal_suffix(text, numeral, language):
            end, kind = end + suffix, ORDINAL
        kind = ORDINAL if numeral.ordinal and not kind else kind
        asked, plain = _evidence(text, numeral, language, bool(kind) and kind != ORDINAL)
        values: tuple[Decimal, ...] = (numeral.value,)
        if not kind and numeral.start in counted:
            kind, values = EITHER, counted[numeral.start]
        elif share and share.factor > 1:
            kind, values = EITHER, (numeral.value * share.factor, numeral.value)
        elif not kind and numeral.also:
            kind, values = EITHER, (numeral.value, *numeral.also)
        name = "" if kind in UNITS or kind == ORDINAL else numeral.spelled
        yield Number(start, end, kind, values, numeral.digits, asked, plain, name=name)


def _ordinal_suffix(text: str, numeral: Numeral, language: str) -> int:
    pattern = {"en": r"(?:st|nd|rd|th)\b", "es": r"\.?[ºª]"}.get(language)
    match = re.compile(pattern).match(text, numeral.end) if pattern and numeral.digits else None
    return len(match.group()) if match else 0


def _evidence(text: str, numeral: Numeral, language: str, united: bool) -> tuple[bool, bool]:
    """Judge whether a numeral is asked for in a translation, and whether it is unmistakable."""
    if numeral.digits:
        return True, True
    if numeral.vague or (not united and _other_word(text, numeral, language)):
        return False, False
    large = numeral.value >= SMALL and numeral.value == numeral.value.to_integral_value()
    if language == "zh":
        counted = text[numeral.end : numeral.end + 1] in tuple(MEASURES) or numeral.ordinal or united
        return (large or (numeral.value >= _LEAST and counted)), large and numeral.end - numeral.start > 1
    return numeral.value >= _LEAST or (united and numeral.value > 1), large


_BEFORE = {"en": r"\b(?:a|one)[ -]$", "zh": r"(?:分之|星期|礼拜|周)$"}
_BEHIND = {"es": r" partes?\b", "zh": "分之"}


def _other_word(text: str, numeral: Numeral, language: str) -> bool:
    """Whether a numeral is part of a fraction (a third, 四分之三) or a day of the week (星期三)."""
    before, behind = _BEFORE.get(language), _BEHIND.get(language)
    if language in ("en", "es") and not numeral.ordinal:
        return False
    if behind and re.compile(behind).match(text, numeral.end):
        return True
    return bool(before and re.search(before, text[max(0, numeral.start - 6) : numeral.start].lower()))


def _full_hour(number: Number) -> bool:
    hour = number.value[0]
    return hour is not None and 0 <= hour <= 24 and hour % 1 == 0 and not any(number.value[1:])


def _same_decade(one: Decimal, other: Decimal) -> bool:
    """Compare decades, of which either may be told without its century."""
    short, long = sorted((one, other))
    return one == other or (short < 100 and long >= 1000 and long % 100 == short)

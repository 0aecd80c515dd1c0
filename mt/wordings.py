"""Wordings: numbers that are said by a noun: half an hour is thirty minutes, two decades are twenty years.

Which words another language takes is its own affair, so these are never asked for by themselves; a numeral
before such a noun is right as it is and multiplied.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from mt.figures import roman_value


@dataclass(frozen=True, slots=True)
class Wording:
    """What a number and a noun, or a noun alone, say together."""

    start: int
    end: int
    """In a text whose numbers are figures, with the numeral if there is one."""
    values: tuple[Decimal, ...]
    """What another language may say instead; first what is written where it is lost."""
    numeral: int | None = None
    """Where the numeral begins that is multiplied."""


_Values: TypeAlias = Callable[[Decimal], tuple[Decimal, ...]]


def wordings(text: str, language: str) -> Iterator[Wording]:
    """Find the wordings of a text whose numbers are figures, none within another."""
    taken: list[tuple[int, int]] = []
    for pattern, values in _PATTERNS.get(language, ()):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and other < end for other, other_end in taken):
                continue
            taken.append((start, end))
            numeral = match.start("n") if match["n"] else None
            yield Wording(start, end, values(Decimal(match["n"] or 1)), numeral)
    for match in _ROMAN.finditer(text):
        yield Wording(match.start(), match.end(), (Decimal(roman_value(match.group())),))


# One C or L is a letter more often than a number, and one I a pronoun.
_ROMAN = re.compile(
    r"(?:(?<=\w )|(?<=[\u4e00-\u9fff]))(?=[IVXLC]{2}|[VX])"
    r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?![A-Za-z0-9'’])"
)
"""A Roman numeral behind a name: Louis XIV, Chapter IV."""


def _by(*factors: str) -> _Values:
    known = tuple(Decimal(factor) for factor in factors)
    return lambda n: tuple(n * factor for factor in known)


def _discount(n: Decimal) -> tuple[Decimal, ...]:
    """Say what is paid and what is not: 八折 is 80 percent of the price, and 20 percent off."""
    percent = n * 10 if n < 10 else n
    return n, percent, 100 - percent


def _times(double: str, triple: str, fourfold: str) -> tuple[tuple[str, _Values], ...]:
    """Say what grew how often, and by how much: what triples grows by two hundred percent."""
    return (
        (double, _by("1", "2", "100", "200")),
        (triple, _by("1", "3", "2", "300", "200")),
        (fourfold, _by("1", "4", "3", "400", "300")),
    )


_FIGURE = r"(?<![\d.,:])(?P<n>\d{1,4})"
_FEW = r"(?<![\d.,:])(?P<n>\d{1,2}(?:\.\d)?)"
_WEEKS = _by("1", "7", "7.5", "8")
"""In Spanish and German a week may be eight days, and two of them fifteen or fourteen."""


def _compiled(
    rows: Sequence[tuple[str, _Values]], gap: str, edge: str
) -> tuple[tuple[re.Pattern[str], _Values], ...]:
    """Make patterns of nouns; a row that has no place for its numeral may have one before it."""
    patterns = []
    for noun, values in rows:
        placed = "(?P<n>" in noun
        whole = noun if placed else rf"(?:{_FIGURE}{gap})?{edge}(?:{noun})"
        patterns.append((re.compile(whole + edge, re.IGNORECASE), values))
    return tuple(patterns)


_PATTERNS = {
    "en": _compiled(
        (
            (r"half an hour|half[- ]hours?", _by("30")),
            (r"an hour and a half", _by("90", "1.5")),
            (r"quarters?(?: of an)?[- ]hours?", _by("15", "1")),
            (r"half a century|half[- ]century", _by("50")),
            (r"half a decade", _by("5")),
            (r"half a dozen|half[- ]dozen", _by("6")),
            (r"half a year", _by("6")),
            (r"half a day", _by("12")),
            (r"decades?", _by("1", "10")),
            (r"centuries|(?<=\ba )century|(?<=\bone )century", _by("1", "100")),
            (r"dozens?", _by("12", "1")),
            (r"fortnights?", _by("14", "15", "2")),
            (rf"{_FIGURE}[- ]weeks?", _WEEKS),
            (r"(?<=\ba )week|(?<=\bone )week", _WEEKS),
            (r"half|halves", _by("50", "0.5")),
            *_times(double=r"doubl(?:e[sd]?|ing)", triple=r"tripl(?:e[sd]?|ing)", fourfold=r"quadrupl\w+"),
            (r"quarters?", _by("1", "25")),
        ),
        "[ -]",
        r"\b",
    ),
    "zh": _compiled(
        (
            (r"(?<![个年天月岁倍点])半个?(?:小时|钟头)", _by("30")),
            (r"刻钟", _by("15", "1")),
            (r"(?<!个)半个?世纪", _by("50")),
            (r"(?<=\d)个世纪", _by("1", "100")),
            (rf"{_FIGURE}个10年", _by("1", "10")),
            (rf"{_FEW}成(?![为功就立果员长熟语都])", _by("1", "10")),
            (rf"{_FEW}折", _discount),
            (r"半打", _by("6")),
            (rf"{_FIGURE}打(?![折电击开破工字车球])", _by("12", "1")),
            (rf"{_FIGURE}倍", _by("1", "100")),
            (rf"{_FIGURE}(?:周(?![年岁末])|个?(?:星期|礼拜)(?![一二三四五六日天\d]))", _WEEKS),
            (r"(?<![个年])半年", _by("6")),
            (r"(?<![个年天])半天", _by("12")),
            (r"(?<!\d)1半|半数|[大过]半", _by("50", "0.5")),
            (r"对折|半价", _by("50")),
            (r"百分之?百", _by("100")),
            (r"千分之(?P<n>\d{1,4})", _by("1", "0.1")),
        ),
        "",
        "",
    ),
    "es": _compiled(
        (
            (r"medias? horas?", _by("30")),
            (r"cuartos? de hora", _by("15", "1")),
            (r"décadas?|decenios?", _by("1", "10")),
            (r"lustros?", _by("1", "5")),
            (r"medias? docenas?", _by("6")),
            (r"docenas?", _by("12", "1")),
            (r"decenas?", _by("10", "1")),
            (r"quincenas?", _by("15", "14", "2")),
            (r"veintenas?", _by("20", "1")),
            (r"treintenas?", _by("30")),
            (r"cincuentenas?", _by("50")),
            (r"centenar(?:es)?", _by("100", "1")),
            (r"millar(?:es)?", _by("1000", "1")),
            (r"medio siglo", _by("50")),
            (r"siglos?(?! [IVX])", _by("1", "100")),
            (r"medio año", _by("6")),
            (r"medio día", _by("12")),
            (rf"{_FIGURE} semanas?", _WEEKS),
            (r"mitad(?:es)?", _by("50", "0.5")),
            (r"tercios?", _by("1", "3")),
            *_times(double=r"dobles?|duplic\w+", triple=r"triples?|triplic\w+", fourfold=r"cuadruplic\w+"),
        ),
        " ",
        r"\b",
    ),
    "de": _compiled(
        (
            (r"halben? Stunden?", _by("30")),
            (r"(?:Drei|3 )viertelstunden?|(?:drei|3 ?)viertel Stunden?", _by("45")),
            (r"Viertelstunden?", _by("15", "1")),
            (r"Jahrzehnt(?:en?|e?s)?", _by("1", "10")),
            (r"halbe[sn]? Dutzend", _by("6")),
            (r"Dutzend(?:en?|s)?", _by("12", "1")),
            (r"halbe[sn]? Jahrhunderts?", _by("50")),
            (r"Jahrhunderten?|(?<=\bein )Jahrhundert", _by("1", "100")),
            (r"halbe[sn]? Jahre?s?|Halbjahre?s?", _by("6")),
            (r"halben? Tage?s?", _by("12")),
            (rf"{_FIGURE} Wochen?", _WEEKS),
            (r"(?<=\beine )Woche|(?<=\beiner )Woche", _WEEKS),
            (r"Hälften?", _by("50", "0.5")),
            (r"Viertel(?! (?:nach|vor|\d))", _by("1", "25")),
            (r"Drittel[ns]?", _by("1", "3")),
            *_times(double=r"verdoppel\w*|doppelt\w*", triple=r"verdreifach\w*", fourfold=r"vervierfach\w*"),
        ),
        "[ -]",
        r"\b",
    ),
}

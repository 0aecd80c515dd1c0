"""Numbers kept right: quantities, dates and times, found, looked for in a translation, and written.

A number is the same in two languages when its value and its kind are: `3.5 million dollars` is `350万美元`.
Whatever the translator wrote is judged by that alone; what is missing can be written deterministically.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from mt.amounts import amounts
from mt.chinese_numerals import closed_up
from mt.dates import ORDINAL, TIME, moments
from mt.digit_groups import parted_otherwise
from mt.expressions import expressions
from mt.figures import Numeral, in_figures
from mt.numerals import numerals
from mt.quantities import EITHER, Number, quantities
from mt.renderings import written
from mt.signs import signed
from mt.units import MONTHS, SCALES, UNITS
from mt.wordings import wordings

__all__ = ["LANGUAGES", "Number", "growing", "invented", "missing", "numbers", "overgrown", "written"]

LANGUAGES = frozenset({"en", "zh", "es", "de"})
"""Languages whose number words are known."""


def numbers(text: str, language: str) -> list[Number]:
    """Find the numbers of a text, in order."""
    if language != "zh":
        return _numbers(text, language)
    closed, origin = closed_up(text)
    return [replace(n, start=origin[n.start], end=origin[n.end - 1] + 1) for n in _numbers(closed, language)]


def _numbers(text: str, language: str) -> list[Number]:
    known = numerals(text, language)
    text = text.translate(_PLAIN_SPACES)  # only between thousands do they mean anything
    figures, origin = in_figures(text, known, language)
    sayings = expressions(text, language)
    found = [
        Number(origin[m.start], origin[m.end], m.kind, m.value, True, m.asked, m.asked, m.half_day)
        for m in moments(figures, language)
    ]
    said = list(wordings(figures, language))
    counted = {origin[w.numeral]: w.values for w in said if w.numeral is not None}
    nouns = [
        Number(origin[w.start], origin[w.end], EITHER, w.values, asked=False, plain=False)
        for w in said
        if w.numeral is None
    ]
    kept: list[Number] = []
    two_parts = amounts(text, known, language)
    for number in (
        *sayings,
        *found,
        *_apart(nouns, known),
        *two_parts,
        *quantities(text, known, language, counted),
    ):
        around = [other for other in kept if number.start < other.end and other.start < number.end]
        if not around:
            kept.append(number)
        elif all(other.kind == TIME and not other.asked for other in around):
            # Ten to five may be a time and may be two numbers: neither is asked for, either is accepted.
            kept.append(replace(number, asked=False, plain=False))
    return signed(text, sorted(kept, key=lambda number: number.start), language)


_PLAIN_SPACES = {0xA0: " ", 0x202F: " "}


def _apart(nouns: Iterable[Number], known: Sequence[Numeral]) -> Iterator[Number]:
    """Leave out what is part of a larger number, as the half of half a million is."""
    for noun in nouns:
        around = (n for n in known if n.start < noun.end and noun.start < n.end)
        if all(noun.start <= n.start and n.end <= noun.end for n in around):
            yield noun


def missing(source: Iterable[Number], target: Iterable[Number]) -> list[Number]:
    """List the numbers of a source that are asked for and that its translation does not have, each once."""
    wanted, known = list(source), list(target)
    regrouped, lost = parted_otherwise(wanted, known), list[Number]()
    for number in wanted:
        if not number.asked or number in regrouped or _said_apart(number, known):
            continue
        if not any(number.same(other) and not other.lacks_sign(number) for other in (*known, *lost)):
            lost.append(number)
    return lost


def _said_apart(time: Number, known: Sequence[Number]) -> bool:
    """Whether hour and minute stand one after the other (nine thirty)."""
    return time.kind == TIME and any(
        hour.kind == minute.kind == ""
        and hour.value[0] is not None
        and hour.value[0] % 12 == time.hour % 12
        and minute.value == time.value[1:]
        for hour, minute in pairwise(known)
    )


def invented(source: Iterable[Number], target: Iterable[Number]) -> list[Number]:
    """List the unmistakable numbers of a translation that its source does not have, or has below zero."""
    known, found = list(source), list(target)
    regrouped = parted_otherwise(found, known)
    return [number for number in found if number not in regrouped and _is_invented(number, known)]


def _is_invented(number: Number, known: Sequence[Number]) -> bool:
    alike = [other for other in known if other.same(number) or number.same(other)]
    unsigned = bool(alike) and all(number.lacks_sign(other) for other in alike)
    return unsigned or (number.plain and not alike)


def overgrown(text: str, rest: str, language: str) -> int:
    """Count the characters of what follows that would turn the number at the end of a text into another."""
    if not rest or not text or text[-1].isspace():
        return 0
    last = next((n for n in reversed(numbers(text, language)) if n.end == len(text)), None)
    if last is None:
        return 0
    if last.kind == ORDINAL and language != "zh" and (letters := _LETTERS.match(rest)):
        return letters.end()
    for number in numbers(text + rest, language):
        grown = number.start > last.start or number.value != last.value
        if grown and number.start < len(text) < number.end:
            return number.end - len(text)
    tail = _TAIL_IN_CHINESE if language == "zh" else _TAIL
    scaled = last.digits and text.endswith(tuple(word for _, word in SCALES[language]))
    if (scaled or last.kind in UNITS) and (cut := tail.match(rest)):
        # A one before it makes a number of what may begin with zeros.
        figure = next(iter(numbers(f"1{rest[cut.end() - 1 :]}", language)), None)
        return cut.end() - 2 + figure.end if figure and not figure.start else cut.end()
    return 0


# Behind a number with its unit or scale a figure may begin in Chinese, but none with a zero.
_TAIL = re.compile(r"[.,]?\d")
_TAIL_IN_CHINESE = re.compile(r"[.,]\d|0")


_LETTERS = re.compile(r"[^\W\d_]+")


def growing(text: str, language: str) -> int:
    """Tell where the tail of a text begins that more text may still make another number."""
    if language not in LANGUAGES:
        return len(text)
    open_end = _tail(language).search(text)
    start = open_end.start() if open_end else len(text)
    for number in reversed(numbers(text, language)):
        if number.end >= start or not text[number.end :].strip():
            start = min(start, number.start)
    return start


@cache
def _tail(language: str) -> re.Pattern[str]:
    if language == "zh":
        return re.compile(
            r"(?:百分之?|第|摄氏|(?<=[0-9一二两三四五六七八九十])[点时]|(?<![0-9])[十百千万亿])$"
        )
    names = "|".join(MONTHS.get(language, ("January",)))
    signs = r"[$€£¥]"
    links = {"es": r"\d+\.?º? de(?: (?:\w+)(?: de)?)?", "de": rf"\d+\. ?(?:{names})?"}
    begun = rf"(?<!\w)(?:{names})(?: \d+(?:st|nd|rd|th)?,?)?"
    return re.compile(rf"(?:{begun}|{signs}|{links.get(language, 'hundred and')}|\d+ (?:{names}),?)\s*$")

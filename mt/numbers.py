"""Numbers kept right: quantities, dates and times, found, looked for in a translation, and written.

A number is the same in two languages when its value and its kind are: `3.5 million dollars` is `350万美元`.
Whatever the translator wrote is judged by that alone; what is missing can be written deterministically.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

from mt.chinese_numerals import chinese_approximations
from mt.dates import DATE, DECADE, ORDINAL, TIME, moments, written_date, written_decade, written_time
from mt.figures import SMALL, Numeral, in_figures
from mt.numerals import numerals
from mt.units import MONTHS, SCALES, UNITS

APPROXIMATION = "approximation"
LANGUAGES = frozenset({"en", "zh", "es", "de"})
"""Languages whose number words are known."""

MEASURES = (
    "个名位本台只天年月日号岁次人元块张件条封辆家所层页斤公米克升度分秒点周期章届级种小倍"
    "棵朵头匹把支枝根座栋双套杯碗瓶盒箱包袋篇首幅部册艘架颗粒滴道门堂课节批组队排串束群句段片"
)
"""Chinese measure words: a numeral before one of them counts something."""
_LEAST = 3
"""Words for one and two stand for too much else (one of them, 一个) to be asked for."""


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity, a date or a time in a text."""

    start: int
    end: int
    kind: str
    """A unit of `UNITS`, a kind of moment, `ORDINAL`, `APPROXIMATION`, or empty."""
    value: tuple[Decimal | None, ...]
    """One value; of a date year, month and day; of a time hour and minute; of an approximation each."""
    digits: bool = True
    """It is written in digits, at least in part."""
    asked: bool = True
    """A translation without it is unfaithful."""
    plain: bool = True
    """It is unmistakably a number: a translation that has it without its source is unfaithful."""
    half_day: bool = False
    """A time of the twelve-hour clock that does not say which half it means."""

    def same(self, other: "Number") -> bool:
        """Whether another text's number says this."""
        kinds = {self.kind, other.kind}
        if APPROXIMATION in kinds:
            return not set(self.value).isdisjoint(other.value)
        if DECADE in kinds and kinds <= {DECADE, ""}:
            return _same_decade(self.value[0] or Decimal(0), other.value[0] or Decimal(0))
        if kinds == {TIME} and (self.half_day or other.half_day):
            return _hour(self) % 12 == _hour(other) % 12 and self.value[1] == other.value[1]
        if self.kind == other.kind or kinds == {"", ORDINAL}:
            return self.value == other.value
        if kinds == {"", TIME} and _full_hour(self) and _full_hour(other):
            return _hour(self) % 12 == _hour(other) % 12
        bare = self.kind == "" or (self.kind == ORDINAL and other.kind == DATE)
        return bare and self.value[0] in other.value


def numbers(text: str, language: str) -> list[Number]:
    """Find the numbers of a text, in order."""
    found: list[Number] = []
    known = numerals(text, language)
    for number in (*_moments(text, known, language), *_quantities(text, known, language)):
        if not any(number.start < other.end and other.start < number.end for other in found):
            found.append(number)
    return sorted(found, key=lambda number: number.start)


def missing(source: Iterable[Number], target: Iterable[Number]) -> list[Number]:
    """List the numbers of a source that are asked for and that its translation does not have, each once."""
    known = list(target)
    lost: list[Number] = []
    for number in source:
        if not number.asked or _said_apart(number, known):
            continue
        if not any(number.same(other) for other in (*known, *lost)):
            lost.append(number)
    return lost


def _said_apart(time: Number, known: Sequence[Number]) -> bool:
    """Whether hour and minute stand one after the other (nine thirty)."""
    return time.kind == TIME and any(
        hour.kind == minute.kind == ""
        and hour.value[0] is not None
        and hour.value[0] % 12 == _hour(time) % 12
        and minute.value == time.value[1:]
        for hour, minute in pairwise(known)
    )


def invented(source: Iterable[Number], target: Iterable[Number]) -> list[Number]:
    """List the unmistakable numbers of a translation that its source does not have."""
    known = list(source)
    return [
        number
        for number in target
        if number.plain and not any(other.same(number) or number.same(other) for other in known)
    ]


def written(number: Number, language: str) -> str:
    """Write a number in a language."""
    match number.kind:
        case "date":
            return written_date(number.value, language)
        case "time":
            return written_time(number.value, number.half_day, language)
        case "decade":
            return written_decade(number.value[0] or Decimal(0), language)
        case "ordinal":
            return _written_ordinal(int(number.value[0] or 0), language)
    unit = UNITS.get(number.kind, {}).get(language)
    figure = _figure(number.value[0] or Decimal(0), language, number.digits or bool(unit))
    if not unit:
        return figure
    of = " de" if language == "es" and figure.endswith(("llones", "llón")) and number.kind != "%" else ""
    return unit.written.replace("{}", figure + of)


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
    return 0


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


def _moments(text: str, known: Sequence[Numeral], language: str) -> Iterator[Number]:
    figures, origin = in_figures(text, known, language)
    for moment in moments(figures, language):
        start, end, asked = origin[moment.start], origin[moment.end], moment.asked
        yield Number(start, end, moment.kind, moment.value, True, asked, asked, moment.half_day)


def _quantities(text: str, known: Sequence[Numeral], language: str) -> Iterator[Number]:
    for start, end, values in chinese_approximations(text) if language == "zh" else ():
        yield Number(start, end, APPROXIMATION, values, asked=False, plain=False)
    for numeral in known:
        start, end, kind = _with_unit(text, numeral, language)
        if suffix := _ordinal_suffix(text, numeral, language):
            end, kind = end + suffix, ORDINAL
        kind = ORDINAL if numeral.ordinal and not kind else kind
        asked, plain = _evidence(text, numeral, language, bool(kind) and kind != ORDINAL)
        yield Number(start, end, kind, (numeral.value,), numeral.digits, asked, plain)


def _with_unit(text: str, numeral: Numeral, language: str) -> tuple[int, int, str]:
    """Find the unit before or after a numeral: start, end and unit of both together."""
    before, after = text[: numeral.start], text[numeral.end :]
    pattern, kinds = _after(language)
    if match := pattern.match(after):
        kind = kinds[match[1].lower()]
        signs = [sign for sign, meant in _all_before(language) if meant == kind and before.endswith(sign)]
        return numeral.start - len(signs[0] if signs else ""), numeral.end + match.end(), kind
    for sign, kind in _all_before(language):
        if before.endswith(sign):
            return numeral.start - len(sign), numeral.end, kind
    return numeral.start, numeral.end, ""


@cache
def _after(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    kinds = {
        word.lower(): kind
        for kind, by in UNITS.items()
        for word in (by[language].after if language in by else ("%",) if kind == "%" else ())
    }
    words = "|".join(re.escape(word) for word in sorted(kinds, key=len, reverse=True))
    gap = r"[ \u00a0\u202f-]?(?:de )?" if language == "es" else r"[ \u00a0\u202f-]?"
    end = "" if language == "zh" else r"(?!\w)"
    return re.compile(rf"{gap}({words}){end}", re.IGNORECASE), kinds


@cache
def _all_before(language: str) -> list[tuple[str, str]]:
    """List signs and words before numbers, longer ones first."""
    found = [
        (sign, kind)
        for kind, by in UNITS.items()
        if language in by
        for sign in (*by[language].before, by[language].prefix)
        if sign
    ]
    return sorted(found, key=lambda pair: -len(pair[0]))


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


def _hour(number: Number) -> int:
    return int(number.value[0] or 0)


def _full_hour(number: Number) -> bool:
    hour = number.value[0]
    return hour is not None and 0 <= hour <= 24 and hour % 1 == 0 and not any(number.value[1:])


def _same_decade(one: Decimal, other: Decimal) -> bool:
    """Compare decades, of which either may be told without its century."""
    short, long = sorted((one, other))
    return one == other or (short < 100 and long >= 1000 and long % 100 == short)


# Writing.


def _figure(value: Decimal, language: str, digits: bool) -> str:
    if not digits and value <= 10 and value == value.to_integral_value() and language in _SMALL_WORDS:
        return _SMALL_WORDS[language][int(value)]
    for factor, word in SCALES.get(language, ()) if value < _READABLE else ():
        share = value / factor
        if share >= 1 and share == round(share, 2):
            gap = "" if language == "zh" else " "
            singular = _SINGULAR.get(word, word) if share == 1 else word
            return f"{_separated(share, language, gap == '')}{gap}{singular}"
    return _separated(value, language, language == "zh")


_READABLE = 10**20
"""A number from here on is a string of digits to people, and is written as one."""
_SMALL_WORDS = {
    "en": "zero one two three four five six seven eight nine ten".split(),
    "zh": list("零一二三四五六七八九十"),
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez".split(),
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn".split(),
}
_SINGULAR = {
    "millones": "millón",
    "billones": "billón",
    "Millionen": "Million",
    "Milliarden": "Milliarde",
    "Billionen": "Billion",
}


def _separated(value: Decimal, language: str, closed: bool) -> str:
    """Write digits; thousands are separated from five digits on, so that no year ever is."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    point = "." if fraction else ""
    if len(whole) > 4 and not closed and value < _READABLE:
        whole = f"{int(whole):,}"
    if language in ("es", "de"):
        return whole.replace(",", ".") + ("," + fraction if point else "")
    return whole + point + fraction


def _written_ordinal(value: int, language: str) -> str:
    if language == "en":
        ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{value}{ending}"
    return {"zh": f"第{value}", "es": f"{value}.º", "de": f"{value}."}.get(language, str(value))

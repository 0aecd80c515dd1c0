"""Dates, times of day, decades and centuries, found in a text whose numbers are figures, and written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from mt.figures import roman_value
from mt.units import MONTHS

DATE, TIME, MONTH, DECADE, ORDINAL = "date", "time", "month", "decade", "ordinal"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time or a part of one in a text."""

    start: int
    end: int
    kind: str
    value: tuple[Decimal | None, ...]
    """Year, month and day; hour and minute; or one value."""
    half_day: bool = False
    """A time of the twelve-hour clock that does not say which half it means."""
    asked: bool = True
    """A translation without it is unfaithful."""


def moments(text: str, language: str) -> Iterator[Moment]:
    """Find everything of the calendar and the clock in a text."""
    yield from _dates(text, language)
    yield from _times(text, language)
    for pattern, kind in _PARTS.get(language, ()):
        for match in pattern.finditer(text):
            # A month has a name elsewhere, which is no number.
            yield Moment(match.start(), match.end(), kind, (_part(match),), asked=kind != MONTH)
    for match in _TWELVE.finditer(text):
        twelve = (Decimal(12), Decimal(0))
        yield Moment(match.start(), match.end(), TIME, twelve, half_day=True, asked=False)


_TWELVE = re.compile(
    r"\b(?:noon|midday|midnight|mediodía|medianoche|mittags?|mitternacht)\b|中午|正午|午夜", re.IGNORECASE
)
"""Words that another language may say in figures."""


_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
_ISO = r"(?<!\d)(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
_POINTS = r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\."


@cache
def _date_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    names = "|".join(MONTHS.get(language, ()))
    # One may fail, and nothing is said of a month.
    name = rf"(?P<name>{names.replace('May', '(?-i:May)')})"
    found = {
        "en": (
            rf"\b{name} (?:the )?{_DAY}(?:st|nd|rd|th)?(?:,? {_YEAR})?(?!\d)",
            rf"(?<!\d){_DAY}(?:st|nd|rd|th)? (?:of )?{name}\b(?:,? {_YEAR})?(?!\d)",
        ),
        "es": (rf"(?<!\d){_DAY}\.?º? de {name}\b(?: (?:de|del) {_YEAR})?(?!\d)",),
        "de": (
            rf"(?<!\d){_DAY}\. ?{name}\b(?: {_YEAR})?(?!\d)",
            rf"(?<![\d.,]){_POINTS} ?{_YEAR}(?![\d.,]\d|\d)",
            rf"\b(?:am|vom|bis|der|dem|den|zum|seit) {_POINTS}(?!\d)",
        ),
        "zh": (r"(?:(?P<year>\d{4})\s?年\s?)?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号]",),
    }.get(language, ())
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (_ISO, *found))


def _dates(text: str, language: str) -> Iterator[Moment]:
    for pattern in _date_patterns(language):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = parts.get("month") or _month(parts.get("name") or "", language)
            day = int(parts["day"])
            if not 1 <= int(month) <= 12 or not 1 <= day <= 31:
                continue
            year = Decimal(parts["year"]) if parts.get("year") else None
            yield Moment(match.start(), match.end(), DATE, (year, Decimal(month), Decimal(day)))


def _month(name: str, language: str) -> int:
    return [month.lower() for month in MONTHS[language]].index(name.lower()) + 1


_COLON = r"(?<![\d:.])(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?![\d:])"
_HALF_DAY = r" ?(?P<half>[ap])\.?m\.?(?![a-z])"
_HOUR = r"(?P<hour>\d{1,2})(?!\d)"
_HAN_HALF = "(?P<half>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里|半夜|(?<=[今明昨当每])[早晚])"
_FIVES = r"(?P<minute>5|10|20|25)"
_CLOCKS = {
    "en": (
        r"(?<![\d:.])(?P<hour>[2-9]|1[0-2]) ?o[’']clock\b",
        rf"\b(?:at|by|until|till|before|after|around) {_HOUR} (?:oh|o) (?P<minute>\d)(?!\d)(?:{_HALF_DAY})?",
        rf"(?<![\d:.]){_HOUR} (?:oh|o) (?P<minute>\d){_HALF_DAY}",
        rf"(?<![\d:.]){_HOUR}[ -](?P<minute>\d{{2}}){_HALF_DAY}",
        rf"\b(?P<minute>half|quarter|\d{{1,2}}) (?:past|(?<=quarter )(?:after|(?P<before>to))) {_HOUR}",
        rf"\b(?P<minute>\d{{1,2}}) minutes past {_HOUR}",
        r"\b(?:at|by|until|till|before|after|around) (?P<hour>\d{1,2})[- ](?P<minute>\d{2})(?![\d:-]|[.,]\d)",
    ),
    "es": (
        rf"\blas? {_HOUR} (?:(?:y|(?P<before>menos)) )?"
        r"(?P<minute>media|cuarto|(?:\d{2}|(?<=menos )5)\b(?![.,]\d))",
        r"\blas? (?P<hour>\d{1,2})\.(?P<minute>\d{2})(?![\d%]|[.,]\d)",
    ),
    "de": (
        _COLON,
        rf"\b{_FIVES} (?:Minuten )?(?:nach|(?P<before>vor)) (?P<to_half>halb) {_HOUR}",
        rf"\bum {_FIVES} (?:nach|(?P<before>vor)) {_HOUR}",
        rf"\b(?P<before>(?P<minute>halb)) {_HOUR}",
        rf"\b(?P<minute>Viertel) (?:nach|(?P<before>vor)) {_HOUR}",
        rf"(?<![\d.]){_HOUR}\.(?P<minute>\d{{2}}) Uhr\b",
        rf"(?<![\d.]){_HOUR} Uhr (?P<minute>\d{{1,2}})\b",
    ),
    # 点 is also a point of a list, and 一点 a little.
    "zh": (
        rf"(?<![\d:.]){_HAN_HALF}?(?P<hour>\d{{1,2}})[:：](?P<minute>\d{{2}})(?!\d)",
        rf"(?<![\d:.]){_HAN_HALF}?(?P<hour>\d{{1,2}})[点时]"
        r"(?:(?P<before>差)|过)?(?:(?P<minute>半|[13]刻|\d{1,2}分|\d{2}(?![\d分]))|钟)",
        rf"(?P<before>差)(?P<minute>\d{{1,2}}分|[13]刻)钟?[就到]?{_HAN_HALF}?(?P<hour>\d{{1,2}})[点时]",
        rf"{_HAN_HALF}的?(?P<hour>\d{{1,2}})[点时](?![都也儿])",
    ),
}
_LOOSE_CLOCKS = {
    "en": (
        r"\b(?:at|by|until|before|after) (?P<hour>\d{1,2})\.(?P<minute>[0-5]\d)(?=\s*(?:[.,;!?](?!\d)|$))",
        rf"(?:\b(?:is|at|by|until|till|before)|['’]s) {_FIVES} (?:minutes )?(?:after|(?P<before>to)) {_HOUR}"
        r"(?=\s*(?:[.,;!?]|$)|\s+(?:now|in|at|on|when|and|already|sharp)\b)(?![.,]\d)",
    ),
    "es": (rf"\blas? {_HOUR} y (?P<minute>5)\b",),
    "de": (
        rf"\b{_FIVES} (?:Minuten )?(?:nach|(?P<before>vor)) {_HOUR}",
        rf"\b(?P<before>(?P<minute>(?:3 |drei)viertel)) {_HOUR}",
    ),
}
"""What may be a time and may be two numbers: `it is ten to five`, `fünf nach zehn`."""
_MINUTES = (
    dict.fromkeys(("半", "half", "halb", "media"), 30)
    | dict.fromkeys(("1刻", "quarter", "viertel", "cuarto"), 15)
    | {"3刻": 45, "3 viertel": 15, "dreiviertel": 15}
)


@cache
def _time_patterns(language: str) -> tuple[tuple[re.Pattern[str], bool], ...]:
    # In German `am` is no half of a day.
    common = (
        () if language in ("zh", "de") else (f"{_COLON}(?:{_HALF_DAY})?", rf"(?<![\d:.]){_HOUR}{_HALF_DAY}")
    )
    sure = [(pattern, True) for pattern in (*_CLOCKS.get(language, ()), *common)]
    loose = [(pattern, False) for pattern in _LOOSE_CLOCKS.get(language, ())]
    return tuple((re.compile(pattern, re.IGNORECASE), asked) for pattern, asked in (*sure, *loose))


def _times(text: str, language: str) -> Iterator[Moment]:
    for pattern, asked in _time_patterns(language):
        for match in pattern.finditer(text):
            yield from _time(match, asked)


def _time(match: re.Match[str], asked: bool) -> Iterator[Moment]:
    parts = match.groupdict()
    hour, minute = int(parts["hour"]), _minute((parts.get("minute") or "0").lower())
    if hour > 24 or minute > 59:
        return
    if parts.get("to_half"):
        hour, minute = hour - 1, 30 + (-minute if parts["before"] else minute)
    elif parts.get("before"):
        hour, minute = hour - 1, 60 - minute
    half = _half((parts.get("half") or "").lower())
    # Twelve at night is no noon.
    unmarked = hour <= 12 and (not half or (hour == 12 and "晚" in (parts.get("half") or "")))
    if half and not unmarked and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    yield Moment(match.start(), match.end(), TIME, (Decimal(hour % 24), Decimal(minute)), unmarked, asked)


def _minute(written: str) -> int:
    return _MINUTES.get(written) or int(written.rstrip("分"))


def _half(written: str) -> str:
    if written in ("", "a", "p"):
        return written
    return "p" if written in ("中午", "下午", "傍晚", "晚上", "晚") else "a"


_TEN_YEARS = r"(?<![\d.,])(?P<value>(?:\d\d)?\d0)"
_PARTS = {
    "en": ((re.compile(rf"{_TEN_YEARS}'?s\b"), DECADE),),
    "de": ((re.compile(rf"{_TEN_YEARS}er(?:n|[- ]Jahren?)?\b"), DECADE),),
    "zh": (
        (re.compile(rf"(?:(?P<century>\d{{1,2}})世纪)?{_TEN_YEARS}年代"), DECADE),
        (re.compile(r"(?<!\d)(?P<value>1[0-2]|[1-9])月"), MONTH),
    ),
    "es": ((re.compile(r"\bsiglos? (?P<roman>[IVX]+)\b"), ORDINAL),),
}


def _part(match: re.Match[str]) -> Decimal:
    parts = match.groupdict()
    if roman := parts.get("roman"):
        return Decimal(roman_value(roman))
    century = int(parts.get("century") or 1) - 1
    return Decimal(parts["value"]) + century * 100


def written_date(value: tuple[Decimal | None, ...], language: str) -> str:
    """Write year, month and day."""
    year, month, day = (None if part is None else int(part) for part in value)
    assert month and day, "a date has a month and a day"
    if language == "zh":
        return (f"{year}年" if year else "") + f"{month}月{day}日"
    if language not in MONTHS:
        return f"{year}-{month:02}-{day:02}" if year else f"{month:02}-{day:02}"
    name = MONTHS[language][month - 1]
    match language:
        case "en":
            return f"{name} {day}" + (f", {year}" if year else "")
        case "es":
            return f"{day} de {name}" + (f" de {year}" if year else "")
    return f"{day}. {name}" + (f" {year}" if year else "")


def written_time(value: tuple[Decimal | None, ...], half_day: bool, language: str) -> str:
    """Write hour and minute."""
    hour, minute = (int(part or 0) for part in value)
    if language == "en" and not half_day:
        half = "a.m." if hour < 12 else "p.m."
        return f"{(hour - 1) % 12 + 1}:{minute:02} {half}"
    if language == "zh":
        return f"{hour}点" + (f"{minute}分" if minute else "")
    return f"{hour}:{minute:02}"


def written_decade(value: Decimal, language: str) -> str:
    """Write a decade."""
    years = {"en": "{:02}s", "zh": "{:02}年代", "es": "años {:02}", "de": "{:02}er Jahre"}
    return years[language].format(int(value))

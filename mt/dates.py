"""Dates and times of day, found in a text and written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from mt.units import MONTHS


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time in a text."""

    start: int
    end: int
    value: tuple[Decimal | None, ...]
    """Year, month and day; or hour and minute."""
    half_day: bool = False
    """A time of the twelve-hour clock that does not say which half it means."""


_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
_ISO = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"


@cache
def _date_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    names = "|".join(MONTHS.get(language, ()))
    name = rf"(?P<name>{names})"
    found = {
        "en": (
            rf"\b{name} {_DAY}(?:st|nd|rd|th)?(?:,? {_YEAR})?(?!\d)",
            rf"(?<!\d){_DAY}(?:st|nd|rd|th)? (?:of )?{name}\b(?:,? {_YEAR})?(?!\d)",
        ),
        "es": (rf"(?<!\d){_DAY}\.?º? de {name}\b(?: (?:de|del) {_YEAR})?(?!\d)",),
        "de": (rf"(?<!\d){_DAY}\. ?{name}\b(?: {_YEAR})?(?!\d)",),
        "zh": (r"(?:(?P<year>\d{4})\s?年\s?)?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号]",),
    }.get(language, ())
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (_ISO, *found))


def dates(text: str, language: str) -> Iterator[Moment]:
    """Find the dates of a text: year, which may not be told, month and day."""
    for pattern in _date_patterns(language):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = parts.get("month") or _month(parts.get("name") or "", language)
            day = int(parts["day"])
            if not 1 <= int(month) <= 12 or not 1 <= day <= 31:
                continue
            year = Decimal(parts["year"]) if parts.get("year") else None
            yield Moment(match.start(), match.end(), (year, Decimal(month), Decimal(day)))


def _month(name: str, language: str) -> int:
    return [month.lower() for month in MONTHS[language]].index(name.lower()) + 1


_CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?![\d:])(?: ?(?P<half>[ap])\.?m\.?(?![a-z]))?"
    r"|(?<![\d:.])(?P<full>\d{1,2}) ?(?P<half2>[ap])\.?m\.?(?![a-z])",
    re.IGNORECASE,
)
_HAN_CLOCK = re.compile(
    r"(?<![\d:.])(?P<half>凌晨|早上|上午|中午|下午|晚上|傍晚)?(?P<hour>\d{1,2})(?:[:：](?P<minute>\d{2})(?!\d)|[点时](?:(?P<m>\d{1,2})分?)?)"
)


def times(text: str, language: str) -> Iterator[Moment]:
    """Find the times of day of a text: hour and minute."""
    if language == "zh":
        for match in _HAN_CLOCK.finditer(text):
            half = {None: None, "下午": "p", "晚上": "p", "傍晚": "p", "中午": "p"}.get(match["half"], "a")
            yield from _time(match, match["hour"], match["minute"] or match["m"] or "0", half)
        return
    for match in _CLOCK.finditer(text):
        half = (match["half"] or match["half2"] or "").lower() or None
        yield from _time(match, match["hour"] or match["full"], match["minute"] or "0", half)


def _time(match: re.Match[str], hour: str, minute: str, half: str | None) -> Iterator[Moment]:
    h, m = int(hour), int(minute)
    if h > 24 or m > 59:
        return
    if half and h <= 12:
        h = h % 12 + (12 if half == "p" else 0)
    unmarked = half is None and h <= 12
    yield Moment(match.start(), match.end(), (Decimal(h), Decimal(m)), half_day=unmarked)


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

"""Expressions: names and sayings with numbers in them that count nothing: G20, 9/11, 五五开, cloud nine.

A name is asked for as it stands; a saying is left to the translator.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from mt.chinese_numerals import han_digits
from mt.figures import DIGITS, digit_value
from mt.quantities import EITHER, NAME, Number
from mt.sayings import SAYINGS

_FIXED = (
    (re.compile(r"(?<![\d./])9/11(?![\d/])"), "9 11 911"),
    (re.compile(r"\b7-(?:Eleven|11)\b", re.IGNORECASE), "7 11"),
)
"""Names that would be read as something else, and the numbers they have elsewhere."""
_NAME = re.compile(
    r"(?<![A-Za-zÀ-ÿ\d_.,$€£¥-])(?!(?:USD?|EUR|GBP|CNY|JPY|RMB|CHF|HKD|R[Ss]|[Nn]o)\d)"
    r"(?:[Cc](?:OVID|ovid)[- ]?19"
    r"|[A-Za-z]{1,12}\d[A-Za-z\d]{0,12}(?:\.\d{1,3})?"
    r"|[A-Z]{1,5}-\d{1,6}[A-Z]?"
    r"|[48]K|\d{1,4}(?!(?:[KMB]|[AP]M|K[MG]|[CM]M|M[LG]|USD|EUR|GBP|CNY|JPY|RMB)(?![A-Z]))[A-Z]{1,3})"
    r"(?![A-Za-zÀ-ÿ\d_%]|[-.,:/]\d)"
)
"""Letters with digits, none of them a currency, a scale, a half of the day or a unit that is known."""
_FRACTION = re.compile(r"(?<![\w/.,-])(\d)/(\d{1,2})(?![\w/]|[.,]\d)")
"""A fraction is written alike everywhere: 1/3 is a third, un tercio, 三分之一."""
_DIGITS = re.compile(DIGITS)


def expressions(text: str, language: str) -> Iterator[Number]:
    """Find the expressions of a text; of those that overlap the first holds."""
    for pattern, values in _sayings(language):
        for match in pattern.finditer(text):
            yield _number(match, values, asked=False)
    if language == "zh":
        yield from _shares(text)
        yield from _events(text)
        yield from _generations(text)
    if language in SAYINGS:
        yield from _names(text, language)


@cache
def _sayings(language: str) -> tuple[tuple[re.Pattern[str], tuple[Decimal, ...]], ...]:
    rows = SAYINGS.get(language, ())
    return tuple((re.compile(pattern, re.IGNORECASE), _decimals(values.split())) for pattern, values in rows)


def _decimals(written: list[str]) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, written))


def _number(match: re.Match[str], values: tuple[Decimal, ...], asked: bool, name: str = "") -> Number:
    kind = NAME if name else EITHER
    return Number(match.start(), match.end(), kind, values, asked=asked, plain=asked, name=name)


def _names(text: str, language: str) -> Iterator[Number]:
    for pattern, elsewhere in _FIXED:
        for match in pattern.finditer(text):
            yield _number(match, _decimals(elsewhere.split()), asked=True, name=match.group())
    for match in _FRACTION.finditer(text):
        over, under = int(match[1]), int(match[2])
        if 0 < over < under <= 10:
            share = Decimal(over) / under
            values = (Decimal(under), share, share * 100, *([Decimal(over)] if over > 1 else []))
            yield _number(match, values, asked=True, name=match.group())
    for match in _NAME.finditer(text):
        parts = tuple(digit_value(digits, language) for digits in _DIGITS.findall(match.group()))
        yield _number(match, parts, asked=True, name=match.group())


_SHARE = re.compile(
    "([1-9一二三四五六七八九])([1-9一二三四五六七八九])(?=分成|分账|定律|法则|原则|开(?![头始会])|分(?![钟之]))"
)


def _shares(text: str) -> Iterator[Number]:
    """Find tenths that make a whole: 三七开 is 30 to 70; halves are said without a number as well."""
    for match in _SHARE.finditer(text):
        parts = [Decimal(han_digits(match[i])) for i in (1, 2)]
        if sum(parts) != 10:
            continue
        for i, part in enumerate(parts, 1):
            asked = parts[0] != parts[1]
            yield Number(*match.span(i), EITHER, (part * 10, part), asked=asked, plain=asked)


_EVENT = re.compile(
    r"(?<![\d零〇一二三四五六七八九十百])(?:\d{1,2}[·•]\d{1,2}|\d{3}|[零〇一二三四五六七八九]{2,3})"
    "(?=事变|运动|爱国运动|事件|惨案|政变|共识|炮战|恐怖|袭击|大?地震|晚会)"
)


def _events(text: str) -> Iterator[Number]:
    """Find events named by their day: 九一八 is 9/18 and 918."""
    for match in _EVENT.finditer(text):
        signs = han_digits(re.sub("[·•]", "", match.group()))
        parts = {signs, *(part for i in range(1, len(signs)) for part in (signs[:i], signs[i:]))}
        yield _number(match, _decimals(sorted(parts)), asked=False)


_GENERATION = re.compile(
    r"(?<![\d:：.零〇一二三四五六七八九十])([05-9零〇五六七八九])([05零〇五])后(?![面来天年悔备果期])"
)


def _generations(text: str) -> Iterator[Number]:
    """Find those born from a year on: 90后 are of the 1990s; those of this century have other names, too."""
    for match in _GENERATION.finditer(text):
        short = Decimal(han_digits(match[1] + match[2]))
        year = short + (1900 if short >= 50 else 2000)
        asked = short >= 50
        yield Number(match.start(1), match.end(2), EITHER, (short, year), asked=asked, plain=asked)

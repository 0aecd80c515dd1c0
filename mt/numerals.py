"""Numerals: the values of numbers written in digits, in words, or in both (`3.5 million`, `350万`).

English, Chinese, Spanish and German have words here; other languages have digits alone. Values are exact:
decimals, never floats.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mt.chinese_numerals import chinese_numerals
from mt.figures import DIGITS, LONGEST, Numeral, digit_value


def numerals(text: str, language: str) -> list[Numeral]:
    """Find the numbers of a text, in order."""
    if language == "zh":
        return list(chinese_numerals(text))
    words = _WORDS.get(language)
    return list(_spaced(text, language, words or _Words({}, {}, {}, frozenset(), frozenset(), frozenset())))


_TOKEN = re.compile(rf"{DIGITS}|[^\W\d_]+", re.UNICODE)
_GAP = re.compile(r"[ \u00a0\u202f]?|-|‑")


@dataclass(frozen=True, slots=True)
class _Words:
    """The number words of a language."""

    plain: Mapping[str, int]
    scales: Mapping[str, int]
    ordinals: Mapping[str, int]
    joints: frozenset[str]
    """Words that may stand between the parts of a number."""
    articles: frozenset[str]
    """Words that mean one before a scale."""
    points: frozenset[str]
    """Words between whole and fraction."""


@dataclass(slots=True)
class _Sum:
    """A number that grows word by word."""

    total: Decimal = Decimal(0)
    current: Decimal | None = None
    scale: Decimal = Decimal(10) ** 18

    @property
    def value(self) -> Decimal:
        return self.total + (self.current or 0)

    def add(self, n: int) -> bool:
        """Take a word below a hundred, or the hundreds of Spanish; false: it begins another number."""
        current = self.current
        if current is None:
            self.current = Decimal(n)
        elif current != current.to_integral_value():
            return False
        elif n < 10 and current % 10 == 0 and current % 100 >= 20:
            self.current = current + n
        elif n < 100 and current % 100 == 0 and current:
            self.current = current + n
        elif 10 <= n < 100 and 10 <= current < 100 and not self.total:
            self.current = current * 100 + n  # nineteen ninety-eight
        else:
            return False
        return True

    def multiply(self, scale: int) -> bool:
        """Take hundred, thousand, million …"""
        current = self.current
        if scale == 100:
            if current is not None and not 0 < current < 100:
                return False
            self.current = (1 if current is None else current) * Decimal(100)
            return True
        if scale >= self.scale or (current is None and self.total):
            return False
        self.total += (1 if current is None else current) * Decimal(scale)
        self.current, self.scale = None, Decimal(scale)
        return True


def _spaced(text: str, language: str, words: _Words) -> Iterator[Numeral]:
    tokens = list(_TOKEN.finditer(text))
    index = 0
    while index < len(tokens):
        found = _number(text, language, words, tokens, index)
        if found is None:
            index += 1
            continue
        numeral, index = found
        yield numeral


def _number(
    text: str, language: str, words: _Words, tokens: Sequence[re.Match[str]], first: int
) -> tuple[Numeral, int] | None:
    """Read the longest number that begins at a token."""
    total, end, digits, ordinal, index = _Sum(), first, False, False, first
    while index < len(tokens) and not ordinal:
        if index > first and not _GAP.fullmatch(text[tokens[index - 1].end() : tokens[index].start()]):
            break
        word = tokens[index].group().lower()
        following = tokens[index + 1].group().lower() if index + 1 < len(tokens) else ""
        if word[0].isdecimal() and len(word) > LONGEST:
            break
        if word[0].isdecimal():
            # After a scale only a smaller one may follow: 1 million 200 thousand.
            if total.current is not None or (
                total.total and not 100 < words.scales.get(following, 0) < total.scale
            ):
                break
            if index > first and tokens[index].start() == tokens[index - 1].end():
                break
            total.current, digits = digit_value(word, language), True
        elif (n := words.plain.get(word, _compound(word, language))) is not None:
            if digits and total.current is not None:
                break
            if not total.add(n) if n < 1000 else not _whole(total, n):
                break
        elif scale := words.scales.get(word):
            if not total.multiply(scale):
                break
        elif (n := words.ordinals.get(word)) is not None:
            if digits or not total.add(n):
                break
            ordinal = True
        elif word in words.joints and end > first and index + 1 < len(tokens):
            index += 1
            continue
        elif word in words.articles and index == first and words.scales.get(following):
            index += 1
            continue
        elif word in words.points and end == index and total.current is not None and not digits:
            return _fraction(text, words, tokens, first, index, total.value)
        else:
            break
        index += 1
        end = index
    if end == first:
        return None
    if not digits and not ordinal and end - first == 1 and tokens[first].group().lower() in words.scales:
        return None  # "a thousand" is a number, "thousands" and "Million" alone are not
    return Numeral(tokens[first].start(), tokens[end - 1].end(), total.value, digits, ordinal), end


def _fraction(
    text: str, words: _Words, tokens: Sequence[re.Match[str]], first: int, point: int, whole: Decimal
) -> tuple[Numeral, int]:
    """Read the digits that are spoken after a point, one by one, and a scale after them."""
    index, fraction = point + 1, ""
    while index < len(tokens) and words.plain.get(tokens[index].group().lower(), 10) < 10:
        fraction += str(words.plain[tokens[index].group().lower()])
        index += 1
    if not fraction:
        return Numeral(tokens[first].start(), tokens[point - 1].end(), whole, False), point
    value = whole + Decimal(f"0.{fraction}")
    if index < len(tokens) and (scale := words.scales.get(tokens[index].group().lower())):
        value, index = value * scale, index + 1
    return Numeral(tokens[first].start(), tokens[index - 1].end(), value, False), index


def _whole(total: _Sum, n: int) -> bool:
    """Take a German compound of thousands."""
    if total.current is not None:
        return False
    total.current = Decimal(n)
    return True


def _numbered(written: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + i * step for i, word in enumerate(written.split())}


_ENGLISH = _Words(
    _numbered(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    )
    | _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    _numbered("fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth", 4)
    | _numbered("fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth", 14)
    | {"first": 1, "second": 2, "third": 3, "thirtieth": 30},
    frozenset({"and"}),
    frozenset({"a", "one"}),
    frozenset({"point"}),
)
_SPANISH = _Words(
    _numbered(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro "
        "veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    | _numbered("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | _numbered("cien doscientos trescientos cuatrocientos quinientos seiscientos", 100, 100)
    | {"setecientos": 700, "ochocientos": 800, "novecientos": 900, "ciento": 100, "una": 1, "veintiún": 21}
    | _numbered("doscientas trescientas cuatrocientas quinientas seiscientas setecientas", 200, 100)
    | {"ochocientas": 800, "novecientas": 900},
    {"mil": 1000, "millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12},
    {},
    frozenset({"y"}),
    frozenset({"un"}),
    frozenset({"coma", "punto"}),
)
_GERMAN = _Words(
    _numbered("null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf")
    | {"sechzehn": 16, "siebzehn": 17}
    | {f"{stem}zehn": n for stem, n in _numbered("drei vier fünf", 13).items()}
    | {"achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreißig": 30}
    | _numbered("vierzig fünfzig sechzig siebzig achtzig neunzig", 40, 10),
    {"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6}
    | {"milliarde": 10**9, "milliarden": 10**9, "billion": 10**12, "billionen": 10**12},
    {},
    frozenset(),
    frozenset({"eine"}),
    frozenset({"komma"}),
)
_WORDS = {"en": _ENGLISH, "es": _SPANISH, "de": _GERMAN}


def _compound(word: str, language: str) -> int | None:
    """Read a German number written as one word: `dreitausendzweihundertfünfundvierzig`."""
    if language != "de" or len(word) < 6:
        return None
    for scale, factor in (("tausend", 1000), ("hundert", 100)):
        left, found, right = word.partition(scale)
        if found:
            high = 1 if left in ("", "ein") else _part(left)
            low = 0 if not right else 1 if right == "eins" else _part(right.removeprefix("und"))
            return None if high is None or low is None else high * factor + low
    ones, found, tens = word.partition("und")
    one = 1 if ones == "ein" else _GERMAN.plain.get(ones, 0)
    ten = _GERMAN.plain.get(tens, 0)
    return one + ten if found and 0 < one < 10 and ten >= 20 else None


def _part(word: str) -> int | None:
    return _GERMAN.plain.get(word, _compound(word, "de"))

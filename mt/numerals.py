"""Numerals: the values of numbers written in digits, in words, or in both (`3.5 million`, `350万`).

English, Chinese, Spanish and German have words here; other languages have digits alone. Values are exact:
decimals, never floats.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

LONGEST = 60
"""Digits and separators beyond which a figure is no number to anybody."""
SMALL = 13
"""Words below it (one, a dozen of them are everyday words) are weaker evidence of a number than digits."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text."""

    start: int
    end: int
    value: Decimal
    digits: bool
    """It is written in digits, at least in part."""
    ordinal: bool = False


def numerals(text: str, language: str) -> list[Numeral]:
    """Find the numbers of a text, in order."""
    if language == "zh":
        return list(_chinese(text))
    words = _WORDS.get(language)
    return list(_spaced(text, language, words or _Words({}, {}, {}, frozenset(), frozenset(), frozenset())))


def digit_value(written: str, language: str) -> Decimal:
    """Read digits with separators as a language writes them: `1,234.5` in English is `1.234,5` in German."""
    points, commas = written.count("."), written.count(",")
    if points and commas:
        decimal = max(".,", key=written.rfind)
    elif _GROUPED[","].fullmatch(written):
        decimal = "," if language in _COMMA and commas == 1 else "."
    elif _GROUPED["."].fullmatch(written):
        decimal = "." if language not in _COMMA and points == 1 else ","
    else:
        decimal = "," if commas else "."
    whole, _, fraction = written.replace("," if decimal == "." else ".", "").partition(decimal)
    # Several decimal marks make a version or an address; joined, it is at least the same on both sides.
    return Decimal(f"{whole}.{re.sub('[.,]', '', fraction)}" if fraction else whole)


_COMMA = frozenset({"es", "de", "fr", "it", "pt", "nl", "ru", "pl", "cs", "tr", "id", "sv", "da", "fi", "uk"})
"""Languages that write decimals after a comma."""
_GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
_DIGITS = r"\d+(?:[.,]\d+)*"
_TOKEN = re.compile(rf"{_DIGITS}|[^\W\d_]+", re.UNICODE)
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


# Chinese.

_HAN = {sign: i for i, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
_HAN_GROUPS = {"万": 10**4, "亿": 10**8}
_SIGN = "零〇一二两三四五六七八九"
_HAN_NUMBER = re.compile(
    rf"(?P<ordinal>第)?(?P<body>(?:{_DIGITS}(?:百|千)?(?:万亿|[万亿])?){{1,8}}|[{_SIGN}十百千万亿]{{1,40}})"
    rf"(?:点(?P<fraction>[{_SIGN}]+)(?![十百千分])(?P<scale>万亿|[万亿])?)?"
)
_IDIOMS = frozenset("万一 千万 十分 一一 万万 万千 百万 千百 亿万 一千零一夜 三三两两 五五".split())
"""Strings that look like numbers and are words."""


def _chinese(text: str) -> Iterator[Numeral]:
    for match in _HAN_NUMBER.finditer(text):
        body, following = match["body"], text[match.end() : match.end() + 1]
        digits = body[0].isdecimal()
        if not digits and (body in _IDIOMS or (body == "十" and following == "分")):
            continue
        value = _han_value(body)
        if value is None:
            continue
        if match["fraction"]:
            if digits or len(body) > 6:
                continue
            value += Decimal("0." + "".join(str(_HAN[sign]) for sign in match["fraction"]))
            value *= _group(match["scale"] or "")
        yield Numeral(match.start(), match.end(), value, digits, bool(match["ordinal"]))


def _group(written: str) -> int:
    factor = 1
    for sign in written:
        factor *= _HAN_GROUPS[sign]
    return factor


def _han_value(body: str) -> Decimal | None:
    """Read `三千五百万`, `3500万`, `1亿2000万` or `二〇二四`; `None`: no number at all."""
    if all(sign in _HAN for sign in body):
        return Decimal("".join(str(_HAN[sign]) for sign in body))
    total = group = current = Decimal(0)
    last_scale = 0
    seen = False
    for part in re.findall(rf"{_DIGITS}|\D", body):
        if len(part) > LONGEST:
            return None
        if part[0].isdecimal():
            current, seen = digit_value(part, "zh"), True
        elif part in _HAN:
            current, seen = Decimal(_HAN[part]), True
            last_scale = 0 if part in "零〇" else last_scale
        elif part in _HAN_SCALES:
            if not current and part != "十" and not group:
                return None  # 百 and 千 alone are no numbers
            group += (current or 1) * _HAN_SCALES[part]
            current, last_scale, seen = Decimal(0), _HAN_SCALES[part], True
        else:
            factor = _HAN_GROUPS[part]
            if not (group or current or total):
                return None
            if factor > 10**4 and total and total < factor and not (group or current):
                total *= factor  # 万亿
            elif factor > 10**4:
                total = (
                    (total + group + current) * factor
                    if total < factor
                    else total + (group + current) * factor
                )
            else:
                total += (group + current) * factor
            group, current, last_scale = Decimal(0), Decimal(0), factor
    if current and last_scale >= 100 and body[-1] in _HAN and body[-2:-1] not in "零〇":
        current *= last_scale // 10  # 两百五 is 250, 三万五 is 35,000
    return total + group + current if seen else None

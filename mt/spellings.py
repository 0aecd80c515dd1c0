"""Spellings: numbers said digit by digit or in parts, as telephones and rooms are: one three eight oh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mt.number_words import WORDS, cardinal

_LEAST = 3
"""Digits beside each other that are no separate numbers any more."""
_OH = frozenset({"oh", "o"})
_ARTICLES = frozenset({"un", "una"})
_REPEATS: Mapping[str, Mapping[str, int]] = {
    "en": {"double": 2, "triple": 3, "treble": 3},
    "es": {"doble": 2, "triple": 3},
    "de": {"doppel": 2},
}
_NAMED: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        "room suite apartment gate flight extension route highway boeing bus code pin channel".split()
    ),
    "es": frozenset(
        "habitación sala oficina puerta vuelo extensión ruta carretera boeing código canal".split()
    ),
    "de": frozenset("zimmer raum saal flug durchwahl nebenstelle route boeing bus code pin kanal".split()),
}
"""What has its number said in parts that may be tens: room three fifteen."""
_CLOCK = frozenset("at by until till before after around".split())
_HALF_DAY = frozenset({"a", "p", "am", "pm"})
_OF_YEARS = frozenset("in of since from".split())


@dataclass(frozen=True, slots=True)
class Spelling:
    """A number said in parts."""

    digits: str
    words: int
    also: tuple[Decimal, ...] = ()
    """What its words may be as well."""


def spelled(words: Sequence[str], before: str, language: str) -> Spelling | None:
    """Read the number that words beside each other begin with, where it is certainly one said in parts."""
    if language not in _REPEATS:
        return None
    if language == "en" and _told_by_clock(words, before):
        return None
    if language == "en" and (year := _year(words, before)):
        return year
    parts, end, named = list[Spelling](), 0, before in _NAMED[language]
    while part := _part(words[end:], language, named):
        parts, end = [*parts, part], end + part.words
    if not parts or (end < len(words) and words[end] in WORDS[language].scales):
        return None
    if end == 1:
        return None  # one word is read as any other
    digits = "".join(part.digits for part in parts)
    if len(parts) == 1:
        return Spelling(digits, end, (Decimal(digits[0]),))
    return Spelling(digits, end) if named or len(digits) >= _LEAST else None


def begins(word: str, language: str) -> bool:
    """Whether a word may be the first of a number said in parts."""
    if language not in _REPEATS:
        return False
    return word in _REPEATS[language] or word in _OH or cardinal(word, language) is not None


def _told_by_clock(words: Sequence[str], before: str) -> bool:
    """Whether hour and minute are said: at seven oh five, seven oh five p.m."""
    if len(words) < 3 or words[1] not in _OH:
        return False
    return before in _CLOCK or bool(_HALF_DAY.intersection(words[3:4]))


def _year(words: Sequence[str], before: str) -> Spelling | None:
    """Read hundreds with a single one behind them, or a year without them: nineteen oh seven, in oh seven."""
    place = next((i for i, word in enumerate(words[:2]) if word in _OH), None)
    low = None if place is None else _digit(words[place + 1 :], "en")
    if place is None or low is None or _digit(words[place + 2 :], "en"):
        return None
    if not place:
        return Spelling(f"0{low}", 2, (Decimal(f"200{low}"),)) if before in _OF_YEARS else None
    high = cardinal(words[0], "en")
    if not high:
        return None
    return Spelling(f"{high}0{low}", 3, (high, Decimal(low)) if high <= 12 else ())


def _part(words: Sequence[str], language: str, named: bool) -> Spelling | None:
    """Read a digit, one said double, and where a name goes before them also tens."""
    times = _REPEATS[language].get(words[0], 1) if words else 1
    skipped = int(times > 1)
    if digit := _digit(words[skipped:], language):
        return Spelling(digit * times, skipped + 1)
    return _tens(words, language) if named else None


def _digit(words: Sequence[str], language: str) -> str | None:
    word = words[0] if words else ""
    if language == "en" and (word == "oh" or (word == "o" and len(words) > 1)):  # five o'clock
        return "0"
    n = WORDS[language].plain.get(word, 10)
    return str(n) if n < 10 and word not in _ARTICLES else None


def fraction(words: Sequence[str], language: str) -> Spelling | None:
    """Read the digits behind a point, said one by one or as tens: tres coma catorce."""
    digits, end = "", 0
    while digit := _digit(words[end:], language):
        digits, end = digits + digit, end + 1
    return Spelling(digits, end) if digits else _tens(words, language)


def _tens(words: Sequence[str], language: str) -> Spelling | None:
    tens = cardinal(words[0], language) if words else None
    if tens is None or not 10 <= tens < 100:
        return None
    joint = int(words[1:2] == ["y"])
    one = _digit(words[1 + joint :], language)
    if one in (None, "0") or tens < 20 or tens % 10:
        return Spelling(f"{tens:f}", 1)
    return Spelling(f"{tens + int(one or 0):f}", 2 + joint)

"""Figures: numbers in digits, with the separators of each language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

LONGEST = 60
"""Digits and separators beyond which a figure is no number to anybody."""
SMALL = 13
"""Words below it (one, a dozen of them are everyday words) are weaker evidence of a number than digits."""

_COMMA = frozenset({"es", "de", "fr", "it", "pt", "nl", "ru", "pl", "cs", "tr", "id", "sv", "da", "fi", "uk"})
"""Languages that write decimals after a comma."""
_GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
DIGITS = r"\d+(?:[.,]\d+)*"
"""What is read as one figure."""
_GAP = r"[ \u00a0\u202f]"
# What a space parts may be two numbers, but not where thousands are parted so or one would begin with 0.
_LOOSE = rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?![.,]?\d)"
_TIGHT = rf"\d{{1,3}}(?:[\u00a0\u202f]\d{{3}}| 0\d{{2}})(?:{_GAP}\d{{3}})*(?![.,]?\d)"
SPACED_DIGITS = {
    language: rf"(?<![\d.,])(?:{_LOOSE if language in ('es', 'de') else _TIGHT})|{DIGITS}"
    for language in ("en", "zh", "es", "de")
}
"""Language → what is read as one figure, thousands parted by spaces included."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text."""

    start: int
    end: int
    value: Decimal
    digits: bool
    """It is written in digits, at least in part."""
    ordinal: bool = False
    vague: bool = False
    """Its word means something else as well, or no number in particular: `hundert`, `cuarto`."""
    also: tuple[Decimal, ...] = ()
    """What it may be as well."""
    spelled: str = ""
    """Its digits, where they are said or written as a string of digits."""


_SPACES = re.compile(r"\s")


def digit_value(written: str, language: str) -> Decimal:
    """Read digits with separators as a language writes them: `1,234.5` in English is `1.234,5` in German."""
    written = _SPACES.sub("", written)
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


def digit_string(written: str) -> str:
    """Give digits that are a string rather than a count, as 007 is; else nothing."""
    return written if len(written) > 1 and re.fullmatch("0[0-9]+", written) else ""


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def roman_value(signs: str) -> int:
    """Read a Roman numeral."""
    values = [_ROMAN[sign] for sign in signs]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def in_figures(text: str, numerals: Iterable[Numeral], language: str) -> tuple[str, list[int]]:
    """Write a text with its numbers in digits; tell where each character, and the end, stood."""
    written, origin, at = "", list[int](), 0
    for numeral in numerals:
        if not _figures(numeral, language):
            continue
        before, after = _ORDINAL.get(language, ("", "")) if numeral.ordinal else ("", "")
        if language == "en" and text[numeral.start : numeral.end].endswith("ies"):
            after = "s"  # the nineteen eighties
        figure = f"{before}{numeral.spelled or f'{numeral.value:f}'}{after}"
        written += text[at : numeral.start] + figure
        origin += [*range(at, numeral.start), *[numeral.start] * len(figure)]
        at = numeral.end
    return written + text[at:], [*origin, *range(at, len(text) + 1)]


_ORDINAL = {"zh": ("第", ""), "de": ("", ".")}


def _figures(numeral: Numeral, language: str) -> bool:
    whole = numeral.value == numeral.value.to_integral_value()
    pronoun = language == "en" and numeral.value == 1 and not numeral.ordinal  # which one am I?
    return whole and not numeral.digits and not numeral.vague and not pronoun

"""Numerals: the values of numbers written in digits, in words, or in both (`3.5 million`, `350万`).

English, Chinese, Spanish and German have words here; other languages have digits alone. Values are exact:
decimals, never floats.
"""

import re
from collections.abc import Container, Iterator
from decimal import Decimal
from functools import cache

from mt.chinese_numerals import chinese_numerals
from mt.figures import DIGITS, LONGEST, SPACED_DIGITS, Numeral, digit_string, digit_value
from mt.number_words import WORDS, Words, cardinal, ordinal, vague
from mt.scales import abbreviated_scale
from mt.spellings import begins, fraction, spelled
from mt.sums import Sum


def numerals(text: str, language: str) -> list[Numeral]:
    """Find the numbers of a text, in order."""
    if language == "zh":
        return list(chinese_numerals(text))
    return list(_Spaced(text, language).numerals())


@cache
def _token(language: str) -> re.Pattern[str]:
    return re.compile(rf"{SPACED_DIGITS.get(language, DIGITS)}|[^\W\d_]+")


_GAP = re.compile(r"[ \u00a0\u202f]?|-|‑")
_HALF_BEHIND = {"en": re.compile(r" \w+ and a half\b"), "es": re.compile(r" \w+ y medi[oa]\b")}
"""A half behind what is counted: `tres horas y media`."""


class _Spaced:
    """A text of a language with spaces, read token by token."""

    def __init__(self, text: str, language: str) -> None:
        self._text, self._language = text, language
        self._words = WORDS.get(language, Words())
        self._tokens = list(_token(language).finditer(text))

    def numerals(self) -> Iterator[Numeral]:
        index = 0
        while index < len(self._tokens):
            found, index = self._numeral(index)
            if found:
                yield found

    def _word(self, index: int) -> str:
        return self._tokens[index].group().lower() if index < len(self._tokens) else ""

    def _numeral(self, first: int) -> tuple[Numeral | None, int]:
        """Read the longest number that begins at a token, and tell where to read on."""
        if found := self._abbreviated(first) or self._spelled(first):
            return found
        total, end = self._read(first, joined=True)
        if end == first:
            return None, first + 1
        value, word = total.value, self._word(first)
        if total.current is not None and not total.digits and self._follows(end, self._words.points):
            value, end = self._fraction(end, value)
        elif self._half_behind(end):
            value += Decimal("0.5")
        alone = end - first == 1
        unsure = alone and vague(word, self._language)
        if alone and not unsure and (word in self._words.scales or word in self._words.articles):
            return None, end  # "a million" is a number, "millions" and "Million" alone are not
        start = self._tokens[first].start()
        digits = digit_string(word) if alone else ""
        span = start, self._tokens[end - 1].end()
        return Numeral(*span, value, total.digits, total.ordinal, unsure, spelled=digits), end

    def _abbreviated(self, first: int) -> tuple[Numeral, int] | None:
        """Read digits with an abbreviated scale behind them."""
        start, end = self._tokens[first].span()
        digits = self._text[start:end]
        if self._language not in WORDS or not digits[0].isdecimal() or len(digits) > LONGEST:
            return None
        scale = abbreviated_scale(self._text, start, end)
        if scale is None:
            return None
        value = digit_value(digits, self._language)
        also = () if scale.sure else (value,)
        return Numeral(start, scale.end, value * scale.factor, True, also=also), first + 2

    def _spelled(self, first: int) -> tuple[Numeral, int] | None:
        """Read a number said in parts, and a fraction behind it."""
        if not begins(self._word(first), self._language):
            return None
        before = self._word(first - 1) if first and self._close(first) else ""
        spelling = spelled(self._beside(first), before, self._language)
        if spelling is None:
            return None
        end, value, digits = first + spelling.words, Decimal(spelling.digits), spelling.digits
        if self._follows(end, self._words.points):
            value, end = self._fraction(end, value)
            digits = digits if value == int(digits) else ""
        span = self._tokens[first].start(), self._tokens[end - 1].end()
        return Numeral(*span, value, False, also=spelling.also, spelled=digits), end

    def _beside(self, first: int) -> list[str]:
        """List the words from one on that stand beside each other."""
        last = first + 1
        while last - first < LONGEST and last < len(self._tokens) and self._close(last):
            last += 1
        return [self._word(index) for index in range(first, last)]

    def _read(self, first: int, joined: bool) -> tuple[Sum, int]:
        (total, index), end = self._opening(first), first
        while index < len(self._tokens) and (index == first or self._close(index)):
            if half := end > first and self._half(total, index):
                index += half
                end = index
                continue
            if joined and end > first and self._joint(total, index):
                index += 1
                continue
            if not self._take(total, index):
                break
            index += 1
            end = index
        return total, end

    def _follows(self, index: int, words: Container[str]) -> bool:
        return self._word(index) in words and self._close(index)

    def _close(self, index: int) -> bool:
        before, here = self._tokens[index - 1 : index + 1]
        return bool(_GAP.fullmatch(self._text[before.end() : here.start()]))

    def _opening(self, first: int) -> tuple[Sum, int]:
        """Pass the words that stand for the number of a scale: a million, half a million."""
        words, index = self._words, first
        half = self._word(index) in words.halves
        index += half
        index += self._word(index) in words.articles
        if self._word(index) not in words.scales or not all(map(self._close, range(first + 1, index + 1))):
            return Sum(), first
        return Sum(current=Decimal("0.5") if half else None), index

    def _half(self, total: Sum, index: int) -> int:
        """Add a half that is said next; count its words."""
        words = self._words.and_half
        if not words or total.ordinal or any(self._word(index + i) != word for i, word in enumerate(words)):
            return 0
        total.add_half()
        return len(words)

    def _half_behind(self, end: int) -> bool:
        pattern = _HALF_BEHIND.get(self._language)
        return bool(pattern and pattern.match(self._text, self._tokens[end - 1].end()))

    def _joint(self, total: Sum, index: int) -> bool:
        """Whether a word joins the number that follows it, read on its own, to this one."""
        place = self._words.joints.get(self._word(index))
        if place is None:
            return False
        following, end = self._read(index + 1, joined=False)
        return end > index + 1 and total.joins(following.value, place)

    def _take(self, total: Sum, index: int) -> bool:
        word = self._word(index)
        if word[0].isdecimal():
            return self._take_digits(total, index)
        if self._language not in WORDS:
            return False
        if (nth := ordinal(word, self._language)) is not None:
            # Vigésimo primero is one number; the fourth of twenty are two.
            scaled = self._language == "en" and nth >= 100
            added = total.multiply(int(nth)) if scaled else total.add(nth)
            total.ordinal = total.ordinal or added
            return added
        if total.ordinal:
            return False
        if scale := self._words.scales.get(word):
            return total.multiply(scale)
        n = cardinal(word, self._language)
        return n is not None and total.add(n)

    def _take_digits(self, total: Sum, index: int) -> bool:
        word, tokens = self._word(index), self._tokens
        following = self._words.scales.get(self._word(index + 1), 0)
        if len(word) > LONGEST or total.current is not None:
            return False
        # After a scale only a smaller one may follow: 1 million 200 thousand.
        if total.total and not 100 < following < total.scale:
            return False
        if total.total and tokens[index].start() == tokens[index - 1].end():
            return False
        total.current, total.digits = digit_value(word, self._language), True
        return True

    def _fraction(self, point: int, whole: Decimal) -> tuple[Decimal, int]:
        """Read what is said after a point, and a scale after it; a version has more points."""
        index, digits = point, ""
        while self._follows(index, self._words.points):
            part = fraction(self._beside(index)[1:], self._language)
            if part is None:
                break
            index, digits = index + 1 + part.words, digits + part.digits
        if not digits:
            return whole, point
        value = whole + Decimal(f"0.{digits}")
        if self._follows(index, self._words.scales):
            value, index = value * self._words.scales[self._word(index)], index + 1
        return value, index

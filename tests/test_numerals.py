"""The values of numbers, however they are written."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.terms import chinese_words
from mt.figures import digit_value
from mt.numerals import numerals


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "twenty-three thousand four hundred and five", ["23405"]),
        ("en", "3.5 million, 1,234.5 and 12 thousand", ["3500000", "1234.5", "12000"]),
        ("en", "in nineteen ninety-eight", ["1998"]),
        ("en", "a hundred and two or two hundred", ["102", "200"]),
        ("en", "three point one four million", ["3140000"]),
        ("en", "one million two hundred thousand", ["1200000"]),
        ("en", "1 million 200 thousand", ["1200000"]),
        ("en", "hundreds of thousands, and, a point", []),
        ("en", "the twenty-first", ["21"]),
        ("en", "five 6 seven", ["5", "6", "7"]),
        ("zh", "三千五百万和3500万", ["35000000", "35000000"]),
        ("zh", "1亿2000万，二〇二四年，两百五", ["120000000", "2024", "250"]),
        ("zh", "三点五，三点五十分", ["3.5", "3", "50"]),
        ("zh", "一百零五，三万五，三万零五，2万亿", ["105", "35000", "30005", "2000000000000"]),
        ("zh", "十二亿三千万，十个", ["1230000000", "10"]),
        ("zh", "万一，千万不要，十分好，百姓", []),
        ("zh", "1,234,567", ["1234567"]),
        ("es", "treinta y cinco, doscientos mil, mil doscientos", ["35", "200000", "1200"]),
        ("es", "3,5 millones, un millón, 1.234,5 y 12.345", ["3500000", "1000000", "1234.5", "12345"]),
        ("de", "dreiundzwanzig, zweitausenddreihundert, einhundertfünf", ["23", "2300", "105"]),
        ("de", "eine Million, 3,5 Millionen, 12.345, 1,5", ["1000000", "3500000", "12345", "1.5"]),
        ("de", "Hundert Hunde, Verwundung, und", []),
        ("fr", "12 000 et vingt", ["12", "0"]),
        ("en", "²³ ½ １２", ["12"]),
    ],
)
def test_values_are_exact(language: str, text: str, expected: list[str]) -> None:
    assert [n.value for n in numerals(text, language)] == [Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("1,234", "en", "1234"),
        ("1.234", "en", "1.234"),
        ("1.234", "de", "1234"),
        ("1,5", "es", "1.5"),
        ("1,5", "en", "1.5"),
        ("1.234.567", "en", "1234567"),
        ("1,234,567", "es", "1234567"),
        ("1,234.5", "de", "1234.5"),
        ("1.2.3", "en", "1.23"),
    ],
)
def test_separators_are_those_of_the_language(written: str, language: str, value: str) -> None:
    assert digit_value(written, language) == Decimal(value)


@given(st.integers(0, 10**12))
def test_chinese_words_are_read_back(value: int) -> None:
    (numeral,) = numerals(chinese_words(value), "zh") or (None,)
    assert numeral is not None and numeral.value == value


@given(st.text(max_size=30), st.sampled_from(["en", "zh", "es", "de", "ja"]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    found = numerals(text, language)
    assert all(0 <= n.start < n.end <= len(text) for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))

"""Quantities, dates and times: found, compared across languages, and written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.numbers import LANGUAGES, growing, invented, missing, numbers, overgrown, written

SAME = [
    {"en": "$3.5 million", "zh": "350万美元", "es": "3,5 millones de dólares", "de": "3,5 Millionen Dollar"},
    {"en": "12.5%", "zh": "12.5%", "es": "12,5 %", "de": "12,5 %"},
    {"en": "March 5, 2024", "zh": "2024年3月5日", "es": "5 de marzo de 2024", "de": "5. März 2024"},
    {"en": "12,345", "zh": "12345", "es": "12.345", "de": "12.345"},
    {"en": "120 million", "zh": "1.2亿", "es": "120 millones", "de": "120 Millionen"},
    {"en": "1 million", "zh": "100万", "es": "1 millón", "de": "1 Million"},
    {"en": "5 km", "zh": "5公里", "es": "5 km", "de": "5 km"},
    {"en": "€20", "zh": "20欧元", "es": "20 euros", "de": "20 Euro"},
    {"en": "1998", "zh": "1998", "es": "1998", "de": "1998"},
    {"en": "21st", "zh": "第21"},
    {"en": "2:30 p.m.", "zh": "14点30分", "es": "14:30", "de": "14:30"},
]
"""The same number as each language writes it."""


@pytest.mark.parametrize("forms", SAME, ids=lambda forms: str(forms["en"]))
def test_a_number_is_the_same_in_all_languages_and_written_as_each_writes_it(forms: dict[str, str]) -> None:
    for source, text in forms.items():
        (number,) = numbers(text, source)
        for target, expected in forms.items():
            assert missing([number], numbers(expected, target)) == []
            assert invented([number], numbers(expected, target)) == []
            if source != "de" or target != "en":
                assert missing([number], numbers(written(number, target), target)) == []
        assert written(number, source) == text


@pytest.mark.parametrize(
    ("source", "language", "target", "into", "lost"),
    [
        ("百分之十二点五", "zh", "12.5 percent", "en", False),
        ("twenty-five percent", "en", "百分之二十五", "zh", False),
        ("3.5 million", "en", "三百五十万", "zh", False),
        ("3.5 million", "en", "350 人", "zh", True),
        ("$5", "en", "5元", "zh", True),
        ("1998", "en", "1989年", "zh", True),
        ("March 5", "en", "3月5号", "zh", False),
        ("March 5", "en", "5月3日", "zh", True),
        ("下午2点30分", "zh", "at 2:30 pm", "en", False),
        ("下午2点30分", "zh", "at 3:30 pm", "en", True),
        ("two of them", "en", "他们", "zh", False),
        ("一个人", "zh", "somebody", "en", False),
        ("三个人", "zh", "people", "en", True),
        ("第三个", "zh", "the 3rd", "en", False),
        ("十分钟", "zh", "ten minutes", "en", False),
    ],
)
def test_what_a_translation_lost(source: str, language: str, target: str, into: str, lost: bool) -> None:
    assert bool(missing(numbers(source, language), numbers(target, into))) == lost


def test_what_a_translation_invented_is_unmistakable() -> None:
    assert [str(n.value[0]) for n in invented([], numbers("他有2000个，一个，三个", "zh"))] == ["2000"]


@pytest.mark.parametrize(
    ("language", "text", "held"),
    [
        ("en", "we have twenty", "twenty"),
        ("en", "we have 3.5", "3.5"),
        ("en", "we have twenty people", ""),
        ("en", "on March", "March"),
        ("en", "on March 5,", "March 5,"),
        ("en", "it costs $", "$"),
        ("en", "two hundred and", "two hundred and"),
        ("zh", "我们有三千", "三千"),
        ("zh", "我们有三千人", ""),
        ("zh", "涨了百分之", "百分之"),
        ("es", "el 5 de", "5 de"),
        ("de", "am 5.", "5."),
        ("fr", "il y a 20", ""),
    ],
)
def test_a_number_at_the_end_may_still_grow(language: str, text: str, held: str) -> None:
    assert text[growing(text, language) :] == held


@pytest.mark.parametrize(
    ("text", "rest", "language", "count"),
    [
        ("We have 828,000", "000 dollars", "en", 11),
        ("We have 828,000", " dollars", "en", 0),
        ("It is 3", " million people", "en", 8),
        ("有350", "万人", "zh", 1),
        ("有350万", "人", "zh", 0),
        ("", "5", "en", 0),
        ("x ", "5", "en", 0),
        ("on April 7, 2020", "00000-A", "en", 5),
        ("el 7 de abril de 2020", "00", "es", 2),
        ("am 7. April 2020", "00 Uhr", "de", 2),
        ("on April 7, 2020", ", 300 came", "en", 0),
    ],
)
def test_what_follows_a_number_does_not_turn_it_into_another(
    text: str, rest: str, language: str, count: int
) -> None:
    assert overgrown(text, rest, language) == count


@given(st.integers(0, 10**13), st.sampled_from(sorted(LANGUAGES)), st.sampled_from(sorted(LANGUAGES)))
def test_every_integer_survives_every_direction_exactly(value: int, source: str, target: str) -> None:
    text = f"{value}" if value < 10**4 else f"{value:,}".replace(",", "." if source in ("es", "de") else ",")
    (number,) = numbers(f"x {text} y", source)
    assert number.value == (Decimal(value),)
    (again,) = numbers(f"x {written(number, target)} y", target)
    assert again.same(number) and number.same(again)


@given(st.text(max_size=40), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_can_be_read_and_misses_nothing_of_itself(text: str, language: str) -> None:
    found = numbers(text, language)
    assert missing(found, found) == [] and invented(found, found) == []
    assert 0 <= growing(text, language) <= len(text)

"""Scales abbreviated behind digits."""

from decimal import Decimal

import pytest

from mt.numbers import numbers
from mt.scales import Scale, abbreviated_scale


@pytest.mark.parametrize(
    ("before", "digits", "behind", "scale"),
    [
        ("$", "5", "K", Scale(1000, 3, True)),
        ("", "10", "k people", Scale(1000, 3, False)),
        ("", "10", "M", Scale(10**6, 3, False)),
        ("$", "3", "m.", Scale(10**6, 3, True)),
        ("", "3", "m", None),
        ("", "3", "m €", Scale(10**6, 2, True)),
        ("", "3", " M€", Scale(10**6, 3, True)),
        ("", "3", " M", None),
        ("", "3", "bn", Scale(10**9, 3, True)),
        ("", "2", " Mio. Euro", Scale(10**6, 6, True)),
        ("", "2", " Mio", Scale(10**6, 5, True)),
        ("", "2", " mill. de", Scale(10**6, 7, True)),
        ("", "5", " millas", None),
        ("", "5", "km", None),
        ("", "5", "Kg", None),
        ("", "5", "K的", Scale(1000, 2, False)),
        ("", "4", "MB", None),
    ],
)
def test_a_scale_stands_right_behind_digits(
    before: str, digits: str, behind: str, scale: Scale | None
) -> None:
    start, end = len(before), len(before + digits)
    assert abbreviated_scale(before + digits + behind, start, end) == scale


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "$5K", ["5000"]),
        ("en", "10k", ["10000", "10"]),
        ("de", "2 Mio. Euro", ["2000000"]),
        ("zh", "3.5M", ["3500000", "3.5"]),
    ],
)
def test_what_is_not_sure_may_be_the_digits_alone(language: str, text: str, values: list[str]) -> None:
    (number,) = numbers(text, language)
    assert number.value == tuple(map(Decimal, values))
    assert text[number.start : number.end] == text

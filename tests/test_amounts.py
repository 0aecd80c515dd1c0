"""Amounts that are said in two parts."""

from decimal import Decimal

import pytest

from mt.numbers import numbers


@pytest.mark.parametrize(
    ("language", "text", "kind", "value"),
    [
        ("zh", "一米八", "m", "1.8"),
        ("zh", "一米八五", "m", "1.85"),
        ("zh", "一米零五", "m", "1.05"),
        ("zh", "1米75", "m", "1.75"),
        ("zh", "两块五", "CNY", "2.5"),
        ("zh", "三元五角", "CNY", "3.5"),
        ("zh", "三块五毛钱", "CNY", "3.5"),
        ("zh", "三美元五十美分", "USD", "3.5"),
        ("en", "three dollars and fifty cents", "USD", "3.5"),
        ("en", "$3 and 5 cents", "USD", "3.05"),
        ("en", "three euros fifty", "EUR", "3.5"),
        ("es", "tres dólares con cincuenta centavos", "USD", "3.5"),
        ("es", "3 euros y 20 céntimos", "EUR", "3.2"),
        ("de", "drei Euro fünfzig", "EUR", "3.5"),
        ("de", "3 Euro und 50 Cent", "EUR", "3.5"),
    ],
)
def test_two_parts_are_one_value(language: str, text: str, kind: str, value: str) -> None:
    (number,) = numbers(text, language)
    assert (number.kind, number.value) == (kind, (Decimal(value),))
    assert number.asked and number.plain


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "三块五个"),
        ("zh", "十元五折"),
        ("zh", "三米二十"),
        ("zh", "三元五年"),
        ("zh", "3.5米8"),
        ("en", "three dollars and fifty people"),
        ("en", "three dollars and fifty."),
        ("en", "three dollars fifty people paid"),
        ("en", "three meters and fifty cents"),
        ("en", "three dollars and the fiftieth cent"),
        ("de", "drei Euro fünf"),
        ("es", "tres euros y cincuenta personas"),
        ("en", "three dollars, 3000 cents"),
    ],
)
def test_two_numbers_beside_each_other_stay_two(language: str, text: str) -> None:
    assert len(numbers(text, language)) == 2


def test_a_sentence_end_is_no_part_of_an_amount() -> None:
    assert [n.value[0] for n in numbers("3 Euro 50. Dann", "de")] == [Decimal("3.5")]
    assert [n.end for n in numbers("3 Euro 50. Dann", "de")] == [9]

"""Numbers said digit by digit or in parts: what they say, and how another language may write them."""

from decimal import Decimal

import pytest

from mt.numbers import invented, missing, numbers, written
from mt.numerals import numerals


@pytest.mark.parametrize(
    ("language", "text", "digits"),
    [
        ("en", "call one three eight zero zero now", ["13800"]),
        ("en", "call one-three-eight, zero zero one", ["138", "001"]),
        ("en", "double five, triple seven, a double room", ["55", "777"]),
        ("en", "code double oh seven", ["007"]),
        ("en", "room two oh five, room three fifteen", ["205", "315"]),
        ("en", "flight one twenty-three", ["123"]),
        ("en", "a Boeing seven forty-seven", ["747"]),
        ("en", "in nineteen oh seven, in oh seven", ["1907", "07"]),
        ("en", "at seven oh five, seven oh five p.m.", ["", "", "", ""]),
        ("en", "two five people, one two three thousand", ["", "", "", "", ""]),
        ("en", "gate five o'clock", [""]),
        ("en", "the 007 agent, 10, 0.5", ["007", "", ""]),
        ("es", "llame al uno tres ocho cero cero", ["13800"]),
        ("es", "doble cero siete, habitación treinta y dos cinco", ["007", "325"]),
        ("es", "una dos tres", ["", "", ""]),
        ("de", "null eins sieben sechs, zwo drei fünf", ["0176", "235"]),
        ("de", "Zimmer drei fünfzehn, doppel null acht", ["315", "008"]),
        ("zh", "一三八零零，幺三八零零，房间幺零三", ["13800", "13800", "103"]),
        ("zh", "老幺三个，三七，007", ["", "", "007"]),
        ("fr", "un deux trois", []),
    ],
)
def test_digits_that_are_said_one_by_one_are_one_string(language: str, text: str, digits: list[str]) -> None:
    assert [numeral.spelled for numeral in numerals(text, language)] == digits


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "three point one four one five", "3.1415"),
        ("en", "zero point oh five", "0.05"),
        ("en", "one two three point five", "123.5"),
        ("en", "version three point two point one", "3.21"),
        ("en", "two point five million", "2500000"),
        ("es", "tres coma catorce", "3.14"),
        ("es", "tres coma treinta y cinco", "3.35"),
        ("de", "drei Komma vierzehn", "3.14"),
        ("de", "drei Komma fünfundzwanzig Millionen", "3250000"),
        ("en", "the five-thousandth, five thousandth", "5000 5000"),
        ("en", "the hundredth", "100"),
    ],
)
def test_what_is_said_after_a_point_is_a_fraction(language: str, text: str, value: str) -> None:
    assert [numeral.value for numeral in numerals(text, language)] == [Decimal(v) for v in value.split()]


@pytest.mark.parametrize(
    ("source", "language", "target", "into", "right"),
    [
        ("Call one three eight zero zero.", "en", "请拨打13800。", "zh", True),
        ("Call one three eight zero zero.", "en", "请拨打138-00。", "zh", True),
        ("Call one three eight zero zero.", "en", "请拨打138-01。", "zh", False),
        ("Call one three eight, double oh.", "en", "Llame al 138 00.", "es", True),
        ("Call five five five one two three four.", "en", "Rufen Sie 555-1234 an.", "de", True),
        ("拨打一三八零零。", "zh", "Call 138 00.", "en", True),
        ("拨打幺三八零零。", "zh", "Call 13800.", "en", True),
        ("Llame al 138-0013-8000.", "es", "Call 13800138000.", "en", True),
        ("Llame al 138-0013-8000.", "es", "Call 13800138001.", "en", False),
        ("one two three four", "en", "uno, dos, tres, cuatro", "es", True),
        ("It is 10-20 people.", "en", "有1020人。", "zh", False),
        ("It takes 100-200 days.", "en", "要100200天。", "zh", False),
        ("room two oh five", "en", "205房间", "zh", True),
        ("at seven oh five", "en", "um 7:05 Uhr", "de", True),
        ("at seven oh five", "en", "um 7:50 Uhr", "de", False),
        ("The two oh five train.", "en", "两点零五分的火车。", "zh", True),
        ("in oh seven", "en", "在2007年", "zh", True),
    ],
)
def test_a_string_of_digits_may_be_parted_otherwise(
    source: str, language: str, target: str, into: str, right: bool
) -> None:
    for said, a, answer, b in ((source, language, target, into), (target, into, source, language)):
        assert (not missing(numbers(said, a), numbers(answer, b))) == right
        if right:
            assert invented(numbers(said, a), numbers(answer, b)) == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("one three eight zero zero", "en", "13800"),
        ("code double oh seven", "en", "007"),
        ("null eins sieben sechs", "de", "0176"),
        ("一三八零零", "zh", "13800"),
        ("13800", "zh", "13.800"),
    ],
)
def test_a_string_of_digits_is_written_as_one(text: str, language: str, expected: str) -> None:
    (number,) = numbers(text, language)
    assert written(number, "es") == expected

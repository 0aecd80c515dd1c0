"""Signs: what is below zero stays so, and hyphens that are no sign raise no alarm."""

from collections.abc import Sequence

import pytest

from mt.faithful import FaithfulTranslator
from mt.numbers import invented, missing, numbers, written
from streaming.stages import Translation, TranslationRequest


@pytest.mark.parametrize(
    ("text", "language", "negative"),
    [
        ("It is -5 degrees.", "en", [True]),
        ("It is \u22125 degrees.", "en", [True]),
        ("-5 °C", "en", [True]),
        ("It fell to -12.5%.", "en", [True]),
        ("The score is -3.", "en", [True]),
        ("minus five degrees", "en", [True]),
        ("negative 40 degrees Fahrenheit", "en", [True]),
        ("from -5 to -3 degrees", "en", [None, True]),
        ("零下五度", "zh", [None, True]),
        ("气温零下五到三度", "zh", [None, True, None]),
        ("气温-5度", "zh", [True]),
        ("结果是负五。", "zh", [True]),
        ("增长率为负百分之五", "zh", [True]),
        ("零下摄氏二十度", "zh", [None, True]),
        ("a menos cinco grados", "es", [True]),
        ("Estamos a -5 °C.", "es", [True]),
        ("minus fünf Grad", "de", [True]),
        ("Es sind -5 Grad.", "de", [True]),
        ("3-5 people", "en", [None, None]),
        ("pages 3 -5", "en", [None, None]),
        ("a 1--3% rise", "en", [None, None]),
        ("2024-05-01", "en", [None]),
        ("call 555-1234", "en", [None, None]),
        ("call 138-0013-8000", "en", [None, None, None]),
        ("COVID-19", "en", [None]),
        ("a twenty-five-year-old", "en", [False]),
        ("the mid-1990s", "en", [None]),
        ("-5 minutes.", "en", [None]),
        ("-5 apples -3 pears", "en", [None, None]),
        ("the result -5 wins and 3 losses- was", "en", [None, None]),
        ("ten minus five", "en", [None, None]),
        ("plus or minus five", "en", [None]),
        ("everyone minus five people", "en", [None]),
        ("tested negative five times", "en", [None]),
        ("歼-20", "zh", [None]),
        ("负责5个项目", "zh", [None]),
        ("自负三成费用", "zh", [None]),
        ("停在负三楼", "zh", [None]),
        ("三胜一负两平", "zh", [None, None, None]),
        ("al menos cinco grados", "es", [None]),
        ("más o menos cinco grados", "es", [None]),
        ("las tres menos cinco", "es", [None]),
        ("5 degrees", "en", [False]),
    ],
)
def test_a_sign_is_what_can_be_nothing_else(text: str, language: str, negative: list[bool | None]) -> None:
    assert [number.negative for number in numbers(text, language)] == negative


@pytest.mark.parametrize(
    ("source", "language", "target", "into", "lost"),
    [
        ("It is -5 degrees.", "en", "现在是5度。", "zh", True),
        ("It is -5 degrees.", "en", "现在是零下5度。", "zh", False),
        ("It is -5 degrees.", "en", "现在是零下五度。", "zh", False),
        ("It is -5 degrees.", "en", "现在-5度。", "zh", False),
        ("It is minus five degrees.", "en", "Hace cinco grados.", "es", True),
        ("It is minus five degrees.", "en", "Hace cinco grados bajo cero.", "es", False),
        ("今天零下五度。", "zh", "It is five degrees today.", "en", True),
        ("今天零下五度。", "zh", "It is five degrees below zero today.", "en", False),
        ("今天零下五度。", "zh", "We have five degrees of frost today.", "en", False),
        ("Es sind minus zehn Grad.", "de", "It is 10 degrees.", "en", True),
        ("Es sind minus zehn Grad.", "de", "It is 10 degrees below freezing.", "en", False),
        ("增长率为负百分之五。", "zh", "A loss of 5 percent.", "en", False),
        ("增长率为负百分之五。", "zh", "The rate of growth is 5 percent.", "en", True),
        ("from -5 to 3 degrees", "en", "从-5度到3度", "zh", False),
        ("3-5 people", "en", "三到五个人", "zh", False),
        ("It is 5 degrees.", "en", "现在零下5度。", "zh", False),  # how else it was said, nobody knows
    ],
)
def test_a_sign_that_is_lost_is_missed(
    source: str, language: str, target: str, into: str, lost: bool
) -> None:
    said, found = numbers(source, language), numbers(target, into)
    assert bool(missing(said, found)) is lost
    assert bool(invented(said, found)) is lost, "and what stands there instead is wrong"


@pytest.mark.parametrize(
    ("text", "language", "into", "expected"),
    [
        ("-5 °C", "en", "zh", "-5°C"),
        ("It fell to -$5.", "en", "es", "-5 dólares"),
        ("minus twenty percent", "en", "de", "-20 %"),
        ("今天零下五度。", "zh", "en", "-5"),
    ],
)
def test_a_number_below_zero_is_written_with_its_sign(
    text: str, language: str, into: str, expected: str
) -> None:
    number = numbers(text, language)[-1]
    assert number.negative
    assert written(number, into) == expected


class Unsigned:
    """A translator that loses signs, unless it is told to begin so, and likes to begin as it does itself."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: TranslationRequest) -> Translation:
        rest = "今天是5度。"
        prefix = request.target_prefix
        if prefix:
            rest = "度。" if prefix.endswith("5") else rest.removeprefix(prefix)
        return Translation(prefix + rest, score=-float(not (prefix + rest).startswith("今天是")))


def test_a_sign_that_the_translator_loses_is_written() -> None:
    request = TranslationRequest("It is -5 degrees today.", "", "en", "zh", True)
    (answer,) = FaithfulTranslator(Unsigned()).translate([request])
    assert answer.text == "今天是-5度。"

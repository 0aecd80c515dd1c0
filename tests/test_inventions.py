"""Numbers that a translation has of its own: which of them go, and what goes with them."""

from collections.abc import Sequence

import pytest

from mt.faithful import LONGEST, FaithfulTranslator
from mt.inventions import removable, speaks_of_numbers, without
from mt.numbers import numbers
from streaming.stages import Translation, TranslationRequest


class Says:
    """Answers with one text, whatever it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [Translation(self.text) for _ in requests]


@pytest.mark.parametrize(
    ("language", "text", "speaks"),
    [
        ("en", "It has disks.", False),
        ("en", "It has a few disks.", False),
        ("en", "It has hundreds of disks.", True),
        ("en", "It happened in May.", True),
        ("en", "She came twice.", True),
        ("zh", "他来了。", False),
        ("zh", "他们俩来了。", True),
        ("es", "Tiene discos.", False),
        ("es", "Cuesta el doble.", True),
        ("de", "Es hat Platten.", False),
        ("de", "Hunderte kamen.", True),
        ("fr", "Il a des disques.", True),
    ],
)
def test_a_text_that_may_mean_a_number_is_known(language: str, text: str, speaks: bool) -> None:
    assert speaks_of_numbers(text, language) == speaks


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("es", "Tiene 4000 discos.", "Tiene  discos."),
        ("zh", "有20个人", "有人"),
        ("en", "The 30-year-old woman", None),
        ("en", "Use COVID-19 tests.", None),
        ("en", "an A320 there", None),
        ("en", "Wait 15 minutes.", None),
        ("zh", "等15分钟", None),
        ("zh", "等15个小时", None),
        ("de", "in 14 Tagen", None),
        ("es", "las 24 horas", None),
        ("en", "rose by 20% there", "rose by  there"),
    ],
)
def test_a_number_goes_whole_or_not_at_all(language: str, text: str, left: str | None) -> None:
    (number,) = (n for n in numbers(text, language) if n.plain)
    assert removable(text, number, language) == (left is not None)
    assert left is None or without(text, number) == left


@pytest.mark.parametrize(
    ("source", "target", "said", "answered", "right"),
    [
        # Where nothing speaks of a number, it was invented.
        ("en", "es", "It has disks.", "Tiene 4000 discos.", "Tiene discos."),
        ("en", "es", "It has disks.", "Tiene COVID-19.", "Tiene COVID-19."),
        ("en", "es", "It has disks.", "Tiene veinte discos.", "Tiene veinte discos."),
        # A number that nobody can verify is better than a hole.
        ("en", "es", "It has several dozen disks.", "Tiene 4000 discos.", "Tiene 4000 discos."),
        ("en", "es", "It has 3 disks.", "Tiene 3 discos y 4000 más.", "Tiene 3 discos y 4000 más."),
    ],
)
def test_what_was_invented_goes_where_that_is_sure(
    source: str, target: str, said: str, answered: str, right: str
) -> None:
    asked = TranslationRequest(said, "", source, target, True)
    (answer,) = FaithfulTranslator(Says(answered)).translate([asked])
    assert answer.text == right


@pytest.mark.parametrize(
    ("target", "said", "answered", "right"),
    [
        ("zh", "wait twenty minutes.", "等十五分钟。", "等20分钟。"),
        ("es", "it costs $300.", "Cuesta 200 dólares.", "Cuesta 300 dólares."),
        ("es", "it costs $300 for 25 people.", "Para 24 son 200 dólares.", "Para 25 son 300 dólares."),
    ],
)
def test_without_decoding_the_missing_takes_the_place_of_the_wrong(
    target: str, said: str, answered: str, right: str
) -> None:
    asked = TranslationRequest("So " * (LONGEST // 2) + said, "", "en", target, True)
    (answer,) = FaithfulTranslator(Says(answered)).translate([asked])
    assert answer.text == right

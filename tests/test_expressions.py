"""Names and sayings with numbers in them: kept, left to the translator, or told from quantities."""

from collections.abc import Sequence

import pytest

from mt.expressions import expressions
from mt.faithful import FaithfulTranslator
from mt.inventions import removable
from mt.numbers import invented, missing, numbers, written
from mt.quantities import NAME
from streaming.stages import Translation, TranslationRequest

RIGHT = [
    ("en", "zh", "After 9/11 security changed.", "911事件之后安全变了。"),
    ("en", "zh", "After 9/11 security changed.", "九一一事件之后安全变了。"),
    ("en", "es", "After 9/11 security changed.", "Tras el 11-S la seguridad cambió."),
    ("en", "de", "After 9/11 security changed.", "Nach dem 11. September änderte sich die Sicherheit."),
    ("en", "zh", "COVID-19 changed everything.", "新冠疫情改变了一切。"),
    ("en", "es", "COVID-19 changed everything.", "El coronavirus lo cambió todo."),
    ("en", "de", "Covid 19 changed everything.", "Corona hat alles verändert."),
    ("en", "zh", "The G20 summit.", "二十国集团峰会。"),
    ("en", "zh", "B2B sales grew.", "企业对企业的销售增长了。"),
    ("en", "es", "CO2 emissions.", "Emisiones de dióxido de carbono."),
    ("en", "zh", "The H1N1 virus.", "甲型流感病毒。"),
    ("en", "zh", "He bought it at 7-Eleven.", "他在7-Eleven买的。"),
    ("en", "zh", "He bought it at 7-Eleven.", "他在7-11买的。"),
    ("en", "zh", "A 4K screen.", "一块4K屏幕。"),
    ("en", "zh", "A 3D printer.", "三维打印机。"),
    ("en", "zh", "Q3 revenue.", "三季度收入。"),
    ("en", "zh", "In H2 2024 we grew.", "2024年下半年我们增长了。"),
    ("en", "zh", "We are open 24/7.", "我们全天候开放。"),
    ("en", "de", "We are open 24/7.", "Wir haben rund um die Uhr geöffnet."),
    ("en", "es", "We are open 24/7.", "Estamos abiertos las 24 horas."),
    ("en", "zh", "We offer twenty-four seven support.", "我们提供24/7支持。"),
    ("en", "zh", "It is fifty-fifty.", "五五开。"),
    ("en", "de", "We go fifty-fifty.", "Wir machen halbe-halbe."),
    ("en", "zh", "We split it 30/70.", "我们三七开。"),
    ("en", "zh", "The 80/20 rule.", "二八定律。"),
    ("en", "es", "It is a catch-22.", "Es un círculo vicioso."),
    ("en", "de", "On cloud nine.", "Auf Wolke sieben."),
    ("en", "es", "Thanks a million!", "¡Mil gracias!"),
    ("en", "de", "High five!", "Gib mir fünf!"),
    ("en", "zh", "High five!", "击掌！"),
    ("en", "zh", "A picture is worth a thousand words.", "一图胜千言。"),
    ("en", "zh", "One in a million.", "万里挑一。"),
    ("en", "zh", "The Mukden Incident.", "九一八事变。"),
    ("en", "zh", "The May Fourth Movement.", "五四运动。"),
    ("en", "zh", "Employees born after 2000.", "零零后员工。"),
    ("en", "zh", "The post-90s generation.", "九零后。"),
    ("en", "zh", "Those born in the 1980s.", "80后。"),
    ("en", "zh", "Nine out of ten people.", "九成的人。"),
    ("en", "zh", "Nine out of ten people.", "十分之九的人。"),
    ("en", "de", "For the thousandth time.", "Zum tausendsten Mal."),
    ("zh", "en", "五花八门的产品。", "All kinds of products."),
    ("zh", "en", "他说三道四。", "He gossips."),
    ("zh", "en", "三番五次地说。", "He said it again and again."),
    ("zh", "en", "十万八千里。", "Worlds apart."),
    ("zh", "en", "他是二百五。", "He is a fool."),
    ("zh", "en", "一百八十度大转弯。", "A U-turn."),
    ("zh", "en", "我们二十四小时服务。", "We serve around the clock."),
    ("zh", "en", "双11销售。", "Singles' Day sales."),
    ("es", "en", "Cada dos por tres llama.", "He calls every other minute."),
    ("es", "en", "Está en sus trece.", "He sticks to his guns."),
    ("de", "en", "Wir sprachen unter vier Augen.", "We spoke in private."),
    ("de", "en", "Das ist null acht fünfzehn.", "That is run-of-the-mill."),
]


@pytest.mark.parametrize(("source", "target", "said", "right"), RIGHT)
def test_a_right_translation_of_an_expression_lacks_nothing(
    source: str, target: str, said: str, right: str
) -> None:
    for a, b, text, answer in ((source, target, said, right), (target, source, right, said)):
        assert missing(numbers(text, a), numbers(answer, b)) == []
        assert invented(numbers(text, a), numbers(answer, b)) == []


@pytest.mark.parametrize(
    ("source", "target", "said", "wrong"),
    [
        ("en", "zh", "COVID-19 changed everything.", "COVID-18改变了一切。"),
        ("en", "zh", "The G20 summit.", "G7峰会。"),
        ("en", "zh", "The H1N1 virus.", "H5N1病毒。"),
        ("en", "de", "After 9/11 it changed.", "Danach änderte es sich."),
        ("zh", "en", "我们三七开。", "We split it 20/80."),
        ("zh", "en", "九零后。", "The post-80s generation."),
        ("en", "zh", "Give me five minutes.", "给我几分钟。"),
        ("en", "zh", "Take ten people.", "带人去。"),
        ("zh", "en", "他得了一百八十度。", "He got it."),
        ("zh", "en", "二百五十元。", "Some yuan."),
        ("zh", "en", "新冠军拿了19分。", "The champion scored."),
        ("es", "en", "Tengo cuatro gatos.", "I have cats."),
        ("de", "en", "Eine Gruppe von zehn Personen.", "A group of people."),
    ],
)
def test_a_wrong_translation_still_lacks_its_number(source: str, target: str, said: str, wrong: str) -> None:
    assert missing(numbers(said, source), numbers(wrong, target))


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("en", "COVID-19, G20, H1N1, Web3, MP3, B2B, 5G, 2FA, F-16, PM2.5", None),
        ("zh", "用MP3在iPhone15上", ["MP3", "iPhone15"]),
        ("en", "a 4K screen at 7-Eleven after 9/11", ["9/11", "7-Eleven", "4K"]),
        ("en", "USD20, 10K people, 5KM, 3PM, 10M, $5K, US5", []),
        ("de", "20Uhr, A1-5, x2,5, 5jährig", []),
        ("fr", "COVID-19", []),
    ],
)
def test_names_with_digits_are_told_from_amounts(language: str, text: str, names: list[str] | None) -> None:
    found = [number.name for number in expressions(text, language) if number.name]
    assert found == (text.split(", ") if names is None else names)


def test_a_name_that_is_lost_is_written_as_it_stands_and_never_taken_out() -> None:
    (number,) = numbers("The G20 met.", "en")
    assert (number.kind, written(number, "zh")) == (NAME, "G20")
    assert not removable("G20开会", number, "zh")


class Says:
    """Answers with one text, ends what it is told to begin with, and likes its own length best."""

    def __init__(self, text: str) -> None:
        self.text = text

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        texts = [f"{r.target_prefix}." if r.target_prefix else self.text for r in requests]
        return [Translation(text, score=-1.0 - abs(len(text) - len(self.text))) for text in texts]


@pytest.mark.parametrize(
    ("said", "answered", "right"),
    [
        ("We fought COVID-19.", "Luchamos contra la COVID-18.", "Luchamos contra la COVID-19."),
        ("Dial one three eight zero zero.", "Marque 13801.", "Marque 13800."),
    ],
)
def test_a_wrong_name_or_string_is_put_right_whole(said: str, answered: str, right: str) -> None:
    asked = TranslationRequest(said, "", "en", "es", True)
    (answer,) = FaithfulTranslator(Says(answered)).translate([asked])
    assert answer.text == right

"""The router: which translator gets a request, and how answers come back in order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mt.languages import normalized
from mt.router import Route, Router
from streaming.errors import LanguageError
from streaming.stages import Translation, TranslationRequest


class Scripted:
    """Writes down what it was asked, and answers with its own mark."""

    def __init__(self, mark: str, *pairs: tuple[str, str]) -> None:
        self.mark = mark
        self.pairs = pairs
        self.batches: list[list[TranslationRequest]] = []

    def pieces(self, text: str) -> int:
        return len(text)

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.batches.append(list(requests))
        return [Translation(f"{r.target_prefix}{self.mark}({r.source})") for r in requests]


def request(
    source: str, target: str, text: str = "x", prefix: str = "", complete: bool = True
) -> TranslationRequest:
    return TranslationRequest(text, prefix, source, target, complete)


@pytest.fixture
def into() -> Scripted:
    return Scripted("into", ("en", "zh"), ("en", "es"))


@pytest.fixture
def back() -> Scripted:
    return Scripted("back", ("zh", "en"), ("en", "zh"))


@pytest.fixture
def router(into: Scripted, back: Scripted) -> Router:
    return Router([into, back])


@pytest.mark.parametrize(
    ("source", "target", "route"),
    [
        ("en", "zh", Route((("en", "zh"),))),
        ("en-GB", "zh_CN", Route((("en", "zh"),))),
        ("zh", "es", Route((("zh", "en"), ("en", "es")), "en")),
    ],
)
def test_routes(router: Router, source: str, target: str, route: Route) -> None:
    assert router.route(source, target) == route


@pytest.mark.parametrize(
    ("source", "target"), [("fr", "zh"), ("es", "zh"), ("zh", "zh"), ("en", "en"), ("zh", "fr")]
)
def test_a_pair_that_nobody_serves_is_named_with_what_there_is(
    router: Router, source: str, target: str
) -> None:
    with pytest.raises(LanguageError) as caught:
        router.route(source, target)
    assert str(caught.value) == f"no model translates {source} → {target}; there is en→es, en→zh, zh→en"


def test_without_models_the_error_says_so() -> None:
    with pytest.raises(LanguageError, match="there is no translator at all"):
        Router([]).route("en", "zh")


def test_the_first_translator_that_serves_a_pair_gets_it(router: Router, back: Scripted) -> None:
    assert router.translate([request("en", "zh")]) == [Translation("into(x)")]
    assert back.batches == []


def test_answers_keep_the_order_and_each_translator_is_asked_once(
    router: Router, into: Scripted, back: Scripted
) -> None:
    asked = [
        request("en", "zh", "1"),
        request("zh", "en", "2"),
        request("en", "es", "3"),
        request("zh", "en", "4"),
    ]
    assert [answer.text for answer in router.translate(asked)] == ["into(1)", "back(2)", "into(3)", "back(4)"]
    assert (len(into.batches), len(back.batches)) == (1, 1)


def test_through_english_the_prefix_belongs_to_the_second_half(
    router: Router, into: Scripted, back: Scripted
) -> None:
    asked = [request("en", "es", "1"), request("zh", "es", "2", "si ", False), request("en", "zh", "3")]
    texts = [answer.text for answer in router.translate(asked)]
    assert texts == ["into(1)", "si into(back(2))", "into(3)"]
    assert back.batches == [[request("zh", "en", "2", "", False)]]
    assert into.batches[0][1] == request("en", "es", "back(2)", "si ", False)
    assert len(into.batches) == 1


def test_through_english_nothing_is_told_of_the_source(
    router: Router, into: Scripted, back: Scripted
) -> None:
    wanted: dict[str, Any] = {
        "draft": "si no",
        "bias": 0.2,
        "candidates": 3,
        "attention": True,
        "context": ("a", "b"),
    }
    router.translate([replace(request("zh", "es", "2", "si ", False), **wanted)])
    assert back.batches == [[request("zh", "en", "2", "", False)]]
    second = replace(request("en", "es", "back(2)", "si ", False), draft="si no", bias=0.2, candidates=3)
    assert into.batches == [[second]]


def test_nothing_asked_nothing_answered(router: Router, into: Scripted) -> None:
    assert router.translate([]) == []
    assert into.batches == []


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        *[("zh-CN", "zh"), ("ZH_Hans", "zh"), ("zho_Hans", "zh"), ("cmn_Hans", "zh"), ("eng_Latn", "en")],
        *[("arb_Arab", "ar"), ("fil", "fil"), ("yue", "yue"), ("en", "en"), ("pt-BR", "pt"), ("nob", "no")],
        *[("nb", "no"), ("nb-NO", "no"), ("nn", "nn"), ("jw", "jv"), ("jv", "jv"), ("jav", "jv")],
    ],
)
def test_codes_of_languages(code: str, ours: str) -> None:
    assert normalized(code) == ours


def test_a_pair_that_nobody_serves_is_not_found(router: Router) -> None:
    assert router.find("zh-CN", "es") == Route((("zh", "en"), ("en", "es")), "en")
    assert router.find("es", "zh") is None and router.find("en", "en") is None

"""What may be asked of a session: gone through once, whoever asks and however often."""

import httpx2
import pytest

from mt.router import Route, Router
from server.interpretation.graph import Interpretation
from server.interpretation.languages import Languages
from streaming.errors import LanguageError
from streaming.scripted import ScriptedTranslator
from tests.served import engines, serving

CODES = [first + second for first in "abcdefghij" for second in "abcdefghij"]


class Many(ScriptedTranslator):
    """Serves every pair of a hundred languages, but no language with itself."""

    pairs = frozenset((source, target) for source in CODES for target in CODES if source != target)


class Counting(Router):
    """Counts how often it is asked for a route."""

    asked = 0

    def find(self, source: str, target: str) -> Route | None:
        self.asked += 1
        return super().find(source, target)


class Silent(Router):
    """Is never asked to say what there is."""

    def route(self, source: str, target: str) -> Route:
        raise AssertionError("an error was written that nobody is told")


def test_every_pair_is_offered() -> None:
    offer = Languages(engines(translator=Router([Many()]))).offer()
    assert {(pair.source, pair.target) for pair in offer.translation} == Many.pairs
    assert len(offer.translation) == len(Many.pairs)


def test_pairs_are_gone_through_once() -> None:
    router = Counting([Many()])
    languages = Languages(engines(translator=router))
    assert router.asked == len(CODES) ** 2
    for _ in range(3):
        languages.offer()
        languages.routes(Interpretation(None, ("aa", "ab")))
        languages.routes(Interpretation(None, ("aa", "xx")), asked=("aa",))
    assert router.asked == len(CODES) ** 2


def test_no_error_is_written_that_nobody_is_told() -> None:
    languages = Languages(engines(translator=Silent([Many()])))
    assert languages.routes(Interpretation("aa", ("aa", "xx")), asked=()) == ()


def test_a_target_that_nobody_reaches_is_told_with_those_that_are() -> None:
    languages = Languages(engines())
    with pytest.raises(LanguageError, match="into 'fr', only into en, es, zh"):
        languages.routes(Interpretation(None, ("es", "fr")))


async def test_the_answer_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    offer = Languages.offer
    monkeypatch.setattr(Languages, "offer", lambda self: asked.append(self) or offer(self))
    async with serving(engines(translator=Router([Many()]))) as served:
        before = len(asked)
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            answers = [await http.get("/v1/languages") for _ in range(3)]
            described = (await http.get("/openapi.json")).json()["paths"]["/v1/languages"]
    assert len(asked) == before
    assert {len(answer.json()["translation"]) for answer in answers} == {len(Many.pairs)}
    assert "Offer" in str(described["get"]["responses"]["200"])

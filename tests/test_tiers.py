"""Tiers: which translator a request is worth, and that models which disagree take nothing back."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedded
import mt
from mt import tiers
from mt.policy import ReadWritePolicy
from mt.presets import PRESETS
from mt.router import Router
from mt.tiers import FAR_BEHIND, KEEPS_UP, SOON, Difficulty, Tier, Tiers, live_tier, worth_revising
from server.interpretation.translators import Translators
from streaming.captions import Transcript
from streaming.errors import LanguageError
from streaming.queueing import Priority
from streaming.scripted import ScriptedTranslator
from streaming.stages import Ask, Signal, Translation, TranslationRequest, Write
from tests.test_translation import erratic, grouped, parts_of_talks, policies, staged, with_tentative

EASY, HARD = "a b c", "a " * 21
SHARED = (("en", "es"), ("en", "zh"))


class Marking(ScriptedTranslator):
    """Translates as scripted, and marks each word with a letter of its own."""

    def __init__(self, mark: str, pairs: Sequence[tuple[str, str]] = SHARED, pieces: int = 1) -> None:
        self.mark = mark
        self.pairs = pairs
        self._pieces = pieces
        self.asked: list[TranslationRequest] = []

    def pieces(self, text: str) -> int:
        return self._pieces * len(text.split())

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.asked += requests
        return [Translation(self._marked(request)) for request in requests]

    def _marked(self, request: TranslationRequest) -> str:
        words = [f"{word}{self.mark}" for word in request.source.split()]
        done = len(request.target_prefix.split())
        rest = " ".join(words[done:])
        return request.target_prefix + (" " if done and rest else "") + rest


def request(source: str = EASY, target: str = "es", **more: object) -> TranslationRequest:
    return replace(TranslationRequest(source, "", "en", target), **more)  # type: ignore[arg-type]


def built(**own: Marking) -> Tiers:
    routers = {name: Router([translator]) for name, translator in own.items()}
    return Tiers(**{"medium": Router([Marking("m")]), **routers})


@pytest.mark.parametrize(
    ("difficulty", "hard"),
    [
        (Difficulty(3, 1.2), False),
        (Difficulty(tiers.MOST_WORDS, tiers.MOST_PIECES, tiers.LEAST_CONFIDENCE), False),
        (Difficulty(tiers.MOST_WORDS + 1, 1.2), True),
        (Difficulty(3, tiers.MOST_PIECES + 0.1), True),
        (Difficulty(3, 1.2, tiers.LEAST_CONFIDENCE - 0.01), True),
    ],
)
def test_what_is_hard(difficulty: Difficulty, hard: bool) -> None:
    assert difficulty.hard is hard


@pytest.mark.parametrize(
    ("tentative", "hard", "behind", "tier"),
    [
        (True, False, 0.0, Tier.SMALL),
        (True, False, 9.0, Tier.SMALL),
        (True, True, 0.0, Tier.MEDIUM),
        (True, True, KEEPS_UP, Tier.SMALL),
        (False, False, 0.0, Tier.MEDIUM),
        (False, False, KEEPS_UP, Tier.SMALL),
        (False, True, 0.0, Tier.MEDIUM),
        (False, True, 9.0, Tier.MEDIUM),
    ],
)
def test_small_or_medium(tentative: bool, hard: bool, behind: float, tier: Tier) -> None:
    assert live_tier(tentative, hard, behind) is tier


@pytest.mark.parametrize(
    ("hard", "behind", "worth"),
    [
        (False, 0.0, True),
        (False, SOON, False),
        (True, SOON, True),
        (True, FAR_BEHIND, False),
    ],
)
def test_what_is_worth_a_revision(hard: bool, behind: float, worth: bool) -> None:
    assert worth_revising(hard, behind) is worth


@given(st.booleans(), st.floats(0, 100), st.floats(0, 100))
def test_the_longer_the_wait_the_smaller_the_model(hard: bool, a: float, b: float) -> None:
    sooner, later = sorted((a, b))
    for tentative in (False, True):
        one, other = live_tier(tentative, hard, sooner), live_tier(tentative, hard, later)
        assert (one, other) != (Tier.SMALL, Tier.MEDIUM)
    assert worth_revising(hard, sooner) or not worth_revising(hard, later)


@given(st.booleans(), st.floats(0, 100))
def test_what_is_hard_never_gets_a_smaller_model_than_what_is_easy(tentative: bool, behind: float) -> None:
    order = [Tier.SMALL, Tier.MEDIUM]
    hard, easy = (live_tier(tentative, each, behind) for each in (True, False))
    assert order.index(hard) >= order.index(easy)
    assert worth_revising(True, behind) or not worth_revising(False, behind)


def test_a_request_is_measured_by_its_source() -> None:
    every = built(small=Marking("s"))
    assert every.tier(request(tentative=True), 0.0) is Tier.SMALL
    assert every.tier(request(HARD, tentative=True), 0.0) is Tier.MEDIUM
    assert every.tier(request(tentative=True, confidence=0.3), 0.0) is Tier.MEDIUM
    assert built(small=Marking("s", pieces=3)).tier(request(tentative=True), 0.0) is Tier.MEDIUM
    chinese = Marking("s", [("zh", "en")])
    both = Tiers(Router([Marking("m", [("zh", "en")])]), Router([chinese]))
    spoken = replace(request("天" * 30, "en", tentative=True), source_language="zh")
    assert both.tier(spoken, 0.0) is Tier.SMALL  # 30 characters are 19 words
    assert both.tier(replace(spoken, source="天" * 33), 0.0) is Tier.MEDIUM


def test_a_tier_that_is_not_there_is_stood_in_for() -> None:
    alone = built()
    spanish = built(small=Marking("s", SHARED[:1]), large=Marking("l", SHARED[:1]))
    for tentative, behind in product((False, True), (0.0, 9.0)):
        assert alone.tier(request(tentative=tentative), behind) is Tier.MEDIUM
        assert spanish.tier(request(target="zh", tentative=tentative), behind) is Tier.MEDIUM
    assert not alone.revises(request(HARD), 0.0)
    assert not spanish.revises(request(target="zh"), 0.0)
    assert spanish.revises(request(), 0.0)
    assert not spanish.revises(replace(request(), source_language="es"), 0.0)
    assert (alone.best(request()), spanish.best(request())) == (Tier.MEDIUM, Tier.LARGE)


def test_the_best_translate_what_is_waited_for() -> None:
    small = Marking("s")
    every = built(small=small, large=Marking("L", SHARED[:1]))
    asked = [request("a"), request("b", "zh"), request("c")]
    assert [answer.text for answer in every.translate(asked)] == ["aL", "bm", "cL"]
    assert not small.asked
    with pytest.raises(LanguageError, match="en → fr"):
        every.translate([request(target="fr")])


@pytest.mark.parametrize(
    ("behind", "easy", "hard"),
    [(0.0, True, True), (SOON, False, True), (FAR_BEHIND, False, False)],
)
async def test_what_is_promised_depends_on_how_far_the_large_one_is_behind(
    behind: float, easy: bool, hard: bool
) -> None:
    told: list[Tier] = []
    every = built(small=Marking("s"), large=Marking("l"))

    async def ask(request: TranslationRequest, priority: Priority) -> Translation:
        assert priority is (Priority.LIVE if told[-1] is not Tier.LARGE else Priority.REQUEST)
        return every.routers[told[-1]].translate([request])[0]

    ages = {Tier.SMALL: lambda: 0.0, Tier.MEDIUM: lambda: behind, Tier.LARGE: lambda: behind}
    translators = Translators(every, dict.fromkeys(Tier, ask), ages, told.append)
    short = TranslationRequest("a b", "", "en", "es", complete=True)
    assert translators.revises(short) is easy
    assert translators.revises(replace(short, confidence=0.2)) is hard
    assert (await translators.translate(short)).text == ("am bm" if behind == 0.0 else "as bs")
    assert (await translators.translate(replace(short, confidence=0.2))).text == "am bm"
    assert (await translators.revise(short)).text == "al bl"
    assert told == [Tier.MEDIUM if behind == 0.0 else Tier.SMALL, Tier.MEDIUM, Tier.LARGE]


@given(
    parts_of_talks,
    st.lists(st.integers(0, 7), max_size=40),
    policies,
    st.lists(st.sampled_from([0.0, 2.0]), min_size=1, max_size=30),
    st.booleans(),
)
def test_models_that_disagree_take_nothing_back(
    parts: list[str], sizes: list[int], policy: ReadWritePolicy, load: list[float], wild: bool
) -> None:
    """Small and medium in turns, as load changes: committed text only grows, and all are finished."""
    small, medium = Marking("s"), Marking("m")
    both = Tiers(Router([medium]), Router([small]))
    stage, transcript, turn, asked = staged("es", policy, True), Transcript(), 0, set()
    for item in [*with_tentative(grouped(parts, sizes)), None]:
        stage.finish() if item is None else stage.receive(item)
        while not isinstance(action := stage.next_action(), Signal):
            match action:
                case Ask(wanted):
                    tier = both.tier(wanted, load[turn % len(load)])
                    asked.add((tier, wanted.tentative))
                    answer = both.routers[tier].translate([wanted])[0]
                    if wild and tier is Tier.SMALL:
                        answer = Translation(erratic(wanted))
                    stage.receive_result(answer, 0.0)
                    turn += 1
                case Write(update):
                    transcript.add(update)  # refuses to retract
    assert all(caption.final for caption in transcript.captions.values())
    assert max(load) > 0 or (Tier.SMALL, False) not in asked


@given(parts_of_talks, st.lists(st.integers(0, 7), max_size=40), policies)
def test_a_small_model_never_reaches_what_is_committed_while_the_medium_keeps_up(
    parts: list[str], sizes: list[int], policy: ReadWritePolicy
) -> None:
    def committed(small: Router | None) -> list[tuple[str, ...]]:
        both = Tiers(Router([Marking("m")]), small)
        stage, found = staged("es", policy, small is not None), []
        for item in with_tentative(grouped(parts, sizes)):
            stage.receive(item)
            while not isinstance(action := stage.next_action(), Signal):
                match action:
                    case Ask(wanted):
                        tier = both.tier(wanted, 0.0)
                        stage.receive_result(both.routers[tier].translate([wanted])[0], 0.0)
                    case Write(update) if update.committed:
                        found.append(tuple(word.text for word in update.committed))
        return found

    assert committed(Router([Marking("s")])) == committed(None)


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")
@pytest.mark.parametrize("target", ["es", "zh"])
@pytest.mark.parametrize("behind", [0.0, 2.0])
def test_a_real_model_continues_what_another_one_has_committed(target: str, behind: float) -> None:
    router = mt.load(embedded.translators(), device="cpu")
    both = Tiers(router, Router([Marking("x", pieces=2)]))
    talk = "The meeting starts at nine. Please bring 1,500 copies of the report and a pen for everybody"
    stage, transcript, used = (
        staged(target, PRESETS["balanced"].policy("en", target), True),
        Transcript(),
        set(),
    )
    for turn, item in enumerate(with_tentative(grouped(talk.split(), [2, 1, 3, 4]))):
        stage.receive(item)
        while not isinstance(action := stage.next_action(), Signal):
            match action:
                case Ask(wanted):
                    tier = both.tier(wanted, behind * (turn % 2))
                    used.add(tier)
                    stage.receive_result(both.routers[tier].translate([wanted])[0], 0.0)
                case Write(update):
                    transcript.add(update)
    assert transcript.captions[0, target].final
    assert used == {Tier.SMALL, Tier.MEDIUM}


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")
def test_rare_words_fall_into_many_pieces() -> None:
    router = mt.load(embedded.translators(), device="cpu")
    common = router.pieces(TranslationRequest("We have to go home now.", "", "en", "es"))
    rare = router.pieces(TranslationRequest("Thrombocytopenia complicates plasmapheresis.", "", "en", "es"))
    assert common / 6 <= tiers.MOST_PIECES < rare / 3

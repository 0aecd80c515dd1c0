"""What goes wrong when people speak and recognisers hear: little, in one place, and the translation stays."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.recipe.bitext import Pair, is_open, live, units
from embedded.recipe.disfluency import (
    ALIKE,
    FILLERS,
    HOMOPHONES,
    KEPT,
    LOST,
    Units,
    disfluent,
    filled,
    misheard,
    repeated,
    restarted,
)
from embedded.recipe.translator_pieces import LANGUAGES

Way = Callable[[Units, str, random.Random], Units]
SENTENCES = [
    ("en", "We left early, and Tom came home late."),
    ("en", "The weather is not good in New York, I think."),
    ("en", "There are five of them, and nobody knows whether it's right"),
    ("en", "Hello."),
    ("zh", "我们五点以前结束，然后他们不回家。"),
    ("zh", "Tom在家里等他的朋友"),
    ("zh", "你好。"),
    ("es", "¿Dónde está la casa de mi hermano?"),
    ("de", "Wir haben das Auto gestern nicht in Berlin gekauft."),
]
cases = given(st.sampled_from(SENTENCES), st.integers(0, 10_000))


def said(language: str, text: str, seed: int) -> str:
    return "".join(disfluent(units(text), language, random.Random(seed)))


def forms(way: Way, language: str, text: str) -> set[str]:
    return {"".join(way(units(text), language, random.Random(seed))) for seed in range(400)}


def letters(unit: str) -> str:
    return "".join(filter(str.isalnum, unit.lower()))


def words(text: str) -> list[str]:
    return [word for unit in units(text) if (word := letters(unit))]


def kept(before: list[str], after: list[str]) -> int:
    """Words of the one that stand in the other in the same order: the longest common subsequence."""
    row = [0] * (len(after) + 1)
    for word in before:
        above = row
        row = [0]
        for place, other in enumerate(after):
            row.append(above[place] + 1 if word == other else max(row[-1], above[place + 1]))
    return row[-1]


@cases
def test_all_words_are_still_said_but_one_at_most(case: tuple[str, str], seed: int) -> None:
    language, text = case
    before, after = words(text), words(said(language, text, seed))
    assert kept(before, after) >= len(before) - (len(before) > 3)
    assert len(after) <= len(before) + 3


@cases
def test_a_sentence_ends_as_it_did(case: tuple[str, str], seed: int) -> None:
    language, text = case
    found = said(language, text, seed)
    assert found.endswith(units(text)[-1])
    assert is_open(found) == is_open(text)
    assert found == found.strip() and "  " not in found


@cases
def test_numbers_and_negations_are_said_once(case: tuple[str, str], seed: int) -> None:
    language, text = case
    # But where somebody breaks off and begins again.
    for way in (filled, repeated, misheard):
        found = "".join(way(units(text), language, random.Random(seed)))
        assert [w for w in words(found) if w in KEPT] == [w for w in words(text) if w in KEPT]


@cases
def test_the_random_source_alone_decides(case: tuple[str, str], seed: int) -> None:
    assert said(*case, seed) == said(*case, seed)


@pytest.mark.parametrize(
    ("way", "language", "text", "among"),
    [
        (filled, "en", "We left.", ["Um, we left.", "We, uh, left.", "We you know left."]),
        (filled, "zh", "我们走了。", ["嗯，我们走了。", "那个，我们走了。", "就是，我们走了。"]),
        (filled, "es", "Nos vamos.", ["Eh, Nos vamos.", "Nos este vamos."]),
        (filled, "de", "Wir gehen.", ["Äh, wir gehen.", "Wir, also, gehen."]),
        (repeated, "en", "We left early.", ["We we left early.", "We left we left early."]),
        (repeated, "zh", "我们走了。", ["我我们走了。", "我们我们走了。"]),
        (repeated, "zh", "Tom走了。", ["Tom Tom走了。"]),
        (restarted, "en", "We left early.", ["We, we left early.", "We le, we left early."]),
        (restarted, "zh", "我们走了。", ["我，我们走了。", "我们走，我们走了。"]),
        (misheard, "en", "Is it the weather?", ["Is it weather?"]),
        (misheard, "en", "I hear their news.", ["I here their news.", "I hear there news."]),
        (misheard, "en", "I travel with him.", ["I trafel with him.", "I tavel with him."]),
        (misheard, "zh", "这是他的书。", ["这是她的书。", "这是他书。", "这是他得书。"]),
    ],
)
def test_ways(way: Way, language: str, text: str, among: list[str]) -> None:
    assert set(among) <= forms(way, language, text)


def test_nobody_hesitates_within_a_chinese_word() -> None:
    assert forms(filled, "zh", "我们走了。") == {"嗯，我们走了。", "那个，我们走了。", "就是，我们走了。"}
    assert forms(repeated, "zh", "我们走了。") == {"我我们走了。", "我们我们走了。"}


def test_the_last_word_and_the_words_of_a_short_sentence_are_heard() -> None:
    assert forms(misheard, "en", "I hear it") == {"I hear it"}
    assert all(text.endswith(" right") for text in forms(misheard, "en", "They know that it was right"))


def test_nothing_can_be_wrong_with_nothing() -> None:
    assert disfluent([], "en", random.Random(1)) == []
    assert disfluent(["1984."], "en", random.Random(1)) == ["1984."]


def test_every_language_has_its_tables() -> None:
    for table in (FILLERS, LOST, ALIKE):
        assert set(table) == set(LANGUAGES)
    assert not any(word in KEPT for table in HOMOPHONES.values() for word in table)


PAIRS = [
    Pair("How are you today, my friend?", "你今天怎么样，我的朋友？", "en", "zh"),
    Pair("我们以前回家，他们在这里。", "We went home before, they are here.", "zh", "en"),
]


@given(st.sampled_from(PAIRS), st.integers(0, 10_000))
def test_the_translation_of_a_disfluent_source_is_that_of_a_fluent_one(pair: Pair, seed: int) -> None:
    found = live(pair, random.Random(seed), cut=0.0, bare=0.0, halting=1.0)
    assert found.source != pair.source
    assert found.target == pair.target
    assert (found.source_language, found.target_language) == (pair.source_language, pair.target_language)


def test_a_modest_share_of_the_live_forms_is_disfluent() -> None:
    rng = random.Random(7)
    changed = sum(live(PAIRS[0], rng, cut=0.0, bare=0.0) != PAIRS[0] for _ in range(4_000))
    assert changed / 4_000 == pytest.approx(0.08, abs=0.015)

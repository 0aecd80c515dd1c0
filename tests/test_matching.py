"""Phrases in texts: longest, at word ends, whatever the capitals."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.matching import Phrases, all_capitals, folded

WORDS = ("neural", "neural network", "network", "net", "IT", "it", "C++", "λ-calculus")


def found(phrases: Phrases[str], text: str) -> list[str]:
    return [text[match.start : match.end] for match in phrases.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a neural network and a net", ["neural network", "net"]),
        ("a Neural NETWORK", ["Neural NETWORK"]),
        ("networks, internet", []),
        ("it is IT", ["it", "IT"]),
        ("in C++, λ-calculus!", ["C++", "λ-calculus"]),
        ("neural  network", ["neural", "network"]),
        ("", []),
    ],
)
def test_the_longest_phrase_at_word_ends(text: str, expected: list[str]) -> None:
    assert found(Phrases([(w, w) for w in WORDS], "en"), text) == expected


def test_of_a_phrase_in_capitals_and_one_in_any_case_each_finds_its_own() -> None:
    phrases = Phrases([("it", "pronoun"), ("IT", "trade")], "en")
    assert [match.value for match in phrases.find("it IT It")] == ["pronoun", "trade", "pronoun"]


def test_of_equal_phrases_the_first_is_meant() -> None:
    assert [m.value for m in Phrases([("Net", "1"), ("net", "2")], "en").find("net")] == ["1"]


def test_languages_without_spaces_have_no_word_ends_but_latin_words_in_them_do() -> None:
    phrases = Phrases([(w, w) for w in ("网络", "神经网络", "AI", "go")], "zh")
    assert found(phrases, "用神经网络和网络，AI好go吗 good AIX") == ["神经网络", "网络", "AI", "go"]


def test_a_character_that_grows_when_lowered_does_not_move_the_places() -> None:
    text = "İİİ the net"
    assert found(Phrases([("net", "")], "en"), text) == ["net"]
    assert len(folded(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("the neural", "neural"),
        ("the neural network", ""),
        ("the neural net", "net"),
        ("neural and", ""),
        ("a λ-calculus", ""),
        ("a big load", "big load"),
        ("big load ", "big load "),
    ],
)
def test_a_tail_grows_while_some_phrase_goes_on_after_it(text: str, held: str) -> None:
    phrases = Phrases([(w, w) for w in (*WORDS, "net worth", "big load balancer")], "en")
    assert text[phrases.growing(text) :] == held


def test_a_chinese_tail_grows_by_the_character() -> None:
    phrases = Phrases([(w, w) for w in ("神经网络", "神经")], "zh")
    for text, held in (
        ("看神", "神"),
        ("看神经", "神经"),
        ("看神经网", "神经网"),
        ("看神经网络", ""),
        ("神话", ""),
    ):
        assert text[phrases.growing(text) :] == held


def test_no_phrases_find_nothing() -> None:
    phrases = Phrases[str]([("", "empty")], "en")
    assert phrases.find("anything") == [] and phrases.growing("anything") == 8


@given(st.lists(st.sampled_from([*WORDS, "the", "."]), max_size=12), st.sampled_from(["en", "zh"]))
def test_matches_are_in_order_and_apart(parts: list[str], language: str) -> None:
    text = " ".join(parts)
    matches = Phrases([(w, w) for w in WORDS], language).find(text)
    assert all(a.end <= b.start for a, b in pairwise(matches))
    for match in matches:
        stands = text[match.start : match.end]
        assert stands == match.value if all_capitals(match.value) else folded(stands) == folded(match.value)


def test_a_phrase_whose_last_word_may_begin_another_is_held() -> None:
    phrases = Phrases([(w, w) for w in ("pie torch", "torch script")], "en")
    assert phrases.growing("we use pie torch") == 7
    assert phrases.growing("we use pie torch daily") == 22


@given(st.lists(st.sampled_from(["neural", "network", "net", "worth", "big", "load", "x"]), max_size=8))
def test_what_does_not_grow_is_not_changed_by_more_words(parts: list[str]) -> None:
    known = (*WORDS, "net worth", "worth big", "big load balancer", "load x", "x neural")
    phrases = Phrases([(w, w) for w in known], "en")
    for count in range(len(parts)):
        text = " ".join(parts[:count])
        settled = phrases.growing(text)
        now = [(m.start, m.end) for m in phrases.find(text) if m.end <= settled]
        later = [(m.start, m.end) for m in phrases.find(" ".join(parts)) if m.start < settled]
        assert [m for m in later if m[0] < settled] == now

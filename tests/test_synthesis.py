"""When which word is said, from a synthesiser's events."""

import random
import re

import pytest

from embedded.recipe.recorded import imitated, written
from embedded.recipe.sentences import Sentence
from embedded.recipe.synthesis import PHONEME, WORD, UnspokenError, phoneme_times, spans, usual, word_times

Event = tuple[int, int, float, str]


def word(place: int, at: float) -> Event:
    return WORD, place, at, ""


def sound(at: float, name: str) -> Event:
    return PHONEME, 0, at, name


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello, Tom!", "en", ["Hello,", "Tom!"]),
        ("我有3本书。", "zh", ["我", "有", "3", "本", "书。"]),
        ("用Python写", "zh", ["用", "Python", "写"]),
    ],
)
def test_spans(text: str, language: str, expected: list[str]) -> None:
    assert [text[first:last] for first, last in spans(text, language)] == expected


def test_words_last_until_the_next_or_a_pause() -> None:
    events = [word(0, 0.1), word(4, 0.5), sound(0.8, "_:")]
    found = word_times(Sentence("One two", "en", False), events, 1.5)
    assert [(w.start, w.end) for w in found] == [(0.1, 0.5), (0.5, 0.8)]


def test_words_spoken_as_one_share_their_time_by_length() -> None:
    found = word_times(Sentence("Out of it", "en", False), [word(0, 0.0), word(7, 0.6)], 1.0)
    assert [(w.start, w.end) for w in found] == [(0.0, 0.36), (0.36, 0.6), (0.6, 1.0)]


def test_hanzi_that_are_spelt_in_english_are_left_out() -> None:
    with pytest.raises(UnspokenError):
        word_times(Sentence("你好", "zh", False), [word(0, 0.0), sound(0.1, "(en)")], 1.0)


def test_sounds_have_no_stress_and_no_switches() -> None:
    events = [sound(0.0, "'a"), sound(0.1, "(en)"), sound(0.2, "_:"), word(0, 0.3)]
    assert phoneme_times(events) == [("a", 0.0), ("", 0.2)]


@pytest.mark.parametrize(("name", "expected"), [("en-us+m3", True), ("cmn", True), ("en-us+klatt2", False)])
def test_usual(name: str, expected: bool) -> None:
    assert usual(name) is expected


def test_transcripts_in_capitals_become_sentences() -> None:
    assert written("ERASE M Y A M SEVEN") == "Erase M Y A M seven."
    assert written("JANUARY FIRST") == "January first."


def test_imitations_are_plain_sentences() -> None:
    source = random.Random(0)
    texts = {imitated(source, ["Corey", "Pittsburgh"]) for _ in range(300)}
    assert len(texts) > 150
    assert all(re.fullmatch(r"[A-Z][A-Za-z ]*\.", text) and "  " not in text for text in texts)

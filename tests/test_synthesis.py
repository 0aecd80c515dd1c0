"""When which word is said, from a synthesiser's events."""

import random
import re
import shutil

import pytest

from embedded.recipe import festival
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


def test_marks_take_no_time() -> None:
    found = word_times(Sentence("书馆，好", "zh", False), [word(0, 0.0), word(3, 0.6)], 1.0)
    assert [(w.start, w.end) for w in found] == [(0.0, 0.3), (0.3, 0.6), (0.6, 1.0)]


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


TOLD = """phone\tpau\t0\t0.2
phone\tt\t0.2\t0.3
phone\taa\t0.3\t0.5
phone\tm\t0.5\t0.6
token\t\t0\t0
word\tTom\t0.2\t0.6
word\t,\t0.6\t0
token\t\t0\t0
word\ttwenty\t0.6\t1.1
word\tfive\t1.1\t1.5
end\t\t0\t0
end\t\t0\t0"""


def test_what_festival_tells() -> None:
    one, nothing = festival.told(TOLD.splitlines())
    assert one.phones == [("", 0.0), ("t", 0.2), ("A:", 0.3), ("m", 0.5)]
    assert [(w.first, w.last, w.start, w.end) for w in one.words("Tom, 25")] == [
        (0, 4, 0.2, 0.6),
        (5, 7, 0.6, 1.5),
    ]
    assert one.words("Tom, 25 times") == []
    assert nothing.words("Tom") == []


@pytest.mark.skipif(not shutil.which("festival"), reason="Festival is not installed")
def test_festival_speaks_word_by_word() -> None:
    said = [Sentence(text, "en", False) for text in ("Tom isn't here.", "We left in 1984, didn't we?")]
    found = list(festival.speak(said, "kal_diphone"))
    assert [u.text for u in found] == [s.text for s in said]
    for utterance in found:
        seconds = len(utterance.wave) / 16_000
        times = [time for w in utterance.words for time in (w.start, w.end)]
        assert 1.0 < seconds < 5.0
        assert times == sorted(times)
        assert 0.1 < times[0] < times[-1] < seconds

"""Whole utterances: nothing lost between them, none too long, and what is believed of an answer."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.whole import Gathering, believed, second_window, tells_language, whole_window
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.stages import Recognition
from streaming.words import Word


def noise(seconds: float, offset: int = 0, seed: int = 1) -> AudioChunk:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)
    return AudioChunk(samples, offset)


def gathered(items: list[AudioChunk | EndOfUtterance], longest: float = 30.0) -> list[AudioChunk]:
    gathering = Gathering(longest)

    def all_of_it() -> Iterator[AudioChunk]:
        for item in items:
            yield from gathering.receive(item)
        yield from gathering.finish()

    return [*all_of_it()]


def test_an_utterance_is_given_where_endpointing_ends_it() -> None:
    gathering = Gathering(28.0)
    assert [*gathering.receive(noise(2.0, 800))] == []
    (found,) = gathering.receive(EndOfUtterance(2.05))
    assert (found.offset, found.duration) == (800, 2.0)
    assert [*gathering.finish()] == []


def test_speech_that_does_not_pause_is_divided_where_it_is_quietest() -> None:
    one, two = noise(30.0), noise(8.0, 30 * SAMPLE_RATE, seed=2)
    one.samples[24 * SAMPLE_RATE : round(24.4 * SAMPLE_RATE)] = 0.0
    first, second = gathered([one, EndOfUtterance(30.0), two, EndOfUtterance(38.0)])
    assert 24.0 < first.end < 24.4
    assert (second.start, second.end) == (first.end, 38.0)


def test_it_is_divided_however_late_endpointing_ends_it() -> None:
    one, two = noise(30.0), noise(3.0, 30 * SAMPLE_RATE, seed=2)
    for pause in (6, 11, 16, 21, 26):
        one.samples[pause * SAMPLE_RATE : round((pause + 0.4) * SAMPLE_RATE)] = 0.0
    found = gathered([one, EndOfUtterance(30.0), two, EndOfUtterance(33.0)], 8.0)
    assert [u.end for u in found] == pytest.approx([6.2, 11.2, 16.2, 21.2, 26.2, 33.0], abs=0.2)


def test_after_a_real_pause_the_next_utterance_begins_anew() -> None:
    one, two = noise(27.0), noise(2.0, 40 * SAMPLE_RATE)
    assert [u.duration for u in gathered([one, EndOfUtterance(27.0), two])] == [27.0, 2.0]


@pytest.mark.parametrize(("seconds", "expected"), [(3.0, [(0.0, 3.0), (2.8, 5.8)]), (26.0, [(0.0, 28.8)])])
def test_what_leads_into_an_utterance_is_heard_twice_only_if_the_one_before_has_been_given(
    seconds: float, expected: list[tuple[float, float]]
) -> None:
    whole = noise(seconds + 2.8)
    end, begin = round(seconds * SAMPLE_RATE), round((seconds - 0.2) * SAMPLE_RATE)
    one, two = AudioChunk(whole.samples[:end], 0), AudioChunk(whole.samples[begin:], begin)
    found = gathered([one, EndOfUtterance(seconds), two])
    assert [(u.start, u.end) for u in found] == expected
    assert all(np.array_equal(u.samples, whole.samples[u.offset :][: len(u.samples)]) for u in found)


@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans(), st.sampled_from([0.0, 0.0, 0.7]))),
    st.sampled_from([1.0, 2.5]),
)
def test_nothing_is_lost_whatever_endpointing_writes(
    pieces: list[tuple[float, bool, float]], longest: float
) -> None:
    items: list[AudioChunk | EndOfUtterance] = []
    offset = 0
    for seed, (seconds, ends, pause) in enumerate(pieces):
        items.append(noise(seconds, offset, seed))
        offset += len(items[-1].samples)
        if ends:
            items.append(EndOfUtterance(offset / SAMPLE_RATE))
            offset += round(pause * SAMPLE_RATE)
    found = gathered(items, longest)
    given = np.concatenate([np.zeros(0), *(i.samples for i in items if isinstance(i, AudioChunk))])
    assert np.array_equal(np.concatenate([np.zeros(0), *(u.samples for u in found)]), given)
    assert all(0 < len(u.samples) <= longest * SAMPLE_RATE for u in found)
    assert all(a.offset + len(a.samples) <= b.offset for a, b in pairwise(found))


def heard(text: str, **about: float) -> Recognition:
    words = tuple(Word(f" {w}", 0.2 * i, 0.2 * i + 0.2) for i, w in enumerate(text.split()))
    return Recognition(words, "en", **about)


def test_a_loop_is_asked_about_once_more_without_a_prompt_and_then_cut() -> None:
    window = whole_window(noise(6.0), "en", prompt="Before.")
    result = heard("well " + "yes " * 20)
    again = second_window(window, result)
    assert again and again.full and again.final and not again.prompt
    assert second_window(again, result) is None
    words, alarm = believed(again, result)
    assert [word.text for word in words] == [" well", " yes"]
    assert alarm and alarm.code == "loop"


@pytest.mark.parametrize(
    ("language", "sure", "kept"), [(None, 0.3, 0), (None, 0.4, 3), ("en", 0.3, 3), ("en", 0.2, 0)]
)
def test_words_must_be_surer_while_nobody_was_understood(
    language: str | None, sure: float, kept: int
) -> None:
    said = tuple(Word(f" w{i}", 0.4 * i, 0.4 * i + 0.4, sure) for i in range(3))
    window, result = whole_window(noise(2.0), language), Recognition(said, "en", 0.9)
    assert len(believed(window, result, 0.38)[0]) == kept
    assert tells_language(window, result, 0.38) is bool(kept)


@pytest.mark.parametrize(("words", "kept"), [(11, 11), (12, 0)])
def test_many_improbable_words_are_not_believed(words: int, kept: int) -> None:
    window = whole_window(noise(6.0), "en")
    said = tuple(Word(f" w{i}", 0.4 * i, 0.4 * i + 0.4, 0.35) for i in range(words))
    found, alarm = believed(window, Recognition(said, "en"))
    assert len(found) == kept
    assert (alarm is None) is bool(kept)


def test_an_end_that_the_recognizer_does_not_believe_itself_is_dropped() -> None:
    window = whole_window(noise(2.0), "en")
    said = (Word(" Good", 0.2, 0.5, 0.9), Word(" morning.", 0.5, 1.0, 0.8), Word(" The", 1.6, 1.7, 0.006))
    assert second_window(window, Recognition(said, "en")) is None
    words, alarm = believed(window, Recognition(said, "en"))
    assert [word.text for word in words] == [" Good", " morning."]
    assert alarm and alarm.code == "unsure"


def test_silence_is_not_asked_about_again() -> None:
    window = whole_window(noise(6.0), "en")
    result = heard("Thanks for watching", no_speech_probability=0.9, mean_log_probability=-2.0)
    assert second_window(window, result) is None
    assert believed(window, result)[0] == ()


def test_words_stand_in_order_within_the_utterance() -> None:
    window = whole_window(noise(1.0, 2 * SAMPLE_RATE), "en")
    result = Recognition((Word(" a", 2.5, 2.9), Word(" b", 1.0, 1.2), Word(" c", 2.8, 9.0)), "en")
    assert [(w.start, w.end) for w in believed(window, result)[0]] == [(2.5, 2.5), (2.5, 2.5), (2.8, 3.0)]


@pytest.mark.parametrize(
    ("seconds", "probability", "told"),
    [(1.0, 0.9, False), (2.5, 0.9, True), (2.5, 0.3, False), (6.0, 0.3, True)],
)
def test_a_language_is_known_from_enough_speech(seconds: float, probability: float, told: bool) -> None:
    window = whole_window(noise(seconds), None)
    assert tells_language(window, heard("one two", language_probability=probability)) is told


def test_words_that_nobody_spoke_tell_no_language() -> None:
    window = whole_window(noise(6.0), None, ("en", "zh"))
    closing = Recognition((Word("谢谢观看", 1.0, 2.0, 0.5),), "zh", 0.55, 0.9, -0.4)
    assert not tells_language(window, closing)
    assert tells_language(window, replace(closing, no_speech_probability=0.1))

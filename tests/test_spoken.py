"""The spoken language, without a stage around it: the rows of the table that an engine could break."""

from dataclasses import replace

import numpy as np
import pytest

from asr.guards import Alarm
from asr.spoken import MARGIN, SpokenLanguage, telling
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.stages import Recognition, Window
from streaming.words import Word

SAID = (Word(" so", 0.0, 0.5),)


def window(seconds: float) -> Window:
    return Window(AudioChunk(np.zeros(round(seconds * SAMPLE_RATE), np.float32)))


def heard(language: str, words: tuple[Word, ...] = SAID, probability: float = MARGIN) -> Recognition:
    return Recognition(words, "en", heard=language, heard_probability=probability)


def english() -> SpokenLanguage:
    """A session that has been in English so far, at the beginning of an utterance."""
    found = SpokenLanguage(None, ("en", "zh"))
    found.current = "en"
    found.begin()
    return found


@pytest.mark.parametrize(("seconds", "changes"), [(1.9, False), (2.0, True)])
def test_another_language_needs_enough_speech(seconds: float, changes: bool) -> None:
    assert english().hear(heard("zh"), window(seconds)) is changes


def test_an_utterance_that_goes_on_is_in_the_language_in_which_it_began() -> None:
    language = english()
    assert not language.hear(heard("en"), window(1.0))
    assert not language.listening
    assert not language.hear(heard("zh"), window(9.0))
    assert not language.hear(heard("en", ()), window(9.0))
    assert not language.listening
    assert language.current == "en"


def test_what_is_not_speech_tells_no_language() -> None:
    language = english()
    assert not language.hear(heard("en", ()), window(1.0))
    assert language.hear(heard("zh"), window(3.0))


@pytest.mark.parametrize("probability", [0.6, MARGIN])
def test_what_is_not_speech_may_sound_like_another_language(probability: float) -> None:
    language = english()
    assert not language.hear(heard("zh", (), probability), window(2.0))
    assert language.listening
    assert language.hear(heard("zh"), window(3.0))


def test_a_change_in_which_nothing_is_believed_is_taken_back_at_the_next_utterance() -> None:
    language = english()
    assert language.hear(heard("zh"), window(2.0))
    assert not language.hear(Recognition((), "zh"), window(2.0))
    assert language.current == "zh"
    language.begin()
    assert (language.current, language.listening) == ("en", True)


def test_a_change_in_which_something_is_believed_stays() -> None:
    language = english()
    assert language.hear(heard("zh"), window(2.0))
    assert not language.hear(Recognition(SAID, "zh"), window(2.0))
    language.begin()
    assert language.current == "zh"


@pytest.mark.parametrize(
    ("code", "language", "probability", "tells"),
    [
        ("no_speech", "zh", 0.99, False),
        ("closing", "zh", 0.99, False),
        ("rate", "zh", 0.99, False),
        # Nothing is understood of a language that the recognizer was not asked for.
        ("unsure", "zh", MARGIN, True),
        ("unsure", "zh", 0.7, False),
        ("unsure", "en", 0.99, False),
    ],
)
def test_words_that_a_guard_rejects_tell_no_language(
    code: str, language: str, probability: float, tells: bool
) -> None:
    asked = replace(window(3.0), language="en", listen=True)
    found = telling(heard(language, SAID, probability), Alarm(code, "It fired.", 0), asked)
    assert bool(found.words) is tells


def test_words_that_are_believed_tell_a_language() -> None:
    assert telling(heard("zh", SAID * 3), Alarm("loop", "It fired.", 2), window(3.0)).words == SAID * 2
    assert telling(heard("zh"), None, window(3.0)).words == SAID

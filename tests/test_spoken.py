"""The spoken language, without a stage around it: the rows of the table that an engine could break."""

import numpy as np
import pytest

from asr.spoken import MARGIN, SpokenLanguage
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.stages import Recognition, Window
from streaming.words import Word

SAID = (Word(" so", 0.0, 0.5),)


def window(seconds: float) -> Window:
    return Window(AudioChunk(np.zeros(round(seconds * SAMPLE_RATE), np.float32)))


def heard(language: str, words: tuple[Word, ...] = SAID) -> Recognition:
    return Recognition(words, "en", heard=language, heard_probability=MARGIN)


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

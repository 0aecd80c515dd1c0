"""What a session shows: news alone, nothing retracted, nothing remembered for ever."""

import pytest

from server.rooms.showing import KEPT, Showing
from streaming.captions import Update
from streaming.errors import RetractionError
from streaming.words import Word


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(f" {word}", i, i + 1) for i, word in enumerate(text.split()))


def test_captions_grow() -> None:
    showing = Showing()
    first = showing.hear(Update(0, "en", (), words("good day")))
    assert first is not None
    assert (first.committed, first.tentative) == ("", "good day")
    second = showing.hear(Update(0, "en", words("good"), (Word(" morning", 1, 2),)))
    assert second is not None
    assert (second.committed, second.tentative) == ("good", " morning")
    assert (showing.captions, showing.utterances) == (2, 1)
    showing.hear(Update(0, "en", (Word(" morning", 1, 2),), final=True))
    assert (showing.captions, showing.utterances) == (3, 1)


def test_only_news_is_shown() -> None:
    showing = Showing()
    assert showing.hear(Update(0, "en")) is None
    assert showing.hear(Update(0, "en", final=True)) is None
    assert showing.hear(Update(1, "en", (), words("hello"))) is not None
    assert showing.hear(Update(1, "en", (), words("hello"))) is None
    gone = showing.hear(Update(1, "en", final=True))
    assert gone is not None
    assert (gone.text, gone.final) == ("", True)
    assert showing.utterances == 0


def test_an_utterance_is_not_translated_into_its_own_language() -> None:
    showing = Showing()
    showing.hear(Update(0, "zh", words("你好")))
    assert showing.translate(Update(0, "zh", words("你好"))) is None
    assert showing.translate(Update(0, "en", words("hello"))) is not None


def test_a_final_utterance_does_not_change() -> None:
    showing = Showing()
    showing.hear(Update(0, "en", words("hello"), final=True))
    with pytest.raises(RetractionError):
        showing.hear(Update(0, "en", words("again")))


def test_old_utterances_are_forgotten() -> None:
    showing = Showing()
    for utterance in range(0, 20 * KEPT, 2):
        showing.hear(Update(utterance + 1, "en", final=True))
        showing.hear(Update(utterance, "en", words("hello"), final=True))
        showing.translate(Update(utterance, "zh", words("你好"), final=True))
    assert len(showing.shown) <= 2 * KEPT
    assert len(showing._spoken) <= KEPT + 1
    assert showing.utterances == 10 * KEPT


def test_a_translation_that_is_far_behind_goes_on_from_what_was_shown() -> None:
    showing = Showing()
    for number in range(2 * KEPT):
        showing.hear(Update(number, "en", words("one two"), final=True))
        if number == 3:
            showing.translate(Update(3, "es", words("uno")))
    later = showing.translate(Update(3, "es", words("dos"), final=True))
    assert later and later.committed == "uno dos"
    showing.hear(Update(2 * KEPT, "en", words("three"), final=True))
    assert (3, "es") not in showing.shown

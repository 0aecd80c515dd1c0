"""What is shown of utterances, and how they begin."""

import pytest

from asr.script import Script
from asr.shown import Shown
from streaming.words import Word


def words(*texts: str) -> list[Word]:
    return [Word(text, i, i + 1) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("before", "text", "shown"),
    [
        ("", " good", " Good"),
        (" today.", " good", " Good"),
        (" the", " good", " good"),
        ("好。", " good", " Good"),
        (" है।", " good", " Good"),
        (" bien?»", " good", " Good"),
        (" today.", " iPhone", " iPhone"),
        (" today.", "好", "好"),
    ],
)
def test_behind_a_sentence_an_utterance_begins_with_a_capital(before: str, text: str, shown: str) -> None:
    there = Shown(Script(), by_sentence=True)
    if before:
        there.update("en", words(before), [], True)
    (tentative,) = there.update("en", [], words(text, " more"), False)
    (committed,) = there.update("en", words(text), words(" more"), False)
    (last,) = there.update("en", words(" more"), [], True)
    assert [word.text for word in tentative.tentative] == [shown, " more"]
    assert [word.text for word in (*committed.committed, *last.committed)] == [shown, " more"]


@pytest.mark.parametrize(
    ("before", "text", "shown"),
    [
        (" children.", " this", " This"),
        (" children", " this", " this"),
        (" Mr.", " de Gaulle", " de Gaulle"),
        (" 5 p.m.", " and", " and"),
        (" children.", "com", "com"),
    ],
)
def test_behind_a_sentence_within_an_utterance_words_begin_with_a_capital(
    before: str, text: str, shown: str
) -> None:
    there = Shown(Script(), by_sentence=True)
    there.update("en", words(" Two", before), [], False)
    (tentative,) = there.update("en", [], words(text, " more"), False)
    (committed,) = there.update("en", words(text, " more"), [], True)
    assert [word.text for word in tentative.tentative] == [shown, " more"]
    assert [word.text for word in committed.committed] == [shown, " more"]


def test_a_recognizer_that_hears_what_stands_before_writes_its_own_capitals() -> None:
    (update,) = Shown(Script()).update("en", words(" good"), [], True)
    assert update.committed[0].text == " good"

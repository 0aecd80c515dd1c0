"""Law 11, without a socket: whatever was told before a cut, a second hearing adds exactly what is missing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.echo import Echoes
from streaming.captions import Caption, Update, fold
from streaming.scripted import VOCABULARY
from streaming.words import Word

KEY = (0, "en")


def updates(groups: list[int]) -> list[Update]:
    """An utterance that is committed in groups of so many words."""
    made, at = [], 0
    for count in groups:
        words = [Word(f" {VOCABULARY[(at + i) % 21]}", at + i, at + i + 1) for i in range(count)]
        made.append(Update(0, "en", tuple(words), (Word(" perhaps", at + count, at + count + 1),)))
        at += count
    return [*made, Update(0, "en", final=True)]


def folded(caption: Caption | None, run: list[Update]) -> Caption | None:
    for update in run:
        caption = fold(caption, update)
    return caption


groups = st.lists(st.integers(1, 3), min_size=1, max_size=6)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_a_second_hearing_says_only_what_is_missing(groups: list[int], data: st.DataObject) -> None:
    run = updates(groups)
    told_until = data.draw(st.integers(0, len(run)))
    begins = data.draw(st.integers(0, told_until))
    told, at_snapshot = folded(None, run[:told_until]), folded(None, run[:begins])
    echoes = Echoes({KEY: told} if told else {}, {KEY: at_snapshot} if at_snapshot else {})
    again = [found for update in run[begins:] if (found := echoes.reconcile(update))]
    caption = told
    for update in again:
        if caption and caption.final:
            pytest.fail("something was said after the end")
        caption = fold(caption, update)
    assert caption == folded(None, run)
    said = [w for update in [*run[:told_until], *again] for w in update.committed]
    assert said == [w for update in run for w in update.committed]


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=6), st.lists(st.integers(1, 3), min_size=1, max_size=6)
)
def test_other_points_of_decision_say_the_same_words(first: list[int], second: list[int]) -> None:
    told = replace(folded(None, updates(first)[:-1]) or Caption(0, "en"), tentative="")
    caption = told
    echoes = Echoes({KEY: told}, {})
    for update in updates(second):
        if found := echoes.reconcile(update):
            caption = fold(caption, found)
    longer = max(sum(first), sum(second))
    assert len(caption.committed.split()) == longer
    assert caption.final


def test_what_contradicts_is_not_said_and_what_follows_in_time_is() -> None:
    told = Caption(0, "en", "good night", "", 0.0, 2.0)
    echoes = Echoes({KEY: told}, {})
    assert echoes.reconcile(Update(0, "en", (Word(" good", 0, 1),))) is None
    second = echoes.reconcile(Update(0, "en", (Word(" morning", 1, 2), Word(" all", 2, 3))))
    assert second is not None and [word.text for word in second.committed] == [" all"]
    last = echoes.reconcile(Update(0, "en", (Word(" early", 1.5, 2), Word(" friends", 3, 4)), (), True))
    assert last is not None and [word.text for word in last.committed] == [" friends"]
    caption = fold(fold(told, second), last)
    assert (caption.committed, caption.final) == ("good night all friends", True)


def test_a_second_hearing_that_ends_early_ends_the_utterance() -> None:
    echoes = Echoes({KEY: Caption(0, "en", "good night", "", 0.0, 2.0)}, {})
    assert echoes.reconcile(Update(0, "en", (Word(" good", 0, 1),), (), True)) == Update(0, "en", final=True)


def test_a_word_that_was_told_in_part_is_finished() -> None:
    echoes = Echoes({KEY: Caption(0, "en", "good mor", "", 0.0, 2.0)}, {})
    found = echoes.reconcile(Update(0, "en", (Word(" good", 0, 1), Word(" morning", 1, 2))))
    assert found is not None and "".join(word.text for word in found.committed) == "ning"


def test_what_is_final_or_of_others_is_left_alone() -> None:
    echoes = Echoes({KEY: Caption(0, "en", "good", final=True)}, {})
    assert echoes.reconcile(Update(0, "en", (Word(" good", 0, 1),))) is None
    other = Update(1, "en", (Word(" good", 0, 1),))
    assert echoes.reconcile(other) is other

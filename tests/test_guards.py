"""Guards: they fire on what nobody says, and on nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.guards import compression, inspect, loop_start, too_fast
from streaming.stages import Recognition
from streaming.words import Word

TALK = (
    "The delegates agreed that the committee should meet again in spring to discuss the budget, the new "
    "building and whether the library ought to stay open on Sundays, as many citizens have asked."
)
CHINESE = "委员会同意在春天再次开会讨论预算和新大楼，以及图书馆是否应该像许多市民所要求的那样在星期天开放。"


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(f" {part}", i, i + 1) for i, part in enumerate(text.split()))


def characters(text: str) -> tuple[Word, ...]:
    return tuple(Word(part, i, i + 1) for i, part in enumerate(text))


@pytest.mark.parametrize(
    ("heard", "keep"),
    [
        (words("so " + "you " * 8), 2),
        (words("we " + "thank you " * 5), 3),
        (words("I think that it is " * 4), 5),
        (words("I think that it is " * 4 + "not so"), 5),
        (words(TALK + " " + "and then we saw it again " * 4), len(TALK.split()) + 6),
        (characters("好" + "谢谢" * 5), 2),
        (characters("今天" + "我们去公园" * 4), 7),
    ],
)
def test_loops_are_found(heard: tuple[Word, ...], keep: int) -> None:
    assert loop_start(heard) == keep


@pytest.mark.parametrize(
    "heard",
    [
        (),
        words("no no no"),
        words("no no no no no no no"),
        words("two two two two five"),
        words("row row row your boat row row row your boat row row row your boat"),
        words("four more years " * 3),
        words("bye bye bye bye see you"),
        words(TALK),
        characters(CHINESE),
        characters("哈哈哈哈哈哈"),
        characters("谢谢谢谢"),
    ],
)
def test_what_people_say_is_no_loop(heard: tuple[Word, ...]) -> None:
    assert loop_start(heard) is None
    assert inspect(Recognition(heard, "en"), 60.0) is None


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_words_before_a_loop_are_kept(letters: list[str]) -> None:
    keep = loop_start(words(" ".join(letters)))
    assert keep is None or 0 < keep < len(letters)


def test_text_compresses_within_reason() -> None:
    assert compression(words("a a a")) == 0.0
    assert 1.0 < compression(words(TALK)) < 1.8
    assert 1.0 < compression(characters(CHINESE)) < 2.0
    assert compression((Word("ha" * 200, 0, 1),)) > 2.4


def test_nobody_speaks_that_fast() -> None:
    assert not too_fast(words("a quick answer came at once"), "en", 0.5)
    assert not too_fast(words(TALK), "en", 8.0)
    assert too_fast(words(TALK), "en", 2.0)
    assert not too_fast(characters(CHINESE), "zh", 8.0)
    assert too_fast(characters(CHINESE), "zh", 2.0)


@pytest.mark.parametrize(
    ("recognition", "seconds", "code", "keep"),
    [
        (Recognition(words("so " + "you " * 9), "en"), 9.0, "loop", 2),
        (Recognition((Word("ha" * 200, 0, 1),), "en"), 9.0, "compression", 0),
        (Recognition(words(TALK), "en"), 1.0, "rate", 0),
        (Recognition(words("Thank you."), "en", 1.0, 0.8, -1.5), 9.0, "no_speech", 0),
    ],
)
def test_a_guard_says_why_it_fired(recognition: Recognition, seconds: float, code: str, keep: int) -> None:
    alarm = inspect(recognition, seconds)
    assert alarm is not None
    assert (alarm.code, alarm.keep) == (code, keep)
    assert "\n" not in alarm.message


@pytest.mark.parametrize(("no_speech", "sure"), [(0.8, -0.5), (0.3, -1.5)])
def test_both_signs_of_silence_are_needed(no_speech: float, sure: float) -> None:
    assert inspect(Recognition(words("Thank you."), "en", 1.0, no_speech, sure), 9.0) is None


def test_nothing_heard_is_no_alarm() -> None:
    assert inspect(Recognition((), "en", 1.0, 0.9, -2.0), 9.0) is None

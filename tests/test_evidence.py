"""Evidence: what is said again proves no more than it did at first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.evidence import MEMORY, Evidence
from streaming.words import Word


def words(text: str, *probabilities: float, start: float = 0.0) -> list[Word]:
    return [
        Word(f" {part}", start + i, start + i + 1, probability)
        for i, (part, probability) in enumerate(zip(text.split(), probabilities, strict=True))
    ]


COME = words("Come on. Come on, come on", 0.05, 0.4, 0.6, 0.9, 0.8, 0.9)


def test_a_repetition_is_no_surer_than_what_it_repeats() -> None:
    assert Evidence().probabilities(COME) == [0.05, 0.4, 0.6, 0.4, 0.6, 0.4]


def test_a_repetition_that_is_less_sure_is_no_surer_either() -> None:
    assert Evidence().probabilities(words("no no no", 0.9, 0.8, 0.3)) == [0.9, 0.8, 0.3]


def test_what_was_committed_is_remembered_and_where_it_ended() -> None:
    evidence = Evidence()
    evidence.commit(COME[:2])
    assert evidence.probabilities(words("come on", 0.9, 0.9, start=2.0)) == [0.9, 0.4]
    evidence.commit(words("come on", 0.9, 0.9, start=2.0))
    assert evidence.probabilities(words("come on", 0.9, 0.9, start=4.0)) == [0.9, 0.4]
    after = evidence.probabilities(words("on", 0.9, start=5.0), words("and come", 0.9, 0.9, start=3.0))
    assert after == [0.9, 0.9, 0.4]


@pytest.mark.parametrize(("later", "known"), [(MEMORY - 3.0, True), (MEMORY + 3.0, False)])
def test_what_was_said_long_ago_is_forgotten(later: float, known: bool) -> None:
    evidence = Evidence()
    evidence.commit(words("come on", 0.9, 0.1))
    evidence.commit(words("and then", 0.9, 0.9, start=later))
    assert evidence.probabilities(words("come on", 0.9, 0.9, start=later + 2)) == [0.9, 0.1 if known else 0.9]


def test_a_loop_is_remembered_as_long_as_it_lasts() -> None:
    evidence = Evidence()
    for start in range(0, 200, 2):
        evidence.commit(
            words("come on", 0.05 if start == 0 else 0.9, 0.1 if start == 0 else 0.9, start=start)
        )
    assert evidence.probabilities(words("come on", 0.9, 0.9, start=200)) == [0.9, 0.1]


def test_sureness_is_the_mean() -> None:
    assert Evidence().sureness(words("a a", 0.2, 0.8), words("b", 0.5)) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.sampled_from("ab,"), st.floats(0.0, 1.0)), max_size=12), st.integers(0, 12))
def test_nothing_is_surer_than_it_is(said: list[tuple[str, float]], committed: int) -> None:
    heard = [Word(f" {text}", i, i + 1, probability) for i, (text, probability) in enumerate(said)]
    evidence = Evidence()
    evidence.commit(heard[:committed])
    found = evidence.probabilities(heard[committed:])
    assert len(found) == len(heard[committed:])
    assert all(sure <= word.probability for sure, word in zip(found, heard[committed:], strict=True))

"""The path of frames through the sounds of a text: the best of all there are, and its times."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.recipe.flite import played
from embedded.recipe.synthesis import UnspokenError, Utterance, Word
from embedded.recipe.viterbi import Alignment, Scores, State, best, states, told

WAVE = np.zeros(16_000, dtype=np.float32)
UTTERANCE = Utterance(
    "At sea.", "en", WAVE, [Word(0, 2, 0.1, 0.3), Word(3, 7, 0.5, 0.9)],
    [("", 0.0), ("a", 0.1), ("t", 0.2), ("", 0.3), ("s", 0.5), ("i:", 0.7), ("", 0.9)], [],
)  # fmt: skip
SPELT = ["", "a", "a", "t", "t", "", "s", "s", "i:", "i:", ""]


def allowed(path: tuple[int, ...], optional: list[bool]) -> bool:
    """Whether a path leaves out only what may be left out."""
    ends = [(-1, path[0]), (path[-1], len(optional))]
    return all(b == a or follows(a, b, optional) for a, b in pairwise(path)) and all(
        follows(a, b, optional) for a, b in ends
    )


def follows(a: int, b: int, optional: list[bool]) -> bool:
    return b - a == 1 or (b - a == 2 and optional[a + 1])


def total(scores: Scores, path: Alignment | tuple[int, ...]) -> float:
    return float(sum(scores[frame, state] for frame, state in enumerate(path)))


@given(
    st.integers(0, 10_000),
    st.integers(1, 6),
    st.sampled_from([[True, False, False, True], [False, True, False]]),
)
def test_no_other_path_is_more_probable(seed: int, frames: int, optional: list[bool]) -> None:
    scores = np.random.default_rng(seed).normal(size=(frames, len(optional)))
    every = [p for p in product(range(len(optional)), repeat=frames) if allowed(p, optional)]
    if not every:
        with pytest.raises(ValueError, match="too few"):
            best(scores, np.array(optional))
        return
    found = best(scores, np.array(optional))
    assert allowed(tuple(found), optional)
    assert total(scores, found) == pytest.approx(max(total(scores, path) for path in every))


def test_sounds_have_two_steps_and_silence_between_the_words() -> None:
    assert [state.sound for state in states(UTTERANCE)] == SPELT
    assert [state.word for state in states(UTTERANCE)] == [-1, 0, 0, 0, 0, -1, 1, 1, 1, 1, -1]


def test_words_and_sounds_get_the_times_of_the_path() -> None:
    path = np.array([0, 1, 1, 2, 3, 4, 4, 6, 7, 8, 9, 9, 10, 10])
    aligned = told(UTTERANCE, states(UTTERANCE), path)
    assert [(w.first, w.last) for w in aligned.words] == [(0, 2), (3, 7)]
    assert [(w.start, w.end) for w in aligned.words] == [
        (pytest.approx(0.02), pytest.approx(0.14)),
        (pytest.approx(0.14), pytest.approx(0.24)),
    ]
    assert [name for name, _ in aligned.phonemes] == ["", "a", "t", "s", "i:", ""]
    assert [at for _, at in aligned.phonemes] == pytest.approx([0.0, 0.02, 0.08, 0.14, 0.18, 0.24])


def test_a_word_without_a_sound_is_not_timed() -> None:
    steps = [State("", -1, True), State("a", 0, True), State("a", 0, False)]
    with pytest.raises(UnspokenError):
        told(UTTERANCE, steps, np.array([0, 1, 2]))


def test_a_faster_tape_is_shorter_and_its_times_with_it() -> None:
    fast = played(UTTERANCE, 1.25)
    assert len(fast.wave) == pytest.approx(12_800, abs=2)
    assert [(w.start, w.end) for w in fast.words] == [(0.08, 0.24), (0.4, 0.72)]
    assert fast.phonemes[1] == ("a", pytest.approx(0.08))

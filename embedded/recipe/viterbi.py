"""The most probable path of a recording's frames through the sounds of its text (Viterbi 1967)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embedded.recipe.synthesis import UnspokenError, Utterance, Word

FRAME = 0.02
"""Seconds of an encoder frame."""

Scores = npt.NDArray[np.float64]
"""Logarithms of probabilities, (frames, states) or (frames, sounds)."""
Alignment = npt.NDArray[np.int64]
"""The state of every frame, (frames,)."""


@dataclass(frozen=True, slots=True)
class State:
    """One step of the path.

    sound: its name; silence is "".
    word: which word it belongs to; -1 for silence, which may be skipped.
    first: True where a sound begins; every sound has two steps, for none is shorter than two frames.
    """

    sound: str
    word: int
    first: bool


def states(utterance: Utterance) -> list[State]:
    """The steps of what espeak-ng spoke: its sounds, and before, between and behind the words silence."""
    found: list[State] = []
    for number, word in enumerate(utterance.words):
        found.append(State("", -1, True))
        last = number + 1 == len(utterance.words)
        until = float("inf") if last else utterance.words[number + 1].start
        for name, at in utterance.phonemes:
            if name and word.start - 1e-3 <= at < until - 1e-3:
                found += [State(name, number, True), State(name, number, False)]
    return [*found, State("", -1, True)]


def best(scores: Scores, optional: npt.NDArray[np.bool_]) -> Alignment:
    """The state of every frame on the most probable path, (frames,): scores are (frames, states) logarithms.

    A path goes on or stays; it skips only what is `optional`, at the ends as well.

    Raises: ValueError where there are fewer frames than states that cannot be skipped.
    """
    frames, count = scores.shape
    reached = np.full(count, -np.inf)
    reached[: 2 if optional[0] else 1] = scores[0, : 2 if optional[0] else 1]
    back = np.zeros((frames, count), dtype=np.int64)
    skippable = np.concatenate([[False, False], optional[1:-1]])
    for frame in range(1, frames):
        one, two = np.roll(reached, 1), np.roll(reached, 2)
        one[:1], two[~skippable] = -np.inf, -np.inf
        choices = np.stack([reached, one, two])
        back[frame] = choices.argmax(0)
        reached = choices.max(0) + scores[frame]
    ends = [count - 1, count - 2] if optional[-1] else [count - 1]
    at = max(ends, key=lambda state: reached[state])
    if reached[at] == -np.inf:
        raise ValueError(f"{frames} frames are too few for {count} states")
    found: Alignment = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        found[frame] = at
        at -= back[frame, at]
    return found


def told(utterance: Utterance, steps: list[State], path: Alignment) -> Utterance:
    """The recording with the times that a path through `steps` gives it.

    Raises: UnspokenError where a word has no sound.
    """
    taken = [steps[number] for number in path]
    phonemes = [
        (state.sound, frame * FRAME)
        for frame, state in enumerate(taken)
        if frame == 0 or (state.first and path[frame] != path[frame - 1])
    ]
    words = []
    for number, word in enumerate(utterance.words):
        frames = [frame for frame, state in enumerate(taken) if state.word == number]
        if not frames:
            raise UnspokenError(utterance.text)
        words.append(Word(word.first, word.last, frames[0] * FRAME, (frames[-1] + 1) * FRAME))
    return replace(utterance, words=words, phonemes=phonemes)

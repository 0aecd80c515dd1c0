"""Training examples: windows with the tokens to be written for them, in batches of like lengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from embedded.recipe import spectra
from embedded.recipe.network import MOST_TOKENS
from embedded.recipe.sentences import LANGUAGES
from embedded.recipe.windows import Composer, Difficulty, Window

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """A finished example: see `network.losses` for the arrays, here of one example without padding."""

    spectrum: spectra.Spectrum
    sounds: npt.NDArray[np.uint8]
    tokens: Ints
    targets: Ints
    ranges: Ints


SPECIAL_NAMES = (
    *("endoftext", "startoftranscript", "transcribe", "startofprev", "nospeech", "notimestamps", "0.00"),
    *LANGUAGES,
)


class Writer:
    """Writes down in tokens what is to be recognised in a window."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.special = {name: self._special(name) for name in SPECIAL_NAMES}

    def _special(self, name: str) -> int:
        number = self._tokenizer.token_to_id(f"<|{name}|>")
        assert number is not None, name
        return number

    def encode(self, text: str, language: str) -> Any:
        """The text's tokens and their places; English begins with a blank, as Whisper's does."""
        return self._tokenizer.encode(" " + text if language == "en" else text, add_special_tokens=False)

    def example(self, source: np.random.Generator, window: Window) -> Example:
        """The window with its tokens."""
        special = self.special
        sequence: list[int] = []
        if window.context:
            context = self.encode(window.context, window.language).ids
            sequence = [special["startofprev"], *context[-(MOST_TOKENS // 2 - 1) :]]
        masked = len(sequence)
        sequence += [special["startoftranscript"], special[window.language], special["transcribe"]]
        timed = bool(window.sentences) and window.sentences[0][1][0][3] >= 0 and source.random() < 0.15
        sequence += [] if timed else [special["notimestamps"]]
        ranges = [(-1, -1)] * len(sequence)
        for text, words in window.sentences:
            stamps = [special["0.00"] + round(50 * t) for t in (words[0][2], words[-1][3])]
            sequence += stamps[:1] if timed else []
            ranges += [(-1, -1)] if timed else []
            encoded = self.encode(text, window.language)
            sequence += encoded.ids
            blank = int(window.language == "en")
            ranges += [frames(text, a - blank, b - blank, words) for a, b in encoded.offsets]
            sequence += stamps[1:] if timed else []
            ranges += [(-1, -1)] if timed else []
        sequence.append(special["endoftext"])
        ranges.append(self._end(window))
        targets = np.array(sequence[1:])
        targets[:masked] = -100
        targets[masked + 1 : masked + (2 if timed else 3)] = -100
        if window.empty:
            targets[masked] = special["nospeech"]
        return Example(window.spectrum, window.sounds, np.array(sequence[:-1]), targets, np.array(ranges[1:]))

    def _end(self, window: Window) -> tuple[int, int]:
        if not window.sentences or window.sentences[-1][1][-1][3] < 0:
            return (-1, -1)
        last = round(50 * window.sentences[-1][1][-1][3])
        return (last, last + 25)


def frames(text: str, first: int, last: int, words: list[tuple[int, int, float, float]]) -> tuple[int, int]:
    """Encoder frames in which characters `first:last` of a sentence are spoken, a little wide; marks behind a
    word stand where it ends."""
    begin, end, start, stop = next((word for word in words if max(first, 0) < word[1]), words[-1])
    if stop < 0:
        return (-1, -1)
    spoken = max((i + 1 for i, letter in enumerate(text[begin:end]) if letter.isalnum()), default=1)
    pace = (stop - start) / spoken
    early = start + pace * min(max(first - begin, 0), spoken)
    late = start + pace * min(max(last - begin, 0), spoken)
    return (max(0, round(50 * early - 2)), max(0, round(50 * late + 2)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples padded to one length: see `network.losses` for the arrays."""

    mel: spectra.Spectrum
    tokens: Ints
    targets: Ints
    sounds: Ints
    ranges: Ints


def stacked(examples: list[Example], margin: int) -> Batch:
    """A batch with at least `margin` frames of digital silence behind the longest window."""
    longest = -(-(max(len(e.spectrum) for e in examples) + margin) // 16) * 16
    count, tokens = len(examples), max(len(e.tokens) for e in examples)
    mel = np.full((count, longest, examples[0].spectrum.shape[1]), spectra.FLOOR, dtype=np.float32)
    batch = Batch(
        mel,
        np.full((count, tokens), examples[0].tokens[0], dtype=np.int64),
        np.full((count, tokens), -100, dtype=np.int64),
        np.zeros((count, longest // 2, 2), dtype=np.int64),
        np.full((count, tokens, 2), -1, dtype=np.int64),
    )
    for row, example in enumerate(examples):
        mel[row, : len(example.spectrum)] = example.spectrum
        batch.tokens[row, : len(example.tokens)] = example.tokens
        batch.targets[row, : len(example.targets)] = example.targets
        batch.sounds[row, : len(example.sounds)] = example.sounds
        batch.ranges[row, : len(example.ranges)] = example.ranges
    normal = (spectra.normalized(mel) if mel.shape[2] else mel).transpose(0, 2, 1)
    return Batch(normal, batch.tokens, batch.targets, batch.sounds, batch.ranges)


def batches(
    composer: Composer,
    writer: Writer,
    source: np.random.Generator,
    difficulty: Difficulty,
    budget: int,
    audible: bool = True,
) -> Iterator[Batch]:
    """Batches of like lengths out of one pool, each about `budget` mel frames; see `Composer.window`."""
    pool: list[Example] = []
    while len(pool) < 320:
        example = writer.example(source, composer.window(source, difficulty, audible))
        if len(example.tokens) < MOST_TOKENS:
            pool.append(example)
    pool.sort(key=lambda example: len(example.spectrum))
    groups: list[list[Example]] = [[]]
    for example in pool:
        if groups[-1] and len(example.spectrum) * (len(groups[-1]) + 1) > budget:
            groups.append([])
        if len(groups[-1]) >= 64:
            groups.append([])
        groups[-1].append(example)
    for number in source.permutation(len(groups)):
        fewest, most = [(30, 31), (30, 120), (100, 250)][source.choice(3, p=[0.7, 0.22, 0.08])]
        margin = int(source.integers(fewest, most))
        yield stacked(groups[number], margin)

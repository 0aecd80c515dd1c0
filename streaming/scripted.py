"""Deterministic engines for tests and load benchmarks: no model, no randomness, honest answers.

`speak` writes words into audio, each as a level of its own; `ScriptedRecognizer` reads them back from
any window, so that whole sessions can be run and checked without a model. A word that the window cuts
is heard in part, as real recognizers hear it.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.stages import (
    Detection,
    DetectionRequest,
    Recognition,
    SpeechRequest,
    Translation,
    TranslationRequest,
    Window,
)
from streaming.words import UNSPACED, Word, units

VOCABULARY = (
    *("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo"),
    *("lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform"),
)
"""The words that scripted engines know."""

WORD_SECONDS = 0.3
GAP_SECONDS = 0.02
_FRAME = 512
_LOWEST, _STEP, _SILENT = 0.1, 0.04, 0.05


def speak(words: Iterable[str], *, lead: float = 0.5, tail: float = 1.0) -> Samples:
    """Write words of the vocabulary into audio; `""` is a pause of one second. Shape ``(samples,)``."""
    pieces = [_silence(lead)]
    for word in words:
        if not word:
            pieces.append(_silence(1.0))
            continue
        level = _LOWEST + _STEP * VOCABULARY.index(word)
        pieces += [np.full(_samples(WORD_SECONDS), level, np.float32), _silence(GAP_SECONDS)]
    return np.concatenate([*pieces, _silence(tail)])


class ScriptedDetector:
    """Calls everything speech that is not silent."""

    def detect(self, requests: Sequence[DetectionRequest]) -> list[Detection]:
        return [Detection(tuple(_probabilities(request.samples)), "scripted") for request in requests]


class ScriptedRecognizer:
    """Hears what `speak` wrote."""

    languages: tuple[str, ...] = ()
    family = "scripted"
    longest = 28.0

    def __init__(self, language: str = "en") -> None:
        self._language = language

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        return [self._hear(window) for window in windows]

    def _hear(self, window: Window) -> Recognition:
        words = heard(window.audio)
        after = window.prefix[-1].end - 0.01 if window.prefix else 0.0
        language = window.language or self._language
        return Recognition(tuple(word for word in words if word.start >= after), language, 0.99)


class ScriptedTranslator:
    """Translates word by word: reversed for languages with spaces, one character each for the others."""

    def pieces(self, text: str) -> int:
        return len(text.split())

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [Translation(translated(request)) for request in requests]


class ScriptedSynthesizer:
    """Speaks a tone of 50 ms for each character."""

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        return [AudioChunk(np.full(_samples(0.05) * len(r.text), 0.1, np.float32)) for r in requests]


def heard(audio: AudioChunk) -> list[Word]:
    """Read words back from audio; one that the end cuts is heard in part."""
    levels = np.rint((audio.samples - _LOWEST) / _STEP).astype(int)
    levels[np.abs(audio.samples) < _SILENT] = -1
    words, position = [], 0
    for level, run in groupby(levels.tolist()):
        length = len(list(run))
        if 0 <= level < len(VOCABULARY) and length > _samples(0.05):
            text = VOCABULARY[level]
            if position + length == len(levels):
                text = text[: max(1, len(text) * length // _samples(WORD_SECONDS))]
            start = audio.start + position / SAMPLE_RATE
            words.append(Word(f" {text}", start, start + length / SAMPLE_RATE, 0.9))
        position += length
    return words


def translated(request: TranslationRequest) -> str:
    """Translate word by word, and continue a prefix where it ends."""
    source = request.source.split()
    if request.target_language in UNSPACED:
        text = "".join(chr(0x4E00 + sum(map(ord, word)) % 5000) for word in source)
    else:
        text = " ".join(word[::-1] for word in source)
    if text.startswith(request.target_prefix):
        return text
    done = len(units(request.target_prefix, request.target_language))
    return request.target_prefix + "".join(units(text, request.target_language)[done:])


def _probabilities(samples: Samples) -> list[float]:
    frames = np.abs(samples).reshape(-1, _FRAME).max(axis=1)
    return [0.99 if level > _SILENT else 0.01 for level in frames.tolist()]


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _silence(seconds: float) -> Samples:
    return np.zeros(_samples(seconds), np.float32)

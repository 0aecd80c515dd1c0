"""Whole utterances, for recordings: each is recognised once, when all of it is there.

A window that ends where the speaker paused has no cut word at its end and needs no agreement with the
next one; and as no window needs the words of the one before, any number may be recognised side by side
(as Bain et al. 2023, "WhisperX: time-accurate speech transcription of long-form audio", do).
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from asr import guards
from asr.doubt import UNDERSTOOD
from asr.endpointing import PATIENCE
from asr.guards import GUESSED, Alarm, inspect
from asr.loudness import loudness
from asr.recognition import placed
from asr.spoken import BRIEF, MARGIN, SHORTEST, SURE
from asr.spoken import LONGEST as CERTAIN
from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk, EndOfUtterance, Samples
from streaming.stages import Recognition, Window
from streaming.words import Word

_HURRIED = PATIENCE[-1][0]
"""Seconds of speech after which endpointing ends an utterance at the slightest pause, or at none."""
_QUIET = SAMPLE_RATE // 5
"""Samples over which loudness is taken."""
_TELLING = 12
"""Words whose mean probability tells whether they were understood: that of fewer is low by accident."""


class Gathering:
    """Gathers what endpointing writes into whole utterances, none longer than a recognizer hears whole.

    A longer one, even if endpointing had to end it in the middle of speech, is divided where it is quietest.
    """

    def __init__(self, longest: float) -> None:
        """`longest`: seconds of an utterance."""
        self._longest = round(longest * SAMPLE_RATE)
        self._audio = AudioBuffer()
        self._begun = 0
        self._ended = False

    def receive(self, item: AudioChunk | EndOfUtterance) -> Iterator[AudioChunk]:
        """Take an item; gives the utterances that are whole now."""
        if isinstance(item, EndOfUtterance):
            self._ended = True
            if self._audio.end - self._begun < _HURRIED * SAMPLE_RATE:
                yield from self.finish()
            return
        if self._ended and item.offset > self._audio.end:
            yield from self.finish()
        if not self._size:
            self._audio = AudioBuffer(item.offset)
        if self._ended or not self._size:
            self._begun = item.offset
        self._ended = False
        known = self._audio.end - item.offset
        self._audio.append(AudioChunk(item.samples[known:], self._audio.end))
        while self._size > self._longest:
            yield self._head()

    def finish(self) -> Iterator[AudioChunk]:
        """Give what is left."""
        self._ended = False
        if self._size:
            yield self._cut(self._audio.end)

    @property
    def _size(self) -> int:
        return self._audio.end - self._audio.start

    def _head(self) -> AudioChunk:
        earliest = self._audio.start + self._longest // 2
        late = self._audio.read(earliest, self._audio.start + self._longest).samples
        return self._cut(earliest + _quietest(late))

    def _cut(self, end: int) -> AudioChunk:
        audio = self._audio.read(self._audio.start, end)
        self._audio.cut(end)
        return AudioChunk(audio.samples.copy(), audio.offset)


def whole_window(
    audio: AudioChunk,
    language: str | None,
    languages: tuple[str, ...] = (),
    prompt: str = "",
    hot_words: tuple[str, ...] = (),
    preface: str = "",
    *,
    listen: bool = False,
) -> Window:
    """Ask what is said in a whole utterance; `language` of `None`: detect it among `languages`; `listen`:
    say which of them is heard, whatever `language` says."""
    return Window(
        audio,
        prompt=prompt,
        language=language,
        languages=languages,
        hot_words=hot_words,
        preface=preface,
        listen=listen,
        final=True,
        beam=True,
        unhurried=True,
    )


def second_window(window: Window, result: Recognition, first: float = GUESSED) -> Window | None:
    """Ask again, the safest way, if the first answer cannot be believed; `first`: the sureness that words
    need while the language, and so whether anybody speaks, is not known."""
    alarm = _alarm(window, result, first)
    if alarm is None or not alarm.again or window.full:
        return None
    return replace(window, full=True, prompt="", hot_words=(), preface="")


def believed(
    window: Window, result: Recognition, first: float = GUESSED
) -> tuple[tuple[Word, ...], Alarm | None]:
    """Take from the last answer the words that can be believed, in order and within the utterance."""
    alarm = _alarm(window, result, first)
    words = guards.believed(result.words, alarm, final=True)
    return placed(words, window.audio.start, window.audio.end), alarm


def tells_language(window: Window, result: Recognition, first: float = GUESSED) -> bool:
    """Tell whether an utterance is enough to know the language of the recording."""
    sure = result.language_probability >= SURE and window.audio.duration >= SHORTEST
    words, _ = believed(window, result, first)
    return bool(words) and (sure or window.audio.duration >= CERTAIN)


def other_language(window: Window, result: Recognition) -> str | None:
    """Name the language in which an utterance must be heard once more, if not in the one that was asked."""
    enough = window.audio.duration >= BRIEF and result.heard_probability >= MARGIN
    return result.heard if result.words and enough and result.heard != window.language else None


def _alarm(window: Window, result: Recognition, first: float) -> Alarm | None:
    least = first if window.language is None else GUESSED
    if len(result.words) >= _TELLING:
        least = max(least, UNDERSTOOD)
    return inspect(result, window.audio.duration, again=window.full, least=least, final=window.final)


def _quietest(samples: Samples) -> int:
    """Find the middle of the quietest stretch; of several, the last."""
    found = loudness(samples, _QUIET)
    if not len(found):
        return len(samples)
    last = len(found) - 1 - int(np.argmin(found[::-1]))
    return last * _QUIET + _QUIET // 2

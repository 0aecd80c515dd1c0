"""Drives a recognition stage by hand, with a scripted recognizer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from asr.commit import LocalAgreement
from asr.recognition import RecognitionStage
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance, Samples
from streaming.captions import Transcript, Update
from streaming.scripted import ScriptedRecognizer
from streaming.stages import DONE, READ, Ask, Notice, Recognition, Window, Write
from streaming.words import Word

Hear = Callable[[Window], Recognition]


class Listener:
    """Drives a stage by hand and remembers what it asked and wrote."""

    def __init__(self, stage: RecognitionStage, hear: Hear | None = None, cost: float = 0.0) -> None:
        self.stage = stage
        self.windows: list[Window] = []
        self.out: list[Update | Notice] = []
        self._hear = hear or (lambda window: ScriptedRecognizer().recognize([window])[0])
        self._cost = cost

    def give(self, *items: AudioChunk | EndOfUtterance) -> "Listener":
        for item in items:
            self.stage.receive(item)
            self._work()
        return self

    def finish(self) -> "Listener":
        self.stage.finish()
        assert self._work() is DONE
        return self

    @property
    def updates(self) -> list[Update]:
        return [item for item in self.out if isinstance(item, Update)]

    @property
    def notices(self) -> list[Notice]:
        return [item for item in self.out if isinstance(item, Notice)]

    def committed(self) -> list[str]:
        """The words of each utterance; folding checks that nothing is retracted."""
        transcript = Transcript()
        for update in self.updates:
            transcript.add(update)
        return transcript.committed("en")

    def _work(self) -> Any:
        while True:
            match self.stage.next_action():
                case Write(item):
                    self.out.append(item)
                case Ask(window):
                    self.windows.append(window)
                    self.stage.receive_result(self._hear(window), self._cost)
                case signal:
                    assert signal in (READ, DONE)
                    return signal


def stage(**options: Any) -> RecognitionStage:
    return RecognitionStage(LocalAgreement(), **{"language": "en", **options})


def audio(samples: Samples, offset: int = 0, sizes: Iterable[int] = ()) -> list[AudioChunk]:
    found, position = [], 0
    for size in sizes:
        found.append(AudioChunk(samples[position : position + size], offset + position))
        position += size
    found.append(AudioChunk(samples[position:], offset + position))
    return [chunk for chunk in found if len(chunk.samples)]


def silence(seconds: float, start: float = 0.0) -> AudioChunk:
    return AudioChunk(np.zeros(round(seconds * SAMPLE_RATE), np.float32), round(start * SAMPLE_RATE))


def words(*texts: str, start: float = 0.0, step: float = 0.3) -> tuple[Word, ...]:
    return tuple(
        Word(f" {text}", start + i * step, start + (i + 1) * step, 0.9) for i, text in enumerate(texts)
    )


def script(*hypotheses: Sequence[Word] | Recognition) -> Hear:
    """A recognizer that says these, one after the other, and then nothing."""
    left = list(hypotheses)

    def hear(window: Window) -> Recognition:
        said = left.pop(0) if left else ()
        return (
            said if isinstance(said, Recognition) else Recognition(tuple(said), window.language or "en", 0.9)
        )

    return hear


def muttered(*texts: str, sure: float, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(replace(word, probability=sure) for word in words(*texts, start=start))

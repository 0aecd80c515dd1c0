"""An hour of speech: do cost, lag or memory grow, and is a loop committed?"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np
import psutil

from asr.endpointing import EndpointingStage
from asr.guards import loop_start
from benchmarks import scoring, talks, trial
from benchmarks.talks import Talk
from benchmarks.trial import Way
from server.interpretation.graph import DETECTOR, ENDPOINTING, RECOGNITION, RECOGNIZER
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Update
from streaming.stages import Node, Notice
from streaming.words import Word

WARM = 5
"""Minutes that are not judged: engines and buffers grow until they have met everything once."""
FEWEST = 10
"""Minutes that are judged, at least."""
SIGMAS, TOLERANCE = 2.0, 0.02
"""Standard errors of a rise, and share of the mean, that it must both exceed to be more than noise: minutes
differ by chance, which the first tells; memory hardly does, but its allocator takes steps, and those are
smaller than the second."""
CHAPTERS = ("LJ001", "LJ003")
"""What is read over and over."""
LOOK_BACK = 40
"""Committed words among which a loop is looked for."""
HEAD = ("| minutes | core-s/s | lag p50 | lag p95 | words | MB |", "|---|--:|--:|--:|--:|--:|")


@dataclass(slots=True)
class Minute:
    """What one minute of audio brought."""

    processor: float = 0.0
    lags: list[float] = field(default_factory=list)
    """Seconds from the end of a word as the recogniser hears it to its commit, on a core of its own."""
    memory: float = 0.0
    """MB resident at its end."""


@dataclass(slots=True)
class Committed:
    """Counts words and the places from which they repeat themselves, and keeps none: memory is measured."""

    words: int = 0
    loops: int = 0
    _last: list[Word] = field(default_factory=list)

    def add(self, words: Sequence[Word]) -> None:
        """Count words that come behind the others."""
        self.words += len(words)
        self._last += words
        while len(self._last) >= LOOK_BACK:
            self._look()

    def end(self) -> None:
        """Look through the last words: no more will come."""
        while self._last:
            self._look()

    def _look(self) -> None:
        found = loop_start(self._last[:LOOK_BACK]) is not None
        self.loops += found
        del self._last[: LOOK_BACK if found else LOOK_BACK // 2]


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through one figure of each minute."""

    name: str
    count: int
    rise: float
    """Over all minutes that are judged."""
    error: float
    """The standard error of that."""
    mean: float

    @property
    def grows(self) -> bool | None:
        """Tell whether it grows; `None`: too few minutes to tell, or some in which nothing was said."""
        if self.count < FEWEST or math.isnan(self.rise):
            return None
        return self.rise > max(SIGMAS * self.error, TOLERANCE * self.mean)

    def row(self) -> str:
        """One line of the list."""
        if self.grows is None:
            return f"- {self.name}: too few minutes to tell"
        figures = f"{self.rise:+.4f} ± {self.error:.4f} over {self.count} minutes, mean {self.mean:.4f}"
        return f"- {self.name}: {figures}: {'GROWS' if self.grows else 'within noise'}"


def report(folder: Path, way: Way, minutes: int) -> None:
    """Print what was heard, cost, lag and memory of each five minutes, their trends, and a verdict."""
    read = recordings()
    print(f"{way.name}, {minutes} minutes of {_named(read)}, over and over")
    with trial.engines(folder, way) as engines:
        found, committed, notices = listen(way, engines, read, minutes)
    print(*["", *HEAD], sep="\n")
    for first in range(0, len(found), 5):
        print(_row(first, found[first : first + 5]))
    print(f"\nA figure grows if a line through the minutes after the first {WARM} rises by more than")
    print(f"{SIGMAS:g} standard errors (±) and {TOLERANCE:.0%} of the mean; {FEWEST} minutes at least.")
    print("What was heard twice is compared with itself: each minute of the recordings has its own level.\n")
    lines = trends(found, whole_minutes(read))
    print(*(trend.row() for trend in lines), sep="\n")
    print(f"- {committed.words} words committed, {committed.loops} loops among them, {notices} notices")
    print(f"\nverdict: {verdict(lines)}")


def trends(found: Sequence[Minute], period: int) -> list[Trend]:
    """Fit lines through cost, lag and memory of the minutes that are judged; after `period` minutes the same
    was heard again."""
    settled = found[WARM:]
    repeated = len(settled) >= 2 * period
    figures = {
        "core-s/s": [minute.processor / 60 for minute in settled],
        "lag p50, s": [scoring.quantile(minute.lags, 0.5) for minute in settled],
        "memory, MB": [minute.memory for minute in settled],
    }
    return [
        Trend(name, len(values), *scoring.slope(values, period if repeated else 1), scoring.mean(values))
        for name, values in figures.items()
    ]


def verdict(found: Sequence[Trend]) -> str:
    """Say in a line whether anything grows."""
    grown = [trend.name for trend in found if trend.grows]
    if grown:
        return f"GROWS: {'; '.join(grown)}"
    unknown = [trend.name for trend in found if trend.grows is None]
    return f"not known, too few minutes: {'; '.join(unknown)}" if unknown else "nothing grows"


def listen(
    way: Way, engines: simulate.Engines, read: Sequence[Talk], minutes: int
) -> tuple[list[Minute], Committed, int]:
    """Hear recordings for so long; gives its minutes, what was committed, and how many notices there were."""
    found = [Minute() for _ in range(minutes)]
    process, committed, notices = psutil.Process(), Committed(), 0

    def emit(name: str, item: object, moment: float) -> None:
        nonlocal notices
        if isinstance(item, Update):
            committed.add(item.committed)
            for word in item.committed:
                found[min(int(word.end / 60), minutes - 1)].lags.append(moment - word.end)
        notices += isinstance(item, Notice)

    def paced() -> Iterator[AudioChunk]:
        began, before = time.process_time(), 0
        for chunk in speech(read, 60.0 * minutes):
            yield chunk
            number = min(int(chunk.end / 60 + 1e-6), minutes)
            if number > before:
                now = time.process_time()
                found[before].processor, began = now - began, now
                found[before].memory = process.memory_info().rss / trial.MEGABYTE
                before = number

    recognition = Node(RECOGNITION, way.stage("en"), RECOGNIZER)
    root = Node(ENDPOINTING, EndpointingStage(), DETECTOR, [recognition])
    simulate.run(root, engines, paced(), emit, trial.OwnCore())
    committed.end()
    return found, committed, notices


def recordings() -> list[Talk]:
    """Read chapters of one reader; without them, the project's English sample."""
    chapters = [talk for name in CHAPTERS for talk in talks.chapter(name)]
    return chapters or [talk for talk in talks.samples() if talk.language == "en"]


def whole_minutes(read: Sequence[Talk]) -> int:
    """Tell how long recordings take, with silence up to a whole minute."""
    return math.ceil(sum(len(talk.samples) for talk in read) / (60 * SAMPLE_RATE))


def speech(read: Sequence[Talk], seconds: float) -> Iterator[AudioChunk]:
    """Read recordings over and over, each time from the beginning of a minute."""
    position, last = 0, round(seconds * SAMPLE_RATE)
    spoken = sum(len(talk.samples) for talk in read)
    pause = Talk("pause", "", np.zeros(whole_minutes(read) * 60 * SAMPLE_RATE - spoken, np.float32), "")
    for talk in cycle([*read, pause]):
        for chunk in talk.chunks():
            if position >= last:
                return
            samples = chunk.samples[: last - position]
            yield AudioChunk(samples, position)
            position += len(samples)


def _row(first: int, part: list[Minute]) -> str:
    lags = [lag for minute in part for lag in minute.lags]
    cost = sum(minute.processor for minute in part) / 60 / len(part)
    late = f"{scoring.quantile(lags, 0.5):.2f} | {scoring.quantile(lags, 0.95):.2f} | {len(lags)}"
    return f"| {first}–{first + len(part)} | {cost:.4f} | {late} | {part[-1].memory:.0f} |"


def _named(read: Sequence[Talk]) -> str:
    """Name recordings, and those that would have been read if they were here."""
    names = ", ".join(f"{talk.name} ({talk.seconds / 60:.1f} min)" for talk in read)
    missing = [name for name in CHAPTERS if name not in {talk.name for talk in read}]
    return f"{names} ({', '.join(missing)} not here)" if missing else names

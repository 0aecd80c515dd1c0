"""An hour of speech: do cost, lag or memory grow, and is a loop committed?"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import psutil

from asr.endpointing import EndpointingStage
from asr.guards import loop_start
from benchmarks import scoring, talks, trial
from benchmarks.trial import Way
from server.interpretation.graph import DETECTOR, ENDPOINTING, RECOGNITION, RECOGNIZER
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Update
from streaming.stages import Node, Notice
from streaming.words import Word

WARM = 5
"""Minutes before memory must be flat."""
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


def report(folder: Path, way: Way, minutes: int) -> None:
    """Print cost, lag and memory of each five minutes, and their trends."""
    with trial.engines(folder, way) as engines:
        found, words, notices = listen(way, engines, minutes)
    print(f"{way.name}, {minutes} minutes", *["", *HEAD], sep="\n")
    for first in range(0, len(found), 5):
        print(_row(first, found[first : first + 5]))
    settled = found[WARM:] or found
    print()
    print(_trend("core-s/s", [minute.processor / 60 for minute in settled]))
    print(_trend("lag p50, s", [scoring.quantile(minute.lags, 0.5) for minute in settled if minute.lags]))
    middle, end = settled[len(settled) // 2].memory, settled[-1].memory
    growth = f"{end - settled[0].memory:+.1f} MB to the end, {end - middle:+.1f} in the last half"
    print(f"- memory after {WARM} minutes: {growth}")
    print(f"- {len(words)} words committed, {loops(words)} loops among them, {notices} notices")


def listen(way: Way, engines: simulate.Engines, minutes: int) -> tuple[list[Minute], list[Word], int]:
    """Run the hour; gives its minutes, what was committed, and how many notices there were."""
    found = [Minute() for _ in range(minutes)]
    process, words, notices = psutil.Process(), list[Word](), 0

    def emit(name: str, item: object, moment: float) -> None:
        nonlocal notices
        if isinstance(item, Update):
            words.extend(item.committed)
            for word in item.committed:
                found[min(int(word.end / 60), minutes - 1)].lags.append(moment - word.end)
        notices += isinstance(item, Notice)

    def paced() -> Iterator[AudioChunk]:
        began, before = time.process_time(), 0
        for chunk in speech(60.0 * minutes):
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
    return found, words, notices


def speech(seconds: float) -> Iterator[AudioChunk]:
    """Read two chapters of one reader over and over; without them, the project's English sample."""
    recordings = [talk for name in ("LJ001", "LJ003") for talk in talks.chapter(name)]
    recordings = recordings or [talk for talk in talks.samples() if talk.language == "en"]
    position, last = 0, round(seconds * SAMPLE_RATE)
    for talk in cycle(recordings):
        for chunk in talk.chunks():
            if position >= last:
                return
            samples = chunk.samples[: last - position]
            yield AudioChunk(samples, position)
            position += len(samples)


def loops(words: list[Word]) -> int:
    """Count the places in committed text from which it repeats itself."""
    count, start = 0, 0
    while start < len(words):
        found = loop_start(words[start : start + LOOK_BACK])
        count += found is not None
        start += LOOK_BACK if found is not None else LOOK_BACK // 2
    return count


def _row(first: int, part: list[Minute]) -> str:
    lags = [lag for minute in part for lag in minute.lags]
    cost = sum(minute.processor for minute in part) / 60 / len(part)
    late = f"{scoring.quantile(lags, 0.5):.2f} | {scoring.quantile(lags, 0.95):.2f} | {len(lags)}"
    return f"| {first}–{first + len(part)} | {cost:.4f} | {late} | {part[-1].memory:.0f} |"


def _trend(name: str, values: list[float]) -> str:
    if len(values) < 3:
        return f"- {name}: too few minutes to tell"
    rise, error = scoring.slope(values)
    verdict = "flat within noise" if abs(rise) <= 2 * error else "NOT flat"
    return f"- {name}: {rise:+.4f} ± {error:.4f} over {len(values)} minutes: {verdict}"

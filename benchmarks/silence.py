"""An hour in which nobody says anything: not one word may be committed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from asr.endpointing import EndpointingStage
from benchmarks import noises, talks, trial
from benchmarks.trial import Way
from server.interpretation.graph import DETECTOR, ENDPOINTING, RECOGNITION, RECOGNIZER
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.captions import Update
from streaming.stages import Node, Notice

PIECE = 60.0
"""Seconds that are made at once."""
HEAD = ("| sound | minutes | let through | tentative | committed | withheld |", "|---|--:|--:|--:|--:|---|")


@dataclass(slots=True)
class Seen:
    """What came of one kind of sound."""

    let_through: float = 0.0
    """Seconds that the detector took for speech."""
    tentative: int = 0
    """Updates that showed tentative words."""
    committed: list[str] = field(default_factory=list)
    withheld: Counter[str] = field(default_factory=Counter)
    """Notices by code."""

    def row(self, kind: str, minutes: float) -> str:
        """One row of the table."""
        notices = ", ".join(f"{code} {count}" for code, count in sorted(self.withheld.items()))
        counts = f"{minutes:g} | {self.let_through:.1f} s | {self.tentative} | {len(self.committed)}"
        return f"| {kind} | {counts} | {notices} |"


def report(folder: Path, way: Way, minutes: float, seed: int) -> None:
    """Print what each kind of sound brought, and the words if there were any."""
    print(f"{way.name}, {minutes:g} minutes in all, seed {seed}", *["", *HEAD], sep="\n")
    speech = np.concatenate([talk.samples for talk in talks.samples()])
    each = minutes / len(noises.KINDS)
    words = dict[str, list[str]]()
    with trial.engines(folder, way) as engines:
        for number, kind in enumerate(noises.KINDS):
            random = np.random.default_rng([seed, number])
            seen = listen(sound(kind, 60 * each, random, speech), way, engines)
            words[kind] = seen.committed
            print(seen.row(kind, each), flush=True)
    total = sum(map(len, words.values()))
    print(
        f"\n{total} words committed" + "".join(f"\n- {kind}:{''.join(w)}" for kind, w in words.items() if w)
    )


def sound(kind: str, seconds: float, random: np.random.Generator, speech: Samples) -> Iterator[AudioChunk]:
    """Make a kind of sound, in chunks as they arrive."""
    size, position = round(talks.CHUNK * SAMPLE_RATE), 0
    while position < seconds * SAMPLE_RATE:
        piece = noises.KINDS[kind](min(PIECE, seconds), random, speech)
        for start in range(0, len(piece), size):
            yield AudioChunk(piece[start : start + size], position + start)
        position += len(piece)


def listen(chunks: Iterator[AudioChunk], way: Way, engines: simulate.Engines) -> Seen:
    """Run sound through the stages of a live session; the language is left to detection."""
    seen = Seen()

    def emit(name: str, item: object, moment: float) -> None:
        match item:
            case AudioChunk():
                seen.let_through += item.duration
            case Update():
                seen.committed += [word.text for word in item.committed]
                seen.tentative += bool(item.tentative)
            case Notice(code=code):
                seen.withheld[code] += 1

    recognition = Node(RECOGNITION, way.stage(None), RECOGNIZER)
    simulate.run(Node(ENDPOINTING, EndpointingStage(), DETECTOR, [recognition]), engines, chunks, emit)
    return seen

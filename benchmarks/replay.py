"""Replay recordings through the simulated driver and print errors, lag, erasure and real-time factor.

    python -m benchmarks.replay                                   the project's own samples
    python -m benchmarks.replay --manifest FILE [--limit N]       recordings of your own
    python -m benchmarks.replay --cost measured                   computation-aware lag

A manifest holds a JSON object a line: ``path`` (relative to it), ``lang``, ``text``, and, if the times
of the words are known, ``words`` [{text, start, end}]; only those recordings count for the lag. The log
that all figures are computed from is written as JSON lines beside them.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import embedded
from asr.presets import PRESETS
from benchmarks import machine, scoring
from server import config
from server.interpretation import models
from server.interpretation.graph import DETECTOR, RECOGNITION, RECOGNIZER, Interpretation, graph
from streaming import simulate
from streaming.audio import AudioChunk
from streaming.captions import Transcript, Update
from streaming.decode import decode
from streaming.words import Word


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording with what is said in it."""

    path: Path
    language: str
    text: str
    words: tuple[Word, ...] = ()


@dataclass(slots=True)
class Log:
    """What recognition showed of one recording, and when."""

    recording: Recording
    entries: list[tuple[float, Update]] = field(default_factory=list)
    audio: float = 0.0
    elapsed: float = 0.0

    def lines(self) -> Iterator[str]:
        for moment, update in self.entries:
            entry = {
                "recording": self.recording.path.name,
                "time": round(moment, 3),
                "utterance": update.utterance,
                "committed": "".join(word.text for word in update.committed),
                "tentative": "".join(word.text for word in update.tentative),
                "final": update.final,
            }
            yield json.dumps(entry, ensure_ascii=False)


def samples() -> list[Recording]:
    """Read the recordings that come with the project."""
    found = []
    for path in embedded.samples():
        about = json.loads(path.with_suffix(".json").read_text())
        text = " ".join(sentence["text"] for sentence in about["sentences"])
        found.append(Recording(path, about["language"], text, _words(about["words"])))
    return found


def manifest(path: Path) -> list[Recording]:
    """Read a manifest."""
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return [
        Recording(path.parent / row["path"], row["lang"], row["text"], _words(row.get("words", ())))
        for row in rows
        if row.get("text")
    ]


def replay(recording: Recording, engines: Any, cost: simulate.Cost) -> Log:
    """Run one recording through the stages of a live session."""
    log = Log(recording)

    def emit(name: str, item: object, moment: float) -> None:
        if name == RECOGNITION and isinstance(item, Update):
            log.entries.append((moment, item))

    def chunks() -> Iterator[AudioChunk]:
        for chunk in decode(recording.path):
            log.audio = chunk.end
            yield chunk

    run = {DETECTOR: engines.detector.detect, RECOGNIZER: engines.recognizer.recognize}
    started = time.perf_counter()
    simulate.run(graph(Interpretation(recording.language), manner=engines.manner), run, chunks(), emit, cost)
    log.elapsed = time.perf_counter() - started
    return log


@dataclass(frozen=True, slots=True)
class Figures:
    """What a log says."""

    errors: scoring.Errors
    lags: list[float]
    erased: int
    length: int
    audio: float
    elapsed: float

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.errors + other.errors,
            self.lags + other.lags,
            self.erased + other.erased,
            self.length + other.length,
            self.audio + other.audio,
            self.elapsed + other.elapsed,
        )

    def row(self, name: str) -> str:
        return (
            f"{name:32.32s} {self.audio:7.1f} {100 * self.errors.rate:7.2f} {scoring.mean(self.lags):7.2f} "
            f"{scoring.quantile(self.lags, 0.5):7.2f} {scoring.quantile(self.lags, 0.95):7.2f} "
            f"{self.erased / max(1, self.length):7.3f} {self.elapsed / max(0.001, self.audio):7.3f}"
        )


def figures(log: Log) -> Figures:
    """Compute everything from the log."""
    language = log.recording.language
    committed = [(moment, "".join(word.text for word in update.committed)) for moment, update in log.entries]
    hypothesis = scoring.normalized("".join(text for _, text in committed), language)
    transcript, states = Transcript(), dict[int, list[list[str]]]()
    for _, update in log.entries:
        caption = transcript.add(update)
        states.setdefault(update.utterance, []).append(scoring.normalized(caption.text, language))
    erasures = [scoring.erasure(shown) for shown in states.values()]
    return Figures(
        scoring.errors(scoring.normalized(log.recording.text, language), hypothesis),
        scoring.commit_lags(log.recording.words, committed, language),
        sum(erased for erased, _ in erasures),
        sum(length for _, length in erasures),
        log.audio,
        log.elapsed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay recordings through the simulated driver.")
    parser.add_argument("--manifest", type=Path, help="recordings of your own")
    parser.add_argument("--limit", type=int, help="only the first N recordings")
    parser.add_argument("--cost", choices=["free", "measured"], default="free", help="what computing costs")
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    parser.add_argument("--preset", choices=list(PRESETS), default="balanced", help="how words are committed")
    parser.add_argument("--log", type=Path, default=Path("benchmarks/results/replay.jsonl"))
    arguments = parser.parse_args()
    recordings = manifest(arguments.manifest) if arguments.manifest else samples()
    wanted = {"model": arguments.model, "preset": arguments.preset}
    engines = models.load_engines(config.load(None, recognition=wanted), print)
    cost = simulate.measured if arguments.cost == "measured" else simulate.free
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    print(machine.describe())
    print(f"{'recording':32s} {'seconds':>7s} {'error %':>7s} {'lag':>7s} {'p50':>7s} {'p95':>7s}", end="")
    print(f" {'erasure':>7s} {'rtf':>7s}")
    total: dict[str, Figures] = {}
    with arguments.log.open("w") as file:
        for recording in recordings[: arguments.limit]:
            log = replay(recording, engines, cost)
            file.writelines(f"{line}\n" for line in log.lines())
            found = figures(log)
            print(found.row(recording.path.name), flush=True)
            name = f"all {recording.language}"
            total[name] = total[name] + found if name in total else found
    for name, found in total.items():
        print(found.row(name))
    print(f"log: {arguments.log}")


def _words(rows: Any) -> tuple[Word, ...]:
    return tuple(Word(row["text"], row["start"], row["end"]) for row in rows)


if __name__ == "__main__":
    main()

"""Measure recognition: errors, lag, erasure, cost and memory of every way to recognise, side by side.

    python -m benchmarks.recognition table                every way on every set of recordings
    python -m benchmarks.recognition hour                 an hour of speech: cost, lag and memory, flat or not
    python -m benchmarks.recognition silence              an hour without speech: words committed
    python -m benchmarks.recognition windows              errors by length and margin of windows
    python -m benchmarks.recognition cost                 what Whisper's real shapes cost on this machine
    python -m benchmarks.recognition all                  everything, one after the other

Recordings other than the project's own are found through DRAGOMAN_DATA and left out where there are none.
Everything is printed as Markdown.
"""

import argparse
import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import asr
from benchmarks import families, hour, machine, scoring, shapes, silence, talks, trial, windows
from benchmarks.talks import Talk
from benchmarks.trial import Figures
from server.interpretation import models
from server.interpretation.graph import DETECTOR

COMMANDS = ("table", "windows", "silence", "hour", "cost")
HEAD = (
    "| recordings | way | chunk | error | gap | lag | p50 | p95 | max | seen | erasure | notices | core-s/s "
    "| MB |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def table(folder: Path, sets: Sequence[str], family: str, chosen: Sequence[str], most: float) -> None:
    """Print the table of the ways whose names hold one of `chosen`; of each recording `most` seconds."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        prepared, whole, exact = processes.submit(prepare, folder, sets, most).result()
        for name in sets:
            print(_source(name, prepared[name]))
        print("\nwhat sessions do that ask for a preset and nothing else:\n")
        print(*(f"- {line}" for line in families.table()), *["", *HEAD], sep="\n")
        for title, found in (("whole utterances", whole), ("true sentences", exact)):
            for name, figures in found.items():
                print(row(name, f"offline, beam, {title}", None, figures, None, None), flush=True)
        best = {name: min(whole[name], exact.get(name, whole[name]), key=_rate) for name in whole}
        for number, way in enumerate(trial.ways(family)):
            if not any(name in way.name for name in chosen):
                continue
            found, peak = processes.submit(measure, folder, prepared, family, number).result()
            for name, figures in found.items():
                print(row(name, way.name, way.chunk, figures, best[name], peak), flush=True)


def prepare(
    folder: Path, sets: Sequence[str], most: float
) -> tuple[dict[str, list[Talk]], dict[str, Figures], dict[str, Figures]]:
    """Read recordings in languages that the model knows, find the word times that nobody has, and recognise
    everything offline: in whole utterances as endpointed, and in whole sentences where they are known."""
    from benchmarks.alignment import Aligner

    detector, recognizer, aligner = asr.load_detector(), asr.load_recognizer(folder), Aligner(folder)
    known = recognizer.languages
    prepared = {
        name: [aligner.align(talk) for talk in talks.named(name, most) if talk.language in known]
        for name in sets
    }
    whole, exact = dict[str, Figures](), dict[str, Figures]()
    for name, found in prepared.items():
        cut = [trial.utterances(talk, {DETECTOR: detector.detect}) for talk in found]
        parts = [trial.offline(talk, audios, recognizer) for talk, audios in zip(found, cut, strict=True)]
        whole.update(_by_language(name, found, parts))
        divided = [talk for talk in found if talk.sentences]
        parts = [trial.offline(talk, trial.sentences(talk), recognizer) for talk in divided]
        exact.update(_by_language(name, divided, parts))
    return prepared, whole, exact


def measure(
    folder: Path, prepared: dict[str, list[Talk]], family: str, number: int
) -> tuple[dict[str, Figures], float]:
    """Try one way on everything; gives also the peak of memory."""
    found = dict[str, Figures]()
    way = trial.ways(family)[number]
    with trial.engines(folder, way) as engines:
        for name, recordings in prepared.items():
            parts = [trial.figures(talk, trial.run(talk, way, engines)) for talk in recordings]
            found.update(_by_language(name, recordings, parts))
    return found, trial.peak_memory()


def row(
    recordings: str,
    way: str,
    chunk: float | None,
    figures: Figures,
    offline: Figures | None,
    peak: float | None,
) -> str:
    """One row of the table; what does not apply is left empty."""
    lags, seen = figures.lags, figures.seen
    rates = [100 * figures.errors.rate]
    if offline:
        rates.append(100 * (figures.errors.rate - offline.errors.rate))
    late = [scoring.mean(lags), *(scoring.quantile(lags, q) for q in (0.5, 0.95, 1.0))] if lags else []
    cells = [
        recordings,
        way,
        f"{chunk:.3g} s" if chunk else "",
        f"{rates[0]:.2f} %",
        f"{rates[1]:+.2f}" if offline else "",
        *([f"{lag:.2f}" for lag in late] if late else [""] * 4),
        f"{scoring.quantile(seen, 0.5):.2f}" if seen else "",
        f"{figures.erasure:.3f}" if offline else "",
        f"{figures.notices}" if chunk else "",
        f"{figures.cost:.4f}",
        f"{peak:.0f}" if peak else "",
    ]
    return f"| {' | '.join(cells)} |"


def _rate(figures: Figures) -> float:
    return figures.errors.rate


def _by_language(name: str, found: Iterable[Talk], parts: Iterable[Figures]) -> Iterable[tuple[str, Figures]]:
    """Add up the figures of a set, a sum for each language in it."""
    total: dict[str, Figures] = {}
    for talk, figures in zip(found, parts, strict=True):
        key = f"{name} {talk.language}"
        total[key] = total[key] + figures if key in total else figures
    return total.items()


def _source(name: str, found: Sequence[Talk]) -> str:
    if not found:
        return f"- {talks.described(name, found)}"
    times = ", ".join(sorted({talk.times for talk in found}))
    words = sum(word.end > word.start for talk in found for word in talk.words)
    return f"- {talks.described(name, found)}; times of {words} words: {times}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=[*COMMANDS, "all"])
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    parser.add_argument("--sets", nargs="+", choices=talks.SETS, default=list(talks.SETS))
    parser.add_argument("--ways", nargs="+", default=[""], help="only ways whose name holds one of these")
    parser.add_argument("--most", type=float, default=math.inf, help="seconds of each recording, at most")
    parser.add_argument("--minutes", type=int, default=60, help="of the hour and of silence")
    parser.add_argument("--seed", type=int, default=0, help="of the sounds")
    parser.add_argument("--shapes", nargs="+", choices=shapes.SHAPES, default=list(shapes.SHAPES))
    arguments = parser.parse_args()
    print(f"{machine.describe()}; one core")
    for command in COMMANDS if arguments.command == "all" else [arguments.command]:
        began = time.monotonic()
        print()
        run(command, arguments)
        print(f"\n({command}: {(time.monotonic() - began) / 60:.0f} minutes)", flush=True)


def run(command: str, arguments: argparse.Namespace) -> None:
    """Print the report of one command."""
    if command == "cost":
        shapes.report(arguments.shapes)
        return
    folder = models.recognizer_folder(arguments.model, print)
    family = asr.load_recognizer(folder).family
    known = trial.ways(family)
    way = next((way for way in known if (arguments.ways[0] or trial.DEFAULT) in way.name), None)
    if way is None:
        raise SystemExit(f"no way is called so; there is {', '.join(way.name for way in known)}")
    print(f"{folder.name}: ", end="")
    match command:
        case "table":
            print("gap in points to the better of the two offline ways; lags in seconds, computing free\n")
            table(folder, arguments.sets, family, arguments.ways, arguments.most)
        case "hour":
            hour.report(folder, way, arguments.minutes)
        case "silence":
            silence.report(folder, way, arguments.minutes, arguments.seed)
        case "windows":
            print("errors by windows\n")
            windows.report(folder, {name: talks.named(name, arguments.most) for name in arguments.sets})


if __name__ == "__main__":
    main()

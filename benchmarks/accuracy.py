"""Compare the two modes for recordings: errors and processor time of accurate and of live, side by side.

    python -m benchmarks.accuracy                                    the project's own samples
    python -m benchmarks.accuracy --manifest FILE [--under an4/]     recordings of your own

A manifest is that of `benchmarks.replay`. Times are processor seconds of the whole process for each second
of audio, both modes in turn on the same recording.
"""

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine, scoring
from benchmarks.replay import Recording, manifest, samples
from server import config
from server.config import Config
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.recordings import files


@dataclass(slots=True)
class Sum:
    """What one mode made of all recordings of a language."""

    errors: scoring.Errors = field(default_factory=lambda: scoring.Errors(0, 0))
    audio: float = 0.0
    used: float = 0.0


def measure(recording: Recording, engines: Engines, approach: files.Approach, total: Sum) -> None:
    """Interpret one recording and add it up."""
    wanted = Interpretation(recording.language)
    began = time.process_time()
    workers = models.workers(Config())
    record = files.interpret(
        recording.path, wanted, engines, lambda seconds: None, approach=approach, workers=workers
    )
    total.used += time.process_time() - began
    total.audio += record.duration
    heard = " ".join(utterance.text for utterance in record.utterances)
    reference = scoring.normalized(recording.text, recording.language)
    total.errors += scoring.errors(reference, scoring.normalized(heard, recording.language))


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the accurate and the live mode.")
    parser.add_argument("--manifest", type=Path, help="recordings of your own")
    parser.add_argument("--under", default="", help="only recordings whose path holds this")
    parser.add_argument("--limit", type=int, help="only the first N of them")
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    arguments = parser.parse_args()
    recordings = manifest(arguments.manifest) if arguments.manifest else samples()
    recordings = [r for r in recordings if arguments.under in r.path.as_posix()][: arguments.limit]
    engines = models.load_engines(config.load(None, recognition={"model": arguments.model}), print)
    totals: dict[tuple[str, str], Sum] = {}
    for recording in recordings:
        if recording.language not in (engines.recognizer.languages or (recording.language,)):
            continue
        for approach in (files.ACCURATE, files.LIVE):
            total = totals.setdefault((recording.language, approach.mode), Sum())
            measure(recording, engines, approach, total)
    print(machine.describe())
    print(f"{'language':10s} {'mode':10s} {'seconds':>8s} {'error %':>8s} {'units':>6s} {'cpu/audio':>9s}")
    for (language, mode), total in totals.items():
        rate, cost = 100 * total.errors.rate, total.used / max(total.audio, 1e-9)
        units = total.errors.length
        print(f"{language:10s} {mode:10s} {total.audio:8.1f} {rate:8.1f} {units:6d} {cost:9.3f}")


if __name__ == "__main__":
    main()

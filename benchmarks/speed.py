"""Print how fast recordings are interpreted, and readiness, memory and commit lag of a live server.

    python -m benchmarks.speed [--sessions 8] [--to zh] [--model embedded] [--translators embedded]

The recording is the project's English sample. The real-time factor is that of the whole command
``dragoman interpret``, loading the models included. Ready is the time from starting the process to
``/readyz``; memory is resident, of the server process; the lag is from the true end of a word (the
synthesiser's own times) to the arrival of the caption that commits it, wall clock, over all sessions.
All sessions run at once, each a client in real time. Command and server have a configuration of their own.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import embedded
from benchmarks import machine, own_server, scoring
from benchmarks.own_server import Models
from server.client import client
from server.wire.messages import Done, Error
from streaming.captions import Caption, Transcript
from streaming.decode import decode
from streaming.words import Word

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one session saw."""

    lags: list[float]
    target_characters: int
    skipped: int


async def session(recording: Path, target: str, port: int) -> Outcome:
    """Stream one recording in real time and time what comes back."""
    about = json.loads(recording.with_suffix(".json").read_text())
    language = about["language"]
    transcript, committed = Transcript(), list[tuple[float, str]]()
    skipped = 0
    arrivals = client.stream(
        f"ws://127.0.0.1:{port}/v1/live", decode(recording), source=language, targets=[target]
    )
    async for arrival in arrivals:
        match arrival.message:
            case Caption() as caption if caption.language == language:
                known = transcript.captions.get((caption.utterance, language))
                before = known.committed if known else ""
                transcript.show(caption)
                committed.append((arrival.time, caption.committed[len(before) :]))
            case Caption() as caption:
                transcript.show(caption)
            case Error(code=code, message=message):
                raise RuntimeError(f"{code}: {message}")
            case Done(statistics=statistics):
                skipped = statistics.skipped
    truth = [Word(word["text"], word["start"], word["end"]) for word in about["words"]]
    characters = len("".join(transcript.committed(target)))
    return Outcome(scoring.commit_lags(truth, committed, language), characters, skipped)


def interpret(recording: Path, target: str, config: Path) -> float:
    """Run the command on a recording; gives its real-time factor."""
    about = json.loads(recording.with_suffix(".json").read_text())
    command = [sys.executable, "-m", "server", "interpret", str(recording), "--from", about["language"]]
    began = time.perf_counter()
    subprocess.run([*command, "--to", target, "--config", str(config)], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) / float(about["duration"])


async def run(
    server: own_server.Running, recording: Path, sessions: int, target: str
) -> tuple[list[Outcome], int, float]:
    """Run all sessions at once; gives their outcomes, the peak memory and the processor share."""
    process = server.process
    tasks = [asyncio.create_task(session(recording, target, server.port)) for _ in range(sessions)]
    peak, used, began = 0, process.cpu_times(), time.perf_counter()
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=0.5)
        peak = max(peak, process.memory_info().rss)
    after = process.cpu_times()
    share = (after.user + after.system - used.user - used.system) / (time.perf_counter() - began)
    return [task.result() for task in tasks], peak, share


def measure(recording: Path, sessions: int, target: str, models: Models) -> None:
    """Print everything about a recording."""
    with tempfile.TemporaryDirectory() as folder:
        config = own_server.configure(Path(folder), models)
        factor = interpret(recording, target, config)
        print(f"{recording.name} through dragoman interpret: real-time factor {factor:.2f}")
        with own_server.started(config) as server:
            empty = server.process.memory_info().rss
            print(f"ready after {server.ready:.2f} s, {empty / MEGABYTE:.0f} MB resident")
            live(server, recording, sessions, target)


def live(server: own_server.Running, recording: Path, sessions: int, target: str) -> None:
    """Print memory and lag of one session, then of many."""
    warm, one, _ = asyncio.run(run(server, recording, 1, target))
    late = scoring.quantile(warm[0].lags, 0.95)
    print(f"one session: {one / MEGABYTE:.0f} MB resident, commit lag p95 {late:.2f} s")
    outcomes, many, share = asyncio.run(run(server, recording, sessions, target))
    each = (many - one) / MEGABYTE / max(1, sessions - 1)
    lags = [lag for outcome in outcomes for lag in outcome.lags]
    print(
        f"{sessions} sessions: {many / MEGABYTE:.0f} MB resident ({each:.1f} MB each), "
        f"{share:.2f} cores, commit lag mean {scoring.mean(lags):.2f} s, "
        f"p50 {scoring.quantile(lags, 0.5):.2f} s, p95 {scoring.quantile(lags, 0.95):.2f} s, "
        f"{sum(outcome.skipped for outcome in outcomes)} decision points skipped, "
        f"{sum(outcome.target_characters for outcome in outcomes)} characters translated"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure recordings and a live server.")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--to", default="zh", help="target language")
    own_server.add_models(parser)
    arguments = parser.parse_args()
    models = Models(arguments.model, tuple(arguments.translators))
    recording = next(path for path in embedded.samples() if path.stem == "english")
    print(f"{models} on {machine.describe()}")
    measure(recording, arguments.sessions, arguments.to, models)


if __name__ == "__main__":
    main()

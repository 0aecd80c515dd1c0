"""Print how fast recordings are interpreted, and readiness, memory and commit lag of a live server.

    python -m benchmarks.speed [--sessions 8] [--to zh] [--model embedded]

The recording is the project's English sample. The real-time factor is that of the whole command
``dragoman interpret``, loading the models included. Ready is the time from starting the process to
``/readyz``; memory is resident, of the server process; the lag is from the true end of a word (the
synthesiser's own times) to the arrival of the caption that commits it, wall clock, over all sessions.
All sessions run at once, each a client in real time.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil

import embedded
from benchmarks import machine, scoring
from server.client import client
from server.wire.messages import Caption, Done, Error
from streaming.captions import Transcript
from streaming.decode import decode
from streaming.words import Word

PORT = 8799
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one session saw."""

    lags: list[float]
    target_characters: int
    skipped: int


async def session(recording: Path, target: str) -> Outcome:
    """Stream one recording in real time and time what comes back."""
    about = json.loads(recording.with_suffix(".json").read_text())
    language = about["language"]
    transcript, committed = Transcript(), list[tuple[float, str]]()
    skipped = 0
    arrivals = client.stream(
        f"ws://127.0.0.1:{PORT}/v1/live", decode(recording), source=language, targets=[target]
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


def interpret(recording: Path, target: str, model: str) -> float:
    """Run the command on a recording; gives its real-time factor."""
    about = json.loads(recording.with_suffix(".json").read_text())
    command = [sys.executable, "-m", "server", "interpret", str(recording), "--from", about["language"]]
    began = time.perf_counter()
    subprocess.run([*command, "--to", target, "--model", model], check=True, capture_output=True)
    return (time.perf_counter() - began) / float(about["duration"])


def start(model: str, port: int = PORT) -> tuple[subprocess.Popen[bytes], float]:
    """Start a server and wait until it is ready; gives the process and the seconds that took."""
    command = [sys.executable, "-m", "server", "serve", "--port", str(port), "--model", model]
    command += ["--log", "memory"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and time.perf_counter() - began < 120:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return process, time.perf_counter() - began
        except (URLError, OSError):
            time.sleep(0.02)
    process.kill()
    raise SystemExit("the server did not become ready")


async def run(
    process: psutil.Process, recording: Path, sessions: int, target: str
) -> tuple[list[Outcome], int, float]:
    """Run all sessions at once; gives their outcomes, the peak memory and the processor share."""
    tasks = [asyncio.create_task(session(recording, target)) for _ in range(sessions)]
    peak, used, began = 0, process.cpu_times(), time.perf_counter()
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=0.5)
        peak = max(peak, process.memory_info().rss)
    after = process.cpu_times()
    share = (after.user + after.system - used.user - used.system) / (time.perf_counter() - began)
    return [task.result() for task in tasks], peak, share


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure recordings and a live server.")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--to", default="zh", help="target language")
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    arguments = parser.parse_args()
    recording = next(path for path in embedded.samples() if path.stem == "english")
    print(machine.describe())
    factor = interpret(recording, arguments.to, arguments.model)
    print(f"{recording.name} through dragoman interpret: real-time factor {factor:.2f}")
    process, ready = start(arguments.model)
    try:
        server = psutil.Process(process.pid)
        empty = server.memory_info().rss
        print(f"ready after {ready:.2f} s, {empty / MEGABYTE:.0f} MB resident")
        warm, one, _ = asyncio.run(run(server, recording, 1, arguments.to))
        late = scoring.quantile(warm[0].lags, 0.95)
        print(f"one session: {one / MEGABYTE:.0f} MB resident, commit lag p95 {late:.2f} s")
        outcomes, many, share = asyncio.run(run(server, recording, arguments.sessions, arguments.to))
        each = (many - one) / MEGABYTE / max(1, arguments.sessions - 1)
        lags = [lag for outcome in outcomes for lag in outcome.lags]
        print(
            f"{arguments.sessions} sessions: {many / MEGABYTE:.0f} MB resident ({each:.1f} MB each), "
            f"{share:.2f} cores, commit lag mean {scoring.mean(lags):.2f} s, "
            f"p50 {scoring.quantile(lags, 0.5):.2f} s, p95 {scoring.quantile(lags, 0.95):.2f} s, "
            f"{sum(outcome.skipped for outcome in outcomes)} decision points skipped, "
            f"{sum(outcome.target_characters for outcome in outcomes)} characters translated"
        )
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()

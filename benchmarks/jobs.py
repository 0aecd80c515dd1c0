"""Give a server an hour of speech as a job: memory, speed, and what a kill in the middle does to the result.

    python -m benchmarks.jobs FILE [FILE …] [--minutes 60] [--to zh] [--model embedded]
    python -m benchmarks.jobs FILE [FILE …] --minutes 180 --rest 10 --once

The files are joined and repeated until they are long enough; `--rest` puts so many seconds of room noise
after every few seconds of them. The server is a process of its own. It is killed (SIGKILL) when a third of
the job is done, started again, and the result compared, byte for byte, with that of an undisturbed run; then
a third run is cancelled in the middle; `--once` leaves these out. Memory is resident, the peak of the
server's process while the job runs, and while each quarter of the recording does: what grows with its length
grows from quarter to quarter. The speed counts from submission to the end.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psutil
import soundfile

from benchmarks import machine
from streaming.audio import SAMPLE_RATE
from streaming.decode import decode

PORT = 8797
MEGABYTE = 1 << 20
SPOKEN = 5.0
"""Seconds of the files before each rest."""
NOISE = 1e-3
"""Loudness of a quiet room, of full scale."""
QUARTERS = 4


def joined(sources: list[Path], seconds: float, rest: float, path: Path) -> None:
    """Write the sources one after the other, again and again, until there are so many seconds."""
    left = round(seconds * SAMPLE_RATE)
    room = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for source in cycle(sources):
            for chunk in decode(source, step=SPOKEN):
                noise = room.normal(scale=NOISE, size=round(rest * SAMPLE_RATE)).astype(np.float32)
                samples = np.concatenate([chunk.samples, noise])[:left]
                file.write(samples)
                left -= len(samples)
                if not left:
                    return
            file.write(np.zeros(min(left, SAMPLE_RATE // 2), np.float32))
            left -= min(left, SAMPLE_RATE // 2)


@contextmanager
def served(config: Path, model: str) -> Iterator[psutil.Process]:
    """Run a server until the block ends."""
    command = [sys.executable, "-m", "server", "serve", "--port", str(PORT), "--model", model]
    process = subprocess.Popen([*command, "--config", str(config)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        process.stdout.readline()
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


@dataclass(slots=True)
class Watch:
    """What was seen of a job."""

    job: dict[str, Any]
    peaks: list[int] = field(default_factory=lambda: [0] * QUARTERS)
    """Most memory that was seen in each quarter of the recording."""
    used: float = 0.0
    elapsed: float = 0.0

    @property
    def peak(self) -> int:
        """Most memory that was seen at all."""
        return max(self.peaks)


def watched(server: psutil.Process, http: httpx2.Client, number: str, until: float = 2.0) -> Watch:
    """Look at a job until it has ended, or that part of it is done."""
    began, before = time.perf_counter(), server.cpu_times()
    watch = Watch({})
    while True:
        watch.job = http.get(f"/{number}").json()
        quarter = min(int(QUARTERS * (watch.job["progress"] or 0)), QUARTERS - 1)
        watch.peaks[quarter] = max(watch.peaks[quarter], server.memory_info().rss)
        if watch.job["state"] not in ("queued", "running") or (watch.job["progress"] or 0) >= until:
            break
        time.sleep(0.25)
    after = server.cpu_times()
    watch.used = after.user + after.system - before.user - before.system
    watch.elapsed = time.perf_counter() - began
    return watch


def submit(http: httpx2.Client, name: str, target: str) -> str:
    """Submit a recording below the root."""
    answer = http.post("", json={"path": name, "language": "en", "targets": target})
    answer.raise_for_status()
    return str(answer.json()["id"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a long recording as a job.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rest", type=float, default=0.0, help="seconds of room noise between the speech")
    parser.add_argument("--once", action="store_true", help="the undisturbed run alone")
    parser.add_argument("--to", default="zh", help="target language")
    parser.add_argument("--model", default="embedded")
    arguments = parser.parse_args()
    print(machine.describe(), flush=True)
    base = f"http://127.0.0.1:{PORT}/v1/jobs/"
    with (
        tempfile.TemporaryDirectory() as folder,
        httpx2.Client(base_url=base, timeout=60, follow_redirects=True) as http,
    ):
        root = Path(folder, "root")
        root.mkdir()
        joined(arguments.files, arguments.minutes * 60, arguments.rest, root / "long.wav")
        config = Path(folder, "dragoman.toml")
        kept, events = (json.dumps(str(Path(folder, name))) for name in ("kept", "events.db"))
        recordings = f"[recordings]\nfolder = {kept}\nroot = {json.dumps(str(root))}\n"
        config.write_text(f"{recordings}[events]\npath = {events}\n")
        with served(config, arguments.model) as server:
            empty = server.memory_info().rss
            number = submit(http, "long.wav", arguments.to)
            watch = watched(server, http, number)
            seconds = watch.job["seconds"]
            undisturbed = http.get(f"/{number}/result").content
            print(
                f"undisturbed: {watch.job['state']}, {seconds:.0f} s of audio in {watch.elapsed:.0f} s "
                f"(real-time factor {watch.elapsed / seconds:.3f}, processor {watch.used / seconds:.3f}), "
                f"memory {empty / MEGABYTE:.0f} MB before, {watch.peak / MEGABYTE:.0f} MB at most "
                f"({', '.join(f'{peak / MEGABYTE:.0f}' for peak in watch.peaks)} by quarter), "
                f"result {len(undisturbed)} bytes",
                flush=True,
            )
            if arguments.once:
                return
            http.delete(f"/{number}").raise_for_status()
            number = submit(http, "long.wav", arguments.to)
            watch = watched(server, http, number, until=1 / 3)
            server.kill()
        print(f"killed at {watch.job['seconds_done']:.0f} s", flush=True)
        with served(config, arguments.model) as server:
            watch = watched(server, http, number)
            same = http.get(f"/{number}/result").content == undisturbed
            print(
                f"started again: {watch.job['state']}, resumed {watch.job['resumed']} time from "
                f"{watch.job['resumed_from']:.0f} s, in {watch.elapsed:.0f} s, "
                f"{watch.peak / MEGABYTE:.0f} MB at most, result {'the same' if same else 'DIFFERENT'}",
                flush=True,
            )
            http.delete(f"/{number}").raise_for_status()
            number = submit(http, "long.wav", arguments.to)
            watched(server, http, number, until=0.1)
            began = time.perf_counter()
            state = http.post(f"/{number}/cancel").json()["state"]
            print(f"{state} in the middle, answered within {1000 * (time.perf_counter() - began):.0f} ms")


if __name__ == "__main__":
    main()

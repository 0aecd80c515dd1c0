"""Give a server an hour of speech as a job: memory, speed, and what a kill in the middle does to the result.

    python -m benchmarks.jobs FILE [FILE …] [--minutes 60] [--to zh]
    python -m benchmarks.jobs FILE [FILE …] --minutes 180 --rest 10 --once

The files are joined and repeated until they are long enough; `--rest` puts so many seconds of room noise
after every few seconds of them. The server is a process of its own. It is killed (SIGKILL) in the middle of
a job, started again, and the result compared, byte for byte, with that of an undisturbed run; then the
recording is sent and its job cancelled in the middle; `--once` leaves these out. Memory is resident, the peak
of the server's process while the job runs, and while each quarter of the recording does: what grows with its
length grows from quarter to quarter. The speed counts from submission to the end.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psutil
import soundfile

from benchmarks import machine, own_server
from benchmarks.own_server import Models
from streaming.audio import SAMPLE_RATE
from streaming.decode import decode

MEGABYTE = 1 << 20
SPOKEN = 5.0
"""Seconds of the files before each rest."""
NOISE = 1e-3
"""Loudness of a quiet room, of full scale."""
QUARTERS = 4
MIDDLE = 0.5
"""Part of a job after which the server is killed, and a job cancelled."""
IDLE = 0.05
"""Processors that a server uses which has nothing to do."""
LONG = "long.wav"


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


def jobs_of(server: own_server.Running) -> httpx2.Client:
    """Open the jobs of a server."""
    base = f"http://127.0.0.1:{server.port}/v1/jobs/"
    return httpx2.Client(base_url=base, timeout=60, follow_redirects=True)


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


def upload(http: httpx2.Client, path: Path, target: str) -> str:
    """Submit a recording that is sent."""
    with path.open("rb") as file:
        form = {"language": "en", "targets": target}
        answer = http.post("", files={"file": file}, data=form)
    answer.raise_for_status()
    return str(answer.json()["id"])


def undisturbed(server: psutil.Process, http: httpx2.Client, target: str) -> bytes:
    """Let a job run, print what it took, and give its result."""
    empty = server.memory_info().rss
    number = submit(http, LONG, target)
    watch = watched(server, http, number)
    seconds = watch.job["seconds"]
    result = http.get(f"/{number}/result").content
    print(
        f"undisturbed: {watch.job['state']}, {seconds:.0f} s of audio in {watch.elapsed:.0f} s "
        f"(real-time factor {watch.elapsed / seconds:.3f}, processor {watch.used / seconds:.3f}), "
        f"memory {empty / MEGABYTE:.0f} MB before, {watch.peak / MEGABYTE:.0f} MB at most "
        f"({', '.join(f'{peak / MEGABYTE:.0f}' for peak in watch.peaks)} by quarter), "
        f"result {len(result)} bytes",
        flush=True,
    )
    http.delete(f"/{number}").raise_for_status()
    return result


def resumed(server: psutil.Process, http: httpx2.Client, number: str, wanted: bytes) -> None:
    """See how a job goes on after a kill, and that its result is the `wanted` one."""
    watch = watched(server, http, number)
    same = http.get(f"/{number}/result").content == wanted
    print(
        f"started again: {watch.job['state']}, resumed {watch.job['resumed']} time from "
        f"{watch.job['resumed_from']:.0f} s, in {watch.elapsed:.0f} s, "
        f"{watch.peak / MEGABYTE:.0f} MB at most, result {'the same' if same else 'DIFFERENT'}",
        flush=True,
    )
    http.delete(f"/{number}").raise_for_status()


def cancelled(server: psutil.Process, http: httpx2.Client, path: Path, kept: Path, target: str) -> None:
    """Send a recording, cancel the job in the middle, and see when nothing is done and what is left of it."""
    files = server.num_fds()
    number = upload(http, path, target)
    watch = watched(server, http, number, until=MIDDLE)
    copies = held(kept)
    began = time.perf_counter()
    job = http.post(f"/{number}/cancel").json()
    answered = time.perf_counter() - began
    while busy(server) > IDLE:
        pass
    stopped = time.perf_counter() - began
    print(
        f"{job['state']} at {watch.job['seconds_done']:.0f} s: answered within {1000 * answered:.0f} ms, "
        f"at rest within {stopped:.1f} s; recordings kept {copies / MEGABYTE:.0f} MB before, "
        f"{held(kept) / MEGABYTE:.0f} MB after; files open {server.num_fds() - files:+d}; "
        f"{server.memory_info().rss / MEGABYTE:.0f} MB"
    )


def busy(server: psutil.Process, seconds: float = 0.5) -> float:
    """Tell how many processors a server uses."""
    return float(server.cpu_percent(seconds)) / 100


def held(folder: Path) -> int:
    """Count the bytes of the recordings below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix == ".wav")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a long recording as a job.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rest", type=float, default=0.0, help="seconds of room noise between the speech")
    parser.add_argument("--once", action="store_true", help="the undisturbed run alone")
    parser.add_argument("--to", default="zh", help="target language")
    own_server.add_models(parser)
    arguments = parser.parse_args()
    models, target = Models(arguments.model, tuple(arguments.translators)), arguments.to
    print(f"{models} on {machine.describe()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        root, kept = Path(folder, "root"), Path(folder, "kept")
        root.mkdir()
        joined(arguments.files, arguments.minutes * 60, arguments.rest, root / LONG)
        recordings = {"folder": str(kept), "root": str(root)}
        config = own_server.configure(Path(folder), models, recordings=recordings)
        with own_server.started(config) as server, jobs_of(server) as http:
            result = undisturbed(server.process, http, target)
            if arguments.once:
                return
            number = submit(http, LONG, target)
            watch = watched(server.process, http, number, until=MIDDLE)
            server.process.kill()
        print(f"killed at {watch.job['seconds_done']:.0f} s", flush=True)
        with own_server.started(config) as server, jobs_of(server) as http:
            resumed(server.process, http, number, result)
            cancelled(server.process, http, root / LONG, kept, target)


if __name__ == "__main__":
    main()

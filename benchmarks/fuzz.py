"""Print what mutated messages and uploads do to a live server: nothing, it is hoped.

    python -m benchmarks.fuzz [--messages 100000] [--uploads 2000] [--seed 1] [--together 8] [--storms 1]

A server with the embedded models runs in a process of its own. Conversations are changed as JSON and as
bytes and sent over WebSockets, some alone with the server and some to every door of rooms, some cut off in
the middle; every POST route that the server describes gets changed forms and bodies. Counted before and
after: sessions, asyncio tasks, open files, threads by what they are for, memory. A pool of threads grows when
more is asked of it at once than ever before, and keeps its threads: it may grow, up to what it may hold.
Further storms are like the first, each with the next seed, and show whether memory grows with every one.
Exit status 1: it crashed, failed on a request, or something was left behind.
"""

import argparse
import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

import embedded
from benchmarks import machine, own_server
from benchmarks.mutation import Frame, Mutator
from benchmarks.own_server import Models
from server.wire.codec import encode
from server.wire.messages import Finish

CONVERSATIONS_IN_A_ROOM = 25
"""Then another one is opened: an operator may have ended it."""
FINISH = encode(Finish())
ANSWER_SECONDS = 60.0
"""A conversation must have ended, and a request been answered, within this time."""
SETTLE_SECONDS = 30.0
"""Whatever is not gone after this long is left behind."""
GAUGES = ("sessions", "speakers", "listeners", "tasks")
POOLS = ("uvloop", "asyncio", "anyio worker thread", "engine", "recording")
"""Threads that are kept for the next who needs one."""
LARGEST_POOL = 40
"""Threads of all pools of one name, at most: one that holds more has been made again and again."""
MEGABYTE = 1 << 20


@dataclass(slots=True)
class Tally:
    """What happened."""

    messages: int = 0
    conversations: int = 0
    uploads: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """How conversations and requests ended."""
    failures: list[str] = field(default_factory=list)
    """What should not have happened."""


async def converse(address: str, mutator: Mutator, messages: int, together: int) -> Tally:
    """Send so many mutated messages over WebSockets: to sessions of their own, and to all doors of rooms."""
    tally, room = Tally(), ""

    async def talk(http: httpx2.AsyncClient) -> None:
        nonlocal room
        while tally.messages < messages:
            door, abrupt = mutator.door(), mutator.chance(0.1)
            frames = mutator.conversation(door)
            tally.messages += len(frames)
            tally.conversations += 1
            if tally.conversations % CONVERSATIONS_IN_A_ROOM == 0:
                opened = await _room(http)
                before, room = room, opened
                await http.delete(f"/v1/rooms/{before}")
            path = f"rooms/{room}/{door}" if door else "live"
            end = await _conversation(f"ws://{address}/v1/{path}", frames, abrupt)
            tally.ends[end] += 1
            # uvicorn resets a connection on which text was no UTF-8, and that sweeps its close frame away.
            if end in ("1011", "unanswered") or (end == "1006" and not any(map(_is_broken_text, frames))):
                tally.failures.append(f"{path}: {end}: {frames!r:.300}")

    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=ANSWER_SECONDS) as http:
        room = await _room(http)
        await asyncio.gather(*(talk(http) for _ in range(together)))
        await http.delete(f"/v1/rooms/{room}")
    return tally


async def _room(http: httpx2.AsyncClient) -> str:
    """Open a room."""
    room = f"fuzz-{secrets.token_hex(4)}"
    (await http.post("/v1/rooms", json={"id": room, "source": "en", "targets": ["zh"]})).raise_for_status()
    return room


async def upload(address: str, mutator: Mutator, uploads: int, file: bytes) -> Tally:
    """Send so many mutated bodies to every POST route that is described."""
    tally = Tally()
    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=ANSWER_SECONDS) as http:
        described = (await http.get("/openapi.json")).json()
        routes = [(path, item["post"]) for path, item in described["paths"].items() if "post" in item]
        for i in range(uploads):
            path, operation = routes[i % len(routes)]
            content, kind = _body(mutator, operation, described, file)
            address = path.replace("{", "").replace("}", "")
            answer = await http.post(address, content=content, headers={"Content-Type": kind})
            tally.uploads += 1
            tally.ends[f"HTTP {answer.status_code}"] += 1
            if answer.status_code >= 500 and answer.status_code != 503:
                tally.failures.append(f"{path}: {answer.status_code}: {content!r:.300}")
    return tally


async def _conversation(url: str, frames: Sequence[Frame], abrupt: bool) -> str:
    """Hold one conversation; gives how it ended."""
    try:
        socket = await connect(url, compression=None, ping_interval=None, max_size=None, proxy=None)
    except InvalidHandshake:
        return "refused"
    with suppress(ConnectionClosed):
        for frame in frames:
            await socket.send(frame, text=True if _is_broken_text(frame) else None)
        if abrupt:
            socket.transport.abort()
            return "cut off"
        if FINISH not in frames:
            await socket.send(FINISH)  # right or wrong, it ends the conversation
    return await _ending(socket)


async def _ending(socket: ClientConnection) -> str:
    """Wait for the server's last word."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return str(socket.close_code)
    except TimeoutError:
        socket.transport.abort()
        return "unanswered"


def _is_broken_text(frame: Frame) -> bool:
    """Tell a message that is no UTF-8 any more; it goes as text all the same."""
    return isinstance(frame, bytes) and frame[:1] in b"{[" and len(frame) > 8


def _body(mutator: Mutator, operation: Any, described: Any, file: bytes) -> tuple[bytes, str]:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" not in content:
        return mutator.body(), "application/json"
    schema = content["multipart/form-data"]["schema"]
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    names = [name for name in schema.get("properties", {}) if name != "file"]
    return mutator.multipart(mutator.fields(names), file)


def main() -> int:
    """Attack a server, count what is left, and print both."""
    arguments = _arguments()
    file = embedded.samples()[0].read_bytes()[:40_000]
    print(machine.describe())
    wrong = list[str]()
    with _server() as (process, address, log):
        _attack(address, Mutator(0), 1_000, 50, arguments.together, file)  # what is made once and kept
        _job(address, file)
        before = _state(process, address)
        for seed in range(arguments.seed, arguments.seed + arguments.storms):
            began = time.perf_counter()
            tally = _attack(
                address, Mutator(seed), arguments.messages, arguments.uploads, arguments.together, file
            )
            seconds = time.perf_counter() - began
            after = _settled(process, address, before)
            print(f"{tally.messages} messages in {tally.conversations} conversations, "
                  f"{tally.uploads} uploads, {seconds:.0f} s, seed {seed}")  # fmt: skip
            print("ended with:", ", ".join(f"{end} {count}" for end, count in tally.ends.most_common()))
            for name, value in after.items():
                print(f"{name}: {before.get(name, 0):g} before, {value:g} after")
            wrong += [*tally.failures[:10], *(f"left behind: {name}" for name in left(before, after))]
        log.seek(0)
        told = [line for line in log.read().splitlines() if " error " in line or "Traceback" in line]
    wrong += told[:10]
    for what in wrong:
        print("WRONG:", what)
    return 1 if wrong else 0


def _job(address: str, file: bytes) -> None:
    """Let the server work on a job: it opens the list of jobs, which stays open."""
    with httpx2.Client(base_url=f"http://{address}/v1/jobs/", timeout=ANSWER_SECONDS) as http:
        posted = http.post(f"http://{address}/v1/jobs", files={"file": ("one.flac", file)})
        while http.get(posted.json()["id"]).json()["state"] in ("queued", "running"):
            time.sleep(0.1)


def left(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Name what there is more of than before, and ought not to be."""
    most = {f"threads of {pool}": LARGEST_POOL for pool in POOLS} | {"memory_mb": float("inf")}
    return [name for name, value in after.items() if value > most.get(name, before.get(name, 0))]


def _attack(address: str, mutator: Mutator, messages: int, uploads: int, together: int, file: bytes) -> Tally:
    async def attack() -> Tally:
        tally = await converse(address, mutator, messages, together)
        posted = await upload(address, mutator, uploads, file)
        tally.uploads = posted.uploads
        tally.ends += posted.ends
        tally.failures += posted.failures
        return tally

    return asyncio.run(attack())


@contextmanager
def _server() -> Iterator[tuple[psutil.Process, str, Any]]:
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "log", "w+") as log:
        unbounded = {"limits": {"utilisation": 0.0}, "server": {"grace": 0.0}}
        config = own_server.configure(Path(folder), Models(), **unbounded)
        command = [sys.executable, *own_server.arguments(config, 0)]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert running.stdout
            address = running.stdout.readline().split("ws://")[1].split("/")[0]
            yield psutil.Process(running.pid), address, log
        finally:
            running.terminate()
            running.wait()


def _state(process: psutil.Process, address: str) -> dict[str, float]:
    """Count what could leak."""
    with urllib.request.urlopen(f"http://{address}/metrics") as answer:
        families = [*text_string_to_metric_families(answer.read().decode())]
    samples = [sample for family in families for sample in family.samples]
    numbers = {sample.name: sample.value for sample in samples if not sample.labels}
    threads = {
        f"threads of {sample.labels['name']}": sample.value
        for sample in samples
        if sample.name == "dragoman_threads"
    }
    return {name: numbers[f"dragoman_{name}"] for name in GAUGES} | {
        "open_files": process.num_fds(),
        **threads,
        "native threads": process.num_threads() - sum(threads.values()),
        "memory_mb": process.memory_info().rss / MEGABYTE,
    }


def _settled(process: psutil.Process, address: str, before: dict[str, float]) -> dict[str, float]:
    """Count again until nothing is left, or for as long as is reasonable."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        state = _state(process, address)
        if not left(before, state) or time.monotonic() > deadline:
            return state
        time.sleep(0.5)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--uploads", type=int, default=2_000)
    parser.add_argument("--together", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--storms", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""One floor, four languages, many listeners: `python -m benchmarks.load --listeners 2000 --seconds 60`.

The server runs in a process of its own with scripted engines and its event log on the disk; the listeners
in another one, as plain TCP readers with a minimal WebSocket parser, so that the client costs little; the
speaker here, in real time. Every listener must get every committed caption of the own language, in order.
Lag is from the commit (the time of the event in the log) to its receipt by a listener, wall clock of one
machine; it includes the writing of the log.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks import machine
from benchmarks.scripted_server import TARGETS, Process
from server.client import client
from server.client.replay import Replay
from server.rooms.eventlog import Event, EventLog
from server.wire.codec import encode
from server.wire.messages import Done, Start
from server.wire.room_messages import Listen
from streaming.audio import AudioChunk
from streaming.scripted import VOCABULARY, speak

ROOM = "hall"
STEP = 1600
AT_ONCE = 50
"""Listeners who connect at the same time."""


class Reader(asyncio.Protocol):
    """A listener: notes the number and the time of every event."""

    def __init__(self, language: str, address: str, done: asyncio.Semaphore) -> None:
        self._language = language
        self._address = address
        self._begun = done
        self._buffer = b""
        self._open = False
        self.received: list[tuple[int, float]] = []
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /v1/rooms/{ROOM}/listen HTTP/1.1\r\nHost: {self._address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Read what frames are whole."""
        now = time.time()
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._open, self._buffer = True, rest
            self._send(1, encode(Listen(self._language, "steady")).encode())
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == 9:
                self._send(10, payload)
            elif kind == 1:
                self._note(json.loads(payload), now)

    def connection_lost(self, error: Exception | None) -> None:
        """The server has closed, or broken off."""
        self.ended = True

    def _note(self, message: dict[str, Any], now: float) -> None:
        if message["type"] == "room" and not self.received:
            self._begun.release()
        if message["type"] == "caption":
            self.received.append((message["event"], now))

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._buffer
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + size:
            return None
        self._buffer = data[start + size :]
        return data[0] & 15, data[start : start + size]

    def _send(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        length = (
            bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        )
        self._transport.write(bytes([0x80 | kind]) + length + mask + body)


async def _listen(address: str, count: int, pipe: Connection) -> None:
    """Hold all listeners; says when all are there, and what each got."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    readers: list[Reader] = []
    for first in range(0, count, AT_ONCE):
        begun = asyncio.Semaphore(0)
        some = range(first, min(count, first + AT_ONCE))
        for i in some:
            reading = partial(Reader, TARGETS[i % len(TARGETS)], address, begun)
            _, reader = await loop.create_connection(reading, host, int(port))
            readers.append(reader)
        for _ in some:
            await asyncio.wait_for(begun.acquire(), 60)
    pipe.send("ready")
    while not all(reader.ended for reader in readers):  # noqa: ASYNC110 - the sockets tell nobody together
        await asyncio.sleep(0.2)
    pipe.send([(TARGETS[i % len(TARGETS)], reader.received) for i, reader in enumerate(readers)])
    pipe.send(time.process_time())


def listen(address: str, count: int, pipe: Connection) -> None:
    """Run the listeners' process."""
    asyncio.run(_listen(address, count, pipe))


async def _speak(address: str, seconds: float) -> None:
    words = [
        word for _ in range(1 + int(seconds / 7)) for word in (*VOCABULARY[:12], "", *VOCABULARY[12:], "")
    ]
    samples = speak(words)[: int(seconds * 16_000)]

    def chunks() -> Iterator[AudioChunk]:
        for start in range(0, len(samples), STEP):
            yield AudioChunk(samples[start : start + STEP], start)

    talk = client.Conversation(
        f"ws://{address}/v1/rooms/{ROOM}/floor", Start("en"), Replay(chunks(), "pcm_s16le", 1.0)
    )
    async for arrival in talk.arrivals(10):
        if isinstance(arrival.message, Done):
            return


async def hold(server: Process, count: int, seconds: float) -> tuple[list[Any], float, float, float]:
    """Hold the event; gives what each listener got, and CPU seconds: of the server while listeners came,
    while it was spoken, and of the listeners."""
    here, there = multiprocessing.Pipe()
    room = {"id": ROOM, "source": "en", "targets": list(TARGETS)}
    process = psutil.Process(server.pid)
    async with httpx2.AsyncClient(base_url=f"http://{server.address}", timeout=60) as http:
        (await http.post("/v1/rooms", json=room)).raise_for_status()
        began = _cpu(process)
        listeners = multiprocessing.get_context("spawn").Process(
            target=listen, args=(server.address, count, there)
        )
        listeners.start()
        assert await asyncio.to_thread(here.recv) == "ready"
        ready = _cpu(process)
        print(f"{count} listeners are there", flush=True)
        await _speak(server.address, seconds)
        spoken = _cpu(process)
        (await http.delete(f"/v1/rooms/{ROOM}")).raise_for_status()
        got = await asyncio.to_thread(here.recv)
        cost = await asyncio.to_thread(here.recv)
        listeners.join()
    return got, ready - began, spoken - ready, cost


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def judge(events: list[Event], got: list[Any]) -> tuple[int, list[float]]:
    """Count the listeners who missed, repeated or got out of order; gives also all lags in seconds."""
    told: dict[str, list[int]] = defaultdict(list)
    times = {event.number: event.time for event in events}
    for event in events:
        if event.kind == "caption":
            told[event.content["language"]].append(event.number)
    wrong = sum(1 for language, received in got if [n for n, _ in received] != told[language])
    return wrong, sorted(at - times[n] for _, received in got for n, at in received)


def main() -> None:
    """Run as the command line says; exit status 1: a listener missed something."""
    parser = argparse.ArgumentParser(description="One floor, four languages, many listeners.")
    parser.add_argument("--listeners", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, given.listeners + 1_000), hard))
    print(machine.describe(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.db"
        server = Process(log)
        server.start()
        try:
            got, joining, speaking, cost = asyncio.run(hold(server, given.listeners, given.seconds))
        finally:
            server.stop()
        wrong, lags = judge(asyncio.run(_read(log)), got)
    messages = len(lags)
    print(
        f"{given.listeners} listeners, {len(TARGETS)} languages, {given.seconds:.0f} s of speech: "
        f"{messages} captions received, {messages / given.seconds:.0f} a second; "
        f"{wrong} listeners missed or repeated any"
    )
    print(
        f"commit to receipt: median {1000 * lags[messages // 2]:.0f} ms, "
        f"p95 {1000 * lags[int(0.95 * messages)]:.0f} ms, most {1000 * lags[-1]:.0f} ms"
    )
    print(
        f"CPU of the server: {joining:.1f} s for the listeners to come, {speaking:.1f} s during the speech "
        f"({100 * speaking / given.seconds:.0f} % of a core, {1e6 * speaking / max(1, messages):.0f} µs a "
        f"caption and listener); of the listeners' process: {cost:.1f} s"
    )
    raise SystemExit(1 if wrong or not messages else 0)


async def _read(log: Path) -> list[Event]:
    async with EventLog(log) as reading:
        return await reading.read(ROOM, most=1_000_000)


if __name__ == "__main__":
    main()

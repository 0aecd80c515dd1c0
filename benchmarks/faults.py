"""Break everything that can break, and see that nothing is lost: `python -m benchmarks.faults`.

A speaker talks in a room with listeners in several languages and styles, all of them through a proxy that
cuts connections after a random number of bytes in either direction. Listeners are killed and come back with
the last event they have; the server is killed with SIGKILL in mid-speech and started anew. Afterwards the
event log must equal that of a run in which nothing happened, event by event for each utterance and
language, and every listener must have got exactly the events of the own language, each once, in order.

Engines are scripted, audio is not paced; all chance comes from the seed.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.scripted_server import Process
from server.client import client
from server.client.client import Arrival, Conversation, Reading
from server.client.replay import Replay
from server.rooms.eventlog import Event, EventLog
from server.wire.messages import Done, Error, Start
from server.wire.room_messages import Listen
from streaming.audio import AudioChunk, Samples
from streaming.captions import Caption
from streaming.errors import InputError
from streaming.scripted import VOCABULARY, speak

ROOM = "hall"
LISTENERS = (("es", "fast"), ("zh", "steady"), ("floor", "steady"), ("es", "steady"))
STEP = 1600


@dataclass
class Plan:
    """What goes wrong, from a seed."""

    seed: int
    cuts: int
    kills: int
    words: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def talk(self) -> Samples:
        """Write the speech: utterances of 1 … 9 words."""
        chance, words = random.Random(self.seed + 1), list[str]()
        while len(words) < self.words:
            words += [*chance.choices(VOCABULARY, k=chance.randint(1, 9)), ""]
        return speak(words)


class Proxy:
    """Passes connections on, and cuts some after so many bytes."""

    def __init__(self, server: Process, plan: Plan) -> None:
        self._server = server
        self._plan = plan
        self.cut = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""
        try:
            there, here = await asyncio.open_connection(*self._server.address.split(":"))
        except OSError:
            writer.transport.abort()
            return
        left = self._budget()

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal left
            while data := await source.read(4096):
                if left is not None:
                    data, left = data[:left], left - len(data)
                sink.write(data)
                await sink.drain()
                if left is not None and left <= 0:
                    self.cut += 1
                    raise ConnectionError("cut")
            sink.write_eof()

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, here))
                tasks.create_task(pump(there, writer))
        except* (OSError, RuntimeError):
            pass
        finally:
            here.transport.abort()
            writer.transport.abort()

    def _budget(self) -> int | None:
        """Say after how many bytes to cut; `None`: not any more."""
        if self.cut >= self._plan.cuts:
            return None
        chance = self._plan.chance
        return chance.choice([chance.randrange(1_500, 4_000), chance.randrange(1_000, 40_000)])


@dataclass
class Heard:
    """What a listener got, over all its lives."""

    language: str
    style: Any
    captions: list[tuple[int, Caption]] = field(default_factory=list)
    lives: int = 1

    @property
    def last(self) -> int:
        """Number of the last event."""
        return self.captions[-1][0] if self.captions else 0


@dataclass
class Outcome:
    """What a run came to."""

    events: list[Event]
    heard: list[Heard]
    cuts: int = 0
    restarts: int = 0
    deaths: int = 0


async def run(plan: Plan, log: Path, disturbed: bool) -> Outcome:
    """Hold the event; `disturbed`: with everything that goes wrong."""
    client.FIRST_PAUSE, client.LONGEST_PAUSE = 0.01, 0.2
    server = Process(log)
    await asyncio.to_thread(server.start)
    outcome = Outcome([], [Heard(language, style) for language, style in LISTENERS])
    try:
        async with httpx2.AsyncClient(base_url=f"http://{server.address}") as http:
            plan_of_room = {"id": ROOM, "source": "en", "targets": ["es", "zh"]}
            (await http.post("/v1/rooms", json=plan_of_room)).raise_for_status()
            async with _proxied(server, plan) as (address, proxy):
                if not disturbed:
                    proxy.cut = plan.cuts
                listeners = [asyncio.create_task(_listen(address, heard)) for heard in outcome.heard]
                await _speak(address, plan, server, outcome, listeners if disturbed else [])
                outcome.cuts = proxy.cut if disturbed else 0
                (await http.delete(f"/v1/rooms/{ROOM}")).raise_for_status()
                await asyncio.wait_for(asyncio.gather(*listeners), 60)
    finally:
        await asyncio.to_thread(server.stop)
    async with EventLog(log) as reading:
        outcome.events = await reading.read(ROOM, most=1_000_000)
    return outcome


async def _speak(
    address: str, plan: Plan, server: Process, outcome: Outcome, victims: list[asyncio.Task[None]]
) -> None:
    """Speak through it all; as events come, kill the server and listeners."""
    samples = plan.talk()
    expected = plan.words // 3
    kills = {expected * (i + 1) // (plan.kills + 1) for i in range(plan.kills)} if victims else set()
    deaths = set(range(20, 2 * expected, 20)) if victims else set()
    url, token, event = f"ws://{address}/v1/rooms/{ROOM}/floor", "", 0
    own = 0
    while True:
        talk = Conversation(url, Start("en"), Replay(_chunks(samples), "pcm_s16le", 0.0), token, event)
        async with aclosing(talk.arrivals(60)) as arrivals:
            async for arrival in arrivals:
                token, event = talk.token, talk.event or 0
                own += arrival.event is not None
                if isinstance(arrival.message, Error):
                    raise RuntimeError(arrival.message.message)
                if isinstance(arrival.message, Done):
                    return
                if own in kills:
                    kills.discard(own)
                    outcome.restarts += 1
                    server.kill()
                    await asyncio.to_thread(server.start)
                    break  # the speaker's client dies with it: another one goes on with its token
                if own in deaths:
                    deaths.discard(own)
                    index = plan.chance.randrange(len(victims))
                    victims[index].cancel()
                    await asyncio.wait([victims[index]])
                    outcome.heard[index].lives += 1
                    outcome.deaths += 1
                    victims[index] = asyncio.create_task(_listen(address, outcome.heard[index]))


async def _listen(address: str, heard: Heard) -> None:
    """Read on after the last event that has come."""
    url = f"ws://{address}/v1/rooms/{ROOM}/listen"
    while True:
        reading = Reading(url, Listen(heard.language, heard.style, event=heard.last))
        try:
            async with aclosing(reading.arrivals(60)) as arrivals:
                async for arrival in arrivals:
                    _note(heard, arrival)
                    if isinstance(arrival.message, Done):
                        return
        except InputError:
            await asyncio.sleep(0.05)  # cut before the first message


def _note(heard: Heard, arrival: Arrival) -> None:
    if arrival.event is not None and isinstance(arrival.message, Caption):
        heard.captions.append((arrival.event, arrival.message))


def _chunks(samples: Samples) -> Iterator[AudioChunk]:
    for start in range(0, len(samples), STEP):
        yield AudioChunk(samples[start : start + STEP], start)


@asynccontextmanager
async def _proxied(server: Process, plan: Plan) -> AsyncIterator[tuple[str, Proxy]]:
    proxy = Proxy(server, plan)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", proxy


def told(events: list[Event]) -> dict[tuple[int, str], list[Any]]:
    """Give what was told of each utterance in each language, in order."""
    found: dict[tuple[int, str], list[Any]] = {}
    for event in events:
        if event.kind == "caption":
            content = event.content
            key = (content["utterance"], content["language"])
            found.setdefault(key, []).append((content["committed"], content["final"], content["words"]))
    return found


def differences(calm: Outcome, broken: Outcome) -> list[str]:
    """Say what a disturbed run has lost, said twice or said otherwise."""
    found = []
    before, after = told(calm.events), told(broken.events)
    found += [
        f"{key}: {before.get(key)} became {after.get(key)}"
        for key in before | after
        if before.get(key) != after.get(key)
    ]
    if [event.number for event in broken.events] != list(range(1, len(broken.events) + 1)):
        found.append("the numbers of the events have gaps")
    for heard in broken.heard:
        own = [event for event in broken.events if event.kind == "caption" and _reads(heard, event)]
        if [number for number, _ in heard.captions] != [event.number for event in own]:
            found.append(f"the listener of {heard.language} ({heard.style}) missed or repeated events")
        if [c.committed for _, c in heard.captions] != [event.content["committed"] for event in own]:
            found.append(f"the listener of {heard.language} ({heard.style}) was told something else")
    return found


def _reads(heard: Heard, event: Event) -> bool:
    if heard.language == "floor":
        return bool(event.content["spoken"])
    return bool(event.content["language"] == heard.language)


async def compare(plan: Plan) -> tuple[Outcome, list[str]]:
    """Hold the event twice, undisturbed and disturbed; gives the latter and what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        calm = await run(plan, Path(folder) / "calm.db", False)
        plan.__post_init__()
        broken = await run(plan, Path(folder) / "broken.db", True)
    return broken, differences(calm, broken)


def main() -> None:
    """Run as the command line says; exit status 1: something was lost, or said twice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cuts", type=int, default=500)
    parser.add_argument("--kills", type=int, default=3, help="of the server")
    parser.add_argument("--words", type=int, default=500)
    given = parser.parse_args()
    began = time.monotonic()
    broken, found = asyncio.run(compare(Plan(given.seed, given.cuts, given.kills, given.words)))
    print(
        f"seed {given.seed}: {broken.cuts} cuts, {broken.restarts} kills of the server, "
        f"{broken.deaths} of listeners; {len(broken.events)} events, {len(found)} differences, "
        f"{time.monotonic() - began:.0f} s"
    )
    for difference in found[:20]:
        print(difference)
    raise SystemExit(1 if found or broken.cuts < given.cuts else 0)


if __name__ == "__main__":
    main()

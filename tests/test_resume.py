"""Law 11: cut a session anywhere, any number of times, kill the server in between, and nothing is lost."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from server.client import client
from server.client.replay import Replay
from server.interpretation.graph import Interpretation
from server.rooms import snapshot
from server.rooms.eventlog import Event, EventLog
from server.wire.codec import decode, encode
from server.wire.messages import Ack, Done, Error, Finish, Ready, Resume, ServerMessage, Start
from streaming.audio import AudioChunk, to_pcm16
from streaming.captions import Caption
from streaming.errors import ProtocolError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Notice, Recognition, Window
from tests.served import Process, cut, interpreted, serving, until

TALK = [*VOCABULARY[:5], "", *VOCABULARY[5:12], "", *VOCABULARY[12:16], "", *VOCABULARY[16:]]
SAMPLES = speak(TALK)
TARGETS = ("es", "zh")


def expected() -> dict[str, list[str]]:
    transcript = interpreted(SAMPLES, Interpretation("en", TARGETS))
    return {language: transcript.committed(language) for language in ("en", *TARGETS)}


async def read(log: EventLog) -> list[Event]:
    """All that was logged of the only stream."""
    (stream,) = await log.streams("room")
    return await log.read(stream, most=100_000)


def captions(events: list[Event]) -> dict[tuple[int, str], list[Any]]:
    """What was told of each utterance and language, in order."""
    told: dict[tuple[int, str], list[Any]] = {}
    for event in events:
        if event.kind == "caption":
            content = event.content
            row = (content["committed"], content["final"], content["words"])
            told.setdefault((content["utterance"], content["language"]), []).append(row)
    return told


def texts(events: list[Event]) -> dict[str, list[str]]:
    last = {key: rows[-1][0] for key, rows in sorted(captions(events).items())}
    return {
        language: [text for key, text in last.items() if key[1] == language and text]
        for language in ("en", *TARGETS)
    }


class Cutting:
    """A proxy that cuts connections after so many bytes, in either direction, and at last lets them be."""

    def __init__(self, address: Callable[[], str], cuts: list[int]) -> None:
        self._address = address
        self._cuts = cuts
        self.broken = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._cuts.pop() if self._cuts else None
        try:
            there, here = await asyncio.open_connection(*self._address().split(":"))
        except OSError:
            writer.transport.abort()
            return

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal left
            while data := await source.read(4096):
                if left is not None:
                    data, left = data[:left], left - len(data)
                sink.write(data)
                await sink.drain()
                if left is not None and left <= 0:
                    self.broken += 1
                    raise ConnectionError
            sink.write_eof()

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, here))
                tasks.create_task(pump(there, writer))
        except* OSError:
            pass
        finally:
            here.transport.abort()
            writer.transport.abort()


@asynccontextmanager
async def proxied(address: Callable[[], str], cuts: list[int]) -> AsyncIterator[tuple[str, Cutting]]:
    cutting = Cutting(address, cuts)
    server = await asyncio.start_server(cutting.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/live", cutting


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.02)


async def talk(url: str, **options: Any) -> list[client.Arrival]:
    given: dict[str, Any] = {"source": "en", "targets": TARGETS, "speed": 0.0, **options}
    return [arrival async for arrival in client.stream(url, cut(SAMPLES, [800]), **given)]


async def undisturbed() -> list[Event]:
    log = EventLog()
    async with serving(log=log) as served:
        await talk(served.url)
        return await read(log)


@pytest.mark.parametrize("seed", range(4))
async def test_cuts_at_any_byte_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    cuts = [chance.choice([chance.randrange(2_000), chance.randrange(60_000)]) for _ in range(12)]
    cuts.append(20_000)  # not before the session has begun
    log = EventLog()
    async with serving(log=log, grace=30) as served:
        async with proxied(lambda: served.address, cuts) as (url, cutting):
            arrivals = await talk(url)
        assert cutting.broken >= 5
        events = await read(log)
    assert captions(events) == captions(await undisturbed())
    assert texts(events) == expected()
    numbers = [arrival.event for arrival in arrivals if arrival.event is not None]
    assert numbers == list(range(1, len(events) + 1))
    assert isinstance(arrivals[-1].message, Done)


SERVER = """
import sys
from pathlib import Path
from server import app, config
from server.interpretation import models
from tests.served import engines
models.load_engines = lambda config, say: engines()
app.serve(config.load(server={"port": int(sys.argv[1])}, events={"path": sys.argv[2]}))
"""


async def test_the_server_is_killed_in_mid_speech(tmp_path: Path) -> None:
    server = Process(SERVER, tmp_path / "events.db")
    await asyncio.to_thread(server.start)
    kills = {11}
    seen: list[client.Arrival] = []
    try:
        arrivals = client.stream(
            f"ws://{server.address}/v1/live", cut(SAMPLES, [800]), source="en", targets=TARGETS, speed=8
        )
        async with aclosing(arrivals):
            async for arrival in arrivals:
                seen.append(arrival)
                if arrival.event in kills:
                    kills.discard(arrival.event)
                    server.kill()
                    await asyncio.to_thread(server.start)
    finally:
        server.kill()
    assert not kills
    async with EventLog(tmp_path / "events.db") as log:
        events = await read(log)
    assert texts(events) == expected()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [a.event for a in seen if a.event is not None] == [event.number for event in events]
    assert all(rows[-1][1] for rows in captions(events).values())
    assert len([a for a in seen if isinstance(a.message, Ready)]) == 2
    assert captions(events) == captions(await undisturbed())


class Clock:
    """Time that passes only while the recognizer works."""

    def __init__(self, cost: float) -> None:
        """`cost` is that of a window, in seconds."""
        self.now = 0.0
        self.cost = cost

    def perf_counter(self) -> float:
        return self.now


class Hasty(ScriptedRecognizer):
    """Takes its time, and hears a word rightly only when enough has followed it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self._clock.now += self._clock.cost
        return [
            self._misheard(w, heard) for w, heard in zip(windows, super().recognize(windows), strict=True)
        ]

    def _misheard(self, window: Window, heard: Recognition) -> Recognition:
        settled = window.audio.end if window.final else window.audio.end - 0.8
        words = [w if w.end <= settled else replace(w, text=f"{w.text}ish") for w in heard.words]
        return replace(heard, words=tuple(replace(word, probability=0.99) for word in words))


HASTY_SERVER = """
import sys
from server import app, config
from server.interpretation import models
from streaming import pipeline
from tests.served import engines
from tests.test_resume import Clock, Hasty
pipeline.time = clock = Clock(float(sys.argv[3]))
models.load_engines = lambda config, say: engines(recognizer=Hasty(clock))
app.serve(config.load(server={"port": int(sys.argv[1])}, events={"path": sys.argv[2]}))
"""


async def test_what_was_heard_in_haste_is_heard_so_again(tmp_path: Path) -> None:
    """A second hearing with all the time of the world must first say what was told under load."""
    server = Process(HASTY_SERVER, tmp_path / "events.db")
    said = [list(VOCABULARY), list(VOCABULARY[::-1]), list(VOCABULARY)]
    samples = speak([word for utterance in said for word in [*utterance, ""]])
    await asyncio.to_thread(server.start, "1.5")
    costs = iter(("0", "1", "0", "2", "0"))
    kills, messages = {12, 14, 26, 28, 34}, list[ServerMessage]()
    try:
        address = f"ws://{server.address}/v1/live"
        arrivals = client.stream(address, cut(samples, [800]), source="en", targets=TARGETS, speed=8)
        async with aclosing(arrivals):
            async for arrival in arrivals:
                messages.append(arrival.message)
                if arrival.event in kills:
                    kills.discard(arrival.event)
                    server.kill()
                    await asyncio.to_thread(server.start, next(costs))
    finally:
        server.kill()
    assert not kills
    assert isinstance(messages[-1], Done)
    async with EventLog(tmp_path / "events.db") as log:
        events = await read(log)
    assert max(steps for event in events for steps in event.content.get("pace", {"": 1}).values()) > 1
    misheard = texts(events)
    assert "ish" in misheard["en"][0]
    for language, way in (("en", 1), ("es", -1)):
        heard = [text.replace("ish"[::way], "").split() for text in misheard[language]]
        assert heard == [[word[::way] for word in utterance] for utterance in said]


async def test_a_server_that_is_stopped_in_order_loses_nothing_either(tmp_path: Path) -> None:
    server = Process(SERVER, tmp_path / "events.db")
    await asyncio.to_thread(server.start)
    stops = {5, 17}
    seen: list[client.Arrival] = []
    try:
        arrivals = client.stream(
            f"ws://{server.address}/v1/live", cut(SAMPLES, [800]), source="en", targets=TARGETS, speed=8
        )
        async with aclosing(arrivals):
            async for arrival in arrivals:
                seen.append(arrival)
                if arrival.event in stops:
                    stops.discard(arrival.event)
                    await asyncio.to_thread(server.stop)
                    await asyncio.to_thread(server.start)
    finally:
        server.kill()
    assert not stops
    async with EventLog(tmp_path / "events.db") as log:
        events = await read(log)
    assert texts(events) == expected()
    assert captions(events) == captions(await undisturbed())
    assert [a.event for a in seen if a.event is not None] == [event.number for event in events]
    told = [a.message.code for a in seen if isinstance(a.message, Notice)]
    assert "draining" in told  # a stop that meets no connection has nobody to tell
    assert isinstance(seen[-1].message, Done)


async def test_audio_that_is_left_when_a_session_has_ended_without_us_is_not_passed_over_in_silence() -> None:
    async with serving(grace=0.0) as served:

        def address() -> str:
            if cutting.broken and not served.idle:
                raise OSError("the network is away until nobody waits for us any more")
            return served.address

        async with proxied(address, [60_000]) as (url, cutting):
            with pytest.raises(ProtocolError, match="the session was over before we came back"):
                await talk(url)
    assert cutting.broken


async def test_acknowledged_audio_is_not_kept() -> None:
    async with serving() as served:
        arrivals = await talk(served.url)
    positions = [arrival.message.position for arrival in arrivals if isinstance(arrival.message, Ack)]
    assert positions == sorted(set(positions)) and len(positions) >= 3
    assert positions[-1] > len(SAMPLES) / 2


async def test_who_comes_back_after_the_end_gets_the_rest() -> None:
    from websockets.asyncio.client import connect

    from server.wire.codec import decode_event, encode
    from server.wire.messages import Resume

    async with serving() as served:
        arrivals = await talk(served.url)
        ready = arrivals[0].message
        assert isinstance(ready, Ready)
        last = arrivals[-1].event or 0
        async with connect(served.url) as socket:
            await socket.send(encode(Resume(ready.token, last - 2)))
            found = [decode_event(str(text)) async for text in socket]
        assert [event for event, _ in found if event] == [last - 1, last]
        assert isinstance(found[-1][1], Done)
        assert socket.close_code == 1000
        async with connect(served.url) as socket:
            await socket.send(encode(Resume(ready.token + "x", 0)))
            text = await socket.recv()
        assert "there is no session with this token" in str(text)


async def test_a_server_of_other_code_begins_afresh_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, seen, position = "", 0, 0

    async def microphone() -> AsyncIterator[AudioChunk]:
        for chunk in cut(SAMPLES[:100_000], [800]):
            yield chunk
            await asyncio.sleep(0.005)
        await asyncio.Event().wait()

    async with serving(log=EventLog(tmp_path / "events.db"), grace=30) as served:
        talk = client.Conversation(served.url, Start("en", TARGETS), Replay(microphone(), "pcm_s16le", 0))
        async with aclosing(talk.arrivals(10)) as arrivals:
            async for arrival in arrivals:
                token, seen = talk.token, talk.event or 0
                if isinstance(arrival.message, Ack):
                    position = arrival.message.position
                told = isinstance(arrival.message, Caption) and arrival.message.utterance == 1
                if position and told:
                    served.server.should_exit = True
                    break
    assert position
    monkeypatch.setattr(snapshot, "version", lambda: "other")
    async with serving(log=EventLog(tmp_path / "events.db"), grace=30) as served:
        again = client.Conversation(
            served.url, Start(), Replay(cut(SAMPLES, [800]), "pcm_s16le", 0), token, seen
        )
        _ = [arrival async for arrival in again.arrivals(10)]
    async with EventLog(tmp_path / "events.db") as log:
        assert texts(await read(log)) == expected()


async def test_who_resumes_elsewhere_replaces_the_first() -> None:
    async with serving(grace=30) as served, connect(served.url) as first, connect(served.url) as second:
        await first.send(encode(Start("en")))
        ready = decode(str(await first.recv()))
        assert isinstance(ready, Ready)
        await first.send(bytes(3200))
        await until(lambda: served.sessions == 1)
        await second.send(encode(Resume(ready.token)))
        assert isinstance(decode(str(await second.recv())), Ready)
        error = decode(str(await first.recv()))
        assert isinstance(error, Error) and error.code == "replaced"
        await second.send(encode(Finish()))
        assert isinstance(decode(str(await second.recv())), Done)


async def test_a_session_that_nobody_comes_back_to_is_finished() -> None:
    log = EventLog()
    async with serving(log=log, grace=0.0) as served:
        socket = await connect(served.url)
        await socket.send(encode(Start("en")))
        ready = decode(str(await socket.recv()))
        assert isinstance(ready, Ready)
        await socket.send(to_pcm16(speak(VOCABULARY[:4], tail=0.0)))
        await until(lambda: served.app.state.engines["detector"].busy == 0)
        socket.transport.abort()
        await until(lambda: served.idle)
        async with connect(served.url) as again:
            await again.send(encode(Resume(ready.token)))
            messages = [decode(str(text)) async for text in again]
        assert isinstance(messages[-1], Done)
        captions = [message for message in messages if isinstance(message, Caption)]
        assert captions[-1].final and captions[-1].committed

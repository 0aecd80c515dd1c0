"""Rooms over a restart: who was there, who has the floor and what is told are as they were."""

import sqlite3
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.interpretation.graph import RECOGNITION, TRANSLATION
from server.rooms.conference import Conference
from server.rooms.eventlog import Event, EventLog
from server.rooms.floor import fingerprint, new_secret
from server.rooms.lease import STATE, Lease, leases
from server.rooms.recall import _time
from server.rooms.room import Plan
from server.rooms.snapshot import Snapshot
from server.wire.messages import Ack, Done, Error, Finish, Ready, Resume, Start
from server.wire.room_messages import (
    Interpret,
    InterpreterState,
    LanguageState,
    Mute,
    Operate,
    RoomState,
    Type,
)
from server.wire.schema import to_plain
from streaming.audio import SAMPLE_RATE
from streaming.captions import Caption
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from tests.served import engines, silence, until
from tests.test_conference import Client, House, house


async def sit_down(here: House, language: str) -> Client:
    booth = await here.enter("booth", Interpret(language))
    await booth.until(lambda: booth.of(Ready))
    return booth


async def come_back(here: House, door: str, client: Client) -> Client:
    """Resume what a client began before the restart."""
    seen = max([number for number, _ in client.messages if number], default=0)
    again = await here.enter(door, Resume(client.of(Ready)[0].token, seen))
    await again.until(lambda: again.of(Ready))
    return again


def name_of(client: Client) -> str:
    name: str = client.of(Ready)[0].speaker
    return name


async def test_nobody_is_given_the_name_of_somebody_who_has_not_said_a_word(tmp_path: Path) -> None:
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        await here.open()
        speaker, silent, gone = await here.speaker(), await sit_down(here, "es"), await sit_down(here, "es")
        await gone.say(Finish())
        await gone.end()
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        speaker = await come_back(here, "floor", speaker)
        silent = await come_back(here, "booth", silent)
        newcomer = await sit_down(here, "zh")
        assert [name_of(each) for each in (speaker, silent, gone, newcomer)] == ["s1", "b2", "b3", "b4"]
        await silent.say(Type("hola"))
        await silent.until(lambda: silent.committed("es") == ["hola"])
        for client in (silent, newcomer, speaker):  # each leaves the others where they are
            await client.say(Finish())
            await client.end()
            assert client.of(Done)
    assert not newcomer.of(Caption)


async def test_a_name_that_is_taken_is_refused() -> None:
    async with house() as here:
        await here.open()
        speaker = await here.speaker()
        conference: Conference = here.served.app.state.hall.room("hall")
        conference.room._joined = 0  # it has forgotten who is there
        with pytest.raises(sqlite3.IntegrityError):
            await conference.open(Start(), "another")
        await speaker.say(Finish())
        await speaker.end()
        assert speaker.of(Done) and here.served.sessions == 0


@pytest.mark.parametrize("rate", [16_000, 48_000])
async def test_what_was_said_while_muted_is_not_heard_after_a_restart_either(
    tmp_path: Path, rate: int
) -> None:
    aloud, whispered = speak(["alpha", ""]), speak(["kilo", "lima", ""])
    sound = np.repeat(np.concatenate([aloud, whispered]), rate // SAMPLE_RATE)
    length = len(aloud) * rate // SAMPLE_RATE
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        await here.open()
        desk, speaker = await here.enter("desk", Operate()), await here.speaker(Start(sample_rate=rate))
        await speaker.play(sound[:length])
        await desk.until(lambda: desk.finished("en") == ["alpha"])
        await desk.say(Mute("s1"))
        await desk.until(lambda: desk.room.speakers[0].muted)
        await speaker.play(sound[length:])
        floor = here.served.app.state.hall.room("hall").floors["s1"]
        await until(lambda: floor.position == len(sound))
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        desk = await here.enter("desk", Operate(event=0))
        await desk.until(lambda: desk.of(RoomState) and desk.room.speakers[0].muted)
        await desk.say(Mute("s1", False))
        await desk.until(lambda: not desk.room.speakers[0].muted)
        speaker = await come_back(here, "floor", speaker)
        position = speaker.of(Ready)[0].position
        assert position < len(sound)
        await speaker.play(sound[position:])
        await speaker.play(np.repeat(speak(["bravo", ""]), rate // SAMPLE_RATE))
        await speaker.say(Finish())
        await speaker.end()
        await desk.until(lambda: desk.finished("en")[-1:] == ["bravo"])
    assert desk.finished("en") == ["alpha", "bravo"]


async def test_how_far_a_client_had_come_is_saved_while_it_speaks() -> None:
    """A server that is killed saves nothing at its end."""
    log = EventLog()
    async with house(log=log) as here:
        await here.open()
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await speaker.until(lambda: speaker.of(Ack))
        assert leases(await log.states("hall"))["s1"].received >= speaker.of(Ack)[0].position > 0


def told(number: int, caption: Caption, node: str) -> Event:
    spoken = node == RECOGNITION
    content = {**to_plain(caption), "line": "s1", "spoken": spoken, "of": caption.utterance, "node": node}
    return Event("hall", number, 0.0, "caption", content)


async def test_a_language_that_was_first_read_in_mid_utterance_is_told_to_the_end_after_a_restart(
    tmp_path: Path,
) -> None:
    """Nobody reads it when the utterance ends, for who did is still coming back; no snapshot knows of it."""
    words, secret = VOCABULARY[:6], new_secret()
    async with EventLog(tmp_path / "events.db") as log:
        await log.save("hall", "room", Plan("hall", source="en").written)
        await log.save("hall", "open", b"")
        await log.save("hall", f"{STATE}s1", Lease(Start(), 0.0, fingerprint(secret)).written)
        english = Caption(0, "en", "alpha bravo charlie", "", 0.5, 1.44, speaker="s1")
        spanish = Caption(0, "es", "ahpla", "", 0.5, 0.8, speaker="s1")
        await log.append([told(1, english, RECOGNITION), told(2, spanish, f"{TRANSLATION}.es")])
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        speaker = await here.speaker(Resume(f"hall.s1.{secret}", 2))
        await speaker.play(speak([*words, ""]))
        await speaker.until(lambda: speaker.finished("en") == [" ".join(words)])
        listener = await here.listener("es", event=2)
        await listener.until(lambda: listener.finished("es"))
    assert listener.finished("es") == [" ".join(word[::-1] for word in words)]


class Failing(ScriptedRecognizer):
    """Fails at a word."""

    def recognize(self, windows: Any) -> Any:
        found = super().recognize(windows)
        if any("kilo" in word.text for recognition in found for word in recognition.words):
            raise RuntimeError("out of memory")
        return found


async def test_what_has_ended_a_floor_is_told_to_whoever_comes_back_and_ends_it_for_good(
    tmp_path: Path,
) -> None:
    async def come_back_to(here: House) -> None:
        again = await here.enter("floor", Resume(ann.of(Ready)[0].token))
        await again.end()
        assert again.finished("en") == ["alpha"]
        assert again.of(Error) == [ended] and again.socket.close_code == 1011

    async with house(own=engines(recognizer=Failing()), log=EventLog(tmp_path / "events.db")) as here:
        await here.open()
        ann = await here.speaker(Start(name="Ann"))
        await ann.play(speak(["alpha", ""]))
        await ann.until(lambda: ann.finished("en") == ["alpha"])
        await ann.play(speak(["kilo", ""]))
        await ann.end()
        (ended,) = ann.of(Error)
        assert ended.code == "engine_failed"
        await come_back_to(here)
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        await come_back_to(here)
        bob = await here.speaker(Start(name="Bob"))
        await bob.play(speak(["bravo", ""]))
        await bob.until(lambda: bob.finished("en") == ["bravo"])
        await bob.until(lambda: [s.name for s in bob.room.speakers] == ["Bob"])


async def test_the_time_of_a_room_does_not_go_back(tmp_path: Path) -> None:
    begins: list[float] = []
    for _ in range(3):
        async with house(log=EventLog(tmp_path / "events.db")) as here:
            if not begins:
                await here.open()
            speaker = await here.speaker()
            begins.append(speaker.of(Ready)[0].begin)
            await speaker.play(silence(3.5))  # no caption tells of it, and no snapshot
            await speaker.say(Finish())
            await speaker.end()
    assert begins[1] >= begins[0] + 3.5 and begins[2] >= begins[1] + 3.5


async def test_time_is_taken_from_snapshots_where_nothing_else_tells_it() -> None:
    log = EventLog()
    async with house(log=log) as here:
        await here.open()
        begin = leases({"floor:s1": Lease(Start(), 10.0, "").written})
        conference: Conference = here.served.app.state.hall.room("hall")
        assert _time(conference, begin, {}) == 10.0
        assert _time(conference, begin, {"s1.2": Snapshot(16_000)}) == 11.0


@pytest.mark.parametrize("anew", [False, True], ids=["lost connection", "new server"])
async def test_an_interpreter_who_comes_back_is_told_how_much_of_what_was_typed_has_come(
    tmp_path: Path, anew: bool
) -> None:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(house(log=EventLog(tmp_path / "events.db")))
        await here.open()
        booth, other = await sit_down(here, "es"), await sit_down(here, "es")
        await other.say(Type("primero", True))
        for text, final in (("hola", False), (" mundo", True), ("adiós", True)):
            await booth.say(Type(text, final))
        await booth.until(lambda: booth.finished("es") == ["hola mundo", "adiós"])
        assert booth.of(Ready)[0].typed == 0
        if anew:
            await stack.aclose()
            here = await stack.enter_async_context(house(log=EventLog(tmp_path / "events.db")))
        else:
            booth.socket.transport.abort()
        again = await come_back(here, "booth", booth)
        assert again.of(Ready)[0].typed == 3
        assert (await come_back(here, "booth", other)).of(Ready)[0].typed == 1
        await again.say(Type("otra vez", True))
        await again.until(lambda: again.finished("es") == ["otra vez"])
        assert (await come_back(here, "booth", again)).of(Ready)[0].typed == 4


async def test_a_room_names_its_interpreters_after_a_restart_too(tmp_path: Path) -> None:
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        await here.open()
        booth = await here.enter("booth", Interpret("es", name="Ana"))
        await booth.until(lambda: booth.of(RoomState))
        assert booth.room.languages == (LanguageState("es", "booth", (InterpreterState("b1", "Ana"),)),)
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        state = (await here.http.get("/v1/rooms/hall")).json()
        there = [{"speaker": "b1", "name": "Ana"}]
        assert state["languages"] == [{"language": "es", "by": "booth", "interpreters": there}]
        await (await come_back(here, "booth", booth)).say(Finish())
        reader = await here.listener("es")
        await reader.until(lambda: reader.room.languages == (LanguageState("es", "machine"),))

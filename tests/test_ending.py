"""The end of an event: nobody is cut off before the last word, and a restart leaves no room in between."""

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from server.rooms.conference import Conference
from server.rooms.eventlog import Event, EventLog
from server.rooms.room import Plan
from server.wire.messages import Done, Error, Start, Statistics
from server.wire.room_messages import End, Listen, Operate, RoomState
from server.wire.schema import to_plain
from streaming.scripted import ScriptedRecognizer, speak
from tests.served import engines, until
from tests.test_conference import IN_SPANISH, TALK, house


class Held(ScriptedRecognizer):
    """Hears nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def recognize(self, windows: Any) -> Any:
        assert self.free.wait(20)
        return super().recognize(windows)


async def test_all_that_was_said_is_told_before_the_room_has_ended() -> None:
    held = Held()
    async with house(own=engines(recognizer=held)) as here:
        await here.open(targets=["es"])
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        ann, bob = await here.speaker(Start(name="Ann")), await here.speaker(Start(name="Bob"))
        sound = speak(TALK)
        await ann.play(sound)
        floor = here.served.app.state.hall.room("hall").floors["s1"]
        await until(lambda: floor.position == len(sound))
        await desk.say(End())
        await bob.end()
        refused = await here.enter("floor", Start())
        await refused.end()
        await listener.until(lambda: [each.name for each in listener.room.speakers] == ["Ann"])
        assert not listener.room.ended
        held.free.set()
        for client in (listener, desk, ann):
            await client.end()
    for client in (listener, desk):
        assert client.finished("es") == IN_SPANISH
        assert [type(message) for _, message in client.messages[-2:]] == [RoomState, Done]
        assert client.room.ended and not any(state.ended for state in client.of(RoomState)[:-1])
    assert refused.of(Error)[0].code == "room"


async def test_an_end_that_a_restart_interrupts_has_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        await here.open(targets=["es"])
        conference: Conference = here.served.app.state.hall.room("hall")
        monkeypatch.setattr(conference.revising, "settle", asyncio.Event().wait)
        speaker, desk = await here.speaker(), await here.enter("desk", Operate())
        await speaker.play(speak(TALK))
        await desk.say(End())
        await speaker.end()
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        (room,) = (await here.http.get("/v1/rooms")).json()
        assert not room["ended"]
        listener = await here.listener("es")
        again = await here.speaker()
        assert (await here.http.delete("/v1/rooms/hall")).status_code == 204
        for client in (listener, again):
            await client.end()
            assert client.of(Done)
        assert (await here.http.delete("/v1/rooms/hall/record")).status_code == 204


async def test_a_room_of_which_the_end_is_written_is_over_after_a_restart(tmp_path: Path) -> None:
    messages = {"room": RoomState("hall", ended=True), "done": Done(Statistics())}
    async with EventLog(tmp_path / "events.db") as log:
        await log.save("hall", "room", Plan("hall").written)
        await log.save("hall", "open", b"")
        floor = {"form": to_plain(Start("en")), "begin": 0.0, "secret": "", "booth": "", "switches": []}
        await log.save("hall", "floor:s1", json.dumps(floor).encode())
        await log.append(
            [
                Event("hall", number, time.time(), kind, to_plain(message))
                for number, (kind, message) in enumerate(messages.items(), 1)
            ]
        )
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        assert (await here.http.get("/v1/rooms")).json() == []
        listener = await here.enter("listen", Listen("es", event=0))
        await listener.end()
        assert listener.of(Done) and listener.socket.close_code == 1000
        assert here.served.sessions == 0
        assert (await here.http.delete("/v1/rooms/hall/record")).status_code == 204

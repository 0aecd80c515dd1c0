"""A disk that takes nothing for a while: all waits and goes on, and nobody new is let in until then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect

from server.rooms import chores
from server.rooms.conference import Conference
from server.rooms.eventlog import EventLog
from server.rooms.hall import Hall
from server.rooms.journal import HELD, Entry, Journal
from server.rooms.snapshot import Snapshot, unpack
from server.wire.messages import ClientMessage, Done, Error, Finish, Ready, Start, Translate, Translating
from server.wire.room_messages import Interpret, RoomState
from streaming.captions import Caption
from streaming.errors import OverloadError
from streaming.scripted import speak
from tests.served import until
from tests.test_conference import Client, House, house


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "PATIENCE", 0.01)


@asynccontextmanager
async def full(log: EventLog) -> AsyncIterator[None]:
    """Nothing can be written down."""

    async def refuse(refuses: bool) -> None:
        await log._do(lambda base: base.execute(f"PRAGMA query_only = {refuses}") and None)

    await refuse(True)
    try:
        yield
    finally:
        await refuse(False)


async def private(here: House, first: ClientMessage) -> Client:
    client = Client(await connect(here.served.url))
    here.tasks.create_task(client.read())
    await client.say(first)
    return client


def halls(here: House) -> Hall:
    hall: Hall = here.served.app.state.hall
    return hall


async def suffering(here: House, log: EventLog) -> None:
    """Wait until the server has found that it cannot write."""
    await until(lambda: log.trouble() is not None)
    assert (await here.http.get("/readyz")).status_code == 503


async def test_a_room_goes_on_when_the_disk_does() -> None:
    log = EventLog()
    async with house(log=log) as here:
        await here.open(targets=["es"])
        speaker, listener = await here.speaker(), await here.listener("es")
        await speaker.play(speak(["alpha", ""]))
        await listener.until(lambda: listener.finished("es"))
        async with full(log):
            await speaker.play(speak(["bravo", ""]))
            await suffering(here, log)
            assert speaker.finished("en") == ["alpha"]
        await listener.until(lambda: listener.finished("es") == ["ahpla", "ovarb"])
        await speaker.say(Finish())
        await speaker.end()
        assert speaker.of(Done) and not speaker.of(Error)
        assert here.served.sessions == 0
        second = await here.speaker()
        await second.play(speak(["charlie", ""]))
        await second.until(lambda: second.finished("en") == ["charlie"])
        assert (await here.http.delete("/v1/rooms/hall")).status_code == 204
        assert here.served.sessions == 0


async def test_a_session_goes_on_when_the_disk_does() -> None:
    log = EventLog()
    async with house(log=log) as here:
        speaker = await private(here, Start("en", ("es",)))
        await speaker.until(lambda: speaker.of(Ready))
        async with full(log):
            await speaker.say(Translate(("es", "zh")))
            await speaker.until(lambda: speaker.of(Translating))
            await speaker.play(speak(["alpha", ""]))
            await speaker.say(Finish())
            await suffering(here, log)
        await speaker.end()
        assert speaker.finished("es") == ["ahpla"] and speaker.of(Done)
        assert here.served.sessions == 0 and not halls(here)._conferences
        plan = await halls(here).session(speaker.of(Ready)[0].token)
        assert plan.targets == ("es", "zh")


async def test_nobody_begins_while_nothing_can_be_written_down() -> None:
    log = EventLog()
    async with house(log=log) as here:
        await here.open(targets=["es"])
        conference = halls(here).room("hall")
        before = conference.room.state
        async with full(log):
            for client in (
                await here.enter("floor", Start()),
                await here.enter("booth", Interpret("es")),
                await private(here, Start("en", ("es",))),
            ):
                await client.end()
                assert [error.code for error in client.of(Error)] == ["overloaded"]
                assert client.socket.close_code == 1013
            answer = await here.http.post("/v1/rooms", json={"id": "other", "source": "en"})
            assert answer.status_code == 503
        assert here.served.sessions == 0 and not conference.floors
        assert conference.room.state == before
        assert [room.name for room in halls(here).rooms] == ["hall"] and len(halls(here)._conferences) == 1
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await speaker.until(lambda: speaker.finished("en") == ["alpha"])
        assert speaker.of(RoomState)[-1].floor == speaker.of(Ready)[0].speaker


async def test_an_older_snapshot_never_replaces_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    log, refused = EventLog(), 0
    async with house(log=log) as here:
        await here.open()
        await here.speaker()
        conference: Conference = halls(here).room("hall")
        (line,) = conference.floors["s1"].lines
        save: Callable[..., Any] = log.save

        async def failing_once(*arguments: Any) -> None:
            nonlocal refused
            refused += 1
            if refused == 1:
                raise OverloadError("nothing can be written down")
            await save(*arguments)

        monkeypatch.setattr(log, "save", failing_once)
        tasks = len(conference._chores._tasks)
        for position in (1, 2):
            conference._keep(line, Snapshot(position))
        await until(lambda: len(conference._chores._tasks) == tasks)
        assert line.snapshot.position == 2
        assert unpack((await log.states("hall"))["line:s1"]).position == 2


async def test_what_waits_for_the_disk_is_bounded() -> None:
    told: list[Entry] = []
    async with EventLog() as log:
        journal = Journal(log, "hall", 0, told.append)
        async with full(log):
            for number in range(HELD):
                journal.add(Caption(number, "en"))
            await asyncio.wait_for(journal.free(), 1)
            journal.add(Caption(HELD, "en"))
            for _ in range(HELD):
                journal.show(Caption(HELD, "en", tentative="a"))
            waiting = asyncio.create_task(journal.free())
            with pytest.raises(OverloadError):
                await journal.write()
            assert not waiting.done() and not told
        writing = asyncio.create_task(journal.write())
        await waiting
        assert [entry.number for entry in told] == list(range(1, HELD + 2))
        writing.cancel()

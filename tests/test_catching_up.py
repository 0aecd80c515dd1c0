"""Whoever comes back is told all that was missed, however much that is: page by page, each event once."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from server.rooms.conference import Conference
from server.rooms.eventlog import PAGE, EventLog
from server.rooms.journal import RECENT, Journal
from server.wire.messages import Done, Finish, Ready, Resume, Start
from server.wire.outbox import MOST_WAITING
from server.wire.room_messages import Listen, Listening, Operate, RoomState
from streaming.captions import Caption
from tests.served import until
from tests.test_conference import Client, House, house

MANY = MOST_WAITING + PAGE
"""More than may wait for a client, and less than memory holds."""


def say(conference: Conference, number: int) -> None:
    conference.journal.add(Caption(number, "es", "a", "", number, number + 1, True, "s1"), line="s1")


async def filled(here: House, number: int) -> Conference:
    """Open a room in which so much has been said."""
    await here.open(targets=["es"])
    conference: Conference = here.served.app.state.hall.room("hall")
    for each in range(number):
        say(conference, each)
    await conference.journal.settle()
    return conference


def numbers(client: Client) -> list[int]:
    return [number for number, _ in client.messages if number]


@pytest.mark.parametrize("missed", [MANY, RECENT + MANY], ids=["in memory", "in the log"])
async def test_much_that_was_missed_is_told_while_more_is_said(missed: int) -> None:
    async with house() as here:
        conference = await filled(here, missed)
        listener = await here.enter("listen", Listen("es", event=1))
        desk = await here.enter("desk", Operate(1))
        for each in range(missed, missed + PAGE):
            say(conference, each)
            await asyncio.sleep(0)
        last = conference.journal.last
        await listener.until(lambda: numbers(listener)[-1:] == [last])
        await desk.until(lambda: numbers(desk)[-1:] == [last])
        assert numbers(listener) == numbers(desk) == list(range(2, last + 1))


async def test_much_that_was_missed_is_told_after_the_end() -> None:
    async with house() as here:
        speaker = Client(await connect(here.served.url))
        here.tasks.create_task(speaker.read())
        await speaker.say(Start("en", ("es",)))
        await speaker.until(lambda: speaker.of(Ready))
        ready: Ready = speaker.of(Ready)[0]
        conference: Conference = here.served.app.state.hall._conferences[ready.session]
        for each in range(MANY):
            say(conference, each)
            if each % PAGE == 0:
                await speaker.until(lambda: conference.journal.told == conference.journal.last)
        await speaker.say(Finish())
        await speaker.end()
        again = Client(await connect(here.served.url))
        here.tasks.create_task(again.read())
        await again.say(Resume(ready.token, 1))
        await again.end()
    assert numbers(again) == list(range(2, MANY + 2))
    assert isinstance(again.messages[-1][1], Done) and again.socket.close_code == 1000


@pytest.mark.parametrize("after", [0, 1, RECENT - 1, RECENT, RECENT + 1, 2 * RECENT - 1, 2 * RECENT])
async def test_pages_join_without_a_gap(after: int) -> None:
    async with EventLog() as log:
        journal = Journal(log, "room", 0, lambda entry: None)
        writing = asyncio.create_task(journal.write())
        for number in range(2 * RECENT):
            journal.add(Caption(number, "es"))
        await journal.settle()
        found, number = [], after
        while page := await journal.since(number):
            assert len(page) <= PAGE
            found += [entry.number for entry in page]
            number = page[-1].number or 0
        assert found == list(range(after + 1, 2 * RECENT + 1))
        writing.cancel()


async def test_another_style_takes_nothing_back() -> None:
    async with house() as here:
        conference = await filled(here, 0)

        def grow(text: str, final: bool = False) -> None:
            conference.journal.add(Caption(0, "es", text, "", 0.0, 1.0, final, "s1"), line="s1")

        fast = await here.listener("es")
        grow("Uno dos. Tres cuatro")
        await fast.until(lambda: fast.of(Caption))
        last = numbers(fast)[-1]
        other = await here.enter("listen", Listen("es", "sentence", event=last))
        await fast.say(Listen("es", "sentence"))
        hall = conference.audience._groups
        await until(lambda: [len(group) for view, group in hall.items() if view.style == "sentence"] == [2])
        for text, final in [
            ("Uno dos. Tres cuatro cinco", False),
            ("Uno dos. Tres cuatro cinco. Seis", False),
        ]:
            grow(text, final)
        grow("Uno dos. Tres cuatro cinco. Seis siete.", True)
        await fast.until(lambda: fast.finished("es"))
        await other.until(lambda: other.finished("es"))
    told = ["Uno dos. Tres cuatro cinco.", "Uno dos. Tres cuatro cinco. Seis siete."]
    assert [caption.committed for caption in other.of(Caption)] == told
    assert [caption.committed for caption in fast.of(Caption)] == ["Uno dos. Tres cuatro", *told]


async def test_what_is_read_otherwise_follows_the_answer_that_says_so() -> None:
    async with house() as here:
        await filled(here, 1)
        listener = await here.listener("floor")
        for language in ("es", "floor"):
            await listener.say(Listen(language))
        await listener.until(lambda: len(listener.of(RoomState)) == 3)
        told = [
            type(message) for _, message in listener.messages if isinstance(message, Listening | RoomState)
        ]
        assert told == [RoomState, Listening, RoomState, Listening, RoomState]
        assert listener.of(Listening) == [Listening("es"), Listening("floor")]

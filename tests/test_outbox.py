"""What waits for a client: all events and the newest views, in order, bounded."""

import asyncio
import json

import pytest

from server.wire.messages import Done, Speech, Statistics
from server.wire.outbox import Outbox, frame
from streaming.captions import Caption
from streaming.errors import InputError
from streaming.stages import Notice


class Client:
    """Takes messages, or does not."""

    def __init__(self, reads: bool = True) -> None:
        self.taken: list[str | bytes] = []
        self.reads = asyncio.Event()
        if reads:
            self.reads.set()

    async def take(self, data: str | bytes) -> None:
        await self.reads.wait()
        self.taken.append(data)


async def drained(outbox: Outbox) -> list[str | bytes]:
    client = Client()
    outbox.close()
    await outbox.drain(client.take)
    return client.taken


def rows(taken: list[str | bytes]) -> list[tuple[str, int | None, str | None]]:
    texts = [json.loads(text) for text in taken if isinstance(text, str)]
    return [(text["type"], text.get("event"), text.get("tentative")) for text in texts]


NOTICE = frame(Notice("a", "b"))


async def test_of_a_view_only_the_newest_state_waits() -> None:
    outbox = Outbox()
    for i in range(5_000):
        outbox.put(frame(Caption(0, "en", tentative=str(i))))
        outbox.put(frame(Caption(0, "zh", tentative=str(i))))
    outbox.put(NOTICE)
    assert outbox.waiting == 3
    assert rows(await drained(outbox)) == [
        ("caption", None, "4999"),
        ("caption", None, "4999"),
        ("notice", None, None),
    ]


async def test_events_are_all_sent_in_order_and_replace_views() -> None:
    outbox = Outbox()
    outbox.put(frame(Caption(0, "en", tentative="a"), 1))
    outbox.put(frame(Caption(0, "en", tentative="b")))
    outbox.put(frame(Caption(0, "zh", tentative="c"), 2))
    outbox.put(frame(Caption(0, "en", tentative="d"), 3))
    outbox.put(frame(Caption(0, "en", tentative="e")))
    assert rows(await drained(outbox)) == [
        ("caption", 1, "a"),
        ("caption", 2, "c"),
        ("caption", 3, "d"),
        ("caption", None, "e"),
    ]


async def test_speech_is_followed_by_its_sound() -> None:
    outbox = Outbox()
    for i in range(2):
        outbox.put(frame(Speech(i, "zh", "好", 0.0, 0.1), i + 1, bytes([i, i])))
    taken = await drained(outbox)
    assert [type(data) for data in taken] == [str, bytes, str, bytes]
    assert taken[1::2] == [b"\0\0", b"\1\1"]


async def test_messages_that_come_while_sending_are_sent() -> None:
    outbox, client = Outbox(), Client()
    draining = asyncio.create_task(outbox.drain(client.take))
    outbox.put(NOTICE)
    await outbox.settle()
    assert len(client.taken) == 1
    assert not draining.done()
    outbox.put(frame(Done(Statistics())))
    outbox.close()
    await draining
    assert len(client.taken) == 2


async def test_too_many_messages_end_it() -> None:
    outbox = Outbox(most=10)
    for _ in range(1_000):
        outbox.put(NOTICE)
    assert outbox.waiting == 11
    with pytest.raises(InputError, match="the client does not read: 10 messages wait"):
        await outbox.drain(Client().take)


async def test_a_client_that_takes_nothing_is_given_up() -> None:
    outbox, client = Outbox(write_seconds=0.0), Client(reads=False)
    outbox.put(NOTICE)
    with pytest.raises(InputError, match="nothing taken for 0 s"):
        await outbox.drain(client.take)

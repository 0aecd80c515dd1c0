"""What waits for a client: newest captions, in order, bounded."""

import asyncio
import json

import pytest

from server.messages import Done, Speech, Statistics
from server.outbox import Outbox
from streaming.captions import Caption
from streaming.errors import InputError
from streaming.stages import Notice


class Client:
    """Takes messages, or does not."""

    def __init__(self, reads: bool = True) -> None:
        self.taken: list[str | bytes] = []
        self.took = asyncio.Event()
        self.reads = asyncio.Event()
        if reads:
            self.reads.set()

    async def take(self, data: str | bytes) -> None:
        await self.reads.wait()
        self.taken.append(data)
        self.took.set()


async def drained(outbox: Outbox) -> list[str | bytes]:
    client = Client()
    outbox.close()
    await outbox.drain(client.take)
    return client.taken


async def test_of_a_caption_only_the_newest_state_waits() -> None:
    outbox = Outbox()
    for i in range(5_000):
        outbox.put(Caption(0, "en", tentative=str(i)))
        outbox.put(Caption(0, "zh", tentative=str(i)))
    outbox.put(Notice("a", "b"))
    assert outbox.waiting == 3
    texts = [json.loads(text) for text in await drained(outbox)]
    assert [text["type"] for text in texts] == ["caption", "caption", "notice"]
    assert [text.get("tentative") for text in texts] == ["4999", "4999", None]


async def test_speech_is_followed_by_its_sound() -> None:
    outbox = Outbox()
    for i in range(2):
        outbox.put(Speech(i, "zh", "好", 0.0, 0.1), bytes([i, i]))
    taken = await drained(outbox)
    assert [type(data) for data in taken] == [str, bytes, str, bytes]
    assert taken[1::2] == [b"\0\0", b"\1\1"]


async def test_messages_that_come_while_sending_are_sent() -> None:
    outbox, client = Outbox(), Client()
    draining = asyncio.create_task(outbox.drain(client.take))
    outbox.put(Notice("a", "b"))
    await client.took.wait()
    assert not draining.done()
    outbox.put(Done(Statistics()))
    outbox.close()
    await draining
    assert len(client.taken) == 2


async def test_too_many_messages_end_it() -> None:
    outbox = Outbox(most=10)
    for _ in range(10):
        outbox.put(Notice("a", "b"))
    with pytest.raises(InputError, match="the client does not read: 10 messages wait"):
        outbox.put(Notice("a", "b"))


async def test_a_client_that_takes_nothing_is_given_up() -> None:
    outbox, client = Outbox(write_seconds=0.0), Client(reads=False)
    outbox.put(Notice("a", "b"))
    with pytest.raises(InputError, match="nothing taken for 0 s"):
        await outbox.drain(client.take)

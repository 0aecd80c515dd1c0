"""Who comes back to a session that is over is told what it would have been told, and by whom it is asked."""

from dataclasses import replace

import pytest
from websockets.asyncio.client import connect

from server.wire.messages import Done, Error, Finish, Ready, Resume, ServerMessage, Start
from server.wire.room_messages import Interpret, RoomState, Type
from streaming.captions import Caption
from streaming.scripted import speak
from tests.test_conference import Client, House, house


async def live(here: House, message: Start | Resume) -> Client:
    client = Client(await connect(here.served.url))
    here.tasks.create_task(client.read())
    await client.say(message)
    return client


def told(client: Client) -> list[tuple[int, ServerMessage, object]]:
    """All that is part of the record, with the words, which captions do not compare."""
    kept = [(n, m) for n, m in client.messages if n and not isinstance(m, RoomState)]
    return [(n, replace(m, tentative=""), m.words) if isinstance(m, Caption) else (n, m, ()) for n, m in kept]


@pytest.mark.parametrize("words", [True, False])
async def test_a_speaker_alone_is_told_the_same_once_more(words: bool) -> None:
    async with house() as here:
        client = await live(here, Start("en", ("es",), words=words))
        await client.play(speak(["alpha", "bravo", ""]))
        await client.say(Finish())
        await client.end()
        assert any(caption.words for caption in client.of(Caption)) is words
        again = await live(here, Resume(client.of(Ready)[0].token))
        await again.end()
    assert told(again) == told(client) and again.of(Done)


async def test_an_interpreter_is_told_the_own_captions_and_the_floors() -> None:
    async with house() as here:
        await here.open()
        speaker, booth = await here.speaker(Start(words=True)), await here.enter("booth", Interpret("es"))
        await booth.until(lambda: booth.of(Ready))
        await speaker.play(speak(["alpha", ""]))
        await booth.until(lambda: booth.finished("en"))
        await booth.say(Type("hola"))
        await booth.say(Type(" mundo", True))
        await booth.say(Finish())
        await booth.end()
        again = await here.enter("booth", Resume(booth.of(Ready)[0].token))
        await again.end()
    assert told(again) == told(booth) and again.finished("es") == ["hola mundo"]


async def test_a_token_resumes_nothing_elsewhere_after_the_end_either() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        speaker = await here.speaker()
        await speaker.say(Finish())
        await speaker.end()
        client = await live(here, Resume(speaker.of(Ready)[0].token))
        await client.end()
    assert "another address" in client.of(Error)[0].message and client.socket.close_code == 1008


@pytest.mark.parametrize("token", ["", "nonsense", ".", "a.b", "hall.s1.forged", "hall.s1"])
async def test_what_is_no_token_is_the_clients_mistake(token: str) -> None:
    async with house() as here:
        await here.open()
        for door in ("floor", "booth"):
            client = await here.enter(door, Resume(token))
            await client.end()
            assert client.of(Error)[0].code == "protocol" and client.socket.close_code == 1008


async def test_a_number_that_no_event_has_is_the_clients_mistake() -> None:
    async with house() as here:
        await here.open()
        message = '{"type":"listen","event":9223372036854775808}'
        client = await here.enter("listen")
        await client.socket.send(message)
        await client.end()
        assert client.of(Error)[0].code == "protocol" and client.socket.close_code == 1008
        speaker = await live(here, Start("en"))
        await speaker.say(Finish())
        await speaker.end()
        again = await live(here, Resume(speaker.of(Ready)[0].token, 2**63 - 1))
        await again.end()
        assert again.of(Error)[0].message == "this session is over" and again.socket.close_code == 1008

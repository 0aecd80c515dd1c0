"""How sessions end when not the client says so: the server is stopped, a limit is reached."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.config import Config, LimitsConfig, ServerConfig
from server.house import House
from server.interpretation.graph import Interpretation
from server.wire.codec import decode, encode
from server.wire.messages import Caption, Done, Finish, Message, Notice, Start
from streaming.audio import SAMPLE_RATE, to_pcm16
from streaming.errors import OverloadError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import Served, engines, interpreted, serving, until

WORDS = VOCABULARY[:6]


async def told(socket: ClientConnection) -> tuple[list[Message], int | None]:
    """Everything that still comes, and the close code."""
    messages: list[Message] = []
    with suppress(ConnectionClosed):
        while True:
            messages.append(decode(str(await socket.recv())))
    return messages, socket.close_code


async def speaking(served: Served, words: Sequence[str] = WORDS) -> ClientConnection:
    """Begin a session, and say something without an end."""
    socket = await connect(served.url)
    await socket.send(encode(Start("en", ("es",))))
    await socket.recv()
    for start in range(0, len(audio := to_pcm16(speak(words))), 32_000):
        await socket.send(audio[start : start + 32_000])
    await (await socket.ping())  # it has all come
    return socket


def heard(messages: Sequence[Message]) -> str:
    final = [m for m in messages if isinstance(m, Caption) and m.language == "en" and m.final]
    return " ".join(caption.committed for caption in final)


def notices(messages: Sequence[Message]) -> list[str]:
    return [m.code for m in messages if isinstance(m, Notice) and m.code not in ("behind", "caught_up")]


class Held(ScriptedRecognizer):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        assert self.let.wait(20)
        return super().recognize(windows)


async def test_a_stopped_server_says_what_it_has_heard_and_takes_nobody() -> None:
    held = Held()
    async with serving(engines(recognizer=held), config=Config(ServerConfig(drain_seconds=20))) as served:
        socket = await speaking(served)
        served.server.should_exit = True
        await until(lambda: served.app.state.admission.refusal == "the server is being stopped")
        with pytest.raises(InvalidStatus) as caught:
            await connect(served.url)
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "20"
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["reasons"]) == (503, ["the server is being stopped"])
            assert (await http.get("/healthz")).status_code == 200
        await socket.send(b"\0\0" * 100)  # too late, and no mistake
        held.let.set()
        messages, code = await told(socket)
    assert notices(messages) == ["draining"]
    assert heard(messages) == " ".join(WORDS)
    assert isinstance(messages[-1], Done)
    assert code == 1012


async def test_a_client_that_has_finished_is_told_too() -> None:
    held = Held()
    async with serving(engines(recognizer=held), config=Config(ServerConfig(drain_seconds=20))) as served:
        socket = await speaking(served)
        await socket.send(encode(Finish()))
        await (await socket.ping())
        served.server.should_exit = True
        await until(lambda: served.app.state.admission.refusal is not None)
        held.let.set()
        messages, code = await told(socket)
    assert (notices(messages), heard(messages), code) == (["draining"], " ".join(WORDS), 1012)


async def test_the_patience_of_a_stopped_server_ends() -> None:
    held = Held()
    async with serving(engines(recognizer=held), config=Config(ServerConfig(drain_seconds=0.2))) as served:
        socket = await speaking(served)
        served.server.should_exit = True
        messages, code = await told(socket)
        held.let.set()
    assert (notices(messages), code) == (["draining"], 1012)
    assert not isinstance(messages[-1], Done)


async def test_a_second_interrupt_does_not_wait() -> None:
    held = Held()
    async with serving(engines(recognizer=held), config=Config(ServerConfig(drain_seconds=3_600))) as served:
        socket = await speaking(served)
        served.server.should_exit = True
        await until(lambda: served.app.state.admission.refusal is not None)
        served.server.force_exit = True
        messages, code = await told(socket)
        held.let.set()
        assert notices(messages) == ["draining"]
        assert code == 1012


async def test_a_client_that_says_nothing_is_finished() -> None:
    async with serving(config=Config(limits=LimitsConfig(idle_seconds=0.3))) as served:
        messages, code = await told(await speaking(served))
        assert notices(messages) == ["idle"]
        assert " ".join(WORDS).startswith(heard(messages))
        assert isinstance(messages[-1], Done)
        assert code == 1000
        await until(lambda: served.idle)


async def test_a_client_that_has_finished_is_not_idle() -> None:
    held = Held()
    config = Config(limits=LimitsConfig(idle_seconds=1.0))
    async with serving(engines(recognizer=held), config=config) as served:
        socket = await speaking(served)
        await socket.send(encode(Finish()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.3):
                while not notices([decode(str(await socket.recv()))]):
                    pass
        held.let.set()
        messages, code = await told(socket)
    assert (notices(messages), heard(messages), code) == ([], " ".join(WORDS), 1000)


async def test_a_session_lasts_so_long() -> None:
    """It is cut off in the middle of a talk that does not stop; what came before is finished."""
    held = Held()
    config = Config(limits=LimitsConfig(total_seconds=3.0, idle_seconds=0.0))
    async with serving(engines(recognizer=held), config=config) as served:
        socket = await connect(served.url)
        await socket.send(encode(Start("en", ("es",))))
        talking = asyncio.create_task(talk_on(socket))
        messages: list[Message] = []
        while "too_long" not in notices(messages):
            messages.append(decode(str(await socket.recv())))
        held.let.set()
        rest, code = await told(socket)
        await talking
        messages += rest
        assert [m for m in messages if isinstance(m, Notice) and m.code == "too_long"] == [
            Notice("too_long", "a session may last 3 s here")
        ]
        done = messages[-1]
        assert isinstance(done, Done) and code == 1000
        came = speak(WORDS * 100)[: round(done.statistics.audio_seconds * SAMPLE_RATE)]
        transcript = interpreted(came, Interpretation("en", ("es",)))
        assert heard(messages) == " ".join(transcript.committed("en"))
        assert 0 < len(came) < len(speak(WORDS * 100))
        assert len(heard(messages).split()) >= 2
        await until(lambda: served.idle)


async def talk_on(socket: ClientConnection) -> None:
    """Talk until nobody listens any more."""
    with suppress(ConnectionClosed):
        for start in range(0, len(audio := to_pcm16(speak(WORDS * 100))), 3_200):
            await socket.send(audio[start : start + 3_200])
            await asyncio.sleep(0.05)


async def test_who_is_turned_away_because_of_the_load_is_counted() -> None:
    async with serving(most=1) as served:
        house: House = served.app.state.house
        with house.admission.session(), pytest.raises(OverloadError):
            house.admission.check()
        assert 'dragoman_refusals_total{code="overloaded"} 1.0' in house.metrics.written().decode()

"""What a client may do wrong, each on a real socket: a named error, a close code, and nothing left behind."""

import asyncio
import socket as sockets
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from asr import load_detector
from server.client import client
from server.config import Config, LimitsConfig, ServerConfig
from server.connections.connection import Patience
from server.interpretation.lag import BEHIND_SECONDS, CAUGHT_UP_SECONDS
from server.wire.codec import decode, encode
from server.wire.messages import Ack, Caption, Done, Error, Finish, Message, Notice, Ready, Start
from streaming.audio import SAMPLE_RATE, AudioChunk, to_pcm16
from streaming.captions import Transcript
from streaming.errors import EngineError
from streaming.pipeline import AUDIO_SECONDS
from streaming.scripted import VOCABULARY, WORD_SECONDS, ScriptedRecognizer, speak
from streaming.stages import Recognition, SpeechRequest, Window
from streaming.words import Word
from tests.served import Served, cut, engines, serving, silence, until

START = encode(Start("en", ("es",)))
FLOAT_START = encode(Start("en", ("es",), encoding="pcm_f32le"))
MOST = 30.0
"""Seconds of audio that a session may hold: what waits before each stage, and before the first."""


async def rest(socket: ClientConnection) -> list[Message]:
    """Everything that still comes."""
    messages: list[Message] = []
    with suppress(ConnectionClosed):
        while True:
            if isinstance(text := await socket.recv(), str):
                messages.append(decode(text))
    return messages


async def conversation(served: Served, frames: Sequence[str | bytes]) -> tuple[list[Message], int]:
    """Send frames; gives what comes back and the close code."""
    async with connect(served.url) as socket:
        with suppress(ConnectionClosed):
            for frame in frames:
                await socket.send(frame)
        messages = await rest(socket)
        assert socket.close_code is not None
        return messages, socket.close_code


def float_pcm(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


BAD = {
    "audio before start": ([b"\0\0"], "protocol", 1008, "while connected; expected start or resume"),
    "finish before start": ([encode(Finish())], "protocol", 1008, "expected start"),
    "malformed JSON": (['{"type":'], "protocol", 1008, "expected JSON, got"),
    "malformed JSON later": ([START, "{"], "protocol", 1008, "expected JSON, got"),
    "not an object": (["[1]"], "protocol", 1008, "expected an object"),
    "unknown message": (['{"type":"begin"}'], "protocol", 1008, "unknown message 'begin'"),
    "unknown field": (['{"type":"start","lang":"en"}'], "protocol", 1008, "unknown field 'lang'"),
    "lone surrogate": (['{"type":"\\ud800"}'], "protocol", 1008, "unknown message"),
    "half a character": (['{"type":"start","source":"\\ud800"}'], "protocol", 1008, "expected string, got"),
    "a server's message": ([encode(Ready("a", "en"))], "protocol", 1008, "'ready' is not allowed"),
    "start twice": ([START, START], "protocol", 1008, "'start' is not allowed while streaming"),
    "nine channels": (['{"type":"start","channels":9}'], "protocol", 1008, "expected 1 … 8, got 9"),
    "half a frame": (
        ['{"type":"start","channels":2}', b"\0\0"],
        "bad_audio",
        1007,
        "2 channels need as many samples each, 1 came together",
    ),
    "odd byte count": ([START, b"\0\0\0"], "bad_audio", 1007, "needs an even number of bytes, 3 came"),
    "NaN": ([FLOAT_START, float_pcm(0.0, float("nan"))], "bad_audio", 1007, "NaN or infinity came"),
    "infinity": ([FLOAT_START, float_pcm(float("inf"))], "bad_audio", 1007, "NaN or infinity came"),
    "half a float": ([FLOAT_START, b"\0\0"], "bad_audio", 1007, "a multiple of four bytes, 2 came"),
    "unknown target": (
        [encode(Start("en", ("xx",)))],
        "unsupported_language",
        1008,
        "no model translates en → xx; there is en→es, en→zh, fr→en",
    ),
    "unknown source": ([encode(Start("xx", ("es",)))], "unsupported_language", 1008, "xx → es"),
    "unknown target of auto": (
        [encode(Start("auto", ("xx",)))],
        "unsupported_language",
        1008,
        "only into en, es, zh",
    ),
    "target twice": ([encode(Start("en", ("es", "es")))], "unsupported_language", 1008, "named once"),
    "speech of no target": ([encode(Start("en", ("es",), ("zh",)))], "unsupported_language", 1008, "'zh'"),
}  # fmt: skip


@pytest.mark.parametrize(("frames", "code", "close", "complaint"), BAD.values(), ids=BAD)
async def test_mistakes_have_names(frames: list[str | bytes], code: str, close: int, complaint: str) -> None:
    async with serving() as served:
        messages, closed = await conversation(served, frames)
        error = messages[-1]
        assert isinstance(error, Error)
        assert (error.code, closed) == (code, close)
        assert complaint in error.message
        await until(lambda: served.idle)


async def test_a_language_that_is_not_recognised() -> None:
    class English(ScriptedRecognizer):
        languages = ("en",)

    async with serving(engines(recognizer=English())) as served:
        messages, closed = await conversation(served, [encode(Start("fr"))])
    assert messages == [Error("unsupported_language", "'fr' cannot be recognised; en can")]
    assert closed == 1008


async def test_speech_without_a_synthesizer() -> None:
    async with serving(engines(synthesizer=None)) as served:
        messages, _ = await conversation(served, [encode(Start("en", ("es",), ("es",)))])
    assert messages == [
        Error("unsupported_language", "'es' cannot be spoken: this server has no synthesizer")
    ]


async def test_start_must_come_in_time() -> None:
    async with serving(patience=Patience(start=0.05)) as served:
        messages, closed = await conversation(served, [])
    assert messages == [Error("protocol", "expected 'start' or 'resume' within 0.05 s")]
    assert closed == 1008


async def test_a_frame_of_100_megabytes_is_refused_unread() -> None:
    async with serving() as served, connect(served.url) as socket:
        await socket.send(START)
        assert isinstance(decode(str(await socket.recv())), Ready)
        with pytest.raises(ConnectionClosed):
            await socket.send(bytes(100_000_000))
            await socket.recv()
        assert socket.close_code in (1009, 1006)  # 1006: our own flood swept the close frame away
        await until(lambda: served.idle)
        messages, closed = await conversation(served, [START, bytes(1 << 20), encode(Finish())])
        assert isinstance(messages[-1], Done)
        assert closed == 1000


async def test_the_largest_frame_is_told() -> None:
    async with serving() as served:
        reader, writer = await asyncio.open_connection(*served.address.split(":"))
        writer.write(
            b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x82\xff" + ((1 << 20) + 1).to_bytes(8, "big") + b"\0\0\0\0")  # the header alone
        answer = await reader.read()
        assert answer[0] == 0x88
        assert int.from_bytes(answer[2:4], "big") == 1009
        writer.close()
        await writer.wait_closed()


async def test_the_largest_message_is_what_was_configured() -> None:
    most = 1 << 16
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(message_bytes=most))
    async with serving(config=config) as served:
        messages, closed = await conversation(served, [START, bytes(most), encode(Finish())])
        assert isinstance(messages[-1], Done)
        assert (messages[-1].statistics.audio_seconds, closed) == (most / 2 / SAMPLE_RATE, 1000)
        _, closed = await conversation(served, [START, bytes(most + 2), encode(Finish())])
        assert closed == 1009
        await until(lambda: served.idle)


async def test_as_much_audio_waits_as_was_configured() -> None:
    """More than a server holds that was told nothing, and not much more than this one was told."""
    held, most = Held(), MOST
    data = to_pcm16(speak([*VOCABULARY, ""] * 12))
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(audio_seconds=most))
    async with (
        serving(engines(recognizer=held), config=config) as served,
        connect(served.url, max_queue=None) as socket,
    ):
        await socket.send(START)
        ready = decode(str(await socket.recv()))
        assert isinstance(ready, Ready)
        _, floor = served.app.state.hall.back(ready.token)
        lag = floor.lines[0].lag

        async def send() -> None:
            for start in range(0, len(data), 3_200):
                await socket.send(data[start : start + 3_200])

        sending = asyncio.create_task(send())
        await until(lambda: lag.received > most)
        await asyncio.wait({sending}, timeout=1.0)
        assert lag.received < most + MOST < len(data) / 2 / SAMPLE_RATE
        held.let.set()
        await sending
        await socket.send(encode(Finish()))
        assert isinstance((await rest(socket))[-1], Done)


async def test_ten_minutes_of_silence_say_nothing() -> None:
    async with serving(engines(detector=load_detector())) as served:
        arrivals = client.stream(
            served.url, cut(silence(600), [16_000]), source="en", targets=["es"], speed=0
        )
        messages = [arrival.message async for arrival in arrivals]
    kinds = [type(message) for message in messages if not isinstance(message, Notice | Ack)]
    assert kinds == [Ready, Done]
    assert isinstance(messages[-1], Done)
    assert messages[-1].statistics.audio_seconds == 600


@pytest.mark.parametrize("level", [0.01, 0.3])
async def test_noise_says_nothing(level: float) -> None:
    class Inventive(ScriptedRecognizer):
        """Hears words in whatever it is given, as Whisper does."""

        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            word = [Word(" thanks", w.audio.start, w.audio.end, 0.9) for w in windows]
            return [Recognition((w,), "en") for w in word]

    noise = np.random.default_rng(5).normal(0, level, 30 * SAMPLE_RATE).clip(-1, 1).astype(np.float32)
    async with serving(engines(detector=load_detector(), recognizer=Inventive())) as served:
        arrivals = client.stream(served.url, cut(noise, [1600]), source="en", targets=["es"], speed=0)
        messages = [arrival.message async for arrival in arrivals]
    assert not [message for message in messages if isinstance(message, Caption)]
    assert isinstance(messages[-1], Done)


class Held(ScriptedRecognizer):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.let = threading.Event()
        self.windows = 0

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self.windows += 1
        self.asked.set()
        assert self.let.wait(20)
        return super().recognize(windows)


async def test_audio_after_finish() -> None:
    held = Held()
    talk = to_pcm16(speak(VOCABULARY[:4]))
    async with serving(engines(recognizer=held)) as served, connect(served.url) as socket:
        for frame in (START, talk, encode(Finish()), b"\0\0"):
            await socket.send(frame)
        assert (await rest(socket))[-1] == Error(
            "protocol", "'audio' is not allowed while draining; expected nothing"
        )
        held.let.set()
        await until(lambda: served.idle)


@pytest.mark.parametrize("polite", [True, False])
async def test_a_client_that_vanishes_leaves_nothing_behind(polite: bool) -> None:
    held = Held()
    async with serving(engines(recognizer=held)) as served:
        before = asyncio.all_tasks()
        socket = await connect(served.url)
        await socket.send(START)
        await socket.send(to_pcm16(speak(VOCABULARY[:4])[: 2 * SAMPLE_RATE]))
        await asyncio.to_thread(held.asked.wait, 20)
        assert served.sessions == 1
        await socket.close() if polite else socket.transport.abort()
        held.let.set()
        await until(lambda: served.idle)
        await until(lambda: asyncio.all_tasks() <= before)


async def test_a_session_that_is_behind_slows_its_client_and_says_so() -> None:
    held, speaks = Held(), asyncio.Event()
    speaks.set()
    talk = [*VOCABULARY, ""] * 12
    data = to_pcm16(speak(talk))
    small = [(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65_536)]
    async with (
        serving(engines(recognizer=held), options=small) as served,
        connect(served.url, max_queue=None) as socket,
    ):
        transport = socket.transport
        transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 65_536)
        await socket.send(START)

        async def send() -> None:
            for start in range(0, len(data), 3_200):
                await speaks.wait()
                await socket.send(data[start : start + 3_200])
            await socket.send(encode(Finish()))

        sending = asyncio.create_task(send())
        messages = [decode(str(await socket.recv()))]
        while not isinstance(messages[-1], Notice):
            messages.append(decode(str(await socket.recv())))
        assert isinstance(messages[0], Ready) and messages[-1].code == "behind"
        _, floor = served.app.state.hall.back(messages[0].token)
        lag = floor.lines[0].lag
        await until(lambda: lag.received > AUDIO_SECONDS)  # the pipeline is full
        await asyncio.wait({sending}, timeout=1.0)
        assert not sending.done()  # unhindered it takes a twentieth of this
        assert lag.received < MOST < len(talk) * WORD_SECONDS
        speaks.clear()  # a busy machine might not catch up with somebody who goes on
        held.let.set()
        while not (isinstance(messages[-1], Notice) and messages[-1].code == "caught_up"):
            messages.append(decode(str(await socket.recv())))
        speaks.set()
        messages += await rest(socket)
        await sending
    done = messages[-1]
    assert isinstance(done, Done)
    assert AUDIO_SECONDS < done.statistics.max_lag < MOST
    told = [message.code for message in messages if isinstance(message, Notice)]
    assert told[:2] == ["behind", "caught_up"]
    # A busy machine may fall behind again, but each time only by so much more audio.
    assert all(one != other for one, other in pairwise(told))
    assert told.count("behind") <= 1 + len(talk) * WORD_SECONDS / (BEHIND_SECONDS - CAUGHT_UP_SECONDS)
    transcript = Transcript()
    for message in messages:
        if isinstance(message, Caption):
            transcript.show(message)
    assert " ".join(transcript.committed("en")).split() == [word for word in talk if word]


class Talkative:
    """Speaks every phrase for a minute."""

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        return [AudioChunk(silence(60)) for _ in requests]


async def test_a_client_that_never_reads_loses_its_session() -> None:
    small = [
        (sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096),
    ]
    talk = to_pcm16(speak([*VOCABULARY[:4], "", *VOCABULARY[4:8], ""]))
    async with serving(
        engines(synthesizer=Talkative()), patience=Patience(write=0.2), options=small
    ) as served:
        host, port = served.address.split(":")
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
        socket = await connect(served.url, sock=raw, max_queue=1, compression=None)
        with suppress(ConnectionClosed):
            await socket.send(encode(Start("en", ("es",), ("es",))))
            for start in range(0, len(talk), 32_000):
                await socket.send(talk[start : start + 32_000])
        try:
            metrics = served.app.state.house.metrics
            await until(lambda: "dragoman_drops_total 1.0" in metrics.written().decode())
            await until(lambda: served.idle)
        finally:
            socket.transport.abort()


async def test_an_engine_that_fails_ends_the_session_that_asked() -> None:
    class Broken(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            if windows[0].language == "fr":
                raise EngineError("out of memory")
            return super().recognize(windows)

    talk = to_pcm16(speak(VOCABULARY[:8]))
    async with serving(engines(recognizer=Broken())) as served:
        (good, code), (bad, bad_code) = await asyncio.gather(
            conversation(served, [START, talk, encode(Finish())]),
            conversation(served, [encode(Start("fr")), talk, encode(Finish())]),
        )
        assert isinstance(good[-1], Done)
        assert code == 1000
        assert bad[-1] == Error("engine_failed", "out of memory")
        assert bad_code == 1011


async def test_a_defect_of_ours_is_not_told_in_detail(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("secret")

    async with serving() as served:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("server.rooms.line.graph", broken)
            messages, closed = await conversation(served, [START])
    assert messages[-1] == Error("internal", "the server failed; its log says why")
    assert closed == 1011
    assert "secret" in caplog.text


async def test_a_connection_that_uvicorn_closed_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    async def closed(*_: Any) -> None:
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    async with serving() as served:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("starlette.websockets.WebSocket.send_text", closed)
            messages, _ = await conversation(served, [START])
        await until(lambda: served.idle)
    assert messages == []
    assert "Exception" not in caplog.text


async def test_a_full_server_takes_somebody_again_when_a_session_has_ended() -> None:
    async with serving(most=1) as served:
        async with connect(served.url) as first:
            await first.send(START)
            await first.recv()
            with pytest.raises(InvalidStatus):
                await conversation(served, [START])
            await first.send(encode(Finish()))
            assert isinstance((await rest(first))[-1], Done)
        await until(lambda: not served.sessions)
        messages, _ = await conversation(served, [START, encode(Finish())])
        assert isinstance(messages[-1], Done)

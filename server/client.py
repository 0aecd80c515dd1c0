"""The reference client: plays audio to a server and gives what comes back, whatever happens between them.

Audio is kept until the server acknowledges it, so that a lost connection, or a server that is started anew,
is followed by another one that goes on exactly there. Every caption is folded into a transcript, so a
server that takes committed text back, or says something twice, is found out here.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from server.messages import (
    Ack,
    ClientMessage,
    Done,
    Error,
    Finish,
    Ready,
    Resume,
    ServerMessage,
    Speech,
    Start,
    decode_event,
    encode,
)
from server.replay import Replay
from server.room_messages import Revision
from streaming.audio import AudioChunk
from streaming.captions import Caption, Transcript
from streaming.errors import InputError, ProtocolError
from streaming.stages import Notice

OPEN_SECONDS = 10.0
"""A server must accept the connection within this time."""
PATIENCE_SECONDS = 60.0
"""A server that has begun a session may be away so long."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts to come back; each is up to twice as long as the one before."""
COMING_BACK = frozenset({1001, 1006, 1011, 1012, 1013})
"""Close codes of a server or a network that may be there again soon."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of the server, and when it came."""

    time: float
    """Seconds since audio began to be played: position 0 of the audio was spoken at 0."""
    message: ServerMessage
    lag: float | None = None
    """Of a caption, when audio is paced: seconds since the end of its last word was spoken."""
    audio: bytes = b""
    """Of ``speech``: 16-bit little-endian PCM."""
    event: int | None = None
    """Number of an event."""


class Broken(Exception):
    """The connection broke; another one may go on."""


async def stream(
    url: str,
    chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk],
    *,
    source: str = "auto",
    targets: Sequence[str] = (),
    speak: Sequence[str] = (),
    encoding: Literal["pcm_s16le", "pcm_f32le"] = "pcm_s16le",
    speed: float = 1.0,
    patience: float = PATIENCE_SECONDS,
) -> AsyncGenerator[Arrival, None]:
    """Stream audio to a server and give its messages as they come; the last is ``done`` or ``error``.

    A chunk is sent when its end has been spoken, as a microphone would; `speed` 2 speaks twice as fast, 0
    sends as fast as the server takes it. A session whose connection breaks is resumed for `patience`
    seconds; a notice ``reconnecting`` says so.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
        ProtocolError: the server broke off, or said something that the protocol does not know, or twice.
        RetractionError: the server took committed text back.
    """
    start = Start(source, tuple(targets), tuple(speak), encoding)
    replay = Replay(chunks, encoding, speed)
    reading = asyncio.create_task(replay.read())
    session = _Session(url, start, replay)
    try:
        async for arrival in session.arrivals(patience):
            yield arrival
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


class _Session:
    """A conversation that goes on over as many connections as it takes."""

    def __init__(self, url: str, start: Start, replay: Replay) -> None:
        self._url = url
        self._start = start
        self._replay = replay
        self._transcript = Transcript()
        self._token = ""
        self._event = 0

    async def arrivals(self, patience: float) -> AsyncIterator[Arrival]:
        """Give messages until the last one."""
        pause, heard = FIRST_PAUSE, time.monotonic()
        while True:
            try:
                async for arrival in self._connection():
                    pause, heard = FIRST_PAUSE, time.monotonic()
                    yield arrival
                return
            except (Broken, InputError) as error:
                if error is self._replay.failure or isinstance(error, ProtocolError):
                    raise
                if isinstance(error, InputError) and not self._token:
                    raise
                if not self._token or time.monotonic() - heard > patience:
                    raise ProtocolError(f"the server broke off before it was done ({error})") from error
            yield Arrival(self._replay.time, Notice("reconnecting", "the connection is lost; resuming"))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connection(self) -> AsyncIterator[Arrival]:
        """Give the messages of one connection."""
        async with await connected(self._url) as socket:
            first: ClientMessage = Resume(self._token, self._event) if self._token else self._start
            playing: asyncio.Task[None] | None = None
            try:
                await _send(socket, encode(first))
                async for arrival in self._received(socket):
                    if isinstance(arrival.message, Ready):
                        self._token = arrival.message.token
                        playing = asyncio.create_task(self._play(socket, arrival.message.position))
                    yield arrival
            finally:
                if playing is not None:
                    playing.cancel()
                    with suppress(asyncio.CancelledError):
                        await playing

    async def _play(self, socket: ClientConnection, position: int) -> None:
        """Send all audio from a position on, then ``finish``."""
        try:
            async for data in self._replay.data(position):
                await socket.send(data)
            await socket.send(encode(Finish()))
        except ConnectionClosed:
            return  # the receiving side tells why
        except Exception:
            await socket.close()

    async def _received(self, socket: ClientConnection) -> AsyncIterator[Arrival]:
        """Give checked messages until the last one."""
        while True:
            try:
                event, message, audio = await receive(socket)
            except (Broken, ProtocolError):
                if self._replay.failure:
                    raise self._replay.failure from None
                raise
            lag = None
            if event is not None:
                if event <= self._event:
                    raise ProtocolError(f"event {event} came after event {self._event}")
                self._event = event
            match message:
                case Caption():
                    self._transcript.show(message)
                    lag = self._replay.lag(message.end)
                case Revision(utterance=utterance, language=language, text=text):
                    self._transcript.revise(utterance, language, text)
                case Ack(position=position):
                    self._replay.forget(position)
            yield Arrival(self._replay.time, message, lag, audio, event)
            if isinstance(message, Done | Error):
                return


async def connected(url: str) -> ClientConnection:
    """Open a connection.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
    """
    try:
        # No keep-alive of our own: a server under load reads late, and a late pong is no death. Audio does
        # not compress, so compression would only cost time.
        return await connect(
            url, compression=None, ping_interval=None, max_size=None, open_timeout=OPEN_SECONDS, proxy=None
        )
    except (InvalidURI, InvalidHandshake, OSError, TimeoutError) as error:
        raise InputError(f"{url}: no Dragoman answers there ({error or type(error).__name__})") from error


async def receive(socket: ClientConnection) -> tuple[int | None, ServerMessage, bytes]:
    """Take a message: its number if it is an event, itself, and the sound that belongs to it.

    Raises:
        Broken: the connection broke, and another one may go on.
        ProtocolError: the server ended it without saying why, or sent what it may not.
    """
    try:
        text = await socket.recv()
        event, message = decode_event(text if isinstance(text, str) else "")
        audio = _bytes(await socket.recv()) if isinstance(message, Speech) else b""
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 1006
        if code in COMING_BACK:
            raise Broken(str(error)) from error
        raise ProtocolError(f"the server broke off before it was done ({error})") from error
    return event, message, audio


async def _send(socket: ClientConnection, text: str) -> None:
    try:
        await socket.send(text)
    except ConnectionClosed as error:
        raise Broken(str(error)) from error


def _bytes(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise ProtocolError("expected the binary frame that belongs to 'speech', got text")
    return data

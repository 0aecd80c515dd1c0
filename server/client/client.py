"""The reference client: plays audio to a server and gives what comes back, whatever happens between them.

Audio is kept until the server acknowledges it, so that a lost connection, or a server that is started anew,
is followed by another one that goes on exactly there. Every caption is folded into a transcript, so a
server that takes committed text back, or says something twice, is found out here.
"""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Literal

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from server.client.link import Broken, connected, receive, send
from server.client.replay import Replay
from server.wire.codec import encode
from server.wire.messages import Ack, ClientMessage, Done, Error, Finish, Ready, Resume, ServerMessage, Start
from server.wire.room_messages import FLOOR, Listen, Revision, Style
from streaming.audio import AudioChunk
from streaming.captions import Caption, Transcript
from streaming.errors import InputError, OverloadError, ProtocolError
from streaming.stages import Notice

PATIENCE_SECONDS = 60.0
"""A server that has begun a session may be away so long."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts to come back; each is up to twice as long as the one before."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of the server, and when it came."""

    time: float
    """Seconds since audio began to be played: position 0 of the audio was spoken at 0; of a listener, since
    it began to read."""
    message: ServerMessage
    lag: float | None = None
    """Of a caption, when audio is paced: seconds since the end of its last word was spoken."""
    audio: bytes = b""
    """Of ``speech``: 16-bit little-endian PCM."""
    event: int | None = None
    """Number of an event."""


async def stream(
    url: str,
    chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk],
    *,
    source: str = "auto",
    targets: Sequence[str] = (),
    speak: Sequence[str] = (),
    encoding: Literal["pcm_s16le", "pcm_f32le"] = "pcm_s16le",
    speed: float = 1.0,
    key: str = "",
    patience: float = PATIENCE_SECONDS,
    languages: Sequence[str] = (),
    words: bool = False,
    packs: Sequence[str] = (),
) -> AsyncGenerator[Arrival, None]:
    """Stream audio to a server and give its messages as they come; the last is ``done`` or ``error``.

    A chunk is sent when its end has been spoken, as a microphone would; `speed` 2 speaks twice as fast, 0
    sends as fast as the server takes it. `key` is what lets us in, or a room token. A session whose
    connection breaks is resumed for `patience` seconds; a notice ``reconnecting`` says so.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
        ProtocolError: the server broke off, said something that the protocol does not know, or twice, or had
            ended the session before we came back to it with audio that was left.
        RetractionError: the server took committed text back.
    """
    start = Start(
        source,
        tuple(targets),
        tuple(speak),
        encoding,
        languages=tuple(languages),
        words=words,
        packs=tuple(packs),
    )
    conversation = Conversation(url, start, Replay(chunks, encoding, speed), key=key)
    async with aclosing(conversation.arrivals(patience)) as arrivals:
        async for arrival in arrivals:
            yield arrival


async def listen(
    url: str,
    *,
    language: str = FLOOR,
    style: Style = "fast",
    speech: bool = False,
    event: int | None = None,
    key: str = "",
    patience: float = PATIENCE_SECONDS,
) -> AsyncGenerator[Arrival, None]:
    """Read a room and give what is said there, until the event ends; the last is ``done`` or ``error``.

    A lost connection is followed by another one that goes on after the last event, for `patience` seconds.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
        ProtocolError: the server broke off, or said something that the protocol does not know, or twice.
        RetractionError: the server took committed text back.
    """
    reading = Reading(url, Listen(language, style, speech, event), key)
    async with aclosing(reading.arrivals(patience)) as arrivals:
        async for arrival in arrivals:
            yield arrival


class _Lasting(ABC):
    """What goes on over as many connections as it takes."""

    def __init__(self, url: str, event: int | None, key: str) -> None:
        self._url = url
        self._key = key
        self._transcript = Transcript()
        self._away: float | None = None
        """When the connection broke; `None`: there is one, over which nothing need come for hours."""
        self.event = event
        """Number of the last event that came."""

    @property
    @abstractmethod
    def _resumable(self) -> bool:
        """Another connection could go on."""

    @property
    @abstractmethod
    def _time(self) -> float:
        """Seconds since it began."""

    @property
    def _failure(self) -> Exception | None:
        return None

    @abstractmethod
    def _connection(self) -> AsyncGenerator[Arrival, None]:
        """Give the messages of one connection."""

    async def arrivals(self, patience: float) -> AsyncGenerator[Arrival, None]:
        """Give messages until the last one."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._connection()) as connection:
                    async for arrival in connection:
                        pause = FIRST_PAUSE
                        yield arrival
                return
            except (Broken, InputError) as error:
                now = time.monotonic()
                self._away = now if self._away is None else self._away
                self._consider(error, now - self._away > patience)
            yield Arrival(self._time, Notice("reconnecting", "the connection is lost; resuming"))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _consider(self, error: "Broken | InputError", late: bool) -> None:
        """Raise what another attempt would not change."""
        if self._failure:
            raise self._failure from None
        if isinstance(error, ProtocolError) or (isinstance(error, InputError) and not self._resumable):
            raise error
        if late or not self._resumable:
            raise ProtocolError(f"the server broke off before it was done ({error})") from error

    async def _received(self, socket: ClientConnection) -> AsyncIterator[Arrival]:
        """Give checked messages until the last one."""
        away, self._away = self._away, None
        while True:
            event, message, audio = await receive(socket)
            if event is not None:
                self._count(event)
            if isinstance(message, Caption):
                self._transcript.show(message)
            if isinstance(message, Revision):
                self._transcript.revise(message.utterance, message.language, message.text)
            if isinstance(message, Error) and message.code == OverloadError.code and self._resumable:
                self._away = away
                raise Broken(message.message)  # there will be room for who comes back
            yield Arrival(self._time, message, None, audio, event)
            if isinstance(message, Done | Error):
                return

    def _count(self, event: int) -> None:
        if self.event is not None and event <= self.event:
            raise ProtocolError(f"event {event} came after event {self.event}")
        self.event = event


class Reading(_Lasting):
    """A listener of a room."""

    def __init__(self, url: str, wanted: Listen, key: str = "") -> None:
        super().__init__(url, wanted.event, key)
        self._wanted = wanted
        self._past = -1
        self._began = time.perf_counter()

    @property
    def _resumable(self) -> bool:
        return self.event is not None

    @property
    def _time(self) -> float:
        return time.perf_counter() - self._began

    async def _connection(self) -> AsyncGenerator[Arrival, None]:
        async with await connected(self._url, self._key) as socket:
            await send(socket, encode(replace(self._wanted, event=self.event)))
            async for arrival in self._received(socket):
                yield arrival

    def _count(self, event: int) -> None:
        """What is shown to those who come late bears one number, that of the last event before."""
        if self.event is None:
            self._past = event
        if event != self._past or event != self.event:
            super()._count(event)


class Conversation(_Lasting):
    """A speaker's session; with its `token` and `event`, another client may go on with it."""

    def __init__(
        self, url: str, start: Start, replay: Replay, token: str = "", event: int = 0, key: str = ""
    ) -> None:
        super().__init__(url, event, key)
        self._start = start
        self._replay = replay
        self.token = token
        """What resumes the session."""
        self._begin = 0.0

    @property
    def _resumable(self) -> bool:
        return bool(self.token)

    @property
    def _time(self) -> float:
        return self._replay.time

    @property
    def _failure(self) -> Exception | None:
        return self._replay.failure

    async def arrivals(self, patience: float) -> AsyncGenerator[Arrival, None]:
        """Give messages until the last one."""
        reading = asyncio.create_task(self._replay.read())
        try:
            async with aclosing(super().arrivals(patience)) as arrivals:
                async for arrival in arrivals:
                    yield arrival
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _connection(self) -> AsyncGenerator[Arrival, None]:
        # What resumes a session lets us in by itself: the key may have expired meanwhile.
        key = "" if self.token else self._key
        async with await connected(self._url, key, resuming=self._resumable) as socket:
            first: ClientMessage = Resume(self.token, self.event or 0) if self.token else self._start
            playing: asyncio.Task[None] | None = None
            try:
                await send(socket, encode(first))
                async for arrival in self._received(socket):
                    match arrival.message:
                        case Ready(token=token, position=position, begin=begin):
                            self.token, self._begin = token, begin
                            playing = asyncio.create_task(self._play(socket, position))
                        case Caption(end=end):
                            arrival = replace(arrival, lag=self._replay.lag(end - self._begin))
                        case Ack(position=position):
                            self._replay.forget(position)
                    yield arrival
                    if isinstance(arrival.message, Done) and playing is None:
                        self._see_whole(arrival.message.statistics.audio_seconds)
            finally:
                if playing is not None:
                    playing.cancel()
                    with suppress(asyncio.CancelledError):
                        await playing

    def _see_whole(self, seconds: float) -> None:
        """See that a session that was over when we came back to it had taken all audio."""
        if self._replay.goes_beyond(seconds):
            raise ProtocolError(
                f"the session was over before we came back: audio after {seconds:.1f} s was not interpreted"
            )

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

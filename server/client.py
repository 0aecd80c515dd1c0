"""The reference client: plays audio to a server in real time and gives what comes back, checked.

Every caption is folded into a transcript, so a server that takes committed text back is found out here.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response

from server.messages import Done, Error, Finish, Message, Ready, ServerMessage, Speech, Start, decode, encode
from streaming.audio import AudioChunk, to_pcm16
from streaming.captions import Caption, Transcript
from streaming.errors import InputError, ProtocolError

OPEN_SECONDS = 10.0
"""A server must accept the connection within this time."""


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
) -> AsyncGenerator[Arrival, None]:
    """Stream audio to a server and give its messages as they come; the last is ``done`` or ``error``.

    A chunk is sent when its end has been spoken, as a microphone would; `speed` 2 speaks twice as fast, 0
    sends as fast as the server takes it. `key` is what lets us in, or a room token.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
        ProtocolError: the server broke off, or said something that the protocol does not know.
        RetractionError: the server took committed text back.
    """
    async with await _connected(url, key) as socket:
        start = Start(source, tuple(targets), tuple(speak), encoding)
        await socket.send(encode(start))
        player = _Player(socket, chunks, encoding, speed)
        playing: asyncio.Task[None] | None = None
        try:
            async for arrival in _arrivals(socket, player):
                if isinstance(arrival.message, Ready):
                    playing = asyncio.create_task(player.play())
                yield arrival
        except ProtocolError:
            if player.failure:
                raise player.failure from None
            raise
        finally:
            if playing is not None:
                playing.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await playing


class _Player:
    """Sends audio at its pace."""

    def __init__(
        self,
        socket: ClientConnection,
        chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk],
        encoding: str,
        speed: float,
    ) -> None:
        self._socket = socket
        self._chunks = chunks
        self._encoding = encoding
        self.speed = speed
        self._began: float | None = None
        self.failure: Exception | None = None
        """Why the audio broke off."""

    @property
    def time(self) -> float:
        """Seconds since playing began; 0 before."""
        return time.perf_counter() - self._began if self._began is not None else 0.0

    async def play(self) -> None:
        """Send all audio, then ``finish``."""
        try:
            self._began = time.perf_counter()
            async for chunk in _asynchronous(self._chunks):
                await self._wait_for(chunk.end)
                await self._socket.send(self._bytes(chunk))
            await self._socket.send(encode(Finish()))
        except ConnectionClosed:
            return  # The receiving side tells why.
        except Exception as error:
            self.failure = error
            await self._socket.close()

    async def _wait_for(self, position: float) -> None:
        ahead = position / self.speed - self.time if self.speed else 0.0
        await asyncio.sleep(max(0.0, ahead))

    def _bytes(self, chunk: AudioChunk) -> bytes:
        if self._encoding == "pcm_f32le":
            return bytes(chunk.samples.astype("<f4").tobytes())
        return to_pcm16(chunk.samples)


async def _connected(url: str, key: str) -> ClientConnection:
    try:
        # No keep-alive of our own: a server under load reads late, and a late pong is no death. Audio does
        # not compress, so compression would only cost time.
        return await connect(
            url,
            additional_headers={"Authorization": f"Bearer {key}"} if key else {},
            compression=None,
            ping_interval=None,
            max_size=None,
            open_timeout=OPEN_SECONDS,
            proxy=None,
        )
    except InvalidStatus as error:
        raise InputError(f"{url}: {_refusal(error.response)}") from error
    except (InvalidURI, InvalidHandshake, OSError, TimeoutError) as error:
        raise InputError(f"{url}: no Dragoman answers there ({error or type(error).__name__})") from error


def _refusal(response: Response) -> str:
    """Read why the server did not let us in."""
    try:
        return str(json.loads(response.body)["error"]["message"])
    except (ValueError, TypeError, KeyError):
        return f"no Dragoman answers there (HTTP {response.status_code})"


async def _arrivals(socket: ClientConnection, player: _Player) -> AsyncIterator[Arrival]:
    """Give checked messages until the last one."""
    transcript = Transcript()
    while True:
        message = _server_message(await _receive(socket))
        lag, audio = None, b""
        if isinstance(message, Caption):
            transcript.show(message)
            lag = player.time - message.end / player.speed if player.speed else None
        if isinstance(message, Speech):
            audio = _bytes(await _receive(socket))
        yield Arrival(player.time, message, lag, audio)
        if isinstance(message, Done | Error):
            return


async def _receive(socket: ClientConnection) -> str | bytes:
    try:
        return await socket.recv()
    except ConnectionClosed as error:
        raise ProtocolError(f"the server broke off before it was done ({error})") from error


def _server_message(data: str | bytes) -> ServerMessage:
    message: Message = decode(data) if isinstance(data, str) else Finish()
    if isinstance(message, Start | Finish):
        raise ProtocolError("the server sent what only a client sends")
    return message


def _bytes(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise ProtocolError("expected the binary frame that belongs to 'speech', got text")
    return data


async def _asynchronous(
    chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk],
) -> AsyncIterator[AudioChunk]:
    if isinstance(chunks, AsyncIterable):
        async for chunk in chunks:
            yield chunk
        return
    for chunk in chunks:
        yield chunk

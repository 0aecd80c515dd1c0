"""What waits to be sent to a client, bounded whatever the client does.

The pipeline never waits for a slow reader. Of a caption only the newest state waits, because it replaces
the ones before; a client that still takes nothing for a while loses its session.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.messages import ServerMessage, encode
from streaming.captions import Caption
from streaming.errors import InputError

WRITE_SECONDS = 10.0
"""A client must take a message within this time."""
MOST_WAITING = 1_000
"""Messages that may wait."""


@dataclass(frozen=True, slots=True)
class _Entry:
    message: ServerMessage
    audio: bytes | None


class Outbox:
    """Messages on their way to one client."""

    def __init__(self, write_seconds: float = WRITE_SECONDS, most: int = MOST_WAITING) -> None:
        self._write_seconds = write_seconds
        self._most = most
        self._entries: dict[object, _Entry] = {}
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Messages that wait."""
        return len(self._entries)

    def put(self, message: ServerMessage, audio: bytes | None = None) -> None:
        """Add a message, and the binary frame that follows it if there is one.

        Raises:
            InputError: too many messages wait: the client does not read.
        """
        key = (message.utterance, message.language) if isinstance(message, Caption) else object()
        self._entries[key] = _Entry(message, audio)
        self._arrived.set()
        if len(self._entries) > self._most:
            raise InputError(f"the client does not read: {self._most} messages wait for it")

    def close(self) -> None:
        """Say that nothing follows."""
        self._closed = True
        self._arrived.set()

    async def drain(self, send: Callable[[str | bytes], Awaitable[None]]) -> None:
        """Send what waits and what comes, until the outbox is closed and empty.

        Raises:
            InputError: the client did not take a message in time.
        """
        while True:
            while self._entries:
                entry = self._entries.pop(next(iter(self._entries)))
                try:
                    async with asyncio.timeout(self._write_seconds):
                        await send(encode(entry.message))
                        if entry.audio is not None:
                            await send(entry.audio)
                except TimeoutError:
                    seconds = self._write_seconds
                    raise InputError(f"the client does not read: nothing taken for {seconds:g} s") from None
            if self._closed:
                return
            self._arrived.clear()
            await self._arrived.wait()

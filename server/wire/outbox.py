"""What waits to be sent to a client, bounded whatever the client does.

Nobody waits for a slow reader. Events are all sent, in order; of a view (tentative text) only the newest
state waits, because it replaces the ones before. A client that takes nothing for a while loses its
connection, and may resume.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.wire.codec import encode
from server.wire.messages import ServerMessage
from streaming.captions import Caption
from streaming.errors import InputError

WRITE_SECONDS = 10.0
"""A client must take a message within this time."""
MOST_WAITING = 1_000
"""Messages that may wait."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it is sent, written once for all who get it."""

    text: str
    audio: bytes = b""
    """The binary frame that follows; empty: none."""
    view: tuple[int, str] | None = None
    """Utterance and language of tentative text, which the next message about them replaces."""
    about: tuple[int, str] | None = None
    """Utterance and language of any caption."""


def frame(message: ServerMessage, event: int | None = None, audio: bytes = b"") -> Frame:
    """Write a message; `event` is its number if it is an event."""
    about = (message.utterance, message.language) if isinstance(message, Caption) else None
    return Frame(encode(message, event), audio, about if event is None else None, about)


class Outbox:
    """Messages on their way to one client."""

    def __init__(self, write_seconds: float = WRITE_SECONDS, most: int = MOST_WAITING) -> None:
        self._write_seconds = write_seconds
        self._most = most
        self._frames: dict[object, Frame] = {}
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closed = False
        self.overrun: InputError | None = None
        """Why nothing more is taken: too much waits, the client does not read."""

    @property
    def waiting(self) -> int:
        """Messages that wait."""
        return len(self._frames)

    def put(self, frame: Frame) -> None:
        """Add a message; where too many wait, none is added and `drain` fails."""
        if self.overrun:
            return
        self._frames.pop(frame.about, None)
        self._frames[frame.view or object()] = frame
        self._empty.clear()
        self._arrived.set()
        if len(self._frames) > self._most:
            self.overrun = InputError(f"the client does not read: {self._most} messages wait for it")

    def close(self) -> None:
        """Say that nothing follows."""
        self._closed = True
        self._arrived.set()

    async def settle(self) -> None:
        """Wait until nothing waits."""
        await self._empty.wait()

    async def drain(self, send: Callable[[str | bytes], Awaitable[None]]) -> None:
        """Send what waits and what comes, until the outbox is closed and empty.

        Raises:
            InputError: the client did not take a message in time, or too many wait.
        """
        while True:
            while self._frames:
                if self.overrun:
                    raise self.overrun
                await self._send(self._frames.pop(next(iter(self._frames))), send)
            self._empty.set()
            if self._closed:
                return
            self._arrived.clear()
            await self._arrived.wait()

    async def _send(self, frame: Frame, send: Callable[[str | bytes], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(self._write_seconds):
                await send(frame.text)
                if frame.audio:
                    await send(frame.audio)
        except TimeoutError:
            seconds = self._write_seconds
            raise InputError(f"the client does not read: nothing taken for {seconds:g} s") from None

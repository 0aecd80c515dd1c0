"""The journal of a room: numbers its events, waits until they are durable, then tells them in order.

Views (tentative text, lag) are not events: they have no number and are not kept, but they wait their turn,
so that nobody sees a view of something that could still be lost.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from server.rooms.eventlog import PAGE, Event, EventLog
from server.wire.messages import SERVER, ServerMessage, name_of
from server.wire.schema import from_plain, hints, to_plain

HELD = 1_000
"""Events that may wait for the disk; who brings more is made to wait."""
RECENT = 2_000
"""Events that are kept in memory for those who come late or come again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event or a view on its way to those who are told."""

    message: ServerMessage
    number: int | None = None
    """Of an event."""
    audio: bytes = b""
    """The binary frame that belongs to ``speech``."""
    line: str = ""
    """Whose audio it came from; empty: the room's own."""
    spoken: bool = False
    """Of a caption: in the language of its speaker."""


def entry_of(event: Event) -> Entry:
    """Turn an event of the log into what those who resume are told."""
    kind: type = SERVER[event.kind]
    content = {name: event.content[name] for name in hints(kind) if name in event.content}
    message: ServerMessage = from_plain(kind, content, event.kind)
    line, spoken = event.content.get("line", ""), event.content.get("spoken", False)
    return Entry(message, event.number, event.audio, line, spoken)


class Journal:
    """One stream of the log, being written."""

    def __init__(self, log: EventLog, stream: str, last: int, tell: Callable[[Entry], None]) -> None:
        """`last` is the number of the newest event in the log; `tell` hears of what is durable."""
        self._log = log
        self._stream = stream
        self._tell = tell
        self._waiting: deque[tuple[Entry | asyncio.Future[None], Event | None]] = deque()
        self._arrived = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self.last = last
        """Number of the newest event, durable or not."""
        self.told = last
        """Number of the newest event that is durable."""
        self._recent: deque[Entry] = deque(maxlen=RECENT)

    def add(
        self,
        message: ServerMessage,
        *,
        audio: bytes = b"",
        line: str = "",
        spoken: bool = False,
        more: Mapping[str, Any] | None = None,
    ) -> int:
        """Add an event and give its number; `more` is kept in the log beside the message."""
        self.last += 1
        content = {**to_plain(message), "line": line, "spoken": spoken, **(more or {})}
        event = Event(self._stream, self.last, time.time(), name_of(message), content, audio)
        self._put(Entry(message, self.last, audio, line, spoken), event)
        return self.last

    def show(self, message: ServerMessage, *, line: str = "", spoken: bool = False) -> None:
        """Tell a view, after the events that wait; where too many wait it is left out, as newer ones come."""
        if self._free.is_set():
            self._put(Entry(message, None, b"", line, spoken), None)

    async def write(self) -> None:
        """Write and tell, for ever.

        Raises:
            OverloadError: the disk takes nothing; all still waits, and this may be called again.
        """
        while True:
            await self._arrived.wait()
            batch = list(self._waiting)
            if events := [event for _, event in batch if event]:
                await self._log.append(events)
            for entry, _ in batch:
                self._waiting.popleft()
                self._done(entry)
            if len(self._waiting) <= HELD:
                self._free.set()
            if not self._waiting:
                self._arrived.clear()

    async def free(self) -> None:
        """Wait while too much waits for the disk."""
        await self._free.wait()

    async def settle(self) -> None:
        """Wait until everything so far is durable and told."""
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(reached, None)
        await reached

    async def since(self, number: int) -> list[Entry]:
        """Give the next page of the events after a number that have been told; none, and without waiting:
        nothing has been missed."""
        missed = self.told - number
        if missed <= 0:
            return []
        most = min(PAGE, missed)
        if missed <= len(self._recent):
            begin = len(self._recent) - missed
            return list(islice(self._recent, begin, begin + most))
        return [entry_of(event) for event in await self._log.read(self._stream, number, most)]

    def _done(self, entry: "Entry | asyncio.Future[None]") -> None:
        if isinstance(entry, asyncio.Future):
            if not entry.done():
                entry.set_result(None)
            return
        if entry.number is not None:
            self.told = entry.number
            self._recent.append(entry)
        self._tell(entry)

    def _put(self, entry: "Entry | asyncio.Future[None]", event: Event | None) -> None:
        self._waiting.append((entry, event))
        self._arrived.set()
        if len(self._waiting) > HELD:
            self._free.clear()

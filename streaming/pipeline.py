"""The one loop that waits: stages on asyncio, each in a task of its own.

Inboxes are bounded by seconds of audio, not by items: with 10 ms chunks a bound of a few items would
starve the engines, and a bound of many would let lag grow. A full inbox makes its producer wait, and so
on back to the socket.

Text makes nobody wait: a language whose translator is too slow would hold up recognition, and with it the
source captions and all other languages. An hour of speech is less text than a second of it is audio; past
a minute the updates of an utterance are merged while they wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from streaming.audio import AudioChunk
from streaming.captions import Update, merge
from streaming.errors import first_cause
from streaming.stages import Ask, Node, Notice, Signal, Write

Engines = Mapping[str, Callable[[Any], Awaitable[Any]]]
"""Engine name → a function that waits for the answer to one request."""
Emit = Callable[[str, Any], None]
"""Told the node's name and each item that it writes; must not block."""

AUDIO_SECONDS = 10.0
"""Audio that may wait for a stage."""
TEXT_SECONDS = 60.0
"""Committed speech whose text waits for a stage item by item; what comes after is merged."""


class _End:
    """Nothing follows."""


class Inbox:
    """Items on their way to a stage: audio is bounded in seconds, text is merged where much of it waits."""

    def __init__(self, audio_seconds: float = AUDIO_SECONDS, text_seconds: float = TEXT_SECONDS) -> None:
        self._audio_limit = audio_seconds
        self._text_limit = text_seconds
        self._items: deque[Any] = deque()
        self._held = 0.0
        self._changed = asyncio.Condition()

    @property
    def seconds(self) -> float:
        """Audio time that waits here."""
        return self._held

    async def put(self, item: Any) -> None:
        """Add an item, as soon as there is room; an empty inbox has room for any item."""
        weight = _seconds(item)
        async with self._changed:
            while isinstance(item, AudioChunk) and self._items and self._held + weight > self._audio_limit:
                await self._changed.wait()
            if isinstance(item, Update) and self._held > self._text_limit and self._continues(item):
                item = merge(self._items.pop(), item)
            self._items.append(item)
            self._held += weight
            self._changed.notify_all()

    def _continues(self, item: Update) -> bool:
        """Whether an update is of the same utterance as the one that came last and still waits."""
        last = self._items[-1] if self._items else None
        return isinstance(last, Update) and (last.utterance, last.language, last.final) == (
            item.utterance,
            item.language,
            False,
        )

    async def close(self) -> None:
        """Say that nothing follows."""
        async with self._changed:
            self._items.append(_End)
            self._changed.notify_all()

    async def get(self) -> Any:
        """Take the oldest item."""
        async with self._changed:
            while not self._items:
                await self._changed.wait()
            item = self._items.popleft()
            self._held = max(0.0, self._held - _seconds(item)) if self._items else 0.0
            self._changed.notify_all()
            return item


async def run(root: Node, engines: Engines, source: AsyncIterator[AudioChunk], emit: Emit) -> None:
    """Run a graph on audio as it comes, until all of it has been interpreted.

    An error in any stage, engine or in the source ends all tasks and is raised.
    """
    inbox = Inbox()
    try:
        async with asyncio.TaskGroup() as tasks:
            _start(tasks, root, inbox, engines, emit)
            async for chunk in source:
                await inbox.put(chunk)
            await inbox.close()
    except BaseExceptionGroup as group:
        raise first_cause(group) from group


def _start(tasks: asyncio.TaskGroup, node: Node, inbox: Inbox, engines: Engines, emit: Emit) -> None:
    successors = []
    for successor in node.successors:
        successors.append(Inbox())
        _start(tasks, successor, successors[-1], engines, emit)
    tasks.create_task(_drive(node, inbox, successors, engines, emit), name=node.name)


async def _drive(node: Node, inbox: Inbox, successors: list[Inbox], engines: Engines, emit: Emit) -> None:
    stage = node.stage
    while True:
        match stage.next_action():
            case Signal.READ:
                item = await inbox.get()
                stage.finish() if item is _End else stage.receive(item)
            case Ask(request):
                asked = time.perf_counter()
                result = await engines[node.engine](request)
                stage.receive_result(result, time.perf_counter() - asked)
            case Write(item):
                emit(node.name, item)
                if not isinstance(item, Notice):
                    for successor in successors:
                        await successor.put(item)
            case Signal.DONE:
                for successor in successors:
                    await successor.close()
                return


def _seconds(item: Any) -> float:
    match item:
        case AudioChunk():
            return item.duration
        case Update():
            return item.seconds
    return 0.0

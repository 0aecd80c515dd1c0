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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streaming import state
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
        self._closed = False
        self._changed = asyncio.Condition()

    @property
    def seconds(self) -> float:
        """Audio time that waits here."""
        return self._held

    async def put(self, item: Any) -> None:
        """Add an item, as soon as there is room; an empty inbox has room for any item, a closed one none."""
        weight = _seconds(item)
        async with self._changed:
            while self._is_full(item, weight) and not self._closed:
                await self._changed.wait()
            if self._closed:
                return
            if isinstance(item, Update) and self._held > self._text_limit and self._continues(item):
                item = merge(self._items.pop(), item)
            self._items.append(item)
            self._held += weight
            self._changed.notify_all()

    def _is_full(self, item: Any, weight: float) -> bool:
        return isinstance(item, AudioChunk) and bool(self._items) and self._held + weight > self._audio_limit

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
            self._closed = True
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


@dataclass(slots=True, eq=False)
class Cut:
    """A consistent state of a whole graph, taken while it runs.

    It travels through the inboxes like any item, and each stage's state is captured when it comes by; as
    inboxes keep their order, every stage has then seen exactly what the stages before it had written
    (Chandy and Lamport 1985, "Distributed snapshots: determining global states of distributed systems").
    A stage reads only when it has nothing to ask or to write, so it is captured at rest.
    """

    position: int
    """Samples that the graph had received."""
    states: dict[str, bytes] = field(default_factory=dict)
    """Node's name → its stage, pickled."""
    _awaited: int = 1

    @property
    def complete(self) -> bool:
        """Every node has been captured."""
        return not self._awaited

    def capture(self, node: Node, successors: int) -> None:
        """Add the state of a node that passes the cut on to so many others."""
        self.states[node.name] = state.dump(node.stage)
        self._awaited += successors - 1


Due = Callable[[int, Sequence[Any]], bool]
"""Told the samples received and what the root has written since it last read: whether to cut now."""


class Pipeline:
    """A running graph; branches may come and go, and its state may be cut."""

    def __init__(self, root: Node, engines: Engines, emit: Emit, due: Due | None = None) -> None:
        """`emit` is also given each cut, by the name of each node that it passes."""
        self._root = root
        self._engines = engines
        self._emit = emit
        self._due = due
        self._tasks: asyncio.TaskGroup | None = None
        self._branches: dict[Node, list[tuple[Node, Inbox]]] = {}
        self._driven: dict[str, asyncio.Task[None]] = {}
        """By name: the task of the node that came last."""

    async def run(self, source: AsyncIterator[AudioChunk]) -> None:
        """Run on audio as it comes, until all of it has been interpreted.

        An error in any stage, engine or in the source ends all tasks and is raised.
        """
        inbox = Inbox()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._start(self._root, inbox)
                async for chunk in source:
                    await inbox.put(chunk)
                await inbox.close()
        except BaseExceptionGroup as group:
            cause = first_cause(group)
            raise cause from cause.__cause__  # not from the group, which would hide what it came from
        finally:
            self._tasks = None
            self._driven.clear()

    def add(self, parent: str, node: Node) -> None:
        """Let a node follow another from now on: it receives what that writes after this.

        Where the parent has finished, nothing follows and nothing is added. Where a node of the same name
        was removed and has not finished what it has, the new one writes after it.
        """
        branches = self._following(parent)
        if self._tasks is None or branches is None:
            return
        inbox = Inbox()
        self._start(node, inbox)
        branches.append((node, inbox))

    def remove(self, parent: str, name: str) -> list[Inbox]:
        """Let a node receive nothing more, at once; it finishes what it has when the inboxes that this gives
        are closed."""
        branches = self._following(parent) or []
        removed = [branch for branch in branches if branch[0].name == name]
        for branch in removed:
            branches.remove(branch)
        return [inbox for _, inbox in removed]

    def _following(self, parent: str) -> list[tuple[Node, Inbox]] | None:
        """Give what follows the node of that name that came last; none where it has finished."""
        found = [following for node, following in self._branches.items() if node.name == parent]
        return found[-1] if found else None

    def _start(self, node: Node, inbox: Inbox) -> None:
        assert self._tasks is not None
        branches = self._branches[node] = [(successor, Inbox()) for successor in node.successors]
        for successor, following in branches:
            self._start(successor, following)
        former = self._driven.get(node.name)
        driven = self._tasks.create_task(self._drive(node, inbox, former), name=node.name)
        self._driven[node.name] = driven

    async def _drive(self, node: Node, inbox: Inbox, former: asyncio.Task[None] | None) -> None:
        if former:
            await asyncio.wait([former])
        stage, branches = node.stage, self._branches[node]
        written: list[Any] = []
        position = 0
        while True:
            match stage.next_action():
                case Signal.READ:
                    if self._due and node is self._root and self._due(position, written):
                        await self._cut(Cut(position), node)
                    written.clear()
                    item = await inbox.get()
                    if isinstance(item, Cut):
                        await self._cut(item, node)
                        continue
                    if isinstance(item, AudioChunk):
                        position = item.offset + len(item.samples)
                    stage.finish() if item is _End else stage.receive(item)
                case Ask(request):
                    asked = time.perf_counter()
                    result = await self._engines[node.engine](request)
                    stage.receive_result(result, time.perf_counter() - asked)
                case Write(item):
                    written.append(item)
                    await self._pass_on(item, node)
                case Signal.DONE:
                    del self._branches[node]
                    for _, following in branches:
                        await following.close()
                    return

    async def _cut(self, cut: Cut, node: Node) -> None:
        cut.capture(node, len(self._branches[node]))
        await self._pass_on(cut, node)

    async def _pass_on(self, item: Any, node: Node) -> None:
        # Who is added while a successor has no room has been told of this item already.
        branches = tuple(self._branches[node])
        self._emit(node.name, item)
        if not isinstance(item, Notice):
            for _, following in branches:
                await following.put(item)


async def run(root: Node, engines: Engines, source: AsyncIterator[AudioChunk], emit: Emit) -> None:
    """Run a graph on audio as it comes, until all of it has been interpreted."""
    await Pipeline(root, engines, emit).run(source)


def _seconds(item: Any) -> float:
    match item:
        case AudioChunk():
            return item.duration
        case Update():
            return item.seconds
    return 0.0

"""The two drivers on small stages of their own: same stages, same output."""

import asyncio
import pickle
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming import pipeline, simulate
from streaming.audio import AudioChunk
from streaming.captions import Transcript, Update
from streaming.errors import EngineError
from streaming.pipeline import Cut, Inbox, Pipeline
from streaming.stages import DONE, READ, Action, Ask, Node, Notice, Write
from streaming.words import Word


@dataclass
class Blocks:
    """A stage that asks for the sum of every `size` samples and writes it."""

    size: int
    pending: list[float] = field(default_factory=list)
    out: deque[Any] = field(default_factory=deque)
    finished: bool = False
    costs: list[float] = field(default_factory=list)

    def receive(self, item: AudioChunk) -> None:
        self.pending += item.samples.tolist()

    def receive_result(self, result: float, cost: float) -> None:
        del self.pending[: self.size]
        self.costs.append(cost)
        self.out.append(result)

    def finish(self) -> None:
        self.finished = True

    def next_action(self) -> Action[list[float], Any]:
        if self.out:
            return Write(self.out.popleft())
        if len(self.pending) >= self.size:
            return Ask(self.pending[: self.size])
        if not self.finished:
            return READ
        if self.pending:
            self.pending.clear()
            return Write(Notice("rest", "some samples were left"))
        return DONE


@dataclass
class Doubler:
    """A stage that asks nothing."""

    out: deque[Any] = field(default_factory=deque)
    finished: bool = False

    def receive(self, item: float) -> None:
        assert not isinstance(item, Notice)
        self.out.append(2 * item)

    def receive_result(self, result: Any, cost: float) -> None:
        raise AssertionError("nothing was asked")

    def finish(self) -> None:
        self.finished = True

    def next_action(self) -> Action[Any, float]:
        if self.out:
            return Write(self.out.popleft())
        return DONE if self.finished else READ


def sums(requests: Iterable[list[float]]) -> list[float]:
    return [sum(request) for request in requests]


def graph(size: int) -> Node:
    return Node(
        "sum", Blocks(size), "adder", [Node("left", Doubler(), "none"), Node("right", Doubler(), "none")]
    )


def cut(samples: list[float], sizes: list[int]) -> list[AudioChunk]:
    """Cut samples into chunks of the given sizes, in turn; the rest is the last chunk."""
    chunks, position = [], 0
    for size in sizes:
        chunks.append(AudioChunk(np.array(samples[position : position + size], np.float32), position))
        position += size
    chunks.append(AudioChunk(np.array(samples[position:], np.float32), position))
    return [chunk for chunk in chunks if len(chunk.samples)]


async def flow(chunks: list[AudioChunk]) -> AsyncIterator[AudioChunk]:
    for chunk in chunks:
        yield chunk


def simulated(size: int, chunks: list[AudioChunk]) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []
    simulate.run(graph(size), {"adder": sums}, chunks, lambda name, item, time: seen.append((name, item)))
    return seen


def piped(size: int, chunks: list[AudioChunk]) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    async def add(request: list[float]) -> float:
        await asyncio.sleep(0)
        return sum(request)

    asyncio.run(
        pipeline.run(graph(size), {"adder": add}, flow(chunks), lambda name, item: seen.append((name, item)))
    )
    return seen


async def ended(inboxes: list[Inbox]) -> None:
    for inbox in inboxes:
        await inbox.close()


def by_node(seen: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    return {name: [item for n, item in seen if n == name] for name in ("sum", "left", "right")}


@given(st.integers(0, 40), st.lists(st.integers(1, 9), max_size=8), st.integers(1, 7))
def test_both_drivers_write_the_same(length: int, sizes: list[int], size: int) -> None:
    samples = [float(i) for i in range(length)]
    chunks = cut(samples, sizes)
    a, b = by_node(simulated(size, chunks)), by_node(piped(size, chunks))
    assert a == b
    assert a == by_node(simulated(size, cut(samples, [1] * length)))
    assert a["left"] == [2 * item for item in a["sum"] if not isinstance(item, Notice)]


def test_the_simulated_clock_charges_what_it_is_told() -> None:
    times: list[float] = []
    chunks = cut([0.0] * 48_000, [16_000, 16_000])
    node = Node("sum", Blocks(8_000), "adder")
    simulate.run(
        node,
        {"adder": sums},
        chunks,
        lambda name, item, time: times.append(time),
        cost=lambda engine, s: 0.75,
    )
    assert times == [1.75, 2.5, 3.25, 4.0, 4.75, 5.5]
    assert isinstance(node.stage, Blocks)
    assert node.stage.costs == [0.75] * 6


async def test_an_engine_error_ends_the_run() -> None:
    async def broken(request: Any) -> Any:
        raise EngineError("no memory")

    with pytest.raises(EngineError, match="no memory"):
        await pipeline.run(graph(1), {"adder": broken}, flow(cut([1.0, 2.0], [])), lambda name, item: None)
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_leaves_no_task() -> None:
    asked = asyncio.Event()

    async def never(request: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(
        pipeline.run(graph(1), {"adder": never}, flow(cut([1.0], [])), lambda name, item: None)
    )
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1


async def test_an_inbox_is_bounded_in_seconds() -> None:
    inbox = Inbox(1.0)
    second = AudioChunk(np.zeros(16_000, np.float32), 0)
    await inbox.put(second)
    waiting = asyncio.create_task(inbox.put(second))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert inbox.seconds == 1.0
    await inbox.get()
    await waiting
    await inbox.put("text weighs nothing")
    assert inbox.seconds == 1.0


def said(count: int, utterance: int = 0, *, final: bool = False) -> Update:
    """An update that commits the second numbered `count`."""
    return Update(utterance, "en", (Word(f" {count}", count, count + 1),), final=final)


async def test_text_makes_nobody_wait_and_is_merged_where_much_of_it_waits() -> None:
    inbox = Inbox(1.0, text_seconds=3.0)
    given = [said(i, utterance=i // 8, final=i % 8 == 7) for i in range(20)]
    async with asyncio.timeout(5):
        for item in given:
            await inbox.put(item)
        await inbox.close()
        taken: list[Update] = []
        while isinstance(item := await inbox.get(), Update):
            taken.append(item)
    assert len(taken) == 4 + 1 + 1
    told, heard = Transcript(), Transcript()
    for item in given:
        told.add(item)
    for item in taken:
        heard.add(item)
    assert told == heard
    assert inbox.seconds == 0.0


@dataclass
class Talker:
    """A stage that writes an update for each chunk."""

    out: deque[Update] = field(default_factory=deque)
    finished: bool = False
    count: int = 0

    def receive(self, item: AudioChunk) -> None:
        self.out.append(said(self.count))
        self.count += 1

    def receive_result(self, result: Any, cost: float) -> None:
        raise AssertionError("nothing was asked")

    def finish(self) -> None:
        self.finished = True

    def next_action(self) -> Action[Any, Update]:
        if self.out:
            return Write(self.out.popleft())
        return DONE if self.finished else READ


@dataclass
class Asker:
    """A stage that asks about all that has come, and writes the number of words."""

    words: int = 0
    asked: bool = False
    finished: bool = False
    out: deque[int] = field(default_factory=deque)

    def receive(self, item: Update) -> None:
        self.words += len(item.committed)
        self.asked = False

    def receive_result(self, result: Any, cost: float) -> None:
        self.asked = True
        self.out.append(self.words)

    def finish(self) -> None:
        self.finished = True

    def next_action(self) -> Action[int, int]:
        if self.out:
            return Write(self.out.popleft())
        if self.words and not self.asked:
            return Ask(self.words)
        return DONE if self.finished else READ


async def test_a_slow_language_delays_neither_the_source_nor_another_language() -> None:
    release, seen = asyncio.Event(), list[tuple[str, Any]]()
    heard = asyncio.Event()
    seconds = int(3 * pipeline.TEXT_SECONDS)

    async def slow(request: int) -> None:
        await release.wait()

    async def fast(request: int) -> None:
        if request == seconds:
            heard.set()

    def emit(name: str, item: Any) -> None:
        seen.append((name, item))

    chunks = [AudioChunk(np.zeros(16_000, np.float32), i * 16_000) for i in range(seconds)]
    node = Node("talk", Talker(), "none", [Node("slow", Asker(), "slow"), Node("fast", Asker(), "fast")])
    task = asyncio.create_task(pipeline.run(node, {"slow": slow, "fast": fast}, flow(chunks), emit))
    await asyncio.wait_for(heard.wait(), 30)
    assert len([item for name, item in seen if name == "talk"]) == seconds
    assert not [item for name, item in seen if name == "slow"]
    release.set()
    await task
    assert [item for name, item in seen if name == "slow"][-1] == seconds


async def test_a_slow_stage_slows_the_source() -> None:
    taken = 0
    release = asyncio.Event()

    async def source() -> AsyncIterator[AudioChunk]:
        nonlocal taken
        for i in range(100):
            taken += 1
            yield AudioChunk(np.zeros(16_000, np.float32), i * 16_000)

    async def slow(request: Any) -> float:
        await release.wait()
        return 0.0

    task = asyncio.create_task(
        pipeline.run(graph(16_000), {"adder": slow}, source(), lambda name, item: None)
    )
    for _ in range(300):
        await asyncio.sleep(0)
    assert taken <= pipeline.AUDIO_SECONDS + 2
    release.set()
    await task
    assert taken == 100


@dataclass
class Sum:
    """A stage that adds up what it receives, and writes each total."""

    total: float = 0.0
    out: deque[Any] = field(default_factory=deque)
    finished: bool = False

    def receive(self, item: Any) -> None:
        self.total += float(item.samples.sum()) if isinstance(item, AudioChunk) else item
        self.out.append(self.total)

    def receive_result(self, result: Any, cost: float) -> None:
        raise AssertionError("nothing was asked")

    def finish(self) -> None:
        self.finished = True

    def next_action(self) -> Action[Any, float]:
        if self.out:
            return Write(self.out.popleft())
        return DONE if self.finished else READ


def chain() -> Node:
    return Node(
        "first", Sum(), "", [Node("left", Sum(), "", [Node("leaf", Sum(), "")]), Node("right", Sum(), "")]
    )


def restored(cut: Cut) -> Node:
    def put(node: Node) -> Node:
        node.stage = pickle.loads(cut.states[node.name])
        for successor in node.successors:
            put(successor)
        return node

    return put(chain())


def after(seen: list[tuple[str, Any]], cut: Cut) -> dict[str, list[Any]]:
    """What each node wrote after a cut had passed it."""
    found: dict[str, list[Any]] = {}
    for name in ("first", "left", "leaf", "right"):
        own = [item for n, item in seen if n == name]
        found[name] = [item for item in own[own.index(cut) :] if not isinstance(item, Cut)]
    return found


def gone_on(cut: Cut, chunks: list[AudioChunk]) -> dict[str, list[Any]]:
    """What each node writes when a graph goes on from a cut."""
    seen: list[tuple[str, Any]] = []
    asyncio.run(pipeline.run(restored(cut), {}, flow(chunks), lambda name, item: seen.append((name, item))))
    return {name: [item for n, item in seen if n == name] for name in ("first", "left", "leaf", "right")}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(1, 5))
def test_a_graph_goes_on_from_any_cut_as_if_nothing_had_been(values: list[int], every: int) -> None:
    chunks = cut([float(value) for value in values], [1] * len(values))
    seen: list[tuple[str, Any]] = []
    pipe = Pipeline(
        chain(), {}, lambda name, item: seen.append((name, item)), lambda at, written: at % every == 0
    )
    asyncio.run(pipe.run(flow(chunks)))
    cuts = list(dict.fromkeys(item for _, item in seen if isinstance(item, Cut)))
    assert cuts and all(found.complete for found in cuts)
    for found in cuts:
        rest = [chunk for chunk in chunks if chunk.offset >= found.position]
        assert gone_on(found, rest) == after(seen, found)


async def test_branches_come_and_go() -> None:
    seen: list[tuple[str, Any]] = []
    pipe = Pipeline(Node("first", Sum(), ""), {}, lambda name, item: seen.append((name, item)))

    async def source() -> AsyncIterator[AudioChunk]:
        for i in range(6):
            if i == 2:
                pipe.add("first", Node("late", Sum(), ""))
            if i == 4:
                await ended(pipe.remove("first", "late"))
                assert pipe.remove("first", "never") == []
            yield AudioChunk(np.ones(1, np.float32), i)
            for _ in range(20):
                await asyncio.sleep(0)

    await pipe.run(source())
    assert [item for name, item in seen if name == "first"] == [1, 2, 3, 4, 5, 6]
    assert [item for name, item in seen if name == "late"] == [3, 7]
    pipe.add("first", Node("too late", Sum(), ""))
    assert len(asyncio.all_tasks()) == 1


class Asking(Sum):
    """Asks an engine before it finishes."""

    asked: bool = False

    def next_action(self) -> Action[Any, float]:
        if self.finished and not self.out and not self.asked:
            self.asked = True
            return Ask(None)
        return super().next_action()

    def receive_result(self, result: Any, cost: float) -> None:
        assert result is None


async def test_a_branch_that_comes_back_writes_after_what_it_had_to_finish() -> None:
    seen: list[tuple[str, Any]] = []
    answer = asyncio.Event()

    async def engine(request: Any) -> None:
        await answer.wait()

    def written(name: str) -> list[Any]:
        return [item for n, item in seen if n == name]

    pipe = Pipeline(Node("first", Sum(), ""), {"slow": engine}, lambda name, item: seen.append((name, item)))

    async def source() -> AsyncIterator[AudioChunk]:
        for i in range(6):
            if i in (1, 3):
                await ended(pipe.remove("first", "late"))
                pipe.add("first", Node("late", Asking(), "slow", [Node("leaf", Sum(), "")]))
            if i == 5:
                assert written("late") == [2, 5], "it still waits for its answer"
                answer.set()
            yield AudioChunk(np.ones(1, np.float32), i)
            for _ in range(20):
                await asyncio.sleep(0)

    await pipe.run(source())
    assert written("first") == [1, 2, 3, 4, 5, 6]
    assert written("late") == [2, 5, 4, 9, 15]
    assert written("leaf") == [2, 7, 4, 13, 28]
    assert len(asyncio.all_tasks()) == 1


async def test_a_closed_inbox_takes_nothing_and_keeps_nobody_waiting() -> None:
    inbox = Inbox(1.0)
    second = AudioChunk(np.zeros(16_000, np.float32), 0)
    await inbox.put(second)
    waiting = asyncio.create_task(inbox.put(second))
    await asyncio.sleep(0)
    await inbox.close()
    await waiting
    assert await inbox.get() is second

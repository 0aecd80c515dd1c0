import asyncio
import threading
from collections.abc import Sequence

import pytest

from streaming.batching import SharedEngine
from streaming.errors import AudioError, EngineError
from streaming.queueing import Priority


def double(requests: Sequence[int]) -> list[int]:
    return [2 * request for request in requests]


class Gate:
    """An engine that answers when the gate opens, and remembers its batches."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[int]] = []

    def run(self, requests: Sequence[int]) -> list[int]:
        self.batches.append(list(requests))
        self.entered.release()
        assert self.opened.wait(10)
        return double(requests)

    async def entry(self) -> None:
        await asyncio.to_thread(self.entered.acquire, timeout=10)


async def test_answer_i_belongs_to_request_i() -> None:
    async with SharedEngine(double, max_batch=4, workers=3) as engine:
        answers = await asyncio.gather(*(engine.ask(i) for i in range(100)))
    assert answers == [2 * i for i in range(100)]


async def test_waiting_requests_share_a_batch() -> None:
    gate = Gate()
    async with SharedEngine(gate.run, max_batch=3, workers=1) as engine:
        first = asyncio.create_task(engine.ask(0))
        await gate.entry()
        rest = [asyncio.create_task(engine.ask(i)) for i in range(1, 6)]
        await asyncio.sleep(0)
        assert engine.waiting == 5
        gate.opened.set()
        assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10]
    assert gate.batches == [[0], [1, 2, 3], [4, 5]]


async def test_a_failed_batch_fails_only_its_own() -> None:
    def fragile(requests: Sequence[int]) -> list[int]:
        if 13 in requests:
            raise RuntimeError("unlucky")
        return double(requests)

    async with SharedEngine(fragile, max_batch=1) as engine:
        answers = await asyncio.gather(*(engine.ask(i) for i in (12, 13, 14)), return_exceptions=True)
    assert answers[0] == 24
    assert isinstance(answers[1], EngineError)
    assert str(answers[1]) == "unlucky"
    assert answers[2] == 28


async def test_a_named_error_keeps_its_name() -> None:
    def refuse(requests: Sequence[int]) -> list[int]:
        raise AudioError("too quiet")

    async with SharedEngine(refuse) as engine:
        with pytest.raises(AudioError, match="too quiet"):
            await engine.ask(1)


async def test_a_wrong_number_of_answers_is_the_engines_fault() -> None:
    async with SharedEngine(lambda requests: [1, 2, 3]) as engine:
        with pytest.raises(EngineError, match="3 answers to 1 requests"):
            await engine.ask(1)


async def test_a_cancelled_session_leaves_no_request() -> None:
    gate = Gate()
    async with SharedEngine(gate.run, workers=1) as engine:
        running = asyncio.create_task(engine.ask(0))
        await gate.entry()
        waiting = asyncio.create_task(engine.ask(1))
        await asyncio.sleep(0)
        assert engine.waiting == 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.opened.set()
        assert await running == 0
        assert await engine.ask(2) == 4
    assert gate.batches == [[0], [2]]


async def test_closing_cancels_what_waits() -> None:
    gate = Gate()
    async with SharedEngine(gate.run, workers=1) as engine:
        tasks = [asyncio.create_task(engine.ask(i)) for i in range(3)]
        await gate.entry()
        gate.opened.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(r, asyncio.CancelledError) or r in (0, 2, 4) for r in results)
    assert engine.waiting == 0


async def test_idle_workers_share_the_queue() -> None:
    gate = Gate()
    async with SharedEngine(gate.run, max_batch=8, workers=2) as engine:
        tasks = [asyncio.create_task(engine.ask(i)) for i in range(4)]
        await gate.entry()
        await gate.entry()
        assert engine.busy == 2
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert sorted(gate.batches) == [[0, 1], [2, 3]]


async def test_live_requests_overtake_those_of_jobs() -> None:
    gate = Gate()
    async with SharedEngine(gate.run, max_batch=2, workers=1) as engine:
        tasks = [asyncio.create_task(engine.ask(0, Priority.JOB))]
        await gate.entry()
        tasks += [asyncio.create_task(engine.ask(i, Priority.JOB)) for i in (1, 2, 3)]
        tasks += [asyncio.create_task(engine.ask(4))]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert gate.batches == [[0], [4], [1, 2], [3]]

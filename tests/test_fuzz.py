"""Mutated messages and uploads, a small dose of `benchmarks.fuzz`: nothing fails, nothing is left behind."""

import asyncio
import logging
import os

import psutil
import pytest

from benchmarks.fuzz import LARGEST_POOL, converse, left, upload
from benchmarks.mutation import Mutator
from streaming.audio import to_pcm16
from streaming.scripted import VOCABULARY, speak
from tests.served import serving, until


async def test_two_thousand_messages_crash_and_leak_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    this, file = psutil.Process(os.getpid()), to_pcm16(speak(VOCABULARY[:2]))
    async with serving() as served:
        await converse(served.address, Mutator(0), 100, 4)
        await upload(served.address, Mutator(0), 20, file)  # opens the list of jobs, which stays open
        await until(lambda: served.idle)
        before, files = asyncio.all_tasks(), this.num_fds()
        tally = await converse(served.address, Mutator(1), 2_000, 4)
        posted = await upload(served.address, Mutator(2), 60, file)
        assert tally.failures == posted.failures == []
        assert tally.messages >= 2_000
        assert {"1000", "1007", "1008", "cut off"} <= set(tally.ends)
        await until(lambda: served.idle)
        await until(lambda: asyncio.all_tasks() <= before)
        await until(lambda: this.num_fds() <= files)
    ours = [record for record in caplog.records if record.name.startswith("server")]
    assert ours == []


def test_pools_may_grow_and_nothing_else() -> None:
    before = {"sessions": 0.0, "threads of engine": 1.0, "memory_mb": 100.0}
    grown = {"sessions": 0.0, "threads of engine": 4.0, "threads of recording": 1.0, "memory_mb": 300.0}
    assert left(before, grown) == []
    assert left(before, grown | {"threads of engine": LARGEST_POOL + 1.0}) == ["threads of engine"]
    assert left(before, grown | {"threads of thread (run)": 1.0, "sessions": 1.0}) == [
        "sessions",
        "threads of thread (run)",
    ]


def test_a_seed_is_a_storm() -> None:
    first, again, other = Mutator(5), Mutator(5), Mutator(6)
    conversations = [
        [mutator.conversation(mutator.door()) for _ in range(50)] for mutator in (first, again, other)
    ]
    assert conversations[0] == conversations[1] != conversations[2]
    assert first.multipart({"a": "b"}, b"c") == again.multipart({"a": "b"}, b"c")

"""The event log: what has been appended is there, in order, once, after any death."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rooms.eventlog import Event, EventLog
from streaming.errors import ConfigError, OverloadError


def event(number: int, stream: str = "a", kind: str = "caption", time: float = 1.0) -> Event:
    return Event(stream, number, time, kind, {"text": "你好", "n": number}, bytes([number % 256]))


async def test_events_are_read_in_order_after_a_number() -> None:
    async with EventLog() as log:
        await log.append([event(1), event(2, kind="notice")])
        await log.append([event(3)])
        await log.append([event(1, "b")])
        assert await log.read("a") == [event(1), event(2, kind="notice"), event(3)]
        assert await log.read("a", after=1, most=1) == [event(2, kind="notice")]
        assert await log.read("a", kind="caption") == [event(1), event(3)]
        assert (await log.last("a"), await log.last("b"), await log.last("c")) == (3, 1, 0)


async def test_a_number_is_given_once_and_a_failure_harms_no_neighbour() -> None:
    async with EventLog() as log:
        await log.append([event(1)])
        jobs = [log.append([event(2)]), log.append([event(3), event(1)]), log.append([event(4)])]
        first, second, third = await asyncio.gather(*jobs, return_exceptions=True)
        assert first is None and third is None
        assert isinstance(second, sqlite3.IntegrityError)
        assert [e.number for e in await log.read("a")] == [1, 2, 4]


@settings(max_examples=20)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=12))
def test_any_interleaving_of_streams_keeps_each_in_order(turns: list[list[str]]) -> None:
    async def run() -> None:
        counts = dict.fromkeys("abc", 0)
        async with EventLog() as log, asyncio.TaskGroup() as tasks:
            for turn in turns:
                for stream in turn:
                    counts[stream] += 1
                    tasks.create_task(log.append([event(counts[stream], stream)]))
                await asyncio.sleep(0)
            for stream, count in counts.items():
                read = await log.read(stream)
                assert [e.number for e in read] == list(range(1, count + 1))

    asyncio.run(run())


async def test_states_are_replaced_and_streams_deleted() -> None:
    async with EventLog() as log:
        await log.save("a", "room", b"1")
        await log.save("a", "room", b"2")
        await log.save("b", "room", b"3")
        await log.save("b", "floor", b"4")
        assert await log.states("a") == {"room": b"2"}
        assert await log.states("b") == {"room": b"3", "floor": b"4"}
        assert await log.streams("room") == ["a", "b"]
        await log.append([event(1, time=5.0), event(1, "b", time=9.0)])
        assert await log.untouched(since=6.0) == ["a"]
        await log.delete("a")
        await log.forget("b", "room")
        assert await log.streams("room") == []
        assert await log.states("a") == {}
        assert await log.read("a") == []
        assert await log.last("b") == 1


async def test_it_survives_and_only_one_server_has_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "events.db"
    async with EventLog(path) as log:
        await log.append([event(1)])
        with pytest.raises(ConfigError, match="another server has it open"):
            async with EventLog(path):
                pass
    async with EventLog(path) as log:
        assert await log.read("a") == [event(1)]


async def test_only_its_owner_reads_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with EventLog(path) as log:
        await log.append([event(1)])
        modes = {name: os.stat(tmp_path / name).st_mode & 0o777 for name in os.listdir(tmp_path)}
    assert set(modes) >= {"events.db", "events.db-wal"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
async def test_what_is_no_event_log_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(content)
    if not content:
        path.unlink()
        path.mkdir()
    with pytest.raises(ConfigError, match="cannot be opened"):
        async with EventLog(path):
            pass


async def test_another_layout_is_refused(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "events.db")
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(ConfigError, match="layout 1 was expected, 99 came"):
        async with EventLog(tmp_path / "events.db"):
            pass


WRITER = """
import asyncio, sys
from pathlib import Path
from server.rooms.eventlog import Event, EventLog
async def main():
    async with EventLog(Path(sys.argv[1])) as log:
        for number in range(1, 100_000):
            await log.append([Event("a", number, 0.0, "caption", {})])
            print(number, flush=True)
asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path, house = tmp_path / "events.db", Path(__file__).parent.parent
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, cwd=house, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        acknowledged = 0
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged == 20:
                os.kill(process.pid, signal.SIGKILL)
    async with EventLog(path) as log:
        numbers = [e.number for e in await log.read("a")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= acknowledged >= 20


async def test_trouble_is_told_until_something_can_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with EventLog(path) as log:
        assert log.trouble() is None
        await log.append([Event("a", 1, 0.0, "caption", {})])
        with pytest.raises(sqlite3.IntegrityError):  # a mistake of who writes, and none of the disk
            await log.append([Event("a", 1, 0.0, "caption", {})])
        assert log.trouble() is None
        await log._do(lambda base: base.execute("PRAGMA query_only = 1") and None)
        with pytest.raises(OverloadError, match=r"nothing can be written down: .*readonly"):
            await log.append([Event("a", 2, 0.0, "caption", {})])
        for _ in range(2):
            assert await log.read("a")  # reading says nothing about writing
        assert "readonly" in str(log.trouble())
        assert await log.read("a")
        assert "readonly" in str(log.trouble())
        await log._do(lambda base: base.execute("PRAGMA query_only = 0") and None)
        assert log.trouble()  # and tries it
        for _ in range(2):  # the first answer may come before what was seen is noted
            assert await log.read("a")
        assert log.trouble() is None
        assert [event.number for event in await log.read("a")] == [1]


def test_what_is_in_a_file_outlives_the_process(tmp_path: Path) -> None:
    assert EventLog(tmp_path / "events.db").durable
    assert not EventLog().durable

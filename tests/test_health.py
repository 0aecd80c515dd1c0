"""Health: what is wrong with the process, and why it takes nobody: two lists."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import httpx2

from server.access.admission import Admission, Load
from server.client import client
from server.config import LimitsConfig
from server.monitoring.health import (
    BEAT_SECONDS,
    LATE_SECONDS,
    OLD_SECONDS,
    REMEMBERED_SECONDS,
    STUCK_SECONDS,
    Health,
)
from server.monitoring.meter import Meter, Work
from streaming.batching import SharedEngine
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import cut, engines, serving, until


class Slow(Meter):
    """Tells an age of its own."""

    age = 0.0

    @property
    def oldest(self) -> float:
        return self.age


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def double(requests: Sequence[int]) -> list[int]:
    return [2 * request for request in requests]


def parts() -> tuple[SharedEngine[Any, Any], Slow, Admission, Clock, Health]:
    engine, meter, clock = SharedEngine(double), Slow("recognizer", lambda work: None), Clock()
    admission = Admission(1, LimitsConfig(), Load(1), clock)
    return (
        engine,
        meter,
        admission,
        clock,
        Health({"recognizer": engine}, {"recognizer": meter}, admission, clock),
    )


async def test_all_is_well() -> None:
    engine, _, _, _, health = parts()
    assert health.problems() == ["the recognizer has lost a worker"]  # it has not begun
    async with engine:
        assert (health.problems(), health.refusals()) == ([], [])


async def test_a_worker_that_is_gone_is_a_problem() -> None:
    engine, _, _, _, health = parts()
    async with engine:
        (task,) = engine._tasks
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert health.problems() == health.refusals() == ["the recognizer has lost a worker"]


async def test_an_old_request_refuses_and_a_very_old_one_is_a_problem() -> None:
    engine, meter, _, _, health = parts()
    async with engine:
        meter.age = OLD_SECONDS + 1
        assert (health.problems(), health.refusals()) == (
            [],
            ["a request has waited 16 s for the recognizer"],
        )
        meter.age = STUCK_SECONDS + 1
        assert health.problems() == health.refusals() == ["the recognizer has not answered for 121 s"]


async def test_who_is_in_no_hurry_refuses_nobody() -> None:
    engine, meter, admission, clock, _ = parts()
    health = Health({"large": engine}, {"large": meter}, admission, clock, unhurried={"large"})
    async with engine:
        meter.age = OLD_SECONDS + 1
        assert health.refusals() == []
        meter.age = STUCK_SECONDS + 1
        assert health.problems() == ["the large has not answered for 121 s"]


async def test_a_loop_that_was_late_is_a_problem_for_a_while() -> None:
    engine, _, _, clock, health = parts()
    async with engine:
        clock.now = BEAT_SECONDS
        health.beat()
        assert health.loop_delay == 0
        clock.now += LATE_SECONDS + 2
        assert health.loop_delay == LATE_SECONDS + 2 - BEAT_SECONDS
        health.beat()
        assert health.problems() == ["the event loop was 6.5 s late"]
        for _ in range(int(REMEMBERED_SECONDS / BEAT_SECONDS) + 1):
            clock.now += BEAT_SECONDS
            health.beat()
        assert health.problems() == []


async def test_full_draining_and_other_checks_refuse() -> None:
    engine, _, admission, _, health = parts()
    async with engine:
        with admission.session(lambda: None):
            assert health.refusals() == ["the server is full: 1 sessions are live"]
        health.checks["event log"] = lambda: "the disk is full"
        assert (health.problems(), health.refusals()) == ([], ["event log: the disk is full"])
        health.checks["event log"] = lambda: None
        admission.drain(9.0)
        assert (health.problems(), health.refusals()) == ([], ["the server is being stopped"])


async def test_a_meter_measures_waiting_and_running() -> None:
    told: list[Work] = []
    meter, let = Meter("recognizer", told.append), threading.Event()

    def run(requests: Sequence[int]) -> list[int]:
        assert let.wait(20)
        return double(requests)

    async with SharedEngine(meter.run(run)) as engine:
        ask = meter.ask(engine.ask)
        assert meter.oldest == 0
        asking = asyncio.create_task(ask(2))
        await until(lambda: meter.oldest > 0)
        first = meter.oldest
        await until(lambda: meter.oldest > first)
        let.set()
        assert await asking == 4
        assert meter.oldest == 0
        await until(lambda: len(told) == 1)
    assert (told[0].engine, told[0].size, told[0].failed) == ("recognizer", 1, False)
    assert told[0].seconds > 0


async def test_a_meter_tells_failures_and_forgets_who_went() -> None:
    told: list[Work] = []
    meter, entered, let = Meter("recognizer", told.append), threading.Event(), threading.Event()

    def run(requests: Sequence[int]) -> list[int]:
        entered.set()
        assert let.wait(20)
        raise ValueError("broken")

    async with SharedEngine(meter.run(run)) as engine:
        asking = asyncio.create_task(meter.ask(engine.ask)(2))
        await asyncio.to_thread(entered.wait, 20)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert meter.oldest == 0
        let.set()
        await until(lambda: len(told) == 1)
    assert told[0].failed


async def test_a_hung_engine_makes_the_server_unready(monkeypatch: Any) -> None:
    let = threading.Event()

    class Hung(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            assert let.wait(20)
            return super().recognize(windows)

    monkeypatch.setattr("server.monitoring.health.OLD_SECONDS", 0.01)
    async with (
        serving(engines(recognizer=Hung())) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
    ):

        async def session() -> None:
            chunks = cut(speak(VOCABULARY[:4]), [1600])
            async for _ in client.stream(served.url, chunks, source="en", speed=0):
                pass

        playing = asyncio.create_task(session())
        health: Health = served.app.state.house.health
        await until(lambda: any("for the recognizer" in reason for reason in health.refusals()))
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "for the recognizer" in " ".join(answer.json()["reasons"])
        assert (await http.get("/healthz")).status_code == 200
        monkeypatch.setattr("server.monitoring.health.STUCK_SECONDS", 0.02)
        await until(lambda: bool(health.problems()))
        answer = await http.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        let.set()
        await playing
        assert (await http.get("/healthz")).status_code == 200

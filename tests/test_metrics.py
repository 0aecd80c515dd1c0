"""The metrics: names as Prometheus wants them, numbers that follow what happened."""

import re
from collections.abc import Sequence

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.access.auth import Access, Role, new_key
from server.client import client
from server.monitoring.meter import Work
from server.monitoring.metrics import MOST_LANGUAGES, Metrics
from streaming.captions import Update
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Notice, Recognition, Window
from streaming.words import Word
from tests.served import Served, cut, engines, serving, until


def read(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {
        sample.name + "".join(f",{key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scraped(served: Served, **headers: str) -> dict[str, float]:
    async with httpx2.AsyncClient(base_url=f"http://{served.address}", headers=headers) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return read(answer.text)


async def test_a_session_is_measured() -> None:
    async with serving() as served:
        before = await scraped(served)
        assert before["dragoman_sessions"] == 0
        chunks = cut(speak(VOCABULARY[:8]), [1600])
        arrivals = client.stream(served.url, chunks, source="en", targets=["es"], speak=["es"], speed=0)
        async for _ in arrivals:
            pass
        await until(lambda: served.idle)
        after = await scraped(served)
    assert after["dragoman_audio_seconds_total"] == pytest.approx(chunks[-1].end)
    assert after["dragoman_sessions_ended_total,close_code=1000"] == 1
    for stage, language in (("recognition", "en"), ("translation", "es")):
        assert after[f"dragoman_lag_seconds_count,language={language},stage={stage}"] > 0
    for engine in ("detector", "recognizer", "translator", "synthesizer"):
        assert after[f"dragoman_engine_batch_seconds_count,engine={engine}"] > 0
        assert after[f"dragoman_engine_batch_size_sum,engine={engine}"] > 0
        assert after[f"dragoman_queue_age_seconds,engine={engine}"] == 0
        assert after[f"dragoman_queue_requests,engine={engine}"] == 0
    assert after["dragoman_sessions_limit"] == 8
    assert {"dragoman_real_time_factor", "dragoman_utilisation_ratio", "dragoman_listeners"} < set(after)
    assert after["process_open_fds"] > 0


async def test_guards_and_failures_are_counted() -> None:
    class Stuttering(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            step = [window.audio.duration / 20 for window in windows]
            return [
                Recognition(
                    tuple(
                        Word(" no", w.audio.start + i * s, w.audio.start + (i + 1) * s, 0.9)
                        for i in range(20)
                    ),
                    "en",
                )
                for w, s in zip(windows, step, strict=True)
            ]

    async with serving(engines(recognizer=Stuttering())) as served:
        async for _ in client.stream(served.url, cut(speak(VOCABULARY[:8]), [1600]), source="en", speed=0):
            pass
        loops = (await scraped(served))["dragoman_guard_firings_total,guard=loop"]
    assert loops > 0
    metrics = Metrics()
    metrics.worked(Work("recognizer", 3, 0.5, True))
    assert read(metrics.written().decode())["dragoman_engine_failures_total,engine=recognizer"] == 1


def test_names_are_as_they_should_be() -> None:
    metrics = Metrics()
    metrics.gauge("sessions", "Live sessions", lambda: 0.0)
    families = list(text_string_to_metric_families(metrics.written().decode()))
    ours = [family for family in families if not family.name.startswith(("process_", "python_"))]
    assert len(ours) >= 10
    for family in ours:
        assert re.fullmatch(r"dragoman_[a-z]+(_[a-z]+)*", family.name)
        assert family.documentation
        assert not re.search(r"_(ms|milliseconds|minutes|percent)\b", family.name)
        if family.type == "counter":
            assert all(s.name.endswith(("_total", "_created")) for s in family.samples)


def test_two_servers_share_no_number() -> None:
    first, second = Metrics(), Metrics()
    first.refused("forbidden")
    assert read(first.written().decode())["dragoman_refusals_total,code=forbidden"] == 1
    assert "forbidden" not in second.written().decode()


def test_lag_is_that_of_committed_words_alone() -> None:
    metrics, word = Metrics(), Word(" a", 1.0, 2.0, 1.0)
    metrics.wrote("recognition", Update(0, "en", tentative=(word,)), 9.0)
    assert "dragoman_lag_seconds_sum" not in metrics.written().decode()
    metrics.wrote("translation.zh", Update(0, "zh", (word,)), 5.5)
    found = read(metrics.written().decode())
    assert found["dragoman_lag_seconds_sum,language=zh,stage=translation"] == 3.5


def test_labels_do_not_grow_without_end() -> None:
    metrics, word = Metrics(), Word(" a", 1.0, 2.0, 1.0)
    for i in range(3 * MOST_LANGUAGES):
        metrics.wrote("recognition", Update(0, f"x{i}", (word,)), 5.0)
    counts = [k for k in read(metrics.written().decode()) if k.startswith("dragoman_lag_seconds_count")]
    assert len(counts) == MOST_LANGUAGES + 1


def test_alarms_and_notices_are_counted_by_code() -> None:
    metrics = Metrics()
    metrics.alarmed({"loop": 2, "closing": 1})
    metrics.alarmed({"loop": 1})
    metrics.wrote("", Notice("behind", ""), 0.0)
    found = read(metrics.written().decode())
    assert found["dragoman_guard_firings_total,guard=loop"] == 3
    assert found["dragoman_guard_firings_total,guard=closing"] == 1
    assert found["dragoman_notices_total,code=behind"] == 1


def test_rooms_come_and_go() -> None:
    metrics, rooms = Metrics(), {"hall": 2}
    metrics.moving("room_listeners", "Listeners of a room", "room", lambda: rooms)
    assert read(metrics.written().decode())["dragoman_room_listeners,room=hall"] == 2
    rooms.clear()
    assert "room_listeners,room" not in str(read(metrics.written().decode()))


async def test_only_the_machine_itself_and_monitors_may_read() -> None:
    made = {role: new_key("", role, None, 0.0) for role in (Role.MONITOR, Role.SPEAKER)}
    async with serving(access=Access(bytes(32), {key.id: key for _, key in made.values()})) as served:
        before = await scraped(served)
        assert before["dragoman_sessions"] == 0
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            statuses = []
            for text in (None, made[Role.SPEAKER][0], made[Role.MONITOR][0]):
                shown = {"Authorization": f"Bearer {text}"} if text else {}
                answer = await http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1", **shown})
                statuses.append(answer.status_code)
        assert statuses == [401, 403, 200]
        after = await scraped(served)
        assert after["dragoman_refusals_total,code=unauthorized"] == 1
        assert after["dragoman_refusals_total,code=forbidden"] == 1

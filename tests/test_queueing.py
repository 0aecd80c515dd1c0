"""Who is served next, as a table, and as laws over any sequence of arrivals."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.queueing import ATTENTION, Priority, WaitingLine

LIVE, REQUEST, JOB = Priority


def test_the_more_urgent_goes_first_and_equals_in_order() -> None:
    line: WaitingLine[str] = WaitingLine(1, 8)
    for item, priority in (("job 1", JOB), ("request", REQUEST), ("job 2", JOB), ("live", LIVE)):
        line.put(item, priority, 0.0)
    served = []
    while taken := line.take(100.0):
        served.append(taken[1])
        line.done(taken[0])
    assert served == [["live"], ["request"], ["job 1", "job 2"]]


def test_while_somebody_speaks_one_worker_stays_free_of_jobs() -> None:
    line: WaitingLine[str] = WaitingLine(2, 1)
    line.put("live", LIVE, 0.0)
    assert line.take(0.0) == (LIVE, ["live"])
    line.done(LIVE)
    for item in ("a", "b"):
        line.put(item, JOB, 1.0)
    assert line.take(1.0) == (JOB, ["a"])
    assert line.take(1.0) is None
    line.put("live", LIVE, 2.0)
    assert line.take(2.0) == (LIVE, ["live"])
    line.done(LIVE)
    assert line.take(2.0 + ATTENTION) == (JOB, ["b"])


def test_requests_and_jobs_together_leave_that_worker_free() -> None:
    line: WaitingLine[str] = WaitingLine(2, 1)
    line.put("live", LIVE, 0.0)
    line.take(0.0)
    line.done(LIVE)
    line.put("request", REQUEST, 0.0)
    line.put("job", JOB, 0.0)
    assert line.take(0.0) == (REQUEST, ["request"])
    assert line.take(0.0) is None


def test_a_single_worker_serves_all() -> None:
    line: WaitingLine[str] = WaitingLine(1, 1)
    line.put("live", LIVE, 0.0)
    line.put("job", JOB, 0.0)
    assert line.take(0.0) == (LIVE, ["live"])
    line.done(LIVE)
    assert line.take(0.0) == (JOB, ["job"])


def test_nobody_speaks_and_jobs_have_every_worker() -> None:
    line: WaitingLine[int] = WaitingLine(3, 8)
    for item in range(6):
        line.put(item, JOB, 0.0)
    assert [line.take(0.0) for _ in range(3)] == [(JOB, [0, 1]), (JOB, [2, 3]), (JOB, [4, 5])]
    assert line.busy == 3


@given(
    workers=st.integers(1, 4),
    most=st.integers(1, 3),
    steps=st.lists(st.one_of(st.sampled_from(Priority), st.just("work"))),
)
def test_nothing_waits_for_less_urgent_work_and_nothing_is_lost(
    workers: int, most: int, steps: list[Priority | str]
) -> None:
    line: WaitingLine[tuple[Priority, int]] = WaitingLine(workers, most)
    running: list[Priority] = []
    waiting: list[tuple[Priority, int]] = []
    for now, step in enumerate([*steps, *["work"] * (2 * len(steps) + 2 * workers)]):
        if isinstance(step, Priority):
            line.put((step, now), step, float(now))
            waiting.append((step, now))
            continue
        if len(running) == workers:
            line.done(running.pop(0))
        taken = line.take(float(now))
        if taken is None:
            assert not any(priority is LIVE for priority, _ in waiting)
            if running:
                line.done(running.pop(0))
            continue
        priority, batch = taken
        assert 1 <= len(batch) <= most and all(item[0] is priority for item in batch)
        assert batch == [item for item in waiting if item[0] is priority][: len(batch)]
        assert priority == min(item[0] for item in waiting)
        waiting = [item for item in waiting if item not in batch]
        running.append(priority)
        assert line.busy == len(running) <= workers
    assert not waiting and len(line) == 0

"""Admission: who is counted, who is refused, and when to come again."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access.admission import LEAST_AUDIO, MOST_STRANGERS, Admission, Load
from server.config import LimitsConfig
from streaming.errors import OverloadError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def nothing() -> None:
    pass


def admission(
    most: int = 4, workers: int = 2, limits: LimitsConfig | None = None
) -> tuple[Admission, Load, Clock]:
    clock, load = Clock(), Load(workers)
    return Admission(most, limits or LimitsConfig(), load, clock), load, clock


def test_sessions_are_counted_whatever_happens_in_them() -> None:
    gate, _, _ = admission(most=2)
    with gate.session(nothing), pytest.raises(KeyError), gate.session(nothing):
        assert gate.count == 2
        assert gate.refusal == "the server is full: 2 sessions are live"
        with pytest.raises(OverloadError, match=r"2 sessions are live; try again in 60 s"):
            gate.check()
        raise KeyError
    assert (gate.count, gate.here, gate.refusal) == (0, 0, None)


def test_the_next_session_must_fit_the_engines() -> None:
    gate, load, _ = admission(most=100, workers=2)
    load.hear(100.0, 0.0)
    load.work(50.0, 0.0)  # half a worker each
    assert load.factor(0.0) == 0.5
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(gate.session(nothing))
        assert load.utilisation(3, 0.0) == 0.75
        assert gate.refusal == "the server is full: its engines are busy with 3 sessions"
        with pytest.raises(OverloadError, match="its engines are busy with 3 sessions; try again in 40 s"):
            stack.enter_context(gate.session(nothing))
        load.work(-20.0, 0.0)  # cheaper than it was thought to be
        stack.enter_context(gate.session(nothing))
        assert gate.count == 4


def test_one_session_is_always_taken() -> None:
    gate, load, _ = admission(workers=1)
    load.hear(100.0, 0.0)
    load.work(500.0, 0.0)
    with gate.session(nothing):
        assert gate.refusal


def test_what_is_not_known_or_not_to_be_measured_refuses_nobody() -> None:
    for limits, audio in ((LimitsConfig(), LEAST_AUDIO / 2), (LimitsConfig(utilisation=0.0), 100.0)):
        gate, load, _ = admission(most=9, workers=1, limits=limits)
        load.hear(audio, 0.0)
        load.work(10 * audio, 0.0)
        with gate.session(nothing):
            assert gate.refusal is None


def test_old_measurements_fade() -> None:
    load = Load(1, span=60.0)
    load.hear(100.0, 0.0)
    load.work(100.0, 0.0)
    load.hear(100.0, 60.0)
    load.work(10.0, 60.0)
    factor = load.factor(60.0)
    assert factor is not None
    assert 0.3 < factor < 0.4  # e⁻¹ × 1.0 and 1 × 0.1
    assert load.factor(1_000.0) is None
    assert load.utilisation(9, 1_000.0) == 0.0


@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9), st.floats(0, 100)), max_size=50), st.floats(0.1, 4)
)
def test_the_factor_is_that_of_the_parts(parts: list[tuple[float, float, float]], factor: float) -> None:
    load, now = Load(2), 0.0
    for audio, _, passed in parts:
        now += passed
        load.hear(audio, now)
        load.work(audio * factor, now)
    found = load.factor(now)
    assert found is None or found == pytest.approx(factor)


def test_the_wait_follows_how_long_sessions_last() -> None:
    gate, _, clock = admission(most=1)
    for _ in range(30):
        with gate.session(nothing):
            clock.now += 4.0
    assert 4.0 < gate.retry_seconds < 8.0
    gate, _, clock = admission(most=1)
    for _ in range(30):
        with gate.session(nothing):
            clock.now += 0.0
    assert 1.0 <= gate.retry_seconds < 5.0


def test_seats_are_those_of_a_room() -> None:
    gate, _, _ = admission(limits=LimitsConfig(speakers=1, listeners=2))
    with gate.seat("speaker", "hall", nothing), gate.seat("listener", "hall", nothing):
        with pytest.raises(OverloadError, match="the room is full: 1 speakers are in it"):
            gate.seat("speaker", "hall", nothing).__enter__()
        with gate.seat("speaker", "cellar", nothing), gate.seat("listener", "hall", nothing):
            assert (gate.seats("speaker"), gate.seats("listener"), gate.here) == (2, 2, 4)
            with pytest.raises(OverloadError, match="the room is full: 2 listeners"):
                gate.seat("listener", "hall", nothing).__enter__()
    assert (gate.seats("speaker"), gate.seats("listener"), gate.here) == (0, 0, 0)
    assert gate.count == 0


def test_who_was_let_in_before_a_restart_is_counted_and_not_refused() -> None:
    gate, _, _ = admission(most=1, limits=LimitsConfig(speakers=1))
    with gate.session(known=True), gate.session(known=True):
        with gate.seat("speaker", "hall", known=True), gate.seat("speaker", "hall", known=True):
            assert (gate.count, gate.seats_by_room("speaker")) == (2, {"hall": 2})
            with pytest.raises(OverloadError):
                gate.seat("speaker", "hall").__enter__()
        with pytest.raises(OverloadError):
            gate.session().__enter__()
    assert (gate.count, gate.seats_by_room("speaker")) == (0, {})


def test_a_full_server_lets_as_many_callers_in_as_may_come_back() -> None:
    gate, _, _ = admission(most=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(gate.session())
        for _ in range(4):
            stack.enter_context(gate.caller(nothing))
        with pytest.raises(OverloadError, match="without beginning a session"):
            stack.enter_context(gate.caller(nothing))
        assert gate.here == 4
        with gate.stranger():
            pass
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(gate.caller(nothing))
        with pytest.raises(OverloadError, match="without beginning a session"):
            stack.enter_context(gate.caller(nothing))


def test_nobody_waits_for_what_outlives_the_server() -> None:
    gate, _, _ = admission()
    with gate.session(), gate.seat("speaker", "hall"):
        assert gate.here == 0
        gate.drain(1.0)


def test_draining_asks_everybody_to_end_and_takes_nobody() -> None:
    gate, _, _ = admission()
    ended: list[str] = []
    with (
        gate.session(lambda: ended.append("session")),
        gate.seat("listener", "hall", lambda: ended.append("listener")),
    ):
        gate.drain(20.0)
        assert ended == ["session", "listener"]
        for refused in (
            gate.session(nothing),
            gate.seat("listener", "cellar", nothing),
            gate.stranger(),
            gate.caller(nothing),
            gate.guest(nothing),
        ):
            with pytest.raises(OverloadError, match="the server is being stopped; try again in 20 s"):
                refused.__enter__()
        assert gate.here == 2
    assert gate.here == 0


def test_strangers_are_few() -> None:
    gate, _, _ = admission()
    with ExitStack() as stack:
        for _ in range(MOST_STRANGERS):
            stack.enter_context(gate.stranger())
        with pytest.raises(OverloadError, match="without saying who they are"):
            stack.enter_context(gate.stranger())
        assert gate.count == 0
    with gate.stranger():
        pass

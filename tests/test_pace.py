import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.pace import Effort, Pace


def test_a_free_engine_is_asked_at_every_point() -> None:
    pace = Pace(0.8)
    for _ in range(10):
        pace.spent(0.0)
        assert pace.advance() == 0.8
    assert pace.skipped == 0


def test_one_slow_answer_skips_nothing() -> None:
    pace = Pace(0.8)
    for cost in (0.1, 0.1, 0.1, 2.0, 0.1, 0.1):
        pace.spent(cost)
        assert pace.advance() == 0.8
    assert pace.skipped == 0


@given(st.floats(0.01, 10.0), st.floats(0.1, 2.0))
def test_the_step_grows_until_the_work_fits(cost: float, step: float) -> None:
    pace = Pace(step)
    for _ in range(4):
        pace.spent(cost)
    advance = pace.advance()
    assert advance >= cost
    assert advance < max(cost * 1.2, step) + step
    assert pace.skipped == round(advance / step) - 1


def test_the_step_shrinks_back() -> None:
    pace = Pace(0.5)
    for cost in (1.0, 1.0, 1.0, 1.0):
        pace.spent(cost)
    assert pace.advance() > 0.5
    for cost in (0.1, 0.1, 0.1, 0.1):
        pace.spent(cost)
    assert pace.advance() == 0.5


@pytest.mark.parametrize(
    ("cost", "steps", "effort"),
    [
        (0.0, 1, Effort.FULL),
        (0.8, 1, Effort.FULL),
        (1.0, 2, Effort.FULL),
        (2.0, 3, Effort.UNALIGNED),
        (3.0, 4, Effort.UNALIGNED),
        (4.0, 5, Effort.GREEDY),
        (60.0, 72, Effort.GREEDY),
    ],
)
def test_what_is_shed_first_are_tentative_updates(cost: float, steps: int, effort: Effort) -> None:
    pace = Pace(1.0)
    for _ in range(4):
        pace.spent(cost)
    assert (round(pace.advance()), pace.effort) == (steps, effort)


@given(st.lists(st.floats(0.0, 20.0), max_size=12))
def test_effort_falls_only_after_points_are_skipped(costs: list[float]) -> None:
    pace = Pace(0.8)
    for cost in costs:
        pace.spent(cost)
    assert pace.effort == Effort.FULL or pace.advance() > 0.8 * 2


@given(st.lists(st.floats(0.0, 20.0), max_size=30), st.data())
def test_a_second_hearing_keeps_the_pace_that_was_told(costs: list[float], data: st.DataObject) -> None:
    """However often it is told, wherever the second begins, and whatever that costs."""

    def hear(pace: Pace, costs: list[float]) -> list[tuple[float, Effort]]:
        found = []
        for cost in costs:
            pace.spent(cost)
            found.append((pace.advance(), pace.effort))
        return found

    first, told = Pace(0.8), dict[int, int]()
    middle = data.draw(st.integers(0, len(costs)))
    hear(first, costs[:middle])
    told |= first.tell() if data.draw(st.booleans()) else {}
    second = pickle.loads(pickle.dumps(first))
    heard = hear(first, costs[middle:])
    told |= first.tell()
    second.follow(told)
    others = data.draw(st.lists(st.floats(0.0, 20.0), min_size=len(heard), max_size=len(heard)))
    assert hear(second, others) == heard
    assert second.skipped == first.skipped
    assert {**second.tell()}.items() <= told.items()


def test_what_was_not_told_is_decided_anew() -> None:
    pace = Pace(1.0)
    pace.follow({1: 3, 2: 2})
    advances = []
    for _ in range(4):
        pace.spent(0.1)
        advances.append(pace.advance())
    assert advances == [3.0, 2.0, 1.0, 1.0]
    assert pace.tell() == {1: 3, 2: 2, 3: 1, 4: 1}
    assert pace.tell() == {}

from hypothesis import given
from hypothesis import strategies as st

from streaming.pace import Pace


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

"""The throttle: bursts, refills, bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from server.access.throttle import Throttle


def test_a_burst_is_allowed_and_what_follows_waits() -> None:
    throttle = Throttle(burst=3, refill=6.0)
    assert [throttle.fail("a", 0.0) for _ in range(5)] == [0, 0, 0, 6.0, 6.0]
    assert throttle.fail("b", 0.0) == 0


def test_failures_are_refilled() -> None:
    throttle = Throttle(burst=2, refill=6.0)
    assert [throttle.fail("a", t) for t in (0.0, 0.0, 5.0, 6.0, 7.0, 12.0)] == [0, 0, 1.0, 0, 5.0, 0]


def test_who_has_not_failed_lately_is_forgotten() -> None:
    throttle = Throttle(burst=2, refill=6.0)
    throttle.fail("a", 0.0)
    throttle.fail("b", 10.0)
    assert len(throttle) == 1


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 3)), max_size=200))
def test_memory_is_bounded_and_no_wait_is_longer_than_a_refill(events: list[tuple[int, float]]) -> None:
    throttle, now, allowed = Throttle(burst=3, refill=6.0, most=10), 0.0, 0
    for address, passed in events:
        now += passed
        wait = throttle.fail(f"10.0.0.{address}", now)
        assert 0 <= wait <= 6.0
        assert len(throttle) <= 10
        allowed += wait == 0
    if len({address for address, _ in events}) == 1:
        assert allowed <= 3 + now / 6.0


def test_the_addresses_that_failed_last_are_remembered() -> None:
    throttle = Throttle(burst=1, most=10)
    for i in range(100):
        throttle.fail(f"10.0.0.{i}", 0.0)
    assert len(throttle) == 10
    assert throttle.fail("10.0.0.99", 0.0) > 0
    assert throttle.fail("10.0.0.1", 0.0) == 0


def test_a_network_of_ipv6_is_one_address() -> None:
    throttle = Throttle(burst=1)
    assert throttle.fail("2001:db8::1", 0.0) == 0
    assert throttle.fail("2001:db8::2", 0.0) > 0
    assert throttle.fail("2001:db8:0:1::1", 0.0) == 0
    assert throttle.fail("192.0.2.1", 0.0) == 0
    assert throttle.fail("::ffff:192.0.2.1", 0.0) > 0
    assert throttle.fail("no address", 0.0) == 0

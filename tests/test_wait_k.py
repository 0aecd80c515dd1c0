"""Wait-k: the law, and which k is chosen for which pair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.policy import Evidence
from mt.wait_k import WaitK, wait_k

policies = st.builds(WaitK, st.integers(1, 12), st.floats(0.1, 4.0))


@given(policies, st.integers(0, 200))
def test_never_more_than_the_share_of_read_minus_k_plus_one(policy: WaitK, read: int) -> None:
    allowed = policy.allowed(Evidence(read))
    assert 0 <= allowed <= max(0, read - policy.k + 1) * policy.rate


@given(policies, st.integers(0, 200))
def test_what_was_allowed_stays_allowed(policy: WaitK, read: int) -> None:
    assert policy.bound(read) <= policy.bound(read + 1)


@pytest.mark.parametrize(
    ("policy", "read", "allowed"),
    [
        (WaitK(3), 2, 0),
        (WaitK(3), 3, 1),
        (WaitK(3), 7, 5),
        (WaitK(1), 4, 4),
        (WaitK(5, 0.6), 5, 0),
        (WaitK(5, 0.6), 6, 1),
        (WaitK(5, 0.6), 14, 6),
        (WaitK(3, 1.6), 3, 1),
        (WaitK(3, 1.6), 4, 3),
        (WaitK(3, 1.6), 7, 8),
    ],
)
def test_how_much_is_allowed(policy: WaitK, read: int, allowed: int) -> None:
    assert policy.allowed(Evidence(read)) == allowed


@pytest.mark.parametrize(
    ("source", "target", "policy"),
    [
        ("en", "zh", WaitK(3, 1.6)),
        ("en", "es", WaitK(3)),
        ("en", "de", WaitK(3)),
        ("zh", "en", WaitK(5, 0.625)),
        ("ja", "en", WaitK(6, 0.5)),
        ("zh", "ja", WaitK(5, 1.25)),
    ],
)
def test_k_is_counted_in_the_languages_own_units(source: str, target: str, policy: WaitK) -> None:
    assert wait_k(source, target, 3) == policy


@pytest.mark.parametrize(("k", "rate"), [(0, 1.0), (3, 0.0), (3, -1.0)])
def test_an_impossible_policy_is_refused(k: int, rate: float) -> None:
    with pytest.raises(ValueError, match="wait-k needs"):
        WaitK(k, rate)

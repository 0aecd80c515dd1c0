"""Drafts: where decoding may go on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.drafts import Resumption, resume


def logs(*probabilities: float) -> list[float]:
    return [math.log(p) for p in probabilities]


@pytest.mark.parametrize(
    ("probabilities", "forced", "bias", "found"),
    [
        # Everything is certain, and something follows: the last token is decoded again.
        ((0.1, 0.9, 0.8, 0.2), 1, 0.0, Resumption(2)),
        # Everything is certain, and so is the end.
        ((0.1, 0.9, 0.8, 0.6), 1, 0.0, Resumption(3, ended=True)),
        # The draft holds for one token.
        ((0.1, 0.9, 0.4, 0.9, 0.01), 1, 0.0, Resumption(1)),
        # It does not hold at all, and nothing is known of the end before it.
        ((0.1, 0.4, 0.9, 0.01), 1, 0.0, None),
        # Nothing is expected: only the end decides.
        ((0.1, 0.2, 0.6), 2, 0.0, Resumption(2, ended=True)),
        ((0.1, 0.2, 0.3), 2, 0.0, None),
        ((0.1, 0.2, 0.0009), 2, 0.0, Resumption(2)),
        # A bias accepts less likely tokens, and goes on behind them.
        ((0.1, 0.4, 0.9, 0.01), 1, 0.2, Resumption(2)),
        ((0.1, 0.9, 0.4, 0.01), 1, 0.2, Resumption(3)),
        ((0.1, 0.9, 0.3, 0.01), 1, 0.2, Resumption(1)),
    ],
)
def test_where_decoding_goes_on(
    probabilities: tuple[float, ...], forced: int, bias: float, found: Resumption | None
) -> None:
    assert resume(logs(*probabilities), forced, 100, bias) == found


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=12), st.data(), st.floats(0.0, 0.49))
def test_what_is_given_is_kept_and_no_more_than_the_draft(
    probabilities: list[float], data: st.DataObject, bias: float
) -> None:
    forced = data.draw(st.integers(0, len(probabilities) - 1))
    found = resume(logs(*probabilities), forced, 100, bias)
    assert found is None or forced <= found.kept <= len(probabilities) - 1

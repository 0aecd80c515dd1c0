"""Spans: what is committed whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.spans import numbers, whole


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("son 1.234,5 euros", ["1.234,5"]),
        ("1 000 000 de", ["1 000 000"]),
        ("en 2024 y 3", ["2024", "3"]),
        ("el 12 % de", ["12 %"]),
        ("有12.5万人", ["12.5万"]),
        ("约三千五百人", ["三千五百"]),
        ("costs $ 40 now", ["$ 40"]),
        ("no number", []),
    ],
)
def test_numbers(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in numbers(text, "es")] == found


def test_a_cut_moves_before_the_span() -> None:
    text = "son 1 000 euros"
    assert whole(text, 5, numbers(text, "es")) == 4
    assert whole(text, 9, numbers(text, "es")) == 9
    assert whole(text, 3, numbers(text, "es")) == 3


def test_a_number_at_the_end_may_still_grow() -> None:
    text = "son 20"
    assert whole(text, 6, numbers(text, "es")) == 4


@given(
    st.text("1 ,a", max_size=12),
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))),
)
def test_no_span_is_divided(text: str, cut: int, spans: list[tuple[int, int]]) -> None:
    cut = min(cut, len(text))
    spans = [(a, b) for a, b in spans if a < b <= len(text)]
    found = whole(text, cut, spans)
    assert found <= cut
    assert not any(a < found < b for a, b in spans)

"""Attention: from the model's pieces to units, and the boundary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.attention import AttentionBoundary, attended
from mt.policy import Evidence, Needs


@pytest.mark.parametrize(
    ("hold", "read", "places", "allowed"),
    [
        (1, 4, (0, 1, 3, 2), 2),
        (2, 4, (0, 1, 3, 2), 2),
        (3, 4, (0, 1, 3, 2), 1),
        (1, 5, (0, 1, 3, 2), 4),
        (0, 4, (0, 1, 3, 2), 4),
        (9, 4, (0, 1, 3, 2), 0),
        (1, 4, None, 0),
    ],
)
def test_the_boundary(hold: int, read: int, places: tuple[int, ...] | None, allowed: int) -> None:
    evidence = Evidence(read, tuple("abcd"), attended=places)
    assert AttentionBoundary(hold).allowed(evidence) == allowed


def test_it_needs_attention() -> None:
    assert AttentionBoundary().needs == Needs(attention=True)


def test_pieces_become_units() -> None:
    source, target = ["The", " dog", " eats"], ["El", " perro", " come"]
    # "El" looks at "The", "per" at "The", "ro" at "dog", "come" at "eats".
    pieces = [(2, 3), (6, 3), (8, 7), (13, 12)]
    assert attended(target, source, pieces) == (0, 1, 2)


def test_what_was_given_attends_to_the_beginning_and_an_invented_end_to_nothing() -> None:
    assert attended(["El", " perro"], ["The", " dog"], [(8, 7), (9, 7)]) == (0, 1)
    assert attended([], ["The"], [(1, 3)]) == ()
    assert attended(["El"], [], [(2, 0)]) == (0,)


@given(
    st.lists(st.text("ab", min_size=1, max_size=3), max_size=5),
    st.lists(st.text("ab", min_size=1, max_size=3), max_size=5),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8),
)
def test_any_attention_names_units_that_there_are(
    target: list[str], source: list[str], pieces: list[tuple[int, int]]
) -> None:
    found = attended(target, source, pieces)
    assert len(found) == len(target)
    assert all(0 <= place < max(1, len(source)) for place in found)

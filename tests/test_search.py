"""How far a search agrees with itself."""

import math

import pytest

from asr.search import shares


@pytest.mark.parametrize(
    ("hypotheses", "likely", "expected"),
    [
        (["a b c"], [1.0], [1.0, 1.0, 1.0]),
        (["a b c", "a b d", "a x c"], [0.5, 0.3, 0.2], [1.0, 0.8, 0.5]),
        (["a b", "a", "a b c"], [0.5, 0.3, 0.2], [1.0, 0.7]),
        (["a b a", "x b a"], [0.6, 0.4], [0.6, 0.6, 0.6]),
        (["Hello, world.", "hello World", "hello - world"], [0.5, 0.3, 0.2], [1.0, 1.0]),
        (["one - two", "one two"], [0.5, 0.5], [1.0, 1.0, 1.0]),
        (["", "a"], [0.5, 0.5], []),
    ],
)
def test_the_share_that_begins_alike(
    hypotheses: list[str], likely: list[float], expected: list[float]
) -> None:
    said = [text.split() for text in hypotheses]
    for scale in (1.0, 1e-3):  # hypotheses that were not found do not count
        assert shares(said, [math.log(scale * p) for p in likely]) == pytest.approx(expected)


def test_very_unlikely_hypotheses_are_compared() -> None:
    assert shares([["a"], ["b"]], [-2000.0, -2000.0]) == [0.5]

"""A figure says whether it reaches its goal."""

import pytest

from benchmarks.figures import Figure, Goal


@pytest.mark.parametrize(
    ("goal", "value", "expected"),
    [
        (Goal(0.06, 0.02), 0.02, "aim"),
        (Goal(0.06, 0.02), 0.05, "least"),
        (Goal(0.06, 0.02), 0.07, "missed"),
        (Goal(30, 45, score=True), 46, "aim"),
        (Goal(30, 45, score=True), 30, "least"),
        (Goal(30, 45, score=True), 29, "missed"),
        (Goal(0, 0), 0, "aim"),
    ],
)
def test_verdict(goal: Goal, value: float, expected: str) -> None:
    assert goal.verdict(value) == expected


def test_row() -> None:
    assert (
        Figure("WER", 0.051, count=9, goal=Goal(0.06, 0.02)).row()
        == "| WER | 5.1% | 6.0% | 2.0% | least | 9 |"
    )
    assert Figure("BLEU", 1.25, ".1f").row() == "| BLEU | 1.2 |  |  |  |  |"

"""Doubt begins when nothing is understood for long, and ends with what is clearly understood."""

import pytest

from asr.doubt import CLEAR, LATELY, UNDERSTOOD, Doubt
from asr.guards import GUESSED

SURE = {"g": GUESSED - 0.01, "d": UNDERSTOOD - 0.01, ".": UNDERSTOOD}


@pytest.mark.parametrize(
    ("heard", "doubted"),
    [
        ("", False),
        ("g", False),
        ("gg", True),
        ("g.g", False),
        ("gdg", False),
        (".g.g.g.", False),
        ("dddd", False),
        ("ddddd", True),
        ("dgdgd", True),
        ("dddd.dddd", False),
        ("gg.", True),
        ("gg.d.d.d", True),
        ("gg..", False),
        ("gg..g", False),
        ("gg..gg", True),
        ("gg..dddd", False),
    ],
)
def test_doubt_begins_and_ends(heard: str, doubted: bool) -> None:
    doubt = Doubt()
    for sign in heard:
        doubt.hear(SURE[sign], 1.0)
    assert doubt.is_here is doubted


def test_doubt_asks_for_more_except_of_a_whole_utterance() -> None:
    doubt = Doubt()
    assert doubt.least(1.0, whole=False) == doubt.least(1.0, whole=True) == GUESSED
    doubt.hear(SURE["g"], 1.0)
    doubt.hear(SURE["g"], 1.0)
    assert doubt.least(1.0, whole=False) == UNDERSTOOD
    assert doubt.least(1.0, whole=True) == GUESSED
    assert doubt.steps > 1
    doubt.hear(SURE["."], 1.0)
    assert doubt.is_here and doubt.steps == 1
    doubt.clear()
    assert doubt.least(1.0, whole=False) == GUESSED
    doubt.hear(SURE["g"], 1.0)
    assert not doubt.is_here


def test_who_was_understood_lately_is_believed_more_easily() -> None:
    doubt = Doubt(first=0.38)
    doubt.hear(CLEAR - 0.01, 1.0)
    assert doubt.least(1.0, whole=True) == 0.38
    doubt.hear(CLEAR, 2.0)
    doubt.clear()
    assert doubt.least(2.0 + LATELY, whole=True) == GUESSED
    assert doubt.least(3.0 + LATELY, whole=True) == 0.38

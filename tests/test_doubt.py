"""Doubt begins when nothing is understood for long, and ends with what is clearly understood."""

import pytest

from asr.doubt import UNDERSTOOD, Doubt
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
        doubt.hear(SURE[sign])
    assert doubt.is_here is doubted


def test_doubt_asks_for_more_except_of_a_whole_utterance() -> None:
    doubt = Doubt()
    assert doubt.least(whole=False) == doubt.least(whole=True) == GUESSED
    doubt.hear(SURE["g"])
    doubt.hear(SURE["g"])
    assert doubt.least(whole=False) == UNDERSTOOD
    assert doubt.least(whole=True) == GUESSED
    assert doubt.steps > 1
    doubt.hear(SURE["."])
    assert doubt.is_here and doubt.steps == 1
    doubt.clear()
    assert doubt.least(whole=False) == GUESSED
    doubt.hear(SURE["g"])
    assert not doubt.is_here

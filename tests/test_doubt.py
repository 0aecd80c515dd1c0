"""Doubt begins when nothing is understood twice in a row, and ends with what is clearly understood."""

import pytest

from asr.doubt import UNDERSTOOD, Doubt
from asr.guards import GUESSED


@pytest.mark.parametrize(
    ("unsure", "doubted"),
    [
        ("", False),
        ("u", False),
        ("uu", True),
        ("u.u", False),
        (".u.u.u.", False),
        (".uu", True),
        ("uuuu", True),
        ("uu.", True),
        ("uu.u.u.u", True),
        ("uu..", False),
        ("uu..u", False),
        ("uu..uu", True),
    ],
)
def test_two_in_a_row_make_doubt_and_end_it(unsure: str, doubted: bool) -> None:
    doubt = Doubt()
    for sign in unsure:
        doubt.hear(unsure=sign == "u")
    assert doubt.is_here is doubted


def test_doubt_asks_for_more_except_of_a_whole_utterance() -> None:
    doubt = Doubt()
    assert doubt.least(whole=False) == doubt.least(whole=True) == GUESSED
    doubt.hear(unsure=True)
    doubt.hear(unsure=True)
    assert doubt.least(whole=False) == UNDERSTOOD
    assert doubt.least(whole=True) == GUESSED
    assert doubt.steps > 1
    doubt.hear(unsure=False)
    assert doubt.is_here and doubt.steps == 1
    doubt.clear()
    assert doubt.least(whole=False) == GUESSED
    doubt.hear(unsure=True)
    assert not doubt.is_here

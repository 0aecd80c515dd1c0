"""Translations that were cut off, and are said anew: whole or not at all."""

import pytest

from server.rooms.cuts import KEPT, Cuts
from streaming.captions import Caption, Update
from streaming.words import Word

CUT = Caption(0, "es", "Uno dos.", "", 1.0, 3.0, True, "s1")


def said(text: str, end: float, *, final: bool = False) -> Update:
    return Update(0, "es", (Word(text, 1.0, end),) if text else (), final=final)


def test_what_is_said_anew_is_given_when_it_is_whole() -> None:
    cuts = Cuts()
    cuts.note((0, "es"))
    assert cuts.hear(CUT, said(" Uno dos", 2.0), over=False) is None
    assert cuts.hear(CUT, said(" tres", 5.0), over=True) is None
    whole = cuts.hear(CUT, said("", 5.0, final=True), over=True)
    assert whole == Caption(0, "es", "Uno dos tres", "", 1.0, 5.0, True, "s1")
    assert (0, "es") not in cuts


def test_what_is_left_out_again_is_more_than_before_and_may_come_back_once_more() -> None:
    cuts = Cuts()
    cuts.note((0, "es"))
    more = cuts.hear(CUT, said(" Uno dos tres.", 4.0, final=True), over=False)
    assert more is not None and more.committed == "Uno dos tres." and (0, "es") in cuts
    whole = cuts.hear(more, said(" Uno dos tres cuatro.", 6.0, final=True), over=True)
    assert whole is not None and (whole.committed, whole.end) == ("Uno dos tres cuatro.", 6.0)


@pytest.mark.parametrize("text", ["", " Uno dos."])
def test_nothing_is_given_where_there_is_nothing_new(text: str) -> None:
    cuts = Cuts()
    cuts.note((0, "es"))
    assert cuts.hear(CUT, said(text, 9.0, final=True), over=True) is None
    assert (0, "es") not in cuts


def test_what_was_not_cut_off_stays_as_it_is() -> None:
    cuts = Cuts()
    cuts.note((0, "zh"))
    assert cuts.hear(CUT, said(" Uno dos tres", 9.0, final=True), over=True) is None


def test_old_utterances_are_forgotten() -> None:
    cuts = Cuts()
    for number in range(3 * KEPT):
        cuts.note((number, "es"))
    assert [number for number in range(3 * KEPT) if (number, "es") in cuts] == [*range(2 * KEPT, 3 * KEPT)]

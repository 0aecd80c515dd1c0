"""What corrections ask for: a fold of a room's events, the same live and after a restart."""

from server.rooms.corrections import KEPT, Corrections
from server.rooms.journal import Entry
from server.wire.room_messages import Reviser, Revision
from streaming.captions import Caption
from streaming.words import text_of


def said(number: int, text: str, language: str = "en", **more: object) -> Entry:
    """A finished utterance in a language; English is spoken."""
    given = {"final": True, "line": "s1", "event": 1, **more}
    caption = Caption(number, language, text, "", 1.0, 3.0, bool(given["final"]), "s1")
    return Entry(caption, given["event"], b"", str(given["line"]), language == "en")  # type: ignore[arg-type]


def revised(number: int, text: str, count: int, language: str = "en", by: Reviser = "operator") -> Entry:
    revision = Revision(number, language, text, 1.0, 3.0, count, "s1", by)
    return Entry(revision, 2, b"", "s1", language == "en")


def asked(*entries: Entry) -> list[tuple[int, str, int]]:
    """What the last of these events asks for."""
    corrections = Corrections()
    *before, last = entries
    for entry in before:
        corrections.hear(entry)
    return [anew.key for anew in corrections.hear(last)]


def due(*entries: Entry) -> list[tuple[int, str, int]]:
    corrections = Corrections()
    for entry in entries:
        corrections.hear(entry)
    return [anew.key for anew in corrections.due]


UTTERANCE = said(0, "a"), said(0, "b", "es")


def test_what_is_finished_is_made_anew_at_once_and_all_else_when_it_is() -> None:
    assert asked(*UTTERANCE) == []
    assert asked(*UTTERANCE, said(1, "c"), said(1, "d", "es"), revised(0, "x", 1)) == [(0, "es", 1)]
    assert asked(said(0, "a"), revised(0, "x", 1), said(0, "b", "es")) == [(0, "es", 1)]
    assert asked(*UTTERANCE, revised(0, "x", 1), said(0, "c", "zh")) == [(0, "zh", 1)]
    assert asked(said(0, "a"), revised(0, "x", 1), said(0, "b", "es", final=False)) == []
    assert asked(said(0, "a"), revised(0, "x", 1), said(0, "b", "es", event=None)) == []
    assert asked(said(0, "a"), revised(0, "x", 1), said(0, "b", "es", line="b2")) == []


def test_what_is_asked_for_is_the_whole_corrected_utterance() -> None:
    corrections = Corrections()
    for entry in (*UTTERANCE, revised(0, "better", 0, "es", "model")):
        corrections.hear(entry)
    (anew,) = corrections.hear(revised(0, "x y", 1))
    assert text_of(anew.source.committed) == "x y" and anew.source.final and anew.source.language == "en"
    assert (anew.source.committed[0].start, anew.source.committed[-1].end) == (1.0, 3.0)
    assert (anew.caption.committed, anew.caption.language, anew.line) == ("better", "es", "s1")


def test_each_correction_is_followed_once_and_the_last_one_counts() -> None:
    corrected = *UTTERANCE, revised(0, "x", 1)
    assert due(*corrected) == [(0, "es", 1)]
    assert due(*corrected, revised(0, "y", 1, "es")) == []
    assert due(*corrected, revised(0, "y", 0, "es", "model")) == [(0, "es", 1)]
    assert due(*corrected, revised(0, "z", 2), revised(0, "y", 1, "es")) == [(0, "es", 2)]


def test_old_utterances_are_forgotten() -> None:
    assert due(*UTTERANCE, revised(0, "x", 1), said(KEPT - 1, "c")) == [(0, "es", 1)]
    assert due(*UTTERANCE, revised(0, "x", 1), said(KEPT, "c")) == []

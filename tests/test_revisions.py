"""What may still be revised: a fold of a room's events, the same live and after a restart."""

from hypothesis import given
from hypothesis import strategies as st

from server.rooms.journal import Entry
from server.rooms.revisions import KEPT, Revisions
from server.wire.room_messages import Revision
from streaming.captions import Caption
from streaming.words import Word, text_of


def heard(number: int, *texts: str, final: bool = True, event: int | None = 1) -> Entry:
    words = tuple(Word(f" {text}", i, i + 1, 0.5) for i, text in enumerate(texts))
    caption = Caption(number, "en", " ".join(texts), "", 0.0, len(texts), final, "s1", words)
    return Entry(caption, event, b"", "s1", True)


def translated(number: int, text: str, language: str = "es", **more: object) -> Entry:
    given = {"final": True, "line": "s1", "event": 2, **more}
    caption = Caption(number, language, text, "", 0.0, 1.0, bool(given["final"]))
    return Entry(caption, given["event"], b"", str(given["line"]))  # type: ignore[arg-type]


def revised(number: int, by: str, language: str = "es") -> Entry:
    return Entry(Revision(number, language, "x", by=by), 3, b"", "s1", language == "en")  # type: ignore[arg-type]


def keys(*entries: Entry) -> list[tuple[int, str]]:
    revisions = Revisions()
    for entry in entries:
        revisions.hear(entry)
    return [due.key for due in revisions.due]


def test_a_finished_translation_is_due_with_all_that_was_said() -> None:
    revisions = Revisions()
    assert revisions.hear(heard(0, "good", final=False)) is None
    more = heard(0, "good", "morning")
    first, second = more.message.words  # type: ignore[union-attr]
    assert (
        revisions.hear(Entry(Caption(0, "en", "good morning", words=(second,)), 2, b"", "s1", True)) is None
    )
    due = revisions.hear(translated(0, "buenos días"))
    assert due is not None and due.key == (0, "es")
    assert due.source.final and due.source.language == "en"
    assert due.source.committed == (first, second)
    assert revisions.due == (due,)


def test_what_is_not_the_machines_or_not_finished_is_not_due() -> None:
    assert keys(heard(0, "a"), translated(0, "b", final=False)) == []
    assert keys(heard(0, "a"), translated(0, "", final=True)) == []
    assert keys(heard(0, "a"), translated(0, "b", event=None)) == []
    assert keys(heard(0, "a"), translated(0, "b", line="b2")) == []
    assert keys(translated(0, "nobody said it")) == []


def test_words_that_were_not_told_are_taken_from_the_text() -> None:
    revisions = Revisions()
    revisions.hear(Entry(Caption(0, "en", "good morning", start=1.0, end=3.0), 1, b"", "s1", True))
    due = revisions.hear(translated(0, "buenos días"))
    assert due and text_of(due.source.committed) == "good morning"
    assert (due.source.committed[0].start, due.source.committed[-1].end) == (1.0, 3.0)


def test_each_is_revised_once_and_an_operator_ends_it_for_all_languages() -> None:
    finished = [
        heard(0, "a"),
        translated(0, "b"),
        translated(0, "c", "zh"),
        heard(1, "d"),
        translated(1, "e"),
    ]
    assert keys(*finished) == [(0, "es"), (0, "zh"), (1, "es")]
    assert keys(*finished, revised(0, "model")) == [(0, "zh"), (1, "es")]
    assert keys(*finished, revised(0, "operator", "en")) == [(1, "es")]
    assert keys(heard(0, "a"), revised(0, "operator", "en"), translated(0, "b")) == []


def test_what_is_long_gone_is_forgotten() -> None:
    entries = [entry for i in range(2 * KEPT) for entry in (heard(i, "a"), translated(i, "b"))]
    assert keys(*entries) == [(i, "es") for i in range(KEPT, 2 * KEPT)]


EVENTS = st.lists(
    st.tuples(st.sampled_from(["translated", "model", "operator"]), st.integers(0, 3)), max_size=30
)


@given(EVENTS)
def test_nothing_is_due_that_was_revised_or_corrected(events: list[tuple[str, int]]) -> None:
    entries = [heard(number, "a") for number in range(4)]
    due = set()
    for kind, number in events:
        entries.append(translated(number, "b") if kind == "translated" else revised(number, kind))
        due = due | {number} if kind == "translated" else due - {number}
    due -= {number for kind, number in events if kind == "operator"}
    assert {number for number, _ in keys(*entries)} == due

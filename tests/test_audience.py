"""Views: who is told what, in which style, written once for all who read alike."""

import json
from collections.abc import Iterable

import pytest

from server.rooms.audience import HISTORY, Audience, Sentences, View
from server.rooms.journal import Entry
from server.wire.messages import Done, Ready, Speech, Statistics
from server.wire.outbox import Frame, Outbox
from server.wire.room_messages import Revision, RoomState, Status
from streaming.captions import Caption
from streaming.stages import Notice

SPOKEN = Entry(Caption(0, "en", "a"), 1, b"", "s1", True)
TRANSLATED = Entry(Caption(0, "es", "b"), 2, b"", "s1")
ENTRIES = {
    "spoken": SPOKEN,
    "translated": TRANSLATED,
    "revision": Entry(Revision(0, "es", "b"), 3, b"", "s1"),
    "speech": Entry(Speech(0, "es", "b", 0.0, 0.1), 4, b"x", "s1"),
    "notice": Entry(Notice("a", "b"), 5, b"", "s1"),
    "own end": Entry(Done(Statistics()), 6, b"", "s1"),
    "end": Entry(Done(Statistics()), 7),
    "room": Entry(RoomState("r"), 8),
    "status": Entry(Status()),
    "never": Entry(Ready("s", "en")),
}


def wanted(view: View) -> set[str]:
    return {name for name, entry in ENTRIES.items() if view.wants(entry)}


def test_each_view_wants_its_own() -> None:
    reader = {"translated", "revision", "end", "room"}
    assert wanted(View("listener", "es")) == reader
    assert wanted(View("listener", "es", speech=True)) == {*reader, "speech"}
    assert wanted(View("listener", "floor")) == {"spoken", "end", "room"}
    assert wanted(View("listener", "zh")) == {"end", "room"}
    assert wanted(View("speaker", floor="s1")) == {"spoken", "notice", "own end", "end", "room"}
    assert wanted(View("speaker", floor="s2")) == {"end", "room"}
    assert wanted(View("booth", floor="b2")) == {"spoken", "end", "room"}
    assert wanted(View("desk")) == set(ENTRIES) - {"speech", "never", "own end"}
    assert wanted(View("private", speech=True)) == set(ENTRIES) - {"room", "status", "never"}


def test_a_channel_belongs_to_its_floor() -> None:
    entry = Entry(Caption(0, "en", "a"), 1, b"", "s1.2", True)
    assert View("speaker", floor="s1").wants(entry)
    assert not View("speaker", floor="s12").wants(entry)


def test_who_reads_alike_gets_the_very_same_frame() -> None:
    audience, boxes = Audience(), [Outbox() for _ in range(3)]
    for box in boxes[:2]:
        audience.join(View("listener", "es", "steady"), box)
    audience.join(View("listener", "es"), boxes[2])
    audience.tell(TRANSLATED)
    audience.tell(Entry(Caption(0, "es", "b", " c"), None, b"", "s1"))
    frames = [list(box._frames.values()) for box in boxes]
    assert frames[0][0] is frames[1][0]
    assert [len(found) for found in frames] == [1, 1, 2]
    audience.leave(View("listener", "es", "steady"), boxes[0])
    audience.tell(TRANSLATED)
    assert [box.waiting for box in boxes] == [1, 2, 2]
    assert audience.count() == 2 and audience.count("es") == 2 and audience.count("zh") == 0


def test_nothing_follows_an_end() -> None:
    audience = Audience()
    views = [View("speaker", floor="s1"), View("booth", floor="s1"), View("private"), View("listener", "en")]
    boxes = [Outbox() for _ in views]
    for view, box in zip(views, boxes, strict=True):
        audience.join(view, box)
    for entry in (ENTRIES["own end"], ENTRIES["room"], SPOKEN):
        audience.tell(entry)
    told = [[json.loads(frame.text)["type"] for frame in box._frames.values()] for box in boxes]
    assert told == [["done"], ["done"], ["done"], ["room", "caption"]]
    audience.tell(ENTRIES["end"])
    audience.tell(SPOKEN)
    assert boxes[-1].waiting == 3 and audience.count() == 0
    audience.leave(views[-1], boxes[-1])


GROWING = [
    ("It is", False),
    ("It is late. We", False),
    ("It is late. We go", False),
    ("It is late. We go home. So", False),
    ("It is late. We go home. So long", True),
]
WHOLE = ["It is late.", "It is late. We go home.", "It is late. We go home. So long"]


def growing() -> list[Entry]:
    captions = [Caption(0, "en", text, "" if final else " and", final=final) for text, final in GROWING]
    return [Entry(caption, number, b"", "s1", True) for number, caption in enumerate(captions, 1)]


def committed(frames: Iterable[Frame]) -> list[str]:
    return [json.loads(frame.text)["committed"] for frame in frames]


@pytest.mark.parametrize(
    ("language", "text", "whole"),
    [
        ("es", "Lo dijo Dña. María", ""),
        ("es", "Está bien. Lo", "Está bien."),
        ("fr", "Voici M. Dupont", ""),
        ("ar", "كيف حالك؟ أنا", "كيف حالك؟"),
        ("zh", "你好。我", "你好。"),
        ("en", "", ""),
    ],
)
def test_a_name_behind_an_abbreviation_is_no_new_sentence(language: str, text: str, whole: str) -> None:
    caption = Entry(Caption(0, language, text), 1, b"", "s1", True)
    shown = committed(Audience().replay(View("listener", language, "sentence"), [caption]))
    assert shown == ([whole] if whole else [])


def test_sentences_are_shown_when_another_follows() -> None:
    audience, box = Audience(), Outbox()
    audience.join(View("listener", "en", "sentence"), box)
    for entry in [*growing(), Entry(Caption(1, "en", "", final=True), 6, b"", "s1", True)]:
        audience.tell(entry)
    assert committed(box._frames.values()) == WHOLE
    assert committed(audience.replay(View("listener", "en", "sentence"), growing())) == WHOLE


@pytest.mark.parametrize("read", range(len(GROWING)))
def test_what_has_been_read_word_by_word_is_not_taken_back_by_sentences(read: int) -> None:
    audience, box, other, sentences = Audience(), Outbox(), Outbox(), Sentences()
    view = View("listener", "en", "sentence")
    audience.join(view, other)
    for number, entry in enumerate(growing()):
        if number == read:
            audience.join(view, box, sentences)
        audience.tell(entry)
        if number < read and isinstance(entry.message, Caption):
            sentences.read(entry.message)
    shown = committed(box._frames.values())
    before = GROWING[read - 1][0] if read else ""
    assert all(text.startswith(before) for text in shown)
    assert shown == [text for text in WHOLE if len(text) >= len(before)]
    assert committed(other._frames.values()) == WHOLE


def test_what_was_spoken_comes_before_its_translations() -> None:
    audience = Audience()
    for entry in [
        Entry(Caption(0, "zh", "a", final=True), 1, b"", "s1", True),
        Entry(Caption(0, "en", "b", final=True), 2, b"", "s1"),
        Entry(Caption(1, "fr", "c", final=True), 3, b"", "s1", True),
        Entry(Caption(1, "en", "d", final=True), 4, b"", "s1"),
        Entry(Revision(0, "zh", "e"), 5, b"", "s1", True),
    ]:
        audience.tell(entry)
    told = [json.loads(frame.text) for frame in audience.history(View("desk"), 5)]
    assert [(each["utterance"], each["language"]) for each in told] == [
        *((0, "zh"), (0, "en")),
        *((1, "fr"), (1, "en")),
    ]


def test_who_comes_when_all_has_been_said_is_told_the_end() -> None:
    audience = Audience()
    for entry in (Entry(RoomState("r", ended=True), 8), SPOKEN, ENTRIES["own end"], ENTRIES["end"]):
        audience.tell(entry)
    types = [json.loads(frame.text)["type"] for frame in audience.history(View("desk"), 8)]
    assert types == ["room", "caption", "done"]


def test_who_comes_late_is_shown_the_last_utterances() -> None:
    audience = Audience()
    for number in range(30):
        audience.tell(Entry(Caption(number, "en", "a", final=True), 2 * number + 1, b"", "s1", True))
        audience.tell(Entry(Caption(number, "es", "b", final=True), 2 * number + 2, b"", "s1"))
    audience.tell(Entry(RoomState("r"), 100))
    audience.tell(Entry(Caption(30, "es", "", "c"), None, b"", "s1"))
    frames = audience.history(View("listener", "es"), 100)
    assert len(frames) == 1 + HISTORY
    assert all('"event":100' in frame.text for frame in frames)
    assert '"tentative":"c"' in frames[-1].text
    assert len(audience.history(View("listener", "es", "steady"), 100)) == 1 + HISTORY
    (pending,) = audience.pending(View("listener", "es"))
    assert '"event"' not in pending.text

"""Minutes: the record of a stream is what its readers were shown, corrections and all."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.records import forms
from server.records.record import Record
from server.rooms.eventlog import Event
from server.rooms.minutes import Minutes, names
from server.wire.messages import Done, ServerMessage, Start, Statistics, name_of
from server.wire.room_messages import Revision
from server.wire.schema import to_plain
from streaming.captions import Caption, Transcript, Update
from streaming.words import Word


def event(message: ServerMessage, number: int = 1, line: str = "s1", spoken: bool = False) -> Event:
    content = {**to_plain(message), "line": line, "spoken": spoken}
    return Event("hall", number, 0.0, name_of(message), content)


def said(text: str, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(Word(f" {w}", start + i, start + i + 1, 0.5) for i, w in enumerate(text.split()))


def caption(number: int, text: str, start: float = 0.0, language: str = "en", **more: Any) -> Caption:
    words = said(text, start)
    return Caption(
        number, language, text, "", start, words[-1].end, **{"final": True, "words": words, **more}
    )


def record(*events: Event, source: str | None = None, names: Mapping[str, str] | None = None) -> Record:
    minutes = Minutes(names or {})
    minutes.add(events)
    return minutes.record(source)


def test_an_utterance_has_its_words_with_times_its_speaker_and_its_translations() -> None:
    first = Caption(0, "en", "good", "", 1.0, 2.0, False, "s1", said("good", 1.0))
    whole = Caption(0, "en", "good morning", "", 1.0, 3.0, True, "s1", said("morning", 2.0))
    found = record(
        event(first, spoken=True),
        event(caption(0, "buenos días", 1.0, "es")),
        event(whole, spoken=True),
        names={"s1": "Ann"},
    )
    (utterance,) = found.utterances
    assert (utterance.language, utterance.text) == ("en", "good morning")
    assert (utterance.speaker, utterance.name) == ("s1", "Ann")
    assert [(w.start, w.end, w.probability) for w in utterance.words] == [(1.0, 2.0, 0.5), (2.0, 3.0, 0.5)]
    assert utterance.translations == {"es": "buenos días"}
    assert (found.language, found.duration) == ("en", 3.0)


def test_what_is_not_finished_is_left_out_until_its_speaker_is_done() -> None:
    events = [
        event(caption(0, "done"), spoken=True),
        event(caption(0, "hecho", language="es", final=False)),
        event(caption(1, "begun", 5.0, final=False), spoken=True),
    ]
    assert [(u.text, u.translations) for u in record(*events).utterances] == [("done", {})]
    found = record(*events, event(Done(Statistics()), line="s1"))
    assert [(u.text, u.translations) for u in found.utterances] == [("done", {"es": "hecho"}), ("begun", {})]


@pytest.mark.parametrize("before", [False, True])
def test_a_correction_wins_whenever_it_is_read(before: bool) -> None:
    captions = [event(caption(0, "the cat"), spoken=True), event(caption(0, "el gato", language="es"))]
    corrections = [
        event(Revision(0, "en", "the bat flies", 0.0, 3.0, 1), spoken=True),
        event(Revision(0, "es", "el murciélago", 0.0, 3.0, 1)),
    ]
    found = record(*(corrections + captions if before else captions + corrections))
    (utterance,) = found.utterances
    assert utterance.text == "the bat flies" and utterance.translations == {"es": "el murciélago"}
    assert [(w.start, w.end) for w in utterance.words] == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]


@pytest.mark.parametrize("first", ["operator", "model"])
def test_the_operator_wins_over_a_model_whichever_comes_later(first: str) -> None:
    revisions = [
        event(Revision(0, "es", "de la máquina", 0.0, 3.0, 0, by="model")),
        event(Revision(0, "es", "de una persona", 0.0, 3.0, 1)),
    ]
    ordered = revisions if first == "model" else revisions[::-1]
    said = [event(caption(0, "the cat"), spoken=True), event(caption(0, "el gato", language="es"))]
    for events in (said + ordered, ordered + said):
        (utterance,) = record(*events).utterances
        assert utterance.translations == {"es": "de una persona"}
    (utterance,) = record(*said, revisions[0], said[1]).utterances
    assert utterance.translations == {"es": "de la máquina"}


def test_an_utterance_that_is_corrected_away_is_gone() -> None:
    found = record(event(caption(0, "uh"), spoken=True), event(Revision(0, "en", "", 0.0, 1.0), spoken=True))
    assert found.utterances == ()


def test_a_booth_is_read_in_its_language_and_is_not_what_was_spoken() -> None:
    found = record(
        event(caption(0, "good morning"), spoken=True),
        event(caption(1, "buenos días", 1.5, "es"), line="b2"),
    )
    assert forms.write(found, "text") == "good morning\n"
    assert forms.write(found, "text", "es") == "buenos días\n"
    assert "buenos" not in forms.write(found, "srt")
    assert "buenos días" in forms.write(found, "srt", "es")
    assert '"booth": true' in forms.write(found, "json")


def test_translations_are_in_one_order_whichever_came_first() -> None:
    found = record(
        *(event(caption(0, "one"), spoken=True), event(caption(1, "two", 5.0), spoken=True)),
        *(event(caption(0, "uno", language="es")), event(caption(0, "一", language="zh"))),
        *(event(caption(1, "二", 5.0, "zh")), event(caption(1, "dos", 5.0, "es"))),
    )
    assert [[*utterance.translations] for utterance in found.utterances] == [["es", "zh"], ["es", "zh"]]


def test_utterances_are_in_the_order_in_which_they_were_spoken() -> None:
    found = record(
        event(caption(0, "later", 9.0), line="s1", spoken=True),
        event(caption(1, "earlier", 2.0, "fr"), line="s2", spoken=True),
        event(caption(2, "last", 12.0), line="s1", spoken=True),
    )
    assert [u.text for u in found.utterances] == ["earlier", "later", "last"]
    assert found.language == "en"
    assert record(source="de").language == "de" and record().language is None


LANGUAGES = ("en", "es", "zh")
STEPS = st.tuples(
    st.integers(0, 3),
    st.sampled_from(LANGUAGES),
    st.lists(st.sampled_from(["a", "bc", "好", "d,"]), max_size=3),
    st.sampled_from(["grow", "grow", "final", "correct"]),
)


@given(st.lists(STEPS, max_size=40))
def test_the_record_is_the_transcript_that_was_shown(steps: list[Any]) -> None:
    transcript, minutes = Transcript(), Minutes()
    for number, (of, language, texts, kind) in enumerate(steps, 1):
        known = transcript.captions.get((of, language))
        if kind == "correct":
            if not (known and known.final):
                continue
            text = " ".join(texts)
            transcript.revise(of, language, text)
            message: Caption | Revision = Revision(of, language, text, known.start, known.end)
        elif (known and known.final) or not (known or texts):
            continue  # nothing is shown of an utterance that has no words
        else:
            at = known.end if known else 1_000.0 * of
            words = tuple(Word(f" {t}", at + i, at + i + 1) for i, t in enumerate(texts))
            message = transcript.add(Update(of, language, words, (), kind == "final"))
        minutes.add([event(message, number, spoken=language == "en")])
    minutes.add([event(Done(Statistics()), len(steps) + 1)])
    found = minutes.record()
    spoken = {of for (of, language), c in transcript.captions.items() if language == "en" and c.committed}
    shown = {
        language: [
            caption.committed
            for (of, of_language), caption in sorted(transcript.captions.items())
            if of_language == language and caption.committed and of in spoken
        ]
        for language in LANGUAGES
    }
    for language in LANGUAGES:
        assert forms.write(found, "text", language).splitlines() == shown[language]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Start(), {}),
        (Start(name="Ann"), {"s1": "Ann"}),
        (Start(channels=2), {}),
        (
            Start(channels=2, name="Panel", channel_names=("Ann", "")),
            {"s1": "Panel", "s1.1": "Ann", "1": "Ann", "s1.2": "Panel 2", "2": "Panel 2"},
        ),
    ],
)
def test_speakers_are_called_what_people_call_them(form: Start, expected: dict[str, str]) -> None:
    assert names("s1", form) == expected


def test_a_record_is_signed_where_people_have_given_names() -> None:
    found = record(
        event(caption(0, "good morning", speaker="s1.1"), line="s1.1", spoken=True),
        event(caption(1, "thank you", 5.0, speaker="s1.2"), line="s1.2", spoken=True),
        names={"s1.1": "Ann"},
    )
    first, second = forms.write(found, "bilingual").splitlines()
    assert first.endswith("] Ann, en: good morning") and second.endswith("] en: thank you")
    assert [u["speaker"] for u in json.loads(forms.write(found, "json"))["utterances"]] == ["Ann", "s1.2"]

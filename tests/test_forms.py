"""Records as people take them away."""

import json

import pytest

from server.records.forms import FORMS, MEDIA_TYPES, bilingual, document, files, write
from server.records.record import Record, UtteranceRecord
from streaming.words import Word


def said(sentence: str, start: float = 0.0, pace: float = 0.4) -> tuple[Word, ...]:
    words = sentence.split()
    return tuple(Word(f" {w}", start + pace * i, start + pace * (i + 1), 0.9) for i, w in enumerate(words))


def record(*utterances: UtteranceRecord, duration: float = 1000.0) -> Record:
    return Record("en", duration, utterances)


def test_files_are_one_for_each_language_what_was_spoken_first() -> None:
    found = files(record(UtteranceRecord("en", said("Yes."), {"zh": "是的。"})), ["zh"], "vtt")
    assert [ending for ending, _ in found] == [".en.vtt", ".zh.vtt"]
    assert "Yes." in found[0][1] and "是的。" in found[1][1]


def test_a_record_in_which_nothing_was_said_is_empty_in_every_form() -> None:
    empty = Record(None, 3.0, ())
    assert files(empty, [], "bilingual") == [(".txt", "")]
    assert files(empty, [], "text") == [(".und.txt", "")]
    assert files(empty, [], "srt") == [(".und.srt", "")]
    assert json.loads(files(empty, [], "json")[0][1])["utterances"] == []


def test_document_has_the_documented_shape() -> None:
    utterance = UtteranceRecord("en", said("Good morning."), {"zh": "早上好。"})
    written = document(record(utterance, duration=2.0))
    assert "早上好" in written and written.count("\n") == 1
    assert json.loads(written) == {
        "language": "en",
        "duration": 2.0,
        "utterances": [
            {
                "language": "en",
                "start": 0.0,
                "end": 0.8,
                "text": "Good morning.",
                "words": [
                    {"text": "Good", "start": 0.0, "end": 0.4, "probability": 0.9},
                    {"text": "morning.", "start": 0.4, "end": 0.8, "probability": 0.9},
                ],
                "translations": {"zh": "早上好。"},
            }
        ],
    }


def test_text_has_no_line_for_a_translation_that_there_is_not() -> None:
    assert bilingual(UtteranceRecord("en", said("Yes."), {"zh": "", "es": "Sí."})).count("\n") == 2


def test_text_shows_the_time_and_every_translation() -> None:
    utterance = UtteranceRecord("en", said("Good morning.", 61.0), {"zh": "早上好。", "es": "Buenos días."})
    assert bilingual(utterance).splitlines() == [
        "[00:01:01.0 - 00:01:01.8] en: Good morning.",
        "                          zh: 早上好。",
        "                          es: Buenos días.",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_media_type_and_holds_what_was_said(form: str) -> None:
    spoken = record(UtteranceRecord("en", said("Yes."), {"zh": "是的。"}))
    assert "Yes." in write(spoken, form)  # type: ignore[arg-type]
    assert "是的。" in write(spoken, form, "zh")  # type: ignore[arg-type]
    assert "/" in MEDIA_TYPES[form]  # type: ignore[index]


def test_text_is_one_language_a_line_an_utterance() -> None:
    mixed = record(
        UtteranceRecord("en", said("Yes."), {"zh": "是的。"}), UtteranceRecord("zh", said("好", 5.0))
    )
    assert write(mixed, "text") == "Yes.\n好\n"
    assert write(mixed, "text", "zh") == "是的。\n好\n"
    assert write(mixed, "text", "en") == "Yes.\n"

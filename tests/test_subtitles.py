"""Subtitles: nothing lost, two lines that fit, times in order; formats escaped."""

import json
import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.records import Record, UtteranceRecord
from server.subtitles import LONGEST, Cue, cues, document, files, srt, text, vtt
from streaming.words import Word


def said(sentence: str, start: float = 0.0, pace: float = 0.4) -> tuple[Word, ...]:
    words = sentence.split()
    return tuple(Word(f" {w}", start + pace * i, start + pace * (i + 1), 0.9) for i, w in enumerate(words))


def record(*utterances: UtteranceRecord, duration: float = 1000.0) -> Record:
    return Record("en", duration, utterances)


ENGLISH = (
    "When the library opened its doors on Monday morning, forty people were already waiting in the rain. "
    "Nobody had expected that many, because the new reading room is small; but the staff made tea, "
    "and by noon every chair was taken."
)
CHINESE = "星期一早上图书馆开门的时候，已经有四十个人在雨中等候。没有人想到会来这么多人，因为新的阅览室很小。"


def width(line: str) -> float:
    return sum(1 / 16 if unicodedata.east_asian_width(c) in "WF" else 1 / 42 for c in line)


def check(found: list[Cue]) -> None:
    for cue in found:
        assert 0 <= cue.start < cue.end
        assert 1 <= len(cue.lines) <= 2
        assert all(width(line) <= 1.0001 and line == line.strip() and line for line in cue.lines)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_a_long_sentence_is_divided_after_punctuation() -> None:
    found = cues(record(UtteranceRecord("en", said(ENGLISH))))
    check(found)
    assert " ".join(" ".join(cue.lines) for cue in found) == ENGLISH
    assert all(cue.end - cue.start <= LONGEST + 0.001 for cue in found)
    assert any(cue.lines[-1].endswith("rain.") for cue in found)
    assert min(sum(map(len, cue.lines)) for cue in found) > 20


def test_chinese_keeps_to_sixteen_characters_and_never_begins_with_punctuation() -> None:
    found = cues(record(UtteranceRecord("en", said(ENGLISH), {"zh": CHINESE})), "zh")
    check(found)
    assert "".join("".join(cue.lines) for cue in found) == CHINESE
    assert all(len(line) <= 16 for cue in found for line in cue.lines)
    assert not any(line[0] in "，。" for cue in found for line in cue.lines)


def test_a_translation_lies_in_the_time_of_its_utterance() -> None:
    found = cues(record(UtteranceRecord("en", said(ENGLISH, 100.0), {"zh": CHINESE})), "zh")
    assert found[0].start == 100.0
    assert found[-1].end == pytest.approx(100.0 + 0.4 * len(ENGLISH.split()), abs=1.0)


def test_a_word_that_fits_no_line_stands_alone() -> None:
    found = cues(record(UtteranceRecord("en", said(f"see {'x' * 60} there"))))
    assert ("x" * 60,) in [cue.lines for cue in found]


def test_a_short_cue_stays_a_second_where_there_is_room() -> None:
    one, two = UtteranceRecord("en", said("Yes.", 1.0, 0.2)), UtteranceRecord("en", said("No.", 1.5, 0.2))
    found = cues(record(one, two, duration=1.8))
    assert [(cue.start, cue.end) for cue in found] == [(1.0, 1.5), (1.5, 2.5)]


def test_what_was_spoken_in_a_target_language_is_its_own_subtitle() -> None:
    mixed = record(
        UtteranceRecord("en", said("Yes."), {"zh": "是的。"}), UtteranceRecord("zh", said("好", 5.0))
    )
    assert [cue.lines for cue in cues(mixed, "zh")] == [("是的。",), ("好",)]


def test_files_are_one_for_each_language_what_was_spoken_first() -> None:
    found = files(record(UtteranceRecord("en", said("Yes."), {"zh": "是的。"})), ["zh"], "vtt")
    assert [ending for ending, _ in found] == [".en.vtt", ".zh.vtt"]
    assert "Yes." in found[0][1] and "是的。" in found[1][1]


def test_a_record_in_which_nothing_was_said_is_empty_in_every_form() -> None:
    empty = Record(None, 3.0, ())
    assert files(empty, [], "text") == [(".txt", "")]
    assert files(empty, [], "srt") == [(".und.srt", "")]
    assert json.loads(files(empty, [], "json")[0][1])["utterances"] == []


word = st.text("ab字，。.é'-", min_size=1, max_size=8)


@settings(max_examples=50)
@given(
    utterances=st.lists(st.lists(word, min_size=1, max_size=30), max_size=4),
    pace=st.sampled_from([0.0, 0.05, 0.3, 9.0]),
    language=st.sampled_from(["en", "zh"]),
)
def test_nothing_is_lost_and_times_are_in_order(
    utterances: list[list[str]], pace: float, language: str
) -> None:
    records, start = [], 0.0
    for words in utterances:
        records.append(UtteranceRecord(language, said(" ".join(words), start, pace)))
        start = records[-1].end
    found = cues(record(*records, duration=start))
    assert all(0 <= cue.start < cue.end for cue in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    shown = "".join("".join(cue.lines) for cue in found)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", "".join(u.text for u in records))


def test_srt() -> None:
    found = [Cue(0.5, 2.0, ("One", "two --> three")), Cue(3661.25, 3662.0, ("four",))]
    assert srt(found) == (
        "1\n00:00:00,500 --> 00:00:02,000\nOne\ntwo → three\n"
        "\n2\n01:01:01,250 --> 01:01:02,000\nfour\n"
    )  # fmt: skip


def test_vtt_escapes_what_would_be_markup() -> None:
    assert vtt([Cue(0.5, 2.0, ("a < b & c", "x --> y"))]) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\na &lt; b &amp; c\nx --&gt; y\n"
    )
    assert vtt([]) == "WEBVTT\n"


def test_document_has_the_documented_shape() -> None:
    utterance = UtteranceRecord("en", said("Good morning."), {"zh": "早上好。"})
    written = document(record(utterance, duration=2.0))
    assert "早上好" in written and written.count("\n") == 1
    assert json.loads(written) == {
        "language": "en",
        "duration": 2.0,
        "utterances": [
            {
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


def test_text_shows_the_time_and_every_translation() -> None:
    utterance = UtteranceRecord("en", said("Good morning.", 61.0), {"zh": "早上好。", "es": "Buenos días."})
    assert text(utterance).splitlines() == [
        "[00:01:01.0 - 00:01:01.8] en: Good morning.",
        "                          zh: 早上好。",
        "                          es: Buenos días.",
    ]

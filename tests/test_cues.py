"""Cues: nothing lost, two lines that fit, time to read them, times in order."""

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.records.cues import LATEST, LONGEST, SHORTEST, Cue, _words, cues, reading_seconds
from server.records.record import Record, UtteranceRecord
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


def width(line: str, language: str) -> float:
    wide = "WFA" if language == "zh" else "WF"
    return sum(1 / 16 if unicodedata.east_asian_width(c) in wide and c != "é" else 1 / 42 for c in line)


def check(found: list[Cue], language: str = "en") -> None:
    for cue in found:
        assert 0 <= cue.start < cue.end
        assert 1 <= len(cue.lines) <= 2
        assert all(width(line, language) <= 1.0001 and line == line.strip() and line for line in cue.lines)
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
    check(found, "zh")
    assert "".join("".join(cue.lines) for cue in found) == CHINESE
    assert all(len(line) <= 16 for cue in found for line in cue.lines)
    assert not any(line[0] in "，。" for cue in found for line in cue.lines)


@pytest.mark.parametrize("opening, closing", ["“”", "‘’", "《》", "（）", "「」", "『』", "【】", "〈〉"])
def test_chinese_marks_are_as_wide_as_characters_and_none_opens_at_the_end_of_a_line(
    opening: str, closing: str
) -> None:
    for before in range(1, 30):
        quoted = f"{'字' * before}{opening}{'书' * 10}{closing}{'的' * 8}……{opening}{'书' * 10}{closing}后。"
        found = cues(record(UtteranceRecord("en", said(ENGLISH), {"zh": quoted})), "zh")
        check(found, "zh")
        lines = [line for cue in found for line in cue.lines]
        assert "".join(lines) == quoted
        assert all(len(line) <= 16 for line in lines)
        assert not any(line.endswith(opening) or line.startswith(closing) for line in lines)


def test_marks_of_ambiguous_width_are_narrow_where_letters_are() -> None:
    assert reading_seconds("“…”", "en") == pytest.approx(3 / 17)
    assert reading_seconds("“…”", "zh") == reading_seconds("我们来", "zh") == pytest.approx(3 / 9)
    assert reading_seconds("éα", "zh") == pytest.approx(2 / 17)


def test_a_german_quotation_mark_that_closes_is_no_reason_to_stay() -> None:
    quoted = said("Er sagte „nein“ und ging dann ohne ein weiteres Wort nach Hause")
    assert [word.text for word in _words(UtteranceRecord("de", quoted), "de")] == [w.text for w in quoted]


def test_a_translation_lies_in_the_time_of_its_utterance() -> None:
    found = cues(record(UtteranceRecord("en", said(ENGLISH, 100.0), {"zh": CHINESE})), "zh")
    assert found[0].start == 100.0
    assert found[-1].end == pytest.approx(100.0 + 0.4 * len(ENGLISH.split()), abs=1.0)


def test_a_word_that_fits_no_line_is_divided() -> None:
    found = cues(record(UtteranceRecord("en", said(f"see {'x' * 60} there"))))
    check(found)
    assert "".join("".join(cue.lines) for cue in found).replace(" ", "") == f"see{'x' * 60}there"


def test_a_short_cue_stays_a_second_though_the_next_one_comes_late_for_it() -> None:
    one, two = UtteranceRecord("en", said("Yes.", 1.0, 0.2)), UtteranceRecord("en", said("No.", 1.5, 0.2))
    found = cues(record(one, two, duration=1.8))
    assert [(cue.start, cue.end) for cue in found] == [(1.0, 2.0), (2.0, 3.0)]


def test_a_cue_stays_as_long_as_it_takes_to_read() -> None:
    sentence = "Seventeen characters a second, and no more."
    found = cues(record(UtteranceRecord("en", said(sentence, 0.0, 0.05))))
    assert found[-1].end == pytest.approx(len(sentence) / 17, abs=0.1)


def test_where_speech_is_faster_than_reading_cues_are_late_by_a_second_at_most() -> None:
    found = cues(record(UtteranceRecord("en", said(ENGLISH * 5, 0.0, 0.1))))
    first = [cue.words[0][0].start for cue in found]
    assert all(start <= cue.start <= start + LATEST for start, cue in zip(first, found, strict=True))
    assert any(cue.start == pytest.approx(start + LATEST) for start, cue in zip(first, found, strict=True))


def test_a_long_word_does_not_keep_its_cue_for_ever() -> None:
    (cue,) = cues(record(UtteranceRecord("en", said("Ooooh", 0.0, 20.0))))
    assert (cue.start, cue.end) == (0.0, LONGEST)


@pytest.mark.parametrize(
    ("language", "sentence", "broken"),
    [
        ("en", "The committee has decided on the new rules and everyone agreed", "rules"),
        ("es", "El comité ha decidido las normas nuevas porque nadie se opuso", "nuevas"),
        ("de", "Der Ausschuss beschloss die neuen Regeln weil niemand dagegen war", "Regeln"),
    ],
)
def test_a_line_breaks_before_a_conjunction(language: str, sentence: str, broken: str) -> None:
    (cue,) = cues(record(UtteranceRecord(language, said(sentence))))
    assert cue.lines[0].endswith(broken)


@pytest.mark.parametrize(
    ("language", "sentence", "broken"),
    [
        ("en", "We walked for hours through the snow to reach them", "hours"),
        ("es", "Los niños jugaron todo el día con sus nuevos amigos", "día"),
    ],
)
def test_a_line_breaks_before_a_preposition(language: str, sentence: str, broken: str) -> None:
    (cue,) = cues(record(UtteranceRecord(language, said(sentence))))
    assert cue.lines[0].endswith(broken)


@pytest.mark.parametrize(
    ("sentence", "broken"),
    [
        ("In the first time we can help a new language", "time"),
        ("I was told yesterday they would come to the party", "yesterday"),
    ],
)
def test_a_line_does_not_divide_who_from_what_is_done(sentence: str, broken: str) -> None:
    (cue,) = cues(record(UtteranceRecord("en", said(sentence))))
    assert cue.lines[0].endswith(broken)


def test_a_line_does_not_end_with_a_word_that_leans_on_the_next() -> None:
    (cue,) = cues(record(UtteranceRecord("en", said("It was found this morning behind the old town hall"))))
    assert not cue.lines[0].endswith((" the", " behind"))


@pytest.mark.parametrize(
    ("language", "sentence", "together"),
    [
        ("en", "We have all been living for years at no. 5 in the small street", "no. 5"),
        ("en", "In the end everybody believed that Dr. Miller had done it alone", "Dr. Miller"),
        ("en", "The people say the best of them is J. Smith of the old town", "J. Smith"),
        ("es", "Ayer por la mañana estuvo con la Dra. Ruiz en el hospital", "Dra. Ruiz"),
    ],
)
def test_an_abbreviation_stays_with_what_it_stands_before(
    language: str, sentence: str, together: str
) -> None:
    (cue,) = cues(record(UtteranceRecord(language, said(sentence, pace=0.3))))
    assert any(together in line for line in cue.lines)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("hi", "वह आज सुबह बहुत देर से घर आया है।", "हम सब लोग उसके साथ थे"),
        ("ur", "یہ بات سب لوگ پہلے سے جانتے ہیں۔", "وہ کل یہاں نہیں تھا"),
        ("ar", "هل تعرف أين ذهب صديقنا هذا الصباح؟", "أنا لا أعرف أين هو"),
    ],
)
def test_a_line_breaks_behind_a_sentence_in_any_script(language: str, first: str, second: str) -> None:
    (cue,) = cues(record(UtteranceRecord(language, said(f"{first} {second}", pace=0.3))))
    assert cue.lines == (first, second)


def test_parts_of_a_word_stay_together() -> None:
    words = tuple(Word(text, i / 4, (i + 1) / 4) for i, text in enumerate([" I", " don", "'t", " know"] * 8))
    found = cues(record(UtteranceRecord("en", words)))
    assert " ".join(line for cue in found for line in cue.lines) == " ".join(["I don't know"] * 8)


def test_speakers_at_the_same_time_take_turns() -> None:
    one, two = UtteranceRecord("en", said(ENGLISH)), UtteranceRecord("en", said(ENGLISH, 1.0))
    found = cues(record(one, two))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert sum(len(line.split()) for cue in found for line in cue.lines) == 2 * len(ENGLISH.split())


def test_what_was_spoken_in_a_target_language_is_its_own_subtitle() -> None:
    mixed = record(
        UtteranceRecord("en", said("Yes."), {"zh": "是的。"}), UtteranceRecord("zh", said("好", 5.0))
    )
    assert [cue.lines for cue in cues(mixed, "zh")] == [("是的。",), ("好",)]


word = st.text("ab字，。.é'-“”《》…", min_size=1, max_size=60)


@settings(max_examples=60)
@given(
    utterances=st.lists(st.lists(word, min_size=1, max_size=30), max_size=4),
    pace=st.sampled_from([0.0, 0.05, 0.3, 9.0]),
    language=st.sampled_from(["en", "zh", "xx"]),
)
def test_nothing_is_lost_and_every_limit_holds(
    utterances: list[list[str]], pace: float, language: str
) -> None:
    records, start = [], 0.0
    for words in utterances:
        records.append(UtteranceRecord(language, said(" ".join(words), start, pace)))
        start = records[-1].end
    found = cues(record(*records, duration=start))
    check(found, language)
    assert all(cue.end - cue.start <= LONGEST + 0.001 for cue in found)
    shown = "".join("".join(cue.lines) for cue in found)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", "".join(u.text for u in records))
    for cue, following in pairwise(found):
        wished = max(SHORTEST, reading_seconds("".join(cue.lines), language))
        hurried = following.start >= following.words[0][0].start + LATEST - 0.002
        assert cue.end - cue.start >= min(wished, LONGEST) - 0.002 or hurried


ordinary = st.text("abcdefgh", min_size=1, max_size=11)


@settings(max_examples=60)
@given(
    words=st.lists(
        st.builds(str.__add__, ordinary, st.sampled_from(["", "", ",", "."])), min_size=2, max_size=60
    ),
    unhurried=st.floats(1.0, 1.6),
)
def test_unhurried_speech_keeps_every_rule(words: list[str], unhurried: float) -> None:
    """At a pace that can be read: the text exactly, its speed, and no word left alone."""
    timed, start = [], 0.0
    for text in words:
        end = start + unhurried * max(0.2, reading_seconds(f" {text}", "en"))
        timed.append(Word(f" {text}", start, end))
        start = end
    found = cues(record(UtteranceRecord("en", tuple(timed)), duration=start))
    check(found)
    assert " ".join(line for cue in found for line in cue.lines) == " ".join(words)
    for cue in found:
        assert reading_seconds("".join(cue.lines), "en") <= cue.end - cue.start + 0.002
        assert SHORTEST <= cue.end - cue.start + 0.001 <= LONGEST + 0.002
        assert all(len(line.split()) > 1 for line in cue.lines)

"""Words put right before they are committed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.commit import LocalAgreement
from asr.recognition import RecognitionStage
from asr.replacements import Replacements, ReplacingStage
from streaming import simulate
from streaming.audio import AudioChunk
from streaming.captions import Transcript, Update
from streaming.scripted import ScriptedRecognizer, speak
from streaming.stages import Node
from streaming.words import Word

RIGHT = Replacements(
    {
        "en": {
            "pie torch": "PyTorch",
            "alpha bravo": "Alphabet",
            "get": "Get",
            "IT": "information technology",
        },
        "zh": {"拍托奇": "PyTorch", "查歇": "茶歇"},
        "de": {},
    }
)


def words(*texts: str) -> list[Word]:
    return [Word(text, i, i + 1, 1 - i / 100) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("language", "heard", "right"),
    [
        ("en", (" use", " Pie", " torch,", " yes"), (" use", " PyTorch,", " yes")),
        ("en", (" it", " IT"), (" it", " information technology")),
        ("en", (" pie", " torches"), (" pie", " torches")),
        ("en", (" get", " get"), (" Get", " Get")),
        ("zh", ("用", "拍托", "奇吗"), ("用", "PyTorch吗")),
        ("zh", ("查歇和查歇",), ("茶歇和茶歇",)),
        ("zh", ("查歇拍", "托奇"), ("茶歇PyTorch",)),
        ("es", (" pie", " torch"), (" pie", " torch")),
        ("en", (), ()),
    ],
)
def test_phrases_are_replaced_at_word_ends(
    language: str, heard: tuple[str, ...], right: tuple[str, ...]
) -> None:
    assert tuple(word.text for word in RIGHT.apply(words(*heard), language)) == right


def test_a_replaced_phrase_has_the_time_of_its_words_and_their_least_probability() -> None:
    (word,) = RIGHT.apply(words(" pie", " torch"), "en")
    assert word == Word(" PyTorch", 0, 2, 0.99)


def test_a_phrase_that_may_still_come_is_not_settled() -> None:
    assert RIGHT.settled(words(" we", " pie"), "en") == 1
    assert RIGHT.settled(words(" we", " pie"), "de") == 2
    assert not Replacements({"en": {}}) and RIGHT


def test_recognition_commits_words_put_right_and_takes_nothing_back() -> None:
    spoken = ["golf", "alpha", "bravo", "hotel", "alpha", "india"] * 3
    transcript, texts = Transcript(), []

    def emit(name: str, item: object, moment: float) -> None:
        if isinstance(item, Update):
            texts.append(transcript.add(item).text)

    inner = RecognitionStage(LocalAgreement(), language="en")
    samples = speak(spoken)
    chunks = [AudioChunk(samples[i : i + 1600], i) for i in range(0, len(samples), 1600)]
    stage = ReplacingStage(inner, RIGHT)
    simulate.run(
        Node("recognition", stage, "recognizer"), {"recognizer": ScriptedRecognizer().recognize}, chunks, emit
    )
    assert transcript.committed("en") == [" ".join(["golf Alphabet hotel alpha india"] * 3)]
    assert stage.skipped == 0
    assert any("Alphabet" in text for text in texts[:-1])


@given(
    st.lists(st.sampled_from([" pie", " torch", " get", " we", " alpha", " bravo"]), max_size=12), st.data()
)
def test_every_grouping_gives_the_same_words(texts: list[str], data: st.DataObject) -> None:
    heard = words(*texts)
    stage = ReplacingStage(RecognitionStage(LocalAgreement()), RIGHT)
    out: list[str] = []
    at = 0
    while at < len(heard):
        size = data.draw(st.integers(1, 3))
        out += [w.text for w in stage._put_right(Update(0, "en", tuple(heard[at : at + size]))).committed]
        at += size
    out += [word.text for word in stage._put_right(Update(0, "en", (), (), True)).committed]
    assert out == [word.text for word in RIGHT.apply(heard, "en")]

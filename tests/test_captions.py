import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.captions import Caption, Transcript, Update, fold, merge
from streaming.errors import RetractionError
from streaming.words import Word

CASES = json.loads(Path(__file__).with_name("caption_cases.json").read_text(encoding="utf-8"))
"""What the pages' transcript is tested with as well: test_browser.py."""
texts = st.lists(st.sampled_from([" the", " cat", "猫", " 3.5", "。"]), max_size=4)


def words(pieces: list[str], start: float) -> tuple[Word, ...]:
    return tuple(Word(text, start + i, start + i + 0.5) for i, text in enumerate(pieces))


@st.composite
def runs(draw: st.DrawFn) -> list[Update]:
    """An utterance as a run of updates, the last one final."""
    updates, time = [], 0.0
    for _ in range(draw(st.integers(1, 6))):
        committed = words(draw(texts), time)
        time += len(committed)
        updates.append(Update(0, "en", committed, words(draw(texts), time)))
    updates.append(Update(0, "en", words(draw(texts), time), final=True))
    return updates


@given(runs())
def test_committed_text_only_grows(run: list[Update]) -> None:
    transcript, before = Transcript(), ""
    for update in run:
        caption = transcript.add(update)
        assert caption.committed.startswith(before)
        assert caption.start <= caption.end
        assert caption.words == update.committed
        before = caption.committed
    assert caption.final
    assert caption.tentative == ""


@given(runs(), st.data())
def test_merging_is_folding_twice(run: list[Update], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(run) - 2))
    once = twice = None
    for update in run[:at]:
        once = twice = fold(once, update)
    a, b = run[at], run[at + 1]
    twice = fold(fold(twice, a), b)
    once = fold(once, merge(a, b))
    assert (once.committed, once.tentative, once.final) == (twice.committed, twice.tentative, twice.final)


def test_a_caption_joins_words_with_their_own_spaces() -> None:
    caption = fold(None, Update(0, "zh", words([" 用", " Python"], 1.0), words(["写"], 3.0)))
    assert (caption.committed, caption.tentative, caption.text) == ("用 Python", "写", "用 Python写")
    assert (caption.start, caption.end) == (1.0, 3.5)


def test_nothing_follows_a_final_update() -> None:
    caption = fold(None, Update(0, "en", final=True))
    with pytest.raises(RetractionError, match="was final"):
        fold(caption, Update(0, "en", words([" late"], 1.0)))
    with pytest.raises(ValueError, match="consecutive"):
        merge(Update(0, "en", final=True), Update(0, "en"))
    with pytest.raises(ValueError, match="no tentative"):
        Update(0, "en", tentative=words(["x"], 0.0), final=True)


def test_a_transcript_refuses_to_retract() -> None:
    transcript = Transcript()
    transcript.show(Caption(0, "en", "the cat"))
    transcript.show(Caption(0, "en", "the cat sat"))
    with pytest.raises(RetractionError, match="11 committed characters became others"):
        transcript.show(Caption(0, "en", "the cat"))
    transcript.show(Caption(0, "en", "the cat sat", final=True))
    with pytest.raises(RetractionError, match="was final"):
        transcript.show(Caption(0, "en", "the cat sat down"))


def test_a_transcript_lists_utterances_in_order() -> None:
    transcript = Transcript()
    for number, text in ((1, "two"), (0, "one"), (2, "")):
        transcript.show(Caption(number, "en", text))
    transcript.show(Caption(0, "zh", "一"))
    assert transcript.committed("en") == ["one", "two"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_transcript_of_whole_captions(case: dict[str, Any]) -> None:
    transcript = Transcript()
    for index, fields in enumerate(case["captions"]):
        given = {"utterance": 0, "language": "en", **fields}
        if "revision" in given:
            transcript.revise(given["utterance"], given["language"], given["revision"])
            assert transcript.captions[given["utterance"], given["language"]].final
            continue
        caption = Caption(**given)
        if index == case["refused"]:
            with pytest.raises(RetractionError):
                transcript.show(caption)
            return
        assert transcript.show(caption) == caption

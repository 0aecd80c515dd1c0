"""The project's own sentences: whole in every language, each slot filled, none of a test set."""

import re
from pathlib import Path

import pytest

from embedded.recipe.bitext import held_out, key
from embedded.recipe.formulas import MOST, SPOKEN, formulas, sentences, spoken


def test_every_sentence_is_written_in_every_language_with_its_slots_filled() -> None:
    found = sentences()
    assert len({row["en"] for row in found}) == len(found) > 500
    for row in found:
        assert [*row] == ["en", "zh", "es", "de"]
        for language, text in row.items():
            assert text == text.strip() and not re.search(r"[{}]|\s\s|[,，][.。]", text), text
            assert text[-1] in ("。？" if language == "zh" else ".?"), text
            assert bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh"), text


def test_a_row_of_many_slots_does_not_crowd_out_the_others() -> None:
    welcomes = [row for row in sentences() if re.match("Good .* welcome to", row["en"])]
    assert len(welcomes) == MOST


@pytest.mark.parametrize("language", ["zh", "es", "de"])
def test_held_out_sentences_are_left_out(language: str) -> None:
    every = formulas(language, frozenset())
    assert "Hello, everyone." in {pair.source for pair in every}
    left = formulas(language, frozenset({key("Hello, everyone.")}))
    assert len(left) == len(every) - 1


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a test set of one sentence."""
    tests = tmp_path / "testsets" / "everyday"
    tests.mkdir(parents=True)
    (tests / "test.eng").write_text("Hello, everyone!\n", encoding="utf-8")
    monkeypatch.setenv("DRAGOMAN_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("data")
def test_what_is_spoken_leaves_out_the_samples_the_test_sets_and_what_is_held_out() -> None:
    written = {row["en"] for row in sentences()}
    said = spoken("en")
    left_out = {"Good morning, everyone.", "Hello, everyone."}  # a sample's first sentence, the test set's
    assert left_out < written
    assert not left_out & {sentence.text for sentence in said}
    assert not any(sentence.held_out for sentence in said)
    assert 0.8 * SPOKEN < len(said) <= SPOKEN
    assert {sentence.text for sentence in said} < written


def test_nothing_is_spoken_or_translated_where_the_test_sets_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DRAGOMAN_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="DRAGOMAN_DATA"):
        spoken("en")
    with pytest.raises(FileNotFoundError, match="DRAGOMAN_DATA"):
        held_out(tmp_path, tmp_path)


def test_what_is_held_out_of_translation_are_the_test_sets(data: Path) -> None:
    assert key("Hello, everyone.") in held_out(data, data)

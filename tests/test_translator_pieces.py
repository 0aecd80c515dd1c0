"""A published vocabulary grows by a language without being cut differently for the old ones."""

import json
from pathlib import Path

import numpy as np
import pytest
import sentencepiece

import embedded
from embedded.recipe.translator_pieces import extended, inherited, merged, merges

SWEDISH = ["Hunden springer genom skogen.", "Katten sover under bordet hela dagen.", "Åskan går."] * 60


@pytest.mark.parametrize(
    ("row", "pair", "expected"),
    [
        (["a", "b", "a", "b"], ("a", "b"), ["ab", "ab"]),
        (["a", "a", "a"], ("a", "a"), ["aa", "a"]),
        (["b", "a"], ("a", "b"), ["b", "a"]),
        ([], ("a", "b"), []),
    ],
)
def test_merged(row: list[str], pair: tuple[str, str], expected: list[str]) -> None:
    assert merged(row, pair) == expected


def test_the_most_frequent_neighbours_merge_first() -> None:
    words = {("s", "k", "o", "g"): 5, ("s", "k", "a"): 4, ("t", "a"): 2}
    assert merges(words, 3)[0] == "sk"
    assert len(merges({("a", "b"): 3}, 10)) == 1


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded models in this checkout")
def test_old_languages_are_cut_as_before(tmp_path: Path) -> None:
    old_path = embedded.translators()[0] / "sentencepiece.bpe.model"
    extended(old_path, tmp_path / "new.model", SWEDISH, 40)
    old = sentencepiece.SentencePieceProcessor(model_file=str(old_path))
    new = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "new.model"))
    assert old.get_piece_size() + 10 < new.get_piece_size() <= old.get_piece_size() + 40
    for text in ("Good morning, everyone.", "大家早上好。", "¿Dónde está la estación?"):
        assert new.encode(text, out_type=str) == old.encode(text, out_type=str)
    swedish = SWEDISH[0]
    assert new.decode(new.encode(swedish)) == swedish
    assert len(new.encode(swedish)) < len(old.encode(swedish))


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded models in this checkout")
def test_a_new_piece_begins_as_the_mean_of_the_old_ones() -> None:
    folder = embedded.translators()[0]
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    old = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
    table = np.random.default_rng(0).normal(size=(len(old), 4)).astype(np.float32)
    parts = [old.index(piece) for piece in pieces.encode("skogen", out_type=str)]
    found = inherited(table, old, [old[7], "▁skogen"], pieces)
    assert np.array_equal(found[0], table[7])
    assert np.allclose(found[1], table[parts].mean(axis=0))

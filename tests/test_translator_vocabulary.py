"""The pieces of a translator's training: every language is in them, and published ones go on as they are."""

import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

import embedded
from embedded.recipe import translator_vocabulary
from embedded.recipe.bitext import Pair
from embedded.recipe.mixture import MIXTURE
from embedded.recipe.translator_pieces import LANGUAGES, Pieces
from embedded.recipe.translator_vocabulary import prepared, shown, texts, unknown

WORDS = {
    "en": "we left early and they came home late because the road was closed".split(),
    "zh": "我们 很早 出发 他们 回家 晚了 因为 路 关闭 了".split(),
    "es": "salimos temprano y llegaron tarde porque el camino está cerrado señor".split(),
    "de": "wir grüßen früh schöne straßen weil der größte äpfel übt".split(),
}


def said(language: str, source: random.Random) -> str:
    blank = "" if language == "zh" else " "
    return blank.join(source.choices(WORDS[language], k=6))


def corpora(size: int = 50) -> dict[str, list[Pair]]:
    """Corpora of the mixture's names, the languages as these say."""
    source = random.Random(1)
    languages = {part.corpus: part.corpus.split("-")[1] for part in MIXTURE}
    return {
        name: [Pair(said("en", source), said(language, source), "en", language) for _ in range(size)]
        for name, language in languages.items()
    }


def test_pieces_are_learnt_from_every_language_in_the_mixtures_proportions() -> None:
    count = Counter(
        language
        for pair in shown(corpora(), seed=1, count=10_000)
        for language in (pair.source_language, pair.target_language)
    )
    assert set(count) == set(LANGUAGES)
    weights = {name: sum(p.weight for p in MIXTURE if p.corpus.endswith(name)) for name in LANGUAGES[1:]}
    for language, weight in weights.items():
        assert count[language] / count["en"] == pytest.approx(weight / sum(weights.values()), abs=0.01)


def test_pieces_from_nothing_have_the_letters_of_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator_vocabulary, "PIECES", 400)
    monkeypatch.setattr(translator_vocabulary, "SHOWN", 2_000)
    pieces = prepared(tmp_path, corpora(), seed=1, start=None)
    assert pieces.size == 400 + len(LANGUAGES)
    for letter in "äöüßáñ我路":
        assert letter in pieces.tokens()


def test_texts_of_a_language_stand_on_either_side() -> None:
    pairs = [
        Pair("one", "eins", "en", "de"),
        Pair("zwei", "two", "de", "en"),
        Pair("three", "三", "en", "zh"),
    ]
    assert sorted(texts(pairs, "de")) == ["eins", "zwei"]
    assert sorted(texts(pairs, "en")) == ["one", "three", "two"]


models = pytest.mark.skipif(not embedded.translators(), reason="no embedded models in this checkout")


def published(folder: Path, without: str) -> Path:
    """The embedded translator's vocabulary as if it did not know a language."""
    folder.mkdir()
    known = embedded.translators()[0]
    shutil.copy(known / "sentencepiece.bpe.model", folder)
    tokens = json.loads((known / "shared_vocabulary.json").read_text(encoding="utf-8"))
    left = [token for token in tokens if token != f"__{without}__"]
    (folder / "shared_vocabulary.json").write_text(json.dumps(left), encoding="utf-8")
    return folder


@pytest.mark.models
@models
def test_a_model_that_knows_every_language_goes_on_with_its_own_pieces(tmp_path: Path) -> None:
    start = embedded.translators()[0]
    assert unknown(start) == []
    pieces = prepared(tmp_path, corpora(), seed=1, start=start)
    assert pieces.tokens() == json.loads((start / "shared_vocabulary.json").read_text(encoding="utf-8"))
    assert [path.name for path in tmp_path.iterdir()] == ["sentencepiece.bpe.model"]


@pytest.mark.models
@models
def test_a_language_that_the_model_does_not_know_gets_pieces_from_its_own_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator_vocabulary, "SHOWN", 2_000)
    monkeypatch.setitem(WORDS, "es", ["kvällssolen", "skogsstigen", "regnbågen"])
    start = published(tmp_path / "published", without="es")
    assert unknown(start) == ["es"]
    old = Pieces(start / "sentencepiece.bpe.model")
    (tmp_path / "training").mkdir()
    new = prepared(tmp_path / "training", corpora(), seed=1, start=start)
    fresh = set(new.tokens()) - set(old.tokens())
    assert fresh and all(
        any(piece in word for word in WORDS["es"]) for piece in (p.strip("▁") for p in fresh)
    )


def test_a_training_keeps_its_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translator_vocabulary, "PIECES", 400)
    monkeypatch.setattr(translator_vocabulary, "SHOWN", 2_000)
    first = prepared(tmp_path, corpora(), seed=1, start=None)
    again = prepared(tmp_path, {}, seed=2, start=tmp_path / "nowhere")
    assert again.tokens() == first.tokens()

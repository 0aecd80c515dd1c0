"""What the translator is shown: in proportion, each part in shuffled epochs, the same after a restart."""

from collections import Counter

import pytest

import embedded
import mt
from benchmarks.embedded_translator import TEST_SETS
from embedded.recipe.bitext import Pair
from embedded.recipe.mixture import BACKTRANSLATED, MIXTURE, Mixture


def corpora(size: int = 7) -> dict[str, list[Pair]]:
    return {
        part.corpus: [Pair(f"{part.corpus} {n}", f"target {n}", "en", "xx") for n in range(size)]
        for part in MIXTURE
    }


def test_an_epoch_shows_every_pair_once() -> None:
    mixture = Mixture(corpora())
    seen = Counter(pair.source for pair in mixture._take(0, 14))
    assert set(seen.values()) == {2}


def test_a_restart_goes_on_where_it_stopped() -> None:
    whole, first, second = Mixture(corpora()), Mixture(corpora()), Mixture(corpora())
    expected = whole.draw(100, opening=False) + whole.draw(100, opening=False)
    found = first.draw(100, opening=False)
    second.resume(first.drawn)
    assert found + second.draw(100, opening=False) == expected


def test_a_part_that_an_earlier_training_did_not_have_begins_when_it_is_resumed() -> None:
    mixture = Mixture(corpora())
    mixture.resume([3] * (len(MIXTURE) - 1))
    assert mixture.drawn == [*[3] * (len(MIXTURE) - 1), 0]


def test_a_corpus_that_was_not_made_is_left_out() -> None:
    named = corpora() | {BACKTRANSLATED: []}
    assert BACKTRANSLATED not in {pair.target.split()[0] for pair in Mixture(named).draw(100, opening=False)}


def test_the_opening_is_short_and_everyday() -> None:
    long = {name: [*pairs, Pair("x" * 80, "y", "en", "xx")] for name, pairs in corpora().items()}
    pairs = Mixture(long).draw(1_000, opening=True)
    assert pairs
    assert not any("documentation" in text for pair in pairs for text in (pair.source, pair.target))
    assert all(len(pair.source) < 60 for pair in pairs)


def test_a_turned_part_has_english_as_its_target() -> None:
    pairs = Mixture(corpora()).draw(1_000, opening=False)
    assert {(pair.source_language, pair.target_language) for pair in pairs} == {("en", "xx"), ("xx", "en")}


@pytest.mark.skipif(not embedded.translators(), reason="no embedded models in this checkout")
def test_every_direction_that_the_published_model_offers_is_taught_and_measured() -> None:
    offered = {pair for path in embedded.translators() for pair in mt.describe(path).pairs}
    other = {part.corpus: part.corpus.rpartition("-")[2] for part in MIXTURE}
    taught = {
        (other[p.corpus], "en") if p.backwards else ("en", other[p.corpus])
        for p in MIXTURE
        if p.corpus.startswith("everyday")
    }
    assert taught == offered
    assert {(test.source_language, test.target_language) for test in TEST_SETS} == offered

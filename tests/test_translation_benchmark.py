"""The measure of simultaneous translation, on a translator whose figures can be told in advance."""

from collections.abc import Sequence

import pytest
from sacrebleu.metrics.bleu import BLEU

from benchmarks.bootstrap import compared
from benchmarks.translation import Setting, Text, full, numbers_kept, row, table, translated
from mt.glossary import Entry, Glossary
from mt.wait_k import WaitK
from streaming.stages import Translation, TranslationRequest


def upper(requests: Sequence[TranslationRequest]) -> list[Translation]:
    return [Translation(request.source.upper()) for request in requests]


LINES = ("one two three four five six seven.", "Eight nine ten eleven twelve thirteen.")
ALONE = [Text((line,), (line.upper(),), ("en", "es")) for line in LINES]
JOINED = [Text(LINES, tuple(line.upper() for line in LINES), ("en", "es"))]


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("texts", [ALONE, JOINED])
def test_wait_k_lags_k_words_and_loses_nothing(texts: list[Text], k: int) -> None:
    setting = Setting("wait-k", f"k={k}", lambda source, target: WaitK(k))
    found = row(*translated(texts, setting, upper)[:1], setting, 1.0)
    assert found.bleu == pytest.approx(100)
    # The last words of each sentence come with its end, which for the joined one is the next word.
    assert found.al == pytest.approx(k, abs=0.8)
    # A full stop that was hidden while its sentence was open makes another unit of the word before it.
    assert found.erasure <= 1 / 13
    assert str(found).startswith(f"| wait-k | k={k} | 100.0 |  | ")


def test_the_share_of_the_full_sentence_is_told_with_its_interval() -> None:
    lines = [" ".join(f"W{i * 7 + j}" for j in range(7)) for i in range(20)]
    texts = [Text((line.lower(),), (line,), ("en", "es")) for line in lines]
    setting = Setting("wait-k", "k=2", lambda source, target: WaitK(2))
    whole, same = table(texts, [setting], upper)
    assert whole.share is None and same.share
    assert (same.share.value, same.share.low, same.share.high) == pytest.approx((1, 1, 1))
    half = [line if i % 2 else "nothing" for i, line in enumerate(lines)]
    found = compared(BLEU(), half, lines, lines)
    assert found.low < found.value < found.high < 0.9
    assert found.value == pytest.approx(BLEU().corpus_score(half, [lines]).score / 100)


def test_full_sentences_lag_by_their_length() -> None:
    found = full(ALONE, upper)
    assert found.bleu == pytest.approx(100)
    assert found.laal == pytest.approx(6.5)


def test_a_look_ahead_is_shown_and_changes_no_figure_of_what_is_committed() -> None:
    plain, ahead = (
        row(translated(ALONE, setting, upper)[0], setting, 1.0)
        for setting in (
            Setting("wait-k", "k=2", lambda source, target: WaitK(2)),
            Setting("wait-k", "k=2", lambda source, target: WaitK(2), look_ahead=True),
        )
    )
    assert (plain.bleu, plain.al, plain.laal) == (ahead.bleu, ahead.al, ahead.laal)


def test_numbers_are_counted_by_their_values() -> None:
    pair = ("en", "es")
    assert numbers_kept("We have 1,500 copies and 3 pens", "Tenemos 1.500 copias", pair) == (1, 2)
    assert numbers_kept("3 million people", "3 millones de personas", pair) == (1, 1)
    assert numbers_kept("nothing", "nada", pair) == (0, 0)


def test_terms_are_counted_where_there_is_a_pack() -> None:
    pack = Glossary([Entry({"en": ("three",), "es": ("TRES",)})])
    setting = Setting("wait-k", "k=2", lambda source, target: WaitK(2))

    def tres(requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [Translation(request.source.upper().replace("THREE", "TRES")) for request in requests]

    for translate, share in ((upper, 0.0), (tres, 100.0)):
        found = row(translated(ALONE, setting, translate, pack)[0], setting, 1.0, pack)
        assert found.checks[-1] == full(ALONE, translate, pack).checks[-1] == share

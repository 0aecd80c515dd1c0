"""Writes Chinese for English sentences that have none, with the translator as it is so far.

    python -m embedded.recipe.backtranslation --model embedded/mt-en-zh-es-de

What it writes is only ever a source, turned round: the English that is learnt to be written is people's
(Sennrich et al. 2016, "Improving neural machine translation models with monolingual data"). Much of it says
something else, so only the third is kept that the translator finds most probable in both directions
(Junczys-Dowmunt 2018, "Dual conditional cross-entropy filtering of noisy parallel corpora").
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import ctranslate2

from embedded.recipe.bitext import Pair, clean
from embedded.recipe.mixture import BACKTRANSLATED, NAME, WORK, corpora_in
from embedded.recipe.translator_pieces import Pieces

LONGEST = 80
"""Characters of an English sentence."""
BEAM = 2
BATCH = 2_048
"""Tokens."""
AT_ONCE = 8_000
"""Sentences between two lines of progress."""


def untranslated(named: dict[str, list[Pair]]) -> list[str]:
    """Everyday English sentences that no Chinese stands beside."""
    known = {pair.source for name in ("everyday-zh", "pivoted-zh") for pair in named[name]}
    found = {pair.source: None for name in ("everyday-es", "everyday-de") for pair in named[name]}
    return [text for text in found if text not in known and len(text) <= LONGEST]


class Backtranslator:
    """The translator, and how probable it finds what it writes."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._pieces = Pieces(folder / "sentencepiece.bpe.model")
        self._names = self._pieces.tokens()
        self._model = ctranslate2.Translator(str(folder), inter_threads=threads, intra_threads=1)

    def translate(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Write Chinese for each, with the mean log-probability per token of both texts given the other."""
        english = self._named(self._pieces.source(list(texts), ["en"] * len(texts)))
        results = self._model.translate_batch(
            english,
            target_prefix=[["__zh__"]] * len(texts),
            beam_size=BEAM,
            max_batch_size=BATCH,
            batch_type="tokens",
            return_scores=True,
            repetition_penalty=1.1,
        )
        chinese = [self._pieces.text(result.hypotheses[0][1:]) for result in results]
        scored = self._model.score_batch(
            self._named(self._pieces.source(chinese, ["zh"] * len(texts))),
            [["__en__", *row[1:-1]] for row in english],
            max_batch_size=BATCH,
            batch_type="tokens",
        )
        # The language token is given, never predicted.
        back = [sum(one.log_probs[1:]) / len(one.log_probs[1:]) for one in scored]
        return [
            (text, result.scores[0] + one) for text, result, one in zip(chinese, results, back, strict=True)
        ]

    def _named(self, rows: list[list[int]]) -> list[list[str]]:
        return [[self._names[i] for i in row] for row in rows]


def probable(found: Iterable[tuple[str, str, float]]) -> list[Pair]:
    """Make pairs, English to Chinese, of the most probable third."""
    ranked = sorted(found, key=lambda one: one[2], reverse=True)
    pairs = [Pair(english, clean(chinese, "zh"), "en", "zh") for english, chinese, _ in ranked]
    return [pair for pair in pairs[: len(pairs) // 3] if pair.target]


def main() -> None:
    """Read the command line and translate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of a converted translator")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of checkpoints")
    parser.add_argument("--name", default=NAME, help="of the training that is to learn from it")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.work.expanduser() / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    texts = untranslated(corpora_in(folder, Path(os.environ["DRAGOMAN_DATA"])))
    translator = Backtranslator(arguments.model, arguments.threads)
    began, found = time.monotonic(), list[tuple[str, str, float]]()
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        found += [(text, *written) for text, written in zip(some, translator.translate(some), strict=True)]
        pace = len(found) / (time.monotonic() - began)
        print(f"{len(found)} of {len(texts)} sentences, {pace:.0f}/s", flush=True)
    path = folder / f"{BACKTRANSLATED}.pickle"
    partial = path.with_suffix(".partial")
    partial.write_bytes(pickle.dumps(probable(found)))
    partial.rename(path)


if __name__ == "__main__":
    main()

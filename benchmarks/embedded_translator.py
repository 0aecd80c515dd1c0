"""Prints how well and how fast the embedded translator translates.

`python -m benchmarks.embedded_translator` gives BLEU and chrF (sacrebleu; Chinese with the `zh` tokenizer)
on the Tatoeba test sets of 2021-08-07 and on TICO-19, for each direction, through CTranslate2. The test
sets are sorted by alphabet, so a sample takes sentences at equal distances; `--all` takes every one. They
are found through DRAGOMAN_DATA; without it there is nothing to measure and the program says so.

The last column is for streaming: the first half of each source is translated alone, and the share of
these open sentences is printed that the model wrongly closes with a full stop.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import sentencepiece
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from benchmarks.figures import Figure, Goal
from benchmarks.machine import describe

FINAL = ".!?…。！？"
TATOEBA = "tatoeba/{folder}/tatoeba-test-v2021-08-07"


@dataclass(frozen=True, slots=True)
class TestSet:
    """Sentences with one reference translation each."""

    name: str
    source_language: str
    target_language: str
    source: str
    """File below the folder of test sets, one sentence a line."""
    target: str
    """The same for the references."""

    @property
    def pair(self) -> str:
        """The direction as the command line names it, `en-zh`."""
        return f"{self.source_language}-{self.target_language}"


def _tatoeba(source: str, target: str, folder: str, source_end: str, target_end: str) -> TestSet:
    stem = TATOEBA.format(folder=folder)
    return TestSet("Tatoeba", source, target, f"{stem}.{source_end}", f"{stem}.{target_end}")


TEST_SETS = (
    _tatoeba("en", "zh", "eng-cmn_Hans", "eng", "cmn_Hans"),
    _tatoeba("zh", "en", "eng-cmn_Hans", "cmn_Hans", "eng"),
    _tatoeba("en", "es", "eng-spa", "eng", "spa"),
    _tatoeba("es", "en", "eng-spa", "spa", "eng"),
    _tatoeba("en", "de", "deu-eng", "eng", "deu"),
    _tatoeba("de", "en", "deu-eng", "deu", "eng"),
    TestSet("TICO-19", "en", "zh", "tico19/en-zh/tico19-test.en", "tico19/en-zh/tico19-test.zh"),
    TestSet("TICO-19", "zh", "en", "tico19/en-zh/tico19-test.zh", "tico19/en-zh/tico19-test.en"),
    TestSet("TICO-19", "en", "es", "tico19/en-es_LA/tico19-test.en", "tico19/en-es_LA/tico19-test.es_LA"),
    TestSet("TICO-19", "es", "en", "tico19/en-es_LA/tico19-test.es_LA", "tico19/en-es_LA/tico19-test.en"),
)


def spaced(lines: list[str], count: int | None) -> list[str]:
    """Return `count` lines at equal distances, or all of them."""
    if count is None or count >= len(lines):
        return lines
    return [lines[i * len(lines) // count] for i in range(count)]


def half(text: str) -> str:
    """Return the first half of a sentence, cut between words, or characters where there are no blanks."""
    words = text.split()
    if len(words) > 1:
        return " ".join(words[: len(words) // 2])
    return text[: len(text) // 2]


class Translation:
    """The model folder, run as the M2M100 family is."""

    def __init__(self, folder: Path, threads: int, beam: int = 0) -> None:
        """`beam`: hypotheses that are kept, 0 as many as the folder says."""
        self._translator = ctranslate2.Translator(str(folder), intra_threads=threads, compute_type="int8")
        self._pieces = sentencepiece.SentencePieceProcessor(
            model_file=str(folder / "sentencepiece.bpe.model")
        )
        card = json.loads((folder / "dragoman.json").read_text(encoding="utf-8"))
        self._pairs = {(source, target) for source, target in card["pairs"]}
        self.beam = beam or int(card["beam"])

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """The directions that the folder says it translates."""
        return self._pairs

    def translate(self, texts: list[str], source_language: str, target_language: str) -> list[str]:
        """Return one translation for each text."""
        results = self._translator.translate_batch(
            [
                [f"__{source_language}__", *pieces, "</s>"]
                for pieces in self._pieces.encode(texts, out_type=str)
            ],
            target_prefix=[[f"__{target_language}__"]] * len(texts),
            beam_size=self.beam,
            max_batch_size=32,
            max_decoding_length=128,
        )
        return [self._pieces.decode(result.hypotheses[0][1:]) for result in results]


@dataclass(frozen=True, slots=True)
class Scores:
    """How well and how fast a test set is translated.

    closed: share of the first halves that are wrongly closed with a full stop.
    """

    count: int
    bleu: float
    chrf: float
    pace: float
    closed: float


def measured(translation: Translation, test: TestSet, data: Path, count: int | None) -> Scores:
    """Translate a test set and the first halves of its sentences."""
    sources, references = (
        spaced((data / "testsets" / name).read_text(encoding="utf-8").splitlines(), count)
        for name in (test.source, test.target)
    )
    began = time.perf_counter()
    translations = translation.translate(sources, test.source_language, test.target_language)
    seconds = time.perf_counter() - began
    bleu = BLEU(tokenize="zh" if test.target_language == "zh" else "13a")
    open_sources = [half(source).rstrip(FINAL + ",，、 ") for source in sources]
    opened = [source for source in open_sources if source]
    cut = translation.translate(opened, test.source_language, test.target_language)
    return Scores(
        len(sources),
        bleu.corpus_score(translations, [references]).score,
        CHRF().corpus_score(translations, [references]).score,
        len(sources) / seconds,
        sum(text.endswith(tuple(FINAL)) for text in cut) / len(cut),
    )


GOALS = {
    ("en", "es"): Goal(30, 45, score=True),
    ("en", "de"): Goal(24, 36, score=True),
    ("en", "zh"): Goal(18, 30, score=True),
    ("zh", "en"): Goal(15, 26, score=True),
}
"""BLEU on the Tatoeba test sets."""


def figures(translation: Translation, test: TestSet, data: Path, count: int | None) -> Iterator[Figure]:
    """The rows of one test set in the table of `embedded`."""
    scores = measured(translation, test, data, count)
    name = f"{test.name} {test.source_language}→{test.target_language}"
    goal = GOALS.get((test.source_language, test.target_language)) if test.name == "Tatoeba" else None
    yield Figure(f"{name}, BLEU", scores.bleu, ".1f", scores.count, goal)
    yield Figure(f"{name}, chrF", scores.chrf, ".1f", scores.count)


def row(translation: Translation, test: TestSet, data: Path, count: int | None) -> str:
    """Translate a test set and return its line of the table."""
    scores = measured(translation, test, data, count)
    direction = f"{test.source_language}→{test.target_language}"
    return (
        f"| {test.name} | {direction} | {scores.count} | {scores.bleu:.1f} | {scores.chrf:.1f} "
        f"| {scores.pace:.0f} | {scores.closed:.1%} |"
    )


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description="Measure the embedded translator.")
    embedded = Path(__file__).parents[1] / "embedded" / "mt-en-zh-es-de"
    parser.add_argument("model", nargs="?", type=Path, default=embedded, help="CTranslate2 model folder")
    parser.add_argument("--sentences", type=int, default=1000, help="sentences of each test set")
    parser.add_argument("--all", action="store_true", help="every sentence of each test set")
    parser.add_argument("--beam", type=int, default=0, help="0: as wide as the folder says")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if "DRAGOMAN_DATA" not in os.environ:
        raise SystemExit("DRAGOMAN_DATA does not name the folder with the test sets")
    if not (options.model / "model.bin").exists():
        print(f"skipped: no model in {options.model}")
        return
    translation = Translation(options.model, options.threads, options.beam)
    print(
        f"{options.model.name} on {describe()}; {options.threads} thread(s), beam {translation.beam}, int8\n"
    )
    print("| test set | direction | sentences | BLEU | chrF | sentences/s | open halves closed |")
    print("|---|---|---|---|---|---|---|")
    known = [t for t in TEST_SETS if (t.source_language, t.target_language) in translation.pairs]
    for test in known:
        count = None if options.all else options.sentences
        print(row(translation, test, Path(os.environ["DRAGOMAN_DATA"]), count), flush=True)


if __name__ == "__main__":
    main()

"""Prints how well terms and numbers are kept: accuracy with and without, and what it does to BLEU.

`python -m benchmarks.terms` makes, for each direction of the embedded translator, a pack of 200 terms from
words that go together in the sentences and references of the Tatoeba test sets (DRAGOMAN_DATA), and
translates those sentences freely, with numbers kept, and with the pack. "Elsewhere" are sentences without a
term. The rows "word by word" go through the stages of a live session, with what they commit.

A generated pack of 100,000 entries is read and checked, as it is when a session names it, and searched.

The number suite is generated from a seed: sentences with numbers, prices, percentages, years, dates and
times. What comes out is read by a reader of its own, not by the one that is being measured.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sacrebleu.metrics.bleu import BLEU

import embedded
import mt
from benchmarks.embedded_translator import TEST_SETS, TestSet
from benchmarks.machine import describe
from mt.faithful import FaithfulTranslator
from mt.glossary import Entry, Glossary, missing
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from server.interpretation import pack
from server.interpretation.pack import MAIN
from server.interpretation.packs import Packs
from streaming.captions import Transcript, Update
from streaming.stages import Ask, TranslationRequest, Translator, Write
from streaming.words import UNSPACED, Word, units

LEAST, MOST_SHARE, LEAST_DICE = 3, 0.02, 0.3
"""A term stands in so many sentences, in no greater share of them, and so surely with its rendering."""


def candidates(text: str, language: str) -> set[str]:
    """List the words of a sentence; of Chinese, which has no spaces, every run of 2 to 4 characters."""
    if language not in UNSPACED:
        return set(re.findall(r"[^\W\d_]{4,}", text.lower()))
    runs = re.findall(r"[\u4e00-\u9fff]+", text)
    return {run[i : i + n] for run in runs for n in (2, 3, 4) for i in range(len(run) - n + 1)}


def pairs_of_words(
    sources: Sequence[str], references: Sequence[str], source: str, target: str, count: int
) -> list[tuple[str, str]]:
    """Find the words that go together most surely, by Dice's coefficient over sentences."""
    left, right, both = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for a, b in zip(sources, references, strict=True):
        words, others = candidates(a, source), candidates(b, target)
        left.update(words)
        right.update(others)
        both.update((word, other) for word in words for other in others)
    most = MOST_SHARE * len(sources)
    rated = [
        (2 * n / (left[word] + right[other]), n, word, other)
        for (word, other), n in both.items()
        if n >= LEAST and left[word] <= most
    ]
    found: dict[str, str] = {}
    for dice, _, word, other in sorted(rated, key=lambda item: (-item[0], -item[1], item[2], item[3])):
        overlapping = source in UNSPACED and any(word in known or known in word for known in found)
        if dice >= LEAST_DICE and word not in found and not overlapping:
            found[word] = other
        if len(found) == count:
            break
    return list(found.items())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a way of translating made of sentences."""

    texts: list[str]
    seconds: float
    """Processor time."""


def translated(translator: Translator, requests: Sequence[TranslationRequest]) -> Outcome:
    """Translate whole sentences."""
    began = time.process_time()
    texts = [answer.text for answer in translator.translate(requests)]
    return Outcome(texts, time.process_time() - began)


def word_by_word(
    translator: Translator, requests: Sequence[TranslationRequest], glossary: Glossary
) -> Outcome:
    """Translate sentences as they are said; gathers what is committed, and refuses retraction."""
    began, texts = time.process_time(), []
    for request in requests:
        target = request.target_language
        stage, transcript = TerminologyStage(TranslationStage(target), target, glossary), Transcript()
        parts = units(request.source, request.source_language)
        for i, part in enumerate(parts):
            text = part if i or request.source_language in UNSPACED else f" {part}"
            stage.receive(
                Update(0, request.source_language, (Word(text, i, i + 1),), (), i + 1 == len(parts))
            )
            _settle(stage, translator, transcript)
        texts.append("".join(transcript.committed(target)))
    return Outcome(texts, time.process_time() - began)


def _settle(stage: TerminologyStage, translator: Translator, transcript: Transcript) -> None:
    while True:
        match stage.next_action():
            case Ask(request):
                stage.receive_result(translator.translate([request])[0], 0.0)
            case Write(item):
                transcript.add(item)
            case _:
                return


def bleu(texts: Sequence[str], references: Sequence[str], target: str) -> float:
    """Give sacrebleu's score."""
    score = BLEU(tokenize="zh" if target == "zh" else "13a").corpus_score(list(texts), [list(references)])
    return float(score.score)


def term_rows(test: TestSet, data: Path, router: Translator, options: argparse.Namespace) -> None:
    """Print the rows of one direction."""
    sources, references = (
        (data / "testsets" / name).read_text(encoding="utf-8").splitlines()
        for name in (test.source, test.target)
    )
    source, target = test.source_language, test.target_language
    words = pairs_of_words(sources, references, source, target, options.terms)
    glossary = Glossary([Entry({source: (a,), target: (b,)}) for a, b in words])
    with_terms, elsewhere = [], []
    for a, b in zip(sources, references, strict=True):
        terms = glossary.terms(a, source, target)
        if not terms:
            elsewhere.append((TranslationRequest(a, "", source, target, True), b))
        elif not missing(terms, b, target):
            with_terms.append((TranslationRequest(a, "", source, target, True, terms=terms), b))
    faithful = FaithfulTranslator(router)
    for name, chosen in (("with terms", with_terms), ("elsewhere", elsewhere)):
        some = [
            chosen[i * len(chosen) // options.sentences] for i in range(min(options.sentences, len(chosen)))
        ]
        requests, wanted = [request for request, _ in some], [reference for _, reference in some]
        bare = [TranslationRequest(r.source, "", source, target, True) for r in requests]
        few = requests[: options.live]
        outcomes = [
            ("free", translated(router, bare)),
            ("numbers", translated(faithful, bare)),
            ("pack", translated(faithful, requests)),
            ("word by word, free", word_by_word(router, few, Glossary())),
            ("word by word, pack", word_by_word(faithful, few, glossary)),
        ]
        for way, outcome in outcomes:
            print(_row(f"{source}→{target}", len(words), name, way, requests, wanted, outcome), flush=True)


def huge_pack(entries: int) -> str:
    """Tell how long reading and checking a pack of so many entries takes, and the first search in it."""
    lines = "".join(f"term {i} of {i * 7 % 1000}|terms {i},术语{i},término {i}\n" for i in range(entries))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, MAIN)
        path.write_text('glossary = "terms.csv"\n', encoding="utf-8")
        Path(folder, "terms.csv").write_text("en,zh,es\n" + lines, encoding="utf-8")
        began = time.process_time()
        packs = Packs([pack.read(path)])
        read = time.process_time() - began
        found = packs.glossary.terms(f"see terms {entries - 1} there", "en", "zh")
        searched = time.process_time() - began - read
    assert [term.targets for term in found] == [(f"术语{entries - 1}",)]
    return f"{entries:,} entries: read and checked in {read:.2f} s, first search in a pair {searched:.2f} s"


def _row(
    direction: str,
    terms: int,
    name: str,
    way: str,
    requests: Sequence[TranslationRequest],
    references: Sequence[str],
    outcome: Outcome,
) -> str:
    n = len(outcome.texts)
    wanted = sum(len(request.terms) for request in requests[:n])
    lost = sum(
        len(missing(request.terms, text, request.target_language))
        for request, text in zip(requests, outcome.texts, strict=False)
    )
    accuracy = f"{1 - lost / wanted:.1%}" if wanted else "–"
    score = bleu(outcome.texts, references[:n], requests[0].target_language)
    milliseconds = 1000 * outcome.seconds / max(1, n)
    return f"| {direction} | {terms} | {name} | {way} | {n} | {accuracy} | {score:.1f} | {milliseconds:.0f} |"


# Numbers.

ENGLISH = (
    "I bought {} books.",
    "There are {} people in the room.",
    "He has {} stamps.",
    "We need {} more days.",
    "The town has {} inhabitants.",
    "She wrote {} letters.",
    "They planted {} trees.",
)
CHINESE = (
    "我买了{}本书。",
    "房间里有{}个人。",
    "他有{}张邮票。",
    "我们还需要{}天。",
    "这个城市有{}人。",
    "她写了{}封信。",
    "他们种了{}棵树。",
)
_HAN_DIGITS = "零一二三四五六七八九"


def english_number(value: int, how: int) -> str:
    """Write a number in one of several English ways."""
    if how == 1 and value >= 10**6 and value % 10**4 == 0:
        for factor, word in ((10**9, "billion"), (10**6, "million")):
            if value >= factor and value % (factor // 100) == 0:
                return f"{Decimal(value) / factor} {word}"
    return str(value) if how == 2 else f"{value:,}"


def chinese_number(value: int, how: int) -> str:
    """Write a number in one of several Chinese ways: digits, 万 and 亿, or words."""
    if how == 1:
        for factor, word in ((10**8, "亿"), (10**4, "万")):
            if value >= factor and value % (factor // 100) == 0:
                return f"{Decimal(value) / factor}{word}"
    return chinese_words(value) if how == 2 else str(value)


def chinese_words(value: int) -> str:
    """Write a number in Chinese words."""
    for factor, word in ((10**8, "亿"), (10**4, "万")):
        if value >= factor:
            high, low = divmod(value, factor)
            zero = "零" if 0 < low < factor // 10 else ""
            return chinese_words(high) + word + zero + (chinese_words(low) if low else "")
    written, pending = "", False
    for factor, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // factor % 10
        if digit:
            written += ("零" if pending and written else "") + _HAN_DIGITS[digit] + word
        pending = digit == 0
    return written or "零"


def values(generator: random.Random) -> int:
    """Draw a number: any size from 3 to 10¹¹, half of them round."""
    size = generator.randint(0, 10)
    value = generator.randint(max(3, 10**size), 10 ** (size + 1) - 1)
    return value if generator.random() < 0.5 else max(3, value - value % 10 ** max(0, size - 2))


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence with a number, and the number."""

    source: str
    value: Decimal


def suite(templates: Sequence[str], write: Callable[[int, int], str], count: int, seed: int) -> list[Case]:
    """Generate sentences × numbers."""
    generator = random.Random(seed)
    found = []
    for i in range(count):
        value = values(generator)
        found.append(Case(templates[i % len(templates)].format(write(value, i % 3)), Decimal(value)))
    return found


_ENGLISH_FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: (thousand|million|billion|trillion))?")
_CHINESE_FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)(万亿|亿|万)?")
_FACTORS = {
    "": 1,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "万": 10**4,
    "亿": 10**8,
    "万亿": 10**12,
}
_SMALL = {
    **{"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
}


def figures(text: str, language: str) -> list[Decimal]:
    """Read the figures of a translation, independently of what is measured."""
    pattern = _CHINESE_FIGURE if language == "zh" else _ENGLISH_FIGURE
    found = [Decimal(m[1].replace(",", "")) * _FACTORS[m[2] or ""] for m in pattern.finditer(text)]
    words = [Decimal(n) for word, n in _SMALL.items() if language == "en" and re.search(rf"\b{word}\b", text)]
    signs = [Decimal(n) for n, sign in enumerate(_HAN_DIGITS) if n >= 3 and language == "zh" and sign in text]
    return found + (words + signs if not found else [])


def exact(cases: Iterable[Case], texts: Iterable[str], language: str) -> float:
    """Give the share of sentences whose number is there, and no other."""
    results = [set(figures(text, language)) == {case.value} for case, text in zip(cases, texts, strict=True)]
    return sum(results) / len(results)


def number_rows(router: Translator, count: int, seed: int) -> None:
    """Print the number suite in both directions."""
    faithful = FaithfulTranslator(router)
    for source, target, cases in (
        ("en", "zh", suite(ENGLISH, english_number, count, seed)),
        ("zh", "en", suite(CHINESE, chinese_number, count, seed)),
    ):
        requests = [TranslationRequest(case.source, "", source, target, True) for case in cases]
        for way, outcome in (
            ("free", translated(router, requests)),
            ("numbers kept", translated(faithful, requests)),
            ("word by word", word_by_word(faithful, requests[: max(1, count // 5)], Glossary())),
        ):
            n = len(outcome.texts)
            share = exact(cases[:n], outcome.texts, target)
            print(
                f"| {source}→{target} | {way} | {n} | {share:.1%} | {1000 * outcome.seconds / n:.0f} |",
                flush=True,
            )


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description="Measure terms and numbers.")
    parser.add_argument("model", nargs="?", type=Path, default=embedded.translators()[0])
    parser.add_argument("--terms", type=int, default=200)
    parser.add_argument("--sentences", type=int, default=500, help="of each kind and direction")
    parser.add_argument("--live", type=int, default=100, help="of them that are also said word by word")
    parser.add_argument("--numbers", type=int, default=500, help="sentences of the number suite")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    router = mt.load([options.model])
    print(f"{options.model.name} on {describe()}; one thread\n")
    print(f"{huge_pack(100_000)}\n")
    print("| direction | number suite | sentences | exact | ms each |\n|---|---|---|---|---|")
    number_rows(router, options.numbers, options.seed)
    if "DRAGOMAN_DATA" not in os.environ:
        print("\nterms skipped: DRAGOMAN_DATA does not name the folder with the test sets")
        return
    print("\n| direction | terms | sentences | translated | n | term accuracy | BLEU | ms each |")
    print("|---|---|---|---|---|---|---|---|")
    for test in TEST_SETS:
        if test.name == "Tatoeba":
            term_rows(test, Path(os.environ["DRAGOMAN_DATA"]), router, options)


if __name__ == "__main__":
    main()

"""Print how good and how late text is translated, for every policy across its knob.

    python -m benchmarks.translation                          Tatoeba and TICO-19, with the embedded model
    python -m benchmarks.translation --pairs en-es --sentences 500 --model FOLDER

Text comes in word by word (Chinese: character by character) at the pace of speech, through the stage that
a session runs. Lag is counted in source units, without the time that computing takes: AL and LAAL are
defined in `benchmarks.latency`. The test sets are sorted by alphabet, so sentences at equal distances are
taken; they are found through DRAGOMAN_DATA. Long passages are sentences of a test set joined to one
utterance; their translation is divided again by SoftSegmenter, and the lag is LongYAAL.

`NE` is normalized erasure of all that was shown, tentative text included. `ms/unit` is processor time for
each source unit, with sixteen texts side by side, as a server answers sixteen sessions; with `--small FOLDER`
that of both tiers: `preset, look-ahead` shows what the small one drafts. The first line of each table, the
full sentence, is what a policy is measured against: `of full` is its share of that BLEU, and where 95 % of
the shares lie when the sentences are drawn anew (`benchmarks.bootstrap`). `numbers %` are the source's
numbers whose value is in the translation; with `--terms N`, N words that go together in each test set with
its references are a pack, it and the numbers are enforced, and `terms %` says how many were kept. A plot of
the curves is written to benchmarks/results/translation.png, and what is printed to translation.md beside it.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

import embedded
import mt
from benchmarks import latency, scoring
from benchmarks.bootstrap import Share, compared
from benchmarks.embedded_translator import TEST_SETS, TestSet, spaced
from benchmarks.latency import Emissions, Emitted
from benchmarks.machine import describe
from benchmarks.terms import pairs_of_words
from mt import numbers
from mt.agreement import LocalAgreement, RelaxedAgreement
from mt.attention import AttentionBoundary
from mt.faithful import FaithfulTranslator
from mt.glossary import Entry, Glossary, missing
from mt.policy import Every, ReadWritePolicy
from mt.presets import PRESETS, PolicyFor, Preset
from mt.terminology import TerminologyStage
from mt.tiers import Tiers
from mt.translation import TranslationStage
from mt.wait_k import wait_k
from streaming.captions import Transcript, Update
from streaming.stages import READ, Ask, Translation, TranslationRequest, Translator, Write
from streaming.words import UNSPACED, Word, units

RESULTS = Path("benchmarks/results")
SECONDS = {False: 0.4, True: 0.25}
"""Of speech for a source unit, by whether it is a character."""
SIDE_BY_SIDE = 16
PASSAGES = "passages"
"""Among the names of test sets: Tatoeba's sentences joined as well."""
PASSAGE = 10
"""Sentences of a long passage."""
AHEAD = 3
"""Source units that recognition holds tentative, where a policy looks at them."""
FREE = Glossary()
"""No terms."""

Translate = Callable[[Sequence[TranslationRequest]], list[Translation]]
Check = Callable[[str, str, tuple[str, str]], tuple[int, int]]
"""Source, translation and pair of languages → how many things are right, and how many there are."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A policy at one value of its knob."""

    policy: str
    knob: str
    policy_for: PolicyFor
    look_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What is translated as one utterance."""

    sources: tuple[str, ...]
    """Its sentences."""
    references: tuple[str, ...]
    pair: tuple[str, str]


@dataclass(slots=True)
class Run:
    """A text on its way through a stage."""

    text: Text
    stage: TranslationStage | TerminologyStage
    words: list[Word]
    read: int = 0
    log: list[tuple[int, Update]] = field(default_factory=list)
    """Source units read, and what was written then."""
    finished: bool = False

    def advance(self) -> TranslationRequest | None:
        """Go on until something is asked, or all is done."""
        while True:
            match self.stage.next_action():
                case Ask(request):
                    return request
                case Write(item):
                    self.log.append((self.read, item))
                case action if action is READ:
                    self._feed()
                case _:
                    self.finished = True
                    return None

    def _feed(self) -> None:
        if self.read == len(self.words):
            return self.stage.finish()
        self.read += 1
        last = self.read == len(self.words)
        ahead = tuple(self.words[self.read : self.read + AHEAD])
        self.stage.receive(Update(0, self.text.pair[0], (self.words[self.read - 1],), ahead, last))
        return None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    setting: Setting | None
    bleu: float
    chrf: float
    al: float
    laal: float
    erasure: float
    milliseconds: float
    checks: tuple[float, ...]
    """Per cent, for each of `checks`."""
    translations: tuple[str, ...]
    """Of each sentence."""
    share: Share | None = None
    """Of the full sentence's BLEU; `None`: it is the full sentence."""

    def __str__(self) -> str:
        name = f"{self.setting.policy} | {self.setting.knob}" if self.setting else "full sentence |"
        checks = "".join(f" | {value:.1f}" for value in self.checks)
        return (
            f"| {name} | {self.bleu:.1f} | {self.share or ''} | {self.chrf:.1f} | {self.al:.2f} "
            f"| {self.laal:.2f} | {self.erasure:.2f} | {self.milliseconds:.1f}{checks} |"
        )


def numbers_kept(source: str, translation: str, pair: tuple[str, str]) -> tuple[int, int]:
    """Count the source's numbers, and those of them whose value is in the translation."""
    wanted = [number for number in numbers.numbers(source, pair[0]) if number.asked]
    lost = numbers.missing(wanted, numbers.numbers(translation, pair[1]))
    return len(wanted) - len(lost), len(wanted)


def terms_kept(pack: Glossary, source: str, translation: str, pair: tuple[str, str]) -> tuple[int, int]:
    """Count the source's terms, and those of them that are rendered as the pack says."""
    terms = pack.terms(source, *pair)
    return len(terms) - len(missing(terms, translation, pair[1])), len(terms)


def checks(pack: Glossary) -> dict[str, Check]:
    """Name the further columns: that of terms only where there are any."""
    return {"numbers %": numbers_kept, **({"terms %": partial(terms_kept, pack)} if pack else {})}


def settings() -> Iterator[Setting]:
    """Every policy across its knob, and the presets."""
    for k in (1, 2, 3, 5, 7):
        yield Setting("wait-k", f"k={k}", partial(wait_k, words=k))
    for hold in (0, 1, 2, 4):
        yield Setting("agreement", f"hold={hold}", _always(LocalAgreement(2, hold)))
    for share in (0.5, 0.75, 1.0):
        yield Setting("relaxed", f"share={share}", _always(RelaxedAgreement(4, share)))
    for hold in (1, 2, 3, 5):
        yield Setting("attention", f"hold={hold}", _always(AttentionBoundary(hold)))
    for name, preset in PRESETS.items():
        yield Setting("preset", name, preset.policy)
        yield Setting("preset, attention not told", name, partial(_without_attention, preset))
    yield Setting("preset, look-ahead", "balanced", PRESETS["balanced"].policy, look_ahead=True)


def _always(policy: ReadWritePolicy) -> PolicyFor:
    return lambda source, target: policy


def _without_attention(preset: Preset, source: str, target: str) -> ReadWritePolicy:
    """What a preset does with a model that does not tell its attention."""
    return Every((wait_k(source, target, preset.floor), preset.agreement(target)))


def spoken(text: Text) -> list[Word]:
    """Write a text as recognition would, one source unit a word."""
    language = text.pair[0]
    step, space = SECONDS[language in UNSPACED], "" if language in UNSPACED else " "
    parts = [part for sentence in text.sources for part in units(space + sentence.strip(), language)]
    return [Word(part, i * step, (i + 1) * step) for i, part in enumerate(parts)]


def staged(target: str, setting: Setting, pack: Glossary) -> TranslationStage | TerminologyStage:
    """Build a stage; terms have theirs around it."""
    stage = TranslationStage(target, setting.policy_for, look_ahead=setting.look_ahead)
    return TerminologyStage(stage, target, pack) if pack else stage


def translated(
    texts: Sequence[Text], setting: Setting, translate: Translate, pack: Glossary = FREE
) -> tuple[list[Run], float]:
    """Send texts through stages of this setting; gives also the processor time."""
    runs = [Run(text, staged(text.pair[1], setting, pack), spoken(text)) for text in texts]
    began = time.process_time()
    for first in range(0, len(runs), SIDE_BY_SIDE):
        active = runs[first : first + SIDE_BY_SIDE]
        while asked := [(run, request) for run in active if (request := run.advance())]:
            for (run, _), result in zip(asked, translate([request for _, request in asked]), strict=True):
                run.stage.receive_result(result, 0.0)
            active = [run for run, _ in asked]
    return runs, time.process_time() - began


def emitted(run: Run) -> list[Emitted]:
    """List the committed units with the source units that had been read."""
    return [Emitted(word.text, read) for read, update in run.log for word in update.committed]


def erased(run: Run) -> tuple[int, int]:
    """Count the units taken back of what was shown, and those of the end."""
    transcript, language = Transcript(), run.text.pair[1]
    return scoring.erasure([units(transcript.add(update).text, language) for _, update in run.log])


def sentences(run: Run) -> Iterator[tuple[str, str, str, Emissions]]:
    """Give each sentence's source, translation, reference and times."""
    source_language, target = run.text.pair
    found = emitted(run)
    parts = [found]
    if len(run.text.sources) > 1:
        parts = latency.resegment(
            run.text.references, [Emitted(u.text.strip(), u.time) for u in found], target
        )
    begin, joint = 0, "" if target in UNSPACED else " "
    for source, part, reference in zip(run.text.sources, parts, run.text.references, strict=True):
        length = len(units(source, source_language))
        delays = tuple(unit.time - begin for unit in part)
        whole = ("" if len(parts) == 1 else joint).join(unit.text for unit in part).strip()
        count = len(units(reference, target))
        yield source, whole, reference, Emissions(delays, length, count, len(run.words) - begin)
        begin += length


def row(runs: Sequence[Run], setting: Setting, seconds: float, pack: Glossary = FREE) -> Row:
    """Score what came out."""
    long = len(runs[0].text.sources) > 1
    target = runs[0].text.pair[1]
    found = [sentence for run in runs for sentence in sentences(run)]
    emissions = [times for *_, times in found]
    erasures = [erased(run) for run in runs]
    quality = _quality([text for _, text, _, _ in found], [reference for _, _, reference, _ in found], target)
    return Row(
        setting,
        *quality,
        latency.mean(latency.average_lagging, emissions),
        latency.mean(latency.long_yaal if long else latency.length_adaptive_lagging, emissions),
        sum(taken for taken, _ in erasures) / max(1, sum(length for _, length in erasures)),
        1000 * seconds / sum(len(run.words) for run in runs),
        _checked([(source, text) for source, text, _, _ in found], runs[0].text.pair, pack),
        tuple(text for _, text, _, _ in found),
    )


def full(texts: Sequence[Text], translate: Translate, pack: Glossary = FREE) -> Row:
    """Translate whole sentences, each when it has ended."""
    lines = [(source, text) for text in texts for source in text.sources]
    began = time.process_time()
    found = translate(
        [
            TranslationRequest(source, "", *text.pair, True, terms=pack.terms(source, *text.pair))
            for source, text in lines
        ]
    )
    seconds = time.process_time() - began
    written = [result.text for result in found]
    references = [reference for text in texts for reference in text.references]
    source_language, target = texts[0].pair
    lengths = [len(units(source, source_language)) for source, _ in lines]
    lag = scoring.mean([float(length) for length in lengths])
    pairs = [(source, text) for (source, _), text in zip(lines, written, strict=True)]
    quality = _quality(written, references, target)
    kept = _checked(pairs, texts[0].pair, pack)
    return Row(None, *quality, lag, lag, 0.0, 1000 * seconds / sum(lengths), kept, tuple(written))


def table(
    texts: Sequence[Text], chosen: Sequence[Setting], translate: Translate, pack: Glossary = FREE
) -> Iterator[Row]:
    """Measure the full sentence and each setting."""
    whole = full(texts, translate, pack)
    yield whole
    references = [reference for text in texts for reference in text.references]
    bleu = _bleu(texts[0].pair[1])
    for setting in chosen:
        runs, seconds = translated(texts, setting, translate, pack)
        found = row(runs, setting, seconds, pack)
        yield replace(found, share=compared(bleu, found.translations, whole.translations, references))


def pack_of(title: str, data: Path, count: int) -> Glossary:
    """Make a pack of words that go together in a whole test set (see `benchmarks.terms`)."""
    test = next(test for test in TEST_SETS if title.startswith(_title(test)))
    sources, references = _lines(test, data)
    source, target = test.source_language, test.target_language
    words = pairs_of_words(sources, references, source, target, count)
    return Glossary([Entry({source: (a,), target: (b,)}) for a, b in words])


def test_sets(
    data: Path, names: Sequence[str], pairs: Sequence[str], count: int
) -> Iterator[tuple[str, list[Text]]]:
    """Give single sentences of each test set, then passages of Tatoeba's."""
    for test in TEST_SETS:
        if test.pair not in pairs or test.name not in names:
            continue
        title = _title(test)
        sources, references = (spaced(lines, count) for lines in _lines(test, data))
        pair = (test.source_language, test.target_language)
        yield (
            title,
            [Text((a,), (b,), pair) for a, b in zip(sources, references, strict=True)],
        )
        if test.name == "Tatoeba" and PASSAGES in names:
            firsts = range(0, len(sources) - PASSAGE + 1, PASSAGE)
            passages = [slice(first, first + PASSAGE) for first in firsts]
            yield (
                f"{title}, passages",
                [Text(tuple(sources[p]), tuple(references[p]), pair) for p in passages],
            )


@dataclass(frozen=True, slots=True)
class Tiered:
    """Translates as an idle server would that has a small tier."""

    tiers: Tiers

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Ask the tier that each request is worth."""
        return self.tiers.ask(requests, partial(self.tiers.tier, behind=0.0))


def loaded(folders: Sequence[Path], small: Sequence[Path] | None) -> Translator:
    """Load the translators; what is only shown is drafted by the `small` ones."""
    router = mt.load(folders, device="cpu")
    return Tiered(Tiers(router, mt.load(small, device="cpu"))) if small else router


def plot(tables: dict[str, list[Row]], path: Path) -> None:
    """Draw BLEU over lag, a panel for each table and a line for each policy."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines, columns = -(-len(tables) // 2), min(2, len(tables))
    figure, axes = pyplot.subplots(lines, columns, figsize=(6 * columns, 4 * lines), squeeze=False)
    for axis, (title, rows) in zip(axes.flat, tables.items(), strict=False):
        axis.axhline(rows[0].bleu, color="grey", linestyle=":", label="full sentence")
        axis.axhline(0.97 * rows[0].bleu, color="lightgrey", linestyle=":", label="97 % of it")
        for policy in dict.fromkeys(r.setting.policy for r in rows if r.setting):
            curve = sorted((r.laal, r.bleu) for r in rows if r.setting and r.setting.policy == policy)
            axis.plot(*zip(*curve, strict=True), marker="o", label=policy)
        axis.set(title=title, xlabel="lag in source units (LAAL, LongYAAL)", ylabel="BLEU")
    axes[0][0].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description="Measure simultaneous translation of text.")
    parser.add_argument("--model", type=Path, action="append", help="a translator; default: embedded")
    parser.add_argument("--small", type=Path, action="append", help="a smaller one, for the small tier")
    parser.add_argument("--sets", nargs="+", default=["Tatoeba", PASSAGES, "TICO-19"])
    pairs = dict.fromkeys(test.pair for test in TEST_SETS)
    parser.add_argument("--pairs", nargs="+", default=list(pairs))
    parser.add_argument("--sentences", type=int, default=300, help="of each test set")
    parser.add_argument(
        "--terms", type=int, default=0, help="make a pack of so many, and keep them and numbers"
    )
    parser.add_argument("--policies", nargs="+", help="only these, e.g. wait-k preset")
    parser.add_argument("--knobs", nargs="+", help="only at these values, e.g. k=3 balanced")
    arguments = parser.parse_args()
    if "DRAGOMAN_DATA" not in os.environ:
        raise SystemExit("DRAGOMAN_DATA does not name the folder with the test sets")
    translator = loaded(arguments.model or embedded.translators(), arguments.small)
    translate = FaithfulTranslator(translator).translate if arguments.terms else translator.translate
    chosen = [
        setting
        for setting in settings()
        if (not arguments.policies or setting.policy in arguments.policies)
        and (not arguments.knobs or setting.knob in arguments.knobs)
    ]
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / "translation.md").open("w") as file:

        def say(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        models = ", ".join(path.name for path in arguments.model or embedded.translators())
        small = f"; small tier: {', '.join(path.name for path in arguments.small)}" if arguments.small else ""
        say(f"{models}{small} on {describe()}; one thread, {SIDE_BY_SIDE} texts side by side\n")
        tables: dict[str, list[Row]] = {}
        data = Path(os.environ["DRAGOMAN_DATA"])
        for title, texts in test_sets(data, arguments.sets, arguments.pairs, arguments.sentences):
            lag = "LongYAAL" if len(texts[0].sources) > 1 else "LAAL"
            pack = pack_of(title, data, arguments.terms) if arguments.terms else FREE
            columns = [
                "policy",
                "knob",
                "BLEU",
                "of full (95 %)",
                "chrF",
                "AL",
                lag,
                "NE",
                "ms/unit",
                *checks(pack),
            ]
            say(f"### {title}, {len(texts)} texts\n\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
            tables[title] = []
            for found in table(texts, chosen, translate, pack):
                tables[title].append(found)
                say(str(found))
            say("")
    plot(tables, RESULTS / "translation.png")


def _bleu(target: str) -> Any:
    return BLEU(tokenize={"zh": "zh", "ja": "char"}.get(target, "13a"))


def _quality(translations: list[str], references: list[str], target: str) -> tuple[float, float]:
    return (
        _bleu(target).corpus_score(translations, [references]).score,
        CHRF().corpus_score(translations, [references]).score,
    )


def _checked(texts: Sequence[tuple[str, str]], pair: tuple[str, str], pack: Glossary) -> tuple[float, ...]:
    shares = []
    for check in checks(pack).values():
        counts = [check(source, text, pair) for source, text in texts]
        total = sum(count for _, count in counts)
        shares.append(100 * sum(right for right, _ in counts) / total if total else float("nan"))
    return tuple(shares)


def _title(test: TestSet) -> str:
    return f"{test.name} {test.source_language}→{test.target_language}"


def _lines(test: TestSet, data: Path) -> Iterator[list[str]]:
    for name in (test.source, test.target):
        yield (data / "testsets" / name).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()

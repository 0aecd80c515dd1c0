"""Print what four target languages cost, against one: recognition and translation together.

    python -m benchmarks.targets [--sentences 12]

A synthesised English talk is recognised once by the stage of a session, on a simulated clock. What it commits
goes to the stages of one or four languages, which ask one shared engine, as in the server: requests of one
moment are one batch. The processor time of the embedded models is measured as it is spent.

Then every call of the models is made once more on models of random weights in true shapes, with as many
tokens in and out: Whisper-base for each window of recognition, and an OPUS-MT model (6+6 layers of 512,
65,000 pieces) for translation; a batch takes as many steps as its longest answer, so that four languages are
rather overcharged. The embedded translator knows three targets of English; Spanish also stands for Italian.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2

import asr
import embedded
from benchmarks import shapes
from benchmarks.machine import describe
from benchmarks.speech_translation import synthesised
from benchmarks.talks import Talk
from mt.ctranslate import CTranslateTranslator
from mt.faithful import FaithfulTranslator
from server.interpretation.graph import DETECTOR, RECOGNITION, RECOGNIZER, Interpretation, branch, graph
from server.interpretation.manner import Manner
from streaming import simulate
from streaming.batching import SharedEngine
from streaming.captions import Update
from streaming.stages import READ, Ask, Node, Recognition, Translation, TranslationRequest, Window
from tests import toys

SAME_AS = {"it": "es"}
"""Languages that the embedded translator does not know, and those whose work stands for theirs."""
SINGLE = ("es", "zh", "de")
WAYS = (*((target,) for target in SINGLE), (*SINGLE, "it"))
PIECES = 65_000
"""Of an OPUS-MT model, 6+6 layers of 512."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of a translation model."""

    sources: Any
    prefixes: Any
    options: dict[str, Any]
    results: Any
    """Empty: the prefixes were scored."""

    def again(self, model: Any, tokens: Sequence[str]) -> None:
        """Make it on another model, with as many tokens."""
        sources = [[*tokens[: len(source) - 1], "</s>"] for source in self.sources]
        prefixes = [list(tokens[100 : 100 + len(prefix)]) for prefix in self.prefixes]
        if not self.results:
            model.score_batch(sources, prefixes)
            return
        longest = max(len(result.hypotheses[0]) for result in self.results)
        lengths = {"max_decoding_length": longest, "min_decoding_length": longest}
        options = {**self.options, **lengths, "asynchronous": False, "no_repeat_ngram_size": 0}
        model.translate_batch(sources, target_prefix=prefixes, **options)


@dataclass(slots=True)
class Overheard:
    """A translation model that notes its calls."""

    model: Any
    calls: list[Call] = field(default_factory=list)

    def translate_batch(self, sources: Any, *, target_prefix: Any, **options: Any) -> Any:
        """Translate."""
        results = self.model.translate_batch(sources, target_prefix=target_prefix, **options)
        found = [result.result() if options.get("asynchronous") else result for result in results]
        self.calls.append(Call(sources, target_prefix, options, found))
        return results

    def score_batch(self, sources: Any, targets: Any, **options: Any) -> Any:
        """Score."""
        self.calls.append(Call(sources, targets, options, ()))
        return self.model.score_batch(sources, targets, **options)


class Pretending:
    """A translator that translates into languages that it does not know as into those it knows."""

    def __init__(self, translator: CTranslateTranslator) -> None:
        self._translator = translator

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request."""
        return self._translator.translate(
            [replace(r, target_language=SAME_AS.get(r.target_language, r.target_language)) for r in requests]
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What recognition did."""

    updates: list[Update]
    windows: Counter[float]
    """Seconds of the windows."""
    seconds: float
    """Of processor time."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What translation took."""

    targets: tuple[str, ...]
    seconds: float
    """Of processor time, with the embedded model."""
    calls: list[Call]
    batches: Counter[int]
    """Requests in a batch."""


def recognised(talk: Talk) -> Heard:
    """Recognise a talk as a session does."""
    detector, recognizer = asr.load_detector(), asr.load_recognizer(embedded.recognizers()[0])
    windows, updates = Counter[float](), list[Update]()

    def recognize(asked: Sequence[Window]) -> list[Recognition]:
        windows.update(round(window.audio.duration * 2) / 2 or 0.5 for window in asked)
        return recognizer.recognize(asked)

    def emit(name: str, item: object, moment: float) -> None:
        if name == RECOGNITION and isinstance(item, Update):
            updates.append(item)

    root = graph(Interpretation(talk.language), manner=Manner(recognizer.family))
    began = time.process_time()
    engines: simulate.Engines = {DETECTOR: detector.detect, RECOGNIZER: recognize}
    simulate.run(root, engines, talk.chunks(), emit)
    return Heard(updates, windows, time.process_time() - began)


async def translated(updates: Sequence[Update], targets: tuple[str, ...]) -> Spent:
    """Translate what was recognised into languages side by side."""
    translator = CTranslateTranslator(embedded.translators()[0], device="cpu")
    overheard = Overheard(translator._model)
    translator._model = overheard
    faithful, batches = FaithfulTranslator(Pretending(translator)), Counter[int]()

    def run(requests: Sequence[TranslationRequest]) -> list[Translation]:
        batches[len(requests)] += 1
        return faithful.translate(requests)

    nodes = [branch(target, Interpretation("en", targets)) for target in targets]
    began = time.process_time()
    async with SharedEngine(run) as engine:
        for update in updates:
            await asyncio.gather(*(settled(node, update, engine) for node in nodes))
    return Spent(targets, time.process_time() - began, overheard.calls, batches)


async def settled(node: Node, update: Update, engine: SharedEngine[TranslationRequest, Translation]) -> None:
    """Let a stage take an update and do all that is due."""
    node.stage.receive(update)
    while (action := node.stage.next_action()) is not READ:
        if isinstance(action, Ask):
            node.stage.receive_result(await engine.ask(action.request), 0.0)


def whisper_base(windows: Counter[float]) -> float:
    """Tell what windows cost at Whisper-base's shape, in seconds of processor time."""
    shape = shapes.SHAPES["base"]
    with tempfile.TemporaryDirectory() as temporary:
        shapes.write(Path(temporary), shape)
        model = ctranslate2.models.Whisper(temporary, compute_type="int8", intra_threads=1)
        return sum(
            count * shapes.least(partial(shapes.look, model, shape, seconds, 1), 1)
            for seconds, count in windows.items()
        )


@contextmanager
def opus() -> Iterator[tuple[Any, list[str]]]:
    """Give a model of OPUS-MT's shape, and its pieces."""
    tokens = [f"t{i}" for i in range(PIECES)]
    with tempfile.TemporaryDirectory() as temporary:
        toys.weights(Path(temporary), tokens, layers=(6, 6), width=512, heads=8)
        yield (
            ctranslate2.Translator(temporary, device="cpu", compute_type="int8", intra_threads=1),
            tokens,
        )


def again(calls: Sequence[Call], model: Any, tokens: Sequence[str]) -> float:
    """Make calls on another model; gives the processor time."""
    calls[0].again(model, tokens)
    began = time.process_time()
    for call in calls:
        call.again(model, tokens)
    return time.process_time() - began


def rows(heard: Heard, found: Sequence[tuple[Spent, float]], base: float, seconds: float) -> Iterator[str]:
    """Give a line for each way and model; the ratios are to each of the single languages."""
    for name, recognition, costs in (
        ("embedded", heard.seconds, [spent.seconds for spent, _ in found]),
        ("true shapes", base, [cost for _, cost in found]),
    ):
        totals = [recognition + cost for cost in costs]
        for (spent, _), cost, total in zip(found, costs, totals, strict=True):
            mean = sum(size * n for size, n in spent.batches.items()) / sum(spent.batches.values())
            ratios = " | ".join(f"{total / one:.2f}" for one in totals[: len(SINGLE)])
            yield (
                f"| {name} | {' '.join(spent.targets)} | {recognition / seconds:.3f} | {cost / seconds:.3f} "
                f"| {total / seconds:.3f} | {ratios} | {mean:.1f} |"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure four target languages against one.")
    parser.add_argument("--sentences", type=int, default=12, help="of the talk")
    arguments = parser.parse_args()
    if "DRAGOMAN_DATA" not in os.environ:
        raise SystemExit("DRAGOMAN_DATA does not name the folder with the test sets")
    talk = synthesised("en", "es", arguments.sentences).talk
    heard = recognised(talk)
    spent = [asyncio.run(translated(heard.updates, targets)) for targets in WAYS]
    with opus() as (model, tokens):
        found = [(way, again(way.calls, model, tokens)) for way in spent]
    base = whisper_base(heard.windows)
    print(
        f"{talk.seconds:.0f} s of speech on {describe()}; one thread; core-seconds for a second of speech\n"
    )
    single = [f"× {target}" for target in SINGLE]
    head = ("models", "targets", "recognition", "translation", "together", *single, "requests a batch")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    print("\n".join(rows(heard, found, base, talk.seconds)))


if __name__ == "__main__":
    main()

"""The measure of several languages: calls made once more ask as much of another model."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import ctranslate2
import pytest

from benchmarks import shapes
from benchmarks.shapes import Shape
from benchmarks.targets import Call, Overheard, settled, whisper_base
from server.interpretation.graph import Interpretation, branch
from streaming.batching import SharedEngine
from streaming.captions import Update
from streaming.scripted import ScriptedTranslator
from streaming.words import Word
from tests import toys

TOKENS = [f"t{i}" for i in range(150)]


class Counted:
    """A model that notes how many tokens it is given and asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[int], list[int], int | None]] = []

    def translate_batch(self, sources, target_prefix, **options):  # type: ignore[no-untyped-def]
        assert options["min_decoding_length"] == options["max_decoding_length"]
        self._note(sources, target_prefix, options["max_decoding_length"])

    def score_batch(self, sources, targets):  # type: ignore[no-untyped-def]
        self._note(sources, targets, None)

    def _note(self, sources, prefixes, length):  # type: ignore[no-untyped-def]
        self.asked.append(([len(s) for s in sources], [len(p) for p in prefixes], length))


@pytest.mark.parametrize("asynchronous", [False, True])
def test_calls_are_made_again_with_as_many_tokens(tmp_path, asynchronous: bool) -> None:  # type: ignore[no-untyped-def]
    toys.weights(tmp_path, TOKENS)
    overheard = Overheard(ctranslate2.Translator(str(tmp_path)))
    sources, prefixes = [["t1", "t2", "</s>"], ["t3", "</s>"]], [["t5"], ["t6", "t7"]]
    overheard.translate_batch(
        sources, target_prefix=prefixes, beam_size=1, max_decoding_length=9, asynchronous=asynchronous
    )
    overheard.score_batch(sources, prefixes)
    model = Counted()
    for call in overheard.calls:
        call.again(model, TOKENS)
    longest = max(len(result.hypotheses[0]) for result in overheard.calls[0].results)
    assert model.asked == [([3, 2], [1, 2], longest), ([3, 2], [1, 2], None)]
    Call(sources, prefixes, {"beam_size": 1}, overheard.calls[0].results).again(overheard.model, TOKENS)


async def test_languages_of_one_moment_are_one_batch() -> None:
    sizes: list[int] = []

    def run(requests):  # type: ignore[no-untyped-def]
        sizes.append(len(requests))
        return ScriptedTranslator().translate(requests)

    targets = ("es", "zh", "it", "ja")
    nodes = [branch(target, Interpretation("en", targets)) for target in targets]
    update = Update(0, "en", tuple(Word(f" {w}", i, i + 1) for i, w in enumerate("alpha bravo".split())))
    async with SharedEngine(run) as engine:
        await asyncio.gather(*(settled(node, update, engine) for node in nodes))
    assert sizes == [4]


def test_windows_cost_what_a_model_takes_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []

    def one_second(work: Callable[[], object], runs: int) -> float:
        work()
        return 1.0

    def look(model: Any, shape: Shape, seconds: float, beam: int) -> None:
        looked.append(seconds)
        whole(model, shape, seconds, beam)

    whole = shapes.look
    monkeypatch.setitem(shapes.SHAPES, "base", Shape(64, 2, 1, 1))
    monkeypatch.setattr(shapes, "least", one_second)
    monkeypatch.setattr(shapes, "look", look)
    assert whisper_base(Counter({2.0: 3, 4.0: 1})) == 4.0
    assert looked == [2.0, 4.0]

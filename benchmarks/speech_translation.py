"""Print how good and how late speech is translated, from sound to committed text.

    python -m benchmarks.speech_translation                        the samples, synthesised talks, recordings
    python -m benchmarks.speech_translation --sets samples --pairs en-zh --paced 0

Talks go through the whole graph of a session with the models of the server. `unaware` is the simulated clock
on which computing takes no time; `aware` charges each engine call the processor time that it took, so that
neighbours on the machine do not count, with a clock for each stage, as if each had a core; `wall clock` is
one talk, spoken in real time by the reference client to a server in a process of its own, with the same
models and presets.

The samples are each other's translation, sentence by sentence. Synthesised talks are sentences of the
Tatoeba test set (DRAGOMAN_DATA), which no recipe trains on, with its references. `recordings` are a few real
ones, joined, with references written for the project (`references.json`). `text` is BLEU of what the
translator makes of the true sentences: what is lost beyond it, recognition and earliness lost.

LongYAAL and StreamLAAL (LAAL of each sentence from its own beginning) are in seconds, after
SoftSegmenter has divided the translation (`benchmarks.latency`); StreamLAAL's own segmenter is another one.
Logs in OmniSTEval's formats, a line for each talk and a line for each sentence, times in milliseconds, are
written to benchmarks/results.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU

import mt.presets
from asr.presets import PRESETS
from benchmarks import latency, own_server, talks
from benchmarks.embedded_translator import TEST_SETS
from benchmarks.latency import Emissions, Emitted
from benchmarks.machine import describe
from benchmarks.own_server import Models
from benchmarks.talks import Talk
from benchmarks.trial import OwnCore
from server import config
from server.client import client
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import TRANSLATION, Interpretation, graph
from server.recordings.files import batch_methods
from server.wire.messages import Error
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Caption, Update
from streaming.stages import TranslationRequest
from streaming.words import UNSPACED

RESULTS = Path("benchmarks/results")
VOICES = {"en": "en-us+m3", "zh": "cmn+f1"}


@dataclass(frozen=True, slots=True)
class Task:
    """A talk to be translated, with a reference for each of its sentences."""

    talk: Talk
    target: str
    references: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{self.talk.name} {self.talk.language}→{self.target}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A committed unit of a translation."""

    text: str
    read: float
    """Seconds of audio that had been heard."""
    time: float
    """Seconds since the talk began."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What belongs to one sentence of a talk."""

    text: str
    reference: str
    read: Emissions
    """Delays in seconds of audio heard, from the sentence's beginning."""
    elapsed: Emissions
    """Delays in seconds of the clock."""


def tasks(sets: Sequence[str], pairs: Sequence[str], sentences: int) -> Iterator[Task]:
    """Give the talks that there are."""
    for pair in pairs:
        source, target = pair.split("-")
        if "samples" in sets:
            yield from _samples(source, target)
        if "synthesised" in sets and "DRAGOMAN_DATA" in os.environ:
            yield synthesised(source, target, sentences)
        if "recordings" in sets and (found := talks.referenced(source, target)):
            talk, references = found
            yield Task(talk, target, references)


def _samples(source: str, target: str) -> Iterator[Task]:
    known = {talk.language: talk for talk in talks.samples()}
    if source in known and target in known:
        yield Task(known[source], target, tuple(sentence.text for sentence in known[target].sentences))


def synthesised(source: str, target: str, count: int) -> Task:
    """Speak sentences of the Tatoeba test set as one talk."""
    from embedded.recipe.sentences import plain_chinese, plain_english

    plain = plain_chinese if source == "zh" else plain_english
    (test,) = (
        test
        for test in TEST_SETS
        if (test.name, test.source_language, test.target_language) == ("Tatoeba", source, target)
    )
    folder = Path(os.environ["DRAGOMAN_DATA"]) / "testsets"
    lines, references = (
        (folder / name).read_text(encoding="utf-8").splitlines() for name in (test.source, test.target)
    )
    reference_of = {text: b for a, b in zip(lines, references, strict=True) if (text := plain(a))}
    texts = [text for text in reference_of if len(text) > 6]
    random.Random(0).shuffle(texts)
    talk = talks.spoken(f"synthesised-{VOICES[source]}", source, texts[:count], VOICES[source])
    return Task(talk, target, tuple(reference_of[sentence.text] for sentence in talk.sentences))


def simulated(task: Task, engines: Engines, cost: simulate.Cost) -> list[Unit]:
    """Run a talk through the graph of a session on a simulated clock."""
    found: list[Unit] = []
    heard = 0.0

    def chunks() -> Iterator[AudioChunk]:
        nonlocal heard
        for chunk in task.talk.chunks():
            heard = chunk.end
            yield chunk

    def emit(name: str, item: object, moment: float) -> None:
        if name == f"{TRANSLATION}.{task.target}" and isinstance(item, Update):
            text = "".join(word.text for word in item.committed)
            found.extend(Unit(part, heard, moment) for part in counted(text, task.target))

    wanted = Interpretation(task.talk.language, (task.target,))
    methods = batch_methods(engines, lambda notice, moment: None, "live")
    simulate.run(graph(wanted, manner=engines.manner), methods, chunks(), emit, cost)
    return found


async def paced(task: Task, url: str) -> list[Unit]:
    """Speak a talk in real time to a server and note when committed text arrives."""
    found: list[Unit] = []
    known: dict[int, str] = {}
    arrivals = client.stream(url, task.talk.chunks(), source=task.talk.language, targets=[task.target])
    async for arrival in arrivals:
        match arrival.message:
            case Caption(language=language) as caption if language == task.target:
                before = known.get(caption.utterance, "")
                known[caption.utterance] = caption.committed
                heard = min(arrival.time, task.talk.seconds)
                added = counted(caption.committed[len(before) :], language)
                found += [Unit(part, heard, arrival.time) for part in added]
            case Error(code=code, message=message):
                raise RuntimeError(f"{code}: {message}")
    return found


def counted(text: str, language: str) -> list[str]:
    """Divide a text as scorers do: into characters where there are no spaces, else into words."""
    return list("".join(text.split())) if language in UNSPACED else text.split()


def segments(task: Task, found: Sequence[Unit]) -> list[Segment]:
    """Divide a translation among the sentences of its talk."""
    joint = "" if task.target in UNSPACED else " "
    numbered = [Emitted(unit.text, i) for i, unit in enumerate(found)]
    parts = latency.resegment(task.references, numbered, task.target)
    segments = []
    for sentence, reference, part in zip(task.talk.sentences, task.references, parts, strict=True):
        here = [found[round(unit.time)] for unit in part]
        length, count = sentence.end - sentence.start, len(counted(reference, task.target))
        end = task.talk.seconds - sentence.start
        read = tuple(unit.read - sentence.start for unit in here)
        elapsed = tuple(unit.time - sentence.start for unit in here)
        segments.append(
            Segment(
                joint.join(unit.text for unit in here),
                reference,
                Emissions(read, length, count, end),
                Emissions(elapsed, length, count, end),
            )
        )
    return segments


def row(name: str, clock: str, found: Sequence[Segment], text: float, target: str, cost: float | None) -> str:
    """Score one way of running a talk; the clock's times are those of `elapsed`."""
    emissions = [segment.elapsed for segment in found]
    yaal = latency.mean(latency.long_yaal, emissions)
    laal = latency.mean(latency.length_adaptive_lagging, emissions)
    score = bleu([segment.text for segment in found], [segment.reference for segment in found], target)
    spent = "" if cost is None else f"{cost:.3f}"
    return (
        f"| {name} | {clock} | {len(found)} | {score:.1f} | {text:.1f} | {yaal:.2f} | {laal:.2f} | {spent} |"
    )


def bleu(texts: Sequence[str], references: Sequence[str], target: str) -> float:
    """Give sacrebleu's score."""
    score: Any = BLEU(tokenize="zh" if target == "zh" else "13a").corpus_score(
        list(texts), [list(references)]
    )
    return float(score.score)


def whole_sentences(task: Task, engines: Engines) -> float:
    """Score what the translator makes of the true sentences."""
    language = task.talk.language
    answers = engines.translator.translate(
        [TranslationRequest(s.text, "", language, task.target, True) for s in task.talk.sentences]
    )
    return bleu([answer.text for answer in answers], task.references, task.target)


def instance(index: int, task: Task, found: Sequence[Unit]) -> dict[str, Any]:
    """Write a talk as a line of an instances log."""
    joint = "" if task.target in UNSPACED else " "
    return {
        "index": index,
        "prediction": joint.join(unit.text for unit in found),
        "delays": [_milliseconds(unit.read) for unit in found],
        "elapsed": [_milliseconds(unit.time) for unit in found],
        "prediction_length": len(found),
        "reference": joint.join(task.references),
        "source": [f"{task.talk.name}.wav"],
        "source_length": _milliseconds(task.talk.seconds),
    }


def resegmented(index: int, found: Sequence[Segment]) -> Iterator[dict[str, Any]]:
    """Write the sentences of a talk as lines of a resegmented log."""
    for number, segment in enumerate(found):
        yield {
            "index": number,
            "docid": index,
            "segid": number,
            "prediction": segment.text,
            "reference": segment.reference,
            "source_length": _milliseconds(segment.read.source_length),
            "emission_cu": [_milliseconds(delay) for delay in segment.read.delays],
            "emission_ca": [_milliseconds(delay) for delay in segment.elapsed.delays],
            "time_to_recording_end": _milliseconds(segment.read.recording_end),
        }


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 3)


class Logs:
    """The logs of one clock."""

    def __init__(self, clock: str) -> None:
        stem = RESULTS / f"speech_translation-{clock.replace(' ', '_')}"
        RESULTS.mkdir(parents=True, exist_ok=True)
        self._talks = Path(f"{stem}.log")
        self._sentences = Path(f"{stem}.resegmented.jsonl")
        self._count = 0
        for path in (self._talks, self._sentences):
            path.write_text("")

    def add(self, task: Task, written: Sequence[Unit], found: Sequence[Segment]) -> None:
        """Log a talk."""
        _append(self._talks, [instance(self._count, task, written)])
        _append(self._sentences, resegmented(self._count, found))
        self._count += 1


def _append(path: Path, rows: Sequence[dict[str, Any]] | Iterator[dict[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def shortened(task: Task, seconds: float) -> Task:
    """Keep the sentences of a talk that end within some seconds."""
    kept = [sentence for sentence in task.talk.sentences if sentence.end + talks.PAUSE <= seconds]
    end = round((kept[-1].end + talks.PAUSE) * SAMPLE_RATE) if kept else 0
    talk = replace(task.talk, samples=task.talk.samples[:end], sentences=tuple(kept))
    return replace(task, talk=talk, references=task.references[: len(kept)])


def measured(task: Task, engines: Engines, say: Callable[[str], None], logs: dict[str, Logs]) -> None:
    """Print both simulated clocks of a talk."""
    text = whole_sentences(task, engines)
    costs: dict[str, Callable[[], simulate.Cost]] = {"unaware": lambda: simulate.free, "aware": OwnCore}
    for clock, cost in costs.items():
        began = time.process_time()
        found = simulated(task, engines, cost())
        spent = (time.process_time() - began) / task.talk.seconds
        divided = segments(task, found)
        logs[clock].add(task, found, divided)
        say(row(task.name, clock, divided, text, task.target, spent))


def served(task: Task, chosen: Models, text: float, say: Callable[[str], None], logs: Logs) -> None:
    """Print the wall clock of a talk."""
    with own_server.serving(chosen, recognition={"workers": 1}) as server:
        found = asyncio.run(paced(task, f"ws://127.0.0.1:{server.port}/v1/live"))
    divided = segments(task, found)
    logs.add(task, found, divided)
    say(row(task.name, "wall clock", divided, text, task.target, None))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the translation of speech.")
    parser.add_argument("--sets", nargs="+", default=["samples", "synthesised", "recordings"])
    parser.add_argument("--pairs", nargs="+", default=["en-zh", "en-es", "en-de", "zh-en"])
    parser.add_argument("--sentences", type=int, default=20, help="of a synthesised talk")
    parser.add_argument("--paced", type=float, default=60, help="seconds of the first talk in real time")
    own_server.add_models(parser)
    parser.add_argument("--recognition", choices=PRESETS, default="balanced", help="its preset")
    parser.add_argument("--translation", choices=mt.presets.PRESETS, default="balanced", help="its preset")
    arguments = parser.parse_args()
    chosen = Models(
        arguments.model, tuple(arguments.translators), arguments.recognition, arguments.translation
    )
    wanted = config.load(
        None,
        recognition={"model": chosen.recognizer, "preset": chosen.recognition, "workers": 1},
        translation={"models": chosen.translators, "preset": chosen.translation},
        speech={"engine": "none"},
    )
    engines = models.load_engines(wanted, print)
    logs = {clock: Logs(clock) for clock in ("unaware", "aware", "wall clock")}
    with (RESULTS / "speech_translation.md").open("w", encoding="utf-8") as file:

        def say(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        say(f"{chosen} on {describe()}; one thread\n")
        columns = ["talk", "clock", "sentences", "BLEU", "text", "LongYAAL", "StreamLAAL", "core-s per s"]
        say(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
        first: Task | None = None
        for task in tasks(arguments.sets, arguments.pairs, arguments.sentences):
            first = first or task
            measured(task, engines, say, logs)
        if first and arguments.paced:
            some = shortened(first, arguments.paced)
            served(some, chosen, whole_sentences(some, engines), say, logs["wall clock"])
    if "DRAGOMAN_DATA" not in os.environ:
        print("\nsynthesised talks skipped: DRAGOMAN_DATA does not name the folder with the test sets")


if __name__ == "__main__":
    main()

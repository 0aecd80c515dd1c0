"""One way of recognising, tried on talks: what it showed when, and the figures that follow from it.

A trial runs the stages of a live session on a simulated clock, in a process of its own, so that its
processor time and its peak memory are its own.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import asr
from asr import presets
from asr.card import LONGEST
from asr.endpointing import EndpointingStage
from asr.presets import PRESETS, Kind, Name, Preset
from asr.recognition import RecognitionStage
from asr.whole import believed, second_window, whole_window
from benchmarks import scoring, talks
from benchmarks.model_folder import with_card
from benchmarks.talks import Talk
from benchmarks.whisper_streaming import CHUNK, WhisperStreamingStage
from server.interpretation import models
from server.interpretation.graph import (
    DETECTOR,
    ENDPOINTING,
    RECOGNITION,
    RECOGNIZER,
    Interpretation,
    hearing,
)
from server.interpretation.manner import Manner
from streaming import memory, simulate
from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk, EndOfUtterance
from streaming.captions import Transcript, Update
from streaming.stages import Node, Notice, Recognizer, Stage
from streaming.words import text_of

MEGABYTE = 1 << 20
DEFAULT: Name = "balanced"
SEARCHED = {"beam": 5}
"""The card of a recogniser that searches as widely as the baseline's paper."""
FIXED = {**SEARCHED, "window_floor": 30.0, "window_full": 30.0, "prompt": 224}
"""The same, and its windows are always 30 s and its prompt is as long as Whisper allows."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of recognising."""

    name: str
    chunk: float
    """Seconds of audio between decision points."""
    stage: Callable[[str | None], Stage[Any, Any, Any, Any]]
    """Builds a recognition stage for a language."""
    card: Mapping[str, float] = field(default_factory=dict)
    """What the recogniser's card says otherwise."""


@dataclass(slots=True)
class Log:
    """What recognition showed of one talk, and when."""

    entries: list[tuple[float, Update]] = field(default_factory=list)
    notices: list[tuple[float, Notice]] = field(default_factory=list)
    processor: float = 0.0
    """Seconds of processor time."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What logs say; figures of several talks add up."""

    errors: scoring.Errors
    lags: tuple[float, ...]
    """Seconds from the true end of a word to its commit."""
    seen: tuple[float, ...]
    """Seconds from the true end of a word to its first showing in its place."""
    erased: int
    length: int
    seconds: float
    """Of audio."""
    processor: float
    notices: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.errors + other.errors,
            self.lags + other.lags,
            self.seen + other.seen,
            self.erased + other.erased,
            self.length + other.length,
            self.seconds + other.seconds,
            self.processor + other.processor,
            self.notices + other.notices,
        )

    @property
    def erasure(self) -> float:
        """Units that tentative text took back, for each unit of the last text."""
        return self.erased / max(1, self.length)

    @property
    def cost(self) -> float:
        """Core-seconds per second of audio."""
        return self.processor / max(0.001, self.seconds)


def ours(family: str, kind: Kind, preset: Preset, beam: bool) -> Way:
    """Our own recognition stage in a family's windows with any policy; `beam`: at every decision point."""
    names = {
        "agreement": f"LocalAgreement, {preset.span:g} s",
        "alignment": f"AlignAtt {preset.frames}",
        "hybrid": f"hybrid {preset.frames}",
    }
    suited = presets.family(family)
    step = preset.step * suited.stride

    def stage(language: str | None) -> RecognitionStage:
        policy = preset.policy(kind)
        return RecognitionStage(
            policy,
            language,
            step=step,
            content=preset.content,
            beam=beam,
            by_sentence=suited.by_sentence,
            first=suited.first,
        )

    return Way(names[kind] + (", beam" if beam else ", greedy"), step, stage)


def baseline(name: str, card: Mapping[str, float]) -> Way:
    """The algorithm of whisper_streaming."""
    return Way(name, CHUNK, WhisperStreamingStage, card)


def product(family: str, preset: Name) -> Way:
    """What a session does that asks for a preset and nothing else."""
    manner = Manner(family, preset=preset)
    step = PRESETS[preset].step * presets.family(family).stride
    return Way(preset, step, lambda language: hearing(Interpretation(language), manner))


def ways(family: str) -> list[Way]:
    """List what is tried with the models of a family: the presets, each policy at each of their steps with
    a beam, at the default's also without one, and the baseline."""
    balanced, kinds = PRESETS[DEFAULT], get_args(Kind)
    step = balanced.step * presets.family(family).stride
    return [
        *(product(family, preset) for preset in PRESETS),
        *(ours(family, kind, preset, beam=True) for kind in kinds for preset in PRESETS.values()),
        *(ours(family, kind, balanced, beam=False) for kind in kinds),
        ours(family, "agreement", replace(balanced, span=2 * step), beam=True),
        baseline("whisper_streaming", FIXED),
        baseline("whisper_streaming, our windows", SEARCHED),
    ]


@contextmanager
def engines(folder: Path, way: Way) -> Iterator[simulate.Engines]:
    """Load what a way asks, as a server does at its start; one core."""
    memory.keep()
    with tempfile.TemporaryDirectory() as temporary:
        chosen = with_card(folder, Path(temporary) / "model", **way.card) if way.card else folder
        detector, recognizer = asr.load_detector(), asr.load_recognizer(chosen)
        models.warm_up(recognizer)
        yield {DETECTOR: detector.detect, RECOGNIZER: recognizer.recognize}


class OwnCore:
    """Charges an engine call the processor time that it took: computing counts, the neighbours do not."""

    def __init__(self) -> None:
        self._before = time.process_time()

    def __call__(self, engine: str, measured: float) -> float:
        """Tell what has been spent since the last call."""
        before, self._before = self._before, time.process_time()
        return self._before - before


def run(talk: Talk, way: Way, run: simulate.Engines, cost: simulate.Cost = simulate.free) -> Log:
    """Run a talk through endpointing and recognition."""
    log = Log()

    def emit(name: str, item: object, moment: float) -> None:
        if isinstance(item, Update):
            log.entries.append((moment, item))
        elif isinstance(item, Notice):
            log.notices.append((moment, item))

    recognition = Node(RECOGNITION, way.stage(talk.language), RECOGNIZER)
    root = Node(ENDPOINTING, EndpointingStage(), DETECTOR, [recognition])
    began = time.process_time()
    simulate.run(root, run, talk.chunks(), emit, cost)
    log.processor = time.process_time() - began
    return log


def figures(talk: Talk, log: Log) -> Figures:
    """Compute everything from a log."""
    language = talk.language
    committed = [
        (unit, moment)
        for moment, update in log.entries
        for unit in scoring.normalized("".join(word.text for word in update.committed), language)
    ]
    states = shown(log, language)
    seen = [pair for number in sorted(states) for pair in scoring.first_seen(states[number])]
    erasures = [scoring.erasure([units for _, units in history]) for history in states.values()]
    return Figures(
        scoring.errors(scoring.normalized(talk.text, language), [unit for unit, _ in committed]),
        tuple(scoring.lags(talk.words, committed, language)),
        tuple(scoring.lags(talk.words, seen, language)),
        sum(erased for erased, _ in erasures),
        sum(length for _, length in erasures),
        talk.seconds,
        log.processor,
        len(log.notices),
    )


def shown(log: Log, language: str) -> dict[int, list[tuple[float, list[str]]]]:
    """List the states of each utterance: when it changed, and its units from then on."""
    transcript, states = Transcript(), dict[int, list[tuple[float, list[str]]]]()
    for moment, update in log.entries:
        text = transcript.add(update).text
        states.setdefault(update.utterance, []).append((moment, scoring.normalized(text, language)))
    return states


def offline(talk: Talk, audios: Sequence[AudioChunk], recognizer: Recognizer) -> Figures:
    """Recognise pieces of a talk one by one, with the same weights, as recordings are: with the widest beam,
    and what cannot be believed once more."""
    began = time.process_time()
    # What no window holds is heard in two.
    texts = [_whole(half, talk.language, recognizer) for audio in audios for half in halves(audio)]
    units = scoring.normalized(" ".join(texts), talk.language)
    errors = scoring.errors(scoring.normalized(talk.text, talk.language), units)
    return Figures(errors, (), (), 0, 0, talk.seconds, time.process_time() - began)


def _whole(audio: AudioChunk, language: str, recognizer: Recognizer) -> str:
    window = whole_window(audio, language)
    (result,) = recognizer.recognize([window])
    if again := second_window(window, result):
        window = again
        (result,) = recognizer.recognize([window])
    words, _ = believed(window, result)
    return text_of(words)


def halves(audio: AudioChunk) -> list[AudioChunk]:
    """Cut audio in two if no window holds it."""
    if audio.duration <= LONGEST:
        return [audio]
    middle = len(audio.samples) // 2
    later = AudioChunk(audio.samples[middle:], audio.offset + middle)
    return [AudioChunk(audio.samples[:middle], audio.offset), later]


def sentences(talk: Talk) -> list[AudioChunk]:
    """Cut a talk where its sentences are known to begin and end, with the pause around them."""
    edge = talks.HURRIED / 2
    places = [
        (max(0, round((s.start - edge) * SAMPLE_RATE)), round((s.end + edge) * SAMPLE_RATE))
        for s in talk.sentences
    ]
    return [AudioChunk(talk.samples[first:last], first) for first, last in places]


def utterances(talk: Talk, run: simulate.Engines) -> list[AudioChunk]:
    """Cut a talk where endpointing cuts it."""
    found, buffer = list[AudioChunk](), AudioBuffer()

    def emit(name: str, item: object, moment: float) -> None:
        nonlocal buffer
        if isinstance(item, AudioChunk):
            buffer = buffer if buffer.end > buffer.start else AudioBuffer(item.offset)
            buffer.append(item)
        elif isinstance(item, EndOfUtterance):
            found.append(buffer.read(buffer.start, buffer.end))
            buffer = AudioBuffer()

    simulate.run(Node(ENDPOINTING, EndpointingStage(), DETECTOR), run, talk.chunks(), emit)
    return found


def peak_memory() -> float:
    """Tell the most memory that this process has had resident, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss counts the parent's memory at the moment of the fork as well.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        MEGABYTE if os.uname().sysname == "Darwin" else 1024
    )

"""How short a window may be, and how much silence must stand behind the speech: errors for each choice."""

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asr
from asr.guards import inspect
from benchmarks import scoring, talks, trial
from benchmarks.model_folder import with_card
from benchmarks.talks import Talk
from server.interpretation.graph import DETECTOR
from streaming.audio import AudioChunk
from streaming.stages import Recognizer, Window
from streaming.words import text_of

FLOORS = (2.0, 4.0, 6.0, 10.0, 14.0, 30.0)
MARGINS = (0.5, 1.0, 2.0)
LONGEST = 8.0
"""Seconds of speech in a window, at most, as in live recognition; longer utterances are left out."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance as endpointed, with what is said in it."""

    audio: AudioChunk
    language: str
    text: str


def report(folder: Path, recordings: Mapping[str, Sequence[Talk]], floors: Iterable[float] = FLOORS) -> None:
    """Print what the sets of recordings hold, then errors, alarms and cost by floor and margin."""
    print(*(f"- {talks.described(name, found)}" for name, found in recordings.items()), "", sep="\n")
    spoken = [utterance for found in recordings.values() for talk in found for utterance in cut(talk)]
    if not spoken:
        print(f"no utterance of at most {LONGEST:g} s whose text is known, so nothing is measured")
        return
    seconds = sum(utterance.audio.duration for utterance in spoken)
    languages = sorted({utterance.language for utterance in spoken})
    print(f"{len(spoken)} utterances of at most {LONGEST:g} s, {seconds / 60:.1f} min, greedy, no prompt\n")
    print(f"| shortest window | silence behind | {' | '.join(f'error {x}' for x in languages)}", end="")
    print(f" | alarms | core-s/s |\n|--:|--:|{'--:|' * len(languages)}--:|--:|")
    for floor in floors:
        for margin in MARGINS:
            with tempfile.TemporaryDirectory() as temporary:
                card = {"window_floor": floor, "window_margin": margin, "window_full": 30.0}
                recognizer = asr.load_recognizer(with_card(folder, Path(temporary) / "model", **card))
                rates, alarms, spent = heard(recognizer, spoken)
            cells = " | ".join(f"{100 * rates[language].rate:.2f} %" for language in languages)
            print(f"| {floor:g} s | {margin:g} s | {cells} | {alarms} | {spent / seconds:.4f} |", flush=True)


def cut(talk: Talk) -> list[Spoken]:
    """Cut a talk into utterances whose text is known: those that hold whole sentences."""
    detector = asr.load_detector()
    found = []
    for audio in trial.utterances(talk, {DETECTOR: detector.detect}):
        inside = [s for s in talk.sentences if audio.start - 0.5 <= s.start and s.end <= audio.end + 0.5]
        touched = [s for s in talk.sentences if s.start < audio.end and audio.start < s.end]
        if inside and inside == touched and audio.duration <= LONGEST:
            found.append(Spoken(audio, talk.language, " ".join(s.text for s in inside)))
    return found


def heard(recognizer: Recognizer, spoken: Sequence[Spoken]) -> tuple[dict[str, scoring.Errors], int, float]:
    """Recognise every utterance; gives errors by language, alarms of the guards and processor time."""
    rates, alarms = dict[str, scoring.Errors](), 0
    began = time.process_time()
    for utterance in spoken:
        (result,) = recognizer.recognize([Window(utterance.audio, language=utterance.language)])
        alarms += inspect(result, utterance.audio.duration) is not None
        language = utterance.language
        said, written = (scoring.normalized(t, language) for t in (utterance.text, text_of(result.words)))
        errors = scoring.errors(said, written)
        rates[language] = rates[language] + errors if language in rates else errors
    return rates, alarms, time.process_time() - began

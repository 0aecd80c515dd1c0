"""The measures of speech translation, on talks whose figures can be told in advance."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from served import engines

from benchmarks import speech_translation
from benchmarks.speech_translation import (
    Logs,
    Task,
    Unit,
    counted,
    instance,
    row,
    segments,
    shortened,
    simulated,
)
from benchmarks.talks import Sentence, Talk
from streaming import simulate
from streaming.audio import SAMPLE_RATE
from streaming.scripted import GAP_SECONDS, WORD_SECONDS, speak

WORD = WORD_SECONDS + GAP_SECONDS
FIRST, SECOND = "alpha bravo charlie", "delta echo foxtrot golf"


def mirrored(text: str) -> str:
    """Translate as the scripted translator does."""
    return " ".join(word[::-1] for word in text.split())


def scripted() -> Task:
    """Two sentences with a pause between them, translated word by word."""
    samples = speak([*FIRST.split(), "", *SECOND.split()])
    begun = 0.5 + 3 * WORD + 1.0
    sentences = (Sentence(FIRST, 0.5, 0.5 + 3 * WORD), Sentence(SECOND, begun, begun + 4 * WORD))
    talk = Talk("talk", "en", samples, f"{FIRST} {SECOND}", sentences)
    return Task(talk, "es", (mirrored(FIRST), mirrored(SECOND)))


def test_delays_begin_with_their_sentence() -> None:
    talk = Talk("talk", "en", np.zeros(6 * SAMPLE_RATE, np.float32), "", ())
    talk = replace(talk, sentences=(Sentence("a b", 0.5, 2.0), Sentence("c d", 3.0, 5.0)))
    task = Task(talk, "es", ("A B", "C D"))
    found = [Unit("A", 1.0, 1.5), Unit("B", 2.0, 2.0), Unit("C", 4.0, 4.25), Unit("D", 5.0, 6.5)]
    first, second = segments(task, found)
    assert (first.text, second.text) == ("A B", "C D")
    assert (first.read.delays, second.read.delays) == ((0.5, 1.5), (1.0, 2.0))
    assert (first.elapsed.delays, second.elapsed.delays) == ((1.0, 1.5), (1.25, 3.5))
    assert (second.read.source_length, second.read.recording_end) == (2.0, 3.0)
    # YAAL leaves out what came after the recording had ended; the ideal is a unit each second.
    assert row("x", "aware", [second], 50.0, "es", None).split(" | ")[5] == "1.25"


def test_a_talk_goes_through_the_whole_graph_and_computing_makes_it_later() -> None:
    task = scripted()
    free = simulated(task, engines(), simulate.free)
    assert [unit.text for unit in free] == mirrored(f"{FIRST} {SECOND}").split()
    assert all(unit.read == pytest.approx(unit.time) for unit in free)
    dear = simulated(task, engines(), lambda engine, measured: 0.05)
    assert all(late.time > early.time for early, late in zip(free, dear, strict=True))
    assert [segment.text for segment in segments(task, free)] == list(task.references)


def test_logs_hold_what_a_scorer_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_translation, "RESULTS", tmp_path)
    task = scripted()
    found = simulated(task, engines(), simulate.free)
    Logs("wall clock").add(task, found, segments(task, found))
    (line,) = (tmp_path / "speech_translation-wall_clock.log").read_text().splitlines()
    log = json.loads(line)
    assert log == instance(0, task, found)
    assert len(log["prediction"].split()) == len(log["delays"]) == len(log["elapsed"]) == 7
    assert log["source_length"] == pytest.approx(1000 * task.talk.seconds, abs=1)
    sentences = (tmp_path / "speech_translation-wall_clock.resegmented.jsonl").read_text().splitlines()
    assert [json.loads(text)["reference"] for text in sentences] == list(task.references)


def test_units_are_counted_as_scorers_count() -> None:
    assert counted(" Hola, amigo.", "es") == ["Hola,", "amigo."]
    assert counted("我用 GPU。", "zh") == list("我用GPU。")


def test_a_talk_is_shortened_between_sentences() -> None:
    task = scripted()
    short = shortened(task, task.talk.sentences[0].end + 1.0)
    assert short.references == (mirrored(FIRST),)
    assert short.talk.seconds == pytest.approx(task.talk.sentences[0].end + 0.7, abs=0.01)

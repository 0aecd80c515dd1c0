"""The laws that hold over whole graphs, with the real stages and scripted engines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import scoring
from server.interpretation.graph import (
    DETECTOR,
    RECOGNITION,
    RECOGNIZER,
    SYNTHESIZER,
    TRANSLATION,
    TRANSLATOR,
    Interpretation,
    graph,
)
from streaming import pipeline, simulate
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.captions import Transcript, Update
from streaming.scripted import (
    VOCABULARY,
    ScriptedDetector,
    ScriptedRecognizer,
    ScriptedSynthesizer,
    ScriptedTranslator,
    speak,
)

WANTED = Interpretation("en", ("es", "zh"), speak=("es",))
ENGINES: dict[str, Any] = {
    DETECTOR: ScriptedDetector().detect,
    RECOGNIZER: ScriptedRecognizer().recognize,
    TRANSLATOR: ScriptedTranslator().translate,
    SYNTHESIZER: ScriptedSynthesizer().synthesize,
}
talks = st.lists(st.sampled_from([*VOCABULARY, ""]), min_size=1, max_size=20)
cuts = st.lists(st.integers(1, 30_000), max_size=40)
few = settings(max_examples=25)

Seen = list[tuple[str, Any]]


def split(samples: Samples, sizes: Sequence[int]) -> list[AudioChunk]:
    """Cut audio into chunks of the given sizes, in turn; the rest is the last chunk."""
    edges = [0, *np.cumsum(sizes).tolist(), len(samples)]
    chunks = [AudioChunk(samples[a:b], a) for a, b in pairwise(edges)]
    return [chunk for chunk in chunks if len(chunk.samples)]


def simulated(chunks: list[AudioChunk]) -> Seen:
    seen: Seen = []
    simulate.run(graph(WANTED), ENGINES, chunks, lambda name, item, time: seen.append((name, item)))
    return seen


def piped(chunks: list[AudioChunk]) -> Seen:
    seen: Seen = []

    def waiting(run: Any) -> Any:
        async def ask(request: Any) -> Any:
            await asyncio.sleep(0)
            return run([request])[0]

        return ask

    async def source() -> AsyncIterator[AudioChunk]:
        for chunk in chunks:
            yield chunk

    engines = {name: waiting(run) for name, run in ENGINES.items()}
    asyncio.run(pipeline.run(graph(WANTED), engines, source(), lambda name, item: seen.append((name, item))))
    return seen


def updates(seen: Seen) -> dict[str, list[Update]]:
    names = {RECOGNITION, *(f"{TRANSLATION}.{target}" for target in WANTED.targets)}
    return {name: [item for n, item in seen if n == name and isinstance(item, Update)] for name in names}


def committed(seen: Seen) -> dict[str, list[str]]:
    transcript = Transcript()
    for run in updates(seen).values():
        for update in run:
            transcript.add(update)
    return {language: transcript.committed(language) for language in ("en", *WANTED.targets)}


@few
@given(talks)
def test_committed_text_only_grows_and_everything_is_said(talk: list[str]) -> None:
    samples = speak(talk)
    seen = simulated(split(samples, [1600] * (len(samples) // 1600)))
    text = committed(seen)
    assert " ".join(text["en"]).split() == [word for word in talk if word]
    assert "".join(text["es"]).replace(" ", "") == "".join(word[::-1] for word in talk)
    assert len("".join(text["zh"])) == len([word for word in talk if word])
    for run in updates(seen).values():
        by_utterance = {update.utterance: update for update in run}
        assert all(update.final for update in by_utterance.values())


@few
@given(talks, cuts)
def test_any_split_of_the_audio_gives_the_same_updates(talk: list[str], sizes: list[int]) -> None:
    samples = speak(talk)
    whole = updates(simulated(split(samples, [])))
    assert updates(simulated(split(samples, sizes))) == whole
    assert updates(simulated(split(samples, [320] * (len(samples) // 320)))) == whole


def test_single_samples_give_the_same_updates() -> None:
    samples = speak(["alpha", "bravo", "charlie"])
    whole = updates(simulated(split(samples, [])))
    assert updates(simulated(split(samples, [1] * len(samples)))) == whole


@few
@given(talks, cuts)
def test_both_drivers_write_the_same(talk: list[str], sizes: list[int]) -> None:
    chunks = split(speak(talk), sizes)
    a, b = simulated(chunks), piped(chunks)
    assert updates(a) == updates(b)
    spoken = [[item.text for name, item in seen if name == "speech.es"] for seen in (a, b)]
    assert spoken[0] == spoken[1]


@few
@given(talks)
def test_word_times_are_ordered_and_within_the_audio(talk: list[str]) -> None:
    samples = speak(talk)
    received = 0.0
    latest: dict[str, float] = {}

    def emit(name: str, item: Any, time: float) -> None:
        if not isinstance(item, Update):
            return
        words = item.committed + item.tentative
        for word in words:
            assert word.start <= word.end <= received + 1e-6
        for before, after in pairwise(words):
            assert before.start <= after.start
        if item.committed:
            assert item.committed[0].start >= latest.get(name, 0.0) - 1e-6
            latest[name] = item.committed[-1].start

    def chunks() -> Any:
        nonlocal received
        for chunk in split(samples, [1600] * (len(samples) // 1600)):
            received = chunk.end
            yield chunk

    simulate.run(graph(WANTED), ENGINES, chunks(), emit)


def test_who_never_pauses_for_twenty_minutes_is_heard_without_delay() -> None:
    """Where an utterance must end within a word, that word may be damaged, and nothing else."""
    words = VOCABULARY * 180
    samples = speak(words)
    committed, late, utterances = list[str](), list[float](), set[int]()

    def emit(name: str, item: Any, time: float) -> None:
        if isinstance(item, Update):
            utterances.add(item.utterance)
            committed.extend(word.text.strip() for word in item.committed)
            late.extend(time - word.end for word in item.committed)

    wanted = Interpretation("en")
    chunks = split(samples, [SAMPLE_RATE // 2] * (2 * len(samples) // SAMPLE_RATE))
    simulate.run(graph(wanted), ENGINES, chunks, emit)
    assert len(samples) / SAMPLE_RATE > 20 * 60
    assert scoring.errors(words, committed).operations <= len(utterances)
    assert max(late) < 3.0


def test_silence_says_nothing() -> None:
    silence = np.zeros(60 * SAMPLE_RATE, np.float32)
    assert simulated(split(silence, [1600] * 600)) == []


@pytest.mark.parametrize("talk", [["alpha"], ["alpha", "", "bravo"]])
def test_translation_begins_before_the_speaker_stops(talk: list[str]) -> None:
    words = [*VOCABULARY[:12], *talk]
    first: dict[str, float] = {}

    def emit(name: str, item: Any, time: float) -> None:
        if isinstance(item, Update) and item.committed:
            first.setdefault(name, time)

    samples = speak(words)
    chunks = split(samples, [1600] * (len(samples) // 1600))
    simulate.run(graph(WANTED), ENGINES, chunks, emit)
    assert first[RECOGNITION] < 4.0
    assert first["translation.es"] < 4.0

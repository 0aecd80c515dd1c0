"""The main job on the models that come with the project: real recordings, a real socket, real engines."""

import asyncio
import json
import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile

import embedded
from benchmarks import scoring
from server import config
from server.client import client
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.interpretation.models import EMBEDDED
from server.recordings import files
from server.wire.messages import Caption, Done
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.captions import Transcript
from streaming.decode import decode
from tests.served import Served, cut, serving, until

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(
        not (embedded.recognizers() and embedded.translators()), reason="no embedded models in this checkout"
    ),
]
SECONDS = 14.0
TARGETS = {"english": ("en", ("zh", "es")), "chinese": ("zh", ("en",))}


@pytest.fixture(scope="module")
def engines() -> Engines:
    chosen = config.load(
        None, recognition={"model": EMBEDDED}, translation={"models": [EMBEDDED]}, speech={"engine": "none"}
    )
    return models.load_engines(chosen, print)


@pytest.fixture(scope="module", params=sorted(TARGETS))
def beginning(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of a sample, as a file."""
    return shortened(request.param, tmp_path_factory.mktemp("samples"))


def shortened(name: str, folder: Path) -> Path:
    path = folder / f"{name}.flac"
    soundfile.write(path, joined(sample(name)), SAMPLE_RATE)
    return path


def sample(name: str) -> list[AudioChunk]:
    path = next(path for path in embedded.samples() if path.stem == name)
    return list(islice(decode(path), round(SECONDS * 10)))


def joined(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


async def live(served: Served, name: str, sizes: list[int]) -> tuple[Transcript, int]:
    """Stream the beginning of a sample in chunks of these sizes; gives captions and skipped points."""
    source, targets = TARGETS[name]
    transcript, skipped = Transcript(), 0
    chunks = cut(joined(sample(name)), sizes)
    async for arrival in client.stream(served.url, chunks, source=source, targets=targets, speed=0):
        match arrival.message:
            case Caption() as caption:
                transcript.show(caption)
            case Done(statistics=statistics):
                skipped = statistics.skipped
    return transcript, skipped


def interpreted(path: Path, engines: Engines) -> dict[str, list[str]]:
    source, targets = TARGETS[path.stem]
    wanted = Interpretation(source, targets)
    record = files.interpret(path, wanted, engines, lambda seconds: None, approach=files.LIVE)
    said = {source: [utterance.text for utterance in record.utterances]}
    for target in targets:
        said[target] = [u.translations[target] for u in record.utterances if u.translations[target]]
    return said


def committed(transcript: Transcript, languages: list[str]) -> dict[str, list[str]]:
    return {language: transcript.committed(language) for language in languages}


SIZES = {
    "20ms": [320],
    "100ms": [1600],
    "1s": [16_000],
    "any": random.Random(3).choices(range(1, 20_000), k=40),
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
async def test_live_equals_offline(beginning: Path, engines: Engines, sizes: list[int]) -> None:
    expected = await asyncio.to_thread(interpreted, beginning, engines)
    assert all(expected.values())
    async with serving(engines) as served:
        transcript, skipped = await live(served, beginning.stem, sizes)
    if skipped:
        pytest.skip(f"this machine did not keep up: {skipped} decision points were left out, as they may be")
    assert committed(transcript, list(expected)) == expected


async def test_two_languages_and_a_session_that_dies(engines: Engines, tmp_path: Path) -> None:
    expected = {
        name: await asyncio.to_thread(interpreted, shortened(name, tmp_path), engines) for name in TARGETS
    }
    async with serving(engines) as served:
        both = asyncio.gather(live(served, "english", [1600]), live(served, "chinese", [1600]))
        dying = asyncio.create_task(live(served, "chinese", [1600]))
        await until(lambda: served.sessions == 3)
        dying.cancel()
        await until(lambda: served.sessions == 2)
        outcomes = await both
    for name, (transcript, skipped) in zip(("english", "chinese"), outcomes, strict=True):
        if skipped:
            pytest.skip(f"this machine did not keep up: {skipped} decision points were left out")
        assert committed(transcript, list(expected[name])) == expected[name]


def test_words_stand_where_they_are_spoken(beginning: Path, engines: Engines) -> None:
    source, _ = TARGETS[beginning.stem]
    record = files.interpret(beginning, Interpretation(source), engines, lambda seconds: None)
    path = next(path for path in embedded.samples() if path.stem == beginning.stem)
    sentences = json.loads(path.with_suffix(".json").read_text())["sentences"]
    spoken = [(s["start"], s["end"]) for s in sentences if s["start"] < SECONDS]
    words = [word for utterance in record.utterances for word in utterance.words]
    within = [any(start - 0.5 < word.start < end + 0.5 for start, end in spoken) for word in words]
    assert len(words) > 10
    assert sum(within) > 0.9 * len(words)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_samples_are_understood(name: str, engines: Engines) -> None:
    """Not how good the models are (their cards say it), but that the words which come out are those heard."""
    path = next(path for path in embedded.samples() if path.stem == name)
    source, _ = TARGETS[name]
    about = json.loads(path.with_suffix(".json").read_text())
    record = files.interpret(path, Interpretation(source), engines, lambda seconds: None)
    said = " ".join(sentence["text"] for sentence in about["sentences"])
    heard = " ".join(utterance.text for utterance in record.utterances)
    assert scoring.errors(scoring.normalized(said, source), scoring.normalized(heard, source)).rate < 0.6

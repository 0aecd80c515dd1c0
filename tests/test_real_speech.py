"""Speech as it comes: over the telephone, clipped, quiet, in two languages, between tones and pauses.

The embedded models hear the same words as they heard in the clean recording, as far as they can: errors are
counted against what is said, and compared with the clean recording's.
"""

import json
from collections.abc import Callable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

import embedded
from benchmarks import noises, scoring
from benchmarks.telephone import telephone
from server import config
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import DETECTOR, RECOGNITION, RECOGNIZER, Interpretation, graph
from server.interpretation.models import EMBEDDED
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.captions import Update
from streaming.decode import decode

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(not embedded.recognizers(), reason="no embedded recognizer in this checkout"),
]
SENTENCES, PARAGRAPH, ALL = 2, 5, 99
SOURCES = {"english": "en", "chinese": "zh"}
MOMENTS = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE


@cache
def engines() -> Engines:
    wanted = config.load(
        None, recognition={"model": EMBEDDED}, translation={"models": [EMBEDDED]}, speech={"engine": "none"}
    )
    return models.load_engines(wanted, lambda line: None)


def sample(name: str) -> tuple[Path, list[dict[str, Any]]]:
    """A recording of the project, and its sentences."""
    path = next(path for path in embedded.samples() if path.stem == name)
    return path, json.loads(path.with_suffix(".json").read_text())["sentences"]


@cache
def clean(name: str, count: int = SENTENCES) -> Samples:
    """The first sentences of a sample."""
    path, sentences = sample(name)
    last = sentences[:count][-1]
    samples, rate = soundfile.read(path, dtype="float32", frames=round((last["end"] + 0.2) * SAMPLE_RATE))
    assert rate == SAMPLE_RATE
    found: Samples = samples
    return found


def heard(samples: Samples, wanted: Interpretation) -> list[Update]:
    """What is committed of audio that comes in chunks of 100 ms."""
    updates: list[Update] = []

    def emit(name: str, item: Any, time: float) -> None:
        if name == RECOGNITION and isinstance(item, Update):
            updates.append(item)

    chunks = [AudioChunk(samples[i : i + 1600], i) for i in range(0, len(samples), 1600)]
    run = {DETECTOR: engines().detector.detect, RECOGNIZER: engines().recognizer.recognize}
    simulate.run(graph(wanted, manner=engines().manner), run, chunks, emit)
    return [update for update in updates if update.committed]


def text(updates: list[Update]) -> str:
    return "".join(word.text for update in updates for word in update.committed)


@cache
def clean_text(name: str) -> str:
    return text(heard(clean(name), Interpretation(SOURCES[name])))


def wrong(name: str, updates: list[Update], count: int = ALL) -> float:
    """The share of what is said in the first sentences of a recording that is not heard."""
    said = " ".join(sentence["text"] for sentence in sample(name)[1][:count])
    return scoring.errors(*(scoring.normalized(words, SOURCES[name]) for words in (said, text(updates)))).rate


def difference(name: str, updates: list[Update]) -> float:
    """The share of the clean recording's words that are others now."""
    said = (clean_text(name), text(updates))
    units = [scoring.normalized(words, SOURCES[name]) for words in said]
    return scoring.errors(*units).rate


def pause(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def halves(updates: list[Update], name: str) -> tuple[list[Update], list[Update]]:
    """What was said in the first recording of this name, and later."""
    seconds = len(clean(name)) / SAMPLE_RATE
    before = [update for update in updates if update.committed[0].start < seconds]
    return before, updates[len(before) :]


# Recordings as they come.


def clipped(samples: Samples) -> Samples:
    """So loud that one sample in twenty is cut."""
    return np.clip(samples / np.quantile(np.abs(samples), 0.95), -1, 1).astype(np.float32)


def noisy(samples: Samples) -> Samples:
    """A quiet hiss, 30 dB below the speech."""
    hiss = np.random.default_rng(5).standard_normal(len(samples)) * samples.std() * 10 ** (-30 / 20)
    return (samples + hiss).astype(np.float32)


@pytest.mark.parametrize(("change", "most"), [(clipped, 0.15), (noisy, 0.05)])
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_what_is_said_is_heard_through_damage(
    name: str, change: Callable[[Samples], Samples], most: float
) -> None:
    """In the whole recording: of two sentences, a word is too large a share."""
    before, after = (
        wrong(name, heard(samples, Interpretation(SOURCES[name])))
        for samples in (clean(name, ALL), change(clean(name, ALL)))
    )
    assert after <= before + most


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_stereo_is_mixed(name: str, tmp_path: Path) -> None:
    """At another rate, and with one channel quieter than the other."""
    left = soxr.resample(clean(name), SAMPLE_RATE, 44_100)
    soundfile.write(tmp_path / "stereo.flac", np.stack([left, 0.3 * left], axis=1), 44_100)
    mixed = np.concatenate([chunk.samples for chunk in decode(tmp_path / "stereo.flac")])
    assert difference(name, heard(mixed, Interpretation(SOURCES[name]))) <= 0.2


def music(samples: Samples) -> Samples:
    """Notes, chords and beeps, 15 dB below the speech."""
    tones = noises.tones(len(samples) / SAMPLE_RATE, np.random.default_rng(0), samples)
    loudness = samples.std() * 10 ** (-15 / 20) / tones.std()
    return np.asarray(samples + loudness * tones, np.float32)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_music_under_speech_costs_few_words(name: str) -> None:
    before, after = (
        wrong(name, heard(samples, Interpretation(SOURCES[name])), PARAGRAPH)
        for samples in (clean(name, PARAGRAPH), music(clean(name, PARAGRAPH)))
    )
    assert after <= before + 0.07


@pytest.mark.parametrize(("name", "most"), [("english", 0.46), ("chinese", 0.37)])
def test_a_telephone_is_heard_in_its_language(name: str, most: float) -> None:
    """The embedded model has hardly heard a telephone: more is wrong, but most is heard."""
    detected = Interpretation(languages=("en", "zh"))
    before, after = heard(clean(name), detected), heard(telephone(clean(name)), detected)
    assert {update.language for update in after} == {SOURCES[name]}
    assert wrong(name, after, SENTENCES) <= wrong(name, before, SENTENCES) + most


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_next_speaker_may_be_30_db_quieter(name: str) -> None:
    """A word of English more may be wrong, or two characters of Chinese."""
    both = np.concatenate([clean(name), pause(1.0), clean(name) * np.float32(10 ** (-30 / 20))])
    before = wrong(name, heard(clean(name), Interpretation(SOURCES[name])), SENTENCES)
    for half in halves(heard(both, Interpretation(SOURCES[name])), name):
        assert wrong(name, half, SENTENCES) <= before + 0.15


# Two languages.


def sentence(name: str, number: int) -> Samples:
    """One sentence of a sample."""
    times = sample(name)[1][number]
    begin, end = (round(times[side] * SAMPLE_RATE) for side in ("start", "end"))
    return clean(name, ALL)[begin:end]


def test_two_languages_in_one_utterance() -> None:
    """The same sentence in both, with no pause between that ends an utterance."""
    both = np.concatenate([sentence("chinese", 4), pause(0.05), sentence("english", 4), pause(1.0)])
    updates = heard(both, Interpretation("zh"))
    assert len({update.utterance for update in updates}) == 1
    for word in ("问题", "讨论", "three questions", "talk"):
        assert word in text(updates)


@pytest.mark.parametrize("voice", ["cmn", "cmn+f1"])
def test_an_english_name_in_a_chinese_sentence_is_written_in_its_own_script(voice: str) -> None:
    pytest.importorskip("espeakng_loader", reason="espeak is an extra: pip install dragoman[tts]")
    from embedded.recipe import sentences, synthesis

    said = sentences.Sentence("我们用 Python 开会。", "zh", held_out=True)
    wave = synthesis.espeak().speak(said, synthesis.Voice(voice, rate=150)).wave.astype(np.float32)
    samples = np.concatenate([pause(0.5), wave, pause(1.0)])
    found = text(heard(samples, Interpretation(languages=("en", "zh"))))
    for word in ("我们", "Python", "开会"):
        assert word in found


def test_two_languages_in_turn() -> None:
    turns = np.concatenate([clean("english"), pause(1.0), clean("chinese"), pause(1.0), clean("english")])
    updates = heard(turns, Interpretation(languages=("en", "zh")))
    languages = [language for language, _ in groupby(updates, lambda update: update.language)]
    assert languages == ["en", "zh", "en"]
    chinese = [update for update in updates if update.language == "zh"]
    first, last = halves([update for update in updates if update.language == "en"], "english")
    assert difference("chinese", chinese) <= 0.2
    assert difference("english", first) <= 0.2
    assert difference("english", last) <= 0.2


def test_a_long_pause_changes_nothing() -> None:
    """Law 12, on the real models: language and text are those of before."""
    both = np.concatenate([clean("chinese"), pause(45.0), clean("chinese")])
    first, second = halves(heard(both, Interpretation(languages=("en", "zh"))), "chinese")
    assert {update.language for update in first + second} == {"zh"}
    assert difference("chinese", first) <= 0.2
    assert difference("chinese", second) <= 0.2


# What nobody says.


def tone() -> Samples:
    return np.asarray(0.3 * np.sin(2 * np.pi * 440 * MOMENTS), np.float32)


def chords() -> Samples:
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * 2 * MOMENTS)
    return np.asarray(0.1 * beat * sum(np.sin(2 * np.pi * f * MOMENTS) for f in (220, 277, 330)), np.float32)


def melody() -> Samples:
    pitch = 220 * 2 ** ((np.floor(MOMENTS * 3) * 5 % 12) / 12)
    return np.asarray(0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE), np.float32)


def hiss() -> Samples:
    return np.asarray(0.1 * np.random.default_rng(0).standard_normal(len(MOMENTS)), np.float32)


def typing() -> Samples:
    return np.asarray((np.arange(len(MOMENTS)) % 4_000 < 20) * 0.8, np.float32)


@pytest.mark.parametrize("sound", [tone, chords, melody, hiss, typing])
def test_nothing_is_said_where_nobody_speaks(sound: Callable[[], Samples]) -> None:
    assert heard(sound(), Interpretation(languages=("en", "zh"))) == []

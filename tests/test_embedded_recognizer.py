"""The embedded recogniser by the recognizer that serves it: languages, times, and batches."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import embedded
from asr.commit import AlignAtt
from asr.endpointing import FRAME, EndpointingStage
from asr.presets import PRESETS
from asr.whisper import WhisperRecognizer
from benchmarks import noises
from server.interpretation.graph import (
    DETECTOR,
    ENDPOINTING,
    RECOGNITION,
    RECOGNIZER,
    Interpretation,
    hearing,
)
from server.interpretation.manner import Manner
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Update
from streaming.stages import Detection, DetectionRequest, Node, Recognition, Window
from streaming.words import Word, text_of

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(not embedded.recognizers(), reason="no embedded recognizer in this checkout"),
]
each_sample = pytest.mark.parametrize("path", embedded.samples(), ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def recognizer() -> WhisperRecognizer:
    return WhisperRecognizer(embedded.recognizers()[0], device="cpu")


def hear(recognizer: WhisperRecognizer, window: Window) -> Recognition:
    (answer,) = recognizer.recognize([window])
    return answer


def bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def sentence(path: Path, number: int) -> AudioChunk:
    """One of the sentences of a sample recording."""
    where = json.loads(path.with_suffix(".json").read_text())["sentences"][number]
    samples, rate = soundfile.read(path, dtype="float32")
    first, last = (round(where[edge] * rate) for edge in ("start", "end"))
    return AudioChunk(samples[first:last], first)


@pytest.mark.parametrize("beam", [False, True])
def test_a_stream_says_the_same_alone_and_in_a_batch(recognizer: WhisperRecognizer, beam: bool) -> None:
    windows = []
    for path in embedded.samples():
        language = json.loads(path.with_suffix(".json").read_text())["language"]
        samples, rate = soundfile.read(path, dtype="float32")
        for begin, seconds in ((2.6, 2.5), (8.8, 3.0), (9.0, 2.8), (13.0, 5.5)):
            first, last = round(begin * rate), round((begin + seconds) * rate)
            windows.append(Window(AudioChunk(samples[first:last], first), language=language, beam=beam))
    alone = [hear(recognizer, window) for window in windows]
    # What a stream has committed differs, and so do the lengths of what is forced.
    windows += [replace(window, prefix=heard.words[:2]) for window, heard in zip(windows, alone, strict=True)]
    alone += [hear(recognizer, window) for window in windows[len(alone) :]]
    together = recognizer.recognize(windows)
    assert [text_of(heard.words) for heard in together] == [text_of(heard.words) for heard in alone]
    assert sum(map(len, (heard.words for heard in alone))) > 40
    for a, b in zip(alone, together, strict=True):
        assert [word.end for word in a.words] == pytest.approx([word.end for word in b.words], abs=0.041)
        assert [word.shared for word in a.words] == pytest.approx([word.shared for word in b.words], abs=0.05)
    shared = [[word.shared for word in heard.words] for heard in alone]
    assert all(row == sorted(row, reverse=True) and 0.0 < row[-1] and row[0] <= 1.0 for row in shared)
    assert (min(map(min, shared)) < 0.9) is beam  # what nobody searched is not doubted


@pytest.mark.parametrize("language", [None, "en", "zh"])
@pytest.mark.parametrize("kind", ["room", "tones", "typing"])
def test_nothing_is_committed_of_sound_that_a_detector_takes_for_speech(
    recognizer: WhisperRecognizer, kind: str, language: str | None
) -> None:
    """Silero stops these sounds; here a detector lets everything through, and the recognizer is asked."""
    silence = np.zeros(SAMPLE_RATE, np.float32)
    samples = noises.KINDS[kind](6.0, np.random.default_rng(7), silence).astype(np.float32)
    asked, committed = list[Window](), list[Word]()

    def detect(requests: Sequence[DetectionRequest]) -> list[Detection]:
        return [Detection((0.9,) * (len(request.samples) // FRAME), None) for request in requests]

    def recognize(windows: Sequence[Window]) -> list[Recognition]:
        asked.extend(windows)
        return recognizer.recognize(windows)

    def emit(name: str, item: object, moment: float) -> None:
        if isinstance(item, Update):
            committed.extend(item.committed)

    stage = hearing(Interpretation(language), Manner(recognizer.family))
    root = Node(ENDPOINTING, EndpointingStage(), DETECTOR, [Node(RECOGNITION, stage, RECOGNIZER)])
    simulate.run(root, {DETECTOR: detect, RECOGNIZER: recognize}, [AudioChunk(samples, 0)], emit)
    assert asked and asked[-1].final and asked[-1].audio.end == pytest.approx(6.0, abs=0.1)
    assert not committed


@each_sample
def test_the_language_is_known(recognizer: WhisperRecognizer, path: Path) -> None:
    about = json.loads(path.with_suffix(".json").read_text())
    sentence = about["sentences"][1]
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    begin, end = round((sentence["start"] - 0.2) * rate), round((sentence["end"] + 0.2) * rate)
    heard = hear(recognizer, Window(AudioChunk(samples[begin:end], begin), final=True))
    assert heard.language == about["language"]
    assert len(heard.words) >= 5
    assert all(begin / rate <= word.start <= word.end <= end / rate for word in heard.words)


@each_sample
@pytest.mark.parametrize("known", [0, 3])
def test_without_an_alignment_words_are_about_as_probable(
    recognizer: WhisperRecognizer, path: Path, known: int
) -> None:
    """What guards go by must not depend on the time that there is."""
    about = json.loads(path.with_suffix(".json").read_text())
    window = Window(sentence(path, 1), language=about["language"], final=True)
    window = replace(window, prefix=hear(recognizer, window).words[:known])
    aligned, spread = (hear(recognizer, replace(window, align=align)).words for align in (True, False))
    assert [word.text for word in aligned] == [word.text for word in spread]
    with_times, without = (
        statistics.fmean(word.probability for word in found) for found in (aligned, spread)
    )
    assert without == pytest.approx(with_times, abs=0.15)


@each_sample
@pytest.mark.parametrize("number", [1, 2, 3])
def test_nothing_is_heard_in_a_voice_that_is_played_backwards(
    recognizer: WhisperRecognizer, path: Path, number: int
) -> None:
    said = sentence(path, number)
    backwards = AudioChunk(np.ascontiguousarray(said.samples[::-1]), said.offset)
    assert hear(recognizer, Window(said, final=True)).words
    assert not hear(recognizer, Window(backwards, final=True)).words


@each_sample
def test_the_end_of_the_text_takes_up_silence_and_shows_what_is_cut(
    recognizer: WhisperRecognizer, path: Path
) -> None:
    """What AlignAtt rests on: behind whole words the end's row holds the pause; a cut word leaves it none."""
    about = json.loads(path.with_suffix(".json").read_text())
    samples, rate = soundfile.read(path, dtype="float32")
    whole, cut, frames = [], [], PRESETS["balanced"].frames
    for sentence in about["sentences"][:6]:
        spoken = [w for w in about["words"] if sentence["start"] <= w["start"] < sentence["end"]]
        middle = (spoken[-3]["start"] + spoken[-3]["end"]) / 2
        for end, safe in ((sentence["end"] + 0.5, whole), (middle, cut)):
            first, last = round((sentence["start"] - 0.2) * rate), round(end * rate)
            audio = AudioChunk(samples[first:last], first)
            heard = hear(recognizer, Window(audio, language=about["language"], beam=True)).words
            safe.append(AlignAtt(frames).commit(heard, audio.end) == len(heard))
    assert sum(whole) >= 5
    assert sum(cut) <= 2


@each_sample
def test_words_stand_where_they_are_spoken(recognizer: WhisperRecognizer, path: Path) -> None:
    """Also in front of a pause, which is no part of the word, though a mark stands there."""
    about = json.loads(path.with_suffix(".json").read_text())
    samples, rate = soundfile.read(path, dtype="float32")
    apart, late = list[float](), list[float]()
    for sentence in about["sentences"]:
        spoken = [w for w in about["words"] if sentence["start"] <= w["start"] < sentence["end"]]
        first, last = (round(seconds * rate) for seconds in (sentence["start"] - 0.2, sentence["end"] + 0.2))
        window = Window(AudioChunk(samples[first:last], first), language=about["language"], beam=True)
        heard = hear(recognizer, window).words
        if [bare(word.text) for word in heard] != [bare(word["text"]) for word in spoken]:
            continue
        for word, truth in zip(heard, spoken, strict=True):
            apart += [abs(word.start - truth["start"]), abs(word.end - truth["end"])]
        pairs = zip(heard, spoken, spoken[1:], strict=False)
        late += [
            word.end - truth["end"] for word, truth, after in pairs if after["start"] - truth["end"] > 0.1
        ]
    assert len(apart) > 60
    assert statistics.median(apart) < 0.08
    assert len(late) >= 3
    assert statistics.median(late) < 0.05

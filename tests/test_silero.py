"""Silero VAD: the state is carried, the wrong file is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from faster_whisper.vad import get_vad_model

import asr
import embedded
from asr.silero import FRAME, SileroDetector, shipped
from benchmarks.telephone import telephone
from streaming.audio import Samples
from streaming.errors import EngineError, ModelError
from streaming.stages import DetectionRequest


@pytest.fixture(scope="module")
def detector() -> SileroDetector:
    return SileroDetector()


def probabilities(detector: SileroDetector, samples: Samples, frames: int) -> list[float]:
    found: list[float] = []
    state: object | None = None
    for start in range(0, len(samples), frames * FRAME):
        (answer,) = detector.detect([DetectionRequest(samples[start : start + frames * FRAME], state)])
        found += answer.probabilities
        state = answer.state
    return found


def sound(seconds: int = 5) -> Samples:
    """Something that wavers between speech and not: a buzz with moving formants."""
    t = np.arange(seconds * 16_000 // FRAME * FRAME) / 16_000
    buzz = np.sign(np.sin(2 * np.pi * (120 + 20 * np.sin(3 * t)) * t))
    formants = np.sin(2 * np.pi * (500 + 200 * np.sin(4 * t)) * t) + np.sin(2 * np.pi * 1500 * t)
    samples: Samples = (0.2 * buzz * formants * (np.sin(8 * t) > 0)).astype(np.float32)
    return samples


def test_groups_of_any_size_give_the_same(detector: SileroDetector) -> None:
    samples = sound()
    whole = probabilities(detector, samples, len(samples) // FRAME)
    assert len(whole) == len(samples) // FRAME
    for frames in (1, 5):
        assert probabilities(detector, samples, frames) == pytest.approx(whole, abs=1e-4)


def test_the_same_as_the_wrapper_in_one_call(detector: SileroDetector) -> None:
    samples = sound()
    expected = get_vad_model()(samples.copy()).ravel().tolist()
    # The wrapper silences the end of the last frame.
    assert probabilities(detector, samples, 5)[:-1] == pytest.approx(expected[:-1], abs=5e-3)


@pytest.mark.parametrize("path", embedded.samples(), ids=lambda path: path.stem)
def test_speech_is_heard_over_a_telephone(detector: SileroDetector, path: Path) -> None:
    samples, _ = soundfile.read(path, dtype="float32")
    whole = samples[: len(samples) // FRAME * FRAME]
    clean, over = (np.array(probabilities(detector, audio, 5)) >= 0.5 for audio in (whole, telephone(whole)))
    assert over[clean].mean() > 0.9
    assert over[~clean].mean() < 0.1


def test_streams_do_not_disturb_each_other(detector: SileroDetector) -> None:
    samples = sound()
    half = len(samples) // 2 // FRAME * FRAME
    (first,) = detector.detect([DetectionRequest(samples[:half])])
    (alone,) = detector.detect([DetectionRequest(samples[half:], first.state)])
    together = detector.detect(
        [DetectionRequest(samples[:half]), DetectionRequest(samples[half:], first.state)]
    )
    assert together[1].probabilities == alone.probabilities


def test_the_samples_are_not_touched(detector: SileroDetector) -> None:
    samples = sound(1)
    samples.flags.writeable = False
    detector.detect([DetectionRequest(samples)])


def test_half_a_frame_is_refused(detector: SileroDetector) -> None:
    with pytest.raises(EngineError, match="whole frames of 512, 700 came"):
        detector.detect([DetectionRequest(np.zeros(700, np.float32))])
    (nothing,) = detector.detect([DetectionRequest(np.zeros(0, np.float32))])
    assert nothing.probabilities == ()


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silero_vad_v6.onnx"
    path.write_bytes(shipped().read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot be loaded"):
        SileroDetector(path)


def test_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.silero._INPUTS", {"input": [None, 512]})
    with pytest.raises(ModelError, match="is not Silero VAD v6"):
        SileroDetector()


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.silero.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"does not ship silero_vad_v6\.onnx"):
        asr.load_detector()


@pytest.mark.data
def test_recorded_speech_is_heard(detector: SileroDetector, data: Path) -> None:
    samples, _ = soundfile.read(data / "speech" / "whispercpp-samples" / "jfk.flac", dtype="float32")
    samples = samples[: len(samples) // FRAME * FRAME]
    heard = probabilities(detector, samples, 5)
    assert np.mean(np.array(heard) > 0.5) > 0.5

"""Silero VAD as a SpeechDetector: the ONNX file that faster-whisper ships, run with its state carried.

faster-whisper's own wrapper starts from a zero state at every call, and writes into the array that it is
given; a stream needs neither. Its file is private to that package, so its shape is checked at load.

The model hardly hears speech as a telephone carries it, with nothing below 300 Hz: as little as a tenth of
the frames that it takes for speech otherwise. Where all that is missing, it is given back the pitch, at which
the harmonics beat: of the rectified wave, what lies between 80 and 320 Hz is added (as when telephone speech
is extended downwards: Jax and Vary 2003, "On artificial bandwidth extension of telephone speech"). Only the
detector hears it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from streaming.audio import SAMPLE_RATE, Samples
from streaming.errors import EngineError, ModelError
from streaming.stages import Detection, DetectionRequest

FRAME = 512
"""Samples of one frame, 32 ms."""
_CONTEXT = 64
_MEMORY = (1, 1, 128)
_INPUTS = {"input": [None, FRAME + _CONTEXT], "h": [1, 1, 128], "c": [1, 1, 128]}
_OUTPUTS = 3
_PITCH, _BASS = (80.0, 320.0), (90.0, 200.0)
"""Hz, of what is given back, and of what tells whether it is missing."""
_MISSING = 1 / 400
"""Share of the energy that lies in the bass where it is missing: over a telephone 1 / 100,000, of people and
synthesisers in a room 1 / 200 at least."""
_FADING = math.exp(-FRAME / SAMPLE_RATE / 3.0)
"""What a frame counts for after the next one: a pause of seconds is not forgotten at once."""
_TAPS = 257
"""Of the filters: 8 ms late."""
_HEARD = _CONTEXT + _TAPS - 1


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    hidden: Samples
    cell: Samples
    heard: Samples
    """The last samples, as far as the next frames' context and pitch depend on them."""
    bass: float = 0.0
    energy: float = 0.0
    """Of all frames so far, fading."""


class SileroDetector:
    """Silero VAD v6 on ONNX Runtime, one thread a call; calls may run side by side."""

    def __init__(self, path: Path | None = None) -> None:
        """Load the model.

        Raises:
            ModelError: the file is not there, or not the model that was expected.
        """
        self._session = _load(path or shipped())

    def detect(self, requests: Sequence[DetectionRequest]) -> list[Detection]:
        """Tell for each frame how probably it is speech.

        Raises:
            EngineError: the samples are not a whole number of frames.
        """
        return [self._detect(request) for request in requests]

    def _detect(self, request: DetectionRequest) -> Detection:
        count, rest = divmod(len(request.samples), FRAME)
        if rest:
            raise EngineError(f"the detector needs whole frames of {FRAME}, {len(request.samples)} came")
        state = request.state if isinstance(request.state, _State) else _initial()
        if not count:
            return Detection((), state)
        heard = np.concatenate([state.heard, request.samples])
        bass, energy, missing = _missing(state, heard)
        pitch = np.convolve(np.abs(heard), _band(*_PITCH), "valid")
        frames = _frames(heard[_TAPS - 1 :]) + missing[:, np.newaxis] * _frames(pitch)
        speech, hidden, cell = self._session.run(None, {"input": frames, "h": state.hidden, "c": state.cell})
        following = _State(hidden, cell, heard[-_HEARD:].copy(), bass, energy)
        return Detection(tuple(float(p) for p in np.ravel(speech)), following)


def shipped() -> Path:
    """Find the file that faster-whisper ships, without importing faster-whisper.

    Raises:
        ModelError: it is not there.
    """
    spec = find_spec("faster_whisper")
    path = Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx" if spec and spec.origin else None
    if path is None or not path.exists():
        raise ModelError("this faster-whisper does not ship silero_vad_v6.onnx: install faster-whisper 1.2")
    return path


def _load(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has an exception class for each reason, none of them public
        raise ModelError(f"{path.name} cannot be loaded as a speech detector: {error}") from error
    found = {node.name: node.shape for node in session.get_inputs()}
    fixed = {name: [n if isinstance(n, int) else None for n in shape] for name, shape in found.items()}
    if fixed != _INPUTS or len(session.get_outputs()) != _OUTPUTS:
        raise ModelError(f"{path.name} is not Silero VAD v6: inputs {_INPUTS} were expected, {found} came")
    return session


def _initial() -> _State:
    zeros = np.zeros(_MEMORY, np.float32)
    return _State(zeros, zeros, np.zeros(_HEARD, np.float32))


def _frames(samples: Samples) -> Samples:
    """Cut into frames, each with the samples before it, (frames, _CONTEXT + FRAME)."""
    return np.lib.stride_tricks.sliding_window_view(samples, _CONTEXT + FRAME)[::FRAME]


def _missing(state: _State, heard: Samples) -> tuple[float, float, Samples]:
    """Tell the energy in the bass and in all, and of each frame, 1 or 0, whether the bass is missing."""
    low = np.convolve(heard[_CONTEXT:], _band(*_BASS), "valid").reshape(-1, FRAME)
    whole = heard[_HEARD:].reshape(-1, FRAME)
    bass, energy, found = state.bass, state.energy, list[bool]()
    for quiet, loud in zip((low**2).sum(axis=1), (whole**2).sum(axis=1), strict=True):
        bass, energy = _FADING * bass + float(quiet), _FADING * energy + float(loud)
        found.append(bass < _MISSING * energy)
    return bass, energy, np.array(found, np.float32)


@cache
def _band(lowest: float, highest: float) -> Samples:
    """Make a filter that passes what lies between two frequencies in Hz, and nothing constant."""
    time = np.arange(_TAPS) - (_TAPS - 1) / 2
    window = np.hanning(_TAPS + 2)[1:-1]
    low, high = 2 * lowest / SAMPLE_RATE, 2 * highest / SAMPLE_RATE
    taps = window * (high * np.sinc(high * time) - low * np.sinc(low * time))
    return np.asarray(taps - window * taps.sum() / window.sum(), np.float32)

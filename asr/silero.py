"""Silero VAD as a SpeechDetector: the ONNX file that faster-whisper ships, run with its state carried.

faster-whisper's own wrapper starts from a zero state at every call, and writes into the array that it is
given; a stream needs neither. Its file is private to that package, so its shape is checked at load.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from streaming.audio import Samples
from streaming.errors import EngineError, ModelError
from streaming.stages import Detection, DetectionRequest

FRAME = 512
"""Samples of one frame, 32 ms."""
_CONTEXT = 64
_MEMORY = (1, 1, 128)
_INPUTS = {"input": [None, FRAME + _CONTEXT], "h": [1, 1, 128], "c": [1, 1, 128]}
_OUTPUTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    hidden: Samples
    cell: Samples
    context: Samples


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
        joined = np.concatenate([state.context, request.samples])
        frames = np.lib.stride_tricks.sliding_window_view(joined, FRAME + _CONTEXT)[::FRAME]
        speech, hidden, cell = self._session.run(
            None, {"input": np.ascontiguousarray(frames), "h": state.hidden, "c": state.cell}
        )
        following = _State(hidden, cell, joined[-_CONTEXT:].copy())
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
    return _State(zeros, zeros, np.zeros(_CONTEXT, np.float32))

"""Speech recognition: endpointing, commit policies, and the engines behind them; this is its door."""

from pathlib import Path

from streaming.stages import Recognizer, SpeechDetector


def load_detector() -> SpeechDetector:
    """Build the speech detector.

    Raises:
        ModelError: the installed faster-whisper does not ship the expected one.
    """
    from asr.silero import SileroDetector

    return SileroDetector()


def load_recognizer(
    folder: Path, *, device: str = "auto", compute_type: str = "default", workers: int = 1
) -> Recognizer:
    """Build a recognizer from a folder in faster-whisper's format.

    Raises:
        ModelError: the folder does not hold one.
    """
    from asr.whisper import WhisperRecognizer

    return WhisperRecognizer(folder, device=device, compute_type=compute_type, workers=workers)


def find(name: str) -> Path:
    """Find a recognizer by folder, name or repository, downloading it if need be.

    Raises:
        ModelError: there is no such model, or it is not here and the hub cannot be reached.
    """
    from asr import models

    return models.find(name)


def check(name: str) -> None:
    """See that a folder, a name or a repository means a recognizer; nothing is downloaded.

    Raises:
        ModelError: no recognizer is called so.
    """
    from asr import models

    models.check(name)


def cached() -> list[str]:
    """List the names of the recognizers in the hub's cache."""
    from asr import models

    return models.cached()

"""The small models, the domain packs and the sample recordings that come with the project."""

from pathlib import Path

_HERE = Path(__file__).parent


def recognizers() -> list[Path]:
    """List the folders of recognizers (faster-whisper's format)."""
    return sorted(path.parent for path in _HERE.glob("asr-*/model.bin"))


def translators() -> list[Path]:
    """List the folders of translators (CTranslate2's format, with SentencePiece)."""
    return sorted(path.parent for path in _HERE.glob("mt-*/model.bin"))


def packs() -> Path:
    """Name the folder of the domain packs that come with the project, as examples and for use."""
    return _HERE / "packs"


def samples() -> list[Path]:
    """List the sample recordings; beside each stands a JSON file with its text and times."""
    return sorted(_HERE.glob("samples/*.flac"))

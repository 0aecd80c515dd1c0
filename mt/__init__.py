"""Translation: inside the sentence, by any model that CTranslate2 and SentencePiece run."""

from collections.abc import Sequence
from pathlib import Path

from mt.folders import ModelInfo
from mt.folders import describe as describe
from mt.router import Router

__all__ = ["ModelInfo", "Router", "describe", "load"]


def load(
    folders: Sequence[Path], *, device: str = "auto", compute_type: str = "default", workers: int = 1
) -> Router:
    """Load the translators in these folders and `.argosmodel` files; the first that serves a pair gets it.

    Raises:
        ModelError: one of them is not a translator, or cannot be loaded.
    """
    from mt.ctranslate import CTranslateTranslator

    return Router(
        [
            CTranslateTranslator(folder, device=device, compute_type=compute_type, workers=workers)
            for folder in folders
        ]
    )

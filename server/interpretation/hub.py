"""The hub that models come from: is it there, and fetch from it."""

import threading
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from streaming.errors import ModelError

_PATIENCE = 1.5
"""Seconds that the hub is given to answer."""
_TEXTS = ["*.json", "*.txt", "*.spm", "*.model", "*.vocab", "LICENSE*", "README.md"]


def answers() -> bool:
    """Tell whether the hub can be reached, within a second or two."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    answered = threading.Event()

    def call() -> None:
        try:
            address = f"{constants.ENDPOINT}/api/models/Systran/faster-whisper-small"
            with urlopen(Request(address, method="HEAD"), timeout=_PATIENCE):
                answered.set()
        except (URLError, OSError, ValueError):
            return

    # A name that does not resolve may take far longer than any timeout allows: do not wait for it.
    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    caller.join(_PATIENCE + 0.5)
    return answered.is_set()


def checkpoint(repository: str) -> Path:
    """Download a checkpoint in Hugging Face's format into the hub's cache, where it is not there yet.

    Raises:
        ModelError: there is no such repository, or no network.
    """
    path = Path(_snapshot(repository, allow_patterns=[*_TEXTS, "*.safetensors"]))
    if any(path.glob("*.safetensors")):
        return path
    return Path(_snapshot(repository, allow_patterns=[*_TEXTS, "pytorch_model*.bin"]))


def fetch(repository: str, folder: Path) -> None:
    """Download a model repository into a folder, with progress on standard error.

    Raises:
        ModelError: there is no such repository, or no network.
    """
    _snapshot(repository, local_dir=folder, allow_patterns=["model.bin", *_TEXTS])


def _snapshot(repository: str, **options: Any) -> str:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return str(snapshot_download(repository, **options))
    except HFValidationError as error:
        raise ModelError(f"{repository} is not the name of a repository") from error
    except LocalEntryNotFoundError as error:
        place = options.get("local_dir", "a folder, and name that folder")
        raise ModelError(
            f"{repository} cannot be downloaded, there is no way to the hub: "
            f"fetch it on another machine and copy its files to {place}"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelError(f"{repository} cannot be downloaded: {str(error).splitlines()[0]}") from error

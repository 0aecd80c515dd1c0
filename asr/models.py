"""Where recognizers are: a folder, the hub's cache, or the hub."""

from pathlib import Path

from asr.whisper import repositories
from streaming.errors import ModelError

_NEEDED = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
_PATIENCE = 3.0
"""Seconds that the hub is given to answer before a download begins."""


def find(name: str) -> Path:
    """Find a recognizer by folder, by a name that faster-whisper knows, or by repository; download it if
    it is not here, with progress on standard error.

    Raises:
        ModelError: there is no such model, or it is not here and the hub cannot be reached.
    """
    if (Path(name) / "model.bin").is_file():
        return Path(name)
    repository = _repository(name)
    return _cached(repository) or _download(name, repository)


def check(name: str) -> None:
    """See that a name means a recognizer, wherever that is; nothing is downloaded.

    Raises:
        ModelError: no recognizer is called so.
    """
    if not (Path(name) / "model.bin").is_file():
        _repository(name)


def _repository(name: str) -> str:
    repository = repositories().get(name) or (name if "/" in name else None)
    path = Path(name).is_dir() or Path(name).is_absolute() or name.startswith((".", "~"))
    if repository is None or path:
        known = ", ".join(repositories())
        raise ModelError(
            f"there is no recognizer {name!r}: a folder with model.bin was expected, or one of {known}"
        )
    return repository


def cached() -> list[str]:
    """List the names of the recognizers in the hub's cache."""
    return [name for name, repository in repositories().items() if _cached(repository)]


def _cached(repository: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, local_files_only=True, allow_patterns=_NEEDED))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if (folder / "model.bin").is_file() else None


def _download(name: str, repository: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        HfApi().model_info(repository, timeout=_PATIENCE)
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise ModelError(f"the hub has no model {repository!r}") from error
    except Exception as error:  # whatever the HTTP library of the day raises
        raise ModelError(_unreachable(name)) from error
    try:
        folder = Path(snapshot_download(repository, allow_patterns=_NEEDED))
    except Exception as error:
        raise ModelError(f"model {name!r} could not be downloaded: {_first_line(error)}") from error
    if not (folder / "model.bin").is_file():
        raise ModelError(
            f"{repository!r} is not a recognizer in faster-whisper's format: it has no model.bin"
        )
    return folder


def _unreachable(name: str) -> str:
    return (
        f"model {name!r} is not in the cache and the hub cannot be reached; put a faster-whisper folder on "
        "this machine and name its path, or set model = 'embedded'"
    )


def _first_line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]

"""Conversion of a Whisper checkpoint into the format that faster-whisper uses."""

from pathlib import Path

from ctranslate2.converters import TransformersConverter

from streaming.errors import ModelError

FILES = ("tokenizer.json", "preprocessor_config.json")
"""What a recognizer needs beside its weights."""
_ALSO = ("README.md", "LICENSE")


def convert(checkpoint: Path, output: Path, quantization: str) -> None:
    """Write a checkpoint to a folder that does not exist; its alignment heads are those that it names.

    Raises:
        ModelError: the checkpoint lacks a file, or cannot be read.
    """
    if missing := [name for name in FILES if not (checkpoint / name).is_file()]:
        raise ModelError(
            f"{checkpoint}: a checkpoint of Whisper needs {' and '.join(FILES)}, "
            f"there is no {' and no '.join(missing)}"
        )
    also = [name for name in _ALSO if (checkpoint / name).is_file()]
    try:
        TransformersConverter(str(checkpoint), copy_files=[*FILES, *also]).convert(
            str(output), quantization=quantization
        )
    except Exception as error:  # each library under it raises its own
        raise ModelError(
            f"{checkpoint}: the checkpoint cannot be read: {(str(error) or repr(error)).splitlines()[0]}"
        ) from error

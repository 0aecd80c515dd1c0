"""What a server speaks, kept as WAV files on the time line of the recording it interprets."""

from pathlib import Path
from typing import Any

import numpy as np

from server.client.client import Arrival
from server.client.playback import Listener
from server.wire.messages import Speech
from streaming.audio import from_pcm16
from streaming.errors import InputError


class VoiceFiles:
    """A listener that writes each spoken language into a file and passes every message on.

    A phrase stands where what it says was said, or after the phrase before if that is later.
    """

    def __init__(self, folder: Path, following: Listener) -> None:
        """Write into `folder`, which is made if need be.

        Raises:
            InputError: nothing can be written there.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: speech cannot be written there ({error.strerror})") from error
        self._folder = folder
        self._following = following
        self._files: dict[str, Any] = {}

    def hear(self, arrival: Arrival) -> None:
        """Take a message."""
        if isinstance(arrival.message, Speech):
            self._write(arrival.message, arrival.audio)
        self._following.hear(arrival)

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            file.close()
        self._following.close()

    def _write(self, speech: Speech, audio: bytes) -> None:
        file = self._file(speech)
        silence = round(speech.start * speech.sample_rate) - file.tell()
        if silence > 0:
            file.write(np.zeros(silence, np.float32))
        file.write(from_pcm16(audio))

    def _file(self, speech: Speech) -> Any:
        import soundfile

        if speech.language not in self._files:
            path = self._folder / f"{speech.language}.wav"
            try:
                file = soundfile.SoundFile(path, "w", speech.sample_rate, 1, "PCM_16")
            except (OSError, RuntimeError) as error:
                raise InputError(f"{path}: it cannot be written ({error})") from error
            self._files[speech.language] = file
        return self._files[speech.language]

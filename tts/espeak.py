"""espeak-ng as a Synthesizer: small, offline, over a hundred languages; it runs in a process of its own."""

import contextlib
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

from streaming.audio import AudioChunk, from_pcm16
from streaming.decode import Resampler
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import SpeechRequest
from tts.espeak_process import read_frame, write_frame

Process: TypeAlias = "subprocess.Popen[bytes]"

LIMIT = 30.0
"""Seconds after which a request counts as hung; a phrase takes some hundredths."""

_PROGRAM = Path(__file__).with_name("espeak_process.py")
_VOICES = {"zh": "cmn", "en": "en-us", "no": "nb", "tl": "fil", "iw": "he"}
"""Where espeak's voice is not called as the language."""


class EspeakSynthesizer:
    """Speaks through a process that is started anew when it dies; safe to be shared by threads."""

    def __init__(self) -> None:
        """Start the process.

        Raises:
            ModelError: the extra is not installed, or espeak-ng does not start.
        """
        try:
            import espeakng_loader
        except ImportError as error:
            raise ModelError("espeak is not installed: pip install dragoman[tts]") from error
        # espeak-ng wants the folder that holds its data folder.
        self._files = espeakng_loader.get_library_path(), str(Path(espeakng_loader.get_data_path()).parent)
        self._turn = threading.Lock()
        self._process, self._end = self._start()
        if not _exchange(self._process, _frame("", "en-us")):
            self._end()
            raise ModelError("espeak does not start; its process says why on standard error")

    @property
    def process_id(self) -> int:
        """Of the process that speaks."""
        return self._process.pid

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        """Speak each request; the audio begins at offset 0.

        Raises:
            LanguageError: there is no voice for a language.
            EngineError: the process died of a request.
        """
        return [self._speak(request) for request in requests]

    def close(self) -> None:
        """End the process; it also ends with this one."""
        with self._turn:
            self._end()

    def _speak(self, request: SpeechRequest) -> AudioChunk:
        language = request.language.split("-")[0].lower()
        voice = request.voice or _VOICES.get(language, language)
        frame = _frame(request.text, voice, request.rate)
        head, audio = self._answer(frame, request.text)
        if "error" in head:
            raise LanguageError(f"espeak cannot speak {request.language}: {head['error']}")
        samples = Resampler(head["sample_rate"]).feed(from_pcm16(audio), last=True)
        return AudioChunk(samples)

    def _answer(self, frame: bytes, text: str) -> tuple[dict[str, Any], bytes]:
        with self._turn:
            # A process that died since the last request did not die of this one: so it is tried twice.
            for _ in range(2):
                if self._process.poll() is not None:
                    self._restart()
                answer = _exchange(self._process, frame)
                if answer:
                    return answer
                self._restart()
        raise EngineError(f"espeak died twice of a text of {len(text)} characters")

    def _start(self) -> tuple[Process, Callable[[], object]]:
        """Start the process, and say how it is ended: by hand, or together with this one."""
        command = [sys.executable, "-I", str(_PROGRAM), *self._files]
        # In a session of its own, an interrupt from the terminal does not reach it; it ends with its input.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        return process, weakref.finalize(self, _stop, process)

    def _restart(self) -> None:
        self._end()
        self._process, self._end = self._start()


def _frame(text: str, voice: str, rate: float = 1.0) -> bytes:
    return json.dumps({"text": text, "voice": voice, "rate": rate}).encode()


def _exchange(process: Process, frame: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Send a request and read its answer; `None` where the process dies of it."""
    watch = threading.Timer(LIMIT, process.kill)
    watch.start()
    try:
        write_frame(_pipe(process.stdin), frame)
        _pipe(process.stdin).flush()
        head, audio = read_frame(_pipe(process.stdout)), read_frame(_pipe(process.stdout))
    except OSError:
        return None
    finally:
        watch.cancel()
    return (json.loads(head), audio) if head is not None and audio is not None else None


def _stop(process: Process) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        # What could not be sent to a dead process is flushed here once more.
        with contextlib.suppress(OSError):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "both pipes were asked for"
    return pipe

"""The program that espeak-ng runs in: requests on standard input, audio on standard output.

It is a process of its own because espeak-ng is one global state that is not re-entrant, because its
licence (GPL-3) is not ours, and because a crash in it must not end a session. It needs nothing but the
standard library: `python -I espeak_process.py LIBRARY DATA`.

Each frame is a length (4 bytes, little-endian) and as many bytes. A request is one frame of JSON
{"text", "voice", "rate"}; its answer is a frame of JSON, {"sample_rate"} or {"error"}, and a frame of
16-bit PCM, empty after an error.
"""

import ctypes
import json
import os
import struct
import sys
from typing import IO, Any

_SYNCHRONOUS = 2
_UTF8 = 1
_RATE = 1
_WORDS_PER_MINUTE = 175
_SLOWEST, _FASTEST = 80, 450


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read one frame; `None` where the stream ends."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame."""
    stream.write(struct.pack("<I", len(body)) + body)


class _Voice:
    """espeak-ng's library, speaking into memory."""

    def __init__(self, library: str, data: str) -> None:
        self._espeak = ctypes.CDLL(library)
        self._audio = bytearray()
        self._rate = self._espeak.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0)
        if self._rate <= 0:
            raise RuntimeError("espeak-ng cannot be initialized")
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        # Held here: ctypes frees a callback that nobody refers to.
        self._callback = signature(self._heard)
        self._espeak.espeak_SetSynthCallback(self._callback)

    def speak(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Answer a request."""
        voice, text = str(request["voice"]), str(request["text"]).encode()
        if self._espeak.espeak_SetVoiceByName(voice.encode()):
            return {"error": f"there is no voice {voice!r}"}, b""
        speed = round(_WORDS_PER_MINUTE * float(request["rate"]))
        self._espeak.espeak_SetParameter(_RATE, min(max(speed, _SLOWEST), _FASTEST), 0)
        self._audio.clear()
        # The size counts the terminating zero.
        size = ctypes.c_size_t(len(text) + 1)
        status = self._espeak.espeak_Synth(text, size, 0, 0, 0, _UTF8, None, None)
        if status:
            return {"error": f"espeak-ng failed with status {status}"}, b""
        return {"sample_rate": self._rate}, bytes(self._audio)

    def _heard(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._audio += ctypes.string_at(samples, count * 2)
        return 0


def main(library: str, data: str) -> None:
    """Answer requests until standard input ends."""
    # What the library itself prints goes to standard error, not between the frames.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        voice = _Voice(library, data)
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            head, audio = voice.speak(json.loads(frame))
            write_frame(answers, json.dumps(head).encode())
            write_frame(answers, audio)
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""Audio as the stages see it: float32 mono at 16 kHz, placed on the session's own time line.

Positions are kept in samples, because sums of float seconds drift; seconds are derived.
"""

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from streaming.errors import AudioError

SAMPLE_RATE = 16_000
"""Samples per second of every AudioChunk."""

Samples: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """A piece of audio that knows when it was spoken."""

    samples: Samples
    """Mono, 16 kHz, shape ``(n,)``, nominally in -1 … 1."""
    offset: int = 0
    """Position of the first sample since the session began, in samples."""

    @property
    def start(self) -> float:
        """Seconds since the session began."""
        return self.offset / SAMPLE_RATE

    @property
    def end(self) -> float:
        """Seconds since the session began, exclusive."""
        return (self.offset + len(self.samples)) / SAMPLE_RATE

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class EndOfUtterance:
    """Endpointing heard the speaker stop."""

    time: float
    """Seconds since the session began."""


def from_pcm16(data: bytes) -> Samples:
    """Turn little-endian 16-bit PCM into samples in -1 … 1.

    Raises:
        AudioError: an odd number of bytes.
    """
    if len(data) % 2:
        raise AudioError(f"16-bit PCM needs an even number of bytes, {len(data)} came")
    return (np.frombuffer(data, dtype="<i2").astype(np.float32)) / np.float32(32768.0)


def from_float32(data: bytes) -> Samples:
    """Turn little-endian 32-bit float PCM into samples, out-of-range values clipped.

    Raises:
        AudioError: not a multiple of four bytes, or a value that is not a finite number.
    """
    if len(data) % 4:
        raise AudioError(f"32-bit float PCM needs a multiple of four bytes, {len(data)} came")
    samples = np.frombuffer(data, dtype="<f4").astype(np.float32)
    if not np.isfinite(samples).all():
        raise AudioError("float PCM must hold finite numbers, NaN or infinity came")
    return np.clip(samples, -1.0, 1.0)


def to_pcm16(samples: Samples) -> bytes:
    """Turn samples into little-endian 16-bit PCM, clipped; the inverse of `from_pcm16`."""
    scaled = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    return bytes(scaled.tobytes())


def rounded(samples: Samples) -> Samples:
    """Bring samples to multiples of 1/32768: stages hear the same of a recording and of what was sent of it,
    in whatever encoding and at whatever rate."""
    return from_pcm16(to_pcm16(samples))


class AudioBuffer:
    """Consecutive audio that can be cut from the front and read by absolute position.

    Chunks are kept as they came and joined when a window is read, so that appending costs nothing.
    """

    def __init__(self, offset: int = 0) -> None:
        self._chunks: deque[Samples] = deque()
        self._start = offset
        self._end = offset

    @property
    def start(self) -> int:
        """Position of the first sample that is kept."""
        return self._start

    @property
    def end(self) -> int:
        """Position after the last sample."""
        return self._end

    def append(self, chunk: AudioChunk) -> None:
        """Add a chunk; silence fills a gap between the end of the buffer and the chunk."""
        if chunk.offset < self._end:
            raise AudioError(f"audio must come in order: expected {self._end}, got {chunk.offset}")
        if chunk.offset > self._end:
            self._chunks.append(np.zeros(chunk.offset - self._end, np.float32))
        self._chunks.append(chunk.samples)
        self._end = chunk.offset + len(chunk.samples)

    def cut(self, position: int) -> None:
        """Forget everything before a position."""
        position = min(position, self._end)
        while self._chunks and self._start + len(self._chunks[0]) <= position:
            self._start += len(self._chunks.popleft())
        if self._chunks and self._start < position:
            self._chunks[0] = self._chunks[0][position - self._start :]
        self._start = max(self._start, position)

    def read(self, start: int, end: int) -> AudioChunk:
        """Read ``start`` … ``end``, limited to what is there."""
        start, end = max(start, self._start), min(end, self._end)
        if start >= end:
            return AudioChunk(np.zeros(0, np.float32), start)
        if len(self._chunks) > 1:
            self._chunks = deque([np.concatenate(self._chunks)])
        return AudioChunk(self._chunks[0][start - self._start : end - self._start], start)

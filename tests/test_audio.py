import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk, from_float32, from_pcm16, to_pcm16
from streaming.errors import AudioError


def chunk(start: int, end: int) -> AudioChunk:
    return AudioChunk(np.arange(start, end, dtype=np.float32), start)


def test_a_chunk_knows_its_time() -> None:
    piece = AudioChunk(np.zeros(SAMPLE_RATE // 2, np.float32), 2 * SAMPLE_RATE)
    assert (piece.start, piece.end, piece.duration) == (2.0, 2.5, 0.5)


@given(st.binary(max_size=400).filter(lambda data: len(data) % 2 == 0))
def test_pcm16_survives_the_round_trip(data: bytes) -> None:
    assert to_pcm16(from_pcm16(data)) == data


def test_pcm16_clips() -> None:
    assert to_pcm16(np.array([2.0, -2.0], np.float32)) == struct.pack("<hh", 32767, -32768)


@pytest.mark.parametrize(
    ("read", "data", "message"),
    [
        (from_pcm16, b"abc", "even number of bytes, 3 came"),
        (from_float32, b"abcde", "multiple of four bytes, 5 came"),
        (from_float32, struct.pack("<f", math.nan), "finite"),
        (from_float32, struct.pack("<ff", 0.5, math.inf), "finite"),
    ],
)
def test_bad_pcm_is_named(read, data: bytes, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AudioError, match=message):
        read(data)


def test_float32_is_clipped() -> None:
    assert from_float32(struct.pack("<ff", 3.0, 0.25)).tolist() == [1.0, 0.25]


@given(st.lists(st.integers(1, 50), max_size=8), st.data())
def test_a_buffer_reads_what_was_appended(sizes: list[int], data: st.DataObject) -> None:
    buffer, position = AudioBuffer(), 0
    for size in sizes:
        buffer.append(chunk(position, position + size))
        position += size
        if data.draw(st.booleans()):
            buffer.cut(data.draw(st.integers(0, position)))
    start = data.draw(st.integers(0, position))
    end = data.draw(st.integers(start, position))
    read = buffer.read(start, end)
    kept = max(start, buffer.start)
    assert read.samples.tolist() == list(map(float, range(kept, end)))
    assert buffer.end == position


def test_a_gap_becomes_silence() -> None:
    buffer = AudioBuffer()
    buffer.append(chunk(0, 2))
    buffer.append(chunk(4, 6))
    assert buffer.read(0, 6).samples.tolist() == [0, 1, 0, 0, 4, 5]


def test_audio_must_come_in_order() -> None:
    buffer = AudioBuffer()
    buffer.append(chunk(0, 5))
    with pytest.raises(AudioError, match="expected 5, got 3"):
        buffer.append(chunk(3, 8))

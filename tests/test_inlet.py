"""Audio on its way to the pipeline: one time line, bounded chunks, bounded memory."""

import asyncio

import numpy as np
import pytest

from server.interpretation.lag import Lag
from server.rooms.inlet import LONGEST, Inlet, feed_point
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.stages import Notice

TONE = np.sin(np.arange(3 * SAMPLE_RATE) / 20).astype(np.float32)


def inlet(rate: int = SAMPLE_RATE) -> tuple[Inlet, Lag]:
    lag = Lag(ignored)
    return Inlet(rate, lag), lag


def ignored(notice: Notice) -> None:
    pass


async def through(rate: int, pieces: list[Samples], position: int = 0) -> list[AudioChunk]:
    """What comes out of an inlet that begins at a position of 16 kHz."""
    filled = Inlet(rate, Lag(ignored), position)
    at = 0
    for piece in pieces:
        filled.take(piece, at)
        at += len(piece)
    filled.finish()
    return [chunk async for chunk in filled.chunks()]


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
async def test_any_division_gives_the_same_samples(rate: int) -> None:
    whole = await through(rate, [TONE])
    cut = await through(rate, np.split(TONE, range(7, len(TONE), 997)))
    samples = [np.concatenate([chunk.samples for chunk in chunks]) for chunks in (whole, cut)]
    assert len(samples[0]) == pytest.approx(len(TONE) * SAMPLE_RATE / rate, abs=2)
    np.testing.assert_array_equal(samples[0], samples[1])


async def test_chunks_follow_each_other_and_none_is_long() -> None:
    chunks = await through(SAMPLE_RATE, [TONE, TONE[:100], TONE[:0], TONE])
    assert max(len(chunk.samples) for chunk in chunks) == LONGEST
    end = 0
    for chunk in chunks:
        assert chunk.offset == end
        end += len(chunk.samples)
    assert end == 2 * len(TONE) + 100


async def test_one_waits_while_too_much_is_held() -> None:
    full, lag = inlet()
    full.take(TONE, 0)
    settling = asyncio.create_task(full.settle())
    await asyncio.sleep(0)
    assert not settling.done()
    assert lag.received == 3.0
    chunks = full.chunks()
    assert [len((await anext(chunks)).samples) for _ in range(2)] == [LONGEST, LONGEST]
    await settling


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("position", [0, 7, 16_000, 23_456])
async def test_one_that_begins_later_gives_the_same_samples(rate: int, position: int) -> None:
    sound = np.tile(TONE, 2)
    whole = np.concatenate([chunk.samples for chunk in await through(rate, [sound])])
    begin, _ = feed_point(position, rate)
    later = Inlet(rate, Lag(ignored), position)
    assert later.position == begin <= position * rate / SAMPLE_RATE
    later.take(sound, 0)  # what came before is left out
    later.finish()
    chunks = [chunk async for chunk in later.chunks()]
    assert chunks[0].offset == position
    samples = np.concatenate([chunk.samples for chunk in chunks])
    assert len(samples) == len(whole) - position
    np.testing.assert_allclose(samples, whole[position:], atol=1e-4)


def test_what_came_already_is_left_out() -> None:
    filled, lag = inlet()
    filled.take(TONE[:1000], 0)
    filled.take(TONE[500:1500], 500)
    filled.take(TONE[:1500], 0)
    assert filled.position == 1500
    assert lag.received == 1500 / SAMPLE_RATE


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_what_comes_after_an_end_that_comes_from_elsewhere_is_left_out(rate: int) -> None:
    filled, lag = inlet(rate)
    filled.take(TONE[:rate], 0)
    filled.finish()
    received = lag.received
    filled.take(TONE[:rate], rate)
    filled.finish()
    assert (filled.position, lag.received) == (rate, received)

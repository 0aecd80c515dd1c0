"""Audio on its way to the pipeline: one time line, bounded chunks, bounded memory."""

import asyncio

import numpy as np
import pytest

from server.inlet import HELD_SECONDS, LONGEST, Inlet
from server.lag import Lag
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.stages import Notice

TONE = np.sin(np.arange(3 * SAMPLE_RATE) / 20).astype(np.float32)


def inlet(rate: int = SAMPLE_RATE) -> tuple[Inlet, Lag]:
    lag = Lag(ignored)
    return Inlet(rate, lag), lag


def ignored(notice: Notice) -> None:
    pass


async def through(rate: int, pieces: list[Samples]) -> list[AudioChunk]:
    """What comes out of an inlet."""
    filled, _ = inlet(rate)

    async def fill() -> None:
        for piece in pieces:
            await filled.take(piece)
        await filled.finish()

    filling = asyncio.create_task(fill())
    chunks = [chunk async for chunk in filled.chunks()]
    await filling
    return chunks


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


async def test_taking_waits_while_too_much_is_held() -> None:
    full, lag = inlet()
    taking = asyncio.create_task(full.take(np.tile(TONE, 10)))
    for _ in range(200):
        await asyncio.sleep(0)
    assert not taking.done()
    assert lag.received <= HELD_SECONDS + LONGEST / SAMPLE_RATE
    closing = asyncio.create_task(drained(full))
    await taking
    await full.finish()
    assert await closing == 10 * len(TONE)
    assert lag.received == 30.0


async def drained(full: Inlet) -> int:
    return sum([len(chunk.samples) async for chunk in full.chunks()])


async def test_an_end_that_comes_from_elsewhere_waits_for_what_is_being_taken() -> None:
    filled, _ = inlet()
    taking = asyncio.create_task(filled.take(np.tile(TONE, 4)))  # more than is held: it waits half way
    await asyncio.sleep(0)
    finishing = asyncio.create_task(filled.finish())
    chunks = [chunk async for chunk in filled.chunks()]
    await asyncio.gather(taking, finishing)
    assert sum(len(chunk.samples) for chunk in chunks) == 4 * len(TONE)

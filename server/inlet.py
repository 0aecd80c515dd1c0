"""Audio on its way from a client to the pipeline: resampled, placed on the time line, bounded."""

import asyncio
from collections.abc import AsyncGenerator

import numpy as np

from server.lag import Lag
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.decode import Resampler
from streaming.pipeline import Inbox

HELD_SECONDS = 2.0
"""Audio that waits here for the pipeline, which holds some more itself."""
LONGEST = SAMPLE_RATE
"""Samples in a chunk: longer audio is divided, lest one client's large frame keep the engines from others."""


class Inlet:
    """Takes a client's samples and gives chunks; taking waits while too much is held."""

    def __init__(self, rate: int, lag: Lag, held: float = HELD_SECONDS) -> None:
        """`rate` is that of the client's samples, in Hz; `lag` is told what has been received."""
        self._resampler = Resampler(rate)
        self._lag = lag
        self._inbox = Inbox(held)
        self._offset = 0
        self._taking = asyncio.Lock()

    async def take(self, samples: Samples, last: bool = False) -> None:
        """Add samples."""
        async with self._taking:
            await self._take(samples, last)

    async def _take(self, samples: Samples, last: bool) -> None:
        samples = self._resampler.feed(samples, last)
        for start in range(0, len(samples), LONGEST):
            chunk = AudioChunk(samples[start : start + LONGEST], self._offset)
            self._offset += len(chunk.samples)
            self._lag.receive(chunk.end)
            await self._inbox.put(chunk)

    async def finish(self) -> None:
        """Say that no more samples come."""
        await self.take(np.zeros(0, np.float32), last=True)
        await self._inbox.put(None)

    async def chunks(self) -> AsyncGenerator[AudioChunk]:
        """Give what was taken, in order, until all of it has been given."""
        while (chunk := await self._inbox.get()) is not None:
            yield chunk

"""Audio on its way from a client to the pipeline: resampled, placed on the time line, bounded."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from math import gcd

import numpy as np

from server.interpretation.lag import Lag
from server.rooms.tape import Tape
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.decode import Resampler

HELD_SECONDS = 2.0
"""Audio that waits here for the pipeline, which holds some more itself."""
LONGEST = SAMPLE_RATE
"""Samples in a chunk: longer audio is divided, lest one client's large frame keep the engines from others."""
WARM_UP = 0.25
"""Seconds of audio that a fresh resampler is fed before its output is that of one that ran all the time."""


def feed_point(position: int, rate: int) -> tuple[int, int]:
    """Find where a client's audio must begin for a fresh resampler to give the samples from a position.

    Gives the client's sample to begin at, and how many samples at 16 kHz are to be dropped after that. The
    two rates meet only every so many samples, and the filter needs some audio before.
    """
    if rate == SAMPLE_RATE:
        return position, 0
    common = gcd(rate, SAMPLE_RATE)
    theirs, ours = rate // common, SAMPLE_RATE // common
    blocks = max(0, position // ours - -(-round(WARM_UP * SAMPLE_RATE) // ours))
    return blocks * theirs, position - blocks * ours


class Inlet:
    """Takes a client's samples and gives chunks; what has been taken is not lost, whoever goes."""

    def __init__(self, rate: int, lag: Lag, position: int = 0, held: float = HELD_SECONDS) -> None:
        """`rate` is that of the client's samples, in Hz; `lag` is told what has been received; `position`,
        in samples at 16 kHz, is where chunks begin; one waits while more than `held` seconds are held."""
        self._resampler = Resampler(rate)
        self._lag = lag
        self._rate = rate
        self._offset = position
        self.position, self._drop = feed_point(position, rate)
        """The client's sample that is needed next."""
        self._chunks: deque[AudioChunk] = deque()
        self._held, self._most = 0, held * SAMPLE_RATE
        self._finished = False
        self.tape: Tape | None = None
        """Keeps what is given, where it is to be kept."""
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def feed_point(self, position: int) -> int:
        """Find the client's sample from which a position at 16 kHz could be reached once more."""
        return feed_point(position, self._rate)[0]

    def take(self, samples: Samples, position: int) -> None:
        """Add samples that begin at the client's position, at once; left out are those that came already,
        and all that come after the end."""
        if self._finished:
            return
        samples = samples[max(0, self.position - position) :]
        self.position += len(samples)
        self._add(self._resampler.feed(samples))

    async def settle(self) -> None:
        """Wait while too much is held."""
        await self._room.wait()
        if self.tape:
            await self.tape.settle()

    def finish(self) -> None:
        """Say that no more samples come."""
        if not self._finished:
            self._add(self._resampler.feed(np.zeros(0, np.float32), last=True))
            self._finished = True
            self._arrived.set()

    async def chunks(self) -> AsyncGenerator[AudioChunk]:
        """Give what was taken, in order, until all of it has been given."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._hold(-len(chunk.samples))
                yield chunk
            if self._finished:
                return
            self._arrived.clear()
            await self._arrived.wait()

    def _add(self, samples: Samples) -> None:
        samples, self._drop = samples[self._drop :], max(0, self._drop - len(samples))
        for start in range(0, len(samples), LONGEST):
            chunk = AudioChunk(samples[start : start + LONGEST], self._offset)
            self._offset += len(chunk.samples)
            self._lag.receive(chunk.end)
            if self.tape:
                self.tape.write(chunk)
            self._chunks.append(chunk)
        self._hold(len(samples))
        self._arrived.set()

    def _hold(self, samples: int) -> None:
        self._held += samples
        if self._held <= self._most:
            self._room.set()
        else:
            self._room.clear()

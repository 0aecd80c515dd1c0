"""The replay buffer of a client: audio at its pace, kept until the server needs it no more."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable

from streaming.audio import SAMPLE_RATE, AudioChunk, to_pcm16
from streaming.errors import ProtocolError

AHEAD_SECONDS = 2.0
"""Audio that is read ahead where it is not paced."""


class Replay:
    """Reads audio when it has been spoken, and gives it from any position that may still be needed."""

    def __init__(
        self, chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk], encoding: str, speed: float
    ) -> None:
        """`speed` 2 speaks twice as fast as the audio says; 0 does not wait at all."""
        self._source = chunks
        self._encoding = encoding
        self._speed = speed
        self._began: float | None = None
        self._kept: deque[tuple[int, bytes]] = deque()
        self._end = 0
        self._sent = 0
        self._finished = False
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self.failure: Exception | None = None
        """Why the audio broke off."""

    @property
    def time(self) -> float:
        """Seconds since playing began; 0 before."""
        return time.perf_counter() - self._began if self._began is not None else 0.0

    def lag(self, end: float) -> float | None:
        """Tell how long ago a position, in seconds, was spoken; `None` where audio is not paced."""
        return self.time - end / self._speed if self._speed else None

    def goes_beyond(self, seconds: float) -> bool:
        """Tell whether audio that is being played has more than so many seconds, or may yet have."""
        whole = self._finished and round(self._end / SAMPLE_RATE, 3) <= seconds
        return self._began is not None and not whole

    async def read(self) -> None:
        """Read all audio, beginning when it is first wanted; what has been spoken is kept, sent or not."""
        await self._wanted.wait()
        self._began = time.perf_counter()
        try:
            async for chunk in _asynchronous(self._source):
                await self._wait_for(chunk.end)
                self._kept.append((chunk.offset, self._bytes(chunk)))
                self._end = chunk.offset + len(chunk.samples)
                self._changed.set()
                while not self._speed and self._end - self._sent > AHEAD_SECONDS * SAMPLE_RATE:
                    self._wanted.clear()
                    await self._wanted.wait()
        except Exception as error:
            self.failure = error
        self._finished = True
        self._changed.set()

    async def data(self, position: int) -> AsyncIterator[bytes]:
        """Give the audio from a position on, as it comes, until its end.

        Raises:
            ProtocolError: it has been forgotten.
            Exception: the audio broke off.
        """
        first = self._kept[0][0] if self._kept else self._end
        if position < first:
            raise ProtocolError(f"the server wants audio from sample {position}, kept is from {first}")
        self._sent = position
        self._wanted.set()
        while True:
            if found := self._find(position):
                start, data = found
                yield data[(position - start) * self._width :]
                position = self._sent = start + self._length(data)
                self._wanted.set()
                continue
            if self._finished:
                if self.failure:
                    raise self.failure
                return
            self._changed.clear()
            await self._changed.wait()

    def forget(self, position: int) -> None:
        """Forget the audio before a position."""
        while self._kept and self._kept[0][0] + self._length(self._kept[0][1]) <= position:
            self._kept.popleft()

    def _find(self, position: int) -> tuple[int, bytes] | None:
        """Find the piece that holds a position; it is most often one of the last."""
        found = None
        for kept in reversed(self._kept):
            if kept[0] + self._length(kept[1]) <= position:
                break
            found = kept
        return found

    async def _wait_for(self, position: float) -> None:
        ahead = position / self._speed - self.time if self._speed else 0.0
        await asyncio.sleep(max(0.0, ahead))

    @property
    def _width(self) -> int:
        return 4 if self._encoding == "pcm_f32le" else 2

    def _length(self, data: bytes) -> int:
        return len(data) // self._width

    def _bytes(self, chunk: AudioChunk) -> bytes:
        if self._encoding == "pcm_f32le":
            return bytes(chunk.samples.astype("<f4").tobytes())
        return to_pcm16(chunk.samples)


async def _asynchronous(
    chunks: Iterable[AudioChunk] | AsyncIterable[AudioChunk],
) -> AsyncIterator[AudioChunk]:
    if isinstance(chunks, AsyncIterable):
        async for chunk in chunks:
            yield chunk
        return
    for chunk in chunks:
        yield chunk

"""A floor: a speaker's place in a room, which outlives the speaker's connections."""

import asyncio
import secrets
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from server.rooms.line import Line
from server.wire.messages import Start, Statistics
from streaming.audio import Samples
from streaming.errors import DragomanError

Holder: TypeAlias = asyncio.Future[DragomanError | None]
"""A connection that brings audio: how it is told that it has lost the floor."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A microphone was opened or closed."""

    position: int
    """The client's sample from which it holds."""
    open: bool


class Microphone:
    """Turns into silence what is said while a speaker does not have the floor, or is muted.

    It goes by positions and not by the moment, so that audio sent once more is silenced just as before.
    """

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        """`switches` are in the order of their positions; before the first the microphone is open."""
        self._switches = list(switches)

    @property
    def switches(self) -> tuple[Switch, ...]:
        """All of them."""
        return tuple(self._switches)

    @property
    def open(self) -> bool:
        """What is said now is heard."""
        return not self._switches or self._switches[-1].open

    def set(self, position: int, open: bool) -> None:
        """Open or close the microphone from a position on."""
        self._switches.append(Switch(position, open))

    def apply(self, samples: Samples, position: int) -> Samples:
        """Silence those samples, of which the first is at a position, that come while it is closed."""
        end = position + len(samples)
        edges = [position, *(s.position for s in self._switches if position < s.position < end), end]
        if all(self._is_open(edge) for edge in edges[:-1]):
            return samples
        samples = samples.copy()
        for start, stop in pairwise(edges):
            if not self._is_open(start):
                samples[start - position : stop - position] = 0.0
        return samples

    def _is_open(self, position: int) -> bool:
        index = bisect_right([switch.position for switch in self._switches], position)
        return self._switches[index - 1].open if index else True


class Floor:
    """Takes a speaker's audio, whoever brings it, and knows what has been taken."""

    def __init__(
        self,
        name: str,
        form: Start,
        begin: float,
        secret: str,
        lines: list[Line],
        microphone: Microphone,
        booth: str = "",
    ) -> None:
        """`form` is what the speaker asked for; `begin` is when, in seconds of the room; `secret` is the
        fingerprint of what resumes it; a line for each channel; `booth` is the language that is
        interpreted into, empty for a speaker."""
        self.name = name
        self.booth = booth
        self.typing: int | None = None
        """Utterance that is being typed."""
        self.secret = secret
        self.form = form
        self.begin = begin
        self.lines = lines
        self.microphone = microphone
        self.finished = False
        """No more audio will come."""
        self.abandoned = False
        """Nobody came back to it."""
        self.place = ExitStack()
        """What counts it, as long as it is there."""
        self.closing = False
        """What is told now is the last."""
        self.ended: asyncio.Future[DragomanError | None] = asyncio.get_running_loop().create_future()
        """Everything has been interpreted; or why not."""
        self.holder: Holder | None = None
        """The connection that brings the audio."""
        self.patience: asyncio.TimerHandle | None = None
        """Ends the floor when nobody has come back for too long."""
        self.acknowledged = asyncio.Event()
        """Set whenever `kept` has grown."""
        self._kept = 0

    @property
    def position(self) -> int:
        """Samples of each channel that have been taken: what comes next."""
        return min(line.inlet.position for line in self.lines)

    @property
    def kept(self) -> int:
        """Samples of each channel that will never be needed again."""
        points = [line.inlet.feed_point(line.snapshot.position) for line in self.lines]
        self._kept = max(self._kept, min(points))
        return self._kept

    def take(self, samples: Samples, position: int) -> None:
        """Take audio, shape ``(frames, channels)``, that begins at a position."""
        samples = self.microphone.apply(samples, position)
        for line, channel in zip(self.lines, samples.T, strict=True):
            line.inlet.take(np.ascontiguousarray(channel), position)

    async def settle(self) -> None:
        """Wait while too much audio waits."""
        for line in self.lines:
            await line.inlet.settle()

    def statistics(self, utterances: int, captions: int) -> Statistics:
        """Say what the session was; what was said and shown, its room knows."""
        received = max(line.lag.received for line in self.lines)
        return Statistics(
            audio_seconds=round(received, 3),
            utterances=utterances,
            captions=captions,
            skipped=sum(line.skipped for line in self.lines),
            max_lag=round(max(line.lag.largest for line in self.lines), 3),
            real_time_factor=round(sum(line.recognizing for line in self.lines) / (received or 1.0), 3),
        )

    def finish(self) -> None:
        """No more audio will come."""
        self.finished = True
        for line in self.lines:
            line.inlet.finish()


def new_secret() -> str:
    """Make what proves that a client may resume."""
    return secrets.token_urlsafe(18)


def fingerprint(secret: str) -> str:
    """Give what is stored of a secret: it has 144 random bits, so a plain hash tells nobody anything."""
    return sha256(secret.encode()).hexdigest()

"""A floor: a speaker's place in a room, which outlives the speaker's connections."""

import asyncio
import secrets
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

import numpy as np

from server.rooms.lease import Failure, Lease
from server.rooms.line import Line
from server.rooms.microphone import Microphone
from server.wire.messages import Statistics
from streaming.audio import Samples
from streaming.errors import DragomanError

Holder: TypeAlias = asyncio.Future[DragomanError | None]
"""A connection that brings audio: how it is told that it has lost the floor."""


class Floor:
    """Takes a speaker's audio, whoever brings it, and knows what has been taken."""

    def __init__(self, name: str, lease: Lease, lines: list[Line]) -> None:
        """A line for each channel."""
        self.name = name
        self.form, self.begin, self.secret, self.booth = lease.form, lease.begin, lease.secret, lease.booth
        self.typing: int | None = None
        """Utterance that is being typed."""
        self.lines = lines
        self.microphone = Microphone(lease.switches)
        self.failure: Failure | None = None
        """What has ended it."""
        self._lease = lease
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
    def lease(self) -> Lease:
        """What is to be kept of it in the log now."""
        switches, failure = self.microphone.switches, self.failure
        return replace(self._lease, switches=switches, received=self.received, failure=failure)

    @property
    def position(self) -> int:
        """Samples of each channel that have been taken: what comes next."""
        return min(line.inlet.position for line in self.lines)

    @property
    def received(self) -> int:
        """Samples of each channel that were ever sent: after a restart some of them are sent once more."""
        return max(self._lease.received, *(line.inlet.position for line in self.lines))

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

"""Who is served next: live speech before requests that somebody waits for, those before jobs.

Work in the background (all that is not live) may use every worker while nobody speaks. From the moment
live speech comes until a while after it was last heard, one worker is kept free of it, so that a live
request waits for no call but those of its own kind; with a single worker it waits for one call at most.
Time is an argument; there is no clock here.
"""

from collections import deque
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")

ATTENTION = 10.0
"""Seconds after a live request for which a worker stays free for the next."""


class Priority(IntEnum):
    """How urgent a request is; the lower goes first."""

    LIVE = 0
    """Somebody speaks."""
    REQUEST = 1
    """Somebody waits for a recording."""
    JOB = 2
    """Nobody waits."""


class WaitingLine(Generic[T]):
    """Requests that wait for a number of workers, and which of them are taken next."""

    def __init__(self, workers: int, most: int) -> None:
        """At most `most` requests are taken together."""
        self._workers = workers
        self._most = most
        self._waiting: dict[Priority, deque[T]] = {priority: deque() for priority in Priority}
        self._running: dict[Priority, int] = dict.fromkeys(Priority, 0)
        self._heard = float("-inf")

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @property
    def busy(self) -> int:
        """Workers that are running something."""
        return sum(self._running.values())

    def put(self, item: T, priority: Priority, now: float) -> None:
        """Add a request, at `now` seconds."""
        if priority is Priority.LIVE:
            self._heard = now
        self._waiting[priority].append(item)

    def take(self, now: float) -> tuple[Priority, list[T]] | None:
        """Give an idle worker its next batch, all of one priority; `None`: nothing for it now.

        Whoever takes must call `done` afterwards.
        """
        for priority, waiting in self._waiting.items():
            if waiting and self._may(priority, now):
                share = -(-len(waiting) // max(1, self._workers - self.busy))
                batch = [waiting.popleft() for _ in range(min(share, self._most))]
                self._running[priority] += 1
                return priority, batch
        return None

    def done(self, priority: Priority) -> None:
        """Note that a worker has finished a batch."""
        self._running[priority] -= 1

    def clear(self) -> list[T]:
        """Take everything out."""
        found = [item for waiting in self._waiting.values() for item in waiting]
        for waiting in self._waiting.values():
            waiting.clear()
        return found

    def _may(self, priority: Priority, now: float) -> bool:
        if priority is Priority.LIVE:
            return True
        attentive = now - self._heard < ATTENTION
        allowed = max(1, self._workers - 1) if attentive else self._workers
        return self.busy - self._running[Priority.LIVE] < allowed

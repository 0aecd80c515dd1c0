"""How many may come in: by count, by what the engines were measured to take, by seats in a room.

A session costs engine time for each second of its audio; how much is measured over the last minute. One more
is taken only if the recognizer's workers can carry it too. Who is refused is told when to try again. The
clock is handed in.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from server.config import LimitsConfig
from streaming.errors import OverloadError

SPAN_SECONDS = 60.0
"""Measurements this old count for 1/e of new ones."""
LEAST_AUDIO = 15.0
"""Seconds of audio below which nothing is known of its cost."""
SHORTEST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Seconds that a refused client is told to wait."""
MOST_STRANGERS = 64
"""Connections that have not shown a credential yet."""
TYPICAL_SESSION = 120.0
"""Seconds that a session is thought to last before any has ended."""

Seat = Literal["speaker", "listener"]


class Load:
    """What audio costs: engine seconds and audio seconds, older ones counting ever less."""

    def __init__(self, workers: int, span: float = SPAN_SECONDS) -> None:
        """`workers` is how many windows the recognizer takes at the same time."""
        self.workers = workers
        self._span = span
        self._engine = 0.0
        self._audio = 0.0
        self._time = 0.0

    def work(self, seconds: float, now: float) -> None:
        """The engine has worked."""
        self._decay(now)
        self._engine += seconds

    def hear(self, seconds: float, now: float) -> None:
        """Audio has come."""
        self._decay(now)
        self._audio += seconds

    def factor(self, now: float) -> float | None:
        """Give engine seconds per second of audio: the real-time factor of one session; `None`: unknown."""
        self._decay(now)
        return self._engine / self._audio if self._audio >= LEAST_AUDIO else None

    def utilisation(self, sessions: int, now: float) -> float:
        """Give the part of the workers that so many live sessions keep busy; 0 where it is unknown."""
        return sessions * (self.factor(now) or 0.0) / self.workers

    def _decay(self, now: float) -> None:
        kept = math.exp(min(0.0, self._time - now) / self._span)
        self._engine *= kept
        self._audio *= kept
        self._time = now


class Admission:
    """Counts who is in, and says who may come."""

    def __init__(
        self,
        most: int,
        limits: LimitsConfig,
        load: Load,
        clock: Callable[[], float],
        refused: Callable[[str], None] = lambda code: None,
    ) -> None:
        """`most` sessions are live at once, whatever they cost; `clock` gives seconds; `refused` is told the
        code of each refusal."""
        self.most: Final = most
        self.load: Final = load
        self._draining: float | None = None
        self._ends: dict[object, Callable[[], None]] = {}
        self._sessions = 0
        self._callers = 0
        self.strangers = 0
        """Connections that have not shown yet who they are."""
        self._limits = limits
        self._clock = clock
        self._tell = refused
        self._lasts = TYPICAL_SESSION
        self._seats: Counter[tuple[Seat, str]] = Counter()

    @property
    def count(self) -> int:
        """Live sessions."""
        return self._sessions

    @property
    def here(self) -> int:
        """Those who go by themselves when the server is being stopped, and are waited for."""
        return len(self._ends)

    def drain(self, seconds: float) -> None:
        """Take nobody more, and ask all who are in to end; they have so many seconds."""
        self._draining = seconds
        for end in list(self._ends.values()):
            end()

    @property
    def refusal(self) -> str | None:
        """Why no session would be taken now; `None`: one would."""
        if self._draining is not None:
            return "the server is being stopped"
        if self.count >= self.most:
            return f"the server is full: {self.most} sessions are live"
        if self._limits.utilisation and self.count and self._overloaded():
            return f"the server is full: its engines are busy with {self.count} sessions"
        return None

    @property
    def retry_seconds(self) -> float:
        """When a session will have ended, as far as those before tell."""
        if self._draining is not None:
            return max(SHORTEST_RETRY, self._draining)
        return min(LONGEST_RETRY, max(SHORTEST_RETRY, self._lasts / max(1, self.count)))

    def check(self) -> None:
        """See that a session would be taken now.

        Raises:
            OverloadError: none would; it says when to try again.
        """
        if reason := self.refusal:
            raise self._refused(reason)

    @contextmanager
    def session(self, end: Callable[[], None] | None = None, *, known: bool = False) -> Iterator[None]:
        """Count a session as long as it lasts; `end` is called when the server is being stopped, without it
        nobody waits for its end; one that is `known` was let in before the server was started anew.

        Raises:
            OverloadError: there is no room for it.
        """
        if not known:
            self.check()
        began = self._clock()
        self._sessions += 1
        try:
            with self._ended_by(end):
                yield
        finally:
            self._sessions -= 1
            self._lasts += (self._clock() - began - self._lasts) / 8

    @contextmanager
    def stranger(self) -> Iterator[None]:
        """Count somebody who has not shown yet who he is: what he may take up is little.

        Raises:
            OverloadError: the server is being stopped, or too many strangers are here.
        """
        self._check_open()
        if self.strangers >= MOST_STRANGERS:
            raise self._refused("too many clients have connected without saying who they are")
        self.strangers += 1
        try:
            yield
        finally:
            self.strangers -= 1

    @contextmanager
    def caller(self, end: Callable[[], None]) -> Iterator[None]:
        """Count a connection that is to bring a session's audio; `end` is called when the server is being
        stopped. A full server takes some too: they may be coming back to their sessions.

        Raises:
            OverloadError: too many have connected and brought nothing, or the server is being stopped.
        """
        if self._callers >= self._sessions + self.most:
            raise self._refused("too many clients have connected without beginning a session")
        self._callers += 1
        try:
            with self.guest(end):
                yield
        finally:
            self._callers -= 1

    @contextmanager
    def guest(self, end: Callable[[], None]) -> Iterator[None]:
        """Expect somebody to go by himself when the server is being stopped; `end` is called then.

        Raises:
            OverloadError: the server is being stopped already.
        """
        self._check_open()
        with self._ended_by(end):
            yield

    @contextmanager
    def seat(
        self, kind: Seat, room: str, end: Callable[[], None] | None = None, *, known: bool = False
    ) -> Iterator[None]:
        """Count somebody in a room as long as he is there; `end` and `known` as in `session`.

        Raises:
            OverloadError: all seats are taken, or the server is being stopped.
        """
        if not known:
            self.check_seat(kind, room)
        self._seats[kind, room] += 1
        try:
            with self._ended_by(end):
                yield
        finally:
            self._seats[kind, room] -= 1
            self._seats = +self._seats

    def seats(self, kind: Seat) -> int:
        """Count the taken seats of all rooms."""
        return sum(count for (taken, _), count in self._seats.items() if taken == kind)

    def seats_by_room(self, kind: Seat) -> dict[str, int]:
        """Count the taken seats of each room where there are any."""
        return {room: count for (taken, room), count in self._seats.items() if taken == kind}

    def check_seat(self, kind: Seat, room: str) -> None:
        """See that there is a seat in a room.

        Raises:
            OverloadError: all are taken, or the server is being stopped.
        """
        most = self._limits.speakers if kind == "speaker" else self._limits.listeners
        self._check_open()
        if self._seats[kind, room] >= most:
            raise self._refused(f"the room is full: {most} {kind}s are in it")

    def _check_open(self) -> None:
        if self._draining is not None:
            raise self._refused("the server is being stopped")

    @contextmanager
    def _ended_by(self, end: Callable[[], None] | None) -> Iterator[None]:
        if end is None:
            yield
            return
        member = object()
        self._ends[member] = end
        try:
            yield
        finally:
            del self._ends[member]

    def _overloaded(self) -> bool:
        """One session more would need more than the engines are meant to give."""
        return self.load.utilisation(self.count + 1, self._clock()) > self._limits.utilisation

    def _refused(self, reason: str) -> OverloadError:
        self._tell(OverloadError.code)
        wait = self.retry_seconds
        return OverloadError(f"{reason}; try again in {math.ceil(wait)} s", wait)

"""Whether the process works, and whether a session would be taken now: two questions with two answers.

A process that does not work is to be started anew (``/healthz``); one that only cannot take more is to be
left alone (``/readyz``).
"""

import asyncio
import time
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from server.access.admission import Admission
from server.monitoring.meter import Meter
from streaming.batching import SharedEngine

BEAT_SECONDS = 0.5
"""Between looks at how late the event loop is."""
LATE_SECONDS = 5.0
"""An event loop that was so late within the last minute does not work."""
REMEMBERED_SECONDS = 60.0
STUCK_SECONDS = 120.0
"""An engine that has not answered a request for so long does not work."""
OLD_SECONDS = 15.0
"""A queue in which a request has waited so long takes no new session."""

Check = Callable[[], str | None]
"""Gives what is wrong; `None`: nothing."""


class Health:
    """Asks everybody how they are."""

    def __init__(
        self,
        engines: Mapping[str, SharedEngine[Any, Any]],
        meters: Mapping[str, Meter],
        admission: Admission,
        clock: Callable[[], float] = time.monotonic,
        unhurried: Container[str] = (),
    ) -> None:
        """No session waits for what is asked of engines that are `unhurried`."""
        self._engines = engines
        self._meters = meters
        self._admission = admission
        self._clock = clock
        self._unhurried = unhurried
        self._beat = clock()
        self._late = (0.0, clock())
        self.checks: Final[dict[str, Check]] = {}
        """More that must be in order for a session to be taken: name → check."""

    def problems(self) -> list[str]:
        """Say why the process should be started anew."""
        found = [
            f"the {name} has lost a worker" for name, engine in self._engines.items() if not engine.alive
        ]
        found += [
            f"the {name} has not answered for {meter.oldest:.0f} s"
            for name, meter in self._meters.items()
            if meter.oldest > STUCK_SECONDS
        ]
        if self.loop_delay > LATE_SECONDS:
            found.append(f"the event loop was {self.loop_delay:.1f} s late")
        return found

    def refusals(self) -> list[str]:
        """Say why no session would be taken now."""
        found = self.problems()
        if reason := self._admission.refusal:
            found.append(reason)
        found += [
            f"a request has waited {meter.oldest:.0f} s for the {name}"
            for name, meter in self._meters.items()
            if name not in self._unhurried and OLD_SECONDS < meter.oldest <= STUCK_SECONDS
        ]
        return found + [f"{name}: {wrong}" for name, check in self.checks.items() if (wrong := check())]

    @property
    def loop_delay(self) -> float:
        """Seconds that the event loop was late, at most, within the last minute."""
        return max(self._late[0], self._clock() - self._beat - BEAT_SECONDS, 0.0)

    def beat(self) -> None:
        """Note that the event loop turns."""
        now = self._clock()
        late = now - self._beat - BEAT_SECONDS
        if late > self._late[0] or now - self._late[1] > REMEMBERED_SECONDS:
            self._late = (max(0.0, late), now)
        self._beat = now

    async def watch(self) -> None:
        """Look at the event loop for ever."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_SECONDS)

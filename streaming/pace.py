"""Pace: how far audio must advance before an engine is asked again.

Decisions are taken at fixed points of *audio* time, so that a live session and a recording give the
same text. Only when the engine needs longer than the step between two points are points skipped,
just enough of them for the work to fit again (facts of load are told in seconds by the driver; there
is no clock here).
"""

import math
from collections import deque


class Pace:
    """The step between decision points, stretched by what the engine lately cost."""

    _MEMORY = 4
    _MARGIN = 1.2

    def __init__(self, step: float) -> None:
        self._step = step
        self._costs: deque[float] = deque(maxlen=self._MEMORY)
        self.skipped = 0
        """Decision points that were left out so far."""

    def spent(self, cost: float) -> None:
        """Note what the last answer cost, in seconds, waiting included."""
        self._costs.append(cost)

    def advance(self) -> float:
        """Tell how much audio, in seconds, lies between the last decision point and the next.

        A single slow answer does not stretch the step: the backlog that it leaves is worked off.
        """
        if len(self._costs) < self._MEMORY:
            return self._step
        mean = sum(self._costs) / len(self._costs)
        steps = max(1, math.ceil(mean * self._MARGIN / self._step))
        self.skipped += steps - 1
        return steps * self._step

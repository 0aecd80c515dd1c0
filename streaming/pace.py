"""Pace: how far audio must advance before an engine is asked again, and what may be left out meanwhile.

Decisions are taken at fixed points of *audio* time, so that a live session and a recording give the
same text. Only when the engine needs longer than the step between two points are points skipped,
just enough of them for the work to fit again (facts of load are told in seconds by the driver; there
is no clock here).

What is shed under load, in this order: tentative updates (points are skipped), then the alignment where
nothing depends on it, then the beam. Committed words are never shed.

| steps between two points | left out                    |
|--------------------------|-----------------------------|
| 1                        | nothing                     |
| 2                        | tentative updates           |
| 3, 4                     | … and alignment             |
| 5 and more               | … and beam                  |

How many steps there were after each answer is the one thing in a decision that depends on the machine and not
on the audio. So it can be told, to be written down, and given to a second hearing, which then decides alike.
"""

import math
from collections import deque
from collections.abc import Mapping
from enum import IntEnum


class Effort(IntEnum):
    """How much is spent on a window, from most to least."""

    FULL = 0
    UNALIGNED = 1
    """The times of words need not be known where nothing is decided by them."""
    GREEDY = 2
    """… and the likeliest next token must do."""


class Pace:
    """The step between decision points, stretched by what the engine lately cost."""

    _MEMORY = 4
    _MARGIN = 1.2
    _UNALIGNED, _GREEDY = 3, 5
    _UNTOLD = 500
    """Answers whose steps are kept until they are told: where nobody writes them down, no more."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._costs: deque[float] = deque(maxlen=self._MEMORY)
        self._steps = 1
        self._answers = 0
        self._untold: deque[int] = deque(maxlen=self._UNTOLD)
        self._known: dict[int, int] = {}
        self.skipped = 0
        """Decision points that were left out so far."""

    @property
    def effort(self) -> Effort:
        """How much may be spent on a window now."""
        if self._steps >= self._GREEDY:
            return Effort.GREEDY
        return Effort.UNALIGNED if self._steps >= self._UNALIGNED else Effort.FULL

    def spent(self, cost: float) -> None:
        """Note what the last answer cost, in seconds, waiting included."""
        self._costs.append(cost)
        self._answers += 1
        self._steps = self._known.pop(self._answers, 0) or self._fitting()
        self._untold.append(self._steps)

    def advance(self) -> float:
        """Tell how much audio, in seconds, lies between the last decision point and the next."""
        self.skipped += self._steps - 1
        return self._steps * self._step

    def tell(self) -> dict[int, int]:
        """Give the steps after each answer that has not been told, by the number of the answer."""
        first = self._answers - len(self._untold) + 1
        told = dict(enumerate(self._untold, first))
        self._untold.clear()
        return told

    def follow(self, steps: Mapping[int, int]) -> None:
        """Take as many steps after the answers of these numbers as an earlier hearing has told."""
        self._known = {answer: count for answer, count in steps.items() if answer > self._answers}

    def _fitting(self) -> int:
        """Count the steps in which the work fits.

        A single slow answer does not stretch them: the backlog that it leaves is worked off.
        """
        if len(self._costs) < self._MEMORY:
            return 1
        mean = sum(self._costs) / len(self._costs)
        return max(1, math.ceil(mean * self._MARGIN / self._step))

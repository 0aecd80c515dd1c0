"""A floor's microphone: opened and closed at positions of the audio."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from streaming.audio import Samples


@dataclass(frozen=True, slots=True)
class Switch:
    """A microphone was opened or closed."""

    position: int
    """The client's sample from which it holds."""
    open: bool


class Microphone:
    """Turns into silence what is said while a speaker does not have the floor or is muted, or while the
    language of a booth is paused.

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
        """Open or close the microphone from a position on, which is not before the last one."""
        last = self._switches[-1].position if self._switches else 0
        self._switches.append(Switch(max(position, last), open))

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

"""The same stages from a for-loop, on a simulated clock.

Audio arrives at its own pace (a chunk is there at its end); each engine call moves the clock of the
asking stage by a cost that the caller chooses: nothing (computation-unaware latency, and what
recordings use) or what the call took (computation-aware).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from streaming.audio import AudioChunk
from streaming.stages import Ask, Node, Notice, Signal, Write

Engines: TypeAlias = Mapping[str, Callable[[Sequence[Any]], Sequence[Any]]]
"""Engine name → its batch method."""
Emit: TypeAlias = Callable[[str, Any, float], None]
"""Told the node's name, each item that it writes, and the simulated time in seconds."""
Cost: TypeAlias = Callable[[str, float], float]
"""Engine name and measured seconds → seconds to charge."""


def free(engine: str, measured: float) -> float:
    """Charge nothing: what an infinitely fast machine would do."""
    return 0.0


def measured(engine: str, measured: float) -> float:
    """Charge what the call took on this machine."""
    return measured


def run(root: Node, engines: Engines, chunks: Iterable[AudioChunk], emit: Emit, cost: Cost = free) -> None:
    """Run a graph on a recording, as fast as the machine allows."""
    for _ in steps(root, engines, chunks, emit, cost):
        pass


def steps(
    root: Node, engines: Engines, chunks: Iterable[AudioChunk], emit: Emit, cost: Cost = free
) -> Iterator[float]:
    """Run a graph chunk by chunk; gives the seconds that are done after each, and once more at the end."""
    line = _Line(root, engines, emit, cost)
    end = 0.0
    for chunk in chunks:
        end = chunk.end
        line.receive(chunk, end)
        yield end
    line.finish(end)
    yield end


class _Line:
    """A node with its clock, and the lines after it."""

    def __init__(self, node: Node, engines: Engines, emit: Emit, cost: Cost) -> None:
        self._node = node
        self._engine = engines.get(node.engine)
        self._emit = emit
        self._cost = cost
        self._clock = 0.0
        self._successors = [_Line(successor, engines, emit, cost) for successor in node.successors]

    def receive(self, item: Any, now: float) -> None:
        self._clock = max(self._clock, now)
        self._node.stage.receive(item)
        self._work()

    def finish(self, now: float) -> None:
        self._clock = max(self._clock, now)
        self._node.stage.finish()
        self._work()

    def _work(self) -> None:
        while True:
            match self._node.stage.next_action():
                case Signal.READ:
                    return
                case Ask(request):
                    self._ask(request)
                case Write(item):
                    self._write(item)
                case Signal.DONE:
                    for successor in self._successors:
                        successor.finish(self._clock)
                    return

    def _ask(self, request: Any) -> None:
        if self._engine is None:
            raise KeyError(f"{self._node.name} asks for an engine {self._node.engine!r} that is not there")
        asked = time.perf_counter()
        (result,) = self._engine([request])
        cost = self._cost(self._node.engine, time.perf_counter() - asked)
        self._clock += cost
        self._node.stage.receive_result(result, cost)

    def _write(self, item: Any) -> None:
        self._emit(self._node.name, item, self._clock)
        if not isinstance(item, Notice):
            for successor in self._successors:
                successor.receive(item, self._clock)

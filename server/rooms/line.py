"""A line: one speaker's audio, and the stages that interpret it; cut and restored at utterance boundaries."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from server.interpretation.graph import RECOGNITION, TRANSLATION, Interpretation, branch, graph
from server.interpretation.lag import Lag
from server.interpretation.languages import Languages
from server.interpretation.usage import Usage, unchanged
from server.rooms.inlet import Inlet
from server.rooms.snapshot import Snapshot, restore
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.captions import Caption, Update, merge
from streaming.pace import Pace
from streaming.pipeline import Cut, Engines, Inbox, Pipeline
from streaming.stages import Node, Notice, TranslationRequest
from tts.speech import Spoken

QUIET_SECONDS = 5.0
"""Between two cuts while nobody speaks, so that clients need not keep silence for long."""


class Boundaries:
    """Says when to cut: where the stages hold least, at the ends of utterances and in silence."""

    def __init__(self, position: int) -> None:
        self._last = position
        self._speaking = False

    def __call__(self, position: int, written: Sequence[AudioChunk | EndOfUtterance]) -> bool:
        """Tell whether to cut, given the samples received and what endpointing has lately written."""
        ended = any(isinstance(item, EndOfUtterance) for item in written)
        if written:
            self._speaking = isinstance(written[-1], AudioChunk)
        quiet = not self._speaking and position - self._last >= QUIET_SECONDS * SAMPLE_RATE
        if not (ended or quiet):
            return False
        self._last = position
        return True


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what a line brings, and asked what it must know; by the room."""

    hear: Callable[["Line", str, Any], None]
    """Told the node's name and what it writes."""
    say: Callable[["Line", Notice], None]
    """Told what people should know at once, and need not know later."""
    shown: Callable[["Line", str], Mapping[tuple[int, str], Caption]]
    """Gives the captions of a node that are not final."""
    number: Callable[[], int]
    """Gives the number of the last event."""
    keep: Callable[["Line", Snapshot], None]
    """Told a new snapshot, to make it durable."""
    prepared: Callable[[TranslationRequest], TranslationRequest] = unchanged
    """Adds to a request what the room knows."""


class Line:
    """One recognition, and what follows it."""

    def __init__(
        self,
        name: str,
        wanted: Interpretation,
        rate: int,
        engines: Engines,
        languages: Languages,
        ears: Ears,
        snapshot: Snapshot,
        held: float,
    ) -> None:
        """`rate` is that of the client's samples, in Hz; an empty snapshot begins afresh where it says; one
        waits while more than `held` seconds of audio wait."""
        self.name = name
        self.snapshot = snapshot
        """The last one that is durable."""
        self.saved = snapshot.position
        """Position of the last one that the log was given: it may not have been able to keep it."""
        self.source = wanted.source
        self._wanted = wanted
        self._manner = languages.manner
        self._ears = ears
        self._open = snapshot.open
        self._first, self._next = snapshot.first, snapshot.next
        self._lag = Lag(self._say, snapshot.position / SAMPLE_RATE)
        self.inlet = Inlet(rate, self._lag, snapshot.position, held)
        self._usage = Usage(engines, languages, self._lag, self._notice, ears.prepared)
        self._root = graph(wanted, snapshot.position, manner=self._manner)
        restore(self._root, snapshot)
        self._told: Counter[str] = Counter(self._recognition.alarms)
        self._pipeline = Pipeline(
            self._root, self._usage.engines(), self._emit, Boundaries(snapshot.position)
        )
        self._begun = False
        self._targets = set(wanted.targets)
        self._cuts: dict[Cut, Snapshot] = {}
        self._paces: dict[str, Pace] = {RECOGNITION: _pace(self._root.successors[0])}
        for node in self._root.successors[0].successors:
            self._paces[node.name] = _pace(node)
            if node.name not in snapshot.states and snapshot.open:
                node.stage.receive(snapshot.open)

    @property
    def lag(self) -> Lag:
        """How far decisions are behind the audio."""
        return self._lag

    @property
    def recognizing(self) -> float:
        """Seconds spent waiting for the recognizer."""
        return self._usage.recognizing

    @property
    def skipped(self) -> int:
        """Decision points of recognition left out because the recognizer was too slow."""
        return int(self._recognition.skipped)

    @property
    def targets(self) -> frozenset[str]:
        """Languages that the line is translated into now."""
        return frozenset(self._targets)

    @property
    def _recognition(self) -> Any:
        return self._root.successors[0].stage

    def paced(self, name: str) -> dict[int, int]:
        """Give what the pace of a node has not told yet."""
        return self._paces[name].tell()

    def follow(self, name: str, steps: Mapping[int, int]) -> None:
        """Let a node keep the pace that it kept before a restart; one that begins afresh in the middle counts
        anew, and decides anew."""
        known = name in self.snapshot.states or not self.snapshot.position
        if known and name in self._paces:
            self._paces[name].follow(steps)

    def alarms(self) -> Mapping[str, int]:
        """Count the alarms of recognition's guards since this was last asked, by code."""
        alarms: Counter[str] = self._recognition.alarms
        new, self._told = alarms - self._told, Counter(alarms)
        return new

    async def run(self) -> None:
        """Interpret until the inlet ends.

        Raises:
            DragomanError: an engine failed.
        """
        self._begun = True
        async with aclosing(self.inlet.chunks()) as chunks:
            await self._pipeline.run(chunks)

    def add(self, target: str) -> None:
        """Translate into one more language, the utterance that is being spoken included."""
        if target in self._targets:
            return
        self._targets.add(target)
        node = branch(target, self._wanted, self._manner)
        self._paces[node.name] = _pace(node)
        if self._open is not None:
            node.stage.receive(self._open)
        if self._begun:
            self._pipeline.add(RECOGNITION, node)
        else:
            self._root.successors[0].successors.append(node)

    def remove(self, target: str) -> list[Inbox]:
        """Translate into one language less; what has been said is finished when the inboxes that this gives
        are closed."""
        self._targets.discard(target)
        return self._pipeline.remove(RECOGNITION, f"{TRANSLATION}.{target}")

    def _emit(self, name: str, item: Any) -> None:
        if isinstance(item, Cut):
            self._pass(name, item)
            return
        if name == RECOGNITION and isinstance(item, Update):
            heard = replace(item, tentative=())
            joined = merge(self._open, heard) if self._open else heard
            self._open = None if item.final else joined
            self._next = self._first + item.utterance + item.final
        if isinstance(item, Update | Spoken):
            item = replace(item, utterance=self._first + item.utterance)
        self._ears.hear(self, name, item)

    def _pass(self, name: str, cut: Cut) -> None:
        """A cut has passed a node: note what else belongs to the state there."""
        noted = self._cuts.get(cut) or Snapshot(cut.position, first=self._first)
        if name == RECOGNITION:
            noted = replace(noted, open=self._open, next=self._next, number=self._ears.number())
        noted = replace(noted, shown={**noted.shown, **self._ears.shown(self, name)})
        self._cuts[cut] = noted
        if cut.complete:
            self._cuts = {other: kept for other, kept in self._cuts.items() if other.position > cut.position}
            self._ears.keep(self, replace(noted, states=cut.states))

    def _say(self, notice: Notice) -> None:
        self._ears.say(self, notice)

    def _notice(self, notice: Notice) -> None:
        self._ears.hear(self, "", notice)


def _pace(node: Node) -> Pace:
    stage: Any = node.stage
    pace: Pace = stage.pace
    return pace

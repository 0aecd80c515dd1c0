"""Notices to a person at a terminal: each once, when it first comes, and in the end how often it came."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from server.records.subtitles import clock
from streaming.stages import Notice


@dataclass(slots=True)
class Notices:
    """Says what is noticed without saying it again and again."""

    say: Callable[[str], None]
    _times: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def hear(self, notice: Notice, moment: float | None = None) -> None:
        """Take a notice, from any thread; `moment`, in seconds, is where it belongs, `None`: nowhere."""
        with self._lock:
            self._times[notice.message] += 1
            first = self._times[notice.message] == 1
        if first:
            self.say(notice.message if moment is None else f"{clock(moment, '.', 1)}: {notice.message}")

    def close(self) -> None:
        """Say what came more than once."""
        for message, times in self._times.items():
            if times > 1:
                self.say(f"{times} times in all: {message}")

"""What every conference uses, and whom it tells what it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.access.admission import Admission
from server.config import LimitsConfig
from server.interpretation.languages import Languages
from server.interpretation.packs import Shelf
from server.interpretation.translators import Translators
from server.rooms.eventlog import EventLog
from server.rooms.tape import Tapes
from streaming.pipeline import Engines


class Watch(Protocol):
    """Is told what sessions do."""

    def heard(self, seconds: float) -> None:
        """Audio came."""

    def wrote(self, stage: str, item: Any, received: float) -> None:
        """A stage has written an item, when so many seconds of audio had been received."""

    def alarmed(self, alarms: Mapping[str, int]) -> None:
        """Guards of recognition have fired, so often each."""

    def revised(self, by: str) -> None:
        """A finished utterance reads otherwise in a language: by whom."""

    def ended(self, close_code: int, skipped: int) -> None:
        """A session has ended, having left out so many decision points."""


@dataclass(frozen=True, slots=True)
class Services:
    """What every conference uses."""

    log: EventLog
    engines: Engines
    translators: Translators
    languages: Languages
    shelf: Shelf
    """The domain packs that speakers may name."""
    tapes: Tapes
    """Where the audio of rooms is kept that want it."""
    admission: Admission
    watch: Watch
    limits: LimitsConfig
    grace: float
    """Seconds that a place is kept for somebody whose connection is lost."""
    days: float
    """Days after which nothing is left of what is over, unless a room says otherwise."""

"""A lease: what the log keeps of a floor, from which it is taken up again after a restart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from server.rooms.microphone import Switch
from server.wire.messages import Start
from server.wire.schema import from_plain, to_plain

STATE = "floor:"
"""How the names of the states begin in which leases are kept; the floor's name follows."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a floor has ended without a ``done``."""

    code: str
    message: str
    event: int
    """Number of the last event before that."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a floor, and how."""

    form: Start
    """What the speaker asked for."""
    begin: float
    """Where the audio begins, in seconds of the room."""
    secret: str
    """The fingerprint of what resumes it."""
    booth: str = ""
    """The language that is interpreted into; empty: a speaker's."""
    switches: tuple[Switch, ...] = ()
    """When the microphone was opened and closed."""
    received: int = 0
    """Samples of each channel that the client had sent."""
    failure: Failure | None = None
    """What has ended it; null: it goes on, or has come to its end in order."""

    @property
    def written(self) -> bytes:
        """As it is kept in the log."""
        return json.dumps(to_plain(self)).encode()


def lease_of(written: bytes) -> Lease:
    """Read a lease from the log."""
    lease: Lease = from_plain(Lease, json.loads(written), "floor")
    return lease


def leases(states: Mapping[str, bytes]) -> dict[str, Lease]:
    """Read the leases among the states of a stream, by the names of their floors, the oldest first."""
    found = {name.removeprefix(STATE): lease_of(s) for name, s in states.items() if name.startswith(STATE)}
    return dict(sorted(found.items(), key=lambda floor: floor[1].begin))

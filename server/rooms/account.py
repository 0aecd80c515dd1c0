"""What the server counts of a room: places that are taken, what its lines write, and how sessions end."""

from contextlib import ExitStack
from typing import Any

from server.rooms.floor import Floor
from server.rooms.line import Line
from server.rooms.services import Services
from server.wire.protocol import close_code
from streaming.errors import DragomanError


class Account:
    """Counts on behalf of one room."""

    def __init__(self, services: Services, room: str | None) -> None:
        """`room` is the one whose seats are taken; `None`: a speaker is alone with the server."""
        self._admission = services.admission
        self._watch = services.watch
        self._room = room

    def admit(self, place: ExitStack, booth: str, *, known: bool = False) -> None:
        """Count a floor as long as its place is kept; one that is `known` was let in before a restart.

        Raises:
            OverloadError: the server or the room is full.
        """
        place.enter_context(self._admission.session(known=known))
        if self._room is not None and not booth:
            place.enter_context(self._admission.seat("speaker", self._room, known=known))

    def wrote(self, line: Line, name: str, item: Any) -> None:
        """The node of a line has written something; or the line itself, where there is no name."""
        self._watch.wrote(name, item, line.lag.received)
        self._watch.alarmed(line.alarms())

    def ended(self, floor: Floor, error: DragomanError | None) -> None:
        """A session has ended: in order, for an error, or because nobody came back to it."""
        for line in floor.lines:
            self._watch.alarmed(line.alarms())
        code = close_code(error.code) if error else 1006 if floor.abandoned else 1000
        self._watch.ended(code, sum(line.skipped for line in floor.lines))
        floor.place.close()

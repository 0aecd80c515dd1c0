"""One connection on its way in: judged by its handshake if that shows something, else by its first words.

A server that is full says so before it answers the handshake, unless the address says that the client comes
back to a session: that one is counted already, and nobody may lose a word because others have come meanwhile.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from starlette.requests import HTTPConnection

from server.access.admission import Admission
from server.access.auth import Action, Grant
from server.access.door import Door
from server.wire.protocol import RESUMING


class Arrival:
    """Holds the place of a connection as long as it is open; a context manager."""

    def __init__(
        self,
        door: Door,
        admission: Admission,
        connection: HTTPConnection,
        action: Action,
        room: str | None,
        place: Callable[[], AbstractContextManager[None]],
        vacancy: Callable[[], None] = lambda: None,
    ) -> None:
        """`place` counts the connection once it is in: a session, or a seat in the room; `vacancy` raises
        OverloadError where what it is here to begin would not be taken now."""
        self._door = door
        self._admission = admission
        self._connection = connection
        self._action = action
        self._room = room
        self._place = place
        self._vacancy = vacancy
        self._stack = ExitStack()
        self._inside = False
        self.grant: Grant | None = None
        """What the connection may do, once it has shown a credential."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def knock(self) -> None:
        """Come in, or wait inside the door as a stranger: before the handshake is answered.

        Raises:
            AccessError: what the handshake shows does not cover it.
            OverloadError: there is no room.
        """
        # Who may not enter learns nothing of the load.
        grant = self._judged() if self._door.knows(self._connection) else None
        if not _comes_back(self._connection):
            self._vacancy()
        if grant is None:
            self._stack.enter_context(self._admission.stranger())
        else:
            self._admit(grant)

    def enter(self, token: str = "") -> None:
        """Come in, with the token of a first message; nothing happens to who is in already.

        Raises:
            AccessError: the token does not cover it.
            OverloadError: there is no room.
        """
        if self.grant is None:
            self._admit(self._judged(token))

    def come_back(self) -> None:
        """Come in without a credential, to something that was begun with one and is known by a secret.

        Raises:
            OverloadError: there is no room.
        """
        if not self._inside:
            self._stack.close()  # no stranger any more
            self._stack.enter_context(self._place())
            self._inside = True

    def _admit(self, grant: Grant) -> None:
        self.come_back()
        self.grant = grant

    def _judged(self, token: str = "") -> Grant:
        return self._door.check(self._connection, self._action, self._room, token)


def _comes_back(connection: HTTPConnection) -> bool:
    """Tell whether a client says that it resumes; what it says in its first message decides."""
    name, value = RESUMING
    return connection.query_params.get(name) == value

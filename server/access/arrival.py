"""One connection on its way in: judged by its handshake if that shows something, else by its first words."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from starlette.requests import HTTPConnection

from server.access.admission import Admission
from server.access.auth import Action, Grant
from server.access.door import Door


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
    ) -> None:
        """`place` counts the connection once it is in: a session, or a seat in the room."""
        self._door = door
        self._admission = admission
        self._connection = connection
        self._action = action
        self._room = room
        self._place = place
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
        if self._door.knows(self._connection):
            self.enter()
        else:
            self._stack.enter_context(self._admission.stranger())

    def enter(self, token: str = "") -> None:
        """Come in, with the token of a first message; nothing happens to who is in already.

        Raises:
            AccessError: the token does not cover it.
            OverloadError: there is no room.
        """
        if self.grant is None:
            grant = self._door.check(self._connection, self._action, self._room, token)
            self.come_back()
            self.grant = grant

    def come_back(self) -> None:
        """Come in without a credential, to something that was begun with one and is known by a secret.

        Raises:
            OverloadError: there is no room.
        """
        if not self._inside:
            self._stack.close()  # no stranger any more
            self._stack.enter_context(self._place())
            self._inside = True

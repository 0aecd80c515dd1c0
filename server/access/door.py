"""Where a connection shows who it is: finds the credential, asks what it grants, counts those that fail.

A credential comes in the header ``Authorization: Bearer``, or, from browsers, which cannot set one for a
WebSocket, as the subprotocol ``dragoman.token.…`` or in the first message. Never in the address, which is
logged on the way by everybody. None is ever written anywhere.
"""

import ipaddress
import logging
import math
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection, Request

from server.access.auth import Access, Action, Grant, Role, require
from server.access.throttle import Throttle
from streaming.errors import AccessError, RateError, UnauthorizedError

SUBPROTOCOL: Final = "dragoman.v1"
"""What the server chooses among the subprotocols offered; a browser must offer it beside its token."""
TOKEN_PREFIX: Final = "dragoman.token."

log = logging.getLogger(__name__)

bearer = HTTPBearer(auto_error=False, description="A key, or a room token")


class Door:
    """Lets connections in."""

    def __init__(
        self,
        access: Callable[[], Access],
        failed: Callable[[str], None] = lambda code: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`access` gives what is valid now; `failed` hears the code of each refusal."""
        self._access = access
        self._failed = failed
        self._clock = clock
        self._throttle = Throttle()

    @property
    def open(self) -> bool:
        """Nobody needs a credential."""
        return self._access().open

    def knows(self, connection: HTTPConnection) -> bool:
        """Tell whether a connection can be judged by its handshake: it shows something, or need not."""
        return self.open or credential(connection) is not None

    def check(
        self, connection: HTTPConnection, action: Action, room: str | None = None, token: str | None = None
    ) -> Grant:
        """Give what a connection is granted, seeing that it covers an action; `token`: one it sent later.

        Raises:
            AccessError: it does not.
        """
        try:
            grant = self._grant(connection, token or credential(connection))
            require(grant, action, room)
        except AccessError as error:
            log.info("%s was refused: %s", address(connection) or "somebody", error.code)
            self._failed(error.code)
            raise
        return grant

    def issue(self, by: Grant, role: Role, room: str, name: str, seconds: float) -> tuple[str, float]:
        """Sign a room token; gives it and when it ends.

        Raises:
            ForbiddenError: the grant does not cover it.
        """
        access, now = self._access(), self._clock()
        token = access.issue(by, role, room, name, seconds, now)
        return token, access.grant(token, now).expires or 0.0

    def _grant(self, connection: HTTPConnection, shown: str | None) -> Grant:
        """Judge a credential.

        One that is valid enters however many others have failed: a key has 256 random bits, so there is
        nothing to be guessed, and a whole conference may share one address. What is slowed down is noise.
        """
        now = self._clock()
        try:
            return self._access().grant(shown, now)
        except UnauthorizedError:
            if shown and (wait := self._throttle.fail(address(connection), now)):
                raise RateError(f"too many attempts failed; try again in {math.ceil(wait)} s", wait) from None
            raise


def needs(action: Action) -> Any:
    """Give the dependency of a route that needs a grant; in a route with ``{room}``, one for that room."""

    async def granted(request: Request, _: Annotated[object, Depends(bearer)]) -> Grant:
        door: Door = request.app.state.door
        return door.check(request, action, request.path_params.get("room"))

    return Depends(granted)


def credential(connection: HTTPConnection) -> str | None:
    """Find what a connection shows in its handshake."""
    scheme, _, text = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    for offered in connection.scope.get("subprotocols", ()):
        if offered.startswith(TOKEN_PREFIX):
            return str(offered.removeprefix(TOKEN_PREFIX))
    return None


def subprotocol(connection: HTTPConnection) -> str | None:
    """Choose among the subprotocols that a client offers: never the one that holds its token."""
    return SUBPROTOCOL if SUBPROTOCOL in connection.scope.get("subprotocols", ()) else None


def address(connection: HTTPConnection) -> str:
    """Give the address of the other side."""
    return connection.client.host if connection.client else ""


def is_here(connection: HTTPConnection) -> bool:
    """Tell whether the other side is this machine, and nobody behind a proxy on it."""
    if any(name in connection.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    return is_loopback(address(connection))


def is_loopback(host: str) -> bool:
    """Tell whether an address or name is of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

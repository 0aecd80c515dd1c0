"""What every request passes before anything else: which web page sends it, and how large it is.

A browser sends requests on behalf of any page that it shows; only the origin tells which. Programs send
none, and are not held up.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.refusals import content
from streaming.errors import DragomanError, ForbiddenError, LimitError

_SAFE = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443}


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, origins: Sequence[str], names: bool, upload_bytes: int) -> None:
        """`origins` are other sites that may connect; `names`: see `same_origin`."""
        self._app = app
        self._origins = {origin.rstrip("/").lower() for origin in origins}
        self._names = names
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if (scope["type"] == "websocket" or scope["method"] not in _SAFE) and not self._welcome(headers):
            error = ForbiddenError(
                "pages of this web site may not connect; [access] origins lists those that may"
            )
            return await _refuse(error, 403, scope, receive, send)
        if scope["type"] == "websocket":
            return await self._app(scope, receive, send)
        await self._bounded(headers, scope, receive, send)

    def _welcome(self, headers: Headers) -> bool:
        origin = headers.get("origin", "").lower()
        if not origin or origin in self._origins:
            return True
        return same_origin(origin, headers.get("host", "").lower(), self._names)

    async def _bounded(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        error = LimitError(f"a body of at most {self._upload_bytes} bytes was expected, more came")
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._upload_bytes:
            return await _refuse(error, 413, scope, receive, send)
        came, answering = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._upload_bytes:
                raise error
            return message

        async def noted(message: Message) -> None:
            nonlocal answering
            # Whatever the application makes of a body that broke off: it was too large.
            if came <= self._upload_bytes or answering:
                answering = True
                await send(message)

        try:
            await self._app(scope, counted, noted)
        except Exception:
            if came <= self._upload_bytes or answering:
                raise
        if came > self._upload_bytes and not answering:
            await _refuse(error, 413, scope, receive, send)


def same_origin(origin: str, host: str, names: bool) -> bool:
    """Tell whether a page comes from the server that it connects to.

    Without `names`, a host that public DNS may know is believed only where it is listed. Otherwise any site
    could let its own name point here (DNS rebinding), and a server without keys asks nobody who he is.
    """
    try:
        page = urlsplit(origin)
        here = urlsplit(f"//{host}")
        port = _PORTS.get(page.scheme)
        same = (page.hostname, page.port or port) == (here.hostname, here.port or port)
    except ValueError:
        return False
    return same and page.hostname is not None and (names or _is_local(page.hostname))


def _is_local(host: str) -> bool:
    """Tell whether a name is an address, or one that only the local network knows."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True


async def _refuse(error: DragomanError, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    response = JSONResponse(content(error), status)
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
    await response(scope, receive, send)

"""What every request passes before anything else: which web page sends it, and how large it is.

A browser sends requests on behalf of any page that it shows; only the origin tells which. Programs send
none, and are not held up. A server without keys asks nobody who he is, so there is one danger more: a site
may let its own name point here (DNS rebinding), and its pages then are of the same origin. Such a server
answers only to addresses, to names of the local network, and to those that are listed.
"""

import ipaddress
import reprlib
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.config import LimitsConfig
from server.http.refusals import content
from streaming.errors import DragomanError, ForbiddenError, LimitError

_SAFE = {"GET", "HEAD", "OPTIONS"}
_PROTECTED = "/v1/"
"""What is said, and what can be done; not the pages, and not what probes ask."""
_UPLOADS = ("/v1/audio/", "/v1/jobs")
"""Where recordings come in, piece by piece; any other body is held in memory before anybody is judged."""
_PRIVATE = (".local", ".localhost")
"""Ends of names that the public DNS may not answer for (RFC 6762, RFC 6761)."""
_PORTS = {"http": 80, "https": 443}


class Gate:
    """ASGI middleware."""

    def __init__(
        self, app: ASGIApp, origins: Sequence[str], is_open: Callable[[], bool], limits: LimitsConfig
    ) -> None:
        """`origins` are other sites that may connect; `is_open` tells whether there are no keys."""
        self._app = app
        self._origins = {origin.rstrip("/").lower() for origin in origins}
        self._hosts = {urlsplit(origin).netloc for origin in self._origins}
        self._is_open = is_open
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if reason := self._refusal(scope, headers):
            return await _refuse(ForbiddenError(reason), 403, scope, receive, send)
        if scope["type"] == "websocket":
            return await self._app(scope, receive, send)
        await self._bounded(headers, scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        """Say why a request stops here; `None`: it does not."""
        origin, host = headers.get("origin", "").lower(), headers.get("host", "").lower()
        if scope["path"].startswith(_PROTECTED) and self._is_open() and not self._is_known(host):
            return (
                "without keys this server answers to addresses, local names and [access] origins alone; "
                f"{reprlib.repr(host)} came"
            )
        asks = scope["type"] == "http" and scope["method"] in _SAFE
        if asks or not origin or origin in self._origins or same_origin(origin, host):
            return None
        return "pages of this web site may not connect; [access] origins lists those that may"

    def _is_known(self, host: str) -> bool:
        """Tell whether no site of the Internet can be called so, or this one is listed."""
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return host in self._hosts or (name is not None and _is_local(name))

    async def _bounded(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._limits.upload_bytes
        if not scope["path"].startswith(_UPLOADS):
            most = min(most, self._limits.message_bytes)
        error = LimitError(f"a body of at most {most} bytes was expected, more came")
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > most:
            return await _refuse(error, 413, scope, receive, send)
        came, answering = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise error
            return message

        async def noted(message: Message) -> None:
            nonlocal answering
            # Whatever the application makes of a body that broke off: it was too large.
            if came <= most or answering:
                answering = True
                await send(message)

        try:
            await self._app(scope, counted, noted)
        except Exception:
            if came <= most or answering:
                raise
        if came > most and not answering:
            await _refuse(error, 413, scope, receive, send)


def same_origin(origin: str, host: str) -> bool:
    """Tell whether a page comes from the server that it connects to."""
    try:
        page, here = urlsplit(origin), urlsplit(f"//{host}")
        usual = _PORTS.get(page.scheme)
        same = (page.hostname, page.port or usual) == (here.hostname, here.port or usual)
    except ValueError:
        return False
    return same and page.hostname is not None


def _is_local(host: str) -> bool:
    """Tell whether a name is an address, or one that only the local network knows."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE)
    return True


async def _refuse(error: DragomanError, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    response = JSONResponse(content(error), status)
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
    await response(scope, receive, send)

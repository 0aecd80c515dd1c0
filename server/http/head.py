"""HEAD, with which monitors and download programs ask: answered as GET is, without the body (RFC 9110)."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Head:
    """ASGI middleware; the HTTP server leaves out the body, because it was asked with HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, HEAD as GET."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)

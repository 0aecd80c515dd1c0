"""The pages: plain files of `web/`, served with a policy that lets nothing in from elsewhere."""

import asyncio
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import AfterValidator

WEB = Path(__file__).resolve().parent.parent / "web"
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
_ROOM_PAGES = {
    "floor": "live.html",
    "booth": "booth.html",
    "desk": "desk.html",
    "screen": "screen.html",
    "overlay": "screen.html",
}
_LONGEST_LINK = 1_000
"""Bytes; a code takes 2,953."""
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def router() -> APIRouter:
    """Build the routes of the pages and of the files that they are made of."""
    routes = APIRouter(include_in_schema=False)
    drawing = asyncio.Lock()

    @routes.get("/")
    async def live(request: Request) -> Response:
        return _file(request, "live.html")

    @routes.get("/r/{room}")
    async def listener(request: Request, room: str) -> Response:
        return _file(request, "room.html")

    # By POST: a link may hold a token, which must not stand in an address that proxies log.
    @routes.post("/web/code.svg")
    async def code(
        link: Annotated[str, AfterValidator(_drawable), Body(embed=True)],
    ) -> Response:
        # Anybody may ask, and it takes a core for a tenth of a second: never more than one, nor the loop's.
        async with drawing:
            drawn = await asyncio.to_thread(qr_code, link)
        return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    @routes.get("/r/{room}/{page}")
    async def page(request: Request, room: str, page: str) -> Response:
        return _file(request, _ROOM_PAGES.get(page, ""))

    @routes.get("/web/words.json")
    async def words() -> JSONResponse:
        return JSONResponse(interface_languages())

    @routes.get("/web/{path:path}")
    async def file(request: Request, path: str) -> Response:
        return _file(request, path)

    return routes


def _drawable(link: str) -> str:
    if not 1 <= (size := len(link.encode())) <= _LONGEST_LINK:
        raise ValueError(f"1 … {_LONGEST_LINK} bytes were expected, {size} came")
    return link


def qr_code(link: str) -> bytes:
    """Draw a link as a QR code (ISO/IEC 18004), in SVG."""
    import segno

    drawing = io.BytesIO()
    segno.make(link, error="l", micro=False).save(drawing, kind="svg", scale=4, border=3)
    return drawing.getvalue()


@cache
def interface_languages() -> dict[str, str]:
    """Name the languages of the interface: one for each file in `web/words`."""
    return {
        path.stem: str(json.loads(path.read_text(encoding="utf-8"))["name"])
        for path in sorted((WEB / "words").glob("*.json"))
    }


def _file(request: Request, name: str) -> Response:
    path = _found(name)
    if path is None:
        raise HTTPException(404, "there is no such page")
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=_headers(request))


def _found(name: str) -> Path | None:
    try:
        path = (WEB / name).resolve()
        there = path.is_relative_to(WEB) and path.is_file() and path.suffix in _TYPES
    except (OSError, ValueError):  # a name that no file can have
        return None
    return path if there else None


def _headers(request: Request) -> dict[str, str]:
    # Safari does not count WebSockets of the same host as 'self'.
    host = request.headers.get("host", "")
    sockets = f"ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src blob:; "
            f"connect-src 'self' {sockets}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
        ),
        "Permissions-Policy": "microphone=(self), display-capture=(self)",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        # Asked for again each time, so that an update of the server is seen at once.
        "Cache-Control": "no-cache",
    }

"""How an error is told over HTTP: its status, its headers, and one form of body for all of them."""

import math
import reprlib
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket

from streaming.errors import (
    DragomanError,
    EngineError,
    ForbiddenError,
    InputError,
    LanguageError,
    LimitError,
    OverloadError,
    RateError,
    RoomError,
    TakenError,
    UnauthorizedError,
)

_STATUSES: tuple[tuple[type[DragomanError], int], ...] = (
    (UnauthorizedError, 401),
    (ForbiddenError, 403),
    (LimitError, 413),
    (RateError, 429),
    (TakenError, 409),
    (RoomError, 404),
    (LanguageError, 422),
    (InputError, 400),
    (OverloadError, 503),
    (EngineError, 500),
    (DragomanError, 500),
)
"""The first that fits."""

_NOTHING_HERE: Final = """404: there is no page here. 此处没有网页。

/               a speaker alone                 单人同传
/r/ROOM         listeners                       听众
/r/ROOM/floor   a speaker                       发言人
/r/ROOM/booth   an interpreter                  译员
/r/ROOM/desk    the operator                    操作员
/r/ROOM/screen, /r/ROOM/overlay                 会场大屏、视频叠加字幕
"""
"""What a person reads who has come to a page that is not there."""


_NOWHERE: Final = {
    404: "there is nothing at {path}; GET /openapi.json lists what there is",
    405: "{method} is not possible at {path}",
}
"""What a program reads that asks for what is not there."""


class Refused(BaseModel):
    """What went wrong."""

    code: str
    """A stable name; PROTOCOL.md lists them."""
    message: str
    """One sentence: what was expected, what came."""


class Refusal(BaseModel):
    """The body of every answer that refuses something."""

    error: Refused


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": Refusal} for code in (400, 401, 403, 413, 422, 429)
}
"""How any request may be refused, for the description of the interface."""


def content(error: DragomanError) -> dict[str, Any]:
    """Give the body that tells an error."""
    return {"error": {"code": error.code, "message": str(error)}}


def response(error: DragomanError) -> JSONResponse:
    """Give the answer that tells an error."""
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, RateError | OverloadError):
        headers["Retry-After"] = str(math.ceil(error.retry_seconds))
    return JSONResponse(content(error), status, headers)


async def deny(socket: WebSocket, error: DragomanError) -> None:
    """Answer a WebSocket's handshake with an error, before there is a WebSocket."""
    await socket.send_denial_response(response(error))


def install(app: FastAPI) -> None:
    """Let the application tell every error in this form."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DragomanError)
        return response(error)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        told = "; ".join(map(_mistake, error.errors()))
        kind = request.headers.get("content-type", "")
        # A body that does not say what it is passes for JSON.
        if kind and "json" not in kind.lower() and any(e["loc"][:1] == ("body",) for e in error.errors()):
            told = f"a body with the header Content-Type: application/json was expected, {kind} came"
        return _plain(422, "bad_input", told)

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404 and "text/html" in request.headers.get("accept", ""):
            return PlainTextResponse(_NOTHING_HERE, 404)
        told = _NOWHERE.get(error.status_code, "{detail}").format(
            method=request.method, path=reprlib.repr(request.url.path), detail=error.detail
        )
        return _plain(error.status_code, "bad_input", told, error.headers)

    app.add_exception_handler(DragomanError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, unknown)


def _mistake(found: Mapping[str, Any]) -> str:
    """Say what was expected of a field and what came; Pydantic says the second nowhere."""
    where, came = ".".join(map(str, found["loc"])), reprlib.repr(found["input"])
    match found["type"]:
        case "extra_forbidden":
            return f"{where}: there is no such field"
        case "missing":
            return f"{where}: this field was expected, it did not come"
        case "json_invalid":
            return f"body: JSON was expected; at character {found['loc'][-1]}: {found['ctx']['error']}"
        case "value_error":  # our own words, which say what came
            return f"{where}: {found['msg']}"
        case "sequence_str":
            return f"{where}: a list was expected, {came} came"
    return f"{where}: {found['msg']}; {came} came"


def _plain(status: int, code: str, message: str, headers: Any = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)

"""What can be wrong with a request about recordings, told as OpenAI's interface tells it.

    {"error": {"message": …, "type": …, "param": …, "code": …}}

| status | when                                                                    |
|--------|-------------------------------------------------------------------------|
| 400    | a recording that cannot be read, a language that nothing serves         |
| 404    | no such job, no such model                                              |
| 409    | a job that is not in the state for it                                   |
| 413    | an upload that is too large                                             |
| 415    | a body of another type                                                  |
| 422    | a parameter that is missing or wrong; `param` names it                  |
| 429    | as many recordings as may be are being interpreted; `Retry-After` says when to come back |
| 500    | an engine failed                                                        |
| 503    | the server is full or is being stopped                                  |
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from streaming.errors import AccessError, DragomanError, InputError, OverloadError

RETRY_SECONDS = 5
"""When to come back to a server that is full."""


class Fault(InputError):
    """Something about the request itself."""

    status: ClassVar[int] = 400

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        """The parameter that is wrong."""


class MissingFault(Fault):
    """Nothing of that name is here."""

    code = "not_found"
    status = 404


class StateFault(Fault):
    """A job is not in the state for it."""

    code = "wrong_state"
    status = 409


class SizeFault(Fault):
    """An upload that is too large."""

    code = "too_large"
    status = 413


class TypeFault(Fault):
    """A body of another type than was expected."""

    code = "unsupported_media_type"
    status = 415


class ParameterFault(Fault):
    """A parameter that is missing or wrong."""

    code = "invalid_parameter"
    status = 422


class BusyFault(Fault):
    """More at the same time than is allowed."""

    code = "busy"
    status = 429


class Told(BaseModel):
    """What went wrong."""

    message: str
    code: str
    type: str = "invalid_request_error"
    """As OpenAI names it; not told at the door."""
    param: str | None = None
    """The parameter that is wrong, if one is."""


class Failure(BaseModel):
    """The body of every answer that is no success."""

    error: Told


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": description}
    for status, description in {
        400: "Cannot be read, or not in that language",
        413: "Too large",
        415: "Another type of body was expected",
        422: "A parameter is missing or wrong",
        429: "Too many at the same time",
        503: "The server is full",
    }.items()
}


def answer(error: DragomanError) -> Response:
    """Tell an error."""
    status = error.status if isinstance(error, Fault) else _status(error)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else None
    return JSONResponse({"error": told(error)}, status, headers)


def told(error: DragomanError) -> dict[str, str | None]:
    """Give the description of an error."""
    kind = "invalid_request_error" if isinstance(error, InputError) else "server_error"
    param = error.param if isinstance(error, Fault) else None
    return Told(message=str(error), type=kind, param=param, code=error.code).model_dump()


class Route(APIRoute):
    """A route that tells its errors in this form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                name = str(first["loc"][-1])
                return answer(ParameterFault(f"{name}: {first['msg']}", name))
            except AccessError:
                raise  # told as everywhere, with the header that asks for a credential
            except DragomanError as error:
                return answer(error)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it

        return guarded


def _status(error: DragomanError) -> int:
    if isinstance(error, InputError):
        return 400
    return 503 if isinstance(error, OverloadError) else 500

"""For whoever runs the server: does it work, would it take a session, what does it measure."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from server.access.auth import Action
from server.access.door import Door, bearer, is_here
from server.house import House
from server.monitoring.metrics import CONTENT_TYPE

router = APIRouter()


class Condition(BaseModel):
    """How the server is."""

    status: str
    """``ok``, or what it is not."""
    reasons: list[str]
    """Why, if it is not."""


class Readiness(Condition):
    """Whether a session would be taken now."""

    sessions: int
    max_sessions: int
    retry_seconds: float | None = None
    """When to ask again, if not."""


@router.get(
    "/healthz",
    summary="The process works",
    response_model=Condition,
    responses={503: {"model": Condition}},
)
async def healthz(request: Request) -> JSONResponse:
    """Say whether engines and event loop work; a process that does not should be started anew."""
    problems = _house(request).health.problems()
    condition = Condition(status="failing" if problems else "ok", reasons=problems)
    return JSONResponse(condition.model_dump(), 503 if problems else 200)


@router.get(
    "/readyz",
    summary="A session would be taken now",
    response_model=Readiness,
    responses={503: {"model": Readiness}},
)
async def readyz(request: Request) -> JSONResponse:
    """Say whether one more session would be taken, and if not, why."""
    house = _house(request)
    reasons, admission = house.health.refusals(), house.admission
    ready = Readiness(
        status="refusing" if reasons else "ok",
        reasons=reasons,
        sessions=admission.count,
        max_sessions=admission.most,
        retry_seconds=round(admission.retry_seconds, 1) if reasons else None,
    )
    return JSONResponse(ready.model_dump(), 503 if reasons else 200)


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(request: Request, _: Annotated[object, Depends(bearer)]) -> Response:
    """Give all numbers; to this machine without a key."""
    if not is_here(request):
        door: Door = request.app.state.door
        door.check(request, Action.MEASURE)
    return Response(_house(request).metrics.written(), media_type=CONTENT_TYPE)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house

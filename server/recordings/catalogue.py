"""The model of a server, as OpenAI's interface lists models: `GET /v1/models` and `/v1/models/{id}`.

Programs of that interface ask which models there are before anything else. There is one: what hears the
recordings that they post, whatever they call it there.
"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from server.access.auth import Action
from server.access.door import needs
from server.http import faults
from server.http.faults import MissingFault
from server.interpretation.engines import Model


class ModelView(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    """Seconds since 1970, of its file."""
    owned_by: str = "dragoman"


class ModelList(BaseModel):
    """The models that there are."""

    object: Literal["list"] = "list"
    data: list[ModelView]


def router(model: Model | None) -> APIRouter:
    """Build the routes; `model` is what hears, `None`: it has no name."""
    routes = APIRouter(
        prefix="/v1/models",
        route_class=faults.Route,
        tags=["recordings"],
        dependencies=[needs(Action.TRANSCRIBE)],
    )
    there = {model.name: ModelView(id=model.name, created=int(model.created))} if model else {}

    @routes.get("", summary="List the model that hears recordings", description=_COMPATIBLE)
    async def listed() -> ModelList:
        return ModelList(data=[*there.values()])

    @routes.get(
        "/{id:path}",  # names of repositories have a slash in them
        summary="Look at a model",
        description=_COMPATIBLE,
        responses={404: {"model": faults.Failure, "description": "No such model"}},
    )
    async def look(id: str) -> ModelView:
        if id not in there:
            raise MissingFault(f"there is no model {id[:100]!r}, only {', '.join(there) or 'none'}", "model")
        return there[id]

    return routes


_COMPATIBLE = "Compatible with OpenAI's interface."

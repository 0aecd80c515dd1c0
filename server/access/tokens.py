"""POST /v1/rooms/{room}/tokens: who runs a room gives its people what they enter with."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from server.access.auth import LONGEST_TOKEN, ROOM, Action, Grant, Role
from server.access.door import Door, needs
from server.wire.schema import LONGEST_NAME, check_name

HALF_A_DAY = 43_200.0

router = APIRouter()


def _one_line(name: str) -> str:
    check_name(name, "name")
    return name


class TokenRequest(BaseModel):
    """Whom a token is for."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["operator", "interpreter", "speaker", "listener"]
    """What the holder may do."""
    name: Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_one_line)] = ""
    """Who it is, for logs and for the others in the room: a speaker who says no name is called so."""
    seconds: Annotated[float, Field(gt=0, le=LONGEST_TOKEN)] = HALF_A_DAY
    """How long it is valid."""


class TokenAnswer(BaseModel):
    """A token of a room."""

    token: str
    room: str
    role: str
    expires: float
    """Seconds since the epoch."""


@router.post(
    "/v1/rooms/{room}/tokens",
    summary="Issue a token of a room",
)
async def issue(
    room: Annotated[str, Path(pattern=f"^{ROOM}$")],
    wanted: TokenRequest,
    request: Request,
    by: Annotated[Grant, needs(Action.ADMIT)],
) -> TokenAnswer:
    """Sign a token that lets its holder into one room, in one role, for a while.

    It ends with the token that asked for it, at the latest.
    """
    door: Door = request.app.state.door
    token, expires = door.issue(by, Role(wanted.role), room, wanted.name, wanted.seconds)
    return TokenAnswer(token=token, room=room, role=wanted.role, expires=expires)

"""The addresses of what rooms and live sessions leave: records in every form, and the audio of the floor.

GET    /v1/rooms/{room}/record          what was said, `format` and `language` as asked
DELETE /v1/rooms/{room}/record          delete all that is left of a room that has ended
GET    /v1/rooms/{room}/audio           the files of the floor's audio
GET    /v1/rooms/{room}/audio/{file}    one of them
GET    /v1/live/record                  what was said in a session, to whoever has its token
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, Response
from starlette.concurrency import run_in_threadpool

from server.access.auth import Action
from server.access.door import needs
from server.http import faults
from server.http.faults import MissingFault, ParameterFault, StateFault
from server.records import forms
from server.records.forms import Form
from server.rooms.hall import Hall
from server.rooms.minutes import KINDS, Minutes
from server.rooms.room import Plan
from server.rooms.tape import Taped
from server.wire.room_messages import FLOOR
from server.wire.schema import coded
from streaming.errors import ProtocolError, RoomError

_FORMATS: dict[str, dict[str, Any]] = {
    kind: {} for kind in sorted({kind.split(";")[0] for kind in forms.MEDIA_TYPES.values()})
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    **faults.RESPONSES,
    404: {"model": faults.Failure, "description": "There is no such room, session or file"},
    409: {"model": faults.Failure, "description": "The event has not ended"},
}


def router(hall: Hall) -> APIRouter:
    """Build the routes."""
    routes = APIRouter(prefix="/v1", route_class=faults.Route, tags=["records"])

    async def written(plan: Plan, name: str, form: Form, language: str, words: bool) -> Response:
        minutes = await taken(hall, plan.id)
        return await run_in_threadpool(_answer, minutes, plan, name, form, language, words)

    @routes.get(
        "/rooms/{room}/record",
        summary="What was said in a room",
        dependencies=[needs(Action.LISTEN)],
        description="The finished utterances, during the event and after it, until its retention is over.",
        response_class=Response,
        responses=_responses(),
    )
    async def record(
        room: str, format: Form = "text", language: str = FLOOR, words: bool = False
    ) -> Response:
        plan = await _plan(hall, room)
        return await written(plan, room, format, language, words)

    @routes.delete(
        "/rooms/{room}/record",
        status_code=204,
        summary="Delete all that is left of a room that has ended",
        dependencies=[needs(Action.OPERATE)],
        responses=_REFUSALS,
    )
    async def delete(room: str) -> None:
        await _plan(hall, room)
        try:
            await hall.delete(room)
        except RoomError as error:
            raise StateFault(str(error), "room") from error

    @routes.get(
        "/rooms/{room}/audio",
        summary="The floor's audio",
        dependencies=[needs(Action.LISTEN)],
        responses=_REFUSALS,
    )
    async def tapes(room: str) -> list[Taped]:
        await _plan(hall, room)
        return await run_in_threadpool(hall.tapes.of, room)

    @routes.get(
        "/rooms/{room}/audio/{file}",
        summary="A file of the floor's audio",
        dependencies=[needs(Action.LISTEN)],
        response_class=Response,
        responses={**_REFUSALS, 200: {"content": {"audio/flac": {}}}},
    )
    async def tape(room: str, file: str) -> Response:
        await _plan(hall, room)
        path = hall.tapes.path(room, file)
        if path is None:
            raise MissingFault(f"the room {room!r} has no file {file!r}, or it still grows", "file")
        return FileResponse(path, media_type="audio/flac", filename=f"{room}-{file}")

    @routes.get(
        "/live/record",
        summary="What was said in a live session",
        description="For whoever has the token of its `ready`, in the header `Dragoman-Session`.",
        response_class=Response,
        responses=_responses(),
    )
    async def session(
        dragoman_session: Annotated[str, Header()],
        format: Form = "text",
        language: str = FLOOR,
        words: bool = False,
    ) -> Response:
        try:
            plan = await hall.session(dragoman_session)
        except ProtocolError as error:
            raise MissingFault(str(error), "Dragoman-Session") from error
        return await written(plan, "dragoman", format, language, words)

    return routes


async def taken(hall: Hall, stream: str) -> Minutes:
    """Take the minutes of a stream from the log, in pages, folded beside the loop."""
    minutes = Minutes(await hall.names(stream))
    for kind in KINDS:
        async for events in hall.events(stream, kind):
            await run_in_threadpool(minutes.add, events)
    return minutes


async def _plan(hall: Hall, room: str) -> Plan:
    plan = await hall.plan(room)
    if plan is None:
        raise MissingFault(f"there is no room {room!r}, or nothing is left of it", "room")
    return plan


def _answer(minutes: Minutes, plan: Plan, name: str, form: Form, language: str, words: bool) -> Response:
    source = None if plan.source == "auto" else plan.source
    record = minutes.record(source)
    known = minutes.languages | set(plan.targets) | ({source} if source else set())
    language = language if language in known else coded(language)
    if language != FLOOR and language not in known:
        there = ", ".join([FLOOR, *sorted(known)])
        raise ParameterFault(f"language: one of {there} was expected, {language!r} came", "language")
    wanted = None if language == FLOOR else language
    text = forms.write(record, form, wanted, words=words)
    middle = "" if form in forms.OF_ALL_LANGUAGES else f".{wanted or record.language or FLOOR}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}{middle}.{forms.ending(form)}"',
        "Cache-Control": "no-store",
    }
    return Response(text, media_type=forms.MEDIA_TYPES[form], headers=headers)


def _responses() -> dict[int | str, dict[str, Any]]:
    return {**_REFUSALS, 200: {"content": _FORMATS}}

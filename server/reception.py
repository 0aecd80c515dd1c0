"""The addresses of rooms: opened, looked at and ended by HTTP; entered by WebSocket, each role at its own.

POST   /v1/rooms                 open one
GET    /v1/rooms                 those that are open
GET    /v1/rooms/{room}          how it is
DELETE /v1/rooms/{room}          end the event
GET    /v1/rooms/{room}/floor    WebSocket: speak
GET    /v1/rooms/{room}/listen   WebSocket: read
GET    /v1/rooms/{room}/booth    WebSocket: interpret
GET    /v1/rooms/{room}/desk     WebSocket: operate
"""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, WebSocket
from pydantic import BaseModel, Field

from server.connection import Admit, Connection, Patience
from server.desk import Desk
from server.hall import Hall
from server.listening import Listener
from server.protocol import INTERPRETER
from server.room_messages import RoomState
from server.rooms import Plan
from server.session import Session
from streaming.errors import LanguageError, RoomError


class NewRoom(BaseModel):
    """A room to be opened."""

    id: str = Field(description="Letters a … z, digits, hyphens; part of its addresses.")
    title: str = Field("", description="For people.")
    source: str = Field("auto", description="Language spoken; auto: detect it.")
    targets: Sequence[str] = Field((), description="Languages that are translated for the record.")
    speak: Sequence[str] = Field((), description="Languages that are also spoken, to those who want to hear.")
    recording: bool = Field(False, description="Keep the floor's audio.")
    retention_days: float | None = Field(None, description="Days after which nothing is left of the room.")

    def plan(self) -> Plan:
        """Give what the room is created as."""
        return Plan(
            self.id,
            self.title,
            self.source,
            tuple(self.targets),
            tuple(self.speak),
            self.recording,
            self.retention_days,
        )


def rooms(hall: Hall, patience: Patience, admit: Admit) -> APIRouter:
    """Give the routes of rooms."""
    router = APIRouter(prefix="/v1/rooms", tags=["rooms"])

    @router.post("", status_code=201, summary="Open a room", responses=_answers(409, 422))
    async def create(request: Request, room: NewRoom) -> RoomState:
        admit(request, "create", room.id, "")
        try:
            conference = await hall.create(room.plan())
        except RoomError as error:
            raise HTTPException(409, str(error)) from error
        except LanguageError as error:
            raise HTTPException(422, str(error)) from error
        return conference.room.state

    @router.get("", summary="Rooms that are open")
    async def listed(request: Request) -> list[RoomState]:
        admit(request, "create", None, "")
        return [conference.room.state for conference in hall.rooms]

    @router.get("/{room}", summary="How a room is", responses=_answers(404))
    async def state(request: Request, room: str) -> RoomState:
        admit(request, "listen", room, "")
        try:
            return hall.room(room).room.state
        except RoomError as error:
            raise HTTPException(404, str(error)) from error

    @router.delete("/{room}", status_code=204, summary="End the event of a room", responses=_answers(404))
    async def end(request: Request, room: str) -> None:
        admit(request, "operate", room, "")
        try:
            await hall.end(room)
        except RoomError as error:
            raise HTTPException(404, str(error)) from error

    async def serve(socket: WebSocket, connection: Connection) -> None:
        await socket.accept()
        await connection.serve()

    @router.websocket("/{room}/floor")
    async def floor(socket: WebSocket, room: str) -> None:
        await serve(socket, Session(socket, hall, patience, admit, room))

    @router.websocket("/{room}/booth")
    async def booth(socket: WebSocket, room: str) -> None:
        await serve(socket, Session(socket, hall, patience, admit, room, INTERPRETER))

    @router.websocket("/{room}/listen")
    async def listen(socket: WebSocket, room: str) -> None:
        await serve(socket, Listener(socket, hall, patience, admit, room))

    @router.websocket("/{room}/desk")
    async def desk(socket: WebSocket, room: str) -> None:
        await serve(socket, Desk(socket, hall, patience, admit, room))

    return router


def _answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    said = {404: "There is no such room", 409: "The name cannot be used", 422: "It cannot be served"}
    return {code: {"description": said[code]} for code in codes}

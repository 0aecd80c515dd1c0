"""The addresses of sessions and rooms: rooms are opened, looked at and ended by HTTP; all else is entered by
WebSocket, each role at its own.

POST   /v1/rooms                 open one
GET    /v1/rooms                 those that are open
GET    /v1/rooms/{room}          how it is
DELETE /v1/rooms/{room}          end the event
GET    /v1/live                  WebSocket: speak alone with the server
GET    /v1/rooms/{room}/floor    WebSocket: speak
GET    /v1/rooms/{room}/listen   WebSocket: read
GET    /v1/rooms/{room}/booth    WebSocket: interpret
GET    /v1/rooms/{room}/desk     WebSocket: operate
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from server.access.arrival import Arrival
from server.access.auth import ROOM, Action, Grant
from server.access.door import bearer, needs, subprotocol
from server.connections.connection import Connection, Patience
from server.connections.desk import Desk
from server.connections.listening import Listener
from server.connections.session import Session
from server.house import House
from server.http import refusals
from server.rooms.hall import Hall
from server.rooms.room import Plan
from server.wire.protocol import INTERPRETER
from server.wire.room_messages import RoomState
from server.wire.schema import coded
from streaming.errors import DragomanError, OverloadError


class NewRoom(BaseModel):
    """A room to be opened."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    id: str = Field(pattern=f"^{ROOM}$", description="Letters a … z, digits, hyphens; part of its addresses.")
    title: str = Field("", max_length=200, description="For people.")
    source: str = Field("auto", description="Language spoken; auto: detect it.")
    targets: Sequence[str] = Field(
        (), max_length=100, description="Languages that are translated for the record."
    )
    speak: Sequence[str] = Field(
        (), max_length=100, description="Languages that are also spoken, to those who want to hear."
    )
    recording: bool = Field(False, description="Keep the floor's audio.")
    retention_days: float | None = Field(
        None, ge=0, le=36_500, description="Days after which nothing is left of the room."
    )

    def plan(self) -> Plan:
        """Give what the room is created as."""
        return Plan(
            self.id,
            self.title,
            coded(self.source),
            tuple(map(coded, self.targets)),
            tuple(map(coded, self.speak)),
            self.recording,
            self.retention_days,
        )


def addresses(house: House, hall: Hall, patience: Patience) -> APIRouter:
    """Give the routes of sessions and rooms."""
    router = APIRouter(prefix="/v1", tags=["rooms"])
    admission = house.admission

    async def receive(
        socket: WebSocket,
        action: Action,
        room: str,
        place: Callable[[Callable[[], None]], AbstractContextManager[None]],
        connect: Callable[[Arrival], Connection],
        vacancy: Callable[[], None] = lambda: None,
    ) -> None:
        """Judge a connection at the door, count it, and serve it."""
        arrival = Arrival(
            house.door, admission, socket, action, room or None, lambda: place(connection.dismiss), vacancy
        )
        connection = connect(arrival)
        with arrival:
            try:
                arrival.knock()
            except OverloadError as error:
                if "origin" not in socket.headers:
                    return await refusals.deny(socket, error)
                # A browser tells its page neither the status nor the headers of a handshake that failed.
                await socket.accept(subprotocol(socket))
                return await connection.refuse(error)
            except DragomanError as error:
                return await refusals.deny(socket, error)
            await socket.accept(subprotocol(socket))
            await connection.serve()

    @router.post("/rooms", status_code=201, summary="Open a room", responses=_answers(409, 422))
    async def create(
        request: Request, room: NewRoom, credential: Annotated[object, Depends(bearer)]
    ) -> RoomState:
        house.door.check(request, Action.CREATE, room.id)
        conference = await hall.create(room.plan())
        return conference.room.state

    @router.get("/rooms", summary="Rooms that are open")
    async def listed(by: Annotated[Grant, needs(Action.LISTEN)]) -> list[RoomState]:
        return [conference.room.state for conference in hall.rooms]

    @router.get("/rooms/{room}", summary="How a room is", responses=_answers(404))
    async def state(room: str, by: Annotated[Grant, needs(Action.LISTEN)]) -> RoomState:
        return hall.room(room).room.state

    @router.delete(
        "/rooms/{room}", status_code=204, summary="End the event of a room", responses=_answers(404)
    )
    async def end(room: str, by: Annotated[Grant, needs(Action.OPERATE)]) -> None:
        await hall.end(room)

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        def connect(arrival: Arrival) -> Connection:
            return Session(socket, arrival, hall, patience)

        await receive(socket, Action.SPEAK, "", admission.caller, connect, admission.check)

    @router.websocket("/rooms/{room}/floor")
    async def floor(socket: WebSocket, room: str) -> None:
        def connect(arrival: Arrival) -> Connection:
            return Session(socket, arrival, hall, patience, room)

        def vacancy() -> None:
            admission.check()
            admission.check_seat("speaker", room)

        await receive(socket, Action.SPEAK, room, admission.caller, connect, vacancy)

    @router.websocket("/rooms/{room}/booth")
    async def booth(socket: WebSocket, room: str) -> None:
        def connect(arrival: Arrival) -> Connection:
            return Session(socket, arrival, hall, patience, room, INTERPRETER)

        await receive(socket, Action.INTERPRET, room, admission.caller, connect, admission.check)

    @router.websocket("/rooms/{room}/listen")
    async def listen(socket: WebSocket, room: str) -> None:
        def connect(arrival: Arrival) -> Connection:
            return Listener(socket, arrival, hall, patience, room)

        def seat(end: Callable[[], None]) -> AbstractContextManager[None]:
            return admission.seat("listener", room, end)

        def vacancy() -> None:
            admission.check_seat("listener", room)

        await receive(socket, Action.LISTEN, room, seat, connect, vacancy)

    @router.websocket("/rooms/{room}/desk")
    async def desk(socket: WebSocket, room: str) -> None:
        def connect(arrival: Arrival) -> Connection:
            return Desk(socket, arrival, hall, patience, room)

        await receive(socket, Action.OPERATE, room, admission.guest, connect)

    return router


def _answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    said = {404: "There is no such room", 409: "The name is taken", 422: "It cannot be served"}
    return {code: {"description": said[code], "model": refusals.Refusal} for code in codes}

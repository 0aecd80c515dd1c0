"""The operator's desk: all that is said in a room, how it works, and the hands on it."""

from starlette.websockets import WebSocket

from server.access.arrival import Arrival
from server.connections.connection import Connection, Patience
from server.rooms.audience import View
from server.rooms.hall import Hall
from server.rooms.operation import Operation
from server.wire.protocol import OPERATOR, Event
from server.wire.room_messages import Correct, End, Hand, Mute, Operate, Pause, Terms
from streaming.errors import InputError
from streaming.stages import Notice

VIEW = View("desk")


class Desk(Connection):
    """Serves one operator of a room."""

    def __init__(
        self, socket: WebSocket, arrival: Arrival, hall: Hall, patience: Patience, room: str
    ) -> None:
        super().__init__(socket, arrival, patience, OPERATOR, room)
        self._hall = hall

    async def _interpret(self) -> None:
        first = await self._first()
        assert isinstance(first, Operate), "the state table allows nothing else first"
        self._arrival.enter(first.token)
        conference = self._conference = self._hall.room(self._room)
        operation = Operation(conference)
        try:
            await self._catch_up(conference, VIEW, first.event)
            operation.watch()
            async for event in self._events(conference):
                try:
                    self._obey(operation, event)
                except InputError as error:
                    self._send(Notice("refused", str(error)))
        finally:
            self._gone(None)

    def _obey(self, operation: Operation, event: Event) -> None:
        match event:
            case Pause(language=language, paused=paused):
                operation.pause(language, paused)
            case Correct(utterance=utterance, text=text):
                operation.correct(utterance, text)
            case Terms(terms=terms):
                operation.set_terms(terms)
            case Mute(speaker=speaker, muted=muted):
                operation.mute(speaker, muted)
            case Hand(speaker=speaker):
                operation.hand(speaker)
            case End():
                operation.conference.start("the end", self._hall.end, self._room)

    def _gone(self, error: BaseException | None) -> None:
        if self._conference:
            self._conference.audience.leave(VIEW, self._outbox)

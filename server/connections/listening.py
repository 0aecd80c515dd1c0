"""A listener's connection: one language, in the style that the reader likes; changed at any time."""

from starlette.websockets import WebSocket

from server.access.arrival import Arrival
from server.connections.connection import Connection, Patience
from server.rooms.audience import Audience, Sentences, View
from server.rooms.conference import Conference
from server.rooms.hall import Hall
from server.rooms.journal import entry_of
from server.rooms.operation import Operation
from server.wire.protocol import LISTENER
from server.wire.room_messages import FLOOR, Listen, Listening


class Listener(Connection):
    """Serves one listener of a room."""

    def __init__(
        self, socket: WebSocket, arrival: Arrival, hall: Hall, patience: Patience, room: str
    ) -> None:
        super().__init__(socket, arrival, patience, LISTENER, room)
        self._hall = hall
        self._language = ""
        self._view: View | None = None

    async def _interpret(self) -> None:
        first = await self._first()
        assert isinstance(first, Listen), "the state table allows nothing else first"
        self._arrival.enter(first.token)
        if first.event is not None and await self._hall.is_over(self._room):
            return await self._tell_rest(first, first.event)
        conference = self._conference = self._hall.room(self._room)
        try:
            await self._listen(conference, first)
            async for event in self._events(conference):
                assert isinstance(event, Listen), "the state table allows nothing else"
                await self._listen(conference, event)
        finally:
            self._leave()

    async def _tell_rest(self, wanted: Listen, event: int) -> None:
        """Tell somebody who comes back after the end what has been missed."""
        audience, sentences = Audience(), Sentences()
        view = View("listener", wanted.language, wanted.style, wanted.speech)
        async for events in self._hall.events(self._room, after=event):
            self._put(audience.replay(view, map(entry_of, events), sentences))
            await self._outbox.settle()

    async def _listen(self, conference: Conference, wanted: Listen) -> None:
        """Begin to listen, or listen otherwise from now on."""
        Operation(conference).arrive(wanted.language)
        # Who reads the same language in another style has been told all of it, and goes on from there.
        goes_on = self._view is not None and self._language == wanted.language
        event = conference.journal.told if goes_on else wanted.event
        if self._view is not None:
            self._send(Listening(wanted.language))
        self._leave()
        self._language = wanted.language
        self._view = View("listener", wanted.language, wanted.style, wanted.speech)
        await self._catch_up(conference, self._view, event)

    def _leave(self) -> None:
        if self._conference is None or self._view is None:
            return
        self._conference.audience.leave(self._view, self._outbox)
        if self._language != FLOOR:
            Operation(self._conference).depart(self._language)
        self._view = None

    def _gone(self, error: BaseException) -> None:
        self._leave()

"""How a client has gone is known, however far behind it the server is in reading."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.access.arrival import Arrival
from server.connections.connection import PATIENCE, Connection
from server.wire.outbox import frame
from server.wire.protocol import SPEAKER
from streaming.stages import Notice

SOUND = {"type": "websocket.receive", "bytes": bytes(320)}


def gone(code: int) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code}


def socket(messages: list[dict[str, Any]]) -> WebSocket:
    """One from which these messages are to be read, and of which the other side has gone."""
    waiting = [{"type": "websocket.connect"}, *messages]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            raise OSError

    return WebSocket({"type": "websocket"}, cast(Any, receive), send)


class Watching(Connection):
    """Sends, or reads, and sees how the client has gone."""

    def __init__(self, socket: WebSocket, work: Callable[["Watching"], Any]) -> None:
        super().__init__(socket, cast(Arrival, None), PATIENCE, SPEAKER)
        self._task = work
        self.errors: list[BaseException] = []

    async def _interpret(self) -> None:
        await self._task(self)

    async def send(self) -> None:
        self._outbox.put(frame(Notice("behind", "")))
        await asyncio.Event().wait()

    async def read(self) -> None:
        while True:
            await self._socket.receive_bytes()

    def _gone(self, error: BaseException) -> None:
        self.errors.append(error)


@pytest.mark.parametrize("work", [Watching.send, Watching.read])
@pytest.mark.parametrize("unread", [[gone(1000)], [SOUND, SOUND, gone(1000)], [SOUND, gone(1006)]])
async def test_a_client_has_gone_as_it_says_itself(
    unread: list[dict[str, Any]], work: Callable[[Watching], Any]
) -> None:
    connection = Watching(socket(unread), work)
    await connection._socket.accept()
    await connection.serve()
    (error,) = connection.errors
    assert isinstance(error, WebSocketDisconnect) and error.code == unread[-1]["code"]

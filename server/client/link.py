"""One connection of a client: opened with a credential, read message by message, broken in known ways."""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response

from server.wire.codec import decode_event
from server.wire.messages import ServerMessage, Speech
from server.wire.protocol import RESUMING
from streaming.errors import InputError, ProtocolError

OPEN_SECONDS = 10.0
"""A server must accept the connection within this time."""
COMING_BACK = frozenset({1001, 1006, 1011, 1012, 1013})
"""Close codes of a server or a network that may be there again soon."""


class Broken(Exception):
    """The connection broke; another one may go on."""


async def connected(url: str, key: str = "", *, resuming: bool = False) -> ClientConnection:
    """Open a connection; `key` is what lets us in, or a room token; one that is `resuming` a session is let
    into a full server.

    Raises:
        InputError: nothing answers at the address, or it is not an address.
    """
    try:
        # No keep-alive of our own: a server under load reads late, and a late pong is no death. Audio does
        # not compress, so compression would only cost time.
        return await connect(
            _returning(url) if resuming else url,
            additional_headers={"Authorization": f"Bearer {key}"} if key else {},
            compression=None,
            ping_interval=None,
            max_size=None,
            open_timeout=OPEN_SECONDS,
            proxy=None,
        )
    except InvalidStatus as error:
        raise InputError(f"{url}: {_refusal(error.response)}") from error
    except (InvalidURI, InvalidHandshake, OSError, TimeoutError) as error:
        raise InputError(f"{url}: no Dragoman answers there ({error or type(error).__name__})") from error


def _returning(url: str) -> str:
    """Say in an address that we come back; who we are is said in the first message."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), RESUMING])
    return urlunsplit(parts._replace(query=query))


def _refusal(response: Response) -> str:
    """Read why the server did not let us in."""
    try:
        return str(json.loads(response.body)["error"]["message"])
    except (ValueError, TypeError, KeyError):
        return f"nothing of Dragoman's is at this path (HTTP {response.status_code})"


async def receive(socket: ClientConnection) -> tuple[int | None, ServerMessage, bytes]:
    """Take a message: its number if it is an event, itself, and the sound that belongs to it.

    Raises:
        Broken: the connection broke, and another one may go on.
        ProtocolError: the server ended it without saying why, or sent what it may not.
    """
    try:
        text = await socket.recv()
        event, message = decode_event(text if isinstance(text, str) else "")
        audio = _bytes(await socket.recv()) if isinstance(message, Speech) else b""
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 1006
        if code in COMING_BACK:
            raise Broken(str(error)) from error
        raise ProtocolError(f"the server broke off before it was done ({error})") from error
    return event, message, audio


async def send(socket: ClientConnection, text: str) -> None:
    """Send a message.

    Raises:
        Broken: the connection broke, and another one may go on.
    """
    try:
        await socket.send(text)
    except ConnectionClosed as error:
        raise Broken(str(error)) from error


def _bytes(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise ProtocolError("expected the binary frame that belongs to 'speech', got text")
    return data

"""The codec of the native wire: messages to JSON and back, generated from their fields."""

import json
import reprlib
from typing import Any, cast

from server.wire.messages import CLIENT, SERVER, Message, ServerMessage, name_of
from server.wire.schema import SchemaError, from_plain, sent
from streaming.errors import ProtocolError


def encode(message: Message, event: int | None = None) -> str:
    """Write a message as JSON; of an event, with its number; times to the millisecond."""
    numbered = {} if event is None else {"event": event}
    content = {"type": name_of(message), **numbered, **sent(message)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(text: str) -> Message:
    """Read a message from JSON, without the number of an event.

    Raises:
        ProtocolError: not JSON, not an object, an unknown type, an unknown or missing field, or a value of
            the wrong type.
    """
    content = _object(text)
    if content["type"] in SERVER:
        content.pop("event", None)
    return _message(content)


def decode_event(text: str) -> tuple[int | None, ServerMessage]:
    """Read a server's message from JSON, and its number if it is an event.

    Raises:
        ProtocolError: as `decode`, or what only a client sends.
    """
    content = _object(text)
    event = content.pop("event", None)
    message = _message(content)
    if name_of(message) not in SERVER:
        raise ProtocolError("the server sent what only a client sends")
    return event, cast(ServerMessage, message)


def _object(text: str) -> dict[str, Any]:
    content = _parse(text)
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise ProtocolError(f'expected an object with a string "type", got {reprlib.repr(text)}')
    return content


def _message(content: dict[str, Any]) -> Message:
    kind = content.pop("type")
    known = {**CLIENT, **SERVER}
    if kind not in known:
        raise ProtocolError(f"unknown message {reprlib.repr(kind)}; a client sends {' or '.join(CLIENT)}")
    try:
        message: Message = from_plain(known[kind], content, kind)
    except SchemaError as error:
        raise ProtocolError(str(error)) from error
    return message


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ProtocolError(
            f"expected JSON, got {reprlib.repr(text)} ({error.msg} at {error.pos})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"expected JSON, got {reprlib.repr(text)} (too deep or too large)") from error

"""The native protocol without a socket: which message may come when, and what audio bytes mean.

The table below is the whole truth; PROTOCOL.md shows it to people, and a test compares the two. After h11,
bytes go in, events come out, and whatever the table does not allow is an error with a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from server.messages import Finish, ServerMessage, Start, decode, name_of
from streaming.audio import Samples, from_float32, from_pcm16
from streaming.errors import (
    AudioError,
    DragomanError,
    EngineError,
    OverloadError,
    ProtocolError,
    RateError,
    RetractionError,
)


class State(Enum):
    """Where a session is."""

    CONNECTED = "connected"
    STREAMING = "streaming"
    DRAINING = "draining"
    ENDING = "ending"
    CLOSED = "closed"


AUDIO = "audio"
"""What the table calls a binary frame that a client sends."""

FROM_CLIENT: Final[Mapping[State, Mapping[str, State]]] = {
    State.CONNECTED: {"start": State.STREAMING},
    State.STREAMING: {AUDIO: State.STREAMING, "finish": State.DRAINING},
    State.DRAINING: {},
    State.ENDING: {AUDIO: State.ENDING, "finish": State.ENDING},
    State.CLOSED: {},
}
"""State → what a client may send in it → the state after it."""

FROM_SERVER: Final[Mapping[State, Mapping[str, State]]] = {
    State.CONNECTED: {"error": State.CLOSED},
    State.STREAMING: {
        "ready": State.STREAMING,
        "caption": State.STREAMING,
        "speech": State.STREAMING,
        "notice": State.STREAMING,
        "error": State.CLOSED,
    },
    State.DRAINING: {
        "caption": State.DRAINING,
        "speech": State.DRAINING,
        "notice": State.DRAINING,
        "done": State.CLOSED,
        "error": State.CLOSED,
    },
    State.ENDING: {
        "caption": State.ENDING,
        "speech": State.ENDING,
        "notice": State.ENDING,
        "done": State.CLOSED,
        "error": State.CLOSED,
    },
    State.CLOSED: {},
}
"""State → what the server may send in it → the state after it."""

CLOSE_CODES: Final[Mapping[str, int]] = {
    AudioError.code: 1007,
    EngineError.code: 1011,
    RetractionError.code: 1011,
    DragomanError.code: 1011,
    OverloadError.code: 1013,
    RateError.code: 1013,
}
"""Code of an ``error`` → WebSocket close code; all others are the client's doing: 1008."""


def close_code(code: str) -> int:
    """Give the WebSocket close code that follows an ``error``."""
    return CLOSE_CODES.get(code, 1008)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Sound that a client sent."""

    samples: Samples
    """Mono, at the rate that ``start`` declared."""


Event: TypeAlias = Start | Finish | Audio


class ServerProtocol:
    """The server's side of one connection."""

    def __init__(self) -> None:
        self.state = State.CONNECTED
        self._encoding = "pcm_s16le"

    def receive(self, data: str | bytes) -> Event:
        """Read what came in a frame: text or bytes.

        Raises:
            ProtocolError: a message that cannot be parsed, or that the state does not allow.
            AudioError: bytes that are not audio of the declared encoding.
        """
        if not isinstance(data, str):
            self._advance(FROM_CLIENT, AUDIO)
            return Audio(from_float32(data) if self._encoding == "pcm_f32le" else from_pcm16(data))
        message = decode(data)
        self._advance(FROM_CLIENT, name_of(message))
        if isinstance(message, Start):
            self._encoding = message.encoding
        assert isinstance(message, Start | Finish)
        return message

    def end(self) -> None:
        """Take no more audio, as if the client had finished: what it still sends is allowed, and ignored."""
        if self.state is State.STREAMING:
            self.state = State.ENDING

    def send(self, message: ServerMessage) -> None:
        """Note that a message is sent.

        Raises:
            ProtocolError: the state does not allow it; our fault.
        """
        self._advance(FROM_SERVER, name_of(message))

    def _advance(self, table: Mapping[State, Mapping[str, State]], name: str) -> None:
        allowed = table[self.state]
        if name not in allowed:
            expected = " or ".join(allowed) or "nothing"
            raise ProtocolError(f"'{name}' is not allowed while {self.state.value}; expected {expected}")
        self.state = allowed[name]

"""The native protocol without a socket: which message may come when, and what audio bytes mean.

The table below is the whole truth; PROTOCOL.md shows it to people, and a test compares the two. After h11,
bytes go in, events come out, and whatever the table does not allow is an error with a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, cast

from server.wire.codec import decode
from server.wire.messages import ClientMessage, ServerMessage, Start, name_of
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
    CLOSED = "closed"


AUDIO = "audio"
"""What the table calls a binary frame that a client sends."""

Table: TypeAlias = Mapping[State, Mapping[str, State]]
"""State → message → the state after it."""

FROM_CLIENT: Final[Table] = {
    State.CONNECTED: {"start": State.STREAMING, "resume": State.STREAMING},
    State.STREAMING: {AUDIO: State.STREAMING, "translate": State.STREAMING, "finish": State.DRAINING},
    State.DRAINING: {},
    State.CLOSED: {},
}
"""State → what a client may send in it → the state after it."""

_TOLD: Final = {
    "caption": State.STREAMING,
    "speech": State.STREAMING,
    "revision": State.STREAMING,
    "notice": State.STREAMING,
    "room": State.STREAMING,
    "done": State.CLOSED,
    "error": State.CLOSED,
}
FROM_SERVER: Final[Table] = {
    State.CONNECTED: {"error": State.CLOSED},
    State.STREAMING: {**dict.fromkeys(("ready", "translating", "ack"), State.STREAMING), **_TOLD},
    State.DRAINING: {
        "ack": State.DRAINING,
        "caption": State.DRAINING,
        "speech": State.DRAINING,
        "revision": State.DRAINING,
        "notice": State.DRAINING,
        "room": State.DRAINING,
        "done": State.CLOSED,
        "error": State.CLOSED,
    },
    State.CLOSED: {},
}
"""State → what the server may send in it → the state after it."""

_COMMANDS: Final = ("pause", "correct", "terms", "mute", "hand", "end")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What may be said at one address."""

    from_client: Table
    from_server: Table


SPEAKER: Final = Dialogue(FROM_CLIENT, FROM_SERVER)
"""``/v1/live`` and ``/v1/rooms/{room}/floor``."""
LISTENER: Final = Dialogue(
    {
        State.CONNECTED: {"listen": State.STREAMING},
        State.STREAMING: {"listen": State.STREAMING},
        State.DRAINING: {},
        State.CLOSED: {},
    },
    {
        State.CONNECTED: {"error": State.CLOSED},
        State.STREAMING: {"listening": State.STREAMING, **_TOLD},
        State.DRAINING: {},
        State.CLOSED: {},
    },
)
"""``/v1/rooms/{room}/listen``."""
OPERATOR: Final = Dialogue(
    {
        State.CONNECTED: {"operate": State.STREAMING},
        State.STREAMING: dict.fromkeys(_COMMANDS, State.STREAMING),
        State.DRAINING: {},
        State.CLOSED: {},
    },
    {
        State.CONNECTED: {"error": State.CLOSED},
        State.STREAMING: {**_TOLD, "status": State.STREAMING},
        State.DRAINING: {},
        State.CLOSED: {},
    },
)
"""``/v1/rooms/{room}/desk``."""
INTERPRETER: Final = Dialogue(
    {
        State.CONNECTED: {"interpret": State.STREAMING, "resume": State.STREAMING},
        State.STREAMING: {AUDIO: State.STREAMING, "type": State.STREAMING, "finish": State.DRAINING},
        State.DRAINING: {},
        State.CLOSED: {},
    },
    FROM_SERVER,
)
"""``/v1/rooms/{room}/booth``."""

CLOSE_CODES: Final[Mapping[str, int]] = {
    AudioError.code: 1007,
    EngineError.code: 1011,
    RetractionError.code: 1011,
    DragomanError.code: 1011,
    OverloadError.code: 1013,
    RateError.code: 1013,
}
"""Code of an ``error`` → WebSocket close code; all others are the client's doing: 1008."""


RESUMING: Final = ("resume", "true")
"""In the query of an address: who connects comes back to a session. A full server lets such a client in."""


def close_code(code: str) -> int:
    """Give the WebSocket close code that follows an ``error``."""
    return CLOSE_CODES.get(code, 1008)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Sound that a client sent."""

    samples: Samples
    """Shape ``(frames, channels)``, as ``start`` declared."""


Event: TypeAlias = ClientMessage | Audio


class ServerProtocol:
    """The server's side of one connection."""

    def __init__(self, dialogue: Dialogue = SPEAKER) -> None:
        self.state = State.CONNECTED
        self._dialogue = dialogue
        self._form = Start()

    @property
    def expected(self) -> tuple[str, ...]:
        """What a client may send now."""
        return tuple(self._dialogue.from_client[self.state])

    def receive(self, data: str | bytes) -> Event:
        """Read what came in a frame: text or bytes.

        Raises:
            ProtocolError: a message that cannot be parsed, or that the state does not allow.
            AudioError: bytes that are not audio of the declared encoding.
        """
        if not isinstance(data, str):
            self._advance(self._dialogue.from_client, AUDIO)
            return Audio(self._samples(data))
        message = decode(data)
        self._advance(self._dialogue.from_client, name_of(message))
        if isinstance(message, Start):
            self.expect(message)
        return cast(ClientMessage, message)

    def expect(self, form: Start) -> None:
        """Say what form audio has; ``start`` says so itself, ``resume`` goes on with an earlier one."""
        self._form = form

    def send(self, message: ServerMessage) -> None:
        """Note that a message is sent.

        Raises:
            ProtocolError: the state does not allow it; our fault.
        """
        self._advance(self._dialogue.from_server, name_of(message))

    def _samples(self, data: bytes) -> Samples:
        samples = from_float32(data) if self._form.encoding == "pcm_f32le" else from_pcm16(data)
        channels = self._form.channels
        if len(samples) % channels:
            raise AudioError(f"{channels} channels need as many samples each, {len(samples)} came together")
        return samples.reshape(-1, channels)

    def _advance(self, table: Table, name: str) -> None:
        allowed = table[self.state]
        if name not in allowed:
            expected = " or ".join(allowed) or "nothing"
            raise ProtocolError(f"'{name}' is not allowed while {self.state.value}; expected {expected}")
        self.state = allowed[name]

"""Every message of the native wire; `codec` writes and reads them.

On the wire a message is a JSON object: ``type`` says which, the other members are the fields below.
Binary frames carry audio alone, so that no message needs to be told from sound by looking into it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from server.wire.room_messages import (
    Correct,
    End,
    Hand,
    Interpret,
    Listen,
    Listening,
    Mute,
    Operate,
    Pause,
    Revision,
    RoomState,
    Status,
    Terms,
    Type,
)
from server.wire.schema import SchemaError, check_event, check_name, check_rate, set_coded
from streaming.captions import Caption
from streaming.stages import Notice

MOST_CHANNELS = 8
"""Speakers on one connection."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin: what is spoken, what is wanted, and the form of the audio that follows."""

    source: str = "auto"
    """Language spoken; ``auto``: detect it."""
    targets: tuple[str, ...] = ()
    """Languages to translate into."""
    speak: tuple[str, ...] = ()
    """Those targets that are also spoken."""
    encoding: Literal["pcm_s16le", "pcm_f32le"] = "pcm_s16le"
    """Little-endian PCM."""
    sample_rate: int = 16_000
    """Hz, 8000 … 48000; the server resamples."""
    channels: int = 1
    """1 … 8: each is a speaker of its own; samples are interleaved."""
    name: str = ""
    """Of the speaker, for people."""
    token: str = field(default="", repr=False)
    """A key or a room token, where the handshake showed none."""
    languages: tuple[str, ...] = ()
    """Languages that may be spoken, where it is detected; empty: those of the server."""
    words: bool = False
    """Captions of what is spoken also carry its words."""
    packs: tuple[str, ...] = ()
    """Domain packs of the server, by name, in order of precedence; empty: those that it always uses."""
    channel_names: tuple[str, ...] = ()
    """Of several channels, for people: one for each, empty where nobody has named it."""

    def __post_init__(self) -> None:
        set_coded(self, "source", "targets", "speak", "languages")
        check_rate(self.sample_rate)
        check_name(self.name, "name")
        for i, name in enumerate(self.channel_names):
            check_name(name, f"channel_names[{i}]")
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise SchemaError(f"channels: expected 1 … {MOST_CHANNELS}, got {self.channels}")
        if self.languages and self.source != "auto":
            raise SchemaError(
                f"languages: expected none where the source is given, got {len(self.languages)}"
            )
        if self.channel_names and (self.channels == 1 or len(self.channel_names) != self.channels):
            expected = "none for one channel, which name is for" if self.channels == 1 else f"{self.channels}"
            raise SchemaError(f"channel_names: expected {expected}, got {len(self.channel_names)}")

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of several channels, empty where one has none; nothing where there is one channel."""
        return () if self.channels == 1 else self.channel_names or ("",) * self.channels


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on where the connection was lost."""

    token: str = field(repr=False)
    """From ``ready``."""
    event: int = 0
    """Number of the last event that came; those after it follow."""

    def __post_init__(self) -> None:
        check_event(self.event)


@dataclass(frozen=True, slots=True)
class Translate:
    """Translate into other languages from now on; in a room its listeners choose them."""

    targets: tuple[str, ...]
    """All of them."""

    def __post_init__(self) -> None:
        set_coded(self, "targets")


@dataclass(frozen=True, slots=True)
class Finish:
    """No more audio follows: interpret what is there, then say ``done``."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a target language is reached."""

    target: str
    via: str | None = None
    """The language between, where no model serves the pair directly."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The session has begun as asked."""

    session: str
    """Name of the session, for logs."""
    source: str
    """As asked."""
    targets: tuple[str, ...] = ()
    """As asked, in ``start`` or since."""
    speak: tuple[str, ...] = ()
    """As asked."""
    routes: tuple[Route, ...] = ()
    """One for each target; empty while the source is still to be detected."""
    sample_rate: int = 16_000
    """Hz, as asked."""
    token: str = field(default="", repr=False)
    """What resumes the session; keep it secret."""
    position: int = 0
    """Samples of each channel that need not be sent: go on from there."""
    speaker: str = ""
    """Name of the speaker in captions; of several channels, the first's."""
    begin: float = 0.0
    """Where position 0 of the audio is, in the seconds of captions: of the room; 0 outside of rooms."""
    typed: int = 0
    """Of an interpreter: messages ``type`` that need not be sent: go on behind them."""


@dataclass(frozen=True, slots=True)
class Translating:
    """What is spoken is translated into these languages from now on."""

    targets: tuple[str, ...]
    """All of them."""
    routes: tuple[Route, ...] = ()
    """As in ``ready``."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Audio that need not be kept: it will never be asked for again."""

    position: int
    """Samples of each channel."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of spoken translation; the next frame is binary and holds it as 16-bit little-endian PCM."""

    utterance: int
    """Number of the utterance that it translates."""
    language: str
    text: str
    """What is said: committed text alone."""
    start: float
    """Seconds since the session began: when to play it, after the phrase before and after what it renders."""
    duration: float
    """Seconds of speech in the binary frame."""
    sample_rate: int = 16_000
    """Hz."""


@dataclass(frozen=True, slots=True)
class Error:
    """The session cannot go on: the last message; the server closes the connection."""

    code: str
    """A stable name; PROTOCOL.md lists them."""
    message: str
    """One sentence: what was expected, what came."""
    retry_seconds: float | None = None
    """When to come again, where coming again helps."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a session was."""

    audio_seconds: float = 0.0
    """Audio received."""
    utterances: int = 0
    """Utterances in which something was said."""
    captions: int = 0
    """Caption messages, those that a newer state replaced before they could be sent included."""
    skipped: int = 0
    """Decision points left out because recognition could not keep up."""
    max_lag: float = 0.0
    """Seconds: most that decisions were behind the audio received."""
    real_time_factor: float = 0.0
    """Seconds spent waiting for the recognizer, per second of audio."""


@dataclass(frozen=True, slots=True)
class Done:
    """Everything has been interpreted: the last message; the server closes the connection."""

    statistics: Statistics


ClientMessage: TypeAlias = (
    Start
    | Resume
    | Translate
    | Finish
    | Listen
    | Operate
    | Pause
    | Correct
    | Terms
    | Mute
    | Hand
    | End
    | Interpret
    | Type
)
ServerMessage: TypeAlias = (
    Ready
    | Translating
    | Listening
    | Ack
    | Caption
    | Speech
    | Revision
    | Notice
    | RoomState
    | Status
    | Error
    | Done
)
Message: TypeAlias = ClientMessage | ServerMessage

CLIENT: Final[Mapping[str, type[Any]]] = {
    "start": Start,
    "resume": Resume,
    "translate": Translate,
    "finish": Finish,
    "listen": Listen,
    "operate": Operate,
    "pause": Pause,
    "correct": Correct,
    "terms": Terms,
    "mute": Mute,
    "hand": Hand,
    "end": End,
    "interpret": Interpret,
    "type": Type,
}
"""Messages that a client sends, by ``type``."""
SERVER: Final[Mapping[str, type[Any]]] = {
    "ready": Ready,
    "translating": Translating,
    "listening": Listening,
    "ack": Ack,
    "caption": Caption,
    "speech": Speech,
    "revision": Revision,
    "notice": Notice,
    "room": RoomState,
    "status": Status,
    "error": Error,
    "done": Done,
}
"""Messages that a server sends, by ``type``."""
_NAMES: Final = {kind: name for name, kind in [*CLIENT.items(), *SERVER.items()]}


def name_of(message: Message) -> str:
    """Give the ``type`` of a message."""
    return _NAMES[type(message)]

"""The messages that only rooms have; `server/wire/messages.py` has the others, and the codec of all."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.wire.schema import check_code, check_event, check_name, check_rate, set_coded

FLOOR = "floor"
"""The language of a listener who reads what is spoken, whatever it is."""

Reviser: TypeAlias = Literal["operator", "model"]
"""Who says that a finished utterance should read otherwise."""
Style: TypeAlias = Literal["fast", "steady", "sentence"]
"""How a listener reads: with tentative text, committed text as it comes, or whole sentences."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Read a room; said again, read it otherwise."""

    language: str = FLOOR
    """A language; ``floor``: what is spoken, whatever it is."""
    style: Style = "fast"
    """How to read."""
    speech: bool = False
    """Hear the language as well, where the room speaks it."""
    event: int | None = None
    """Number of the last event that came, to go on from there; null: begin with the last utterances."""
    token: str = field(default="", repr=False)
    """A key or a room token, where the handshake showed none."""

    def __post_init__(self) -> None:
        set_coded(self, "language")
        check_event(self.event)


@dataclass(frozen=True, slots=True)
class Listening:
    """The answer to a ``listen`` that was not the first: what follows is as it asks."""

    language: str
    """As asked."""


@dataclass(frozen=True, slots=True)
class Operate:
    """Sit down at the operator's desk."""

    event: int | None = None
    """As in ``listen``."""
    token: str = field(default="", repr=False)
    """A key or a room token, where the handshake showed none."""

    def __post_init__(self) -> None:
        check_event(self.event)


@dataclass(frozen=True, slots=True)
class Pause:
    """Let a language rest, or go on."""

    language: str
    paused: bool = True
    """False: go on."""

    def __post_init__(self) -> None:
        set_coded(self, "language")
        check_code(self.language)


@dataclass(frozen=True, slots=True)
class Correct:
    """Say what a finished utterance should have been in the language spoken; all others follow."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of the glossary."""

    source: str
    target: str
    language: str = ""
    """The one into which `source` is translated as `target`; empty: every one."""

    def __post_init__(self) -> None:
        set_coded(self, "language")


@dataclass(frozen=True, slots=True)
class Terms:
    """Set the room's glossary, the whole of it, from now on."""

    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Mute:
    """Silence a speaker, or not any more."""

    speaker: str
    muted: bool = True


@dataclass(frozen=True, slots=True)
class Hand:
    """Hand the floor over."""

    speaker: str
    """Who has it now; empty: nobody."""


@dataclass(frozen=True, slots=True)
class End:
    """End the event: what has been said is finished, and everybody is told."""


@dataclass(frozen=True, slots=True)
class Interpret:
    """Sit down in a booth: from now on a person provides this language."""

    language: str
    encoding: Literal["pcm_s16le", "pcm_f32le"] = "pcm_s16le"
    """Of audio, where it is spoken."""
    sample_rate: int = 16_000
    """Hz, 8000 … 48000."""
    name: str = ""
    """Of the interpreter, for people."""
    token: str = field(default="", repr=False)
    """A key or a room token, where the handshake showed none."""

    def __post_init__(self) -> None:
        set_coded(self, "language")
        check_code(self.language)
        check_rate(self.sample_rate)
        check_name(self.name, "name")


@dataclass(frozen=True, slots=True)
class Type:
    """Text from a booth: it is committed as it is."""

    text: str
    """What follows the text before, its own space included."""
    final: bool = False
    """An utterance ends with it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A finished utterance should read otherwise: this replaces its text in this language."""

    utterance: int
    """Number of the utterance."""
    language: str
    text: str
    """The whole utterance, as it should be read."""
    start: float = 0.0
    """Seconds, as in the caption that is replaced."""
    end: float = 0.0
    """Seconds, as in the caption that is replaced."""
    revision: int = 1
    """Counts the operator's corrections of this utterance; 0: a model's revision."""
    speaker: str = ""
    """Who spoke."""
    by: Reviser = "operator"
    """Whose text it is. An operator's correction is never revised by a model."""


@dataclass(frozen=True, slots=True)
class SpeakerState:
    """A speaker in a room."""

    speaker: str
    """As in captions."""
    name: str = ""
    """For people."""
    muted: bool = False
    """By the operator."""
    channels: tuple[str, ...] = ()
    """Of several channels the names, empty where nobody has named one; captions of the second one's speaker
    ``s1`` say ``s1.2``."""


@dataclass(frozen=True, slots=True)
class InterpreterState:
    """An interpreter in a booth."""

    speaker: str
    """As in captions."""
    name: str = ""
    """For people."""


@dataclass(frozen=True, slots=True)
class LanguageState:
    """A language in a room."""

    language: str
    by: Literal["machine", "booth", "paused"]
    """Who provides it."""
    interpreters: tuple[InterpreterState, ...] = ()
    """Those in its booth."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """How a room is; said again whenever it changes."""

    room: str
    title: str = ""
    source: str = "auto"
    """Language spoken unless a speaker says otherwise; ``auto``: detect it."""
    floor: str = ""
    """The speaker who has the floor; empty: nobody."""
    speakers: tuple[SpeakerState, ...] = ()
    """Those who are connected, or may come back."""
    languages: tuple[LanguageState, ...] = ()
    """Those that are read or recorded."""
    terms: tuple[Term, ...] = ()
    """The glossary."""
    ended: bool = False
    """The event is over: ``done`` follows, and nothing else."""
    speak: tuple[str, ...] = ()
    """Languages that can be heard as well as read."""
    past: tuple[SpeakerState, ...] = ()
    """The last speakers who have gone: what they said is still read."""
    recorded: tuple[str, ...] = ()
    """Languages that the record has, whoever still reads them."""


@dataclass(frozen=True, slots=True)
class SpeakerStatus:
    """How recognition of a speaker keeps up."""

    speaker: str
    lag: float
    """Seconds of audio that wait for a decision."""
    level: float = 0.0
    """How loud it is, 0 … 1: the root mean square of the loudest lately, halved each second."""


@dataclass(frozen=True, slots=True)
class LanguageStatus:
    """How a language keeps up."""

    language: str
    listeners: int
    lag: float
    """Seconds of speech that are committed in the spoken language and not yet in this one."""
    healthy: bool
    """Its last request was answered."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a room works, for its operator; every few seconds."""

    speakers: tuple[SpeakerStatus, ...] = ()
    languages: tuple[LanguageStatus, ...] = ()
    listeners: int = 0

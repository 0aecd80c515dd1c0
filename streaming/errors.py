"""The exception tree.

DragomanError
├── InputError            the caller's fault; on the wire an ``error``, on the command line exit status 2
│   ├── AudioError        audio that cannot be read
│   ├── LanguageError     a language nobody here knows, or a pair that no model serves
│   ├── ModelError        a model that is not there or not what it should be
│   ├── ConfigError       a configuration that says something impossible
│   ├── PackError         a domain pack that is not there, or says something impossible
│   ├── AccessError       somebody who may not do what he asked for
│   │   ├── UnauthorizedError  a credential that is missing, unknown, forged or expired
│   │   ├── ForbiddenError     a credential that does not cover it
│   │   └── RateError          too many failed attempts; try again later
│   ├── LimitError        more than the server takes: too large, too long, too many
│   ├── ProtocolError     a message that the state table does not allow
│   ├── RoomError         a room that is not there, or something in it that is not
│   │   └── TakenError        a name that another room has, or had
│   └── ReplacedError     a connection whose session was resumed on another one
├── EngineError           an engine failed on a request; its session ends, its neighbours do not notice
├── OverloadError         the server is full; try again later
└── RetractionError       committed text was taken back: our fault, always
"""

import traceback
from typing import ClassVar


class DragomanError(Exception):
    """Any error that Dragoman names itself; ``code`` is its name on the wire."""

    code: ClassVar[str] = "internal"


class InputError(DragomanError):
    """What the caller gave cannot be used; the message says what was expected and what came."""

    code = "bad_input"


class AudioError(InputError):
    """Audio that cannot be read."""

    code = "bad_audio"


class LanguageError(InputError):
    """A language nobody here knows, or a pair that no model serves."""

    code = "unsupported_language"


class ModelError(InputError):
    """A model that is not there, or not what it should be."""

    code = "model_unavailable"


class ConfigError(InputError):
    """A configuration that says something impossible."""

    code = "bad_config"


class PackError(InputError):
    """A domain pack that is not there, or that says something impossible."""

    code = "bad_pack"


class AccessError(InputError):
    """Somebody who may not do what he asked for."""

    code = "forbidden"


class UnauthorizedError(AccessError):
    """A credential that is missing, unknown, forged, revoked or expired."""

    code = "unauthorized"


class ForbiddenError(AccessError):
    """A credential that does not cover what was asked for."""


class RateError(AccessError):
    """Too many attempts have failed."""

    code = "rate_limited"

    def __init__(self, message: str, retry_seconds: float) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class LimitError(InputError):
    """More than the server takes."""

    code = "limit_exceeded"


class ProtocolError(InputError):
    """A message that the protocol's state table does not allow, or that cannot be parsed."""

    code = "protocol"


class RoomError(InputError):
    """A room that is not there, or something in it that is not."""

    code = "room"


class TakenError(RoomError):
    """A name that another room has, or had."""


class ReplacedError(InputError):
    """A connection whose session was resumed on another one."""

    code = "replaced"


class EngineError(DragomanError):
    """An engine failed on a request."""

    code = "engine_failed"


class OverloadError(DragomanError):
    """The server is full, or is being stopped."""

    code = "overloaded"

    def __init__(self, message: str, retry_seconds: float = 5.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class RetractionError(DragomanError):
    """Committed text was taken back, or a final utterance changed."""

    code = "retraction"


def error_of(code: str, message: str) -> DragomanError:
    """Make an error anew from its name on the wire."""
    kinds = [DragomanError]
    for kind in kinds:  # which grows meanwhile: the kinds of a kind follow it
        kinds += kind.__subclasses__()
    return next((kind for kind in kinds if kind.code == code), DragomanError)(message)


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the error that ended a group of tasks: the others were only cancelled for it."""
    error = group.exceptions[0]
    return first_cause(error) if isinstance(error, BaseExceptionGroup) else error


def origin(error: BaseException) -> str:
    """Name an error, where it was raised, and its causes; not its message, which may quote what was said."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    cause = f" from {origin(error.__cause__)}" if error.__cause__ else ""
    return f"{type(error).__name__}{where}{cause}"


def codes(kind: type[DragomanError]) -> frozenset[str]:
    """Give the codes of a kind of error and of all kinds of it."""
    return frozenset({kind.code}).union(*map(codes, kind.__subclasses__()))

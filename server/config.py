"""The configuration of a server: defaults, then a TOML file, then what the command line says.

A leading ``~`` in whatever may name a file or a folder is the user's own folder, from here on.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import mt.presets
from asr.presets import Name
from mt.languages import is_code
from server.wire.schema import SchemaError, from_plain
from streaming.errors import ConfigError
from streaming.script import Form

ComputeType: TypeAlias = Literal[
    "default",
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
]
"""What CTranslate2 computes in."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the server listens, and whom it lets in."""

    host: str = "127.0.0.1"
    """Name or address of the interface."""
    port: int = 8765
    """0: any free one."""
    max_sessions: int = 32
    """Live sessions at the same time; one more is told that the server is full, and when to try again."""
    grace: float = 60.0
    """Seconds that a session waits for a client whose connection is lost."""
    certificate: str = ""
    """File with the TLS certificate and those between it and its authority, PEM; empty: no TLS."""
    key: str = ""
    """File with the certificate's private key, PEM, without a passphrase."""
    drain_seconds: float = 20.0
    """When the server is stopped: for clients to be told, and, if there is no event log, for sessions to say
    what they have heard."""

    def __post_init__(self) -> None:
        _within("port", self.port, 0, 65535)
        _within("max_sessions", self.max_sessions, 1, 100_000)
        _within("grace", self.grace, 0, 86_400)
        _within("drain_seconds", self.drain_seconds, 0, 3_600)
        if bool(self.certificate) != bool(self.key):
            raise SchemaError("certificate: TLS needs both certificate and key")
        _expand(self, "certificate", "key")


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """Who may enter. As long as ``dragoman keys add`` has made no key, everybody may."""

    folder: str = ""
    """Where the keys and the secret of the room tokens are kept; empty: ``dragoman`` in the user's folder of
    data, which is ``~/.local/share``, or what ``XDG_DATA_HOME`` names."""
    origins: tuple[str, ...] = ()
    """Other web sites whose pages may connect, as ``https://example.org``; on a server without keys also the
    names that it answers to, besides addresses and local names."""

    def __post_init__(self) -> None:
        _expand(self, "folder")
        for origin in self.origins:
            if not _is_origin(origin):
                raise SchemaError(f"origins: expected one as https://talk.example.org, got {origin!r}")


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """How much one client, and all of them together, may ask for."""

    utilisation: float = 0.9
    """Part of the recognizer's workers that live sessions may use, as measured; 0: do not measure."""
    speakers: int = 8
    """Speakers in a room."""
    listeners: int = 5_000
    """Listeners in a room."""
    audio_seconds: float = 2.0
    """Audio of a session that waits to be interpreted before its socket is read no further."""
    message_bytes: int = 1 << 20
    """A larger WebSocket message closes the connection with 1009; a larger body of a request that brings no
    recording is refused with 413."""
    upload_bytes: int = 2 << 30
    """A larger recording is refused with 413."""
    idle_seconds: float = 3_600.0
    """A session that sends no audio for so long is finished; 0: never."""
    total_seconds: float = 0.0
    """A session that has lasted so long is finished; 0: never."""

    def __post_init__(self) -> None:
        _within("utilisation", self.utilisation, 0, 1)
        _within("speakers", self.speakers, 1, 1_000)
        _within("listeners", self.listeners, 1, 1_000_000)
        _within("audio_seconds", self.audio_seconds, 1, 600)
        _within("message_bytes", self.message_bytes, 1 << 16, 1 << 26)
        _within("upload_bytes", self.upload_bytes, 1 << 10, 1 << 40)
        _within("idle_seconds", self.idle_seconds, 0, 1_000_000_000)
        _within("total_seconds", self.total_seconds, 0, 1_000_000_000)


@dataclass(frozen=True, slots=True)
class LoggingConfig:
    """What is written to standard error; never what was said."""

    format: Literal["text", "json"] = "text"
    """Lines for people, or an object a line for machines."""
    level: Literal["info", "warning"] = "warning"
    """``info``: also who came and went."""


@dataclass(frozen=True, slots=True)
class RecognitionConfig:
    """The recognizer."""

    model: str = "auto"
    """A name that faster-whisper knows, a folder, or ``auto``."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """``auto``: a GPU where there is one."""
    compute_type: ComputeType = "default"
    """A CTranslate2 compute type; ``default``: the fastest on a processor, on a GPU that of the weights."""
    preset: Name = "balanced"
    """How early words are committed: ``fast``, ``balanced`` or ``steady``."""
    languages: tuple[str, ...] = ()
    """Languages that detection may choose from; empty: any."""
    chinese: Form = "simplified"
    """The script in which Chinese is written: ``simplified``, ``traditional`` or, now one and now the other
    as recognizers do, ``as_heard``."""
    workers: int = 0
    """Windows that are recognised at the same time; 0: one for each core."""

    def __post_init__(self) -> None:
        _within("workers", self.workers, 0, 256)
        _expand(self, "model")
        if wrong := next((code for code in self.languages if not is_code(code)), None):
            raise SchemaError(f"languages: expected a code as en or zh, got {wrong!r}")


@dataclass(frozen=True, slots=True)
class TranslationConfig:
    """The translators."""

    models: Literal["auto"] | tuple[str, ...] = "auto"
    """Folders or names, the first that serves a pair is taken; ``auto``: all that are installed. They are the
    medium tier, which commits."""
    small: tuple[str, ...] = ()
    """Folders or names of smaller translators: they draft what is tentative, and stand in for those of
    ``models`` with easy sentences while these are behind; empty: none, and tentative words are not
    translated."""
    large: tuple[str, ...] = ()
    """Folders or names of larger translators: they translate recordings, and what has been said once more for
    the record, see ``revision`` in PROTOCOL.md; empty: none, and nothing is revised."""
    preset: mt.presets.Name = "balanced"
    """How early a translation is committed: ``fast``, ``balanced`` or ``steady``."""

    def __post_init__(self) -> None:
        _expand(self, "models", "small", "large")


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """The synthesizer."""

    engine: Literal["auto", "espeak", "none"] = "auto"
    """``auto``: espeak-ng where it is installed."""


@dataclass(frozen=True, slots=True)
class EventsConfig:
    """The event log, from which sessions and rooms go on after a restart."""

    path: str = "auto"
    """A file; ``auto``: ``dragoman/events.db`` in the user's folder of state, which is ``~/.local/state``, or
    what ``XDG_STATE_HOME`` names; ``memory``: none, and nothing outlives the server."""
    days: float = 30.0
    """Days after which nothing is left of a session or room that is over; rooms may say otherwise. With a
    log in memory the audio of rooms stays when the server is stopped."""

    def __post_init__(self) -> None:
        _within("days", self.days, 0, 36_500)
        _expand(self, "path")

    @property
    def file(self) -> Path | None:
        """Name the file; `None`: in memory."""
        if self.path == "memory":
            return None
        if self.path != "auto":
            return Path(self.path)
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return Path(state) / "dragoman" / "events.db"


@dataclass(frozen=True, slots=True)
class PacksConfig:
    """The domain packs."""

    folder: str = ""
    """Where they are; empty: ``dragoman/packs`` in the user's folder of data. Those that come with Dragoman
    are there as well."""
    use: tuple[str, ...] = ()
    """Packs of a session that names none, in order of precedence."""

    def __post_init__(self) -> None:
        _expand(self, "folder")


@dataclass(frozen=True, slots=True)
class RecordingsConfig:
    """Recordings that are posted, and jobs."""

    folder: str = ""
    """Where uploads, jobs and the audio of rooms are kept, by one server at a time; empty:
    ``dragoman/recordings`` in the user's folder of data."""
    root: str = ""
    """Jobs may name recordings in this folder and below; empty: none, they are uploaded."""
    at_once: int = 4
    """Requests for transcriptions and translations that are worked on at the same time."""
    jobs: int = 1000
    """Jobs that may wait."""
    retention_hours: float = 168.0
    """For so long the result of a job is kept; 0: until it is deleted."""

    def __post_init__(self) -> None:
        _within("at_once", self.at_once, 1, 1_000)
        _within("jobs", self.jobs, 1, 1_000_000)
        if not 0 <= self.retention_hours <= 1_000_000:
            raise SchemaError(f"retention_hours: expected 0 … 1000000, got {self.retention_hours}")
        _expand(self, "folder", "root")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured."""

    server: ServerConfig = field(default_factory=ServerConfig)
    access: AccessConfig = field(default_factory=AccessConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    recognition: RecognitionConfig = field(default_factory=RecognitionConfig)
    translation: TranslationConfig = field(default_factory=TranslationConfig)
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    events: EventsConfig = field(default_factory=EventsConfig)
    packs: PacksConfig = field(default_factory=PacksConfig)
    recordings: RecordingsConfig = field(default_factory=RecordingsConfig)


def data_folder() -> Path:
    """Name the folder of data that the user has of Dragoman."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "dragoman"


def load(path: str | Path | None = None, **overrides: Mapping[str, Any]) -> Config:
    """Read a configuration: ``load("dragoman.toml", server={"port": 80})``.

    An override that is `None` leaves the file's value, or the default, as it is.

    Raises:
        ConfigError: no such file, not TOML, an unknown key, or a value of the wrong type.
    """
    settings = _read(Path(path)) if path is not None else {}
    try:
        from_plain(Config, settings, "configuration")
    except SchemaError as error:
        raise ConfigError(f"{path}: {error}") from error
    merged = {name: dict(section) for name, section in settings.items()}
    for section, values in overrides.items():
        given = {key: value for key, value in values.items() if value is not None}
        merged.setdefault(section, {}).update(given)
    try:
        config: Config = from_plain(Config, merged, "configuration")
    except SchemaError as error:
        raise ConfigError(str(error)) from error
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: this is not TOML: {error}") from error


def _within(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise SchemaError(f"{name}: expected {lowest} … {highest}, got {value}")


def _is_origin(written: str) -> bool:
    """Tell whether a browser may send this as where a page comes from: scheme and host, and no path."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return False
    named = bool(parts.scheme and parts.hostname) and parts.username is None
    return named and parts.path in ("", "/") and not (parts.query or parts.fragment)


def _expand(config: object, *names: str) -> None:
    """Expand a leading ``~`` in these fields of a frozen part of a configuration that is being made."""
    for name in names:
        value = getattr(config, name)
        one = isinstance(value, str)
        expanded = os.path.expanduser(value) if one else tuple(map(os.path.expanduser, value))
        object.__setattr__(config, name, expanded)

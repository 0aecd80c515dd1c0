"""The log: lines for people or objects for machines, with the session they are about, not what was said.

Code logs what happens, never text that came from a client or an engine: of an error its type and where it was
raised, not its message. What looks like a credential is blotted out all the same.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from server.config import LoggingConfig

CREDENTIAL: Final = re.compile(r"dragoman_[0-9a-f]{8}_[\w-]+|eyJ[\w-]*\.[\w-]+\.[\w-]*")
"""A key, or a room token."""

_NO_NEWS: Final = {
    "ASGI callable returned without completing handshake.",  # it was answered with a refusal, as was meant
    "Invalid UTF-8 sequence received from client.",  # clients must not be able to fill the log
}

_about: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("about", default=())


@contextmanager
def about(**names: str) -> Iterator[None]:
    """Let every line logged meanwhile, by tasks begun meanwhile too, carry these: ``session="1f"``."""
    known = dict(_about.get()) | names
    token = _about.set(tuple(known.items()))
    try:
        yield
    finally:
        _about.reset(token)


def setup(config: LoggingConfig, out: TextIO | None = None) -> None:
    """Write the log of the whole process as configured; without `out`, to standard error."""
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonFormatter() if config.format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=config.level.upper(), force=True)
    logging.getLogger("uvicorn.error").addFilter(_is_news)


class TextFormatter(logging.Formatter):
    """Lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        names = "".join(f" {key}={value}" for key, value in _about.get())
        return f"{_time(record)} {record.levelname.lower()}{names} {clean(_message(record))}"


class JsonFormatter(logging.Formatter):
    """An object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        content = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **dict(_about.get()),
            "message": clean(record.getMessage()),
        }
        if record.exc_info:
            content["error"] = clean(_error(record))
        return json.dumps(content, ensure_ascii=False)


def clean(text: str) -> str:
    """Blot out credentials."""
    return CREDENTIAL.sub("[credential]", text)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what uvicorn calls an error, and is none of ours."""
    return record.msg not in _NO_NEWS


def _message(record: logging.LogRecord) -> str:
    return record.getMessage() + (f"\n{_error(record)}" if record.exc_info else "")


def _error(record: logging.LogRecord) -> str:
    error = record.exc_info and record.exc_info[1]
    return "\n".join(_trace(error)) if error else ""


def _trace(error: BaseException, told: frozenset[int] = frozenset()) -> Iterator[str]:
    """Write where an error and all it came from were raised, without messages, which may quote anything."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    told |= {id(error)}
    for other in (before, *parts):
        if other and id(other) not in told:  # a part may come from its own group
            yield from _trace(other, told)
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

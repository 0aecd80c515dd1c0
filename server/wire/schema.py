"""Plain data (what JSON and TOML hold) from and into frozen dataclasses, by their type hints.

Shared by the wire and the configuration, so that both refuse what they do not know in the same words.
"""

import reprlib
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mt.languages import is_code, normalized

LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000
"""Sample rates that a client may declare, in Hz."""
MOST_EVENTS = 2**63
"""Events that a log can number."""
LONGEST_NAME = 200
"""Characters of the name of a speaker, a channel or an interpreter."""
DIGITS = 3
"""Behind the point, of numbers that leave: times are told to the millisecond."""
_NO_LETTERS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode's categories of control characters and of ends of lines."""


class SchemaError(ValueError):
    """Plain data that does not fit; the message says where, what was expected and what came."""


def to_plain(value: Any) -> Any:
    """Turn a dataclass, and all that it holds, into dicts, lists and scalars."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


def sent(message: Any) -> dict[str, Any]:
    """Turn a message into what is sent of it: numbers without the digits that nobody knows."""
    content: dict[str, Any] = rounded(to_plain(message))
    return content


def rounded(plain: Any) -> Any:
    """Leave out the digits that no clock and no model knows."""
    match plain:
        case float():
            return round(plain, DIGITS)
        case list():
            return [rounded(item) for item in plain]
        case dict():
            return {name: rounded(item) for name, item in plain.items()}
    return plain


def from_plain(kind: Any, value: Any, where: str) -> Any:
    """Build a value of a type from plain data; `where` names the place in messages.

    Raises:
        SchemaError: the data do not fit the type.
    """
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind, value, where)
    if get_origin(kind) in (Union, UnionType):
        return _choice(get_args(kind), value, where)
    if get_origin(kind) is tuple:
        return _list(get_args(kind)[0], value, where)
    if _fits(kind, value):
        return float(value) if kind is float else value
    raise SchemaError(f"{where}: expected {describe(kind)}, got {reprlib.repr(value)}")


def describe(kind: Any) -> str:
    """Name a type as a reader of the protocol or of a configuration would."""
    if get_origin(kind) is Literal:
        return " or ".join(f'"{value}"' for value in get_args(kind))
    if get_origin(kind) is tuple:
        return f"list of {describe(get_args(kind)[0])}"
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(describe(member) for member in get_args(kind))
    names = {str: "string", int: "integer", float: "number", bool: "true or false", NoneType: "null"}
    return names.get(kind, "object")


@cache
def hints(kind: type) -> dict[str, Any]:
    """Give the type hint of each field of a dataclass."""
    return get_type_hints(kind)


def _record(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise SchemaError(f"{where}: expected an object, got {reprlib.repr(value)}")
    known = {field.name: field for field in fields(kind)}
    for name in value:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise SchemaError(
                f"{where}: unknown field {reprlib.repr(name)}{_meant(name, known)}; allowed: {allowed}"
            )
    for name, field in known.items():
        if name not in value and _required(field):
            raise SchemaError(f"{where}: the field '{name}' is missing")
    given = {name: from_plain(hints(kind)[name], value[name], f"{where}.{name}") for name in value}
    try:
        return kind(**given)
    except SchemaError as error:
        raise SchemaError(f"{where}.{error}") from error


def _meant(name: object, known: Iterable[str]) -> str:
    close = get_close_matches(str(name)[:100], list(known), 1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _choice(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    for kind in kinds:
        try:
            return from_plain(kind, value, where)
        except SchemaError:
            continue
    expected = " or ".join(describe(kind) for kind in kinds)
    raise SchemaError(f"{where}: expected {expected}, got {reprlib.repr(value)}")


def _list(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise SchemaError(f"{where}: expected a list, got {reprlib.repr(value)}")
    return tuple(from_plain(kind, item, f"{where}[{i}]") for i, item in enumerate(value))


def _fits(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if isinstance(value, bool):
        return kind is bool
    if kind is str:
        return isinstance(value, str) and _is_text(value)
    if kind is float:
        return isinstance(value, int | float) and abs(value) <= sys.float_info.max
    return isinstance(value, kind)


def coded(language: str) -> str:
    """Bring a language to the code used here; ``auto``, ``floor`` and what is no code stay as they are."""
    return normalized(language) if is_code(language) else language


def set_coded(message: object, *names: str) -> None:
    """Bring the languages in these fields of a frozen message that is being made to the codes used here."""
    for name in names:
        value = getattr(message, name)
        codes = coded(value) if isinstance(value, str) else tuple(map(coded, value))
        object.__setattr__(message, name, codes)


def check_rate(rate: int) -> None:
    """See that a sample rate may be declared.

    Raises:
        SchemaError: it is too low or too high.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise SchemaError(f"sample_rate: expected {LOWEST_RATE} … {HIGHEST_RATE}, got {rate}")


def check_event(event: int | None) -> None:
    """See that this can be the number of an event.

    Raises:
        SchemaError: it cannot.
    """
    if event is not None and not 0 <= event < MOST_EVENTS:
        raise SchemaError(f"event: expected the number of an event, got {reprlib.repr(event)}")


def check_code(language: str) -> None:
    """See that this is the code of a language, whether anybody here knows that or not.

    Raises:
        SchemaError: it is not.
    """
    if not is_code(language):
        raise SchemaError(f"language: expected a code of a language, got {reprlib.repr(language)}")


def check_name(name: str, where: str) -> None:
    """See that a name may be shown to people: one line, and not long.

    Raises:
        SchemaError: it may not.
    """
    if len(name) > LONGEST_NAME:
        raise SchemaError(f"{where}: expected at most {LONGEST_NAME} characters, got {len(name)}")
    if any(unicodedata.category(character) in _NO_LETTERS for character in name):
        raise SchemaError(f"{where}: expected one line of text, got {reprlib.repr(name)}")


def _is_text(value: str) -> bool:
    """Tell text from what only looks so: half of a surrogate pair, which JSON can say and UTF-8 cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

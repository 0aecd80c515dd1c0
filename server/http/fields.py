"""Fields of a form, read strictly: what does not fit is the caller's fault, by name."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from mt.languages import normalized
from server.http.faults import ParameterFault

LONGEST_NAME = 100
"""Characters of a field that is no text."""


def text(form: Mapping[str, Any], name: str, longest: int = LONGEST_NAME) -> str:
    """Read a text; empty: it is not there.

    Raises:
        ParameterFault: it is a file, or too long.
    """
    value = form.get(name, "")
    if not isinstance(value, str):
        raise ParameterFault(f"{name}: text was expected", name)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParameterFault(f"{name}: text was expected, half a character came", name)
    if len(value) > longest:
        raise ParameterFault(f"{name}: at most {longest} characters were expected, {len(value)} came", name)
    return value.strip()


def one_of(form: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    """Read one of several words; empty: it is not there.

    Raises:
        ParameterFault: it is another one.
    """
    value = text(form, name).lower()
    if value and value not in allowed:
        raise ParameterFault(f"{name}: {', '.join(allowed)} was expected, {value!r} came", name)
    return value


def number(form: Mapping[str, Any], name: str, highest: float) -> float:
    """Read a number from 0 on; 0: it is not there.

    Raises:
        ParameterFault: it is no number, or too high.
    """
    value = text(form, name)
    try:
        found = float(value or 0)
    except ValueError:
        found = math.nan
    if not 0 <= found <= highest:
        raise ParameterFault(f"{name}: a number from 0 to {highest:g} was expected, {value!r} came", name)
    return found


def language(form: Mapping[str, Any], name: str) -> str | None:
    """Read the code of a language; `None`: it is not there, or ``auto``.

    Raises:
        ParameterFault: it is no code of a language.
    """
    value = text(form, name)
    return None if value in ("", "auto") else code(value, name)


def languages(form: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read codes of languages, separated by commas, in several fields or in a list, each once.

    Raises:
        ParameterFault: something that is no code of a language.
    """
    written = [text({name: value}, name, 1_000) for value in _all(form, name)]
    parts = [part for codes in written for part in codes.split(",") if part.strip()]
    return tuple(dict.fromkeys(code(part, name) for part in parts))


def check_names(form: Mapping[str, Any], known: Sequence[str]) -> None:
    """See that a form has no other fields: one that is spelled wrong would be missed at the end of the work.

    Raises:
        ParameterFault: it has one.
    """
    other = next((name for name in form if name not in known), None)
    if other is None:
        return
    other = other[:LONGEST_NAME].encode(errors="replace").decode()  # half a character cannot be told
    raise ParameterFault(f"{other}: there is no such field, only {', '.join(known)}", other)


def code(value: str, name: str) -> str:
    """Read a code: ``zh-CN`` and ``zho`` are ``zh``.

    Raises:
        ParameterFault: it is none.
    """
    found = normalized(value)
    if not (2 <= len(found) <= 3 and found.isascii() and found.isalpha()):
        raise ParameterFault(f"{name}: a code such as en or zh was expected, {value!r} came", name)
    return found


def _all(form: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Give every value of a field: a form may have it several times, JSON holds a list."""
    if isinstance(form, FormData):
        return form.getlist(name)
    value = form.get(name, ())
    return value if isinstance(value, list | tuple) else (value,)

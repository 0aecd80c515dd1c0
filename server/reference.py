"""Everything that can be configured, written from the configuration's own fields, so that it says no more."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from server.config import Config
from server.wire.schema import describe, hints

WIDTH = 100


def toml() -> str:
    """Write a configuration with every key, its default and what it means, all commented out."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    for section in fields(Config):
        kind = hints(Config)[section.name]
        yield f"{_comment(inspect.getdoc(kind) or '')}[{section.name}]\n"
        for key in fields(kind):
            about = f"{docs(kind)[key.name]} ({describe(hints(kind)[key.name])})"
            yield f"{_comment(about)}#{key.name} = {_value(key.default)}\n"


@cache
def docs(kind: type) -> dict[str, str]:
    """Give what is written under each field of a dataclass."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(about))):
                found[name] = " ".join(about.split())
    return found


def _comment(text: str) -> str:
    lines = textwrap.wrap(" ".join(text.replace("``", "").split()), WIDTH)
    return "".join(f"# {line}\n" for line in lines)


def _value(value: Any) -> str:
    """Write a value in TOML, whose strings, numbers, booleans and lists look as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)

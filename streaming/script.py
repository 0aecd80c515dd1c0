"""Script: Chinese in simplified or traditional characters."""

from functools import cache
from typing import Any, Final, Literal, TypeAlias

Form: TypeAlias = Literal["simplified", "traditional", "as_heard"]
"""How Chinese is written."""

_CONVERSIONS: Final = {"simplified": "t2s", "traditional": "s2t"}


def written(text: str, form: Form) -> str:
    """Write a Chinese text in a form, character for character."""
    if form == "as_heard":
        return text
    convert = _converter(form).convert
    converted: str = convert(text)
    # A few phrases are longer or shorter in the other script; their characters alone are not.
    return converted if len(converted) == len(text) else "".join(convert(letter) for letter in text)


@cache
def _converter(form: Form) -> Any:
    """Load the dictionaries of a form, once for all sessions."""
    from opencc import OpenCC

    return OpenCC(_CONVERSIONS[form])

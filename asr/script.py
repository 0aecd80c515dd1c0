"""Script: Chinese in simplified or traditional characters, as configured.

Recognizers of Mandarin write now one, now the other. Words are converted where they are shown: what the
recognizer is given back as its own prefix stays as it wrote it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Final, Literal, TypeAlias

from streaming.words import Word

Form: TypeAlias = Literal["simplified", "traditional", "as_heard"]
"""How Chinese is written."""

_CHINESE: Final = frozenset({"zh", "yue"})
_CONVERSIONS: Final = {"simplified": "t2s", "traditional": "s2t"}
_CONTEXT = 8
"""Characters before a word that may decide how it is written."""


@cache
def _converter(form: str) -> Any:
    """Load the dictionaries of a form, once for all sessions."""
    from opencc import OpenCC

    return OpenCC(_CONVERSIONS[form])


class Script:
    """Writes Chinese words in one form, and leaves all others alone."""

    def __init__(self, form: Form = "as_heard") -> None:
        self._form = form

    def write(self, words: Sequence[Word], language: str, before: str = "") -> tuple[Word, ...]:
        """Convert words; `before` is the text before them, because a character alone may be ambiguous."""
        if self._form == "as_heard" or language not in _CHINESE:
            return tuple(words)
        convert = _converter(self._form).convert
        context = before[-_CONTEXT:]
        text = context + "".join(word.text for word in words)
        converted = convert(text)
        if len(converted) != len(text):  # a phrase that is longer in the other script
            return tuple(replace(word, text=convert(word.text)) for word in words)
        edges = accumulate((len(word.text) for word in words), initial=len(context))
        return tuple(
            replace(word, text=converted[first:last])
            for word, (first, last) in zip(words, pairwise(edges), strict=True)
        )

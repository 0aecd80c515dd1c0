"""Script: Chinese in simplified or traditional characters, as configured.

Recognizers of Mandarin write now one, now the other. Words are converted where they are shown: what the
recognizer is given back as its own prefix stays as it wrote it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final, Literal, TypeAlias

from opencc import OpenCC

from streaming.words import Word

Form: TypeAlias = Literal["simplified", "traditional", "as_heard"]
"""How Chinese is written."""

_CONVERSIONS: Final = {"simplified": "t2s", "traditional": "s2t"}
_CONTEXT = 8
"""Characters before a word that may decide how it is written."""


class Script:
    """Writes Chinese words in one form, and leaves all others alone."""

    def __init__(self, form: Form = "as_heard") -> None:
        self._converter = OpenCC(_CONVERSIONS[form]) if form in _CONVERSIONS else None

    def write(self, words: Sequence[Word], language: str, before: str = "") -> tuple[Word, ...]:
        """Convert words; `before` is the text before them, because a character alone may be ambiguous."""
        if self._converter is None or language not in ("zh", "yue"):
            return tuple(words)
        context = before[-_CONTEXT:]
        text = context + "".join(word.text for word in words)
        converted = self._converter.convert(text)
        if len(converted) != len(text):  # a phrase that is longer in the other script
            return tuple(replace(word, text=self._converter.convert(word.text)) for word in words)
        edges = accumulate((len(word.text) for word in words), initial=len(context))
        return tuple(
            replace(word, text=converted[first:last])
            for word, (first, last) in zip(words, pairwise(edges), strict=True)
        )

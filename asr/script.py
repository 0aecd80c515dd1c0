"""Script: Chinese in simplified or traditional characters, as configured, and with its own marks.

Recognizers of Mandarin write now one, now the other. Words are converted where they are shown: what the
recognizer is given back as its own prefix stays as it wrote it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

from streaming.script import Form, written
from streaming.words import Word

_CHINESE: Final = frozenset({"zh", "yue"})
_LATIN_MARK = re.compile(r"(?<=[\u3400-\u9fff])(?:[,?!;:]|\.(?![A-Za-z0-9.]))")
"""Behind a Chinese character."""
_MARKS: Final = dict(zip(",.?!;:", "，。？！；：", strict=True))
_CONTEXT = 8
"""Characters before a word that may decide how it is written."""


class Script:
    """Writes Chinese words in one form, and leaves all others alone."""

    def __init__(self, form: Form = "as_heard") -> None:
        self._form = form

    def write(self, words: Sequence[Word], language: str, before: str = "") -> tuple[Word, ...]:
        """Convert words; `before` is the text before them, because a character alone may be ambiguous."""
        if self._form == "as_heard" or language not in _CHINESE:
            return tuple(words)
        context = before[-_CONTEXT:]
        converted = written(context + "".join(word.text for word in words), self._form)
        converted = _LATIN_MARK.sub(lambda mark: _MARKS[mark[0]], converted)
        edges = accumulate((len(word.text) for word in words), initial=len(context))
        return tuple(
            replace(word, text=converted[first:last])
            for word, (first, last) in zip(words, pairwise(edges), strict=True)
        )

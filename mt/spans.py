"""Spans: parts of a translation that are committed whole or not at all."""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""Begin and end in a text, in characters."""
Spans: TypeAlias = Callable[[str, str], Sequence[Span]]
"""Finds the spans of a text in a language."""

_NUMBER = re.compile(
    r"[+\-−]?(?:[$€£¥]\s?)?\d+(?:[.,:/'’ \u00a0\u202f]\d+)*(?:\s?[万亿萬億兆千百十]+)?(?:\s?[%％‰°])?"
    r"|[零〇一二三四五六七八九十百千万亿两點点]{2,}"
)


def numbers(text: str, language: str) -> list[Span]:
    """Find the numbers, with their separators, Chinese magnitudes and per cent signs."""
    return [match.span() for match in _NUMBER.finditer(text)]


def whole(text: str, cut: int, spans: Sequence[Span]) -> int:
    """Move a cut in an unfinished text to where no span is divided.

    A span at the very end is divided by any cut after its beginning: it may go on growing.
    """
    for begin, end in sorted(spans, reverse=True):
        if begin < cut and (cut < end or end == len(text)):
            cut = begin
    return cut

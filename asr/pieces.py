"""Pieces: from Whisper's tokens to words and their times."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from streaming.words import Word

FRAME = 0.02
"""Seconds of one frame of the encoder."""
_BEFORE = frozenset("\"'“¿¡([{-「『《（")
_AFTER = frozenset("\"'.。,，!！?？:：;；…”)]}、」』》）")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word as the tokens write it, marks with it."""

    text: str
    tokens: int
    """How many there are."""
    spoken: int
    """How many there are without the marks behind, which take up the pause that follows."""


def pieces(tokenizer: Any, tokens: list[int]) -> list[Piece]:
    """Split tokens into words, without blanks at the end; bytes that are no character yet stay with them."""
    if not tokens:
        return []
    texts, groups = tokenizer.split_to_word_tokens(tokens)
    found = [(text, len(group)) for text, group in zip(texts, groups, strict=True)]
    while found and not found[-1][0].strip():
        found.pop()
    return join_punctuation(found)


def join_punctuation(found: Sequence[tuple[str, int]]) -> list[Piece]:
    """Join marks to the word that they belong to; given are pairs of text and number of tokens."""
    joined: list[Piece] = []
    opening = ("", 0)
    for text, count in found:
        text, count = opening[0] + text, opening[1] + count
        opening = ("", 0)
        if text.startswith(" ") and text.strip() and set(text.strip()) <= _BEFORE:
            opening = (text, count)
        elif joined and set(text) <= _AFTER:
            last = joined[-1]
            joined[-1] = Piece(last.text + text, last.tokens + count, last.spoken)
        else:
            joined.append(Piece(text, count, count))
    return [*joined, Piece(*opening, opening[1])] if opening[1] else joined


def token_times(path: Any, count: int) -> list[float]:
    """Read from an alignment when each token starts, and the end after them, in seconds."""
    starts: dict[int, int] = {}
    for token, frame in path.alignments:
        starts.setdefault(token, frame)
    last = path.alignments[-1][1] if path.alignments else 0
    return [starts.get(token, last) * FRAME for token in range(count + 1)]


def spread(texts: Sequence[str], start: float, end: float, probability: float) -> tuple[Word, ...]:
    """Spread words over a time by their length, where nobody needs to know better; all are as probable."""
    edges = [*accumulate((len(text) for text in texts), initial=0)]
    times = [start + (end - start) * edge / edges[-1] for edge in edges]
    return tuple(Word(text, *pair, probability) for text, pair in zip(texts, pairwise(times), strict=True))

"""Matching: which of many phrases stand in a text, at a cost that does not depend on how many there are.

Leftmost-longest over an Aho–Corasick automaton (Aho and Corasick 1975, "Efficient string matching"). A
phrase ends where a word ends, except in languages written without spaces. Capitals do not matter, unless
the phrase is all capitals: `IT` is not `it`.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import ahocorasick

from streaming.words import UNSPACED

T = TypeVar("T")

_ASIAN = "\u2e80"
"""Letters below it make words that have ends, also inside a text without spaces."""


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A phrase in a text."""

    start: int
    end: int
    """Characters of the text."""
    value: T
    """What the phrase was given with."""


class Phrases(Generic[T]):
    """Phrases of one language, each with a value; of equal ones the first is meant. Immutable."""

    def __init__(self, phrases: Iterable[tuple[str, T]], language: str) -> None:
        self._language = language
        # Folded, `IT` and `it` are one key; which of them stands in a text is seen when it is found.
        known: dict[str, list[tuple[str, T]]] = {}
        for phrase, value in phrases:
            known.setdefault(folded(phrase), []).append((phrase, value))
        known.pop("", None)
        self._longest = max(map(len, known), default=0)
        self._automaton: Any = None
        if known:
            self._automaton = ahocorasick.Automaton()
            for key, meant in known.items():
                self._automaton.add_word(key, (len(key), meant))
            self._automaton.make_automaton()

    def find(self, text: str) -> list[Match[T]]:
        """Find the phrases of a text, in order; they do not overlap."""
        if self._automaton is None:
            return []
        matches = []
        for last, (length, meant) in self._automaton.iter(folded(text)):
            start, end = last + 1 - length, last + 1
            fitting = [item for item in meant if _fits(item[0], text[start:end])]
            if fitting and not (touches(text, start, self._language) or touches(text, end, self._language)):
                # An all-capitals phrase that fits says more than one of any case.
                _, value = next((item for item in fitting if all_capitals(item[0])), fitting[0])
                matches.append(Match(start, end, value))
        matches.sort(key=lambda match: (match.start, -match.end))
        found: list[Match[T]] = []
        for match in matches:
            if not found or match.start >= found[-1].end:
                found.append(match)
        return found

    def growing(self, text: str) -> int:
        """Tell where the tail of a text begins that more words may still make a (longer) phrase.

        A phrase whose last word may begin another is part of the tail.
        """
        return self.outside(text, self._unfinished(text))

    def outside(self, text: str, place: int) -> int:
        """Tell where the phrase begins that a place in a text divides; where there is none, the place."""
        return next((match.start for match in self.find(text) if match.start < place < match.end), place)

    def _unfinished(self, text: str) -> int:
        """Tell where the first phrase begins that the text's end cuts off."""
        if self._automaton is None:
            return len(text)
        tail = folded(text)
        for start in range(max(0, len(tail) - self._longest), len(tail)):
            if tail[start].isspace() or touches(text, start, self._language):
                continue
            if self._goes_on(tail[start:]):
                return start
        return len(text)

    def _goes_on(self, beginning: str) -> bool:
        """Whether a phrase begins so and goes on; where words are spaced, with a new word."""
        if self._language not in UNSPACED:
            return bool(self._automaton.match(beginning.rstrip() + " "))
        if not self._automaton.match(beginning):
            return False
        return any(len(key) > len(beginning) for key in self._automaton.keys(beginning))


def touches(text: str, place: int, language: str) -> bool:
    """Whether a place in a text is inside a word."""
    if not 0 < place < len(text):
        return False
    inside = _in_narrow_word if language in UNSPACED else in_word
    return inside(text[place - 1]) and inside(text[place])


def folded(text: str) -> str:
    """Lower the case without changing the length, so that places stay places."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def all_capitals(phrase: str) -> bool:
    """Whether a phrase has letters, and capitals alone, as an abbreviation has."""
    return len(phrase) > 1 and phrase.isupper()


def in_word(character: str) -> bool:
    """Whether a character makes words."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _in_narrow_word(character: str) -> bool:
    return character < _ASIAN and in_word(character)


def _fits(phrase: str, found: str) -> bool:
    return not all_capitals(phrase) or found == phrase

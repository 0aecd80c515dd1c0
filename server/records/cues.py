"""Cues: a record cut into subtitles that can be read.

The rules are those of the trade (BBC Subtitle Guidelines; Netflix Timed Text Style Guide): two lines of 42
characters, or of 16 full-width ones; 17 (9) characters a second; one to seven seconds; no overlap; breaks
after punctuation, before conjunctions and prepositions, never after a word that leans on the next; no word
left alone. A small dynamic program finds the division of least total penalty (as Knuth and Plass 1981,
"Breaking paragraphs into lines", break a paragraph).

Where speech is faster than reading, a cue stays longer and the next one comes late, by `LATEST` at most;
text is never dropped.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise, zip_longest

from server.records.record import Record, UtteranceRecord
from streaming.marks import ends_clause, ends_sentence, has_end
from streaming.words import UNSPACED, Word, units

LINES = 2
LONGEST = 7.0
"""Seconds that a cue stays at most."""
SHORTEST = 1.0
"""Seconds that a cue stays at least, unless the next one would be late for it."""
LATEST = 1.0
"""Seconds that a cue may come after its first word."""
TICK = 0.001
"""Seconds: all times are multiples of it."""

_NARROW, _WIDE, _LINE = 8, 21, 336
"""Width of a character and of a line: 42 narrow characters or 16 wide ones fill it."""
_NARROW_SECONDS, _WIDE_SECONDS = 1 / 17, 1 / 9
"""What it takes to read a character."""
_NEVER_FIRST = frozenset("，。！？、；：）》〉」』】〕”’,.!?;:)]}%…")
_NEVER_LAST = frozenset("“‘（《〈「『【〔([{")
"""In languages without spaces; elsewhere a space divides, and “ may close."""
_FULL_WIDTH = frozenset({"zh", "yue", "ja"})
"""Languages whose fonts set marks of ambiguous width, as “ ” … —, as wide as a character."""
_SHORT = 3
"""Characters of a language without spaces that are left alone as a word is."""
_CLINGING_BREAK, _PLAIN_BREAK, _PREPOSITION_BREAK, _JOINT_BREAK, _CLAUSE_BREAK = 5.0, 2.5, 2.0, 1.0, 0.5
_ALONE = 6.0

_JOINTS = {
    "en": "and or but because that which who when while if so as than where although",
    "es": "y e o u pero porque que cuando mientras si donde como aunque sino",
    "de": "und oder aber weil dass wenn während der die das denn sondern als ob",
    "fr": "et ou mais parce que qui quand si où car comme donc",
    "it": "e o ma perché che quando se dove come anche",
    "pt": "e ou mas porque que quando se onde como embora",
    "zh": "但 而 并 或 因 所 如 虽 却",
}
"""Words before which a break reads well."""
_PREPOSITIONS = {
    "en": "to in on at by for with from about into through after before during without between",
    "es": "a al en con por para desde hasta sobre sin entre",
    "de": "in im an am auf mit für von vom zu zum zur bei nach aus durch ohne über",
    "fr": "à au aux en dans avec pour par sur sans",
    "it": "a in con per da su senza",
    "pt": "em no na com por para sem",
}
"""Words before which a break reads better than before any other, where no clause begins."""
_CLINGING = {
    "en": "a an the of to in on at by for with from my your his her its our their this and or not "
    "i we he she they can could will would shall should may might must",
    "es": "el la los las un una de del a al en con por para mi tu su y o no se",
    "de": "ein eine einen einem einer des dem den von zu in im am an auf mit für und oder nicht",
    "fr": "le la les un une des de du à au aux en dans avec pour sur et ou ne "
    "je tu il elle nous vous ils elles on",
    "it": "il lo la i gli le un una di del della a al in con per e o non",
    "pt": "o a os as um uma de do da dos das em no na com por para e ou não",
    "zh": "的 在 和 与 把 被 不 很 是 这 那 一",
}
"""Words after which a break reads badly."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle."""

    start: float
    """Seconds since the recording began."""
    end: float
    """Seconds; after `start`, not after the start of the next cue."""
    lines: tuple[str, ...]
    """One or two."""
    words: tuple[tuple[Word, ...], ...] = ()
    """The words of each line with the times at which they were spoken; empty: it is not known when."""


def cues(record: Record, target: str | None = None) -> list[Cue]:
    """Divide what was said, or its translation, into subtitles, ordered and never overlapping."""
    pieces: list[_Piece] = []
    for utterance in record.utterances:
        if target is None and utterance.booth:
            continue
        shown = utterance.language if target is None else target
        text = _Text(_words(utterance, shown), shown)
        pieces += text.divided(timed=shown == utterance.language)
    pieces.sort(key=lambda piece: piece.start)  # people in a room may speak at the same time
    return _timed(pieces)


def reading_seconds(text: str, language: str) -> float:
    """Tell how long it takes to read a text."""
    return sum(_WIDE_SECONDS if _is_wide(c, language) else _NARROW_SECONDS for c in text)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The words of a cue, in lines."""

    start: float
    end: float
    lines: tuple[tuple[Word, ...], ...]
    language: str
    timed: bool


class _Text:
    """What an utterance says in one language, as words between which it may be divided."""

    def __init__(self, words: Sequence[Word], language: str) -> None:
        self._words = words
        self._language = language
        self._joints = frozenset(_JOINTS.get(language, "").split())
        self._prepositions = frozenset(_PREPOSITIONS.get(language, "").split())
        self._clinging = frozenset(_CLINGING.get(language, "").split())
        self._sums = [0, *accumulate(_width(word.text, language) for word in words)]
        self._leads = [_NARROW * (len(word.text) - len(word.text.lstrip())) for word in words]
        self._breaks = [*(self._break(a.text, b.text) for a, b in pairwise(words)), 0.0]

    def divided(self, *, timed: bool) -> list[_Piece]:
        """Find the division of least total penalty into cues that fit."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(self._words) + 1):
            candidates = []
            for start in range(end - 1, -1, -1):
                if end - start > 1 and not self._fits(start, end):
                    break
                candidates.append((best[start][0] + self._penalty(start, end), start))
            best.append(min(candidates))
        found: list[_Piece] = []
        end = len(self._words)
        while end:
            start = best[end][1]
            found.append(self._piece(start, end, timed))
            end = start
        return found[::-1]

    def _piece(self, start: int, end: int, timed: bool) -> _Piece:
        lines = tuple(tuple(self._words[a:b]) for a, b in self._lines(start, end))
        last = max(word.end for line in lines for word in line)
        return _Piece(self._words[start].start, last, lines, self._language, timed)

    def _width(self, start: int, end: int) -> int:
        return self._sums[end] - self._sums[start] - self._leads[start]

    def _fits(self, start: int, end: int) -> bool:
        if self._words[end - 1].end - self._words[start].start > LONGEST:
            return False
        if self._width(start, end) <= _LINE:
            return True
        full = bisect_right(self._sums, self._sums[start] + self._leads[start] + _LINE) - 1
        return full > start and self._width(full, end) <= _LINE

    def _penalty(self, start: int, end: int) -> float:
        empty = max(0.0, 1 - self._width(start, end) / (LINES * _LINE))
        alone = _ALONE if (start or end < len(self._words)) and self._is_alone(start, end) else 0.0
        return 1 + empty**2 + self._breaks[end - 1] + alone

    def _lines(self, start: int, end: int) -> list[tuple[int, int]]:
        """Break a cue into lines: one if it fits, else the two that read best."""
        if end - start == 1 or self._width(start, end) <= _LINE:
            return [(start, end)]

        def badness(middle: int) -> float:
            one, two = self._width(start, middle), self._width(middle, end)
            alone = self._is_alone(start, middle) or self._is_alone(middle, end)
            uneven = abs(one - two) / _LINE
            return 100 * (max(one, two) > _LINE) + uneven + 0.3 * self._breaks[middle - 1] + 2 * alone

        middle = min(range(start + 1, end), key=badness)
        return [(start, middle), (middle, end)]

    def _is_alone(self, start: int, end: int) -> bool:
        if self._language in UNSPACED:
            return self._width(start, end) < _SHORT * _WIDE
        return end - start == 1

    def _break(self, before: str, after: str) -> float:
        if ends_sentence(before, after, self._language):
            return 0.0
        if ends_clause(before):
            return _CLAUSE_BREAK
        if has_end(before):  # it is an abbreviation's
            return _CLINGING_BREAK
        before, after = before.strip().casefold(), after.strip().casefold()
        if before in self._clinging:
            return _CLINGING_BREAK
        if after in self._joints:
            return _JOINT_BREAK
        return _PREPOSITION_BREAK if after in self._prepositions else _PLAIN_BREAK


def _timed(pieces: Sequence[_Piece]) -> list[Cue]:
    """Give each cue its time: what it takes to read it, as far as the next one is not late for it."""
    found: list[Cue] = []
    end = 0.0
    for piece, following in zip_longest(pieces, pieces[1:]):
        lines = tuple(_line(line) for line in piece.lines)
        start = max(round(piece.start, 3), end)
        wished = max(piece.end, start + SHORTEST, start + reading_seconds("".join(lines), piece.language))
        latest = following.start + LATEST if following else wished
        end = round(max(min(wished, start + LONGEST, latest), start + TICK), 3)
        found.append(Cue(start, end, lines, piece.lines if piece.timed else ()))
    return found


def _words(utterance: UtteranceRecord, shown: str) -> list[Word]:
    """Give the pieces between which a subtitle may break, with times.

    A translation is spread evenly over the time of the utterance: its words were committed when enough
    had been heard, not when the words that they render were spoken.
    """
    if shown != utterance.language:
        said = utterance.translations.get(shown, "")
        return _joined(_spread(said, utterance.start, utterance.end, shown), shown)
    spoken = (p for word in utterance.words for p in _spread(word.text, word.start, word.end, shown))
    return _joined(spoken, shown)


def _spread(said: str, start: float, end: float, language: str) -> list[Word]:
    pieces = [part for unit in units(said, language) for part in _parts(unit, language)]
    whole = sum(_width(piece, language) for piece in pieces) or 1
    words, done = [], 0
    for piece in pieces:
        begin = start + (end - start) * done / whole
        done += _width(piece, language)
        words.append(Word(piece, begin, max(begin, start + (end - start) * done / whole)))
    return words


def _parts(unit: str, language: str) -> list[str]:
    """Divide a word that no line can hold."""
    if _width(unit.strip(), language) <= _LINE:
        return [unit]
    parts = [""]
    for character in unit:
        if _width(parts[-1].strip() + character, language) > _LINE:
            parts.append("")
        parts[-1] += character
    return parts


def _joined(words: Iterable[Word], language: str) -> list[Word]:
    """Put together what may not be divided: marks with what they close or open, the parts of a word."""
    joined: list[Word] = []
    for word in words:
        follows = joined and _binds(joined[-1].text, word.text, language)
        if follows and _width((joined[-1].text + word.text).strip(), language) <= _LINE:
            before = joined.pop()
            word = Word(before.text + word.text, before.start, max(before.end, word.end))
        joined.append(word)
    return joined


def _binds(before: str, after: str, language: str) -> bool:
    if set(after.strip()) <= _NEVER_FIRST:
        return True
    if language in UNSPACED:
        return before[-1:] in _NEVER_LAST
    return not after[0].isspace()


def _line(words: Iterable[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


@lru_cache(4096)
def _width(written: str, language: str) -> int:
    return sum(_WIDE if _is_wide(c, language) else _NARROW for c in written)


def _is_wide(character: str, language: str) -> bool:
    width = unicodedata.east_asian_width(character)
    # Letters of ambiguous width, as é and α, are narrow in the fonts of today.
    return width in "WF" or (width == "A" and language in _FULL_WIDTH and not character.isalpha())

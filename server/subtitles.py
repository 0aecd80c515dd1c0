"""Records as text, JSON, SRT and WebVTT.

Subtitles keep to two lines of 42 characters, or of 16 full-width ones, and to seven seconds; where an
utterance has to be divided, a small dynamic program finds the division into the evenest cues that
break after punctuation (as Knuth and Plass 1981, "Breaking paragraphs into lines", break a paragraph).
"""

import html
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from server.records import Record, UtteranceRecord
from streaming.words import Word, units

LINES = 2
LONGEST = 7.0
"""Seconds that a cue stays at most, unless a single word lasts longer."""
SHORTEST = 1.0
"""Seconds that a cue stays at least, where the next one leaves room."""
_NARROW, _WIDE, _LINE = 8, 21, 336
"""Width of a character and of a line: 42 narrow characters or 16 wide ones fill it."""
_SENTENCE_ENDS = frozenset(".!?…。！？")
_CLAUSE_ENDS = frozenset(",;:，；：、—")
_NEVER_FIRST = frozenset("，。！？、；：）》」』】”’,.!?;:)]}%…")


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle."""

    start: float
    """Seconds since the recording began."""
    end: float
    """Seconds; after `start`, not after the start of the next cue."""
    lines: tuple[str, ...]
    """One or two."""


def text(utterance: UtteranceRecord) -> str:
    """Write an utterance with its time and its translations, a line each, indented."""
    head = f"[{_clock(utterance.start, '.', 1)} - {_clock(utterance.end, '.', 1)}]"
    rows = [f"{head} {utterance.language}: {utterance.text}"]
    rows += [f"{' ' * len(head)} {target}: {said}" for target, said in utterance.translations.items()]
    return "\n".join(rows) + "\n"


def document(record: Record) -> str:
    """Write a record as a JSON document of one line."""
    content = {
        "language": record.language,
        "duration": round(record.duration, 3),
        "utterances": [
            {
                "start": round(utterance.start, 3),
                "end": round(utterance.end, 3),
                "text": utterance.text,
                "words": [_word(word) for word in utterance.words],
                "translations": dict(utterance.translations),
            }
            for utterance in record.utterances
        ],
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def srt(cues: Iterable[Cue]) -> str:
    """Write cues as SubRip."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_plain(cue)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """Write cues as WebVTT."""
    blocks = (f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_escaped(cue)}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def files(record: Record, targets: Sequence[str], form: str) -> list[tuple[str, str]]:
    """Write a record in a form (text, json, srt, vtt): the ending of each file's name, and what is in it.

    Subtitles are one file for each language, what was spoken first.
    """
    match form:
        case "text":
            return [(".txt", "".join(map(text, record.utterances)))]
        case "json":
            return [(".json", document(record))]
    write = {"srt": srt, "vtt": vtt}[form]
    spoken = (f".{record.language or 'und'}.{form}", write(cues(record)))
    return [spoken, *((f".{target}.{form}", write(cues(record, target))) for target in targets)]


def cues(record: Record, target: str | None = None) -> list[Cue]:
    """Divide what was said, or its translation, into subtitles, ordered and never overlapping."""
    pieces = [piece for utterance in record.utterances for piece in _divided(_words(utterance, target))]
    starts, latest = [], -0.001
    for piece in pieces:
        latest = round(max(piece[0].start, latest + 0.001), 3)
        starts.append(latest)
    wished = [
        max(round(piece[-1].end, 3), start + SHORTEST) for piece, start in zip(pieces, starts, strict=True)
    ]
    ends = [*map(min, wished, starts[1:]), *wished[-1:]]
    return [Cue(start, end, _lines(piece)) for start, end, piece in zip(starts, ends, pieces, strict=True)]


def _word(word: Word) -> dict[str, str | float]:
    return {
        "text": word.text.strip(),
        "start": round(word.start, 3),
        "end": round(word.end, 3),
        "probability": round(word.probability, 3),
    }


def _words(utterance: UtteranceRecord, target: str | None) -> list[Word]:
    """Give the pieces between which a subtitle may break, with times.

    A translation is spread evenly over the time of the utterance: its words were committed when enough
    had been heard, not when the words that they render were spoken.
    """
    spoken = utterance.language
    if target is not None and target != spoken:
        said = utterance.translations.get(target, "")
        return _spread(said, utterance.start, utterance.end, target)
    return _joined(p for word in utterance.words for p in _spread(word.text, word.start, word.end, spoken))


def _spread(said: str, start: float, end: float, language: str) -> list[Word]:
    pieces = units(said, language)
    whole = sum(map(_width, pieces)) or 1
    words, done = [], 0
    for piece in pieces:
        begin = start + (end - start) * done / whole
        done += _width(piece)
        words.append(Word(piece, begin, start + (end - start) * done / whole))
    return _joined(words)


def _joined(words: Iterable[Word]) -> list[Word]:
    """Put punctuation that may not begin a line with what it follows."""
    joined: list[Word] = []
    for word in words:
        if joined and word.text[0] in _NEVER_FIRST:
            before = joined.pop()
            word = Word(before.text + word.text, before.start, max(before.end, word.end))
        joined.append(word)
    return joined


def _divided(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Find the division of least total penalty into cues that fit."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        candidates = []
        for start in range(end - 1, -1, -1):
            piece = words[start:end]
            if len(piece) > 1 and not _fits(piece):
                break
            candidates.append((best[start][0] + _penalty(piece, last=end == len(words)), start))
        best.append(min(candidates))
    divided: list[Sequence[Word]] = []
    end = len(words)
    while end:
        start = best[end][1]
        divided.append(words[start:end])
        end = start
    return divided[::-1]


def _fits(piece: Sequence[Word]) -> bool:
    if piece[-1].end - piece[0].start > LONGEST:
        return False
    first = 0
    while first < len(piece) and _line_width(piece[: first + 1]) <= _LINE:
        first += 1
    return 0 < first and (first == len(piece) or _line_width(piece[first:]) <= _LINE)


def _penalty(piece: Sequence[Word], last: bool) -> float:
    empty = max(0.0, 1 - _line_width(piece) / (LINES * _LINE))
    return 1 + empty**2 + (0.0 if last else _break_penalty(piece[-1]))


def _break_penalty(word: Word) -> float:
    mark = word.text.rstrip("\"'”’）)》」』")[-1:]
    return 0.0 if mark in _SENTENCE_ENDS else 0.5 if mark in _CLAUSE_ENDS else 2.5


def _lines(piece: Sequence[Word]) -> tuple[str, ...]:
    """Break a cue into lines: one if it fits, else the two evenest."""
    if len(piece) == 1 or _line_width(piece) <= _LINE:
        return (_line(piece),)

    def unevenness(first: int) -> float:
        one, two = _line_width(piece[:first]), _line_width(piece[first:])
        overlong = max(one, two) > _LINE
        return 10 * overlong + abs(one - two) / _LINE + 0.3 * _break_penalty(piece[first - 1])

    first = min(range(1, len(piece)), key=unevenness)
    return _line(piece[:first]), _line(piece[first:])


def _line(words: Iterable[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


def _line_width(words: Sequence[Word]) -> int:
    lead = len(words[0].text) - len(words[0].text.lstrip())
    return sum(_width(word.text) for word in words) - _NARROW * lead


@lru_cache(4096)
def _width(written: str) -> int:
    return sum(_WIDE if unicodedata.east_asian_width(c) in "WF" else _NARROW for c in written)


def _plain(cue: Cue) -> str:
    # SubRip has no way to escape; only its own arrow could be mistaken for a time.
    return "\n".join(line.replace("-->", "→") for line in cue.lines)


def _escaped(cue: Cue) -> str:
    return "\n".join(html.escape(line, quote=False) for line in cue.lines)


def _clock(seconds: float, point: str, digits: int = 3) -> str:
    unit = 10**digits
    whole, fraction = divmod(round(seconds * unit), unit)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{fraction:0{digits}d}"

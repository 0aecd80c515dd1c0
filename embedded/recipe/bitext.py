"""Sentence pairs for the embedded translator: reading, cleaning, and the forms of a live source.

A translator that is fed by a recogniser rarely sees a finished, punctuated sentence. So a part of every
training pass is cut to sentence prefixes, a part is said haltingly or misheard a little (`disfluency`), and a
part is stripped of case and punctuation. One rule keeps the two apart for the model: *a source that does not
end in sentence punctuation has a target that does not either*. An open prefix then never closes with a full
stop.
"""

from __future__ import annotations

import lzma
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from embedded.recipe.disfluency import disfluent
from embedded.recipe.sentences import measured_with

FINAL_PUNCTUATION = ".!?…。！？;；:："
_CLOSERS = "\"'”’」』)）"
_CJK = re.compile(r"[\u3400-\u9fff]")
_PUNCTUATION = re.compile(
    r"(?<!\d)[.,](?!\d)|[.,](?=\s|$)|[!?…;:\"“”„«»¿¡()。，、！？；：（）《》「」『』【】]"
)
_CODE = re.compile(r"[_`{}<>\\/|=#$@*\[\]^~+]|[a-z][A-Z]|\w\.\w|--|&\w+;|\.\.\.|\d{5}|[A-Z]{5}")
_NUMBER = re.compile(r"\d{2,}")
_WIDE = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_BLANK_WITHIN = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_QUOTES = str.maketrans("「」『』", "“”‘’")
_FULL_WIDTH = {",": "，", "?": "？", "!": "！", ";": "；", ".": "。"}
_NARROW = re.compile(r"\s*(?:(?<=[\u3400-\u9fff”’）])|(?<=[\u3400-\u9fff”’）] ))([,?!;]|\.$)\s*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation."""

    source: str
    """Text in the source language."""
    target: str
    """Text in the target language."""
    source_language: str
    """`en`, `zh` or `es`."""
    target_language: str
    """`en`, `zh` or `es`."""

    def reversed(self) -> Pair:
        """Return the pair for the opposite direction."""
        return Pair(self.target, self.source, self.target_language, self.source_language)


def clean(text: str, language: str) -> str:
    """Return the text in composed form, full-width letters and digits narrowed, Chinese simplified."""
    text = " ".join(unicodedata.normalize("NFC", text).translate(_WIDE).split())
    if language != "zh":
        return text.replace("’", "'").replace("“", '"').replace("”", '"')
    text = _simplifier().convert(text).translate(_QUOTES)
    if _CJK.search(text):
        text = _NARROW.sub(lambda mark: _FULL_WIDTH[mark[1]], text)
    return _BLANK_WITHIN.sub("", text)


@cache
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def key(text: str) -> str:
    """Return the letters and digits alone, case folded: what two copies of one sentence share."""
    return "".join(character for character in text.casefold() if character.isalnum())


def held_out(data: Path, samples: Path) -> frozenset[str]:
    """Return the keys of every sentence of the test sets and of the project's sample sentences.

    Raises: FileNotFoundError where there are no test sets.
    """
    files = [path for path in measured_with(data) if path.suffix not in {".labels", ".info"}]
    keys: set[str] = set()
    for path in (*files, *samples.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            keys.add(key(line))
            keys.add(key(clean(line, "zh")))
    return frozenset(keys - {""})


def _rows(path: Path) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if len(columns) >= 2:
                yield columns


def kept(pairs: Iterable[Pair], forbidden: frozenset[str]) -> list[Pair]:
    """Return the pairs without duplicates and without any that share a side with the held-out sentences."""
    unique: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        keys = key(pair.source), key(pair.target)
        if all(keys) and not forbidden.intersection(keys):
            unique.setdefault(keys, pair)
    return list(unique.values())


_TATOEBA = {"zh": "cmn", "es": "spa", "de": "deu", "fr": "fra"}


def tatoeba(data: Path, language: str, forbidden: frozenset[str]) -> list[Pair]:
    """Return everyday sentences, English to `language` (Tatoeba, CC BY 2.0 FR)."""
    rows = _rows(data / "bitext" / f"tatoeba.en-{_TATOEBA[language]}.tsv.xz")
    return kept(
        (Pair(clean(row[0], "en"), clean(row[1], language), "en", language) for row in rows), forbidden
    )


def pivoted(direct: list[Pair], bridges: list[list[Pair]], forbidden: frozenset[str]) -> list[Pair]:
    """Return new pairs: English that shares a translation with a sentence whose target is known.

    `bridges` holds English sentences with their translations into other languages. All texts are human;
    only the pairing is inferred.
    """
    known = {(pair.source, pair.target) for pair in direct}
    english_of: dict[str, list[str]] = defaultdict(list)
    bridges_of: dict[str, list[str]] = defaultdict(list)
    for pair in (pair for bridge in bridges for pair in bridge):
        english_of[pair.target].append(pair.source)
        bridges_of[pair.source].append(pair.target)
    found = (
        Pair(other, pair.target, "en", pair.target_language)
        for pair in direct
        for bridge in bridges_of[pair.source]
        for other in english_of[bridge]
    )
    return kept((pair for pair in found if (pair.source, pair.target) not in known), forbidden)


def documentation(data: Path, language: str, forbidden: frozenset[str], words: int = 25) -> list[Pair]:
    """Return human-translated prose of up to `words` words, no identifiers (Microsoft Docs, CC BY 4.0)."""
    rows = _rows(data / "bitext" / f"msdocs.en-{language}.tsv.xz")
    prose = (row for row in rows if len(row) > 2 and row[2] == "HT" and _is_prose(row[0], row[1], words))
    return kept(
        (Pair(clean(row[0], "en"), clean(row[1], language), "en", language) for row in prose), forbidden
    )


def _is_prose(english: str, other: str, words: int) -> bool:
    count = len(english.split())
    if not 3 <= count <= words or _CODE.search(english) or not english[0].isupper():
        return False
    if (english[-1] in FINAL_PUNCTUATION) != (other[-1:] in tuple(FINAL_PUNCTUATION)):
        return False
    return 0.5 <= _length(other) / _length(english) <= 2 and english != other


def _length(text: str) -> int:
    """Return the length in rough English characters: a Chinese character counts three."""
    return len(text) + 2 * len(_CJK.findall(text))


def is_open(text: str) -> bool:
    """Return whether the text lacks final punctuation, so that more of the sentence may follow."""
    return text.rstrip(_CLOSERS + " ")[-1:] not in tuple(FINAL_PUNCTUATION)


def opened(text: str) -> str:
    """Return the text without its final punctuation."""
    return text.rstrip(FINAL_PUNCTUATION + _CLOSERS + ",，、 ")


def plain(text: str) -> str:
    """Return the text as many recognisers write it: lower case, no punctuation but apostrophes, decimals."""
    return _BLANK_WITHIN.sub("", " ".join(_PUNCTUATION.sub(" ", text.lower()).split()))


def units(text: str) -> list[str]:
    """Return what a prefix may end after: words with the blank behind them, or single Chinese characters."""
    return re.findall(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+\s*|\s+", text)


def prefix(pair: Pair, rng: random.Random, caution: float = 0.85) -> Pair:
    """Return the pair cut to a random sentence prefix; the target keeps somewhat less than its share.

    The proportional cut is that of prefix training for simultaneous translation (Niehues et al. 2018,
    "Low-Latency Neural Speech Translation"). `caution` leaves the last words to the next reading.
    A pair too short to cut returns unchanged.
    """
    source, target = units(pair.source), units(pair.target)
    if len(source) < 3 or len(target) < 3:
        return pair
    kept = rng.randint(1, len(source) - 1)
    share = int(kept / len(source) * len(target) * caution)
    if share < 1:
        return pair
    return Pair(
        opened("".join(source[:kept])),
        opened("".join(target[:share])),
        pair.source_language,
        pair.target_language,
    )


def renumbered(pair: Pair, rng: random.Random) -> Pair:
    """Return the pair with a number that stands on both sides replaced by another, to teach copying."""
    shared = set(_NUMBER.findall(pair.source)) & set(_NUMBER.findall(pair.target))
    source, target = pair.source, pair.target
    for number in sorted(shared):
        other = str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in number[1:])
        source, target = source.replace(number, other), target.replace(number, other)
    return Pair(source, target, pair.source_language, pair.target_language)


def joined(pairs: list[Pair], rng: random.Random, share: float = 0.15) -> list[Pair]:
    """Return the pairs, some joined with the next of the same direction: speech is several sentences."""
    out: list[Pair] = []
    for pair in pairs:
        last = out[-1] if out else None
        if (
            last
            and _direction(last) == _direction(pair)
            and rng.random() < share
            and not is_open(last.source)
        ):
            out[-1] = Pair(
                _join(last.source, pair.source), _join(last.target, pair.target), *_direction(last)
            )
        else:
            out.append(pair)
    return out


def _direction(pair: Pair) -> tuple[str, str]:
    return pair.source_language, pair.target_language


def _join(first: str, second: str) -> str:
    return first + ("" if _CJK.search(second[:1]) else " ") + second


def live(
    pair: Pair, rng: random.Random, cut: float = 0.25, bare: float = 0.25, halting: float = 0.08
) -> Pair:
    """Return the pair as a live source may present it: perhaps cut, halting, without case and marks."""
    if rng.random() < 0.5:
        pair = renumbered(pair, rng)
    if rng.random() < cut:
        pair = prefix(pair, rng)
    source, target = pair.source, pair.target
    if rng.random() < halting:
        source = "".join(disfluent(units(source), pair.source_language, rng))
    if rng.random() < bare:
        source = plain(source)
    if is_open(source):
        target = opened(target)
    return Pair(source, target, pair.source_language, pair.target_language)

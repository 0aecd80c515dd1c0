"""The glossary: the words of a trade found in a source, and what they are called in the target."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from mt.languages import normalized
from mt.phrasing import HAN
from streaming.matching import Phrases, all_capitals, folded, touches
from streaming.stages import Term
from streaming.state import Shared
from streaming.words import UNSPACED

FORMS = "|"
"""Between the forms of a term in one language."""
_NARROW = "A-Za-z0-9À-ɏ"
_SEAM = re.compile(
    rf"(?<=[{HAN}])\s*(?=[{_NARROW}])|(?<=[{_NARROW}])\s*(?=[{HAN}])|(?<=[{HAN}])\s+(?=[{HAN}])"
)
"""Where a text without spaces is written with one or without, as whoever sets it likes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A term in several languages."""

    forms: Mapping[str, tuple[str, ...]]
    """Language → inflected forms and alternatives; the first is the one to write."""
    place: str = ""
    """Where it was read, for messages: ``file:line``."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries that call the same source term differently; the first one is used."""

    source: str
    source_language: str
    target_language: str
    used: Entry
    ignored: Entry

    def __str__(self) -> str:
        kept = FORMS.join(self.used.forms[self.target_language])
        lost = FORMS.join(self.ignored.forms[self.target_language])
        return (
            f"{self.ignored.place}: {self.source!r} ({self.source_language}→{self.target_language}) is "
            f"{lost!r} here and {kept!r} at {self.used.place}, which comes first and is used"
        )


_Rendered: TypeAlias = tuple[tuple[str, ...], bool]
"""Renderings of a form, and whether it stays verbatim."""


class Glossary(Shared):
    """Terms of any number of languages, earlier entries first; immutable, so that sessions may share it."""

    def __init__(self, entries: Sequence[Entry] = (), verbatim: Iterable[str] = ()) -> None:
        """`verbatim` are names that are not translated, in any language."""
        self._entries = tuple(entries)
        self._verbatim = tuple(dict.fromkeys(verbatim))
        self._indexes: dict[tuple[str, str], Phrases[_Rendered]] = {}

    def __bool__(self) -> bool:
        return bool(self._entries or self._verbatim)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries, in order of precedence."""
        return self._entries

    @property
    def verbatim(self) -> tuple[str, ...]:
        """Names that are not translated."""
        return self._verbatim

    def terms(self, text: str, source: str, target: str) -> tuple[Term, ...]:
        """Name the terms of a text that have a rendering in the target language, in order, each once."""
        matches = self._phrases(source, target).find(text)
        return tuple(dict.fromkeys(Term(text[m.start : m.end], *m.value) for m in matches))

    def growing(self, text: str, source: str, target: str) -> int:
        """Tell where the tail of a text begins that more text may still make a (longer) term."""
        return self._phrases(source, target).growing(text)

    def outside(self, text: str, place: int, source: str, target: str) -> int:
        """Tell where the term begins that a place in a text divides; where there is none, the place."""
        return self._phrases(source, target).outside(text, place)

    def conflicts(self, source: str, target: str) -> list[Conflict]:
        """List entries that earlier ones of the same source term override with another rendering."""
        first: dict[str, Entry] = {}
        found = []
        for entry in self._between(source, target):
            for form in entry.forms[source]:
                used = first.setdefault(_key(form), entry)
                if used is not entry and used.forms[target] != entry.forms[target]:
                    found.append(Conflict(form, source, target, used, entry))
        return found

    def _between(self, source: str, target: str) -> list[Entry]:
        return [entry for entry in self._entries if source in entry.forms and target in entry.forms]

    def _phrases(self, source: str, target: str) -> Phrases[_Rendered]:
        pair = normalized(source), normalized(target)
        if pair not in self._indexes:
            # Two threads may build the same index at once: either is right, and one is kept.
            self._indexes[pair] = Phrases(self._rendered(*pair), pair[0])
        return self._indexes[pair]

    def _rendered(self, source: str, target: str) -> Iterator[tuple[str, _Rendered]]:
        """List source forms with their renderings; what must not be translated comes before everything."""
        for name in self._verbatim:
            yield name, ((name,), True)
        for entry in self._between(source, target):
            forms, targets = entry.forms[source], entry.forms[target]
            for i, form in enumerate(forms):
                yield form, (_preferring(targets, i, len(forms)), False)


def joined(first: Iterable[Term], second: Iterable[Term], text: str, language: str) -> tuple[Term, ...]:
    """Join terms that two glossaries find in a text as if they were one: of equal ones the first is meant.

    Only what was found is looked for again: to index two large glossaries together takes its time.
    """
    phrases = Phrases([(term.source, term) for term in (*first, *second)], normalized(language))
    matches = phrases.find(text)
    return tuple(dict.fromkeys(replace(m.value, source=text[m.start : m.end]) for m in matches))


def missing(terms: Iterable[Term], text: str, language: str) -> list[Term]:
    """List the terms of which no rendering stands in a translation."""
    return [term for term in terms if rendering(term, text, language) is None]


def rendering(term: Term, text: str, language: str) -> str | None:
    """Find how a term is rendered in a translation: as it is written there, `3D 打印` for `3D打印`."""
    for target in term.targets:
        for match in _written(target, language, term.verbatim or all_capitals(target)).finditer(text):
            start, end = match.span()
            if not (touches(text, start, language) or touches(text, end, language)):
                return match.group()
    return None


@lru_cache(maxsize=4096)
def _written(target: str, language: str, exactly: bool) -> re.Pattern[str]:
    """Describe how a rendering may be written, its capital letters too unless `exactly`."""
    parts = _SEAM.split(target) if language in UNSPACED else [target]
    return re.compile(r"\s?".join(map(re.escape, parts)), re.NOFLAG if exactly else re.IGNORECASE)


def uncut(text: str, end: int, whole: Iterable[str]) -> int:
    """Move an end of a commit back, out of parts that are committed whole or not at all."""
    cut = True
    while cut:
        cut = False
        for part in whole:
            start = text.find(part, max(0, end - len(part) + 1), end + len(part) - 1) if part else -1
            if 0 <= start < end < start + len(part):
                end, cut = len(text[:start].rstrip()), True
    return end


def split_forms(written: str) -> tuple[str, ...]:
    """Read ``server|servers`` as forms, each once, in Unicode's composed form."""
    if not unicodedata.is_normalized("NFC", written):
        written = unicodedata.normalize("NFC", written)
    if FORMS not in written:
        form = written.strip()
        return (form,) if form else ()
    forms = [form.strip() for form in written.split(FORMS)]
    return tuple(dict.fromkeys(form for form in forms if form))


def _preferring(targets: tuple[str, ...], index: int, count: int) -> tuple[str, ...]:
    """Prefer the rendering of the same number where both sides name equally many forms."""
    if count != len(targets) or not index:
        return targets
    return (targets[index], *targets[:index], *targets[index + 1 :])


def _key(form: str) -> str:
    return form if all_capitals(form) else folded(form)

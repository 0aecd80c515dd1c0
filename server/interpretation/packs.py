"""Domain packs (行业包): the words of a trade, read, checked, joined and kept up to date.

A pack is a TOML file, or a folder with a `pack.toml`; glossaries may lie beside it as CSV or TSV. All that
is wrong with a pack is told at once, each with its line. Several packs are joined in the order in which
they are named: where two call a term differently, the first one is right, and that is said.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

import embedded
from asr.replacements import Replacements
from mt.glossary import Conflict, Glossary
from server.config import Config, data_folder
from server.interpretation.models import AUTO
from server.interpretation.pack import MAIN, Pack, read
from streaming.errors import PackError
from streaming.words import units

MOST_HOT_WORDS = 200
"""Hot words that are given to a recognizer, at most: its prompt is short."""
MOST_PROMPT = 36
"""Words of a prompt, or characters in languages without spaces: about so many are 48 tokens, which is what
recognizers take."""
MOST_CONFLICTS = 20
"""Conflicts that are told, at most."""


class Packs:
    """Several packs as one: what a session works with."""

    def __init__(self, packs: Sequence[Pack] = ()) -> None:
        """`packs` in order of precedence."""
        self._packs = tuple(packs)
        self.glossary = Glossary(
            tuple(chain.from_iterable(pack.entries for pack in packs)),
            chain.from_iterable(pack.verbatim for pack in packs),
        )
        """The terms of all."""
        self.replacements = Replacements(_first_wins([pack.replacements for pack in packs]))
        """What recognition mishears."""

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order of precedence."""
        return tuple(pack.name for pack in self._packs)

    @cached_property
    def digest(self) -> str:
        """Tell apart what they say: SHA-256 of it, whatever they are called and wherever they are."""
        said = [
            [[e.forms for e in p.entries], p.verbatim, p.hot_words, p.replacements, p.prompt]
            for p in self._packs
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @property
    def recognizer(self) -> str | None:
        """The recognizer that the first pack to name one prefers."""
        return next((pack.recognizer for pack in self._packs if pack.recognizer), None)

    @property
    def translators(self) -> tuple[str, ...]:
        """The translators that the packs prefer, best first."""
        return tuple(dict.fromkeys(chain.from_iterable(pack.translators for pack in self._packs)))

    def hot_words(self, language: str | None) -> tuple[str, ...]:
        """Give words that recognition should expect; of all languages where none is known."""
        found = (
            word
            for pack in self._packs
            for code, words in pack.hot_words.items()
            if language in (None, code)
            for word in words
        )
        return tuple(islice(dict.fromkeys(found), MOST_HOT_WORDS))

    def prompt(self, language: str | None) -> str:
        """Give the text that recognition is told stood before; nothing where no language is known."""
        return " ".join(pack.prompt[language] for pack in self._packs if language and language in pack.prompt)

    @property
    def all_hot_words(self) -> Mapping[str, tuple[str, ...]]:
        """The words that recognition should expect, by language."""
        return {code: self.hot_words(code) for code in sorted({c for p in self._packs for c in p.hot_words})}

    @property
    def prompts(self) -> Mapping[str, str]:
        """The texts that recognition is told stood before, by language."""
        return {code: self.prompt(code) for code in sorted({c for p in self._packs for c in p.prompt})}

    @property
    def long_prompts(self) -> tuple[str, ...]:
        """Languages whose text is longer than recognition takes: it loses its beginning."""
        return tuple(c for c, text in self.prompts.items() if len(units(text, c)) > MOST_PROMPT)

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Terms that two packs call differently."""
        found = (
            conflict
            for source in sorted({language for pack in self._packs for language in pack.languages})
            for target in sorted({language for pack in self._packs for language in pack.languages})
            if source != target
            for conflict in self.glossary.conflicts(source, target)
            if conflict.used.place.rpartition(":")[0] != conflict.ignored.place.rpartition(":")[0]
        )
        return tuple(islice(found, MOST_CONFLICTS)) if len(self._packs) > 1 else ()


@dataclass(slots=True)
class _Kept:
    """A pack that was read, and the state of its files then."""

    pack: Pack
    stamps: tuple[object, ...]


@dataclass(slots=True)
class Shelf:
    """The packs that sessions may name; each is read again when its files have changed."""

    folders: tuple[Path, ...]
    """Folders of packs, the first one that has a name wins."""
    default: tuple[str, ...] = ()
    """Packs of a session that names none."""
    paths: bool = False
    """Whether a pack may also be named by its path: on the command line, not on the wire."""
    _kept: dict[Path, _Kept] = field(default_factory=dict)
    _joined: dict[tuple[int, ...], Packs] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, names: Sequence[str] = ()) -> Packs:
        """Join the packs of these names, or the default ones.

        Raises:
            PackError: one is not there, or is not as it should be.
        """
        found = [self._path(name) for name in dict.fromkeys(names or self.default)]
        with self._lock:
            packs = [self._fresh(path) for path in found]
            # By identity: a pack that was read again is another one.
            key = tuple(map(id, packs))
            if key not in self._joined:
                current = {id(kept.pack) for kept in self._kept.values()}
                self._joined = {k: v for k, v in self._joined.items() if current.issuperset(k)}
                self._joined[key] = Packs(packs)
            return self._joined[key]

    def listed(self) -> dict[str, Path]:
        """Name every pack that is there, and where it is."""
        found: dict[str, Path] = {}
        for folder in self.folders:
            for path in sorted([*folder.glob(f"*/{MAIN}"), *folder.glob("*.toml")]):
                found.setdefault(path.parent.name if path.name == MAIN else path.stem, path)
        return found

    def _path(self, name: str) -> Path:
        if path := self.listed().get(name):
            return path
        if self.paths and (path := main_file(Path(name))):
            return path
        known = ", ".join(self.listed()) or "none"
        raise PackError(f"there is no domain pack {name!r}; there is {known}")

    def _fresh(self, path: Path) -> Pack:
        kept = self._kept.get(path)
        if kept is None or kept.stamps != _stamps(kept.pack):
            pack = read(path)
            kept = self._kept[path] = _Kept(pack, _stamps(pack))
        return kept.pack


def main_file(path: Path) -> Path | None:
    """Find the TOML file of a pack that is named by its folder or file; `None`: there is none."""
    if path.is_dir():
        path = path / MAIN
    return path if path.is_file() else None


def folder() -> Path:
    """Name the user's folder of packs."""
    return data_folder() / "packs"


def shelf(own: str = "", default: Sequence[str] = (), *, paths: bool = False) -> Shelf:
    """Make the shelf of a folder of packs (empty: the user's own) and of those that come with the project."""
    return Shelf((Path(own) if own else folder(), embedded.packs()), tuple(default), paths)


def preferring(config: Config, packs: Packs) -> Config:
    """Let packs choose the models that the configuration leaves open."""
    recognition, translation = config.recognition, config.translation
    if packs.recognizer and recognition.model == AUTO:
        recognition = replace(recognition, model=packs.recognizer)
    if packs.translators and translation.models == AUTO:
        translation = replace(translation, models=(*packs.translators, AUTO))
    return replace(config, recognition=recognition, translation=translation)


def _stamps(pack: Pack) -> tuple[object, ...]:
    return tuple(_stamp(path) for path in pack.files)


def _stamp(path: Path) -> object:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _first_wins(by_pack: Sequence[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    joined: dict[str, dict[str, str]] = {}
    for by_language in by_pack:
        for language, pairs in by_language.items():
            joined[language] = {**pairs, **joined.get(language, {})}
    return joined

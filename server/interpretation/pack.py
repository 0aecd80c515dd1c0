"""One domain pack on disk: what it may hold, and everything that is wrong with it, line by line.

name = "software"
languages = ["en", "zh"]
do_not_translate = ["PyTorch"]
glossary = ["glossary.csv"]              # a column for each language; forms are divided by |
[[terms]]                                # or written here
en = "server|servers"
zh = "服务器"
[hot_words]
en = ["Kubernetes"]
[replacements.en]
"pie torch" = "PyTorch"
[prompt]
en = "A talk about software."
[models]
recognition = "small"
translation = ["opus-mt-en-zh"]
"""

import re
import reprlib
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mt.glossary import Entry
from mt.languages import known, normalized
from server.interpretation.glossaries import IGNORED_COLUMNS, GlossaryReader, Problems, text_of, visible
from streaming.errors import PackError

MAIN = "pack.toml"
"""The file of a pack that is a folder."""
MOST_PROBLEMS = 50
"""Problems that are told, at most; the others are counted."""

_KEYS = (
    *("name", "title", "languages", "do_not_translate", "glossary", "terms"),
    *("hot_words", "replacements", "prompt", "models"),
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """The words of a trade."""

    name: str
    path: Path
    """Its TOML file."""
    title: str = ""
    """For people."""
    languages: tuple[str, ...] = ()
    """Languages that it is about."""
    entries: tuple[Entry, ...] = ()
    """Its glossary."""
    verbatim: tuple[str, ...] = ()
    """Names that are not translated."""
    hot_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language → words that recognition should expect."""
    replacements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language → what is misheard → what it is."""
    prompt: Mapping[str, str] = field(default_factory=dict)
    """Language → text that recognition is told stood before."""
    recognizer: str | None = None
    """The recognizer that suits it."""
    translators: tuple[str, ...] = ()
    """The translators that suit it, best first."""
    files: tuple[Path, ...] = ()
    """All files that it was read from."""


def read(path: Path) -> Pack:
    """Read a pack from its TOML file.

    Raises:
        PackError: it is not as it should be; the message lists every problem with its line.
    """
    problems = Problems()
    pack = _Reader(path, problems).pack()
    if problems.found:
        raise PackError(_listed(problems.found))
    return pack


def _listed(problems: Sequence[str]) -> str:
    more = len(problems) - MOST_PROBLEMS
    told = [*problems[:MOST_PROBLEMS], *([f"and {more} more problems"] if more > 0 else [])]
    return "\n".join(told)


class _Reader:
    """Reads one pack and notes what is wrong instead of stopping at it."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self._problems = problems
        self._path = path
        self._files = [path]
        self._lines: list[str] = []

    def pack(self) -> Pack:
        content = self._content()
        name = self._path.parent.name if self._path.name == MAIN else self._path.stem
        for key in content:
            if key not in _KEYS:
                self._say(key, "", f"unknown key {key!r}; a pack has {', '.join(_KEYS)}")
        name = self._string(content, "name") or name
        if not _NAME.fullmatch(name):
            self._say("name", name, f"name: lower-case letters, digits, - and _ were expected, got {name!r}")
        languages = tuple(self._language("languages", code) for code in self._strings(content, "languages"))
        models = self._table(content, "models", ("recognition", "translation"))
        reader = GlossaryReader(languages, self._problems)
        entries = (*self._terms(content, reader), *self._glossaries(content, reader))
        spoken = dict.fromkeys(language for entry in entries for language in entry.forms)
        return Pack(
            name=name,
            path=self._path,
            title=self._string(content, "title") or name,
            languages=languages or tuple(spoken),
            entries=entries,
            verbatim=tuple(
                self._clean(w, "do_not_translate") for w in self._strings(content, "do_not_translate")
            ),
            hot_words=dict(self._hot_words(content)),
            replacements=dict(self._replacements(content)),
            prompt=dict(self._prompts(content)),
            recognizer=self._string(models, "recognition", "models."),
            translators=self._strings(models, "translation", "models."),
            files=tuple(self._files),
        )

    def _content(self) -> dict[str, Any]:
        text = text_of(self._path, self._problems) or ""
        self._lines = text.splitlines()
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self._problems.note(
                self._path, int(line[1]) if line else len(self._lines), f"this is not TOML: {error}"
            )
            return {}

    # Terms.

    def _terms(self, content: Mapping[str, Any], reader: GlossaryReader) -> Iterator[Entry]:
        terms = content.get("terms", [])
        if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
            self._say("terms", "", "terms: tables [[terms]] were expected")
            return
        places = [i for i, line in enumerate(self._lines, 1) if re.match(r"\s*\[\[\s*terms\s*\]\]", line)]
        for i, term in enumerate(terms):
            line = places[i] if i < len(places) else self._line("terms", "")
            cells = {}
            for code, written in term.items():
                if code in IGNORED_COLUMNS:
                    continue
                if not isinstance(written, str):
                    self._problems.note(
                        self._path, line, f"{code}: a string was expected, got {reprlib.repr(written)}"
                    )
                elif not known(code):
                    self._problems.note(self._path, line, f"a language code was expected, got {code!r}")
                else:
                    cells[normalized(code)] = written
            if entry := reader.entry(cells, self._path, line):
                yield entry

    def _glossaries(self, content: Mapping[str, Any], reader: GlossaryReader) -> Iterator[Entry]:
        written = content.get("glossary", [])
        names = [written] if isinstance(written, str) else self._strings(content, "glossary")
        for name in names:
            path = self._path.parent / name
            if Path(name).name != name:
                self._say("glossary", name, f"glossary: a file beside the pack was expected, got {name!r}")
                continue
            self._files.append(path)
            yield from reader.entries(path)

    # The other tables.

    def _hot_words(self, content: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
        table = self._table(content, "hot_words")
        for code in table:
            words = self._strings(table, code, "hot_words.")
            yield self._language("hot_words", code), tuple(self._clean(word, "hot_words") for word in words)

    def _replacements(self, content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
        by_language = self._table(content, "replacements")
        for code in by_language:
            pairs = self._table(by_language, code, where="replacements.")
            found = {}
            for heard in pairs:
                meant = self._string(pairs, heard, f"replacements.{code}.")
                if meant is not None and heard.strip():
                    found[self._clean(heard, heard)] = self._clean(meant, heard)
            yield self._language("replacements", code), found

    def _prompts(self, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        table = self._table(content, "prompt")
        for code in table:
            if prompt := self._string(table, code, "prompt."):
                yield self._language("prompt", code), self._clean(prompt, code)

    def _clean(self, written: str, key: str) -> str:
        line = self._line(key, written)
        return unicodedata.normalize("NFC", visible(written, self._path, line, self._problems)).strip()

    def _language(self, key: str, code: str) -> str:
        if not known(code):
            self._say(key, code, f"{key}: a language code was expected, got {code!r}")
        return normalized(code)

    def _string(self, table: Mapping[str, Any], key: str, where: str = "") -> str | None:
        value = table.get(key)
        if value is None or isinstance(value, str):
            return value
        self._say(key, "", f"{where}{key}: a string was expected, got {reprlib.repr(value)}")
        return None

    def _strings(self, table: Mapping[str, Any], key: str, where: str = "") -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list):
            self._say(key, "", f"{where}{key}: a list of strings was expected, got {reprlib.repr(value)}")
            return ()
        for item in value:
            if not isinstance(item, str) or not item.strip():
                self._say(key, str(item), f"{where}{key}: a word was expected, got {reprlib.repr(item)}")
        return tuple(item for item in value if isinstance(item, str) and item.strip())

    def _table(
        self, table: Mapping[str, Any], key: str, allowed: Sequence[str] = (), where: str = ""
    ) -> Mapping[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self._say(key, "", f"{where}{key}: a table was expected, got {reprlib.repr(value)}")
            return {}
        for name in value:
            if allowed and name not in allowed:
                self._say(name, "", f"{where}{key}: unknown key {name!r}; allowed: {', '.join(allowed)}")
        return value

    def _say(self, key: str, value: str, problem: str) -> None:
        self._problems.note(self._path, self._line(key, value), problem)

    def _line(self, key: str, value: str) -> int:
        """Find the line of a key, or the first one from there on that holds the value."""
        named = re.compile(rf"""\s*(?:\[+[^\]]*\b{re.escape(key)}\b|["']?{re.escape(key)}["']?\s*[=.])""")
        first = next((i for i, line in enumerate(self._lines) if named.match(line)), 0)
        held = (i for i, line in enumerate(self._lines[first:], first) if value and value in line)
        return next(held, first) + 1

"""The glossary of a domain pack on disk: CSV or TSV, a column for each language, a term in each row.

What is wrong is noted with its line, and reading goes on: whoever writes a glossary is told everything at
once.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mt.glossary import FORMS, Entry, split_forms
from mt.languages import known, normalized
from streaming.matching import all_capitals, folded

LONGEST = 200
"""Characters of a term, at most."""
LARGEST = 64 << 20
"""Bytes of a file, at most."""
IGNORED_COLUMNS = frozenset({"note", "notes", "comment", "comments"})
"""Columns for people."""

_JOINERS = "\u200c\u200d"
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u3000": " "})


@dataclass(slots=True)
class Problems:
    """What is wrong with the files of a pack."""

    found: list[str] = field(default_factory=list)

    def note(self, path: Path, line: int, problem: str) -> None:
        """Write down a problem with its place."""
        self.found.append(f"{path}:{line}: {problem}")


def text_of(path: Path, problems: Problems) -> str | None:
    """Read a file as UTF-8; what cannot be read is noted, and is `None`."""
    try:
        if path.stat().st_size > LARGEST:
            problems.note(path, 1, f"at most {LARGEST >> 20} MB were expected")
            return None
        data = path.read_bytes()
    except OSError as error:
        problems.note(path, 1, f"it cannot be read ({error.strerror})")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.note(path, line, f"UTF-8 was expected, got the byte 0x{data[error.start]:02x}")
        return None


def visible(written: str, path: Path, line: int, problems: Problems) -> str:
    """See that nothing in a text is invisible: such a term would never be found."""
    if written.isprintable():
        return written
    written = written.translate(_SPACES)
    for character in written:
        if not character.isprintable() and character not in _JOINERS and character != " ":
            name = unicodedata.name(character, "a control character")
            problems.note(
                path, line, f"visible characters were expected, got U+{ord(character):04X} ({name})"
            )
            break
    return written


class GlossaryReader:
    """Reads the terms of one pack, wherever they are written."""

    def __init__(self, languages: Sequence[str], problems: Problems) -> None:
        """`languages` are those of the pack, if it names them: in the first one a term stands once."""
        self._languages = languages
        self._problems = problems
        self._first: dict[str, Entry] = {}
        """Form in the first language → the first entry that has it."""

    def entries(self, path: Path) -> Iterator[Entry]:
        """Read the terms of a CSV or TSV file."""
        text = text_of(path, self._problems)
        if text is None:
            return
        rows = csv.reader(io.StringIO(text, newline=""), "excel-tab" if path.suffix == ".tsv" else "excel")
        try:
            header = next(rows, None)
            if header is None:
                self._problems.note(path, 1, "a first row of language codes was expected, the file is empty")
                return
            columns = self._columns(path, header)
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    got = f"{len(header)} columns were expected ({', '.join(header)}), got {len(row)}"
                    self._problems.note(path, rows.line_num, got)
                    continue
                cells = {code: row[i] for i, code in columns}
                if entry := self.entry(cells, path, rows.line_num):
                    yield entry
        except csv.Error as error:
            self._problems.note(path, rows.line_num, f"this is not CSV: {error}")

    def _columns(self, path: Path, header: Sequence[str]) -> list[tuple[int, str]]:
        columns: dict[str, int] = {}
        for i, written in enumerate(header):
            name = written.strip().lower()
            if name in IGNORED_COLUMNS:
                continue
            if not known(name):
                self._problems.note(
                    path, 1, f"a language code or 'note' was expected as column, got {written!r}"
                )
            elif normalized(name) in columns:
                self._problems.note(path, 1, f"the column {normalized(name)} was there already")
            else:
                columns[normalized(name)] = i
        if len(columns) < 2:
            self._problems.note(
                path, 1, f"columns of two languages were expected, got {', '.join(columns) or 'none'}"
            )
        return [(i, code) for code, i in columns.items()]

    def entry(self, cells: Mapping[str, str], path: Path, line: int) -> Entry | None:
        forms: dict[str, tuple[str, ...]] = {}
        for code, written in cells.items():
            if not written.isprintable():
                written = visible(written, path, line, self._problems)
            found = split_forms(written)
            if found:
                forms[code] = found
                if len(written) > LONGEST and max(map(len, found)) > LONGEST:
                    self._problems.note(path, line, f"{code}: at most {LONGEST} characters were expected")
        if not forms:
            return None
        if len(forms) < 2:
            code = next(iter(forms))
            self._problems.note(
                path, line, f"a term in two languages was expected, got {code} alone: {forms[code][0]!r}"
            )
            return None
        entry = Entry(forms, f"{path}:{line}")
        self._check_twice(entry)
        return entry

    def _check_twice(self, entry: Entry) -> None:
        """See that a term is not called two things; in the other directions the first one is meant."""
        first = self._languages[0] if self._languages else next(iter(entry.forms))
        for form in entry.forms.get(first, ()):
            known = self._first.setdefault(form if all_capitals(form) else folded(form), entry)
            if known is entry:
                continue
            for language, targets in entry.forms.items():
                if language != first and known.forms.get(language, targets) != targets:
                    path, _, line = entry.place.rpartition(":")
                    self._problems.note(
                        Path(path),
                        int(line),
                        f"{form!r} is {FORMS.join(targets)!r} in {language} here, "
                        f"and {FORMS.join(known.forms[language])!r} at {known.place}",
                    )

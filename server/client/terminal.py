"""Captions on a terminal as they grow, or as lines where the output is a file or a pipe."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from streaming.captions import Caption

_DIM, _PLAIN, _ERASE_BELOW = "\x1b[2m", "\x1b[0m", "\x1b[J"


class View(Protocol):
    """Shows captions to a person."""

    def show(self, caption: Caption, moment: float) -> None:
        """Show the new state of a caption, `moment` seconds after the first audio was sent."""

    def close(self) -> None:
        """Leave everything that was shown in place."""


@dataclass(slots=True)
class LineView:
    """A line whenever committed text has grown: for files and pipes."""

    out: TextIO
    _shown: dict[tuple[int, str], str] = field(default_factory=dict)

    def show(self, caption: Caption, moment: float) -> None:
        key = (caption.utterance, caption.language)
        if caption.committed == self._shown.get(key, ""):
            return
        self._shown[key] = caption.committed
        print(
            f"{moment:7.1f} s  {_row_head(caption)}{_visible(caption.committed)}", file=self.out, flush=True
        )

    def close(self) -> None:
        pass


@dataclass(slots=True)
class GrowingView:
    """Utterances that grow in place, tentative text dim; finished ones scroll away above."""

    out: TextIO
    languages: int
    """In how many languages each utterance is shown."""
    columns: Callable[[], int]
    """Tells how wide the terminal is now."""
    _open: dict[tuple[int, str], Caption] = field(default_factory=dict)
    _newest: int = 0
    _rows: int = 0

    def show(self, caption: Caption, moment: float) -> None:
        self._open[caption.utterance, caption.language] = caption
        self._newest = max(self._newest, caption.utterance)
        finished = "".join(map(_full, self._take_finished()))
        rows = [_row(caption, max(10, self.columns() - 1)) for caption in self._open.values()]
        self.out.write(self._erase() + finished + "".join(rows))
        self.out.flush()
        self._rows = len(rows)

    def close(self) -> None:
        self.out.write(self._erase() + "".join(map(_full, self._open.values())))
        self.out.flush()
        self._open.clear()
        self._rows = 0

    def _erase(self) -> str:
        return f"\x1b[{self._rows}A\r{_ERASE_BELOW}" if self._rows else ""

    def _take_finished(self) -> list[Caption]:
        """Take out the leading utterances that are final in every language.

        What was spoken in a target language is not translated into it: two utterances later, no more is
        waited for.
        """
        finished: list[Caption] = []
        while self._open:
            first = min(number for number, _ in self._open)
            captions = [caption for (number, _), caption in self._open.items() if number == first]
            waiting = len(captions) < self.languages and first > self._newest - 2
            if waiting or not all(caption.final for caption in captions):
                break
            for caption in captions:
                del self._open[first, caption.language]
            finished += captions
        return finished


def _full(caption: Caption) -> str:
    return f"{_row_head(caption)}{_visible(caption.text)}\n" if caption.text else ""


def _row(caption: Caption, width: int) -> str:
    """Write the end of a caption in one row: what is newest must be seen."""
    head = _row_head(caption)
    committed, tentative = _visible(caption.committed), _visible(caption.tentative)
    shown = _tail(committed + tentative, width - len(head))
    dim = min(len(tentative), len(shown))
    plain = shown[: len(shown) - dim]
    return f"{head}{plain}{_DIM}{shown[len(shown) - dim :]}{_PLAIN}\n"


def _row_head(caption: Caption) -> str:
    return f"{_visible(caption.language)}  "


def _tail(text: str, width: int) -> str:
    start, taken = len(text), 0
    while start and taken + _cells(text[start - 1]) <= width:
        start -= 1
        taken += _cells(text[start])
    return text[start:]


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(text: str) -> str:
    """Leave out what a terminal would obey instead of showing."""
    return "".join(character for character in text if character.isprintable())

"""What recognition has shown of an utterance: an update is written only when something changes."""

from collections.abc import Sequence

from asr.script import Script
from streaming.captions import Update
from streaming.stages import Notice
from streaming.words import Word


class Shown:
    """Numbers utterances; one in which nothing was ever shown uses up no number."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._number = 0
        self._begun = False
        self._committed = ""
        self._tentative: tuple[str, ...] = ()
        self._notices: set[str] = set()

    def notice(self, code: str, message: str) -> list[Notice]:
        """Tell people why text was withheld, once an utterance for each kind."""
        if code in self._notices:
            return []
        self._notices.add(code)
        return [Notice(code, message)]

    def update(
        self, language: str, committed: Sequence[Word], tentative: Sequence[Word], final: bool
    ) -> list[Update]:
        """Make the update that shows this, if it changes anything."""
        words = self._script.write([*committed, *tentative], language, self._committed)
        new, rest = words[: len(committed)], words[len(committed) :]
        texts = tuple(word.text for word in rest)
        changed = committed or texts != self._tentative or (final and self._begun)
        number = self._number
        self._begun, self._tentative = self._begun or bool(changed), texts
        self._committed += "".join(word.text for word in committed)
        if final:
            self._close()
        return [Update(number, language, new, rest, final)] if changed else []

    def _close(self) -> None:
        self._number += self._begun
        self._begun = False
        self._committed = ""
        self._notices.clear()

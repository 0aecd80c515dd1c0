"""What recognition has shown of an utterance: an update is written only when something changes."""

from collections.abc import Sequence
from dataclasses import replace

from asr.script import Script
from streaming.captions import Update
from streaming.marks import ends_sentence, has_end
from streaming.stages import Notice
from streaming.words import Word, capitalized


class Shown:
    """Numbers utterances; one in which nothing was ever shown uses up no number."""

    def __init__(self, script: Script, *, by_sentence: bool = False) -> None:
        """`by_sentence`: the recognizer hears sentences alone."""
        self._script = script
        self._by_sentence = by_sentence
        self._last = ""
        """The last word that was committed, in this utterance or an earlier one."""
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

    def misses(self, keep: int) -> bool:
        """Tell whether anybody misses the words behind the first `keep` of an utterance's last hypothesis:
        they were shown, or are all that there was."""
        return len(self._tentative) > keep or not (keep or self._committed)

    def update(
        self, language: str, committed: Sequence[Word], tentative: Sequence[Word], final: bool
    ) -> list[Update]:
        """Make the update that shows this, if it changes anything."""
        words = self._script.write([*committed, *tentative], language, self._committed)
        if self._by_sentence and words and self._may_begin(words[0], language):
            words = begun(words, self._last)
        new, rest = words[: len(committed)], words[len(committed) :]
        texts = tuple(word.text for word in rest)
        changed = committed or texts != self._tentative or (final and self._begun)
        number = self._number
        self._begun, self._tentative = self._begun or bool(changed), texts
        self._committed += "".join(word.text for word in committed)
        if new:
            self._last = new[-1].text
        if final:
            self._close()
        return [Update(number, language, new, rest, final)] if changed else []

    def _may_begin(self, word: Word, language: str) -> bool:
        """Tell whether a sentence may begin with a word: a window does where a sentence was cut off."""
        return not self._committed or ends_sentence(self._last, word.text, language)

    def _close(self) -> None:
        self._number += self._begun
        self._begun = False
        self._committed = ""
        self._notices.clear()


def begun(words: tuple[Word, ...], before: str) -> tuple[Word, ...]:
    """Begin words with a capital behind a sentence's end: a recognizer that hears sentences alone cannot know
    whether its window begins with one."""
    if not words or (before and not has_end(before)):
        return words
    return replace(words[0], text=capitalized(words[0].text)), *words[1:]

"""Terminology: the stage around translation that gives it terms and numbers only whole.

"neural" is not translated while it may become "neural network", nor "twenty" before it is known not to be
"twenty thousand": the words that may still grow are held back until the next word decides, and are no more
than tentative until then. So a translation never commits what the rest of a term or a number would undo.
"""

from dataclasses import replace
from typing import Protocol

from mt import numbers
from mt.languages import normalized
from mt.translation import TranslationStage
from streaming.captions import Update
from streaming.pace import Pace
from streaming.stages import Action, Ask, Term, Translation, TranslationRequest
from streaming.words import Word

MOST_HELD = 32
"""Words (of Chinese often characters) that are held back, at most: a telephone number has no end."""


class Terms(Protocol):
    """Terms that are asked for, as a glossary has them."""

    def terms(self, text: str, source: str, target: str) -> tuple[Term, ...]:
        """Name those of a text, in order."""

    def growing(self, text: str, source: str, target: str) -> int:
        """Tell where the tail of a text begins that more text may still make a (longer) term."""


class TerminologyStage:
    """Translates as the stage inside it does, in the terms of a glossary."""

    def __init__(self, stage: TranslationStage, target: str, glossary: Terms) -> None:
        self._stage = stage
        self._target = target
        self._glossary = glossary
        self._held: tuple[Word, ...] = ()
        self._last = Update(0, "")
        """What came last."""

    @property
    def pace(self) -> Pace:
        """What is left out because the translator is behind."""
        return self._stage.pace

    @property
    def skipped(self) -> int:
        """Decision points left out so far because the translator was behind."""
        return self._stage.skipped

    def receive(self, item: Update) -> None:
        """Pass on the words that no later word can make part of something else."""
        self._last = item
        words = self._held + item.committed
        count = len(words) if item.final else self._settled(words, item.language)
        self._held = words[count:]
        tentative = () if item.final else self._held + item.tentative
        self._stage.receive(replace(item, committed=words[:count], tentative=tentative))

    def receive_result(self, result: Translation, cost: float) -> None:
        """Take the answer to the last request."""
        self._stage.receive_result(result, cost)

    def finish(self) -> None:
        """No more updates will come; an utterance that is open ends with what was held back."""
        if self._held:
            self.receive(Update(self._last.utterance, self._last.language, final=True))
        self._stage.finish()

    def next_action(self) -> Action[TranslationRequest, Update]:
        """Say what the stage inside says; its requests are told which terms stand in them."""
        action = self._stage.next_action()
        if not isinstance(action, Ask):
            return action
        request = action.request
        terms = self._glossary.terms(request.source, request.source_language, request.target_language)
        return Ask(replace(request, terms=terms)) if terms else action

    def _settled(self, words: tuple[Word, ...], language: str) -> int:
        """Count the leading words that cannot become part of a term or number with the words to come."""
        text = "".join(word.text for word in words)
        start = min(
            self._glossary.growing(text, language, self._target),
            numbers.growing(text, normalized(language)),
        )
        length = 0
        for count, word in enumerate(words):
            length += len(word.text)
            if length > start:
                return count if len(words) - count <= MOST_HELD else len(words)
        return len(words)

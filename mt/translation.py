"""Translation inside the sentence: committed source words in, committed and tentative target units out.

The open sentence grows word by word and is translated anew each time, with the committed target forced
as a prefix, so nothing is ever taken back. A policy bounds how much of the answer is committed while the
sentence is open; the rest is shown as tentative. At the sentence's end all is committed.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from mt.glossary import uncut
from mt.sentences import sentence_end, without_end
from mt.wait_k import ReadWritePolicy, policy_for
from streaming.captions import Update
from streaming.errors import EngineError
from streaming.pace import Pace
from streaming.stages import DONE, READ, Action, Ask, Translation, TranslationRequest, Write
from streaming.words import UNSPACED, Word, text_of, units

STEP = 0.4
"""Seconds of source by which asking is thinned out while the translator is behind."""


@dataclass(slots=True)
class _Utterance:
    """What is known of the utterance that is being translated."""

    number: int
    language: str = ""
    words: list[Word] = field(default_factory=list)
    """Committed source words of the open sentence and after it."""
    written: str = ""
    """Committed translation of the open sentence."""
    tentative: str = ""
    """What is shown after it."""
    shown: bool = False
    """Something was written for this utterance."""
    grown: bool = False
    """Words came that no request has held yet."""
    final: bool = False
    """No more words will come."""


class TranslationStage:
    """Translates the utterances of one speaker into one language."""

    def __init__(self, target: str, policy_for: Callable[[str, str], ReadWritePolicy] = policy_for) -> None:
        """`policy_for` names the policy for a source and a target language."""
        self._target = target
        self._policy_for = policy_for
        self._pace = Pace(STEP)
        self._next = 0.0
        self._utterance: _Utterance | None = None
        self._asked: tuple[TranslationRequest, int] | None = None
        self._out: deque[Update] = deque()
        self._finished = False

    @property
    def skipped(self) -> int:
        """Decision points left out so far because the translator was behind."""
        return self._pace.skipped

    def receive(self, item: Update) -> None:
        """Add committed source words; tentative ones are not translated."""
        utterance = self._utterance
        if utterance is None:
            utterance = self._utterance = _Utterance(item.utterance)
        utterance.final = item.final
        if item.committed and item.language != self._target:
            utterance.language = item.language
            utterance.words.extend(item.committed)
            utterance.grown = True

    def receive_result(self, result: Translation, cost: float) -> None:
        """Take the answer to the last request."""
        assert self._utterance and self._asked, "an answer without a request"
        self._pace.spent(cost)
        request, count = self._asked
        self._asked = None
        if not result.text.startswith(request.target_prefix):
            raise EngineError(
                f"translator: an answer that begins with {request.target_prefix!r} was expected for "
                f"{request.source!r} ({request.source_language}→{request.target_language}), "
                f"{result.text!r} came"
            )
        self._write(self._utterance, request, count, result)

    def finish(self) -> None:
        """No more updates will come."""
        self._finished = True
        if self._utterance:
            self._utterance.final = True

    def next_action(self) -> Action[TranslationRequest, Update]:
        """Write what is due, ask for the sentence that grew or ended, else read."""
        if self._out:
            return Write(self._out.popleft())
        if self._utterance:
            request = self._request(self._utterance)
            if request:
                return Ask(request)
            if self._utterance.final:
                return self._close(self._utterance)
        return DONE if self._finished else READ

    def _request(self, utterance: _Utterance) -> TranslationRequest | None:
        words = utterance.words
        if not words:
            return None
        end = sentence_end(words, utterance.language)
        complete = end is not None or utterance.final
        if not complete and not (utterance.grown and self._due(words[-1].end)):
            utterance.grown = False
            return None
        count = end or len(words)
        utterance.grown = count < len(words)
        request = TranslationRequest(
            text_of(words[:count]), utterance.written, utterance.language, self._target, complete
        )
        self._asked = (request, count)
        return request

    def _due(self, time: float) -> bool:
        """Whether to ask about an open sentence: at each new word, or less often while behind."""
        if time < self._next:
            return False
        self._next = time + (self._pace.advance() - STEP)
        return True

    def _write(
        self, utterance: _Utterance, request: TranslationRequest, count: int, answer: Translation
    ) -> None:
        words = utterance.words[:count]
        committed, tentative = self._divide(request, answer, words)
        last = utterance.final and request.complete and count == len(utterance.words)
        start, end = words[0].start, max(word.end for word in words)
        update = Update(
            utterance.number,
            self._target,
            self._units(utterance.written, committed, start, end),
            self._units(committed, committed + tentative, start, end),
            last,
        )
        if update.committed or tentative != utterance.tentative or (last and utterance.shown):
            self._out.append(update)
            utterance.shown = True
        utterance.written, utterance.tentative = committed, tentative
        if request.complete:
            del utterance.words[:count]
            utterance.written = ""
        if last:
            self._utterance = None

    def _divide(self, request: TranslationRequest, answer: Translation, words: list[Word]) -> tuple[str, str]:
        """Split an answer into what is committed and what is tentative."""
        text = answer.text.rstrip() if request.target_prefix else answer.text.strip()
        if request.complete:
            return max(text, request.target_prefix, key=len), ""
        text = max(without_end(text), request.target_prefix, key=len)
        policy = self._policy_for(request.source_language, self._target)
        read = sum(len(units(word.text, request.source_language)) for word in words)
        allowed = policy.allowed(read, finished=False)
        committed = "".join(units(text, self._target)[:allowed])
        committed = text[: uncut(text, len(committed), answer.whole)]
        committed = max(committed, request.target_prefix, key=len)
        return committed, text[len(committed) :]

    def _units(self, before: str, after: str, start: float, end: float) -> tuple[Word, ...]:
        """Write what `after` adds to `before` as words; the sentence's first one gets its space."""
        added = units(after[len(before) :], self._target)
        if added and not before and self._target not in UNSPACED:
            added[0] = " " + added[0].lstrip()
        return tuple(Word(text, start, end) for text in added)

    def _close(self, utterance: _Utterance) -> Action[TranslationRequest, Update]:
        self._utterance = None
        if utterance.shown:
            return Write(Update(utterance.number, self._target, final=True))
        return DONE if self._finished else READ

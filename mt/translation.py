"""Translation inside the sentence: source words in, committed and tentative target units out.

The open sentence grows word by word and is translated anew each time, with the committed target forced
as a prefix, so nothing is ever taken back. A policy bounds how much of the answer is committed while the
sentence is open; the rest is shown as tentative. At the sentence's end all is committed.

Words that recognition itself still holds tentative may be looked at: they are translated in a request
of their own, whose answer is only ever shown as tentative, and in which the text that is shown already
is favoured, so that it does not flicker.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mt.attention import attended
from mt.glossary import uncut
from mt.policy import Evidence, Units
from mt.presets import PRESETS, PolicyFor
from mt.sentences import is_punctuated, sentence_end
from mt.spans import Spans, numbers, whole
from streaming.captions import Update
from streaming.errors import EngineError
from streaming.marks import without_end
from streaming.pace import Pace
from streaming.stages import DONE, READ, Action, Ask, Translation, TranslationRequest, Write
from streaming.words import UNSPACED, Word, mean_probability, text_of, units

STEP = 0.4
"""Seconds of source by which asking is thinned out while the translator is behind."""
BIAS = 0.2
"""How much text that is shown already is favoured where it is only tentative."""


@dataclass(slots=True)
class _Utterance:
    """What is known of the utterance that is being translated."""

    number: int
    language: str = ""
    words: list[Word] = field(default_factory=list)
    """Committed source words of the open sentence and after it."""
    ahead: tuple[Word, ...] = ()
    """Tentative source words after them."""
    written: str = ""
    """Committed translation of the open sentence."""
    tentative: str = ""
    """What is shown after it."""
    drafts: list[Units] = field(default_factory=list)
    """Answers to the open sentence when it was shorter, the newest first."""
    shown: bool = False
    """Something was written for this utterance."""
    grown: bool = False
    """Committed words came that no request has held yet."""
    stirred: bool = False
    """Tentative words came that no request has held yet."""
    final: bool = False
    """No more words will come."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that waits for its answer."""

    request: TranslationRequest
    count: int
    """Committed source words that it holds."""
    ahead: int = 0
    """Tentative source words that it holds: its answer is shown, never committed."""


class TranslationStage:
    """Translates the utterances of one speaker into one language."""

    def __init__(
        self,
        target: str,
        policy_for: PolicyFor = PRESETS["balanced"].policy,
        *,
        look_ahead: bool = False,
        unbreakable: Spans = numbers,
    ) -> None:
        """`policy_for` names the policy for a source and a target language; `look_ahead`: translate
        tentative source words too; `unbreakable` finds what is committed whole or not at all."""
        self._target = target
        self._policy_for = policy_for
        self._look_ahead = look_ahead
        self._unbreakable = unbreakable
        self.pace = Pace(STEP)
        """What is left out because the translator is behind."""
        self._next = 0.0
        self._behind = False
        self._punctuated = False
        self._said: tuple[str, str, str] | None = None
        self._utterance: _Utterance | None = None
        self._asked: _Asked | None = None
        self._out: deque[Update] = deque()
        self._finished = False

    @property
    def skipped(self) -> int:
        """Decision points left out so far because the translator was behind."""
        return self.pace.skipped

    def receive(self, item: Update) -> None:
        """Add committed source words, and take note of the tentative ones."""
        utterance = self._utterance
        if utterance is None:
            utterance = self._utterance = _Utterance(item.utterance)
        utterance.final = item.final
        foreign = item.language != self._target
        if foreign and item.committed:
            utterance.language = item.language
            utterance.words.extend(item.committed)
            utterance.grown = True
        if foreign and not utterance.words:
            utterance.language = item.language
        utterance.ahead = item.tentative if item.language == utterance.language else ()
        utterance.stirred = bool(utterance.ahead)

    def receive_result(self, result: Translation, cost: float) -> None:
        """Take the answer to the last request."""
        assert self._utterance and self._asked, "an answer without a request"
        self.pace.spent(cost)
        asked, self._asked = self._asked, None
        if not result.text.startswith(asked.request.target_prefix):
            raise EngineError(
                f"translator: an answer of {len(result.text)} characters does not begin with the "
                f"{len(asked.request.target_prefix)} given ({asked.request.source_language}→{self._target})"
            )
        if asked.ahead:
            self._show(self._utterance, asked, result.text)
        else:
            self._write(self._utterance, asked, result)

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
            self._asked = self._next_request(self._utterance)
            if self._asked:
                return Ask(self._asked.request)
            if self._utterance.final:
                return self._close(self._utterance)
        return DONE if self._finished else READ

    def _next_request(self, utterance: _Utterance) -> _Asked | None:
        words = utterance.words
        end = sentence_end(words, utterance.language, self._punctuated) if words else None
        complete = end is not None or (bool(words) and utterance.final)
        if complete or (words and utterance.grown and self._due(words[-1].end)):
            count = end or len(words)
            utterance.grown = count < len(words)
            return _Asked(self._request(utterance, words[:count], complete), count)
        utterance.grown = False
        return self._glance(utterance)

    def _request(self, utterance: _Utterance, words: Sequence[Word], complete: bool) -> TranslationRequest:
        language = utterance.language
        needs = self._policy_for(language, self._target).needs
        return TranslationRequest(
            text_of(words),
            utterance.written,
            language,
            self._target,
            complete,
            draft=utterance.written + utterance.tentative,
            candidates=1 if complete else needs.candidates,
            attention=not complete and needs.attention,
            context=self._context(language),
            confidence=mean_probability(words),
        )

    def _context(self, language: str) -> tuple[str, str] | None:
        """The sentence before and its translation, if the speaker goes on in the same language."""
        return self._said[1:] if self._said and self._said[0] == language else None

    def _glance(self, utterance: _Utterance) -> _Asked | None:
        """Ask about tentative words as well; they may wait for ever while the translator is behind."""
        if not self._look_ahead or not utterance.stirred or utterance.final or self._behind:
            return None
        utterance.stirred = False
        words = [*utterance.words, *utterance.ahead]
        words = words[: sentence_end(words, utterance.language, self._punctuated)]
        ahead = len(words) - len(utterance.words)
        if ahead <= 0:
            return None
        request = TranslationRequest(
            text_of(words),
            utterance.written,
            utterance.language,
            self._target,
            draft=utterance.written + utterance.tentative,
            bias=BIAS,
            context=self._context(utterance.language),
            tentative=True,
            confidence=mean_probability(words),
        )
        return _Asked(request, len(utterance.words), ahead)

    def _due(self, time: float) -> bool:
        """Whether to ask about an open sentence: at each new word, or less often while behind."""
        if time < self._next:
            return False
        delay = self.pace.advance() - STEP
        self._behind = delay > 0
        self._next = time + delay
        return True

    def _show(self, utterance: _Utterance, asked: _Asked, text: str) -> None:
        """Show an answer that rests on tentative words."""
        words = [*utterance.words, *utterance.ahead][: asked.count + asked.ahead]
        written = utterance.written
        tentative = _opened(text, written)[len(written) :]
        if tentative != utterance.tentative:
            self._out.append(self._update(utterance, written, tentative, words))

    def _write(self, utterance: _Utterance, asked: _Asked, result: Translation) -> None:
        """Commit what is safe of an answer that rests on committed words, and show the rest."""
        words, request = utterance.words[: asked.count], asked.request
        if request.complete:
            text = result.text.rstrip() if request.target_prefix else result.text.strip()
            committed, tentative = max(text, request.target_prefix, key=len), ""
        else:
            committed, text = self._divide(utterance, request, result)
            tentative = self._tail(utterance, committed, text)
        last = utterance.final and request.complete and asked.count == len(utterance.words)
        if committed != utterance.written or tentative != utterance.tentative or (last and utterance.shown):
            self._out.append(self._update(utterance, committed, tentative, words, last))
        if request.complete:
            self._said = (request.source_language, request.source, committed)
            self._punctuated = self._punctuated or is_punctuated(words)
            del utterance.words[: asked.count]
            utterance.written, utterance.drafts = "", []
        if last:
            self._utterance = None

    def _divide(
        self, utterance: _Utterance, request: TranslationRequest, result: Translation
    ) -> tuple[str, str]:
        """Tell what may be committed of an answer to an open sentence, and the whole answer."""
        policy = self._policy_for(request.source_language, self._target)
        text = _opened(result.text, request.target_prefix)
        draft = tuple(units(text, self._target))
        evidence = self._evidence(utterance, request, result, draft)
        allowed = policy.allowed(evidence)
        utterance.drafts = [draft, *utterance.drafts][: policy.needs.earlier]
        cut = len("".join(draft[:allowed]))
        if self._target in UNSPACED and result.ends:
            # We count characters, but the model writes words: within one of its pieces it cannot go on.
            cut = max((end for end in result.ends if end <= cut), default=0)
        cut = uncut(text, whole(text, cut, self._unbreakable(text, self._target)), result.whole)
        return max(text[:cut].rstrip(), request.target_prefix, key=len), text

    def _evidence(
        self, utterance: _Utterance, request: TranslationRequest, result: Translation, draft: Units
    ) -> Evidence:
        source = units(request.source, request.source_language)
        candidates = [_opened(text, request.target_prefix) for text in result.candidates]
        return Evidence(
            len(source),
            draft,
            tuple(utterance.drafts),
            tuple(tuple(units(text, self._target)) for text in candidates),
            None if result.attention is None else attended(draft, source, result.attention),
        )

    def _tail(self, utterance: _Utterance, committed: str, text: str) -> str:
        """Choose what is tentative after a commit: an answer that looked further ahead stays, if it may."""
        shown = utterance.written + utterance.tentative
        if utterance.stirred and self._look_ahead and not self._behind and shown.startswith(committed):
            return shown[len(committed) :]
        return text[len(committed) :]

    def _update(
        self,
        utterance: _Utterance,
        committed: str,
        tentative: str,
        words: Sequence[Word],
        last: bool = False,
    ) -> Update:
        """Write down a new state of the open sentence."""
        start, end = words[0].start, max(word.end for word in words)
        written, utterance.written, utterance.tentative = utterance.written, committed, tentative
        utterance.shown = True
        return Update(
            utterance.number,
            self._target,
            self._units(written, committed, start, end),
            self._units(committed, committed + tentative, start, end),
            last,
        )

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


def _opened(text: str, prefix: str) -> str:
    """Write the answer to an open sentence without the end that the translator invented."""
    text = text.rstrip() if prefix else text.strip()
    return max(without_end(text), prefix, key=len)

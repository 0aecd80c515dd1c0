"""Speech: committed target words in, spoken phrases out, one after the other.

Only committed text is spoken, because what was said cannot be taken back. A phrase is as short as it can
be and still sound like one: it ends where punctuation gives the voice a reason to pause.
"""

import re
from collections import deque
from dataclasses import dataclass, replace

from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Update
from streaming.marks import ends_clause, ends_sentence
from streaming.stages import DONE, READ, Action, Ask, SpeechRequest, Write
from streaming.words import UNSPACED, Word, text_of, units

SHORTEST = 3
"""Words of a phrase that does not end its utterance."""
SHORTEST_UNSPACED = 5
"""Characters of such a phrase, for languages without spaces."""

_SPEAKABLE = re.compile(r"\w")


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A phrase as it is heard."""

    utterance: int
    """Number of the utterance in its session, from 0."""
    language: str
    text: str
    audio: AudioChunk
    """Its offset is when to play it: after the phrase before, and never before its words were spoken."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    utterance: int
    text: str
    time: float
    """Seconds: when the last of its source words had been spoken."""


class SpeechStage:
    """Speaks one language of a speaker's translation."""

    def __init__(self, language: str, voice: str | None = None) -> None:
        """`voice` is one of the engine's; `None`: its own choice."""
        self._language = language
        self._voice = voice
        self._words: list[Word] = []
        self._phrases: deque[_Phrase] = deque()
        self._spoken: deque[Spoken] = deque()
        self._end = 0
        self._utterance = 0
        self._finished = False

    def receive(self, item: Update) -> None:
        """Add committed words; tentative ones are never spoken."""
        self._utterance = item.utterance
        for word in item.committed:
            self._words.append(word)
            if self._is_phrase():
                self._end_phrase()
        if item.final:
            self._end_phrase()

    def receive_result(self, result: AudioChunk, cost: float) -> None:
        """Place what was synthesized on the speech's own time line."""
        phrase = self._phrases.popleft()
        if not len(result.samples):
            return
        offset = max(self._end, round(phrase.time * SAMPLE_RATE))
        self._end = offset + len(result.samples)
        audio = replace(result, offset=offset)
        self._spoken.append(Spoken(phrase.utterance, self._language, phrase.text, audio))

    def finish(self) -> None:
        """No more words will come: speak what is left."""
        self._end_phrase()
        self._finished = True

    def next_action(self) -> Action[SpeechRequest, Spoken]:
        """Write what is spoken, ask for the next phrase, else read."""
        if self._spoken:
            return Write(self._spoken.popleft())
        if self._phrases:
            return Ask(SpeechRequest(self._phrases[0].text, self._language, self._voice))
        return DONE if self._finished else READ

    def _is_phrase(self) -> bool:
        text = text_of(self._words)
        shortest = SHORTEST_UNSPACED if self._language in UNSPACED else SHORTEST
        pauses = ends_clause(text) or ends_sentence(text, "", self._language)
        return pauses and len(units(text, self._language)) >= shortest

    def _end_phrase(self) -> None:
        text = text_of(self._words)
        if _SPEAKABLE.search(text):
            time = max(word.end for word in self._words)
            self._phrases.append(_Phrase(self._utterance, text, time))
        self._words = []

"""Replacements: what recognition is known to mishear, put right in its words before they are committed.

The stage stands around recognition, which goes on hearing its own words: its prompt and the beginning that
it is forced to must be what the model said. Words that may still become a phrase to be replaced are held
back until the next word decides, so that nothing that was committed is ever put right afterwards.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from asr.recognition import RecognitionStage
from streaming.audio import AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.matching import Phrases
from streaming.pace import Pace
from streaming.stages import Action, Notice, Recognition, Window, Write
from streaming.state import Shared
from streaming.words import Word

MOST_HELD = 12
"""Words that are held back, at most."""


class Replacements(Shared):
    """What is written instead of what was heard, by language; immutable, so that sessions may share it."""

    def __init__(self, by_language: Mapping[str, Mapping[str, str]]) -> None:
        self._phrases = {code: Phrases(pairs.items(), code) for code, pairs in by_language.items() if pairs}

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def apply(self, words: Sequence[Word], language: str) -> tuple[Word, ...]:
        """Replace in words; those that a replaced phrase spans become one word."""
        phrases = self._phrases.get(language)
        text = "".join(word.text for word in words)
        matches = phrases.find(text) if phrases else []
        if not matches:
            return tuple(words)
        ends, length = [], 0
        for word in words:
            length += len(word.text)
            ends.append(length)
        out: list[Word] = []
        index = 0
        while matches:
            first = next(i for i, end in enumerate(ends) if end > matches[0].start)
            out.extend(words[index:first])
            begin = ends[first] - len(words[first].text)
            written, last, at = "", first, begin
            # Several phrases may stand in one word where recognition writes without spaces.
            while matches and matches[0].start < ends[last]:
                match = matches.pop(0)
                last = next(i for i, end in enumerate(ends) if end >= match.end)
                written, at = written + text[at : match.start] + match.value, match.end
            out.append(_joined(words[first : last + 1], written + text[at : ends[last]]))
            index = last + 1
        return (*out, *words[index:])

    def settled(self, words: Sequence[Word], language: str) -> int:
        """Count the leading words that cannot become part of a phrase with the words to come."""
        if language not in self._phrases:
            return len(words)
        start = self._phrases[language].growing("".join(word.text for word in words))
        length = 0
        for count, word in enumerate(words):
            length += len(word.text)
            if length > start:
                return count if len(words) - count <= MOST_HELD else len(words)
        return len(words)


class ReplacingStage:
    """Recognizes as the stage inside it does, with its words put right."""

    def __init__(self, stage: RecognitionStage, replacements: Replacements) -> None:
        self._stage = stage
        self._replacements = replacements
        self._held: tuple[Word, ...] = ()

    @property
    def pace(self) -> Pace:
        """What is left out because the recognizer is too slow."""
        return self._stage.pace

    @property
    def skipped(self) -> int:
        """Decision points that were left out because the recognizer was too slow."""
        return self._stage.skipped

    @property
    def alarms(self) -> Counter[str]:
        """How often each guard fired, by its code."""
        return self._stage.alarms

    def receive(self, item: AudioChunk | EndOfUtterance) -> None:
        """Store an item."""
        self._stage.receive(item)

    def receive_result(self, result: Recognition, cost: float) -> None:
        """Take the answer to the last request."""
        self._stage.receive_result(result, cost)

    def finish(self) -> None:
        """No more audio will come."""
        self._stage.finish()

    def next_action(self) -> Action[Window, Update | Notice]:
        """Say what the stage inside says, in words put right."""
        action = self._stage.next_action()
        if isinstance(action, Write) and isinstance(action.item, Update):
            return Write(self._put_right(action.item))
        return action

    def _put_right(self, update: Update) -> Update:
        words = self._held + update.committed
        count = len(words) if update.final else self._replacements.settled(words, update.language)
        self._held = words[count:]
        apply = self._replacements.apply
        return Update(
            update.utterance,
            update.language,
            apply(words[:count], update.language),
            apply(self._held + update.tentative, update.language),
            update.final,
        )


def _joined(words: Sequence[Word], text: str) -> Word:
    """Make one word of several, with their time and the least of their probabilities."""
    return Word(text, words[0].start, words[-1].end, min(word.probability for word in words))

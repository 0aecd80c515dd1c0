"""Doubt: whether what goes on is understood, told by several hypotheses in a row.

One improbable hypothesis of speech is an accident; two in a row are a sign that nobody speaks a language that
the recognizer knows: a crowd, or voices that are not speech at all. Some of what is heard in it looks
probable by chance, so leaving doubt takes more than not entering it. And who has been understood lately is
believed more easily than where nobody has.

| state  | heard                                   | then                                                |
|--------|-----------------------------------------|-----------------------------------------------------|
| BELIEF | below `GUESSED`, twice in a row         | DOUBT: nothing is committed, little is spent        |
| BELIEF | below `UNDERSTOOD`, five times in a row | DOUBT                                               |
| DOUBT  | below `UNDERSTOOD`                      | DOUBT                                               |
| DOUBT  | `UNDERSTOOD` or more, twice in a row    | BELIEF: the whole hypothesis is decided on          |
| DOUBT  | the same at an utterance's end          | it is committed: there is no second look            |
| DOUBT  | `GUESSED` or more, a whole utterance    | it is committed: short ones are doubted by accident |
| either | a pause                                 | BELIEF                                              |
"""

import math

from asr.guards import GUESSED

UNDERSTOOD = 0.4
"""Sureness that ends doubt. Of clear speech 97 in 100 hypotheses of the embedded recognizer have it even
before they are whole; of voices that are played backwards 3 to 30, as it has been trained."""
CLEAR, LATELY = 0.53, 60.0
"""Sureness that shows that somebody is understood, and the seconds of audio for which it does: 93 of 100
hypotheses of speech by Whisper's base and tiny.en have it."""
_STEPS = 3
_TWICE, _LONG = 2, 5


class Doubt:
    """Counts hypotheses that speak against what was thought so far."""

    def __init__(self, first: float = GUESSED) -> None:
        """`first`: the sureness that words need while nobody has been understood lately."""
        self._first = first
        self._clear_until = -math.inf
        self.is_here = False
        """What goes on is not understood."""
        self._guessed = self._doubtful = self._understood = 0

    @property
    def steps(self) -> int:
        """Steps to the next decision point: doubt takes its time, until something speaks against it."""
        return _STEPS if self.is_here and not self._understood else 1

    def least(self, end: float, *, whole: bool) -> float:
        """Tell the sureness that words must have in audio that ends at `end` seconds; `whole`: they are a
        whole utterance."""
        least = GUESSED if end <= self._clear_until else self._first
        return max(least, UNDERSTOOD) if self.is_here and not whole else least

    def hear(self, sure: float, end: float) -> None:
        """Take the sureness of a hypothesis that has words into account, heard in audio that ends at `end`
        seconds."""
        if sure >= CLEAR:
            self._clear_until = end + LATELY
        self._guessed = self._guessed + 1 if sure < GUESSED else 0
        self._doubtful = self._doubtful + 1 if sure < UNDERSTOOD else 0
        self._understood = 0 if self._doubtful else self._understood + 1
        if self.is_here:
            self.is_here = self._understood < _TWICE
        else:
            self.is_here = self._guessed >= _TWICE or self._doubtful >= _LONG

    def clear(self) -> None:
        """Somebody else may speak now."""
        self.is_here = False
        self._guessed = self._doubtful = self._understood = 0

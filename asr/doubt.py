"""Doubt: whether what goes on is understood, told by several hypotheses in a row.

One improbable hypothesis of speech is an accident; two in a row are a sign that nobody speaks a language that
the recognizer knows: a crowd, or voices that are not speech at all. Some of what is heard in it looks
probable by chance, so leaving doubt takes more than not entering it.

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

from asr.guards import GUESSED

UNDERSTOOD = 0.4
"""Mean probability of words that ends doubt. Of clear speech 97 in 100 hypotheses have it even before they
are whole; of voices that are played backwards 3 to 30, as the recognizer has been trained."""
_STEPS = 3
_TWICE, _LONG = 2, 5


class Doubt:
    """Counts hypotheses that speak against what was thought so far."""

    def __init__(self) -> None:
        self.is_here = False
        """What goes on is not understood."""
        self._guessed = self._doubtful = self._understood = 0

    @property
    def steps(self) -> int:
        """Steps to the next decision point: doubt takes its time, until something speaks against it."""
        return _STEPS if self.is_here and not self._understood else 1

    def least(self, *, whole: bool) -> float:
        """Tell the mean probability that words must have; `whole`: they are a whole utterance."""
        return UNDERSTOOD if self.is_here and not whole else GUESSED

    def hear(self, sure: float) -> None:
        """Take the mean probability of a hypothesis that has words into account."""
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

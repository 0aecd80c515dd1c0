"""Doubt: whether what goes on is understood, told by several hypotheses in a row.

One improbable hypothesis of speech is an accident; two in a row are a sign that nobody speaks a language that
the recognizer knows: a crowd, or voices that are not speech at all. Some of what is heard in it looks
probable by chance, so leaving doubt takes more than not entering it.

| state  | heard                                   | then                                                |
|--------|-----------------------------------------|-----------------------------------------------------|
| BELIEF | below `GUESSED`, twice in a row         | DOUBT: nothing is committed, little is spent        |
| DOUBT  | below `UNDERSTOOD`                      | DOUBT                                               |
| DOUBT  | `UNDERSTOOD` or more, twice in a row    | BELIEF: the whole hypothesis is decided on          |
| DOUBT  | the same at an utterance's end          | it is committed: there is no second look            |
| DOUBT  | `GUESSED` or more, a whole utterance    | it is committed: short ones are doubted by accident |
| either | a pause                                 | BELIEF                                              |
"""

from asr.guards import GUESSED

UNDERSTOOD = 0.4
"""Mean probability of words that ends doubt. Of clear speech 97 in 100 hypotheses have it even before they
are whole, of voices that are played backwards 3."""
_STEPS = 3
_TWICE = 2


class Doubt:
    """Counts hypotheses that speak against what was thought so far."""

    def __init__(self) -> None:
        self.is_here = False
        """What goes on is not understood."""
        self._against = 0

    @property
    def steps(self) -> int:
        """Steps to the next decision point: doubt takes its time, until something speaks against it."""
        return _STEPS if self.is_here and not self._against else 1

    def least(self, *, whole: bool) -> float:
        """Tell the mean probability that words must have; `whole`: they are a whole utterance."""
        return UNDERSTOOD if self.is_here and not whole else GUESSED

    def hear(self, *, unsure: bool) -> None:
        """Take a hypothesis that has words into account."""
        self._against = self._against + 1 if unsure is not self.is_here else 0
        if self._against == _TWICE:
            self.is_here, self._against = unsure, 0

    def clear(self) -> None:
        """Somebody else may speak now."""
        self.is_here, self._against = False, 0

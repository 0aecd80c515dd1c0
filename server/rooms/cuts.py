"""Cuts: translations that ended before the utterance did, because nobody wanted their language any more.

Where the language comes back, the utterance is translated from its beginning. A caption that is finished
grows no more, and nobody reads on in the middle of a sentence; so it is revised, once the whole is there.
"""

from dataclasses import replace

from streaming.captions import Caption, Update, fold

KEPT = 50
"""Utterances that are remembered."""

Key = tuple[int, str]
"""Utterance and language."""


class Cuts:
    """What is said of utterances anew whose translation was cut off."""

    def __init__(self) -> None:
        self._anew: dict[Key, Caption | None] = {}
        """What was cut off → what has been said again."""

    def __contains__(self, key: Key) -> bool:
        return key in self._anew

    def note(self, key: Key) -> None:
        """A translation has ended before its utterance."""
        self._anew = {other: anew for other, anew in self._anew.items() if other[0] > key[0] - KEPT}
        self._anew[key] = None

    def hear(self, known: Caption, update: Update, *, over: bool) -> Caption | None:
        """Take what is said anew of the utterance of a finished caption; gives, at its end, the caption as it
        should read. `over`: nothing more will be said of the utterance."""
        key = known.utterance, known.language
        if key not in self._anew:
            return None
        anew = fold(self._anew[key], replace(update, tentative=()))
        if not anew.final:
            self._anew[key] = anew
            return None
        self._anew[key] = None
        if over:
            del self._anew[key]
        if anew.committed in ("", known.committed):
            return None
        return replace(known, committed=anew.committed, end=max(known.end, anew.end), words=())

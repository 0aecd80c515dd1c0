"""Spoken language: found on enough speech, held across pauses, changed only where an utterance begins.

| session's language | utterance | heard                                       | then                        |
|--------------------|-----------|---------------------------------------------|-----------------------------|
| given              | any       | is not asked                                | it stays                    |
| unknown            | any       | something, not surely or not long enough    | nothing is shown            |
| unknown            | any       | one for 2 s (or all of it) surely, or 5 s   | it is the session's         |
| known              | begins    | the same                                    | it stays                    |
| known              | begins    | another, not long enough                    | nothing is shown            |
| known              | begins    | another for 2 s (or all of it) with margin  | it changes; heard once more |
| known              | begins    | another for 2 s without margin              | it stays                    |
| known              | goes on   | is not asked                                | it stays                    |
"""

from collections.abc import Sequence

from streaming.stages import Recognition, Window

SHORTEST, LONGEST, SURE = 2.0, 5.0, 0.5
"""Seconds of speech that tell a language if it is as probable as this; and that must do."""
BRIEF, MARGIN = 1.0, 0.8
"""Seconds of an utterance that may change the language, and how probable another must be."""


class SpokenLanguage:
    """The language of a session, and whether the utterance that is heard may change it."""

    def __init__(self, language: str | None, languages: Sequence[str]) -> None:
        """`language` is the one spoken; `None`: one of `languages`, or any if there are none."""
        self.allowed = tuple(languages)
        """Languages that detection may choose from."""
        self.current = language or (self.allowed[0] if len(self.allowed) == 1 else None)
        """The session's language, as far as it is known."""
        self._fixed = self.current is not None
        self._open = False

    @property
    def listening(self) -> bool:
        """This utterance may still turn out to be in another language."""
        return self._open and self.current is not None

    def begin(self) -> None:
        """Begin an utterance."""
        self._open = not self._fixed

    def hear(self, result: Recognition, window: Window) -> bool:
        """Take into account what was heard; tells whether the language changed, so that the hypothesis
        was made in the wrong one."""
        if self.current is None or not self._open:
            return False
        if result.heard in (None, self.current):
            self._open = not result.words  # what is not speech tells no language
            return False
        seconds = window.audio.duration
        enough = seconds >= SHORTEST or (window.final and seconds >= BRIEF)
        if enough and result.words and result.heard_probability >= MARGIN:
            self.current, self._open = result.heard, False
            return True
        self._open = seconds < SHORTEST and not window.final
        return False

    def shown(self, result: Recognition, window: Window, spoken: bool) -> str | None:
        """Name the language to show a hypothesis in; `None`: not yet. Fixes it as soon as it is sure."""
        if self.current is not None:
            return None if self._open and spoken else self.current
        seconds = window.audio.duration
        sure = result.language_probability >= SURE
        if spoken and (seconds >= LONGEST or (sure and (seconds >= SHORTEST or window.final))):
            self.current, self._open = result.language, False
        return result.language if window.final else self.current

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
| changed            | ends      | nothing that is believed in the new one     | it is what it was before    |

Only words that are believed are speech (see `telling`): until then, an utterance has not begun.
"""

from collections.abc import Sequence
from dataclasses import replace

from asr.guards import UNSURE, Alarm, believed
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
        self._before: str | None = None
        """The language before a change in which nothing has been believed yet."""

    @property
    def listening(self) -> bool:
        """This utterance may still turn out to be in another language."""
        return self._open and self.current is not None

    def begin(self) -> None:
        """Begin an utterance."""
        self.current, self._before = self._before or self.current, None
        self._open = not self._fixed

    def hear(self, result: Recognition, window: Window) -> bool:
        """Take into account what was heard, `telling` words only; tells whether the language changed, so that
        the hypothesis was made in the wrong one."""
        if result.words:
            self._before = None
        if self.current is None or not self._open:
            return False
        if result.heard in (None, self.current):
            self._open = not result.words  # what is not speech tells no language
            return False
        seconds = window.audio.duration
        enough = seconds >= SHORTEST or (window.final and seconds >= BRIEF)
        if enough and result.words and result.heard_probability >= MARGIN:
            self._before = self.current
            self.current, self._open = result.heard, False
            return True
        self._open = not result.words or (seconds < SHORTEST and not window.final)
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


def telling(result: Recognition, alarm: Alarm | None, window: Window) -> Recognition:
    """Leave the words of a hypothesis that tell a language: those that are believed, or all where another
    language is heard surely, which is why they were not understood in this one."""
    if is_other(result, window) and alarm and alarm.code == UNSURE:
        return result
    return replace(result, words=believed(result.words, alarm, final=window.final))


def is_other(result: Recognition, window: Window) -> bool:
    """Tell whether another language is heard surely than the one that was asked for."""
    return result.heard not in (None, window.language) and result.heard_probability >= MARGIN

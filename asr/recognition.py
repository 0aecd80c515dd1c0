"""Recognition: from audio to words that stay.

Decisions are taken at fixed points of the utterance, `step` seconds of audio apart, and a window holds
exactly the audio up to its point; so the words do not depend on how the audio was cut into chunks.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from asr.commit import CommitPolicy
from asr.guards import NO_SPEECH, Alarm, inspect
from asr.history import History
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.pace import Pace
from streaming.stages import DONE, READ, Action, Ask, Notice, Recognition, Window, Write
from streaming.words import Word

STEP = 0.8
"""Seconds of audio between decision points."""
OVERDUE, UNSETTLED = 12.0, 3.0
"""When so many seconds are not committed, words that end before the last few of them are, agreed or not."""
TOO_LONG = 20.0
"""When so many seconds are not committed, everything is: hypotheses that never agree must not block."""
SHORTEST, LONGEST, SURE = 2.0, 5.0, 0.5
"""Seconds of speech that tell a language if it is as probable as this; and that must do."""


class RecognitionStage:
    """Asks for hypotheses of growing audio and commits what the policy calls safe.

    A pause ends an utterance and nothing else: language and prompt are the session's. An utterance in
    which nothing was ever shown writes nothing and uses up no number.
    """

    def __init__(
        self,
        policy: CommitPolicy,
        language: str | None = None,
        languages: Sequence[str] = (),
        step: float = STEP,
    ) -> None:
        """`language` is the one spoken; `None`: detect it among `languages`, once for the session."""
        self._policy = policy
        self._language = language
        self._languages = tuple(languages)
        self._pace = Pace(step)
        self._history = History()
        self._shown = _Shown()
        self._items: deque[AudioChunk | EndOfUtterance] = deque()
        self._out: deque[Update | Notice] = deque()
        self._point = 0
        self._asked: Window | None = None
        self._again: Window | None = None
        self._cost = 0.0
        self._finished = False

    @property
    def skipped(self) -> int:
        """Decision points that were left out because the recognizer was too slow."""
        return self._pace.skipped

    def receive(self, item: AudioChunk | EndOfUtterance) -> None:
        """Store an item."""
        self._items.append(item)

    def finish(self) -> None:
        """No more audio will come; an open utterance ends here."""
        self._finished = True

    def next_action(self) -> Action[Window, Update | Notice]:
        """Write what was decided, then ask at the next decision point."""
        if self._out:
            return Write(self._out.popleft())
        self._asked, self._again = self._again or self._next_window(), None
        if self._asked:
            return Ask(self._asked)
        return DONE if self._finished else READ

    def receive_result(self, result: Recognition, cost: float) -> None:
        """Decide on a hypothesis, or ask again if it cannot be believed."""
        if self._asked is None:
            raise ValueError("an answer came to nothing that was asked")
        self._cost += cost
        alarm = inspect(result, self._asked.audio.end - self._history.frontier)
        if alarm and alarm.code != NO_SPEECH and not self._asked.full:
            # A loop feeds on its prompt, and short windows favour it.
            self._history.prompt = ""
            self._again = replace(self._asked, full=True, prompt="")
            return
        self._pace.spent(self._cost)
        self._cost = 0.0
        if alarm:
            self._out.extend(self._shown.notice(alarm))
        self._decide(result.words[: alarm.keep] if alarm else result.words, result, self._asked)

    def _next_window(self) -> Window | None:
        while True:
            if self._history.is_open and self._history.end >= self._point:
                return self._window(self._point, final=False)
            if not self._items:
                break
            item = self._items.popleft()
            if isinstance(item, AudioChunk):
                self._hear(item)
            elif self._history.is_open:
                return self._window(self._history.end, final=True)
        if self._finished and self._history.is_open:
            return self._window(self._history.end, final=True)
        return None

    def _hear(self, chunk: AudioChunk) -> None:
        if not len(chunk.samples):
            return
        if not self._history.is_open:
            self._point = chunk.offset + self._advance()
        self._history.append(chunk)

    def _advance(self) -> int:
        return round(self._pace.advance() * SAMPLE_RATE)

    def _window(self, end: int, *, final: bool) -> Window:
        history = self._history
        audio = history.window(end)
        return Window(audio, history.prefix, history.prompt, self._language, self._languages, final)

    def _decide(self, heard: Sequence[Word], result: Recognition, window: Window) -> None:
        words = placed(heard, self._history.frontier, window.audio.end)
        language = self._settled(bool(words), result, window)
        count = max(self._policy.commit(words), self._overdue(words, window))
        if language is None:
            count = 0
        self._policy.advance(count)
        self._history.commit(words[:count])
        self._skip(words[count:], window.audio.end)
        if language is not None:
            self._out.extend(self._shown.update(language, words[:count], words[count:], window.final))
        if window.final:
            self._close()
            return
        self._history.trim(window.audio.end)
        self._point += self._advance()

    def _settled(self, spoken: bool, result: Recognition, window: Window) -> str | None:
        """Name the utterance's language; fix the session's as soon as it is sure."""
        if self._language is not None:
            return self._language
        seconds = window.audio.duration
        sure = result.language_probability >= SURE
        if spoken and (seconds >= LONGEST or (sure and (seconds >= SHORTEST or window.final))):
            self._language = result.language
        return result.language if window.final else self._language

    def _overdue(self, words: Sequence[Word], window: Window) -> int:
        """Count the words that are committed whether the policy agrees or not."""
        waiting = window.audio.end - self._history.frontier
        if window.final or waiting >= TOO_LONG:
            return len(words)
        if waiting < OVERDUE:
            return 0
        return sum(1 for word in words if word.end <= window.audio.end - UNSETTLED)

    def _skip(self, rest: Sequence[Word], end: float) -> None:
        """Leave behind what has waited too long and holds no words."""
        waiting = end - self._history.frontier
        if waiting >= OVERDUE:
            settled = end if waiting >= TOO_LONG else end - UNSETTLED
            self._history.skip(min([settled, *(word.start for word in rest[:1])]))

    def _close(self) -> None:
        self._history.close()
        self._policy.forget()


class _Shown:
    """What has been shown of the utterance: an update is written only when something changes."""

    def __init__(self) -> None:
        self._number = 0
        self._begun = False
        self._tentative: tuple[str, ...] = ()
        self._notices: set[str] = set()

    def notice(self, alarm: Alarm) -> list[Notice]:
        """Tell people of an alarm, once an utterance for each kind."""
        if alarm.code in self._notices:
            return []
        self._notices.add(alarm.code)
        return [Notice(alarm.code, alarm.message)]

    def update(
        self, language: str, committed: Sequence[Word], tentative: Sequence[Word], final: bool
    ) -> list[Update]:
        """Make the update that shows this, if it changes anything."""
        texts = tuple(word.text for word in tentative)
        changed = committed or texts != self._tentative or (final and self._begun)
        number = self._number
        self._begun, self._tentative = self._begun or bool(changed), texts
        if final:
            self._number += self._begun
            self._begun = False
            self._notices.clear()
        return [Update(number, language, tuple(committed), tuple(tentative), final)] if changed else []


def placed(words: Sequence[Word], start: float, end: float) -> tuple[Word, ...]:
    """Keep words in order and between two times: alignments may jump back or beyond the audio."""
    starts = []
    for word in words:
        start = min(max(start, word.start), end)
        starts.append(start)
    following = [*starts, end][1:]
    return tuple(
        replace(word, start=first, end=min(max(first, word.end), last))
        for word, first, last in zip(words, starts, following, strict=True)
    )

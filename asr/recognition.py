"""Recognition: from audio to words that stay.

Decisions are taken at fixed points of the utterance, `step` seconds of audio apart, and a window holds
exactly the audio up to its point; so the words do not depend on how the audio was cut into chunks.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from asr.commit import CommitPolicy, surer
from asr.doubt import Doubt
from asr.evidence import Evidence
from asr.guards import BROKEN, GUESSED, REPEATED, SILENT, UNSURE, Alarm, believed, inspect, sureness, unmarked
from asr.history import CONTENT, History
from asr.script import Script
from asr.shown import Shown
from asr.spoken import SpokenLanguage, is_other, telling
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.pace import Effort, Pace
from streaming.script import Form
from streaming.stages import DONE, READ, Action, Ask, Notice, Recognition, Window, Write
from streaming.words import Word

STEP = 0.8
"""Seconds of audio between decision points."""
OVERDUE, UNSETTLED = 12.0, 3.0
"""When so many seconds are not committed, words that end before the last few of them are, agreed or not."""
TOO_LONG = 20.0
"""When so many seconds are not committed, everything is: hypotheses that never agree must not block."""


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
        *,
        content: float = CONTENT,
        hot_words: Mapping[str, Sequence[str]] = MappingProxyType({}),
        prefaces: Mapping[str, str] = MappingProxyType({}),
        beam: bool = False,
        by_sentence: bool = False,
        chinese: Form = "as_heard",
        first: float = GUESSED,
    ) -> None:
        """`language` is the one spoken; `None`: detect it among `languages`. `content`: seconds of audio
        above which a window is cut; `hot_words`, by language, are terms that stand before every prompt, as
        many as fit, and `prefaces` texts before these; `beam`: search while words are tentative, and not only
        at an utterance's end; `by_sentence`: windows hold one sentence, as far as punctuation tells them
        apart; `first`: the sureness that words need while nobody has been understood lately."""
        self.alarms: Counter[str] = Counter()
        """How often each guard fired, by its code."""
        self._policy = policy
        self._language = SpokenLanguage(language, languages)
        self._hot_words = {language: tuple(terms) for language, terms in hot_words.items()}
        self._prefaces = dict(prefaces)
        self._beam = beam
        self.pace = Pace(step)
        """What is left out because the recognizer is too slow."""
        self._history = History(content, by_sentence=by_sentence)
        self._evidence = Evidence()
        self._doubt = Doubt(first)
        self._shown = Shown(Script(chinese), by_sentence=by_sentence)
        self._items: deque[AudioChunk | EndOfUtterance] = deque()
        self._out: deque[Update | Notice] = deque()
        self._begun = self._point = 0
        self._asked: Window | None = None
        self._again: Window | None = None
        self._tentative: tuple[tuple[Word, ...], float] = (), 0.0
        """What was shown last without being committed, and where its audio ended."""
        self._cost = 0.0
        self._finished = False

    @property
    def skipped(self) -> int:
        """Decision points that were left out because the recognizer was too slow."""
        return self.pace.skipped

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
        window = self._asked
        self._cost += cost
        seconds = window.audio.end - self._history.frontier
        whole = window.final and window.audio.offset == self._begun
        least = self._doubt.least(window.audio.end, whole=whole)
        alarm = inspect(
            result,
            seconds,
            self._history.recent,
            again=window.full,
            least=least,
            final=window.final,
            evidence=self._evidence,
        )
        if alarm and alarm.again and not window.full:
            # A loop feeds on its prompt, and short windows favour it.
            self.alarms[alarm.code] += 1
            if alarm.code in REPEATED:
                self._history.prompt = ""
            self._again = replace(window, full=True, prompt="", hot_words=(), preface="")
            return
        if self._language.hear(telling(result, alarm, window), window):
            # What was said in another language is no context for this one, and was not understood in it.
            self._history.prompt = ""
            self._policy.forget()
            self._doubt.clear()
            self._again = self._window(window.audio.offset + len(window.audio.samples), final=window.final)
            return
        self.pace.spent(self._cost)
        self._cost = 0.0
        if not is_other(result, window):
            self._weigh(alarm, result, window.audio.end)
        self._tell(alarm, window)
        heard = unmarked(believed(result.words, alarm, final=window.final), self._history.recent)
        self._decide(heard if window.final or not self._doubt.is_here else (), result, window)

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
            self._language.begin()
            if chunk.offset > self._history.end:
                self._doubt.clear()  # there was a pause, and not only an utterance that grew too long
            self._begun = chunk.offset
            self._point = chunk.offset + self._advance()
        self._history.append(chunk)

    def _advance(self) -> int:
        return round(self._doubt.steps * self.pace.advance() * SAMPLE_RATE)

    def _window(self, end: int, *, final: bool) -> Window:
        effort = self.pace.effort
        return Window(
            self._history.window(end),
            self._history.prefix,
            self._history.prompt,
            self._language.current,
            self._language.allowed,
            hot_words=self._hot_words.get(self._language.current or "", ()),
            preface=self._prefaces.get(self._language.current or "", ""),
            listen=self._language.listening,
            final=final,
            beam=(final or (self._beam and not self._doubt.is_here)) and effort < Effort.GREEDY,
            # Before the end, alignments decide what is committed and where audio is cut.
            align=not final or effort < Effort.UNALIGNED,
        )

    def _weigh(self, alarm: Alarm | None, result: Recognition, end: float) -> None:
        """Doubt, or believe again; guards that fire for other reasons prove neither."""
        if result.words and (alarm is None or alarm.code in (UNSURE, BROKEN)):
            self._doubt.hear(sureness(result, self._history.recent, self._evidence), end)

    def _tell(self, alarm: Alarm | None, window: Window) -> None:
        """Count an alarm, and say it unless the text may only be late, or nobody misses it."""
        if alarm is None:
            return
        self.alarms[alarm.code] += 1
        late = alarm.code == BROKEN or (alarm.code == UNSURE and not self._doubt.is_here)
        behind = alarm.code in SILENT and window.final and not self._shown.misses(alarm.keep)
        if not ((late and not window.final) or behind):
            self._out.extend(self._shown.notice(alarm.code, alarm.message))

    def _decide(self, heard: Sequence[Word], result: Recognition, window: Window) -> None:
        words = placed(heard, self._history.frontier, window.audio.end)
        if window.final and (words or not result.words):
            words = surer(*self._tentative, words)
        language = self._language.shown(result, window, bool(words))
        count = self._safe(words, window)
        if language is None:
            count = 0
        self._policy.advance(count)
        self._history.commit(words[:count])
        self._evidence.commit(words[:count])
        # Words of a language that is not known yet are none to go back to.
        self._tentative = words[count:] if language is not None else (), window.audio.end
        self._skip(words[count:], window.audio.end)
        if language is not None:
            self._out.extend(self._shown.update(language, words[:count], words[count:], window.final))
        if window.final:
            self._close()
            return
        self._history.trim(window.audio.end, result.language)
        self._point += self._advance()

    def _safe(self, words: Sequence[Word], window: Window) -> int:
        """Count the words to commit: what the policy calls safe, and what is overdue."""
        safe = self._policy.commit(words, window.audio.end)
        if window.final:
            return len(words)
        overdue = self._overdue(words, window.audio.end)
        if overdue > safe:
            message = f"words were committed that had not settled for {OVERDUE:.0f} s"
            self._tell(Alarm("overdue", message, overdue), window)
        return max(safe, overdue)

    def _overdue(self, words: Sequence[Word], end: float) -> int:
        """Count the words that are committed whether the policy agrees or not."""
        waiting = end - self._history.frontier
        if waiting >= TOO_LONG:
            return len(words)
        if waiting < OVERDUE:
            return 0
        return sum(1 for word in words if word.end <= end - UNSETTLED)

    def _skip(self, rest: Sequence[Word], end: float) -> None:
        """Leave behind what has waited too long and holds no words."""
        waiting = end - self._history.frontier
        if waiting >= OVERDUE:
            settled = end if waiting >= TOO_LONG else end - UNSETTLED
            self._history.skip(min([settled, *(word.start for word in rest[:1])]))

    def _close(self) -> None:
        self._history.close()
        self._policy.forget()


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

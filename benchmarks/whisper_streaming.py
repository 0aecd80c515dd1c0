"""The baseline: the algorithm of whisper_streaming, written from its paper's description.

Macháček, Dabre, Bojar 2023, "Turning Whisper into real-time transcription system": every second the
whole buffer is recognised anew, with a beam of five, in a window of 30 s, prompted with the last 200
characters that have left the buffer; what two successive hypotheses agree on word for word is committed
(LocalAgreement-2); a buffer of more than 15 s is cut at the end of a committed segment. Segments are told
by final punctuation here, since the recogniser writes no timestamps. Kinder than the paper in two points:
it stands behind the same endpointing as our own stage, and what an utterance ends with is recognised
once more.
"""

from collections import deque
from collections.abc import Sequence

from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.stages import DONE, READ, Action, Ask, Recognition, Window, Write
from streaming.words import Word, common_prefix

CHUNK = 1.0
"""Seconds of new audio before the buffer is recognised again."""
TRIM = 15.0
"""Seconds of audio above which the buffer is cut."""
PROMPT = 200
"""Characters of committed text before the buffer that prompt the recogniser."""
OVERLAP, NEAR, LONGEST_OVERLAP = 0.1, 1.0, 5
"""Words count as new from so many seconds before the last committed one's end; if they begin within NEAR
seconds of it, up to five of them that repeat the last committed words are dropped."""
_ENDS = tuple(".?!。？！…")


class Agreement:
    """LocalAgreement-2 with exact match, over whole hypotheses of a buffer."""

    def __init__(self) -> None:
        self.committed: list[Word] = []
        self.tentative: tuple[Word, ...] = ()

    @property
    def last(self) -> float:
        """When the last committed word ends."""
        return self.committed[-1].end if self.committed else 0.0

    def take(self, hypothesis: Sequence[Word]) -> tuple[Word, ...]:
        """Compare a hypothesis with the one before it; gives the words that are committed now."""
        new = [word for word in hypothesis if word.start > self.last - OVERLAP]
        new = new[self._repeated(new) :]
        count = common_prefix(self.tentative, new, lambda a, b: a.text == b.text)
        self.committed += new[:count]
        self.tentative = tuple(new[count:])
        return tuple(new[:count])

    def _repeated(self, new: Sequence[Word]) -> int:
        if not new or abs(new[0].start - self.last) >= NEAR:
            return 0
        known = [word.text.strip() for word in self.committed]
        heard = [word.text.strip() for word in new]
        for count in range(1, min(LONGEST_OVERLAP, len(known), len(heard)) + 1):
            if known[-count:] == heard[:count]:
                return count
        return 0


class WhisperStreamingStage:
    """Recognition as whisper_streaming does it, in the shape of a stage."""

    def __init__(self, language: str | None, chunk: float = CHUNK) -> None:
        self._language = language
        self._step = round(chunk * SAMPLE_RATE)
        self._items: deque[AudioChunk | EndOfUtterance] = deque()
        self._out: deque[Update] = deque()
        self._audio: AudioBuffer | None = None
        self._agreement = Agreement()
        self._point = 0
        self._number = 0
        self._final = False
        self._finished = False

    def receive(self, item: AudioChunk | EndOfUtterance) -> None:
        """Store an item."""
        self._items.append(item)

    def finish(self) -> None:
        """No more audio will come."""
        self._finished = True

    def next_action(self) -> Action[Window, Update]:
        """Recognise the buffer at every chunk and at the end of an utterance."""
        if self._out:
            return Write(self._out.popleft())
        while True:
            if self._audio and self._audio.end >= self._point:
                return self._ask(self._audio, self._point, final=False)
            if not self._items:
                break
            item = self._items.popleft()
            if isinstance(item, AudioChunk):
                self._hear(item)
            elif self._audio:
                return self._ask(self._audio, self._audio.end, final=True)
        if self._finished and self._audio:
            return self._ask(self._audio, self._audio.end, final=True)
        return DONE if self._finished else READ

    def receive_result(self, result: Recognition, cost: float) -> None:
        """Commit what agrees; cut a long buffer."""
        committed = self._agreement.take(result.words)
        tentative = self._agreement.tentative
        if self._final:
            committed, tentative = committed + tentative, ()
        self._out.append(
            Update(self._number, self._language or result.language, committed, tentative, self._final)
        )
        if self._final:
            self._number += 1
            self._audio, self._agreement = None, Agreement()
            return
        self._trim(result.words)
        self._point += self._step

    def _hear(self, chunk: AudioChunk) -> None:
        if self._audio is None:
            self._audio = AudioBuffer(chunk.offset)
            self._point = chunk.offset + self._step
        self._audio.append(chunk)

    def _ask(self, audio: AudioBuffer, end: int, *, final: bool) -> Ask[Window]:
        self._final = final
        before = [w.text for w in self._agreement.committed if w.end <= audio.start / SAMPLE_RATE]
        window = audio.read(audio.start, end)
        prompt = "".join(before)[-PROMPT:]
        # As wide a search at every chunk as the paper's: ours is narrower while words are tentative.
        return Ask(Window(window, (), prompt, self._language, final=final, beam=True, unhurried=True))

    def _trim(self, heard: Sequence[Word]) -> None:
        if not self._audio or (self._audio.end - self._audio.start) / SAMPLE_RATE <= TRIM:
            return
        ends = [word.end for word in heard if word.text.rstrip().endswith(_ENDS)]
        safe = [end for end in ends[:-1] if end <= self._agreement.last]
        if safe:
            self._audio.cut(round(safe[-1] * SAMPLE_RATE))

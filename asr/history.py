"""What recognition remembers: the audio still in the window, the words committed in it, the text before.

A window must stay short (the encoder's cost grows faster than its length) and so must the committed
words that it begins with (each is decoded again, one step a token). Audio is therefore cut before the
earliest committed word that is kept, as StreamAtt does (Papi et al. 2024, "StreamAtt: direct streaming
speech-to-text translation with attention-based audio history selection"); older words become the prompt,
and stay there across pauses.

A recognizer that was taught on short windows hears one sentence better than several: for it, audio is cut
as soon as a sentence is committed, in a pause near its end.
"""

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from asr.loudness import loudness
from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk
from streaming.marks import ends_sentence
from streaming.words import Word

CONTENT = 8.0
"""Seconds of audio in a window above which it is cut, at the default. Shorter ones are cheaper and know less:
with 6 s, tiny.en and base had 15 and 18 more errors in 1,822 words where decisions come every 0.6 s, no more
where they come every 1.2 s, and every 1.5 s tiny.en had 10."""
MOST_WORDS = 48
"""Committed words in a window above which it is cut: each token of them costs a step of the decoder."""
KEPT_SECONDS, KEPT_WORDS = 3.0, 12
"""How far before the frontier committed words stay in a window that is cut at `CONTENT`, at most; in others
in proportion."""
PROMPT = 200
"""Characters of the prompt, at most."""
_BEFORE, _BEHIND = 0.05, 0.4
"""Seconds around the end of a sentence, as aligned, in which a pause is looked for: within its last word may
be a quiet place too, and what is behind that would be heard once more."""
_STRETCH = 960
"""Samples over which loudness is taken there."""
_QUIET = 0.5
"""Share of the mean power there that a pause has at most: in the noise of a crowd, the quietest place says
nothing."""


class History:
    """The audio and the committed words of the utterance being heard, and the text before them."""

    def __init__(self, content: float = CONTENT, *, by_sentence: bool = False) -> None:
        """`content`: seconds above which a window is cut; `by_sentence`: windows begin anew behind every
        committed sentence."""
        self._content, self._by_sentence = content, by_sentence
        self._kept_seconds = KEPT_SECONDS * content / CONTENT
        self._kept_words = round(KEPT_WORDS * content / CONTENT)
        self.prompt = ""
        """Committed text before the window."""
        self.frontier = 0.0
        """Seconds: everything before is committed, or known to hold no words."""
        self.is_open = False
        """An utterance has begun."""
        self._audio = AudioBuffer()
        self._words: list[Word] = []
        self.recent: tuple[Word, ...] = ()
        """Words committed in this utterance within `CONTENT` seconds, in the window or not."""

    @property
    def end(self) -> int:
        """Position after the last sample of the utterance."""
        return self._audio.end

    @property
    def prefix(self) -> tuple[Word, ...]:
        """Committed words that are spoken within the window."""
        return tuple(self._words)

    def append(self, chunk: AudioChunk) -> None:
        """Add audio; the first chunk opens an utterance."""
        if not self.is_open:
            self.is_open = True
            self._audio = AudioBuffer(chunk.offset)
            self.frontier = chunk.start
        self._audio.append(chunk)

    def window(self, end: int) -> AudioChunk:
        """Read the audio that is kept, up to a position."""
        return self._audio.read(self._audio.start, end)

    def commit(self, words: Sequence[Word]) -> None:
        """Add committed words; they end at the new frontier."""
        self._words += words
        if words:
            self.frontier = max(self.frontier, words[-1].end)
        oldest = self.frontier - CONTENT
        self.recent = tuple(word for word in (*self.recent, *words) if word.start >= oldest)

    def skip(self, seconds: float) -> None:
        """Move the frontier over audio that is known to hold no more words."""
        self.frontier = max(self.frontier, seconds)

    def trim(self, end: float, language: str) -> None:
        """Cut a window that ends at `end` and has grown too long, or holds too many words, or a sentence."""
        if self._by_sentence:
            self._cut_sentences(language)
        short = end - self._audio.start / SAMPLE_RATE <= self._content
        if short and len(self._words) <= MOST_WORDS:
            return
        oldest = self.frontier - self._kept_seconds
        kept = [word for word in self._words[-self._kept_words :] if word.start >= oldest]
        self._retire(len(self._words) - len(kept))
        self._audio.cut(int((kept[0].start if kept else self.frontier) * SAMPLE_RATE))

    def close(self) -> None:
        """End the utterance: all its words become the prompt."""
        self._retire(len(self._words))
        self.recent = ()
        self.is_open = False

    def _cut_sentences(self, language: str) -> None:
        """Cut behind the last committed word that ends a sentence."""
        texts = [word.text for word in self._words]
        pairs = enumerate(zip_longest(texts, texts[1:], fillvalue=""), 1)
        count = max((i for i, pair in pairs if ends_sentence(*pair, language)), default=0)
        if not count:
            return
        last, following = self._words[count - 1], self._words[count:]
        latest = min(following[0].end if following else math.inf, last.end + _BEHIND)
        place = self._pause(max(last.start, last.end - _BEFORE), last.end, latest)
        self._retire(count)
        self._audio.cut(place)

    def _pause(self, start: float, otherwise: float, end: float) -> int:
        """Find where it is quietest between two times, or take the one given where there is no pause."""
        first, middle, last = (
            min(max(self._audio.start, round(seconds * SAMPLE_RATE)), self._audio.end)
            for seconds in (start, otherwise, end)
        )
        found = loudness(self._audio.read(first, last).samples, _STRETCH)
        if not len(found) or found.min() > _QUIET * found.mean():
            return middle
        return first + int(np.argmin(found)) * _STRETCH + _STRETCH // 2

    def _retire(self, count: int) -> None:
        text = self.prompt + "".join(word.text for word in self._words[:count])
        del self._words[:count]
        if len(text) > PROMPT:
            first, space, rest = text[-PROMPT:].partition(" ")
            text = space + rest if space else first
        self.prompt = text

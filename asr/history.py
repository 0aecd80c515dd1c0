"""What recognition remembers: the audio still in the window, the words committed in it, the text before.

A window must stay short (the encoder's cost grows faster than its length) and so must the committed
words that it begins with (each is decoded again, one step a token). Audio is therefore cut before the
earliest committed word that is kept, as StreamAtt does (Papi et al. 2024, "StreamAtt: direct streaming
speech-to-text translation with attention-based audio history selection"); older words become the prompt,
and stay there across pauses.
"""

from collections.abc import Sequence

from streaming.audio import SAMPLE_RATE, AudioBuffer, AudioChunk
from streaming.words import Word

CONTENT = 8.0
"""Seconds of audio in a window above which it is cut."""
MOST_WORDS = 48
"""Committed words in a window above which it is cut: each token of them costs a step of the decoder."""
KEPT_SECONDS, KEPT_WORDS = 3.0, 12
"""How far before the frontier committed words stay in a window that is cut, at most."""
PROMPT = 200
"""Characters of the prompt, at most."""


class History:
    """The audio and the committed words of the utterance being heard, and the text before them."""

    def __init__(self) -> None:
        self.prompt = ""
        """Committed text before the window."""
        self.frontier = 0.0
        """Seconds: everything before is committed, or known to hold no words."""
        self.is_open = False
        """An utterance has begun."""
        self._audio = AudioBuffer()
        self._words: list[Word] = []

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

    def skip(self, seconds: float) -> None:
        """Move the frontier over audio that is known to hold no more words."""
        self.frontier = max(self.frontier, seconds)

    def trim(self, end: float) -> None:
        """Cut a window that ends at `end` and has grown too long, or holds too many words."""
        short = end - self._audio.start / SAMPLE_RATE <= CONTENT
        if short and len(self._words) <= MOST_WORDS:
            return
        oldest = self.frontier - KEPT_SECONDS
        kept = [word for word in self._words[-KEPT_WORDS:] if word.start >= oldest]
        self._retire(len(self._words) - len(kept))
        self._audio.cut(int((kept[0].start if kept else self.frontier) * SAMPLE_RATE))

    def close(self) -> None:
        """End the utterance: all its words become the prompt."""
        self._retire(len(self._words))
        self.is_open = False

    def _retire(self, count: int) -> None:
        text = self.prompt + "".join(word.text for word in self._words[:count])
        del self._words[:count]
        if len(text) > PROMPT:
            first, space, rest = text[-PROMPT:].partition(" ")
            text = space + rest if space else first
        self.prompt = text

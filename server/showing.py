"""What a session shows: what the stages write as messages, those that say something new."""

from dataclasses import replace
from typing import Any

from server.graph import RECOGNITION
from server.messages import ServerMessage, Speech
from streaming.audio import SAMPLE_RATE, to_pcm16
from streaming.captions import Caption, Transcript, Update, fold
from streaming.stages import Notice
from tts.speech import Spoken

KEPT = 50
"""Utterances that are remembered: a session may last for days."""


class Showing:
    """The captions of one session as its client knows them."""

    def __init__(self, words: bool = False) -> None:
        """`words`: captions of what is spoken carry its words."""
        self._words = words
        self._transcript = Transcript()
        self._spoken: dict[int, str] = {}
        self.utterances = 0
        """Utterances in which something was said."""
        self.captions = 0
        """Captions shown."""

    def message(self, name: str, item: Any) -> tuple[ServerMessage, bytes | None] | None:
        """Turn what a stage writes into a message and the sound that belongs to it; `None`: no news."""
        match item:
            case Notice():
                return item, None
            case Update():
                caption = self.hear(item) if name == RECOGNITION else self.translate(item)
                return (caption, None) if caption else None
            case Spoken():
                return _speech(item), to_pcm16(item.audio.samples)
        return None

    def hear(self, update: Update) -> Caption | None:
        """Take what was recognised; gives the caption if it is news."""
        if update.utterance not in self._spoken:
            self._forget(update.utterance - KEPT)
        self._spoken[update.utterance] = update.language
        known = self._known(update)
        caption = self._show(update, self._words)
        if caption and caption.committed and not (known and known.committed):
            self.utterances += 1
        return caption

    def translate(self, update: Update) -> Caption | None:
        """Take what was translated; gives the caption if it is news.

        An utterance that was spoken in a target language is its own translation.
        """
        if self._spoken.get(update.utterance) == update.language:
            return None
        return self._show(update)

    def _known(self, update: Update) -> Caption | None:
        return self._transcript.captions.get((update.utterance, update.language))

    def _show(self, update: Update, words: bool = False) -> Caption | None:
        known = self._known(update)
        caption = fold(known, update)
        if not words:
            caption = replace(caption, words=())
        if caption == known or not (known or caption.text):
            return None
        self.captions += 1
        return self._transcript.show(caption)

    def _forget(self, last: int) -> None:
        self._spoken = {number: language for number, language in self._spoken.items() if number > last}
        for key in [key for key in self._transcript.captions if key[0] <= last]:
            del self._transcript.captions[key]


def _speech(spoken: Spoken) -> Speech:
    audio = spoken.audio
    return Speech(spoken.utterance, spoken.language, spoken.text, audio.start, audio.duration, SAMPLE_RATE)

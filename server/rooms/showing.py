"""What a room shows: the updates that say something new, as captions."""

from dataclasses import replace

from streaming.captions import Caption, Transcript, Update, fold

KEPT, UNFINISHED = 50, 1_000
"""Utterances that are remembered, and that are while a translation of them has not come to its end: a session
may last for days."""


class Showing:
    """The captions of a room as its listeners know them."""

    def __init__(self) -> None:
        self._transcript = Transcript()
        self._spoken: dict[int, str] = {}
        self.utterances = 0
        """Utterances in which something was said."""
        self.captions = 0
        """Captions shown."""

    @property
    def shown(self) -> dict[tuple[int, str], Caption]:
        """Captions of the last utterances, by utterance and language."""
        return self._transcript.captions

    def language(self, utterance: int) -> str | None:
        """Name the language in which an utterance is spoken; `None`: it is not known any more."""
        return self._spoken.get(utterance)

    def hear(self, update: Update, speaker: str = "") -> Caption | None:
        """Take what was recognised; gives the caption if it is news."""
        if update.utterance not in self._spoken:
            self._forget(update.utterance - KEPT)
        self._spoken[update.utterance] = update.language
        known = self._known(update)
        caption = self._show(update, speaker)
        if caption and caption.committed and not (known and known.committed):
            self.utterances += 1
        return caption

    def translate(self, update: Update, speaker: str = "") -> Caption | None:
        """Take what was translated; gives the caption if it is news.

        An utterance that was spoken in a target language is its own translation.
        """
        if self._spoken.get(update.utterance) == update.language:
            return None
        return self._show(update, speaker)

    def recall(self, caption: Caption, spoken: bool) -> None:
        """Take a caption from the log, as it was told; `spoken`: in the language of the speaker."""
        if spoken:
            self._forget(caption.utterance - KEPT)
            self._spoken[caption.utterance] = caption.language
            self.utterances += bool(caption.committed and not self._text(caption))
        self.captions += 1
        self.shown[caption.utterance, caption.language] = caption

    def revise(self, caption: Caption) -> None:
        """Take a correction: what the stages still say about it is not shown any more."""
        self.shown[caption.utterance, caption.language] = caption

    def _text(self, caption: Caption) -> str:
        known = self.shown.get((caption.utterance, caption.language))
        return known.committed if known else ""

    def _known(self, update: Update) -> Caption | None:
        return self.shown.get((update.utterance, update.language))

    def _show(self, update: Update, speaker: str) -> Caption | None:
        known = self._known(update)
        caption = replace(fold(known, update), speaker=speaker)
        if caption == known or not (known or caption.text):
            return None
        self.captions += 1
        return self._transcript.show(caption)

    def _forget(self, last: int) -> None:
        unfinished = last + KEPT - UNFINISHED
        for key, caption in list(self.shown.items()):
            if key[0] <= (last if caption.final else unfinished):
                del self.shown[key]
        kept = {number for number, _ in self.shown}
        self._spoken = {n: language for n, language in self._spoken.items() if n > last or n in kept}

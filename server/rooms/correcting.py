"""Correcting: what an operator has corrected is translated anew, in every language.

What a newer correction has overtaken is not told any more, whichever is translated first. What is promised
here is kept before the end of a room is told; what a restart interrupts is asked for again.
"""

from collections.abc import Callable

from server.rooms.corrections import Anew, Corrections
from server.rooms.journal import Entry, Journal
from server.rooms.offer import Offer
from server.rooms.promises import Promises
from server.rooms.scribe import Scribe, corrected
from server.wire.room_messages import Reviser
from streaming.captions import Caption
from streaming.errors import EngineError, LanguageError
from streaming.stages import Notice
from streaming.words import text_of


class Correcting:
    """Has the translations of corrected utterances made anew."""

    def __init__(
        self,
        offer: Offer,
        scribe: Scribe,
        journal: Journal,
        start: Callable[..., None],
        revise: Callable[[Caption, Reviser], None],
    ) -> None:
        """`start` does something beside everything else; `revise` is told what should read otherwise."""
        self._offer = offer
        self._scribe = scribe
        self._journal = journal
        self._start = start
        self._revise = revise
        self._corrections = Corrections()
        self._promises = Promises()

    def recall(self, entry: Entry) -> None:
        """Take an event from the log."""
        self._corrections.hear(entry)

    def resume(self) -> None:
        """All events have been taken from the log: promise again what was promised."""
        for anew in self._corrections.due:
            self._promise(anew)

    def hear(self, entry: Entry) -> None:
        """Take what has been told."""
        for anew in self._corrections.hear(entry):
            self._promise(anew)

    async def settle(self) -> None:
        """Nothing more will be said: wait until all of it is told."""
        await self._journal.settle()
        await self._promises.settle()

    def _promise(self, anew: Anew) -> None:
        self._promises.make(anew.key)
        self._start(f"the correction of {anew.caption.language}", self._keep, anew)

    async def _keep(self, anew: Anew) -> None:
        """Keep a promise."""
        number, language = anew.caption.utterance, anew.caption.language
        try:
            text = text_of(await self._offer.render(anew.source, language, anew.line))
        except (EngineError, LanguageError) as error:
            about = f"utterance {number} keeps the translation that it had into {language}"
            if self._stands(anew):
                self._journal.add(Notice(error.code, f"{about}: {error}", language))
        else:
            shown = self._scribe.showing.shown.get((number, language), anew.caption)
            if self._stands(anew) and text != shown.committed.strip():
                self._revise(corrected(shown, text), "operator")
        self._promises.keep(anew.key)

    def _stands(self, anew: Anew) -> bool:
        """Tell whether somebody waits for it, and no newer correction asks for something else."""
        newest = self._scribe.revision(anew.caption.utterance)
        return self._promises.stands(anew.key) and anew.revision == newest

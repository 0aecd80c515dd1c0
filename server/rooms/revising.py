"""Revising: what has been said is translated once more, by a larger model and in no hurry, for the record.

Live captions never wait for it. What is promised here is kept before the end of a session or room is told;
what a restart interrupts is asked for again.
"""

import logging
from collections.abc import Callable, Iterator

from mt.sentences import sentences
from server.interpretation.translators import Translators
from server.rooms.journal import Entry, Journal
from server.rooms.promises import Promises
from server.rooms.rendering import render
from server.rooms.revisions import Due, Revisions
from server.rooms.scribe import corrected
from server.rooms.trade import Trade
from server.wire.room_messages import Reviser
from streaming.captions import Caption
from streaming.errors import DragomanError, origin
from streaming.stages import Translation, TranslationRequest
from streaming.words import mean_probability, text_of

log = logging.getLogger(__name__)


class Revising:
    """Has the translations of one room revised."""

    def __init__(
        self,
        translators: Translators,
        trade: Trade,
        journal: Journal,
        start: Callable[..., None],
        revise: Callable[[Caption, Reviser], None],
    ) -> None:
        """`journal` tells what is heard here; `start` does something beside everything else; `revise` is told
        what should read otherwise."""
        self._translators = translators
        self._trade = trade
        self._journal = journal
        self._start = start
        self._revise = revise
        self._revisions = Revisions()
        self._promises = Promises()
        self._stopped = False

    def recall(self, entry: Entry) -> None:
        """Take an event from the log."""
        self._revisions.hear(entry)

    def resume(self) -> None:
        """All events have been taken from the log: promise again what was promised."""
        for due in self._revisions.due:
            self._consider(due)

    def hear(self, entry: Entry) -> None:
        """Take what has been told."""
        if due := self._revisions.hear(entry):
            self._consider(due)

    def forget(self, caption: Caption) -> None:
        """Leave a translation as it is: what was to be revised is not all of it."""
        key = caption.utterance, caption.language
        self._revisions.settle(key)
        self._promises.keep(key)

    def stop(self) -> None:
        """Promise nothing more, and give up what has been promised."""
        self._stopped = True
        self._promises.drop()

    async def settle(self) -> None:
        """Nothing more will be said: wait until all of it is told, and no revision is promised any more."""
        await self._journal.settle()
        await self._promises.settle()
        self.stop()

    def _consider(self, due: Due) -> None:
        """Promise a revision, if it is worth one."""
        if self._stopped or not any(map(self._translators.revises, _sentences(due))):
            self._revisions.settle(due.key)
            return
        self._promises.make(due.key)
        self._start(f"the revision of {due.caption.language}", self._keep, due)

    async def _keep(self, due: Due) -> None:
        """Keep a promise."""
        caption, glossary = due.caption, self._trade.glossary(due.line)
        try:
            text = text_of(await render(due.source, caption.language, self._ask, glossary))
            if self._promises.stands(due.key) and text and text != caption.committed.strip():
                self._revise(corrected(caption, text), "model")
            self._revisions.settle(due.key)
        except DragomanError as error:
            log.warning("utterance %d stays as it is in %s: %s", *due.key, origin(error))
        finally:
            self._promises.keep(due.key)

    async def _ask(self, request: TranslationRequest) -> Translation:
        return await self._translators.revise(self._trade.prepared(request))


def _sentences(due: Due) -> Iterator[TranslationRequest]:
    """Write what would be asked for each sentence of an utterance, as far as its difficulty goes."""
    language, target = due.source.language, due.caption.language
    for words in sentences(due.source.committed, language):
        yield TranslationRequest(
            text_of(words), "", language, target, True, confidence=mean_probability(words)
        )

"""What a room has for a speaker: languages that are served, and a translator that may fail in one alone."""

from dataclasses import replace

from server.interpretation.graph import TRANSLATOR, Interpretation
from server.interpretation.packs import Packs
from server.rooms.journal import Journal
from server.rooms.rendering import render
from server.rooms.room import Room
from server.rooms.services import Services
from server.rooms.trade import NO_PACKS, Trade
from server.wire.messages import Route, Start
from streaming.captions import Update
from streaming.errors import EngineError
from streaming.stages import Notice, Translation, TranslationRequest
from streaming.words import Word


class Offer:
    """Knows what a speaker of one room gets."""

    def __init__(self, room: Room, trade: Trade, services: Services, journal: Journal) -> None:
        """`journal` is told which languages fail."""
        self.failing: set[str] = set()
        """Languages whose last request was not answered."""
        self._room = room
        self._trade = trade
        self._services = services
        self._journal = journal

    def wanted(self, form: Start, booth: str = "", packs: Packs = NO_PACKS) -> Interpretation:
        """Say how a speaker is interpreted; an interpreter in the `booth` of a language is only heard."""
        plan = self._room.plan
        if booth:
            return Interpretation(booth, packs=packs)
        source = form.source if form.source != "auto" else plan.source
        targets = plan.targets if plan.private else tuple(t for t in self._room.translated if t != source)
        known, terms = None if source == "auto" else source, self._trade.terms(packs)
        # Spoken are those too that are translated later only: a line goes by what it was told when it began.
        return Interpretation(known, targets, plan.speak, form.languages, packs, terms)

    def routes(self, form: Start) -> tuple[Route, ...]:
        """See that a speaker can be served, and say how the targets are reached if the source is known.

        Raises:
            LanguageError: a language that cannot be heard, translated or spoken.
        """
        wanted = self.wanted(form)
        spoken = tuple(language for language in wanted.speak if language in wanted.targets)
        return self._services.languages.routes(replace(wanted, speak=spoken), self._room.plan.targets)

    async def translate(self, request: TranslationRequest) -> Translation:
        """Translate; in a room that is shared, a language that fails harms no other: its answer is empty."""
        try:
            return await self.ask(request)
        except EngineError:
            if self._room.plan.private:
                raise
            return Translation(request.target_prefix)

    async def ask(self, request: TranslationRequest) -> Translation:
        """Translate, and note which languages fail.

        Raises:
            EngineError: there is no answer.
        """
        language = request.target_language
        try:
            answer: Translation = await self._services.engines[TRANSLATOR](request)
        except EngineError as error:
            if not self._room.plan.private and language not in self.failing:
                self.failing.add(language)
                self._journal.add(Notice(error.code, f"{language}: {error}", language))
            raise
        self.failing.discard(language)
        return answer

    async def render(self, update: Update, language: str, line: str) -> tuple[Word, ...]:
        """Translate a whole utterance of a line.

        Raises:
            EngineError: the translator does not answer.
            LanguageError: there is none for these languages.
        """
        self._services.languages.check(update.language, language)

        async def ask(request: TranslationRequest) -> Translation:
            return await self.ask(self._trade.prepared(request))

        return await render(update, language, ask, self._trade.glossary(line))

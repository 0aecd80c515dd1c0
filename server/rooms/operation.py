"""What people bring about in a room: languages come and go or are typed, utterances are corrected."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from server.interpretation.graph import Interpretation
from server.rooms.conference import Conference
from server.rooms.floor import Floor
from server.rooms.rendering import evenly
from server.rooms.scribe import TYPED, corrected
from server.wire.messages import Route
from server.wire.room_messages import FLOOR, LanguageStatus, SpeakerStatus, Status, Term
from streaming.captions import Caption, Update
from streaming.errors import EngineError, LanguageError, RoomError
from streaming.words import Word

STATUS_SECONDS = 2.0
"""Between two status messages."""
FILLED = 3
"""Utterances that a language which is added is filled with."""


class Operation:
    """Acts on a conference."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference

    # Listeners

    def arrive(self, language: str) -> None:
        """A listener wants a language; one that is new is filled with the last utterances.

        Raises:
            LanguageError: nothing can be translated into it.
        """
        conference = self.conference
        if language == FLOOR:
            return
        before = conference.room.translated
        if language not in {state.language for state in conference.room.languages}:
            self._check(language)
        conference.room.listen(language)
        conference.changed()
        if language not in before and language in conference.room.translated:
            conference.start(f"the filling of {language}", self._fill, language)

    def depart(self, language: str) -> None:
        """A listener has gone; the language stays for a while, lest one lost connection leave a gap."""
        asyncio.get_running_loop().call_later(self.conference.services.grace, self._departed, language)

    def _departed(self, language: str) -> None:
        self.conference.room.unlisten(language)
        self.conference.changed()

    # The speaker of a session of one's own

    def translate(self, targets: tuple[str, ...]) -> tuple[Route, ...]:
        """Translate into these languages from now on; those that are new are filled with the last utterances.
        Gives how they are reached, if the source is known.

        Raises:
            LanguageError: nothing can be translated into one of them; all stays as it is.
            RoomError: in a room listeners choose.
        """
        conference = self.conference
        plan = conference.room.plan
        if not plan.private:
            raise RoomError("the languages of a room are those that its listeners choose")
        source = None if plan.source == "auto" else plan.source
        routes = conference.services.languages.routes(Interpretation(source, targets))
        conference.room.plan = replace(plan, targets=targets)
        conference.changed()
        conference.start("the plan", self._save_plan)
        for language in targets:
            if language not in plan.targets:
                conference.start(f"the filling of {language}", self._fill, language)
        return routes

    async def _save_plan(self) -> None:
        conference = self.conference
        await conference.services.log.save(conference.name, "room", conference.room.plan.written)

    # Interpreters

    def type(self, floor: Floor, text: str, final: bool) -> None:
        """Take text from a booth: it is committed as it is; while the language is paused nobody sees it."""
        conference = self.conference
        if conference.room.is_paused(floor.booth):
            return self._withhold(floor)
        if floor.typing is None:
            floor.typing = conference.room.number(f"{floor.name}.{TYPED}", conference.journal.last + 1)
        now = conference.now()
        words = (Word(text, now, now),) if text else ()
        conference.scribe.type(floor.name, Update(floor.typing, floor.booth, words, (), final))
        if final:
            floor.typing = None

    def _withhold(self, floor: Floor) -> None:
        if floor.typing is not None:  # what follows must not be read as if nothing were missing
            self.conference.scribe.translate(floor.name, Update(floor.typing, floor.booth, (), (), True))
            floor.typing = None
        self.conference.scribe.withhold(floor.name)

    # The operator

    def pause(self, language: str, paused: bool) -> None:
        """Let a language rest, whoever provides it, or go on."""
        self.conference.room.pause(language, paused)
        self.conference.changed()

    def mute(self, speaker: str, muted: bool) -> None:
        """Silence a speaker, or not any more.

        Raises:
            RoomError: there is no such speaker.
        """
        self.conference.room.mute(speaker, muted)
        self.conference.changed()

    def hand(self, speaker: str) -> None:
        """Hand the floor over.

        Raises:
            RoomError: there is no such speaker.
        """
        self.conference.room.hand(speaker)
        self.conference.changed()

    def set_terms(self, terms: tuple[Term, ...]) -> None:
        """Replace the glossary."""
        self.conference.room.terms = terms
        self.conference.changed()

    def correct(self, utterance: int, text: str) -> None:
        """Say what a finished utterance should have been: all its translations are then made anew.

        Raises:
            RoomError: there is no such utterance, or it is not finished.
        """
        showing = self.conference.scribe.showing
        language = showing.language(utterance)
        known = showing.shown.get((utterance, language or ""))
        if language is None or known is None or not known.final:
            raise RoomError(f"utterance {utterance} cannot be corrected: it is not finished, or long gone")
        self.conference.revise(corrected(known, text), "operator")

    def watch(self) -> None:
        """Tell operators how the room works, every few seconds while there is one."""
        if not self.conference.watched:
            self.conference.watched = True
            self.conference.start("the status", self._watch)

    async def _watch(self) -> None:
        conference = self.conference
        while conference.audience.desks:
            conference.journal.show(self.status)
            await asyncio.sleep(STATUS_SECONDS)
        conference.watched = False

    @property
    def status(self) -> Status:
        """How the room works now."""
        audience, scribe = self.conference.audience, self.conference.scribe
        lines = [(floor, line) for floor in self.conference.floors.values() for line in floor.lines]
        return Status(
            tuple(
                SpeakerStatus(
                    line.name, round(line.lag.seconds, 3), round(line.inlet.level, 3) if floor.holder else 0.0
                )
                for floor, line in lines
            ),
            tuple(
                LanguageStatus(
                    state.language,
                    audience.count(state.language),
                    round(max(0.0, scribe.heard_until - scribe.ends.get(state.language, 0.0)), 3),
                    state.language not in self.conference.offer.failing,
                )
                for state in self.conference.room.languages
            ),
            audience.count(),
        )

    async def _fill(self, language: str) -> None:
        """Translate the last finished utterances into a language that nobody has read so far, or not to
        their end."""
        conference = self.conference
        showing = conference.scribe.showing
        spoken = [c for (number, spoken), c in showing.shown.items() if showing.language(number) == spoken]
        recent = sorted((c for c in spoken if c.final and c.committed), key=_number)[-FILLED:]
        for caption in recent:
            number = caption.utterance
            known = (number, language) in showing.shown and not conference.scribe.is_cut(number, language)
            if caption.language == language or known:
                continue
            line = conference.scribe.line_of(number)
            words = evenly(caption.committed, caption.language, caption.start, caption.end)
            with suppress(EngineError, LanguageError):
                source = Update(number, caption.language, words, (), True)
                rendered = await conference.offer.render(source, language, line)
                update = Update(number, language, rendered, (), True)
                if whole := conference.scribe.translate(line, update):
                    conference.complete(whole)

    def _check(self, language: str) -> None:
        plan, languages = self.conference.room.plan, self.conference.services.languages
        source = None if plan.source == "auto" or plan.source == language else plan.source
        if plan.source != language:
            languages.routes(Interpretation(source, (language,)))


def _number(caption: Caption) -> int:
    return caption.utterance

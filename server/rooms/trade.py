"""The trade of a room: the words that its domain packs and its operator ask for."""

import asyncio
from dataclasses import replace
from functools import lru_cache
from typing import Final

from mt.glossary import Entry, Glossary, joined
from server.interpretation.packs import Packs, Shelf
from server.rooms.room import Room
from server.wire.messages import Start
from server.wire.room_messages import Term
from streaming import stages
from streaming.stages import TranslationRequest
from streaming.state import Shared

NO_PACKS: Final = Packs()


class RoomTerms(Shared):
    """The terms of packs, and the operator's, which come and go while people speak."""

    def __init__(self, packs: Glossary, room: Room) -> None:
        self._packs = packs
        self._room = room

    def terms(self, text: str, source: str, target: str) -> tuple[stages.Term, ...]:
        """Name those of packs in a text; the operator's are added when it is sent to the translator."""
        return self._packs.terms(text, source, target)

    def growing(self, text: str, source: str, target: str) -> int:
        """Tell where the tail of a text begins that more text may still make a (longer) term of either."""
        both = self._packs, glossary(self._room.terms, source, target)
        found, place = min(each.growing(text, source, target) for each in both), len(text)
        while found < place:
            place = found
            found = min(each.outside(text, place, source, target) for each in both)
        return place


class Trade:
    """Knows how a room wants its terms translated."""

    def __init__(self, room: Room, shelf: Shelf) -> None:
        """`shelf` has the packs that speakers may name."""
        self._packs: dict[str, Packs] = {}
        """Those of each floor, of one that is over too: what was said there may still be translated anew."""
        self._room = room
        self._shelf = shelf

    async def take(self, form: Start) -> Packs:
        """Find the packs that a speaker names, with the terms of each direction indexed.

        Raises:
            PackError: one is not there, or is not as it should be.
        """
        # A pack that has changed is read again, and a large one takes its time.
        return await asyncio.to_thread(self._taken, form.packs, form.source, form.targets)

    def keep(self, floor: str, packs: Packs) -> None:
        """Take note of the packs of a floor."""
        self._packs[floor] = packs

    def glossary(self, line: str) -> Glossary:
        """Give the terms of the packs in which a line speaks."""
        return self._packs.get(line.split(".")[0], NO_PACKS).glossary

    def terms(self, packs: Packs) -> RoomTerms:
        """Give the terms of packs together with the operator's, as they are whenever they are asked for."""
        return RoomTerms(packs.glossary, self._room)

    def prepared(self, request: TranslationRequest) -> TranslationRequest:
        """Add the operator's terms to a request, before those of packs."""
        direction = request.source_language, request.target_language
        terms = glossary(self._room.terms, *direction).terms(request.source, *direction)
        if not terms:
            return request
        return replace(request, terms=joined(terms, request.terms, request.source, direction[0]))

    def _taken(self, names: tuple[str, ...], source: str, targets: tuple[str, ...]) -> Packs:
        packs = self._shelf.take(names)
        for target in (*targets, *self._room.translated):
            packs.glossary.growing("", source, target)
        return packs


@lru_cache(maxsize=64)
def glossary(terms: tuple[Term, ...], source: str, target: str) -> Glossary:
    """Make a glossary of the operator's terms, for one direction."""
    fitting = (term for term in terms if term.language in ("", target))
    return Glossary([Entry({source: (term.source,), target: (term.target,)}) for term in fitting])

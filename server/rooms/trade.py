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
from streaming.stages import TranslationRequest

NO_PACKS: Final = Packs()


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

"""Tiers: which of up to three translators a request is worth, by how hard it is and how busy they are.

| what is asked for            | easy                                   | hard                               |
|------------------------------|----------------------------------------|------------------------------------|
| a look at tentative words    | small                                  | medium while it keeps up, or small |
| what is to be committed      | medium while it keeps up, or small     | medium                             |
| a finished utterance, again  | large while it keeps up                | large until it is far behind       |
| a sentence of a recording    | large                                  | large                              |

A tier that is not there, or does not serve the pair, is stood in for by the medium one, which is always
there; finished utterances are then left as they are. Models need nothing in common: what is committed is
forced on whichever one answers, as text.

Hard is what is long, what falls apart into many pieces (SentencePiece gives frequent words a piece of their
own, so pieces a word measure how rare words are to that very model), and what was recognised doubtfully.
By length and pieces of the embedded translator one in ten of Tatoeba's everyday sentences is hard, and
seven in ten of TICO-19's medical ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mt.languages import normalized
from mt.router import Router
from mt.wait_k import UNITS_PER_WORD
from streaming.stages import Translation, TranslationRequest
from streaming.words import units

MOST_WORDS = 20.0
"""A longer source is hard; in English words."""
MOST_PIECES = 2.0
"""A source of more pieces a word is hard."""
LEAST_CONFIDENCE = 0.6
"""A source that was recognised with a smaller mean probability is hard."""
KEEPS_UP = 1.0
"""Seconds for which the medium translator's oldest request has waited at most, if it keeps up."""
SOON, FAR_BEHIND = 5.0, 60.0
"""The same of the large one, for which nobody waits but the record, and from where on it is far behind."""


class Tier(StrEnum):
    """Which translator."""

    SMALL = "small"
    """Drafts what is only shown."""
    MEDIUM = "medium"
    """Commits."""
    LARGE = "large"
    """Revises, and translates recordings."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What makes a source hard to translate."""

    words: float
    """Its length in English words."""
    pieces: float
    """Pieces a word of the model that is to be spared."""
    confidence: float = 1.0
    """Mean probability with which its words were recognised."""

    @property
    def hard(self) -> bool:
        """Whether it is worth a larger model."""
        return self.words > MOST_WORDS or self.pieces > MOST_PIECES or self.confidence < LEAST_CONFIDENCE


def live_tier(tentative: bool, hard: bool, behind: float) -> Tier:
    """Choose between small and medium; `behind`: seconds that the medium one's oldest request has waited."""
    keeps_up = behind < KEEPS_UP
    if tentative:
        return Tier.MEDIUM if hard and keeps_up else Tier.SMALL
    return Tier.MEDIUM if hard or keeps_up else Tier.SMALL


def worth_revising(hard: bool, behind: float) -> bool:
    """Tell whether the large one is to revise; `behind`: seconds that its oldest request has waited."""
    return behind < (FAR_BEHIND if hard else SOON)


class Tiers:
    """The translators of a server by size, and which of them is asked; remembers nothing."""

    def __init__(self, medium: Router, small: Router | None = None, large: Router | None = None) -> None:
        self.routers: Final = {
            tier: router
            for tier, router in ((Tier.SMALL, small), (Tier.MEDIUM, medium), (Tier.LARGE, large))
            if router is not None
        }
        """Those that are there."""

    @property
    def medium(self) -> Router:
        """The one that is always there, and says which pairs are served."""
        return self.routers[Tier.MEDIUM]

    def tier(self, request: TranslationRequest, behind: float) -> Tier:
        """Choose for a live request; `behind` as in `live_tier`."""
        if not self._serves(Tier.SMALL, request):
            return Tier.MEDIUM
        return live_tier(request.tentative, self._difficulty(Tier.SMALL, request).hard, behind)

    def revises(self, request: TranslationRequest, behind: float) -> bool:
        """Tell whether the large one is to translate a finished utterance again; `behind` as in
        `worth_revising`."""
        if not self._serves(Tier.LARGE, request) or not self._serves(Tier.MEDIUM, request):
            return False
        return worth_revising(self._difficulty(Tier.MEDIUM, request).hard, behind)

    def best(self, request: TranslationRequest) -> Tier:
        """Choose for somebody who waits for the best there is."""
        return Tier.LARGE if self._serves(Tier.LARGE, request) else Tier.MEDIUM

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request as well as possible.

        Raises:
            LanguageError: a pair that no model serves.
        """
        return self.ask(requests, self.best)

    def ask(
        self, requests: Sequence[TranslationRequest], choose: Callable[[TranslationRequest], Tier]
    ) -> list[Translation]:
        """Translate each request with the tier that is chosen for it, in batches; answers keep the order.

        Raises:
            LanguageError: a pair that the chosen one does not serve.
        """
        answers: dict[int, Translation] = {}
        for tier, router in self.routers.items():
            members = [i for i, request in enumerate(requests) if choose(request) is tier]
            found = router.translate([requests[i] for i in members]) if members else ()
            answers.update(zip(members, found, strict=True))
        return [answers[i] for i in range(len(requests))]

    def _serves(self, tier: Tier, request: TranslationRequest) -> bool:
        router = self.routers.get(tier)
        if router is None:
            return False
        return router.find(request.source_language, request.target_language) is not None

    def _difficulty(self, tier: Tier, request: TranslationRequest) -> Difficulty:
        language = normalized(request.source_language)
        words = len(units(request.source, language)) / UNITS_PER_WORD.get(language, 1.0)
        pieces = self.routers[tier].pieces(request) / max(1.0, words)
        return Difficulty(words, pieces, request.confidence)

"""The translators of a server as sessions ask them: each request goes to the tier that it is worth."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mt.tiers import Tier, Tiers
from streaming.errors import EngineError
from streaming.queueing import Priority
from streaming.stages import Translation, TranslationRequest


class Translators:
    """Asks the translators of all sizes."""

    def __init__(
        self,
        tiers: Tiers,
        asks: Mapping[Tier, Callable[..., Awaitable[Any]]],
        behind: Mapping[Tier, Callable[[], float]],
        told: Callable[[Tier], None],
    ) -> None:
        """`asks` has a way to ask each tier, and `behind` tells for how many seconds its oldest request has
        waited; `told` hears which tier was asked."""
        self._tiers = tiers
        self._asks = asks
        self._behind = behind
        self._told = told

    async def translate(self, request: TranslationRequest) -> Translation:
        """Translate what is being said; where a small translator fails, the medium one does it.

        Raises:
            EngineError: it failed.
        """
        tier = self._tiers.tier(request, self._behind[Tier.MEDIUM]())
        try:
            return await self._ask(tier, request, Priority.LIVE)
        except EngineError:
            if tier is Tier.MEDIUM:
                raise
        return await self._ask(Tier.MEDIUM, request, Priority.LIVE)

    def revises(self, request: TranslationRequest) -> bool:
        """Tell whether a finished utterance is to be translated again, by the large translator."""
        return Tier.LARGE in self._asks and self._tiers.revises(request, self._behind[Tier.LARGE]())

    async def revise(self, request: TranslationRequest) -> Translation:
        """Translate once more what has been said.

        Raises:
            EngineError: the large translator failed.
        """
        return await self._ask(Tier.LARGE, request, Priority.REQUEST)

    async def _ask(self, tier: Tier, request: TranslationRequest, priority: Priority) -> Translation:
        self._told(tier)
        answer: Translation = await self._asks[tier](request, priority)
        return answer

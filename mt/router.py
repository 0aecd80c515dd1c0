"""The router: several translators as one, through English where no model serves a pair directly."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from mt.languages import normalized
from streaming.errors import LanguageError
from streaming.stages import Translation, TranslationRequest

PIVOT = "en"


class PairTranslator(Protocol):
    """A translator that says which pairs it serves."""

    @property
    def pairs(self) -> Collection[tuple[str, str]]: ...

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]: ...

    def pieces(self, text: str) -> int:
        """Count the pieces of a source text, of which frequent words have one and rare ones several."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a pair is translated."""

    steps: tuple[tuple[str, str], ...]
    """Pairs, one after the other."""
    via: str | None = None
    """The language between them; `None`: directly."""


class Router:
    """Sends each request to a translator that serves its pair; where several do, the first one named."""

    def __init__(self, models: Sequence[PairTranslator]) -> None:
        self._models: dict[tuple[str, str], PairTranslator] = {}
        for model in models:
            for pair in model.pairs:
                self._models.setdefault(pair, model)

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Pairs that are served directly."""
        return frozenset(self._models)

    def route(self, source: str, target: str) -> Route:
        """Find how a pair is translated.

        Raises:
            LanguageError: no model serves the pair; the message lists what there is.
        """
        if found := self.find(source, target):
            return found
        pair = f"{normalized(source)} → {normalized(target)}"
        raise LanguageError(f"no model translates {pair}; {self._served}")

    def find(self, source: str, target: str) -> Route | None:
        """Find how a pair is translated; `None`: no model serves it."""
        pair = (normalized(source), normalized(target))
        if pair in self._models:
            return Route((pair,))
        first, second = (pair[0], PIVOT), (PIVOT, pair[1])
        if pair[0] != pair[1] and first in self._models and second in self._models:
            return Route((first, second), PIVOT)
        return None

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request by its route, in batches per model; answers keep the order.

        Raises:
            LanguageError: a pair that no model serves.
        """
        routes = [self.route(request.source_language, request.target_language) for request in requests]
        pivoted = [i for i, route in enumerate(routes) if route.via]
        direct = list(requests)
        for i, half in zip(pivoted, self._direct([_half(requests[i]) for i in pivoted]), strict=True):
            # What the answer attends to is known in the pivot only, and so is the sentence before.
            direct[i] = replace(
                requests[i], source=half.text, source_language=PIVOT, attention=False, context=None
            )
        return self._direct(direct)

    def pieces(self, request: TranslationRequest) -> int:
        """Count the pieces that a request's source has for the model that reads it.

        Raises:
            LanguageError: no model serves the pair.
        """
        route = self.route(request.source_language, request.target_language)
        return self._models[route.steps[0]].pieces(request.source)

    def _direct(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        groups: dict[int, list[int]] = defaultdict(list)
        models = [self._model(request) for request in requests]
        for i, model in enumerate(models):
            groups[id(model)].append(i)
        answers: dict[int, Translation] = {}
        for members in groups.values():
            found = models[members[0]].translate([requests[i] for i in members])
            answers.update(zip(members, found, strict=True))
        return [answers[i] for i in range(len(requests))]

    def _model(self, request: TranslationRequest) -> PairTranslator:
        return self._models[normalized(request.source_language), normalized(request.target_language)]

    @cached_property
    def _served(self) -> str:
        if not self._models:
            return "there is no translator at all"
        return "there is " + ", ".join(f"{a}→{b}" for a, b in sorted(self._models)[:40])


def _half(request: TranslationRequest) -> TranslationRequest:
    """Ask for the first half: whole, and without a prefix, which is in the second half's language."""
    return TranslationRequest(request.source, "", request.source_language, PIVOT, request.complete)

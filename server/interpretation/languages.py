"""Languages: what the engines of this server can hear, translate and speak."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mt.router import Router
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.wire.messages import Route
from streaming.errors import LanguageError


@dataclass(frozen=True, slots=True)
class Pair:
    """A translation that is offered."""

    source: str
    target: str
    via: str | None
    """The language between, where no model serves the pair directly."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that is offered."""

    recognition: tuple[str, ...]
    """Languages that may be spoken; empty: any."""
    translation: tuple[Pair, ...]
    speech: bool
    """Targets can be spoken."""


class Languages:
    """Answers what may be asked of a session.

    A model of 200 languages serves 40,000 pairs: they are gone through once, not whenever somebody asks.
    """

    def __init__(self, engines: Engines) -> None:
        self._heard = engines.recognizer.languages
        self._router = engines.translator
        self._speaks = engines.synthesizer is not None
        self._offer = Offer(tuple(sorted(self._heard)), tuple(_pairs(self._router)), self._speaks)
        self._targets = frozenset(pair.target for pair in self._offer.translation)
        self.manner = engines.manner
        """How what is spoken is recognised and translated."""

    def check(self, source: str, target: str) -> None:
        """See that a pair can be translated.

        Raises:
            LanguageError: no model serves it; the message lists what there is.
        """
        self._router.route(source, target)

    def check_heard(self, language: str) -> None:
        """See that a language can be recognised: windows of another one must not reach the engine.

        Raises:
            LanguageError: it cannot; the message lists what can.
        """
        if not self._hears(language):
            raise LanguageError(f"'{language}' cannot be recognised; {_list(self._heard)} can")

    def routes(self, wanted: Interpretation, asked: Sequence[str] | None = None) -> tuple[Route, ...]:
        """See that a session can be served, and say how its targets are reached if the source is known.

        Targets that are not among those `asked` for, but only read by somebody, may be out of reach.

        Raises:
            LanguageError: a language that cannot be heard, translated or spoken; the message says which can.
        """
        if asked is not None:
            reached = (t for t in wanted.targets if t in asked or self._reaches(wanted.source, t))
            wanted = replace(wanted, targets=tuple(reached))
        if len(set(wanted.targets)) < len(wanted.targets):
            raise LanguageError(f"each target may be named once, got {_list(wanted.targets)}")
        for language in wanted.speak:
            self._check_spoken(language, wanted.targets)
        if unknown := [language for language in wanted.languages if not self._hears(language)]:
            raise LanguageError(f"{_list(unknown)} cannot be recognised; {_list(self._heard)} can")
        if wanted.source is None:
            self._check_targets(wanted.targets)
            return ()
        self.check_heard(wanted.source)
        routes = [(target, self._router.route(wanted.source, target)) for target in wanted.targets]
        return tuple(Route(target, route.via) for target, route in routes)

    def offer(self) -> Offer:
        """Say all that is possible."""
        return self._offer

    def _reaches(self, source: str | None, target: str) -> bool:
        """Tell whether a target can be translated from a language, or from any if it is not known."""
        if source is None:
            return target in self._targets
        return self._router.find(source, target) is not None

    def _hears(self, language: str) -> bool:
        return not self._heard or language in self._heard

    def _check_spoken(self, language: str, targets: Sequence[str]) -> None:
        if language not in targets:
            raise LanguageError(f"only targets are spoken: '{language}' is not one of {_list(targets)}")
        if not self._speaks:
            raise LanguageError(f"'{language}' cannot be spoken: this server has no synthesizer")

    def _check_targets(self, targets: Iterable[str]) -> None:
        for target in targets:
            if target not in self._targets:
                reached = _list(sorted(self._targets))
                raise LanguageError(f"nothing can be translated into '{target}', only into {reached}")


def _pairs(router: Router) -> Iterator[Pair]:
    """Give every pair that has a route."""
    targets = sorted({target for _, target in router.pairs})
    for source in sorted({source for source, _ in router.pairs}):
        for target in targets:
            if route := router.find(source, target):
                yield Pair(source, target, route.via)


def _list(languages: Iterable[str]) -> str:
    return ", ".join(languages) or "none"

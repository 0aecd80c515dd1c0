"""Faults: terms and numbers of a source that its translation lacks, and numbers it has of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mt import glossary, numbers
from mt.languages import normalized
from mt.numbers import Number
from streaming.stages import Term, TranslationRequest


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a translation."""

    terms: Sequence[Term]
    numbers: Sequence[Number]
    invented: Sequence[Number]

    @property
    def count(self) -> int:
        return len(self.terms) + len(self.numbers) + len(self.invented)

    @property
    def missing(self) -> bool:
        """A term or a number is not there."""
        return bool(self.terms or self.numbers)

    @property
    def instead(self) -> Number | None:
        """What stands in the place of the number that has to be written next."""
        if not self.numbers or not self.invented:
            return None
        kind = self.numbers[0].kind
        return next((number for number in self.invented if number.kind == kind), self.invented[0])

    def next_rendering(self, request: TranslationRequest) -> str:
        """Say what has to be written next; empty: something has to go."""
        if self.numbers:
            return numbers.written(self.numbers[0], normalized(request.target_language))
        return self.terms[0].targets[0] if self.terms else ""


class Checker:
    """Finds what is wrong with the translations of one request."""

    def __init__(self, request: TranslationRequest) -> None:
        self._request = request
        self._language = normalized(request.target_language)
        self._numbers = _own_numbers(request)
        self._allowed = [*self._numbers, *_numbers_of_terms(request)]

    def faults(self, text: str) -> Faults:
        """Find the faults of a translation behind its committed prefix."""
        request = self._request
        found = numbers.numbers(text, self._language) if counts(request) else []
        invented = [
            n for n in numbers.invented(self._allowed, found) if n.start >= len(request.target_prefix)
        ]
        return Faults(
            glossary.missing(request.terms, text, self._language),
            numbers.missing(self._numbers, found),
            invented,
        )


def counts(request: TranslationRequest) -> bool:
    """Whether the numbers of both languages can be read; one alone would find fault with everything."""
    pair = {normalized(request.source_language), normalized(request.target_language)}
    return pair <= numbers.LANGUAGES


def _own_numbers(request: TranslationRequest) -> list[Number]:
    """Find the numbers of a source that are not part of a term."""
    if not counts(request):
        return []
    source = request.source
    spans = []
    for term in request.terms:
        start = source.find(term.source)
        while start >= 0:
            spans.append((start, start + len(term.source)))
            start = source.find(term.source, start + 1)
    return [
        number
        for number in numbers.numbers(source, normalized(request.source_language))
        if not any(number.start < end and start < number.end for start, end in spans)
    ]


def _numbers_of_terms(request: TranslationRequest) -> Iterable[Number]:
    for term in request.terms:
        for target in term.targets:
            yield from numbers.numbers(target, normalized(request.target_language))

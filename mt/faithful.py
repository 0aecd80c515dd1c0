"""A translator around a translator that keeps terms and numbers, and sets the text as it is written.

Small translators lose placeholders, so none are used. A translation is decoded freely first and checked; for
each term or number that is not in it, every place after the committed prefix is tried: the text up to there
and the rendering are forced, the rest is decoded anew, and the model's own probability of the whole decides.
This is lexically constrained decoding (Hokamp and Liu 2017, "Lexically constrained decoding for sequence
generation using grid beam search"), seen from outside: it needs nothing of a model but prefixes and scores,
and costs nothing where the free translation is right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mt import glossary, inventions, numbers
from mt.faults import Checker, Faults, counts
from mt.languages import normalized
from mt.numbers import Number
from mt.phrasing import phrased, spaced_after
from streaming.marks import without_end
from streaming.matching import touches
from streaming.script import written
from streaming.stages import Translation, TranslationRequest, Translator
from streaming.words import capitalized, units

PLACES = 24
"""Places that are tried for one rendering, at most."""
TOGETHER = 128
"""Trials that are translated together."""
ROUNDS = 8
"""Faults of one translation that are mended by decoding; what is left is put in its place without."""
TRIALS = 48
"""Of one translation, over all rounds: a model that is lost in a text finds no better place however long it
tries, and everybody who shares the engine waits meanwhile."""
LONGEST = 600
"""Characters of a source beyond which nothing is decoded anew: no sentence is so long."""
_CASELESS = frozenset({"zh", "yue", "ja", "ko", "th", "lo", "my", "km", "ar", "he", "fa", "ur", "hi", "ka"})


class FaithfulTranslator:
    """Translates as another does, with the terms and numbers of the source; remembers nothing."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request; the answer begins with its target prefix.

        Raises:
            LanguageError: a pair that the translator inside does not serve.
            EngineError: it failed.
        """
        requests = [_readable(request) for request in requests]
        drafts = [
            _Draft(request, answer)
            for request, answer in zip(requests, self._translator.translate(requests), strict=True)
        ]
        for _ in range(ROUNDS):
            if not (lacking := [draft for draft in drafts if draft.lacking]):
                break
            self._repair(lacking)
        for draft in drafts:
            draft.finish()
        return [draft.answer() for draft in drafts]

    def _repair(self, drafts: Sequence["_Draft"]) -> None:
        """Mend one fault of each draft, all with one call."""
        tried = [draft.trials() for draft in drafts]
        requests = [trial.request for trials in tried for trial in trials]
        answers = iter(
            [
                answer
                for first in range(0, len(requests), TOGETHER)
                for answer in self._translator.translate(requests[first : first + TOGETHER])
            ]
        )
        for draft, trials in zip(drafts, tried, strict=True):
            draft.take([(trial, next(answers)) for trial in trials])


def _readable(request: TranslationRequest) -> TranslationRequest:
    """Write Chinese in the characters that translators were taught, whichever are shown."""
    if normalized(request.source_language) != "zh":
        return request
    return replace(
        request,
        source=written(request.source, "simplified"),
        context=request.context and (written(request.context[0], "simplified"), request.context[1]),
        terms=tuple(replace(term, source=written(term.source, "simplified")) for term in request.terms),
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    """A rendering in a place."""

    place: int
    """Where in the text that is being mended."""
    request: TranslationRequest
    """The beginning up to the rendering as target prefix."""


@dataclass(slots=True)
class _Draft:
    """A translation on its way to being faithful."""

    request: TranslationRequest
    first: Translation
    text: str = field(init=False, default="")
    _checker: Checker = field(init=False)
    _faults: Faults = field(init=False)
    _at_first: Faults = field(init=False)
    _given_up: bool = field(init=False, default=False)
    """What is wrong is committed already."""
    _left: int = field(init=False, default=TRIALS)

    def __post_init__(self) -> None:
        request = self.request
        self._checker = Checker(request)
        self.text = self._phrased(self.first.text)
        self._faults = self._at_first = self._checker.faults(self.text)

    @property
    def lacking(self) -> bool:
        """A term or a number is missing that can still be written."""
        return (
            self._faults.missing
            and not self._given_up
            and self._left > 0
            and len(self.request.source) <= LONGEST
        )

    def finish(self) -> None:
        """Mend without the translator what is left: decoding anew would only invent the same numbers."""
        while (self._faults.missing or self._excess) and not self._given_up:
            self._splice(self._stop)

    def answer(self) -> Translation:
        """Give the translation as it stands."""
        whole = [
            text
            for term in self.request.terms
            if (text := glossary.rendering(term, self.text, self._language))
        ]
        found = numbers.numbers(self.text, self._language)
        whole += [self.text[number.start : number.end] for number in found]
        parts = tuple(dict.fromkeys(whole))
        if self.text == self.first.text:
            return replace(self.first, whole=parts)
        # Whatever else was said of the first text is not true of this one.
        return Translation(self.text, whole=parts)

    def trials(self) -> list[_Trial]:
        """Ask for what the translation could be with one fault mended, in each place."""
        rendering = self._faults.next_rendering(self.request)
        trials: dict[str, _Trial] = {}
        for place in self._places():
            prefix = self._until(place, rendering)
            trials.setdefault(prefix, _Trial(place, self._continued(prefix)))
        self._left -= len(trials)
        return list(trials.values())

    def take(self, tried: Sequence[tuple[_Trial, Translation]]) -> None:
        """Take the best of what came back; where none is better than what there is, decode nothing anew."""
        ranked = []
        for trial, answer in tried:
            text = self._phrased(answer.text, keep=trial.request.target_prefix)
            faults, loss = self._checker.faults(text), -(answer.score or 0.0)
            ranked.append((faults.count, loss, trial.place, text, faults))
        count, _, _, text, faults = min(ranked, key=lambda item: item[:2])
        if count < self._faults.count:
            self.text, self._faults = text, faults
        else:
            self._splice(min(ranked, key=lambda item: item[1])[2])

    def _splice(self, place: int) -> None:
        """Mend one fault in the text as it is, without decoding the rest anew."""
        for text in self._spliced(max(place, len(self.request.target_prefix))):
            faults = self._checker.faults(text := self._phrased(text))
            if faults.count < self._faults.count:
                self.text, self._faults = text, faults
                return
        self._given_up = True

    def _spliced(self, place: int) -> Iterator[str]:
        """Write what the text could be: the missing in the place of what is wrong, or in another; or less."""
        rendering = self._faults.next_rendering(self.request)
        if not rendering:
            yield inventions.without(self.text, self._excess[0])
            return
        if wrong := self._faults.instead:
            yield self._inserted(rendering, wrong.start, wrong.end)
        yield self._inserted(rendering, place, place)

    def _inserted(self, rendering: str, start: int, end: int) -> str:
        before, after = self.text[:start], self.text[end:]
        before += spaced_after(before, rendering, self._language) + rendering
        return before + spaced_after(before, after, self._language) + after.lstrip()

    @property
    def _excess(self) -> Sequence[Number]:
        """Numbers that were invented and can go.

        A source that speaks of no number has none; for each of another that was missing and is written now,
        one that stood there instead goes.
        """
        whole = [n for n in self._faults.invented if inventions.removable(self.text, n, self._language)]
        if not whole:
            return whole
        if not inventions.speaks_of_numbers(self.request.source, normalized(self.request.source_language)):
            return [n for n in whole if any(map(str.isdecimal, self.text[n.start : n.end]))]
        written = len(self._at_first.numbers) - len(self._faults.numbers)
        gone = len(self._at_first.invented) - len(self._faults.invented)
        return whole[: max(0, written - gone)]

    def _continued(self, prefix: str) -> TranslationRequest:
        """Ask for a translation that begins so, and for nothing else that the first request wanted."""
        request = self.request
        return TranslationRequest(
            request.source,
            prefix,
            request.source_language,
            request.target_language,
            request.complete,
            scored=True,
        )

    def _places(self) -> list[int]:
        """List where a rendering may stand: between units, after what is committed, outside what is whole."""
        fixed = len(self.request.target_prefix)
        stop = self._stop
        # What stands in the place of a lost number is often a wrong one: it is tried first.
        wrong = [number.start for number in self._faults.invented if number.start >= fixed]
        kept = [
            (start, start + len(part)) for part in self.answer().whole if (start := self.text.find(part)) >= 0
        ] + [(number.start, number.end) for number in numbers.numbers(self.text, self._language)]
        places, at = [fixed, max(fixed, stop)], 0
        for unit in units(self.text, self._language):
            at += len(unit)
            if fixed < at <= stop and not any(start < at < end for start, end in kept):
                places.append(at)
        places = sorted({*places, *(place for place in wrong if place > fixed)})
        most = min(PLACES, self._left)
        if len(places) > most:
            places = [*wrong, *(places[i * len(places) // most] for i in range(most))][: self._left]
        return places

    def _until(self, place: int, rendering: str) -> str:
        """Write the beginning of a translation that has a rendering at a place."""
        before = self.text[:place] if place <= len(self.request.target_prefix) else self.text[:place].rstrip()
        if not before.strip() and self._capital and not self._verbatim(rendering):
            rendering = capitalized(rendering)
        gap = spaced_after(before, rendering, self._language)
        return self._phrased(before + gap + rendering, keep=before, complete=False)

    def _verbatim(self, rendering: str) -> bool:
        return any(term.verbatim and term.targets[0] == rendering for term in self.request.terms)

    @property
    def _stop(self) -> int:
        """Where the text ends before its closing marks; those of a number (p.m.) are its own."""
        found = numbers.numbers(self.text, self._language)
        return max([len(without_end(self.text).rstrip()), *(number.end for number in found)])

    @property
    def _language(self) -> str:
        return normalized(self.request.target_language)

    @property
    def _capital(self) -> bool:
        first = next((c for c in self.request.source if c.isalpha()), "")
        return normalized(self.request.source_language) in _CASELESS or first.isupper()

    def _phrased(self, text: str, keep: str = "", complete: bool | None = None) -> str:
        prefix = max(self.request.target_prefix, keep, key=len)
        rest = text[len(prefix) :]
        if counts(self.request):
            rest = rest[numbers.overgrown(prefix, rest, self._language) :]
        return phrased(
            prefix,
            rest,
            self._language,
            complete=self.request.complete if complete is None else complete,
            capital=self._capital and not keep and not self._begins_verbatim(text),
        )

    def _begins_verbatim(self, text: str) -> bool:
        """Whether a text begins with a name that keeps its letters, as npm does."""
        first = next((i for i, character in enumerate(text) if character.isalnum()), 0)
        names = (term.targets[0] for term in self.request.terms if term.verbatim)
        return any(
            0 <= (start := text.find(name)) <= first and not touches(text, start + len(name), self._language)
            for name in names
        )

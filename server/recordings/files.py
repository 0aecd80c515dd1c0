"""Recordings: interpreted as fast as the machine allows, in one of two modes.

*Accurate* hears whole utterances and translates whole sentences. *Live* runs the stages of a live session:
what its record holds is exactly what a live session would have committed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mt.faithful import FaithfulTranslator
from mt.router import Router
from server.interpretation.engines import Engines
from server.interpretation.graph import DETECTOR, RECOGNITION, RECOGNIZER, TRANSLATOR, Interpretation, graph
from server.interpretation.manner import Manner
from server.recordings import accurate
from server.recordings.accurate import Passage
from server.records import forms
from server.records.record import Record, UtteranceRecord
from streaming import simulate
from streaming.audio import AudioChunk
from streaming.captions import Update
from streaming.decode import decode
from streaming.errors import LanguageError
from streaming.stages import Notice, Translation, TranslationRequest
from streaming.words import Word, text_of

Mode: TypeAlias = Literal["accurate", "live"]

OnNotice: TypeAlias = accurate.OnNotice


@dataclass(frozen=True, slots=True)
class Approach:
    """How a recording is interpreted."""

    mode: Mode = "accurate"
    prompt: str = ""
    """Text that recognition is to take as said before; accurate only."""


ACCURATE, LIVE = Approach(), Approach("live")


def interpret(
    path: str | Path,
    wanted: Interpretation,
    engines: Engines,
    on_progress: Callable[[float], None],
    on_utterance: Callable[[UtteranceRecord], None] = lambda utterance: None,
    on_notice: OnNotice = lambda notice, moment: None,
    *,
    approach: Approach = ACCURATE,
    workers: int = 1,
) -> Record:
    """Interpret a recording; tells how many seconds are done, and each utterance when it is finished.

    Raises:
        AudioError: a recording that cannot be read.
    """
    gathered = Gathered(wanted)
    methods = batch_methods(engines, on_notice, approach.mode)
    for passage in passages(
        decode(path), wanted, methods, approach, engines.manner, workers=workers, on_notice=on_notice
    ):
        gathered.add(passage)
        on_progress(gathered.seconds)
        for utterance in passage.records:
            on_utterance(utterance)
    return gathered.record()


def passages(
    chunks: Iterable[AudioChunk],
    wanted: Interpretation,
    methods: simulate.Engines,
    approach: Approach,
    manner: Manner,
    *,
    workers: int = 1,
    last: Passage | None = None,
    on_notice: OnNotice = lambda notice, moment: None,
) -> Iterator[Passage]:
    """Interpret audio; gives passages in order, the last one ends with the audio.

    `manner` is how the server interprets. What ends with the `last` passage of an earlier run is left out, in
    accurate mode only.
    """
    if approach.mode == "live":
        return _live(chunks, wanted, methods, manner, on_notice)
    return accurate.interpret(
        chunks,
        wanted,
        methods,
        manner,
        workers=workers,
        prompt=approach.prompt,
        last=last,
        on_notice=on_notice,
    )


def batch_methods(engines: Engines, on_notice: OnNotice, mode: Mode) -> simulate.Engines:
    """Give the engines as recordings ask them: live, the medium translator, else the best there is."""
    translator = engines.translator if mode == "live" else engines.tiers
    return {
        DETECTOR: engines.detector.detect,
        RECOGNIZER: engines.recognizer.recognize,
        TRANSLATOR: lenient(engines.translator, FaithfulTranslator(translator).translate, on_notice),
    }


def lenient(
    router: Router,
    translate: Callable[[Sequence[TranslationRequest]], Sequence[Translation]],
    on_notice: OnNotice,
) -> Callable[[Sequence[TranslationRequest]], Sequence[Translation]]:
    """Leave untranslated what no model serves, and say so once: a detected language may be any, as live."""
    return partial(_leniently, router, translate, on_notice, set())


def _leniently(
    router: Router,
    translate: Callable[[Sequence[TranslationRequest]], Sequence[Translation]],
    on_notice: OnNotice,
    refused: set[str],
    requests: Sequence[TranslationRequest],
) -> Sequence[Translation]:
    served = [request for request in requests if _serves(router, request, refused, on_notice)]
    answers = dict(zip(map(id, served), translate(served) if served else (), strict=True))
    return [answers.get(id(request), Translation(request.target_prefix)) for request in requests]


def _serves(router: Router, request: TranslationRequest, refused: set[str], on_notice: OnNotice) -> bool:
    try:
        router.route(request.source_language, request.target_language)
    except LanguageError as error:
        if str(error) not in refused:
            refused.add(str(error))
            on_notice(Notice(error.code, str(error)), None)
        return False
    return True


def check_translated(record: Record, targets: Sequence[str | None], codes: Mapping[str, str]) -> None:
    """See that not all that a record lacks is a model; `codes` are those of the notices, by their messages.

    Raises:
        LanguageError: no model translates anything of what was said.
    """
    refused = [message for message, code in codes.items() if code == LanguageError.code]
    if refused and not any(forms.shown(said, target) for said in record.utterances for target in targets):
        raise LanguageError(refused[0])


@dataclass(slots=True)
class Gathered:
    """The record of a recording, as its passages come."""

    wanted: Interpretation
    seconds: float = 0.0
    utterances: list[UtteranceRecord] = field(default_factory=list)

    def add(self, passage: Passage) -> None:
        """Take the next passage."""
        self.seconds = max(self.seconds, passage.end)
        self.utterances += passage.records

    def record(self) -> Record:
        """Give the record as far as it goes."""
        language = self.wanted.source or _main_language(self.utterances)
        return Record(language, self.seconds, tuple(self.utterances))


def _main_language(utterances: list[UtteranceRecord]) -> str | None:
    seconds: dict[str, float] = {}
    for utterance in utterances:
        spoken = utterance.end - utterance.start
        seconds[utterance.language] = seconds.get(utterance.language, 0.0) + spoken
    return max(seconds, key=seconds.__getitem__, default=None)


def _live(
    chunks: Iterable[AudioChunk],
    wanted: Interpretation,
    methods: simulate.Engines,
    manner: Manner,
    on_notice: OnNotice,
) -> Iterator[Passage]:
    ledger = _Ledger(wanted.targets, on_notice)
    manner = replace(manner, look_ahead=False)  # nobody sees what is tentative
    count, moment = 0, 0.0
    for moment in simulate.steps(graph(wanted, manner=manner), methods, chunks, ledger.write):
        for record in ledger.take():
            yield Passage(moment, count, (record,), wanted.source)
            count += 1
        yield Passage(moment, language=wanted.source)
    ledger.pass_on()
    for record in ledger.take():
        yield Passage(moment, count, (record,), wanted.source)
        count += 1


@dataclass(slots=True)
class _Entry:
    """An utterance that is being said or translated."""

    language: str = ""
    words: list[Word] = field(default_factory=list)
    translations: dict[str, list[Word]] = field(default_factory=dict)
    finals: int = 0


class _Ledger:
    """Gathers updates into utterances and passes on, in order, those that are final in every language."""

    def __init__(self, targets: tuple[str, ...], on_notice: OnNotice) -> None:
        self._targets = targets
        self._on_notice = on_notice
        self._entries: dict[int, _Entry] = {}
        self._finished: list[UtteranceRecord] = []

    def take(self) -> list[UtteranceRecord]:
        """Take the utterances that were finished since the last time."""
        finished, self._finished = self._finished, []
        return finished

    def write(self, name: str, item: Any, moment: float) -> None:
        match item:
            case Notice():
                self._on_notice(item, moment)
            case Update():
                self._add(name, item)

    def _add(self, name: str, update: Update) -> None:
        entry = self._entries.setdefault(update.utterance, _Entry())
        if name == RECOGNITION:
            entry.language = update.language
            entry.words += update.committed
        else:
            entry.translations.setdefault(update.language, []).extend(update.committed)
        entry.finals += update.final
        begun = update.utterance if name == RECOGNITION else 0
        self.pass_on(lambda n: n < begun or self._entries[n].finals > len(self._targets))

    def pass_on(self, ready: Callable[[int], bool] = lambda number: True) -> None:
        """Pass on the leading utterances that are ready.

        All that recognition writes is translated before it writes more, so an utterance is ready at the
        latest when the next one begins; not every one is final, or there at all, in every language.
        """
        for number in [*takewhile(ready, sorted(self._entries))]:
            entry = self._entries.pop(number)
            if not entry.words:
                continue
            translations = {
                target: text_of(entry.translations.get(target, ()))
                for target in self._targets
                if target != entry.language
            }
            self._finished.append(UtteranceRecord(entry.language, tuple(entry.words), translations))

"""Recordings: interpreted by the same stages as live speech, as fast as the machine allows.

What a record holds is exactly what a live session would have committed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from mt.router import Router
from server.engines import Engines
from server.graph import DETECTOR, RECOGNITION, RECOGNIZER, TRANSLATOR, Interpretation, graph
from server.records import Record, UtteranceRecord
from streaming import simulate
from streaming.audio import AudioChunk
from streaming.captions import Update
from streaming.decode import decode
from streaming.errors import LanguageError
from streaming.stages import Notice, Translation, TranslationRequest
from streaming.words import Word, text_of


def interpret(
    path: str | Path,
    wanted: Interpretation,
    engines: Engines,
    on_progress: Callable[[float], None],
    on_utterance: Callable[[UtteranceRecord], None] = lambda utterance: None,
    on_notice: Callable[[Notice], None] = lambda notice: None,
) -> Record:
    """Interpret a recording; tells how many seconds are done, and each utterance when it is finished.

    Raises:
        AudioError: a recording that cannot be read.
    """
    ledger = _Ledger(wanted.targets, on_utterance, on_notice)
    seconds = 0.0

    def chunks() -> Iterator[AudioChunk]:
        nonlocal seconds
        for chunk in decode(path):
            yield chunk
            seconds = chunk.end
            on_progress(seconds)

    simulate.run(
        graph(wanted, manner=engines.manner), _batch_methods(engines, on_notice), chunks(), ledger.write
    )
    ledger.pass_on()
    return Record(wanted.source or _main_language(ledger.finished), seconds, tuple(ledger.finished))


def _batch_methods(engines: Engines, on_notice: Callable[[Notice], None]) -> simulate.Engines:
    return {
        DETECTOR: engines.detector.detect,
        RECOGNIZER: engines.recognizer.recognize,
        TRANSLATOR: _LenientTranslator(engines.translator, on_notice).translate,
    }


class _LenientTranslator:
    """Leaves out what no model serves, and says so once: a detected language may be any, as live."""

    def __init__(self, router: Router, on_notice: Callable[[Notice], None]) -> None:
        self._router = router
        self._on_notice = on_notice
        self._refused: set[str] = set()

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        try:
            return self._router.translate(requests)
        except LanguageError as error:
            if str(error) not in self._refused:
                self._refused.add(str(error))
                self._on_notice(Notice(error.code, str(error)))
            return [Translation(request.target_prefix) for request in requests]


def _main_language(utterances: list[UtteranceRecord]) -> str | None:
    seconds: dict[str, float] = {}
    for utterance in utterances:
        spoken = utterance.end - utterance.start
        seconds[utterance.language] = seconds.get(utterance.language, 0.0) + spoken
    return max(seconds, key=seconds.__getitem__, default=None)


@dataclass(slots=True)
class _Entry:
    """An utterance that is being said or translated."""

    language: str = ""
    words: list[Word] = field(default_factory=list)
    translations: dict[str, list[Word]] = field(default_factory=dict)
    finals: int = 0


class _Ledger:
    """Gathers updates into utterances and passes on, in order, those that are final in every language."""

    def __init__(
        self,
        targets: tuple[str, ...],
        on_utterance: Callable[[UtteranceRecord], None],
        on_notice: Callable[[Notice], None],
    ) -> None:
        self._targets = targets
        self._on_utterance = on_utterance
        self._on_notice = on_notice
        self._entries: dict[int, _Entry] = {}
        self.finished: list[UtteranceRecord] = []

    def write(self, name: str, item: Any, moment: float) -> None:
        match item:
            case Notice():
                self._on_notice(item)
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
            record = UtteranceRecord(entry.language, tuple(entry.words), translations)
            self.finished.append(record)
            self._on_utterance(record)

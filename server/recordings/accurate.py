"""Recordings the accurate way: whole utterances, recognised side by side, translated sentence by sentence.

If no language is given, the first that is surely heard is the recording's; utterances that are surely in
another are heard in that one, each for itself.

An utterance of several sentences is recorded sentence by sentence, so that each stands beside its
translation and has its own time.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeAlias

from asr.endpointing import PRE_ROLL, EndpointingStage
from asr.presets import family
from asr.script import Script
from asr.shown import begun
from asr.whole import Gathering, believed, other_language, second_window, tells_language, whole_window
from mt.sentences import sentences
from server.interpretation.graph import DETECTOR, RECOGNIZER, TRANSLATOR, Interpretation
from server.interpretation.manner import Manner
from server.records.record import UtteranceRecord
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.simulate import Engines
from streaming.stages import READ, Ask, Notice, Recognition, Signal, TranslationRequest, Window, Write
from streaming.words import Word, text_of

OnNotice: TypeAlias = Callable[[Notice, float | None], None]
"""Told what people should know, and to which second of the recording it belongs, `None`: to none; from any
thread."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How far a recording has been interpreted, and what was said since the last passage."""

    end: float
    """Seconds that are done with it; an utterance may end a little before what was done already."""
    number: int | None = None
    """Which utterance of the recording it is, from 0; `None`: time has passed, nothing else."""
    records: tuple[UtteranceRecord, ...] = ()
    """What was said; an utterance may turn out to hold no words."""
    language: str | None = None
    """The recording's language; `None`: it is not known yet."""


def left_off(passages: Sequence[Passage]) -> Passage | None:
    """Give where an earlier run ended: its last passage, with what was said last, there or before; `None`:
    it heard nothing."""
    if not passages:
        return None
    said = next((passage.records for passage in reversed(passages) if passage.records), ())
    return replace(passages[-1], records=said)


def interpret(
    chunks: Iterable[AudioChunk],
    wanted: Interpretation,
    engines: Engines,
    manner: Manner,
    *,
    workers: int,
    prompt: str = "",
    last: Passage | None = None,
    on_notice: OnNotice = lambda notice, moment: None,
) -> Iterator[Passage]:
    """Interpret a recording; gives its passages in order, at most `workers` utterances ahead.

    What ends with the `last` passage of an earlier run (`left_off`) is only listened for, to go on where that
    was stopped.
    """
    listener = _Listener(wanted, engines, manner, prompt)
    passages = _passages(chunks, listener, engines, manner, workers, last, on_notice)
    with closing(passages):
        yield from _begun(passages, last) if family(manner.family).by_sentence else passages


def _passages(
    chunks: Iterable[AudioChunk],
    listener: "_Listener",
    engines: Engines,
    manner: Manner,
    workers: int,
    last: Passage | None,
    on_notice: OnNotice,
) -> Generator[Passage]:
    language = listener.source
    ahead: deque[Future[_Interpreted]] = deque()
    moment, done, heard = 0.0, 0.0, 0
    if last and last.number is not None:
        language, done, heard = last.language, last.end, last.number + 1
    pool = ThreadPoolExecutor(workers, thread_name_prefix="utterance")

    def next_passage() -> Passage:
        interpreted = ahead.popleft().result()
        if interpreted.alarm:
            on_notice(*interpreted.alarm)
        return interpreted.passage

    try:
        for moment, found in _utterances(chunks, engines, manner.longest):
            utterance = _rest(found, done)
            if utterance is not None:
                ahead.append(pool.submit(listener.interpret, heard, utterance, language))
                heard += 1
            elif not ahead:
                yield Passage(moment, language=language)
            while ahead and (language is None or len(ahead) > workers or ahead[0].done()):
                passage = next_passage()
                language = passage.language
                yield passage
        while ahead:
            yield next_passage()
        yield Passage(moment, language=language)
    finally:
        pool.shutdown(cancel_futures=True)


def _begun(passages: Iterable[Passage], last: Passage | None) -> Iterator[Passage]:
    """Begin sentences with a capital where the recognizer cannot have known that they begin."""
    before = text_of(last.records[-1].words) if last and last.records else ""
    for passage in passages:
        if not passage.records:
            yield passage
            continue
        first, *others = passage.records
        records = (replace(first, words=begun(first.words, before)), *others)
        before = text_of(records[-1].words)
        yield replace(passage, records=records)


def _rest(utterance: AudioChunk | None, done: float) -> AudioChunk | None:
    """Give what is left of an utterance, which may be divided otherwise than in an earlier run; the silence
    that led into it is no part that was heard."""
    if utterance is None or utterance.end <= done:
        return None
    known = round(done * SAMPLE_RATE) - utterance.offset
    if known <= PRE_ROLL:
        return utterance
    return AudioChunk(utterance.samples[known:], utterance.offset + known)


def _utterances(
    chunks: Iterable[AudioChunk], engines: Engines, longest: float
) -> Iterator[tuple[float, AudioChunk | None]]:
    """Find the utterances: for each chunk, those that are whole with it, and then nothing."""
    stage, gathering = EndpointingStage(), Gathering(longest)
    end = 0.0

    def found() -> Iterator[tuple[float, AudioChunk | None]]:
        while (action := stage.next_action()) is not READ:
            match action:
                case Ask(request):
                    (result,) = engines[DETECTOR]([request])
                    stage.receive_result(result, 0.0)
                case Write(item):
                    yield from ((end, utterance) for utterance in gathering.receive(item))
                case Signal.DONE:
                    yield from ((end, utterance) for utterance in gathering.finish())
                    return

    for chunk in chunks:
        end = chunk.end
        stage.receive(chunk)
        yield from found()
        yield end, None
    stage.finish()
    yield from found()
    yield end, None


@dataclass(frozen=True, slots=True)
class _Interpreted:
    """An utterance's passage, and what people should know of how it was heard, with its second."""

    passage: Passage
    alarm: tuple[Notice, float] | None


class _Listener:
    """Interprets single utterances; safe to be used by several threads."""

    def __init__(
        self,
        wanted: Interpretation,
        engines: Engines,
        manner: Manner,
        prompt: str,
    ) -> None:
        self.source = wanted.source
        self._targets = wanted.targets
        self._packs = wanted.packs
        self._languages = wanted.languages or manner.languages
        self._script = Script(manner.chinese)
        suited = family(manner.family)
        self._prefaces, self._first = suited.prefaces, suited.first
        self._engines = engines
        self._prompt = prompt

    def interpret(self, number: int, audio: AudioChunk, language: str | None) -> _Interpreted:
        window, result = self._heard(audio, language)
        words, alarm = believed(window, result, self._first)
        if language is None and tells_language(window, result, self._first):
            language = result.language
        words = self._script.write(words, result.language)
        words = self._packs.replacements.apply(words, result.language)
        records = self._translated([*sentences(words, result.language)], result.language)
        told = (Notice(alarm.code, alarm.message), audio.start) if alarm else None
        return _Interpreted(Passage(audio.end, number, records, language), told)

    def _heard(self, audio: AudioChunk, language: str | None) -> tuple[Window, Recognition]:
        """Hear an utterance, once more if it is in another language or cannot be believed."""
        window = self._window(audio, language, listen=self.source is None and language is not None)
        (result,) = self._engines[RECOGNIZER]([window])
        if language and (other := other_language(window, result)):
            # What was said in another language is no context for this one.
            window = replace(self._window(audio, other), prompt="")
            (result,) = self._engines[RECOGNIZER]([window])
        if again := second_window(window, result, self._first):
            window = again
            (result,) = self._engines[RECOGNIZER]([window])
        return window, result

    def _window(self, audio: AudioChunk, language: str | None, *, listen: bool = False) -> Window:
        terms = self._packs.hot_words(language) if language else ()
        preface = self._packs.prompt(language) or self._prefaces.get(language or "", "")
        return whole_window(audio, language, self._languages, self._prompt, terms, preface, listen=listen)

    def _translated(self, sentences: list[tuple[Word, ...]], spoken: str) -> tuple[UtteranceRecord, ...]:
        targets = [target for target in self._targets if target != spoken]
        requests = [
            self._request(text_of(words), spoken, target) for words in sentences for target in targets
        ]
        answers = iter(self._engines[TRANSLATOR](requests) if requests else ())
        return tuple(
            UtteranceRecord(spoken, words, {target: next(answers).text.strip() for target in targets})
            for words in sentences
        )

    def _request(self, text: str, spoken: str, target: str) -> TranslationRequest:
        terms = self._packs.glossary.terms(text, spoken, target)
        return TranslationRequest(text, "", spoken, target, complete=True, terms=terms)

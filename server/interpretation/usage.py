"""One session's use of the shared engines: measured, and kept from harming other sessions."""

import time
from collections.abc import Callable

import numpy as np

from server.interpretation.graph import DETECTOR, RECOGNIZER, SYNTHESIZER, TRANSLATOR
from server.interpretation.lag import Lag
from server.interpretation.languages import Languages
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.errors import EngineError, LanguageError
from streaming.pipeline import Engines
from streaming.stages import (
    Detection,
    DetectionRequest,
    Notice,
    Recognition,
    SpeechRequest,
    Translation,
    TranslationRequest,
    Window,
)


def unchanged(request: TranslationRequest) -> TranslationRequest:
    """Ask as the stage asks."""
    return request


class Usage:
    """Asks shared engines on behalf of one speaker."""

    def __init__(
        self,
        engines: Engines,
        languages: Languages,
        lag: Lag,
        say: Callable[[Notice], None],
        prepared: Callable[[TranslationRequest], TranslationRequest] = unchanged,
    ) -> None:
        """`lag` is told how far the engines have come; `say` hears of what cannot be
        translated or spoken; `prepared` adds to a request what its room knows."""
        self._ask = engines
        self._languages = languages
        self._lag = lag
        self._say = say
        self._prepared = prepared
        self._said: set[str] = set()
        self._mute: set[str] = set()
        """Languages whose last phrase was not spoken because the voice failed."""
        self.recognizing = 0.0
        """Seconds spent waiting for the recognizer."""

    def engines(self) -> Engines:
        """Give the engines as the session's pipeline is to ask them."""
        return {
            DETECTOR: self._detect,
            RECOGNIZER: self._recognize,
            TRANSLATOR: self._translate,
            SYNTHESIZER: self._speak,
        }

    async def _detect(self, request: DetectionRequest) -> Detection:
        answer: Detection = await self._ask[DETECTOR](request)
        self._lag.detect(len(request.samples) / SAMPLE_RATE)
        return answer

    async def _recognize(self, window: Window) -> Recognition:
        self._lag.ask(window.audio.end)
        asked = time.perf_counter()
        answer: Recognition = await self._ask[RECOGNIZER](window)
        self.recognizing += time.perf_counter() - asked
        self._lag.answer()
        return answer

    async def _translate(self, request: TranslationRequest) -> Translation:
        """Translate, unless no model serves the pair: a detected language may be any.

        Such a request must not reach the engine, where it would fail its whole batch.
        """
        try:
            self._languages.check(request.source_language, request.target_language)
        except LanguageError as error:
            self._say_once(request.target_language, error)
            return Translation(request.target_prefix)
        answer: Translation = await self._ask[TRANSLATOR](self._prepared(request))
        return answer

    async def _speak(self, request: SpeechRequest) -> AudioChunk:
        """Speak, unless there is no voice for the language or it fails: captions go on without."""
        try:
            answer: AudioChunk = await self._ask[SYNTHESIZER](request)
        except LanguageError as error:
            self._say_once(request.language, error)
            return _silence()
        except EngineError as error:
            self._say_mute(request.language, error)
            return _silence()
        self._mute.discard(request.language)
        return answer

    def _say_once(self, language: str, error: LanguageError) -> None:
        if str(error) not in self._said:
            self._said.add(str(error))
            self._say(Notice(error.code, str(error), language))

    def _say_mute(self, language: str, error: EngineError) -> None:
        if language not in self._mute:
            self._mute.add(language)
            message = f"{language} is not spoken for the moment: {error}"
            self._say(Notice(error.code, message, language))


def _silence() -> AudioChunk:
    return AudioChunk(np.zeros(0, np.float32))

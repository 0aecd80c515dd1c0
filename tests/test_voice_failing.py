"""A voice that fails: what it should have said is only read, and everything else goes on."""

from collections.abc import Sequence

import numpy as np

from server.interpretation.graph import DETECTOR, RECOGNIZER, SYNTHESIZER, TRANSLATOR
from server.interpretation.lag import Lag
from server.interpretation.languages import Languages
from server.interpretation.usage import Usage
from server.wire.messages import Done, Finish, Speech
from streaming.audio import AudioChunk
from streaming.errors import EngineError
from streaming.scripted import ScriptedSynthesizer, speak
from streaming.stages import Notice, SpeechRequest
from tests.served import engines
from tests.test_conference import IN_SPANISH, TALK, house

SOUND = AudioChunk(np.ones(8, np.float32))


async def said(*phrases: tuple[str, bool]) -> tuple[list[bool], list[Notice]]:
    """Have phrases spoken in these languages, of which some fail: which have a sound, and the notices."""
    notices: list[Notice] = []
    fails = iter([fails for _, fails in phrases])

    async def ask(request: SpeechRequest) -> AudioChunk:
        if next(fails):
            raise EngineError("out of memory")
        return SOUND

    asks = dict.fromkeys((DETECTOR, RECOGNIZER, TRANSLATOR, SYNTHESIZER), ask)
    usage = Usage(asks, Languages(engines()), Lag(notices.append, 0.0), notices.append)
    speaks = usage.engines()[SYNTHESIZER]
    return [bool(len((await speaks(SpeechRequest("hola", x))).samples)) for x, _ in phrases], notices


async def test_a_phrase_that_fails_is_silent_and_a_failure_that_lasts_is_told_once() -> None:
    phrases = [("es", True), ("es", True), ("zh", False), ("es", False), ("es", True)]
    heard, notices = await said(*phrases)
    assert heard == [not fails for _, fails in phrases]
    told = Notice("engine_failed", "es is not spoken for the moment: out of memory", "es")
    assert notices == [told, told]


async def test_each_language_that_is_not_spoken_is_told() -> None:
    _, notices = await said(("es", True), ("zh", True), ("es", True))
    assert [notice.message[:2] for notice in notices] == ["es", "zh"]


class Choking(ScriptedSynthesizer):
    """Fails on the first phrase."""

    def __init__(self) -> None:
        self._choked = False

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        if not self._choked:
            self._choked = True
            raise EngineError("the voice died")
        return super().synthesize(requests)


async def test_a_voice_that_fails_on_a_phrase_ends_nobodys_floor() -> None:
    async with house(own=engines(synthesizer=Choking())) as here:
        await here.open(targets=["es", "zh"], speak=["es"])
        spanish, chinese = await here.listener("es", speech=True), await here.listener("zh")
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await speaker.say(Finish())
        await speaker.until(lambda: speaker.of(Done))
        await spanish.until(lambda: spanish.finished("es") == IN_SPANISH and spanish.of(Speech))
        await chinese.until(lambda: len(chinese.finished("zh")) == 2)
    assert Notice("engine_failed", "es is not spoken for the moment: the voice died", "es") in speaker.of(
        Notice
    )

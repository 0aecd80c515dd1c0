"""What an operator corrects, and what becomes of its translations."""

from typing import Any

from mt.router import Router
from server.wire.room_messages import Correct, Operate, Revision
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Notice
from tests.served import Translators, engines
from tests.test_conference import IN_SPANISH, TALK, house


class Failing(Translators):
    """Fails when it is told to, at the word that it is told."""

    word = ""

    def translate(self, requests: Any) -> Any:
        if self.word and any(self.word in request.source for request in requests):
            raise RuntimeError("out of memory")
        return super().translate(requests)


async def test_a_translator_that_fails_leaves_the_translation_as_it_was() -> None:
    translator = Failing()
    async with house(own=engines(translator=Router([translator]))) as here:
        await here.open(targets=["es"])
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await listener.until(lambda: listener.finished("es") == IN_SPANISH)
        translator.word = "hotel"
        await desk.say(Correct(0, "alpha. hotel"))
        await desk.until(lambda: [n for n in desk.of(Notice) if "keeps the translation" in n.message])
        (revision,) = desk.of(Revision)
        assert (revision.language, revision.text) == ("en", "alpha. hotel")
        assert not listener.of(Revision)
        record = await here.http.get("/v1/rooms/hall/record", params={"language": "es", "format": "text"})
        assert record.text.splitlines() == IN_SPANISH
        translator.word = ""
        await desk.say(Correct(0, "alpha hotel"))
        await listener.until(lambda: listener.of(Revision))
        assert listener.of(Revision)[0].text == "ahpla letoh"
        await desk.say(Correct(0, ""))
        await listener.until(lambda: len(listener.of(Revision)) == 2)
        assert listener.of(Revision)[1].text == ""


async def test_a_language_is_not_filled_with_nothing() -> None:
    translator = Failing()
    async with house(own=engines(translator=Router([translator]))) as here:
        await here.open()
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await speaker.until(lambda: len(speaker.finished("en")) == 2)
        translator.word = VOCABULARY[0]
        listener = await here.listener("es")
        await listener.until(lambda: listener.finished("es"))
        assert listener.finished("es") == IN_SPANISH[1:]
        await speaker.play(speak(["kilo", ""]))
        await speaker.until(lambda: len(speaker.finished("en")) == 3)

"""What an operator corrects, and what becomes of its translations."""

import threading
from pathlib import Path
from typing import Any

from mt.router import Router
from server.rooms.eventlog import EventLog
from server.wire.messages import Finish, Resume
from server.wire.room_messages import Correct, End, Operate, Revision
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Notice
from tests.served import Translators, engines
from tests.test_conference import IN_SPANISH, TALK, Client, House, house


class Held(Translators):
    """Translates when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def translate(self, requests: Any) -> Any:
        assert self.free.wait(20)
        return super().translate(requests)


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


async def read(here: House, language: str) -> str:
    return (await here.http.get("/v1/rooms/hall/record", params={"language": language})).text.strip()


def texts(client: Client, language: str) -> list[str]:
    return [r.text for r in client.of(Revision) if r.language == language]


async def test_of_two_corrections_the_last_is_told_whichever_is_translated_first() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        desk, speaker = await here.enter("desk", Operate()), await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await desk.until(lambda: desk.finished("es") == ["ahpla"])
        await desk.say(Correct(0, " ".join(f"{word}." for word in VOCABULARY)))  # a request for each sentence
        await desk.say(Correct(0, "bravo"))
        await desk.say(End())
        await desk.end()
        assert texts(desk, "es") == ["ovarb"]
        assert [await read(here, language) for language in ("floor", "es")] == ["bravo", "ovarb"]


async def test_a_correction_reaches_a_language_that_has_shown_nothing_yet() -> None:
    held = Held()
    async with house(own=engines(translator=Router([held]))) as here:
        await here.open(targets=["es"])
        desk, speaker = await here.enter("desk", Operate()), await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await desk.until(lambda: desk.finished("en") == ["alpha"])
        await desk.say(Correct(0, "bravo"))
        await desk.until(lambda: desk.of(Revision))
        held.free.set()
        await desk.until(lambda: len(desk.of(Revision)) == 2)
        assert desk.finished("es") == ["ahpla"] and texts(desk, "es") == ["ovarb"]
        assert await read(here, "es") == "ovarb"


async def test_an_event_does_not_end_before_its_corrections_are_translated() -> None:
    held = Held()
    held.free.set()
    async with house(own=engines(translator=Router([held]))) as here:
        await here.open(targets=["es"])
        desk, speaker = await here.enter("desk", Operate()), await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await speaker.say(Finish())
        await speaker.end()
        await desk.until(lambda: desk.finished("es") == ["ahpla"])
        held.free.clear()
        await desk.say(Correct(0, "bravo"))
        await desk.until(lambda: desk.of(Revision))
        await desk.say(End())
        refused = await here.enter("floor", Resume("hall.s1.x"))  # the end is being waited for
        await refused.end()
        assert not desk.room.ended
        held.free.set()
        await desk.end()
        assert texts(desk, "es") == ["ovarb"] and desk.room.ended
        assert await read(here, "es") == "ovarb"


async def test_what_a_restart_leaves_uncorrected_is_corrected_after_it(tmp_path: Path) -> None:
    held = Held()
    held.free.set()
    async with house(own=engines(translator=Router([held])), log=EventLog(tmp_path / "events.db")) as here:
        await here.open(targets=["es"])
        desk, speaker = await here.enter("desk", Operate()), await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await desk.until(lambda: desk.finished("es") == ["ahpla"])
        held.free.clear()
        await desk.say(Correct(0, "bravo"))
        await desk.until(lambda: desk.of(Revision))
        here.served.app.state.hall.room("hall").correcting.hear = lambda entry: None
        await here.served.app.state.hall.room("hall").stop()
        held.free.set()
    async with house(log=EventLog(tmp_path / "events.db")) as here:
        desk = await here.enter("desk", Operate(event=0))
        await desk.until(lambda: len(desk.of(Revision)) == 2)
        assert texts(desk, "es") == ["ovarb"]

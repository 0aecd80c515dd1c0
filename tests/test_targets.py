"""Languages of a session of one's own, added and left out while somebody speaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from server.config import Config, ServerConfig
from server.interpretation.graph import Interpretation
from server.rooms.eventlog import EventLog
from server.rooms.operation import Operation
from server.wire.codec import decode_event, encode
from server.wire.messages import (
    Done,
    Finish,
    Ready,
    Resume,
    Route,
    ServerMessage,
    Speech,
    Start,
    Translate,
    Translating,
)
from server.wire.room_messages import Revision
from streaming.audio import SAMPLE_RATE, to_pcm16
from streaming.captions import Caption, Transcript
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Notice
from tests.served import Served, interpreted, serving

PARTS = [
    speak([*words, ""])
    for words in (VOCABULARY[:6], VOCABULARY[6:14], VOCABULARY[14:], (*VOCABULARY, *VOCABULARY))
]
"""An utterance each."""
LONG, MIDDLE = 3, 8 * SAMPLE_RATE
"""The longest, and where it is left in the middle."""
WHOLE = speak([*VOCABULARY[:6], "", *VOCABULARY[6:14], "", *VOCABULARY[14:]])
EXPECTED = {
    language: interpreted(WHOLE, Interpretation("en", ("es", "zh"))).committed(language)
    for language in ("en", "es", "zh")
}


class Talk:
    """A client that says and hears one thing after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.transcript = Transcript()
        self.spoken: list[str] = []
        self.revisions: list[Revision] = []
        self.event = 0

    async def say(self, message: Start | Resume | Translate | Finish) -> None:
        await self._socket.send(encode(message))

    async def speak(self, part: int, position: int = 0, end: int | None = None) -> None:
        """Say an utterance from a position on, or up to another."""
        await self._socket.send(to_pcm16(PARTS[part][position:end]))

    async def hear(self, kind: type[ServerMessage], language: str = "", utterance: int = -1) -> ServerMessage:
        """Wait for a message of a kind; of a caption, for the end of an utterance in a language."""
        while True:
            message = await self._next()
            if not isinstance(message, kind):
                continue
            if not isinstance(message, Caption):
                return message
            if (message.language, message.utterance, message.final) == (language, utterance, True):
                return message

    async def read(self, language: str) -> None:
        """Wait for text in a language."""
        while not self.committed(language):
            await self._next()

    async def _next(self) -> ServerMessage:
        async with asyncio.timeout(20):
            data = await self._socket.recv()
            while isinstance(data, bytes):
                data = await self._socket.recv()
        event, message = decode_event(data)
        self.event = event or self.event
        self._note(message)
        return message

    def lose(self) -> None:
        """Break the connection, as a network does."""
        self._socket.transport.abort()

    def _note(self, message: ServerMessage) -> None:
        if isinstance(message, Caption):
            self.transcript.show(message)
        elif isinstance(message, Revision):
            self.revisions.append(message)
            self.transcript.revise(message.utterance, message.language, message.text)
        elif isinstance(message, Speech):
            self.spoken.append(message.language)

    def committed(self, language: str) -> list[str]:
        return self.transcript.committed(language)


@asynccontextmanager
async def talking(served: Served, first: Start | Resume, path: str = "/v1/live") -> AsyncIterator[Talk]:
    async with connect(f"ws://{served.address}{path}") as socket:
        talk = Talk(socket)
        await talk.say(first)
        yield talk


async def test_a_language_that_is_added_has_the_last_utterances_and_all_that_follow() -> None:
    async with serving() as served, talking(served, Start("en", ("es",))) as talk:
        await talk.speak(0)
        await talk.hear(Caption, "es", 0)
        assert not talk.committed("zh")
        await talk.say(Translate(("es", "zh")))
        answer = await talk.hear(Translating)
        assert answer == Translating(("es", "zh"), (Route("es"), Route("zh")))
        await talk.speak(1)
        await talk.speak(2)
        await talk.say(Finish())
        await talk.hear(Done)
    assert {language: talk.committed(language) for language in EXPECTED} == EXPECTED


async def test_a_language_that_is_left_out_ends_and_the_others_go_on() -> None:
    async with serving() as served, talking(served, Start("en", ("es", "zh"), ("zh",))) as talk:
        await talk.speak(0)
        await talk.hear(Caption, "zh", 0)
        await talk.say(Translate(("es",)))
        await talk.hear(Translating)
        await talk.speak(1)
        await talk.hear(Caption, "es", 1)
        await talk.say(Translate(("es", "zh")))
        await talk.speak(2)
        await talk.say(Finish())
        await talk.hear(Done)
    assert talk.committed("es") == EXPECTED["es"]
    assert talk.committed("zh") == EXPECTED["zh"]  # what it missed was filled in when it came back
    assert talk.spoken == ["zh", "zh"]  # what was filled in is read, not heard
    assert all(caption.final for caption in talk.transcript.captions.values())


async def leave(talk: Talk) -> str:
    """Say the long utterance up to its middle, and leave Chinese out then; gives what there is of it."""
    await talk.speak(LONG, end=MIDDLE)
    await talk.read("zh")
    await talk.say(Translate(("es",)))
    await talk.hear(Caption, "zh", 0)
    return talk.committed("zh")[0]


LONGEST = interpreted(PARTS[LONG], Interpretation("en", ("es", "zh")))


@pytest.mark.parametrize("again", [1, 2])
async def test_a_language_that_is_back_in_mid_utterance_has_all_of_it(again: int) -> None:
    async with serving() as served, talking(served, Start("en", ("es", "zh"))) as talk:
        cut = await leave(talk)
        for _ in range(again - 1):
            await talk.say(Translate(("es", "zh")))
            await talk.say(Translate(("es",)))
        await talk.say(Translate(("es", "zh")))
        for _ in range(2 * again - 1):
            await talk.hear(Translating)
        await talk.speak(LONG, MIDDLE)
        await talk.hear(Revision)
        await talk.speak(0)
        await talk.say(Finish())
        await talk.hear(Done)
    whole = LONGEST.committed("zh")[0]
    assert whole.startswith(cut) and whole != cut
    assert talk.committed("zh") == [whole, EXPECTED["zh"][0]]
    shown, revision = talk.transcript.captions, talk.revisions[-1]
    assert (revision.by, revision.start, revision.end) == ("model", shown[0, "zh"].start, shown[0, "en"].end)
    assert {(each.utterance, each.language) for each in talk.revisions} == {(0, "zh")}


async def test_a_language_that_is_back_later_has_the_rest_of_what_was_cut_off() -> None:
    async with serving() as served, talking(served, Start("en", ("es", "zh"))) as talk:
        await leave(talk)
        await talk.speak(LONG, MIDDLE)
        await talk.speak(0)
        await talk.hear(Caption, "es", 1)
        await talk.say(Translate(("es", "zh")))
        await talk.hear(Revision)
        await talk.speak(1)
        await talk.say(Finish())
        await talk.hear(Done)
    assert talk.committed("zh") == [*LONGEST.committed("zh"), *EXPECTED["zh"][:2]]
    assert [(each.utterance, each.language) for each in talk.revisions] == [(0, "zh")]


async def test_a_language_that_stays_out_keeps_what_was_said_of_it() -> None:
    async with serving() as served, talking(served, Start("en", ("es", "zh"))) as talk:
        cut = await leave(talk)
        await talk.speak(LONG, MIDDLE)
        await talk.say(Finish())
        await talk.hear(Done)
    assert talk.committed("zh") == [cut] and not talk.revisions


async def test_of_several_changes_at_once_the_last_holds() -> None:
    async with serving() as served, talking(served, Start("en", ("es",))) as talk:
        await talk.speak(0)
        ready = await talk.hear(Ready)
        assert isinstance(ready, Ready)
        await talk.hear(Caption, "es", 0)
        operation = Operation(served.app.state.hall._conferences[ready.session])
        operation.translate(())
        operation.translate(("es", "zh"))
        operation.translate(("es",))
        await talk.speak(1)
        await talk.speak(2)
        await talk.say(Finish())
        await talk.hear(Done)
    assert talk.committed("es") == EXPECTED["es"]
    assert EXPECTED["zh"][1] not in talk.committed("zh")


@pytest.mark.parametrize("targets", [("es", "tlh"), ("es", "es")])
async def test_what_cannot_be_translated_is_refused_and_nothing_changes(targets: tuple[str, ...]) -> None:
    async with serving() as served, talking(served, Start("en", ("es", "zh"))) as talk:
        await talk.hear(Ready)
        await talk.say(Translate(targets))
        refusal = await talk.hear(Notice)
        assert isinstance(refusal, Notice)
        assert refusal.code == "refused"
        for part in range(3):
            await talk.speak(part)
        await talk.say(Finish())
        await talk.hear(Done)
    assert {language: talk.committed(language) for language in EXPECTED} == EXPECTED


async def test_in_a_room_listeners_choose() -> None:
    import httpx2

    async with serving() as served:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            await http.post("/v1/rooms", json={"id": "hall", "source": "en"})
        async with talking(served, Start("en"), "/v1/rooms/hall/floor") as talk:
            await talk.say(Translate(("zh",)))
            refusal = await talk.hear(Notice)
    assert refusal == Notice("refused", "the languages of a room are those that its listeners choose")


async def test_languages_survive_the_server(tmp_path: Path) -> None:
    config, log = Config(ServerConfig(grace=60.0)), tmp_path / "events.sqlite"
    async with serving(log=EventLog(log), config=config) as served:
        async with talking(served, Start("en", ("es",))) as talk:
            ready = await talk.hear(Ready)
            await talk.speak(0)
            await talk.hear(Caption, "es", 0)
            await talk.say(Translate(("zh",)))
            await talk.hear(Caption, "zh", 0)
            talk.lose()
    assert isinstance(ready, Ready)
    async with serving(log=EventLog(log), config=config) as served:
        async with talking(served, Resume(ready.token, talk.event)) as again:
            resumed = await again.hear(Ready)
            assert isinstance(resumed, Ready)
            assert (resumed.targets, resumed.routes) == (("zh",), (Route("zh"),))
            await again.speak(0, resumed.position)
            await again.speak(1)
            await again.hear(Caption, "zh", 1)
            await again.say(Finish())
            await again.hear(Done)
    assert again.committed("zh")[-1] == EXPECTED["zh"][1]
    assert not again.committed("es")


async def test_what_was_cut_off_is_known_after_a_restart(tmp_path: Path) -> None:
    config, log = Config(ServerConfig(grace=60.0)), tmp_path / "events.sqlite"
    async with serving(log=EventLog(log), config=config) as served:
        async with talking(served, Start("en", ("es", "zh"))) as talk:
            ready = await talk.hear(Ready)
            await leave(talk)
            await talk.speak(LONG, MIDDLE)
            await talk.hear(Caption, "es", 0)
            talk.lose()
    assert isinstance(ready, Ready)
    async with serving(log=EventLog(log), config=config) as served:
        async with talking(served, Resume(ready.token, talk.event)) as again:
            await again.hear(Ready)
            await again.say(Translate(("es", "zh")))
            revision = await again.hear(Revision)
    assert isinstance(revision, Revision)
    assert [revision.text] == LONGEST.committed("zh")

"""Rooms on real sockets: a floor, listeners in their languages and styles, booths, an operator."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from mt.router import Router
from server.rooms.eventlog import EventLog
from server.wire.codec import decode_event, encode
from server.wire.messages import (
    ClientMessage,
    Done,
    Error,
    Finish,
    Ready,
    Resume,
    ServerMessage,
    Speech,
    Start,
)
from server.wire.room_messages import (
    Correct,
    End,
    Hand,
    Interpret,
    Listen,
    Mute,
    Operate,
    Pause,
    Revision,
    RoomState,
    Status,
    Term,
    Terms,
    Type,
)
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples, to_pcm16
from streaming.captions import Caption, Transcript
from streaming.errors import RoomError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Notice, SpeechRequest, Translation, TranslationRequest
from tests.served import Served, Translators, engines, serving

TALK = [*VOCABULARY[:5], "", *VOCABULARY[5:10], ""]
SAID = [" ".join(VOCABULARY[:5]), " ".join(VOCABULARY[5:10])]
IN_SPANISH = [" ".join(word[::-1] for word in said.split()) for said in SAID]


@dataclass
class Client:
    """One connection, and all that came over it."""

    socket: ClientConnection
    messages: list[tuple[int | None, ServerMessage]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def read(self) -> None:
        try:
            async for text in self.socket:
                if isinstance(text, str):
                    self.messages.append(decode_event(text))
                    self.arrived.set()
        except ConnectionClosed:
            pass
        self.closed = True
        self.arrived.set()

    async def say(self, message: ClientMessage) -> None:
        await self.socket.send(encode(message))

    async def play(self, samples: Samples) -> None:
        data = to_pcm16(samples)
        for start in range(0, len(data), 3200):
            await self.socket.send(data[start : start + 3200])

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                assert not self.closed, f"closed: {self.messages[-3:]}"
                self.arrived.clear()
                await self.arrived.wait()

    async def end(self) -> None:
        async with asyncio.timeout(20):
            while not self.closed:
                self.arrived.clear()
                await self.arrived.wait()

    def of(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.messages if isinstance(message, kind)]

    def committed(self, language: str) -> list[str]:
        transcript = Transcript()
        for message in self.of(Caption):
            transcript.show(message)
        return transcript.committed(language)

    def finished(self, language: str) -> list[str]:
        return [c.committed for c in self.of(Caption) if c.final and c.language == language and c.committed]

    @property
    def room(self) -> RoomState:
        state: RoomState = self.of(RoomState)[-1]
        return state


@dataclass
class House:
    served: Served
    tasks: asyncio.TaskGroup
    http: httpx2.AsyncClient

    async def open(self, id: str = "hall", **plan: Any) -> None:
        answer = await self.http.post("/v1/rooms", json={"id": id, "source": "en", **plan})
        assert answer.status_code == 201, answer.text

    async def enter(self, door: str, *first: ClientMessage, room: str = "hall") -> Client:
        client = Client(await connect(f"ws://{self.served.address}/v1/rooms/{room}/{door}"))
        self.tasks.create_task(client.read())
        for message in first:
            await client.say(message)
        return client

    async def listener(self, language: str = "es", **options: Any) -> Client:
        client = await self.enter("listen", Listen(language, **options))
        await client.until(lambda: client.messages)
        return client

    async def speaker(self, *messages: ClientMessage) -> Client:
        client = await self.enter("floor", *(messages or (Start(),)))
        await client.until(lambda: client.of(Ready))
        return client


@asynccontextmanager
async def house(**options: Any) -> AsyncIterator[House]:
    async with serving(**{"grace": 30, **options}) as served, asyncio.TaskGroup() as tasks:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            here = House(served, tasks, http)
            yield here
            served.server.should_exit = True


async def test_each_listener_reads_in_the_own_language_and_style() -> None:
    async with house() as here:
        await here.open()
        fast = await here.listener("es")
        steady = await here.listener("zh", style="steady")
        whole = await here.listener("es", style="sentence")
        floor = await here.listener()
        await floor.say(Listen())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await fast.until(lambda: len(fast.finished("es")) == 2)
        await steady.until(lambda: len(steady.finished("zh")) == 2)
        await whole.until(lambda: len(whole.finished("es")) == 2)
        await floor.until(lambda: len(floor.finished("en")) == 2)
        await speaker.until(lambda: len(speaker.finished("en")) == 2)
    assert fast.committed("es") == IN_SPANISH
    assert any(caption.tentative for caption in fast.of(Caption))
    assert not any(caption.tentative for caption in [*steady.of(Caption), *whole.of(Caption)])
    assert [caption.committed for caption in whole.of(Caption)] == IN_SPANISH
    assert {caption.language for caption in steady.of(Caption)} == {"zh"}
    assert floor.committed("en") == SAID and floor.finished("es") == []
    assert {caption.speaker for caption in fast.of(Caption)} == {"s1"}


async def test_only_what_is_read_or_recorded_is_translated() -> None:
    from streaming.scripted import ScriptedTranslator
    from tests.served import Router, Translators, engines

    asked: set[str] = set()

    class Counting(Translators):
        def translate(self, requests: Any) -> Any:
            asked.update(request.target_language for request in requests)
            return ScriptedTranslator.translate(self, requests)

    async with house(own=engines(translator=Router([Counting()])), grace=0.0) as here:
        await here.open()
        speaker = await here.speaker()
        await speaker.play(speak([*TALK, *TALK]))
        await speaker.until(lambda: len(speaker.finished("en")) == 4)
        assert asked == set()
        late = await here.listener("es")
        await late.until(lambda: len(late.finished("es")) == 3)
        assert late.committed("es") == [IN_SPANISH[1], *IN_SPANISH], "the last three of four"
        assert asked == {"es"}
        await late.socket.close()
        desk = await here.enter("desk", Operate())
        await desk.until(lambda: desk.of(RoomState) and not desk.room.languages)
        assert set(desk.room.recorded) == {"en", "es"}  # what was said in it is not gone
        asked.clear()
        await speaker.play(speak(TALK))
        await speaker.until(lambda: len(speaker.finished("en")) == 6)
        assert asked == set()


async def test_who_comes_in_the_middle_of_an_utterance_reads_all_of_it() -> None:
    async with house() as here:
        await here.open()
        speaker = await here.speaker()
        samples = speak(VOCABULARY[:12])
        await speaker.play(samples[:48_000])
        await speaker.until(lambda: any(c.committed for c in speaker.of(Caption)))
        late = await here.listener("es")
        await speaker.play(samples[48_000:])
        await late.until(lambda: late.finished("es"))
    assert late.committed("es") == [" ".join(word[::-1] for word in VOCABULARY[:12])]


async def test_a_listener_resumes_by_number_and_one_who_is_late_sees_what_was() -> None:
    async with house() as here:
        await here.open()
        first = await here.listener("es", style="steady")
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await first.until(lambda: len(first.finished("es")) == 2)
        numbers = [number for number, message in first.messages if isinstance(message, Caption)]
        again = await here.listener("es", style="steady", event=numbers[2])
        late = await here.listener("es")
        await again.until(lambda: again.of(Caption) and again.of(Caption)[-1] == first.of(Caption)[-1])
    assert [m for n, m in again.messages if isinstance(m, Caption)] == first.of(Caption)[3:]
    assert late.finished("es") == IN_SPANISH
    assert isinstance(late.messages[0][1], RoomState)


async def test_the_floor_is_handed_over_and_muted() -> None:
    async with house() as here:
        await here.open()
        listener = await here.listener("floor")
        desk = await here.enter("desk", Operate())
        first, second = await here.speaker(Start(name="Ann")), await here.speaker(Start(name="Bo"))
        await desk.until(lambda: [s.name for s in desk.room.speakers] == ["Ann", "Bo"])
        assert desk.room.floor == "s1"
        await second.play(speak(["alpha", ""]))  # without the floor
        await first.play(speak(["bravo", ""]))
        await listener.until(lambda: listener.finished("en") == ["bravo"])
        await desk.say(Hand("s2"))
        await desk.until(lambda: desk.room.floor == "s2")
        await first.play(speak(["charlie", ""]))
        await second.play(speak(["delta", ""]))
        await listener.until(lambda: listener.finished("en") == ["bravo", "delta"])
        await desk.say(Mute("s2"))
        await desk.until(lambda: desk.room.speakers[1].muted)
        await second.play(speak(["echo", ""]))
        await desk.say(Mute("s2", False))
        await desk.until(lambda: not desk.room.speakers[1].muted)
        await second.play(speak(["golf", ""]))
        await listener.until(lambda: len(listener.finished("en")) == 3)
        assert listener.finished("en") == ["bravo", "delta", "golf"]
        assert [c.speaker for c in listener.of(Caption) if c.final] == ["s1", "s2", "s2"]
        await second.say(Finish())
        await second.end()
        await desk.until(lambda: desk.room.floor == "s1")
        await desk.say(Hand("s9"))
        await desk.until(lambda: any(n.code == "refused" and "s9" in n.message for n in desk.of(Notice)))


async def test_each_channel_is_a_speaker() -> None:
    a, b = speak(["alpha", ""]), speak(["bravo", ""])
    async with house() as here:
        await here.open()
        listener = await here.listener("floor")
        speaker = await here.speaker(Start(channels=2, name="Panel", channel_names=("Ann", "")))
        await listener.until(lambda: listener.room.speakers)
        assert listener.room.speakers[0].channels == ("Ann", "")
        await speaker.socket.send(to_pcm16(np.stack([a, b], axis=1).ravel()))
        await speaker.say(Finish())
        await listener.until(lambda: len(listener.finished("en")) == 2)
        await speaker.end()
        await listener.until(lambda: listener.room.past)
        assert listener.room.speakers == () and listener.room.past[0].channels == ("Ann", "")
        record = await here.http.get("/v1/rooms/hall/record", params={"format": "bilingual"})
        assert "Ann, en: alpha" in record.text and "Panel 2, en: bravo" in record.text
    said = {(c.speaker, c.committed) for c in listener.of(Caption) if c.final}
    assert said == {("s1.1", "alpha"), ("s1.2", "bravo")}


async def test_a_booth_silences_the_machine_until_it_is_empty() -> None:
    async with house() as here:
        await here.open()
        listener = await here.listener("es")
        typing = await here.enter("booth", Interpret("es"))
        await typing.until(lambda: typing.of(Ready))
        await listener.until(lambda: listener.room.languages and listener.room.languages[0].by == "booth")
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", ""]))
        await typing.until(lambda: typing.finished("en") == ["alpha"])  # the interpreter reads the floor
        await typing.say(Type("primera"))
        await typing.say(Type(" letra", True))
        await listener.until(lambda: listener.finished("es"))
        assert listener.finished("es") == ["primera letra"]
        await typing.say(Finish())
        await typing.end()
        await listener.until(lambda: listener.room.languages[0].by == "machine")
        await speaker.play(speak(["bravo", ""]))
        await listener.until(lambda: len(listener.finished("es")) == 2)
        assert listener.finished("es") == ["primera letra", "ovarb"]
        spoken = await here.enter("booth", Interpret("es"))
        await spoken.until(lambda: spoken.of(Ready))
        await spoken.play(speak(["charlie", ""]))
        await listener.until(lambda: len(listener.finished("es")) == 3)
        assert listener.finished("es")[-1] == "charlie"


async def test_time_goes_on_in_a_room_where_a_silent_booth_is_left() -> None:
    async with house() as here:
        await here.open()
        listener = await here.listener("en")
        first = await here.speaker()
        booth = await here.enter("booth", Interpret("es"))
        await booth.until(lambda: booth.of(Ready))
        await first.play(speak(["alpha", "bravo", ""]))
        await listener.until(lambda: listener.finished("en") == ["alpha bravo"])
        await first.say(Finish())
        await first.end()
        second = await here.speaker()
        await second.play(speak(["charlie", ""]))
        await listener.until(lambda: len(listener.finished("en")) == 2)
    one, other = (caption for caption in listener.of(Caption) if caption.final)
    assert other.start >= one.end


class English(ScriptedRecognizer):
    """Knows one language."""

    languages = ("en",)


async def test_a_booth_may_type_a_language_that_no_model_knows() -> None:
    async with house(own=engines(recognizer=English())) as here:
        await here.open()
        booth = await here.enter("booth", Interpret("cy"))
        await booth.until(lambda: booth.of(Ready))
        listener = await here.listener("cy")
        await booth.say(Type("llythyr", True))
        await listener.until(lambda: listener.finished("cy") == ["llythyr"])
        await booth.play(speak(["alpha"]))  # it would reach a recognizer that does not know it
        await booth.end()
        (error,) = booth.of(Error)
        assert (error.code, error.message) == ("unsupported_language", "'cy' cannot be recognised; en can")
        speaker = await here.speaker()
        await speaker.play(speak(["bravo", ""]))
        await speaker.until(lambda: speaker.of(Notice))  # the machine would step in, and cannot
        assert "no model translates en → cy" in speaker.of(Notice)[0].message
        await speaker.until(lambda: speaker.finished("en") == ["bravo"])


async def test_the_operator_corrects_pauses_and_ends() -> None:
    async with house() as here:
        await here.open(targets=["zh"], title="Annual meeting")
        listener, chinese = await here.listener("es"), await here.listener("zh")
        desk = await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await desk.until(lambda: len(desk.finished("es")) == 2 and len(desk.finished("zh")) == 2)
        await desk.say(Correct(0, "alpha golf"))
        await listener.until(lambda: listener.of(Revision))
        await chinese.until(lambda: chinese.of(Revision))
        (revision,) = listener.of(Revision)
        assert (revision.utterance, revision.text, revision.revision) == (0, "ahpla flog", 1)
        assert chinese.of(Revision)[0].text == "".join(
            chr(0x4E00 + sum(map(ord, word)) % 5000) for word in ("alpha", "golf")
        )
        late = await here.listener("es")
        assert [m.text for m in late.of(Revision)] == ["ahpla flog"]
        await desk.say(Correct(99, "never said"))
        await desk.until(lambda: any("99" in notice.message for notice in desk.of(Notice)))
        await desk.say(Pause("es"))
        await desk.until(lambda: {s.language: s.by for s in desk.room.languages}["es"] == "paused")
        await desk.say(Terms((Term("alpha", "alfa", "es"),)))
        await desk.until(lambda: desk.room.terms)
        await speaker.play(speak(["kilo", ""]))
        await chinese.until(lambda: len(chinese.finished("zh")) == 3)
        assert len(listener.finished("es")) == 2
        await desk.until(lambda: desk.of(Status))
        assert {s.language for s in desk.of(Status)[-1].languages} == {"es", "zh"}
        await desk.say(End())
        for client in (desk, listener, chinese, late, speaker):
            await client.end()
            assert client.of(Done)
            assert client.socket.close_code == 1000
        assert desk.room.ended
        assert (await here.http.get("/v1/rooms/hall")).status_code == 404


async def test_rooms_are_opened_and_seen_over_http() -> None:
    async with house() as here:
        await here.open("b-1", title="B", targets=["es"])
        state = (await here.http.get("/v1/rooms/b-1")).json()
        assert (state["room"], state["title"], state["languages"]) == (
            "b-1",
            "B",
            [{"language": "es", "by": "machine", "interpreters": []}],
        )
        assert [room["room"] for room in (await here.http.get("/v1/rooms")).json()] == ["b-1"]
        assert (await here.http.post("/v1/rooms", json={"id": "b-1"})).status_code == 409
        assert (await here.http.post("/v1/rooms", json={"id": "~x"})).status_code == 422
        bad = await here.http.post("/v1/rooms", json={"id": "c", "source": "en", "targets": ["xx"]})
        assert bad.status_code == 422 and "en → xx" in bad.text
        assert (await here.http.delete("/v1/rooms/b-1")).status_code == 204
        assert (await here.http.delete("/v1/rooms/b-1")).status_code == 404
        gone = (await here.http.delete("/v1/rooms/b-1")).json()
        assert gone == {"error": {"code": "room", "message": "there is no room 'b-1', or it has ended"}}
        assert bad.json()["error"]["code"] == "unsupported_language"
        nowhere = await here.enter("listen", Listen("es"), room="nowhere")
        await nowhere.end()
        assert nowhere.of(Error)[0].code == "room"
        assert nowhere.socket.close_code == 1008


@pytest.mark.parametrize("first", ["xx"])
async def test_a_language_that_nothing_translates_into_is_refused(first: str) -> None:
    async with house() as here:
        await here.open()
        client = await here.enter("listen", Listen(first))
        await client.end()
        assert client.of(Error)[0].code == "unsupported_language"


async def test_spoken_translation_is_for_those_who_want_to_hear() -> None:
    async with house() as here:
        await here.open(targets=["es"], speak=["es"])
        hears, reads = await here.listener("es", speech=True), await here.listener("es")
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", "bravo", "charlie", ""]))
        await hears.until(lambda: hears.of(Speech))
        await reads.until(lambda: reads.finished("es"))
    assert not reads.of(Speech)


class Slow:
    """Takes twenty seconds for a phrase."""

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        return [AudioChunk(np.full(20 * SAMPLE_RATE, 0.1, np.float32)) for _ in requests]


async def test_a_language_that_is_taken_up_again_is_spoken_behind_what_is_still_heard() -> None:
    async with house(own=engines(synthesizer=Slow())) as here:
        await here.open(targets=["es"], speak=["es"])
        listener, desk = await here.listener("es", speech=True), await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", "bravo", ""]))
        await listener.until(lambda: listener.of(Speech))
        for paused in (True, False):
            await desk.say(Pause("es", paused))
            by = "paused" if paused else "machine"
            await listener.until(lambda by=by: listener.room.languages[0].by == by)
        await speaker.play(speak(["charlie", "delta", ""]))
        await listener.until(lambda: len(listener.of(Speech)) == 2)
    first, second = listener.of(Speech)
    assert second.start == first.start + first.duration


class Held:
    """Takes two seconds for a phrase, and says nothing before it may."""

    def __init__(self) -> None:
        self.asked, self.may = threading.Event(), threading.Event()

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        self.asked.set()
        assert self.may.wait(20)
        return [AudioChunk(np.full(2 * SAMPLE_RATE, 0.1, np.float32)) for _ in requests]


async def pause(desk: Client, paused: bool = True, *, otherwise: str = "machine") -> None:
    """Pause Spanish, or let it go on: then it is provided `otherwise`."""
    await desk.say(Pause("es", paused))
    by = "paused" if paused else otherwise
    await desk.until(
        lambda: desk.of(RoomState) and ("es", by) in {(s.language, s.by) for s in desk.room.languages}
    )


async def test_a_language_that_is_paused_is_heard_no_more_though_what_was_said_is_still_read() -> None:
    voice = Held()
    async with house(own=engines(synthesizer=voice)) as here:
        await here.open(targets=["es"], speak=["es"])
        listener, desk = await here.listener("es", speech=True), await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", "bravo", ""]))
        await asyncio.to_thread(voice.asked.wait, 20)
        await pause(desk)
        voice.may.set()
        await listener.until(lambda: listener.finished("es") == ["ahpla ovarb"])
        await speaker.say(Finish())
        await speaker.end()  # nothing of it waits for a voice any more
        await pause(desk, False)
        await (await here.speaker()).play(speak(["charlie", ""]))
        await listener.until(lambda: listener.of(Speech))
    assert [speech.text.strip() for speech in listener.of(Speech)] == ["eilrahc"]


async def test_a_language_that_was_paused_when_the_speaker_came_is_heard_as_soon_as_it_goes_on() -> None:
    async with house() as here:
        await here.open(targets=["es"], speak=["es"])
        listener, desk = await here.listener("es", speech=True), await here.enter("desk", Operate())
        await pause(desk)
        speaker = await here.speaker()
        await pause(desk, False)
        await speaker.play(speak(["alpha", ""]))
        await listener.until(lambda: listener.finished("es") == ["ahpla"])
        await listener.until(lambda: listener.of(Speech))


def refused(client: Client) -> int:
    """Count the lines of which a client was told that nobody is shown them."""
    return len([notice for notice in client.of(Notice) if notice.code == "paused"])


async def test_of_a_language_that_is_paused_its_booth_is_neither_read_nor_recorded(tmp_path: Any) -> None:
    path = tmp_path / "events.db"
    async with house(log=EventLog(path)) as here:
        await here.open(targets=["es"])
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        booth = await here.enter("booth", Interpret("es"))
        await booth.until(lambda: booth.of(Ready))
        await booth.say(Type("primera", True))
        await booth.say(Type("y segun"))
        await booth.play(speak(["alpha", ""]))
        await listener.until(lambda: listener.finished("es") == ["primera", "alpha"])

        await pause(desk)
        await booth.say(Type("da", True))
        await booth.until(lambda: refused(booth) == 1)
        await booth.play(speak(["bravo", ""]))
        await booth.say(Type("mientras tanto"))
        await booth.until(lambda: refused(booth) == 2)  # what was sent before has come

        await pause(desk, False, otherwise="booth")
        await booth.say(Type("ultima", True))
        await booth.play(speak(["charlie", ""]))
        expected = ["primera", "alpha", "y segun", "ultima", "charlie"]
        await listener.until(lambda: len(listener.finished("es")) == len(expected))
        assert listener.finished("es") == expected
        await booth.until(lambda: len(booth.finished("es")) == len(expected))
        last = max(number or 0 for number, _ in booth.messages)
        record = await here.http.get("/v1/rooms/hall/record", params={"format": "text", "language": "es"})
        assert sorted(record.text.split("\n")) == sorted([*expected, ""])
    assert refused(listener) == refused(desk) == 0
    async with house(log=EventLog(path)) as here:
        again = await here.enter("booth", Resume(booth.of(Ready)[0].token, last))
        await again.until(lambda: again.of(Ready))
        assert again.of(Ready)[0].typed == 5


async def test_a_room_survives_the_server(tmp_path: Any) -> None:
    path = tmp_path / "events.db"
    samples = speak(TALK)
    async with house(log=EventLog(path)) as here:
        await here.open()
        listener = await here.listener("es")
        speaker = await here.speaker(Start(name="Ann"))
        await speaker.play(samples[:56_000])
        await listener.until(lambda: listener.finished("es"))
        last = max(number or 0 for number, _ in listener.messages)
        token = speaker.of(Ready)[0].token
    async with house(log=EventLog(path)) as here:
        assert set((await here.http.get("/v1/rooms/hall")).json()["recorded"]) == {"en", "es"}
        again = await here.listener("es", event=last)
        speaker = await here.speaker(Resume(token))
        position = speaker.of(Ready)[0].position
        assert 0 < position <= 56_000
        await speaker.play(samples[position:])
        await speaker.say(Finish())
        await again.until(lambda: again.finished("es"))
        await speaker.end()
        state = again.room
    assert [*listener.finished("es"), *again.finished("es")] == IN_SPANISH
    assert state.room == "hall"


async def test_a_token_resumes_nothing_at_another_door() -> None:
    async with house() as here:
        await here.open()
        await here.open("other")
        speaker = await here.speaker()
        token = speaker.of(Ready)[0].token
        for door, room in (("floor", "other"), ("booth", "hall")):
            client = await here.enter(door, Resume(token), room=room)
            await client.end()
            assert client.of(Error)[0].code == "protocol"
        await speaker.play(speak(["alpha", ""]))
        await speaker.until(lambda: speaker.finished("en") == ["alpha"])


async def test_a_speaker_who_comes_back_after_the_end_is_told_the_own_rest_alone() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        first, second = await here.speaker(), await here.speaker()
        await first.play(speak(["alpha", ""]))
        await first.say(Finish())
        await first.end()
        await second.play(speak(["bravo", ""]))
        await second.until(lambda: second.finished("en") == ["bravo"])
        again = await here.enter("floor", Resume(first.of(Ready)[0].token))
        await again.end()
    assert again.finished("en") == ["alpha"]
    assert {caption.language for caption in again.of(Caption)} == {"en"}
    assert isinstance(again.messages[-1][1], Done)


async def test_a_listener_who_comes_back_after_the_end_is_told_the_rest() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        speaker, listener = await here.speaker(), await here.enter("listen", Listen("es"))
        await speaker.play(speak(["alpha", ""]))
        await listener.until(lambda: listener.finished("es"))
        last = max(number for number, _ in listener.messages if number)
        await listener.socket.close()
        await speaker.play(speak(["bravo", ""]))
        await speaker.until(lambda: speaker.finished("en") == ["alpha", "bravo"])
        (await here.http.delete("/v1/rooms/hall")).raise_for_status()
        await speaker.end()
        again = await here.enter("listen", Listen("es", event=last))
        await again.end()
    assert again.finished("es") == ["ovarb"]
    assert again.of(Done)
    assert again.socket.close_code == 1000


async def test_a_term_of_the_operator_is_kept_from_now_on() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        speaker, listener = await here.speaker(), await here.enter("listen", Listen("es"))
        desk = await here.enter("desk", Operate())
        await speaker.play(speak(["alpha", ""]))
        await listener.until(lambda: listener.finished("es") == ["ahpla"])
        await desk.say(Terms((Term("alpha", "alfa", "es"),)))
        await desk.until(lambda: desk.of(RoomState) and desk.room.terms)
        await speaker.play(speak(["alpha", ""]))
        await listener.until(lambda: len(listener.finished("es")) == 2)
        assert "alfa" in listener.finished("es")[1]
        await desk.say(Correct(0, "alpha bravo"))
        await listener.until(lambda: [r for r in listener.of(Revision) if r.language == "es"])
        assert "alfa" in listener.of(Revision)[-1].text


class Noting(Translators):
    """Notes what it is asked in the middle of sentences."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.asked += [request.source for request in requests if not request.complete]
        return super().translate(requests)


async def test_no_translation_begins_a_term_of_the_operator_before_it_is_whole() -> None:
    translator = Noting()
    async with house(own=engines(translator=Router([translator]))) as here:
        await here.open(targets=["es"])
        speaker, desk = await here.speaker(), await here.enter("desk", Operate())
        await desk.say(Terms((Term("bravo charlie", "uno dos", "es"),)))
        await desk.until(lambda: desk.of(RoomState) and desk.room.terms)
        await speaker.play(speak(["golf", "alpha", "bravo", "charlie", "delta", "echo", ""]))
        await desk.until(lambda: desk.finished("es"))
    assert "uno dos" in desk.finished("es")[0]
    assert translator.asked and not any(source.endswith(" bravo") for source in translator.asked)


async def test_who_is_let_in_while_the_event_ends_leaves_nothing_behind() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        hall = here.served.app.state.hall
        entering = asyncio.create_task(hall.enter(Start("en", ()), "hall"))
        await asyncio.sleep(0)  # now the packs are being read
        await hall.end("hall")
        with pytest.raises(RoomError, match="has ended"):
            await entering
        assert here.served.sessions == 0

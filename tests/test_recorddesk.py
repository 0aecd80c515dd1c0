"""Records and audio of rooms and sessions, on real sockets: during, after, and after deletion."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect

from server.config import Config, RecordingsConfig, ServerConfig
from server.records.forms import FORMS
from server.rooms.eventlog import EventLog
from server.wire.messages import Finish, Ready, Resume, Start
from server.wire.room_messages import Correct, Mute, Operate, Revision, Type
from server.wire.room_messages import Interpret as Enter
from streaming.audio import to_pcm16
from streaming.captions import Caption
from streaming.scripted import VOCABULARY, speak
from tests.served import serving, until
from tests.test_conference import IN_SPANISH, SAID, TALK, Client, House, house


async def record(here: House, form: str = "text", room: str = "hall", **query: Any) -> str:
    answer = await here.http.get(f"/v1/rooms/{room}/record", params={"format": form, **query})
    assert answer.status_code == 200, answer.text
    return answer.text


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


async def test_a_record_is_there_while_people_speak_and_after_the_end() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        assert await record(here) == "" and await record(here, language="es") == ""
        listener = await here.listener("es")
        speaker = await here.speaker()
        samples = speak([*TALK, *VOCABULARY[10:20]])
        await speaker.play(samples[:-32_000])
        await speaker.until(lambda: any(VOCABULARY[11] in c.committed for c in speaker.of(Caption)))
        await listener.until(lambda: len(listener.finished("es")) == 2)
        assert await record(here) == lines(*SAID)
        assert await record(here, language="es") == lines(*IN_SPANISH)
        desk = await here.enter("desk", Operate())
        await desk.say(Correct(0, "entirely different"))
        await listener.until(lambda: listener.of(Revision))
        (revision,) = listener.of(Revision)
        assert await record(here) == lines("entirely different", SAID[1])
        assert await record(here, language="es") == lines(revision.text, IN_SPANISH[1])
        await here.http.delete("/v1/rooms/hall")
        shown = speaker.committed("en")[2]
        assert await record(here) == lines("entirely different", SAID[1], shown)
        document = json.loads(await record(here, "json"))
        assert [u["speaker"] for u in document["utterances"]] == ["s1"] * 3
        assert document["language"] == "en"


async def test_a_language_is_the_same_however_its_code_is_written() -> None:
    async with house() as here:
        plan = {"id": "hall", "source": "eng", "targets": ["zh-CN", "spa"], "speak": ["zho"]}
        state = (await here.http.post("/v1/rooms", json=plan)).json()
        assert (state["source"], state["speak"]) == ("en", ["zh"])
        assert [language["language"] for language in state["languages"]] == ["zh", "es"]
        assert await record(here, language="zh-TW") == ""


async def test_every_form_has_its_type_and_its_name() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await speaker.say(Finish())
        await speaker.end()
        for form in FORMS:
            answer = await here.http.get("/v1/rooms/hall/record", params={"format": form, "language": "es"})
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith('attachment; filename="hall.')
        assert answer.headers["content-disposition"].endswith('"hall.es.ttml"')
        assert answer.headers["content-type"] == "application/ttml+xml; charset=utf-8"
        plain = await record(here, "vtt")
        timed = await record(here, "vtt", words=True)
        assert "<00:00:" in timed and "<" not in plain


async def test_a_booth_is_in_the_record_of_its_language() -> None:
    async with house() as here:
        await here.open(targets=["es"])
        booth = await here.enter("booth", Enter("es"))
        await booth.until(lambda: booth.of(Ready))
        await booth.say(Type("por mano", True))
        await booth.until(lambda: booth.finished("es"))
        assert await record(here, language="es") == lines("por mano")
        assert await record(here) == ""


@pytest.mark.parametrize(
    "path, status, says",
    [
        ("/v1/rooms/nowhere/record", 404, "nowhere"),
        ("/v1/rooms/~private/record", 404, "~private"),
        ("/v1/rooms/nowhere/audio", 404, "nowhere"),
        ("/v1/rooms/nowhere/audio/s1-0.000.flac", 404, "nowhere"),
        ("/v1/rooms/hall/audio/s1-0.000.flac", 404, "s1-0.000.flac"),
        ("/v1/rooms/hall/record?format=pdf", 422, "format"),
        ("/v1/rooms/hall/record?language=xx", 422, "one of floor, en, es was expected, 'xx' came"),
        ("/v1/rooms/hall/record?words=perhaps", 422, "words"),
        ("/v1/live/record", 422, "session"),
    ],
)
async def test_what_cannot_be_given_is_named(path: str, status: int, says: str) -> None:
    async with house() as here:
        await here.open(targets=["es"])
        answer = await here.http.get(path)
        assert answer.status_code == status
        assert says in answer.json()["error"]["message"]


async def test_a_session_gives_its_record_to_its_token_alone() -> None:
    async with serving(grace=30) as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        async with asyncio.TaskGroup() as tasks:
            speaker = Client(await connect(served.url))
            tasks.create_task(speaker.read())
            await speaker.say(Start("en", ("es",)))
            await speaker.play(speak(TALK))
            await speaker.say(Finish())
            await speaker.end()
        (ready,) = speaker.of(Ready)
        for language, said in (("floor", SAID), ("en", SAID), ("es", IN_SPANISH)):
            answer = await http.get(
                "/v1/live/record", params={"language": language}, headers={"Dragoman-Session": ready.token}
            )
            assert answer.text == lines(*said)
        for token in (f"{ready.token}x", "x", "", ready.session, "hall.s1.x"):
            answer = await http.get("/v1/live/record", headers={"Dragoman-Session": token})
            assert answer.status_code == 404


async def test_the_record_of_a_session_is_signed_as_its_channels_are_called() -> None:
    both = np.stack([speak(["alpha", ""]), speak(["bravo", ""])], axis=1)
    async with serving(grace=30) as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        async with asyncio.TaskGroup() as tasks:
            speaker = Client(await connect(served.url))
            tasks.create_task(speaker.read())
            await speaker.say(Start("en", channels=2, channel_names=("Ann", "Bo")))
            await speaker.socket.send(to_pcm16(both.ravel()))
            await speaker.say(Finish())
            await speaker.end()
        (ready,) = speaker.of(Ready)
        asked = {"params": {"format": "json"}, "headers": {"Dragoman-Session": ready.token}}
        found = (await http.get("/v1/live/record", **asked)).json()
    assert {(u["speaker"], u["text"]) for u in found["utterances"]} == {("Ann", "alpha"), ("Bo", "bravo")}


async def test_the_token_of_a_floor_does_not_open_the_record_of_its_room() -> None:
    async with house() as here:
        await here.open()
        speaker = await here.speaker()
        (ready,) = speaker.of(Ready)
        answer = await here.http.get("/v1/live/record", headers={"Dragoman-Session": ready.token})
        assert answer.status_code == 404 and "'hall'" in answer.text


async def heard(here: House, file: str) -> Any:
    answer = await here.http.get(f"/v1/rooms/hall/audio/{file}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert rate == 16_000
    return samples


def sent(samples: Any) -> Any:
    return np.frombuffer(to_pcm16(samples), "<i2")


async def test_the_floor_is_recorded_as_it_was_sent_and_silent_where_it_was_muted() -> None:
    samples = speak(TALK)
    async with house() as here:
        await here.open(recording=True)
        desk = await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(samples)
        await speaker.until(lambda: len(speaker.finished("en")) == 2)
        await desk.say(Mute("s1"))
        await desk.until(lambda: desk.room.speakers and desk.room.speakers[0].muted)
        await speaker.play(samples)
        floor = here.served.app.state.hall.room("hall").floors["s1"]
        await until(lambda: floor.position == 2 * len(samples))
        await speaker.socket.close(1011)  # the network fails: the floor waits
        again = await here.enter("floor", Resume(speaker.of(Ready)[0].token))
        await again.until(lambda: again.of(Ready))
        position = again.of(Ready)[0].position
        await desk.say(Mute("s1", False))
        await desk.until(lambda: not desk.room.speakers[0].muted)
        await again.play(np.concatenate([samples, samples, samples])[position:])
        await again.say(Finish())
        await again.end()
        await here.http.delete("/v1/rooms/hall")
        (found,) = (await here.http.get("/v1/rooms/hall/audio")).json()
        assert (found["file"], found["speaker"], found["begin"]) == ("s1-0.000.flac", "s1", 0.0)
        audio = await heard(here, found["file"])
    count = len(samples)
    assert len(audio) == 3 * count
    assert (audio[:count] == sent(samples)).all()
    assert position == 2 * count and not audio[count : 2 * count].any()
    assert (audio[2 * count :] == sent(samples)).all()


async def test_a_restart_begins_a_new_file_where_interpreting_goes_on(tmp_path: Path) -> None:
    samples = speak(TALK)
    config = Config(ServerConfig(grace=30), recordings=RecordingsConfig(folder=str(tmp_path / "recordings")))
    path = tmp_path / "events.db"
    async with house(config=config, log=EventLog(path)) as here:
        await here.open(recording=True)
        speaker = await here.speaker()
        await speaker.play(samples[:64_000])
        await speaker.until(lambda: speaker.finished("en"))
        (ready,) = speaker.of(Ready)
    async with house(config=config, log=EventLog(path)) as here:
        again = await here.enter("floor", Resume(ready.token))
        await again.until(lambda: again.of(Ready))
        position = again.of(Ready)[0].position
        await again.play(samples[position:])
        await again.say(Finish())
        await again.end()
        files = (await here.http.get("/v1/rooms/hall/audio")).json()
        whole = np.zeros(len(samples), np.int16)
        for found in files:
            audio = await heard(here, found["file"])
            begin = round(found["begin"] * 16_000)
            whole[begin : begin + len(audio)] = audio
    assert len(files) == 2 and files[1]["begin"] == position / 16_000 > 0
    assert (whole == sent(samples)).all()


async def test_nothing_is_recorded_unless_the_room_says_so() -> None:
    async with house() as here:
        await here.open()
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await speaker.say(Finish())
        await speaker.end()
        assert (await here.http.get("/v1/rooms/hall/audio")).json() == []


async def test_a_room_that_has_ended_can_be_deleted_with_all_that_is_left() -> None:
    async with house() as here:
        await here.open(recording=True)
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await speaker.say(Finish())
        await speaker.end()
        folder = here.served.app.state.archive.folder / "rooms" / "hall"
        assert (await here.http.delete("/v1/rooms/hall/record")).status_code == 409
        await here.http.delete("/v1/rooms/hall")
        assert await record(here) == lines(*SAID) and folder.is_dir()
        taken = await here.http.post("/v1/rooms", json={"id": "hall"})
        assert taken.status_code == 409 and "DELETE /v1/rooms/hall/record" in taken.json()["error"]["message"]
        assert (await here.http.delete("/v1/rooms/hall/record")).status_code == 204
        assert not folder.exists()
        assert (await here.http.get("/v1/rooms/hall/record")).status_code == 404
        assert (await here.http.delete("/v1/rooms/hall/record")).status_code == 404
        await here.open()
        assert await record(here) == ""

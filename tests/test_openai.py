"""The official client, unmodified, against a real server."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np
import openai
import pytest
import soundfile

from server.config import Config, LimitsConfig, PacksConfig, RecordingsConfig, ServerConfig
from server.interpretation.engines import Model
from streaming.audio import SAMPLE_RATE
from streaming.scripted import ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import Served, engines, serving, until

# The client calls its own translations deprecated; they are what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

SAID = ["alpha", "bravo", "charlie", "", "delta", "echo"]


def recording(words: list[str] = SAID, form: str = "FLAC") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, speak(words), SAMPLE_RATE, format=form)
    return file.getvalue()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served


@pytest.fixture
async def client(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=f"http://{served.address}/v1", api_key="none", max_retries=0
    ) as client:
        yield client


async def test_transcribes(client: openai.AsyncOpenAI) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", recording()),
        model="whisper-1",
        language="en",
        prompt="Before that.",
        temperature=0.2,
    )
    assert found.text == "alpha bravo charlie delta echo"
    assert found.usage and found.usage.type == "duration"


async def test_translates_into_english_and_with_our_extension_into_any_language(
    client: openai.AsyncOpenAI,
) -> None:
    create = client.audio.translations.create
    spoken = await create(file=("talk.flac", recording()), model="any", prompt="")
    assert spoken.text == "alpha bravo charlie delta echo"  # it was English
    spanish = await create(
        file=("talk.flac", recording()), model="any", extra_body={"target_language": "es", "language": "en"}
    )
    assert spanish.text == "ahpla ovarb eilrahc atled ohce"
    chinese = await client.audio.transcriptions.create(
        file=("talk.flac", recording()), model="any", extra_body={"target_language": "zh-CN"}
    )
    assert len(chinese.text) == 5 and " " not in chinese.text


@pytest.mark.parametrize("name", ["asr-en-zh", "Systran/faster-whisper-small"])
async def test_says_which_model_hears(name: str) -> None:
    async with serving(engines(model=Model(name, 1_700_000_000.9))) as served:
        async with openai.AsyncOpenAI(
            base_url=f"http://{served.address}/v1", api_key="none", max_retries=0
        ) as client:
            found = [model async for model in client.models.list()]
            assert [(m.id, m.object, m.created, m.owned_by) for m in found] == [
                (name, "model", 1_700_000_000, "dragoman")
            ]
            assert await client.models.retrieve(name) == found[0]
            with pytest.raises(openai.NotFoundError) as refused:
                await client.models.retrieve("whisper-1")
            told: Any = refused.value.body
            assert (told["type"], told["param"], told["code"]) == (
                "invalid_request_error",
                "model",
                "not_found",
            )
            assert name in told["message"]
        async with httpx2.AsyncClient(base_url=f"http://{served.address}/v1") as http:
            assert (await http.get(f"/models/{name}")).json()["id"] == name
            assert (await http.get("/models")).json().keys() == {"object", "data"}


async def test_streams(client: openai.AsyncOpenAI) -> None:
    stream = await client.audio.transcriptions.create(
        file=("talk.flac", recording()), model="whisper-1", stream=True
    )
    events: list[Any] = [event async for event in stream]
    assert [event.type for event in events] == [
        *["transcript.text.delta"] * 2,
        "transcript.text.done",
    ]
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert "".join(deltas) == events[-1].text == "alpha bravo charlie delta echo"
    assert deltas[0] == "alpha bravo charlie" and events[0].segment_id is None
    assert events[-1].usage is None, "it would be of tokens, which are not counted"


async def test_sentences_of_latin_letters_are_apart_in_a_language_without_spaces_too() -> None:
    async with serving(engines(recognizer=ScriptedRecognizer("zh"))) as served:
        async with openai.AsyncOpenAI(base_url=f"http://{served.address}/v1", api_key="none") as client:
            create = client.audio.transcriptions.create
            found = await create(file=("talk.flac", recording()), model="any", language="zh")
            stream = await create(file=("talk.flac", recording()), model="any", language="zh", stream=True)
            deltas = [event.delta async for event in stream if event.type == "transcript.text.delta"]
    assert found.text == "".join(deltas) == "alpha bravo charlie delta echo"


async def test_gives_subtitles_and_text(client: openai.AsyncOpenAI) -> None:
    create = client.audio.transcriptions.create
    srt = await create(file=("a.wav", recording(form="WAV")), model="whisper-1", response_format="srt")
    assert srt.startswith("1\n00:00:00,") and "alpha bravo charlie" in srt
    vtt = await create(file=("a.wav", recording(form="WAV")), model="whisper-1", response_format="vtt")
    assert vtt.startswith("WEBVTT\n") and "delta echo" in vtt
    timed = await create(
        file=("a.wav", recording(form="WAV")),
        model="whisper-1",
        response_format="vtt",
        timestamp_granularities=["word"],
    )
    assert isinstance(timed, str) and timed.count("<00:00:") == 3
    text = await create(file=("a.wav", recording()), model="whisper-1", response_format="text")
    assert text == "alpha bravo charlie delta echo\n"


async def test_gives_words_and_segments(client: openai.AsyncOpenAI) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", recording()),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert (found.language, found.text) == ("en", "alpha bravo charlie delta echo")
    assert found.duration == pytest.approx(len(speak(SAID)) / SAMPLE_RATE, abs=0.001)
    assert found.words and [word.word for word in found.words] == [word for word in SAID if word]
    assert all(word.start < word.end for word in found.words)
    assert found.segments and [segment.text for segment in found.segments] == [
        "alpha bravo charlie",
        "delta echo",
    ]
    assert found.segments[0].avg_logprob == pytest.approx(np.log(0.9), abs=0.001)
    translated = await client.audio.translations.create(
        file=("talk.flac", recording()),
        model="any",
        response_format="verbose_json",
        extra_body={"target_language": "es"},
    )
    assert translated.language == "es"
    assert translated.segments and translated.segments[1].text == "atled ohce"


async def test_live_mode_gives_what_live_commits(client: openai.AsyncOpenAI) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", recording()), model="whisper-1", extra_body={"mode": "live"}
    )
    assert found.text == "alpha bravo charlie delta echo"


SOUND = ("talk.flac", recording())


WRONG: list[tuple[dict[str, Any], int, str | None]] = [
    ({"file": ("a.wav", b"")}, 400, None),
    ({"file": ("a.wav", b"RIFF broken")}, 400, None),
    ({"file": ("a.txt", b"These are only words.")}, 400, None),
    ({"stream": True, "file": ("a.wav", b"RIFF broken")}, 400, None),
    ({"language": "de", "extra_body": {"target_language": "zh"}}, 400, None),
    ({"extra_body": {"target_language": "fr"}}, 400, None),
    ({"language": "english!"}, 422, "language"),
    ({"response_format": "diarized_json"}, 422, "response_format"),
    ({"temperature": 7.0}, 422, "temperature"),
    ({"timestamp_granularities": ["word"]}, 422, "timestamp_granularities[]"),
    ({"response_format": "verbose_json", "timestamp_granularities": ["day"]}, 422, None),
    ({"prompt": "x" * 5000}, 422, "prompt"),
    ({"model": "m" * 101}, 422, "model"),
    ({"extra_body": {"mode": "fast"}}, 422, "mode"),
]


async def test_tells_what_is_wrong_as_openai_does(client: openai.AsyncOpenAI, served: Served) -> None:
    for wrong, status, param in WRONG:
        given: dict[str, Any] = {"file": SOUND, "model": "whisper-1", **wrong}
        with pytest.raises(openai.APIStatusError) as caught:
            await client.audio.transcriptions.create(**given)
        assert caught.value.status_code == status, (wrong, caught.value)
        assert caught.value.type == "invalid_request_error" and caught.value.code
        assert param is None or caught.value.param == param
        # Where the server keeps its files is nobody's business.
        assert str(served.app.state.archive.folder) not in caught.value.message
    assert not [*(served.app.state.archive.folder / "uploads").rglob("*.*")]


async def test_bodies_of_another_kind_are_refused(served: Served) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{served.address}/v1/audio") as http:
        plain = await http.post("/transcriptions", json={"file": "talk.flac"})
        assert (plain.status_code, plain.json()["error"]["code"]) == (415, "unsupported_media_type")
        none = await http.post("/transcriptions", files={"other": b"x"})
        assert (none.status_code, none.json()["error"]["param"]) == (422, "file")
        text = await http.post("/transcriptions", data={"file": "talk"}, files={"other": b"x"})
        assert (text.status_code, text.json()["error"]["param"]) == (422, "file")
        two = await http.post("/transcriptions", files=[("file", SOUND), ("file", SOUND)])
        assert two.status_code == 400
        torn = await http.post(
            "/transcriptions",
            content=b"--x\r\nContent-Disposition: form-data; name=",
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
        assert (torn.status_code, torn.json()["error"]["param"]) == (422, "file")
        nameless = await http.post("/transcriptions", files={"file": ("", recording())})
        assert (nameless.status_code, nameless.json()["error"]["param"]) == (422, "file")


async def test_silence_has_no_text(client: openai.AsyncOpenAI) -> None:
    found = await client.audio.transcriptions.create(
        file=("silence.wav", recording([""] * 3)), model="whisper-1", response_format="verbose_json"
    )
    assert (found.text, found.segments) == ("", [])


class Gate:
    """A recognizer that answers when it is let."""

    languages = ()

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self.entered.release()
        assert self.opened.wait(10)
        return ScriptedRecognizer().recognize(windows)


async def test_more_than_may_be_at_once_are_told_when_to_come_back_and_who_leaves_is_forgotten() -> None:
    gate = Gate()
    config = replace(Config(), recordings=RecordingsConfig(at_once=1))
    async with serving(engines(recognizer=gate), config=config) as served:
        archive = served.app.state.archive
        url = f"http://{served.address}/v1/audio/transcriptions"
        async with httpx2.AsyncClient() as http:
            leaving = asyncio.create_task(http.post(url, files={"file": SOUND}))
            await asyncio.to_thread(gate.entered.acquire, timeout=10)
            refused = await http.post(url, files={"file": SOUND})
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "busy")
            assert int(refused.headers["retry-after"]) > 0
            leaving.cancel()
            gate.opened.set()
            await until(lambda: not archive.recordings.running and served.idle)
            await until(lambda: not [*(archive.folder / "uploads").rglob("*.*")])  # then its place is free
            assert (await http.post(url, files={"file": SOUND})).status_code == 200
        assert not [*(archive.folder / "uploads").rglob("*.*")]


async def test_a_stream_that_is_left_is_forgotten() -> None:
    gate = Gate()
    async with serving(engines(recognizer=gate)) as served:
        archive = served.app.state.archive
        url = f"http://{served.address}/v1/audio/transcriptions"
        async with httpx2.AsyncClient() as http:
            async with http.stream("POST", url, files={"file": SOUND}, data={"stream": "true"}) as answer:
                assert answer.status_code == 200
                await asyncio.to_thread(gate.entered.acquire, timeout=10)
            await until(lambda: not archive.recordings.running)  # while the engine still works
            gate.opened.set()
            await until(lambda: served.idle)
        await until(lambda: not [*(archive.folder / "uploads").rglob("*.*")])


async def test_an_upload_that_is_too_large_is_refused_declared_or_not() -> None:
    config = replace(Config(), limits=LimitsConfig(upload_bytes=1 << 20))
    large = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.wav\r\n\r\n" + bytes(1 << 21)

    async def undeclared() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 1 << 16):
            yield large[start : start + (1 << 16)]

    async with serving(config=config) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        headers = {"content-type": "multipart/form-data; boundary=x"}
        for content in (large, undeclared()):
            answer = await http.post(url, content=content, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "limit_exceeded")


async def test_an_engine_that_fails_is_the_servers_fault() -> None:
    class Broken(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            raise RuntimeError("unlucky")

    async with serving(engines(recognizer=Broken())) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        answer = await http.post(url, files={"file": SOUND})
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "engine_failed")
        streamed = await http.post(url, files={"file": SOUND}, data={"stream": "true"})
        assert '"code": "engine_failed"' in streamed.text


async def test_a_video_without_sound_is_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "silent.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for packet in stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))):
            container.mux(packet)
        container.mux(stream.encode(None))
    async with serving() as served, httpx2.AsyncClient() as http:
        video = ("silent.mp4", (tmp_path / "silent.mp4").read_bytes())
        answer = await http.post(f"http://{served.address}/v1/audio/transcriptions", files={"file": video})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "silent.mp4: there is no audio in it"


class German(ScriptedRecognizer):
    """Hears German, which nothing translates."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        return [replace(heard, language="de") for heard in super().recognize(windows)]


async def test_a_language_that_no_model_translates_is_told_in_a_stream_too() -> None:
    async with serving(engines(recognizer=German())) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/translations"
        wanted = {"target_language": "zh"}
        answer = await http.post(url, files={"file": SOUND}, data=wanted)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_language")
        streamed = await http.post(url, files={"file": SOUND}, data={**wanted, "stream": "true"})
        (event,) = streamed.text.split("\n\n")[:-1]
        assert json.loads(event.removeprefix("data: ")) == answer.json()


PACK = 'name = "trade"\n[replacements.en]\nalpha = "omega"\n'


async def test_recordings_are_interpreted_with_the_packs_that_are_always_used(tmp_path: Path) -> None:
    (tmp_path / "trade.toml").write_text(PACK)
    packs = PacksConfig(str(tmp_path), ("trade",))
    async with serving(packs=packs) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio"
        text = {"language": "en", "response_format": "text"}
        spoken = await http.post(f"{url}/transcriptions", files={"file": SOUND}, data=text)
        assert spoken.text == "omega bravo charlie delta echo\n"
        spanish = {**text, "target_language": "es"}
        translated = await http.post(f"{url}/translations", files={"file": SOUND}, data=spanish)
        assert translated.text == "agemo ovarb eilrahc atled ohce\n"
        (tmp_path / "trade.toml").write_text(PACK + "[nonsense]\n")
        broken = await http.post(f"{url}/transcriptions", files={"file": SOUND})
        assert broken.json()["error"]["code"] == "bad_pack"


async def test_who_waits_for_a_recording_is_told_that_the_server_is_being_stopped() -> None:
    gate = Gate()
    config = Config(ServerConfig(grace=0, drain_seconds=0))
    async with serving(engines(recognizer=gate), config=config) as served, httpx2.AsyncClient() as http:
        url = f"http://{served.address}/v1/audio/transcriptions"
        whole = asyncio.create_task(http.post(url, files={"file": SOUND}))
        stream = asyncio.create_task(http.post(url, files={"file": SOUND}, data={"stream": "true"}))
        recordings = served.app.state.archive.recordings
        await asyncio.to_thread(gate.entered.acquire, timeout=10)
        await until(lambda: recordings.running == 2)
        served.server.should_exit = True
        refused, told = await asyncio.gather(whole, stream)
        gate.opened.set()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["error"]["message"] == "the server is being stopped"
    assert told.status_code == 200 and '"code": "overloaded"' in told.text.splitlines()[-2]

"""Live sessions on real sockets: what should come, comes, whatever the chunks and the neighbours."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from server.client import client
from server.client.client import Arrival
from server.config import PacksConfig
from server.interpretation.graph import Interpretation
from server.wire.messages import Done, Error, Ready, Route, Speech
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.captions import Caption, Transcript
from streaming.errors import InputError, LanguageError, ProtocolError, RetractionError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Notice, SpeechRequest
from streaming.words import Word
from tests.served import Served, cut, engines, interpreted, serving, until

TALK = [*VOCABULARY[:6], "", *VOCABULARY[6:14], "", *VOCABULARY[14:]]
SAMPLES = speak(TALK)


async def streamed(served: Served, chunks: Sequence[AudioChunk], **options: Any) -> list[Arrival]:
    options = {"source": "en", "targets": ["es", "zh"], "speed": 0.0, **options}
    return [arrival async for arrival in client.stream(served.url, chunks, **options)]


def shown(arrivals: Sequence[Arrival]) -> Transcript:
    transcript = Transcript()
    for arrival in arrivals:
        if isinstance(arrival.message, Caption):
            transcript.show(arrival.message)
    return transcript


def committed(transcript: Transcript) -> dict[str, list[str]]:
    return {language: transcript.committed(language) for language in ("en", "es", "zh")}


def refusals(arrivals: Sequence[Arrival]) -> list[Notice]:
    notices = [arrival.message for arrival in arrivals if isinstance(arrival.message, Notice)]
    return [notice for notice in notices if notice.code == "unsupported_language"]


EXPECTED = committed(interpreted(SAMPLES, Interpretation("en", ("es", "zh"))))


async def test_words_come_with_their_times_to_those_who_ask() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), words=True)
        others = await streamed(served, cut(SAMPLES, [1600]))
    assert not any(caption.words for caption in shown(others).captions.values())
    told: dict[tuple[int, str], list[Word]] = {}
    for arrival in arrivals:
        if isinstance(caption := arrival.message, Caption):
            told.setdefault((caption.utterance, caption.language), []).extend(caption.words)
    for key, caption in shown(arrivals).captions.items():
        words = told[key]
        assert bool(words) is (caption.language == "en")
        assert all(0.0 < word.probability <= 1.0 for word in words)
        if words:
            assert "".join(word.text for word in words).lstrip() == caption.committed
            assert (caption.start, caption.end) == (words[0].start, words[-1].end)


async def test_languages_that_cannot_be_heard_are_refused() -> None:
    class English(ScriptedRecognizer):
        languages: Any = ("en",)

    async with serving(engines(recognizer=English())) as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), source="auto", languages=["en", "tlh"])
        served_all = await streamed(served, cut(SAMPLES, [1600]), source="auto", languages=["en"])
    (refusal,) = (arrival.message for arrival in arrivals)
    assert isinstance(refusal, Error)
    assert "tlh cannot be recognised; en can" in refusal.message
    assert committed(shown(served_all)) == EXPECTED


async def test_captions_come_in_every_language_and_are_those_of_a_recording() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]))
    messages = [arrival.message for arrival in arrivals]
    ready, done = messages[0], messages[-1]
    assert isinstance(ready, Ready)
    assert (ready.source, ready.targets, ready.sample_rate) == ("en", ("es", "zh"), 16_000)
    assert ready.routes == (Route("es"), Route("zh"))
    transcript = shown(arrivals)
    assert committed(transcript) == EXPECTED
    assert " ".join(EXPECTED["en"]).split() == [word for word in TALK if word]
    assert all(caption.final for caption in transcript.captions.values())
    assert isinstance(done, Done)
    assert done.statistics.utterances == 3
    assert done.statistics.audio_seconds == pytest.approx(len(SAMPLES) / SAMPLE_RATE, abs=1e-3)
    assert done.statistics.captions >= len([m for m in messages if isinstance(m, Caption)])
    assert any(isinstance(m, Caption) and m.tentative for m in messages)


@pytest.mark.parametrize("sizes", [[320], [1600], [16_000], random.Random(7).choices(range(1, 9000), k=50)])
@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le"])
async def test_any_chunks_give_the_same_text(
    sizes: list[int], encoding: Literal["pcm_s16le", "pcm_f32le"]
) -> None:
    async with serving() as served:
        assert committed(shown(await streamed(served, cut(SAMPLES, sizes), encoding=encoding))) == EXPECTED


async def test_a_pivot_is_said() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), source="fr", targets=["en", "zh"])
    ready = arrivals[0].message
    assert isinstance(ready, Ready)
    assert ready.routes == (Route("en"), Route("zh", "en"))
    transcript = shown(arrivals)
    assert transcript.committed("fr")
    assert transcript.committed("zh")


async def test_the_spoken_language_may_be_detected() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), source="auto", targets=["es"])
    assert isinstance(arrivals[0].message, Ready)
    assert arrivals[0].message.routes == ()
    assert shown(arrivals).committed("en") == EXPECTED["en"]
    assert shown(arrivals).committed("es") == EXPECTED["es"]


async def test_a_detected_language_that_nothing_translates_is_said_once() -> None:
    async with serving(engines(recognizer=ScriptedRecognizer("cy"))) as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), source="auto")
    notices = refusals(arrivals)
    assert [notice.code for notice in notices] == ["unsupported_language"] * 2
    assert "cy → es" in notices[0].message
    assert "cy → zh" in notices[1].message
    assert shown(arrivals).committed("cy") == EXPECTED["en"]
    assert isinstance(arrivals[-1].message, Done)


async def test_what_is_spoken_in_a_target_language_is_not_translated_into_it() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), source="auto", targets=["en", "zh"])
    assert committed(shown(arrivals)) == {**EXPECTED, "es": []}


async def test_a_language_without_a_voice_keeps_its_captions() -> None:
    class Mute:
        def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
            raise LanguageError("there is no voice for Spanish")

    async with serving(engines(synthesizer=Mute())) as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), speak=["es"])
    assert refusals(arrivals) == [Notice("unsupported_language", "there is no voice for Spanish", "es")]
    assert committed(shown(arrivals)) == EXPECTED


async def test_speech_comes_with_its_sound() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES, [1600]), speak=["es"])
    spoken = [(arrival, arrival.message) for arrival in arrivals if isinstance(arrival.message, Speech)]
    assert {speech.language for _, speech in spoken} == {"es"}
    said = "".join(speech.text for _, speech in spoken)
    assert said.replace(" ", "") == "".join(EXPECTED["es"]).replace(" ", "")
    for arrival, speech in spoken:
        assert len(arrival.audio) == 2 * round(speech.duration * speech.sample_rate) > 0
    assert committed(shown(arrivals)) == EXPECTED


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
async def test_other_rates_are_resampled(rate: int) -> None:
    import soxr
    from websockets.asyncio.client import connect

    from server.wire.codec import decode, encode
    from server.wire.messages import Finish, Start
    from streaming.audio import to_pcm16

    data = to_pcm16(soxr.resample(SAMPLES, SAMPLE_RATE, rate))
    transcript = Transcript()
    async with serving() as served, connect(served.url) as socket:
        await socket.send(encode(Start("en", ("es",), sample_rate=rate)))
        for start in range(0, len(data), 7_000):
            await socket.send(data[start : start + 7_000])
        await socket.send(encode(Finish()))
        async for text in socket:
            assert isinstance(text, str)
            if isinstance(message := decode(text), Caption):
                transcript.show(message)
    assert isinstance(message, Done)
    assert message.statistics.audio_seconds == pytest.approx(len(SAMPLES) / SAMPLE_RATE, abs=0.01)
    heard = " ".join(transcript.committed("en")).split()
    assert heard == [word for word in TALK if word]


async def test_sessions_do_not_disturb_each_other_and_one_may_die() -> None:
    async with serving() as served:

        async def dies() -> None:
            async with aclosing(
                client.stream(served.url, cut(SAMPLES, [1600]), targets=["zh"], speed=0)
            ) as it:
                async for arrival in it:
                    if isinstance(arrival.message, Caption) and arrival.message.committed:
                        return

        lives = asyncio.create_task(streamed(served, cut(SAMPLES, [800])))
        only_spanish = asyncio.create_task(streamed(served, cut(SAMPLES, [320]), targets=["es"]))
        await asyncio.gather(dies(), dies())
        assert committed(shown(await lives)) == EXPECTED
        assert shown(await only_spanish).committed("es") == EXPECTED["es"]
        assert shown(await only_spanish).committed("zh") == []
        await until(lambda: served.idle)


async def test_audio_is_paced_and_lag_measured() -> None:
    async with serving() as served:
        arrivals = await streamed(served, cut(SAMPLES[: 3 * SAMPLE_RATE], [1600]), speed=6.0)
    assert arrivals[-1].time >= 0.5
    captions = [arrival for arrival in arrivals if isinstance(arrival.message, Caption)]
    assert captions
    for arrival in captions:
        assert isinstance(arrival.message, Caption)
        assert arrival.lag is not None
        assert 0 <= arrival.lag <= arrival.time
    times = [arrival.time for arrival in arrivals]
    assert times == sorted(times)


async def test_a_microphone_may_be_streamed() -> None:
    async def microphone() -> AsyncIterator[AudioChunk]:
        for chunk in cut(SAMPLES, [1600]):
            yield chunk

    async with serving() as served:
        arrivals = client.stream(served.url, microphone(), source="en", targets=["es", "zh"], speed=0)
        assert committed(shown([arrival async for arrival in arrivals])) == EXPECTED


async def test_audio_that_breaks_off_is_the_error() -> None:
    def broken() -> Any:
        yield from cut(SAMPLES[:SAMPLE_RATE], [1600])
        raise InputError("the recording breaks off")

    async with serving() as served:
        with pytest.raises(InputError, match="the recording breaks off"):
            _ = [a async for a in client.stream(served.url, broken(), source="en", speed=0)]
        await until(lambda: served.idle)


async def test_nobody_answers() -> None:
    with pytest.raises(InputError, match="no Dragoman answers there"):
        _ = [a async for a in client.stream("ws://127.0.0.1:9/v1/live", [])]
    with pytest.raises(InputError, match="no Dragoman answers there"):
        _ = [a async for a in client.stream("nonsense", [])]


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([Caption(0, "en", "good day"), Caption(0, "en", "good night")], RetractionError),
        ([Caption(0, "en", "good", final=True), Caption(0, "en", "good day")], RetractionError),
        ([], ProtocolError),
    ],
)
async def test_the_client_finds_a_bad_server_out(messages: list[Caption], error: type[Exception]) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    from server.wire.codec import encode

    async def behave(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(Ready("x", "en")))
        for message in messages:
            await socket.send(encode(message))

    async with serve(behave, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(error):
            _ = [a async for a in client.stream(f"ws://127.0.0.1:{port}", [], speed=0)]


async def test_a_refusal_is_the_last_message() -> None:
    async with serving() as served:
        arrivals = await streamed(served, [], targets=["xx"])
    assert [type(arrival.message) for arrival in arrivals] == [Error]


async def test_nothing_at_all_may_be_said() -> None:
    async with serving(engines()) as served:
        for samples in (np.zeros(0, np.float32), np.zeros(100, np.float32)):
            arrivals = await streamed(served, cut(samples, [1600]))
            assert [type(arrival.message) for arrival in arrivals] == [Ready, Done]


async def test_a_session_speaks_in_the_terms_of_its_packs(tmp_path: Path) -> None:
    (tmp_path / "navy.toml").write_text(
        'do_not_translate = ["Bravo"]\n[[terms]]\nen = "alpha bravo"\nes = "primer bravo"\n'
        '[[terms]]\nen = "delta"\nes = "cuarto"\n[replacements.en]\n"echo" = "Echo, Echo"\n'
    )
    samples = speak(["alpha", "delta", "echo", "alpha", "bravo"])
    texts: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    async with serving(packs=PacksConfig(str(tmp_path))) as served:
        for packs in ((), ("navy",)):
            transcript = shown(await streamed(served, cut(samples, [1600]), targets=["es"], packs=packs))
            texts[packs] = (transcript.committed("en"), transcript.committed("es"))
    assert texts[()][0] == ["alpha delta echo alpha bravo"]
    assert texts["navy",][0] == ["alpha delta Echo, Echo alpha bravo"]
    assert "cuarto" not in texts[()][1][0]
    assert "cuarto" in texts["navy",][1][0] and "primer bravo" in texts["navy",][1][0]


async def test_a_pack_that_is_not_there_or_not_in_order_is_refused_and_said(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("nonsense = 1\n")
    async with serving(packs=PacksConfig(str(tmp_path))) as served:
        for name, says in (
            ("none", "there is no domain pack 'none'"),
            ("broken", "broken.toml:1: unknown key"),
        ):
            *_, last = await streamed(served, [], targets=[], packs=[name])
            assert isinstance(last.message, Error)
            assert last.message.code == "bad_pack" and says in last.message.message

"""Tiers on real sockets: small drafts, medium commits, large revises, and the record reads so."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

import embedded
import mt
from mt import tiers
from mt.faithful import FaithfulTranslator
from mt.router import Router
from server.client import client
from server.config import Config, PacksConfig, RecordingsConfig, ServerConfig
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.interpretation.manner import Manner
from server.recordings import files
from server.records.forms import FORMS
from server.rooms.eventlog import EventLog
from server.wire.messages import Done, Finish, Ready, Resume, Start, Translate
from server.wire.room_messages import Correct, Operate, Revision, RoomState, Term, Terms
from streaming.audio import SAMPLE_RATE
from streaming.captions import Caption
from streaming.errors import EngineError
from streaming.scripted import speak
from streaming.stages import Translation, TranslationRequest
from tests.served import cut, engines, serving
from tests.test_conference import SAID, TALK, Client, House, house
from tests.test_metrics import scraped
from tests.test_recorddesk import lines, record
from tests.test_targets import LONG, MIDDLE, leave, talking
from tests.test_tiers import Marking

PAIRS = [("en", "es"), ("en", "zh"), ("fr", "en")]
BY_MEDIUM, BY_LARGE = ([" ".join(f"{word}{mark}" for word in said.split()) for said in SAID] for mark in "ML")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no failure: whatever it takes, nobody counts as behind."""
    for limit in ("KEEPS_UP", "SOON", "FAR_BEHIND"):
        monkeypatch.setattr(tiers, limit, float("inf"))


class Gated(Marking):
    """Answers when it may."""

    def __init__(self, mark: str = "L", error: EngineError | None = None) -> None:
        super().__init__(mark, PAIRS)
        self.opened = threading.Event()
        self._error = error

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.opened.wait(30)
        if self._error:
            raise self._error
        return super().translate(requests)


def three(large: Marking | None = None, small: Marking | None = None) -> Engines:
    routers = {
        "small": Router([small or Marking("S", PAIRS)]),
        "translator": Router([Marking("M", PAIRS)]),
        "large": Router([large or Marking("L", PAIRS)]),
    }
    return engines(**routers, manner=Manner(look_ahead=True))


@asynccontextmanager
async def gated(**options: Any) -> AsyncIterator[tuple[House, Gated]]:
    """A hall whose large translator waits until it is let."""
    large = Gated()
    try:
        async with house(own=three(large), **options) as here:
            yield here, large
    finally:
        large.opened.set()


def marks(texts: Sequence[str]) -> set[str]:
    """Which translators wrote these."""
    return {word[-1] for text in texts for word in text.split()}


async def test_small_drafts_medium_commits_large_revises_and_the_record_reads_so() -> None:
    async with house(own=three()) as here:
        await here.open(targets=["zh"])
        listener = await here.listener("es")
        desk = await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await listener.until(lambda: len(listener.of(Revision)) == 2)
        captions = [c for c in listener.of(Caption) if c.language == "es"]
        assert marks([c.committed for c in captions]) == {"M"}
        assert "S" in marks([c.tentative for c in captions])
        revisions = listener.of(Revision)
        assert [(r.utterance, r.text, r.by, r.revision) for r in revisions] == [
            (0, BY_LARGE[0], "model", 0),
            (1, BY_LARGE[1], "model", 0),
        ]
        final = {c.utterance: c for c in captions if c.final}
        assert all((r.start, r.end) == (final[r.utterance].start, final[r.utterance].end) for r in revisions)
        await desk.until(lambda: len(desk.of(Revision)) == 4)  # both languages
        assert not speaker.of(Revision)  # whose captions are of the own language alone
        late = await here.listener("es")
        await late.until(lambda: len(late.of(Revision)) == 2)
        for form in FORMS:
            text = await record(here, form, language="es")
            words = text.replace("\n", " ")
            assert "deltaL" in words and "deltaM" not in words, form
        document = json.loads(await record(here, "json"))
        assert [u["translations"]["es"] for u in document["utterances"]] == BY_LARGE
        counts = await scraped(here.served)
    assert counts["dragoman_revisions_total,by=model"] == 4
    assert counts["dragoman_translations_total,tier=large"] == 4
    assert counts["dragoman_translations_total,tier=small"] > 0
    assert counts["dragoman_translations_total,tier=medium"] > 0


async def test_a_session_is_done_when_its_revisions_are_told() -> None:
    async with serving(three()) as served:
        arrivals = [
            arrival
            async for arrival in client.stream(
                served.url, cut(speak(TALK), [1600]), source="en", targets=("es",), speed=0
            )
        ]
        ready = arrivals[0].message
        assert isinstance(ready, Ready)
        revisions = [a.message for a in arrivals if isinstance(a.message, Revision)]
        assert [(r.text, r.by) for r in revisions] == [(text, "model") for text in BY_LARGE]
        assert isinstance(arrivals[-1].message, Done)
        numbers = [a.event for a in arrivals if a.event is not None]
        assert numbers == list(range(1, len(numbers) + 1))
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            answer = await http.get(
                "/v1/live/record",
                params={"format": "srt", "language": "es"},
                headers={"Dragoman-Session": ready.token},
            )
    assert "alphaL" in answer.text and "alphaM" not in answer.text


async def test_a_large_translator_that_is_slow_delays_no_caption() -> None:
    async with gated() as (here, large):
        await here.open()
        listener = await here.listener("es")
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await listener.until(lambda: listener.finished("es") == BY_MEDIUM)
        assert not listener.of(Revision)
        assert await record(here, language="es") == lines(*BY_MEDIUM)
        large.opened.set()
        await listener.until(lambda: len(listener.of(Revision)) == 2)
        assert await record(here, language="es") == lines(*BY_LARGE)


async def test_the_operator_has_the_last_word_before_the_model_comes() -> None:
    async with gated() as (here, large):
        await here.open()
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await listener.until(lambda: listener.finished("es") == BY_MEDIUM)
        await desk.say(Correct(0, "golf hotel"))
        await listener.until(lambda: listener.of(Revision))
        large.opened.set()
        await listener.until(lambda: len(listener.of(Revision)) == 2)
        assert [(r.utterance, r.by, r.text) for r in listener.of(Revision)] == [
            (0, "operator", "golfM hotelM"),
            (1, "model", BY_LARGE[1]),
        ]
        await here.http.delete("/v1/rooms/hall")
        assert await record(here, language="es") == lines("golfM hotelM", BY_LARGE[1])


async def test_the_operator_has_the_last_word_after_the_model_too() -> None:
    async with house(own=three()) as here:
        await here.open()
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        await listener.until(lambda: len(listener.of(Revision)) == 2)
        await desk.say(Correct(0, "golf hotel"))
        await listener.until(lambda: len(listener.of(Revision)) == 3)
        assert listener.of(Revision)[-1].revision == 1
        await here.http.delete("/v1/rooms/hall")
        assert len(listener.of(Revision)) == 3
        assert await record(here, language="es") == lines("golfM hotelM", BY_LARGE[1])


async def test_a_revision_of_a_part_does_not_come_after_the_whole() -> None:
    large = Gated()
    async with serving(three(large)) as served, talking(served, Start("en", ("es", "zh"))) as talk:
        await leave(talk)
        await talk.say(Translate(("es", "zh")))
        await talk.speak(LONG, MIDDLE)
        whole = await talk.hear(Revision)
        large.opened.set()
        await talk.say(Finish())
        await talk.hear(Done)
    assert isinstance(whole, Revision) and talk.committed("zh") == [whole.text]
    assert [each.language for each in talk.revisions] == ["zh", "es"]


async def test_what_reads_so_already_is_not_revised() -> None:
    large = Marking("M", PAIRS)
    async with serving(three(large)) as served:
        arrivals = [
            arrival.message
            async for arrival in client.stream(
                served.url, cut(speak(TALK), [1600]), source="en", targets=("es",), speed=0
            )
        ]
    assert len(large.asked) == 2
    assert not any(isinstance(message, Revision) for message in arrivals)
    assert isinstance(arrivals[-1], Done)


async def test_a_large_translator_that_fails_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    large = Gated(error=EngineError("'alpha' was not expected"))
    large.opened.set()
    async with serving(three(large)) as served:
        arrivals = [
            arrival.message
            async for arrival in client.stream(
                served.url, cut(speak(TALK), [1600]), source="en", targets=("es",), speed=0
            )
        ]
    assert [m.committed for m in arrivals if isinstance(m, Caption) and m.final and m.language == "es"] == [
        *BY_MEDIUM,
    ]
    assert not any(isinstance(message, Revision) for message in arrivals)
    assert isinstance(arrivals[-1], Done)
    assert "stays as it is in es: EngineError" in caplog.text and "alpha" not in caplog.text


async def test_a_small_translator_that_fails_is_stood_in_for() -> None:
    small = Gated("S", EngineError("out of memory"))
    small.opened.set()
    async with serving(three(small=small)) as served:
        arrivals = [
            arrival.message
            async for arrival in client.stream(
                served.url, cut(speak(TALK), [1600]), source="en", targets=("es",), speed=0
            )
        ]
        counts = await scraped(served)
    assert isinstance(arrivals[-1], Done)
    assert counts["dragoman_translations_total,tier=small"] > 0
    texts = [m.text for m in arrivals if isinstance(m, Caption) and m.language == "es"]
    assert marks(texts) == {"M"}


async def test_a_revision_keeps_the_terms_of_the_operator() -> None:
    async with house(own=three()) as here:
        await here.open()
        listener, desk = await here.listener("es"), await here.enter("desk", Operate())
        await desk.say(Terms((Term("alpha", "alfa", "es"),)))
        await desk.until(lambda: desk.of(RoomState) and desk.room.terms)
        speaker = await here.speaker()
        await speaker.play(speak(["alpha", "bravo", ""]))
        await listener.until(lambda: listener.of(Revision))
        (revision,) = listener.of(Revision)
    assert revision.by == "model" and "alfa" in revision.text.split() and "bravoL" in revision.text


async def test_what_was_promised_is_kept_after_a_restart_and_once(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    samples = speak(TALK)
    async with gated(log=EventLog(path)) as (here, _):
        await here.open()
        listener = await here.listener("es")
        speaker = await here.speaker()
        await speaker.play(samples[: 5 * SAMPLE_RATE])
        await listener.until(lambda: len(listener.finished("es")) >= 1)
        assert not listener.of(Revision)
        token = speaker.of(Ready)[0].token
        last = max(number or 0 for number, _ in listener.messages)
        here.served.server.should_exit = True
        await listener.end()
    for attempt in range(2):
        async with house(own=three(), log=EventLog(path)) as here:
            again = await here.listener("es", event=last)
            await again.until(lambda: again.of(Revision))  # noqa: B023
            assert [r.text for r in again.of(Revision) if r.utterance == 0] == BY_LARGE[:1]
            if attempt:
                speaker = await here.enter("floor", Resume(token))
                await speaker.until(lambda: speaker.of(Ready))  # noqa: B023
                await speaker.play(samples[speaker.of(Ready)[0].position :])
                await speaker.say(Finish())
                await speaker.end()
                await here.http.delete("/v1/rooms/hall")
                assert await record(here, language="es") == lines(*BY_LARGE)
                assert [r.utterance for r in again.of(Revision)] == [0, 1]


async def test_the_words_of_the_trade_outlive_the_speaker_and_the_server(tmp_path: Path) -> None:
    (tmp_path / "radio.toml").write_text('title = "Radio"\n[[terms]]\nen = "alpha"\nes = "alfa"\n')
    path, packs = tmp_path / "events.db", PacksConfig(str(tmp_path))
    async with gated(log=EventLog(path), packs=packs) as (here, _):
        await here.open(targets=["es"])
        listener = await here.listener("es")
        speaker = await here.speaker(Start(packs=("radio",)))
        await speaker.play(speak(["alpha", "bravo", ""]))
        await speaker.say(Finish())
        await speaker.end()
        await listener.until(lambda: listener.finished("es"))
        here.served.server.should_exit = True
        await listener.end()
    async with house(own=three(), log=EventLog(path), packs=packs) as here:
        again = await here.listener("es")
        await again.until(lambda: again.of(Revision))
        assert "alfa" in again.of(Revision)[0].text and "bravoL" in again.of(Revision)[0].text


async def test_a_session_that_waits_for_its_revisions_outlives_the_server(tmp_path: Path) -> None:
    path, large = tmp_path / "events.db", Gated()
    async with serving(three(large), log=EventLog(path), grace=30) as served, asyncio.TaskGroup() as tasks:
        speaker = Client(await connect(served.url))
        tasks.create_task(speaker.read())
        await speaker.say(Start("en", ("es",)))
        await speaker.play(speak(TALK))
        await speaker.say(Finish())
        await speaker.until(lambda: speaker.finished("es") == BY_MEDIUM)
        served.server.should_exit = True
        await speaker.end()
    large.opened.set()
    assert not speaker.of(Done) and not speaker.of(Revision)
    last = max(number or 0 for number, _ in speaker.messages)
    async with serving(three(), log=EventLog(path), grace=30) as served, asyncio.TaskGroup() as tasks:
        again = Client(await connect(served.url))
        tasks.create_task(again.read())
        await again.say(Resume(speaker.of(Ready)[0].token, last))
        await again.until(lambda: again.of(Ready))
        await again.say(Finish())
        await again.end()
    assert sorted(r.text for r in again.of(Revision)) == BY_LARGE
    assert not again.finished("es")
    assert isinstance(again.messages[-1][1], Done)


async def test_a_server_that_is_stopped_without_a_log_does_not_wait_for_revisions() -> None:
    large = Gated()
    try:
        async with serving(three(large)) as served, asyncio.TaskGroup() as tasks:
            speaker = Client(await connect(served.url))
            tasks.create_task(speaker.read())
            await speaker.say(Start("en", ("es",)))
            await speaker.play(speak(TALK))
            await speaker.until(lambda: speaker.finished("es") == BY_MEDIUM)
            served.server.should_exit = True
            await speaker.end()
        assert isinstance(speaker.messages[-1][1], Done)
    finally:
        large.opened.set()


@pytest.mark.parametrize(("mode", "mark"), [("accurate", "L"), ("live", "M")])
async def test_recordings_are_translated_by_the_best_unless_as_live(
    mode: Any, mark: str, tmp_path: Path
) -> None:
    import soundfile

    path = tmp_path / "talk.wav"
    soundfile.write(path, speak(TALK), SAMPLE_RATE)
    config = Config(ServerConfig(), recordings=RecordingsConfig(folder=str(tmp_path / "kept")))
    offline = files.interpret(
        path, Interpretation("en", ("es",)), three(), lambda seconds: None, approach=files.Approach(mode)
    )
    assert marks([u.translations["es"] for u in offline.utterances]) == {mark}
    async with serving(three(), config=config) as served:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}", timeout=30) as http:
            posted = await http.post(
                "/v1/jobs", files={"file": path.read_bytes()}, data={"targets": "es", "mode": mode}
            )
            assert posted.status_code < 300, posted.text
            address = f"/v1/jobs/{posted.json()['id']}"
            async with asyncio.timeout(20):
                while (await http.get(address)).json()["state"] not in ("done", "failed"):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            result = (await http.get(f"{address}/result", params={"format": "text", "language": "es"})).text
    assert marks([result]) == {mark}


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")
async def test_an_embedded_translator_revises_what_a_dictionary_translated() -> None:
    large = mt.load(embedded.translators(), device="cpu")
    own = engines(translator=Router([Marking("M", PAIRS)]), large=large)
    async with serving(own) as served:
        arrivals = client.stream(served.url, cut(speak(TALK), [1600]), source="en", targets=("es",), speed=0)
        async with aclosing(arrivals):
            found = [arrival.message async for arrival in arrivals]
    captions = {(m.utterance, m.language): m for m in found if isinstance(m, Caption) and m.final}
    wanted = FaithfulTranslator(large).translate(
        [TranslationRequest(text, "", "en", "es", complete=True) for text in SAID]
    )
    assert [captions[i, "es"].committed for i in (0, 1)] == BY_MEDIUM
    revisions = [m for m in found if isinstance(m, Revision)]
    assert [r.text for r in sorted(revisions, key=lambda r: r.utterance)] == [t.text.strip() for t in wanted]

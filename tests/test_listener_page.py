"""The page of a listener in a real browser: another language, away and back, and what is heard there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.engines import Engines
from server.rooms import audience
from streaming.audio import to_pcm16
from streaming.scripted import speak
from tests.chromium import (
    PATIENCE,
    begin,
    breakable,
    browser,
    column,
    english,
    finish,
    needs_chromium,
    opened,
    spoken,
    until_state,
)
from tests.served import Served, serving
from tests.served import engines as scripted
from tests.test_conference import Slow
from tests.test_voices import speaking

pytestmark = [needs_chromium, pytest.mark.models]
SPEECH = 16.4
"""Seconds of the English sample that are heard: five sentences."""
AWAY = 30.0
"""Seconds that a phone is in a pocket at least."""
needs_voice = pytest.mark.skipif(
    find_spec("espeakng_loader") is None, reason="no synthesizer: pip install dragoman[tts]"
)
HEARD = """
window.phrases = [];
window.levels = [];
window.waiting = (first, last) => {
  const left = window.phrases.slice(first, last).map(({ ends, clock }) => ends - clock.currentTime);
  return Math.max(0, ...left);
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when) {
  const now = this.context.currentTime;
  const phrase = { source: this, clock: this.context, waits: when - now, ends: when + this.buffer.duration };
  window.phrases.push(phrase);
  return start.call(this, when);
};
const stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.stop = function () {
  const phrase = window.phrases.find(({ source }) => source === this);
  phrase.ends = Math.min(phrase.ends, this.context.currentTime);
  return stop.call(this);
};
const loudness = (analyser) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.hypot(...samples) / Math.sqrt(samples.length);
};
const connect = AudioNode.prototype.connect;
let before = null;
AudioNode.prototype.connect = function (to) {
  if (to instanceof AudioDestinationNode) {
    before = new AnalyserNode(this.context);
    const after = new AnalyserNode(this.context);
    connect.call(this, after);
    setInterval(() => window.levels.push({ before: loudness(before), after: loudness(after) }), 20);
  } else if (to instanceof GainNode) {
    connect.call(this, before);
  }
  return connect.call(this, to);
};
"""
"""Notes in the page when phrases are played, and how loud it is before and after the volume."""
LOUD = "() => window.levels.slice(10).some(({ before }) => before > 0.02)"
SHARES = "() => window.levels.slice(10).filter((l) => l.before > 0.02).map((l) => l.after / l.before)"
"""The first fifth of a second is left out: the volume changes smoothly.
A busy machine reads some pairs apart."""


@pytest.fixture(scope="module")
def engines() -> Engines:
    return models.load_engines(Config(recognition=RecognitionConfig(model="embedded")), lambda message: None)


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """Five sentences of the English sample."""
    return english(SPEECH, tmp_path / "microphone.wav")


@asynccontextmanager
async def hall(served: Served, **wanted: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a room; gives what asks about it."""
    async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        made = await http.post("/v1/rooms", json={"id": "hall", "title": "Opening", "source": "en", **wanted})
        assert made.status_code == 201
        yield http


async def record(http: httpx2.AsyncClient, language: str) -> list[str]:
    """What the room's record holds, a line an utterance."""
    answer = await http.get("/v1/rooms/hall/record", params={"format": "text", "language": language})
    assert answer.status_code == 200
    return answer.text.splitlines()


@asynccontextmanager
async def asleep(page: Page) -> AsyncIterator[None]:
    """Halt a page in the background, as a phone in a pocket does: nothing runs, nothing is received.

    Chromium without a window does not freeze pages; it halts them in the same way for a debugger.
    """
    system = await page.context.new_cdp_session(page)
    halted = asyncio.Event()
    system.on("Debugger.paused", lambda _: halted.set())
    await system.send("Debugger.enable")
    await system.send("Debugger.pause")
    running = asyncio.create_task(
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    )
    await halted.wait()
    yield
    await system.send("Debugger.resume")
    await running


async def test_a_phone_that_was_away_shows_all_of_it_once(
    engines: Engines, heard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "HISTORY", 1)  # what was missed is more than those who come late are shown
    async with (
        serving(engines, grace=60.0) as served,
        hall(served, targets=["zh"]) as http,
        breakable(served) as (address, cut),
        browser(heard) as speaking,
        browser(locale="zh-CN") as reading,
        opened(speaking, f"http://{served.address}/r/hall/floor") as floor,
        opened(reading, f"http://{address}/r/hall") as phone,
    ):
        await expect(phone.locator("#language")).to_have_value("zh")
        await expect(phone.locator("#catch-up")).to_have_text("追上进度")
        await begin(floor)
        first = phone.locator(".log[lang=zh] p.final .committed:not(:empty)").first
        await expect(first).not_to_be_empty(timeout=PATIENCE)
        before = await column(phone, "zh")
        async with asleep(phone), cut():
            began = time.monotonic()
            await spoken(floor, SPEECH)
            await finish(floor)
            await asyncio.sleep(AWAY - (time.monotonic() - began))
        said = await record(http, "zh")
        assert len(said) > len(before)
        await expect(phone.locator(".log[lang=zh] p.final .committed:not(:empty)")).to_have_count(
            len(said), timeout=PATIENCE
        )
        assert await column(phone, "zh") == said
        numbers = await phone.locator(".log p").evaluate_all("all => all.map((p) => +p.dataset.utterance)")
        assert numbers == sorted(set(numbers))
        await until_state(phone, "listening")
        await expect(phone.locator("#state")).to_have_text("进行中")


@needs_voice
async def test_a_translation_is_heard_as_loud_and_as_late_as_wanted(engines: Engines, heard: Path) -> None:
    async with (
        serving(engines, grace=60.0) as served,
        hall(served, targets=["es", "zh"], speak=["es"]),
        browser(heard) as context,
        opened(context, f"http://{served.address}/r/hall") as phone,
        opened(context, f"http://{served.address}/r/hall/floor") as floor,
    ):
        await phone.add_init_script(HEARD)
        await phone.reload()
        await phone.select_option("#language", "zh")
        await expect(phone.locator("#hear")).to_be_hidden()
        await phone.select_option("#language", "es")
        await phone.check("#speech")
        await begin(floor)
        await phone.bring_to_front()
        await phone.wait_for_function(LOUD, timeout=PATIENCE)
        assert median(await phone.evaluate(SHARES)) == pytest.approx(1.0, abs=0.05)

        await phone.locator("#volume").fill("0.5")
        await phone.evaluate("() => { window.levels = []; }")
        await phone.wait_for_function(LOUD, timeout=PATIENCE)
        assert median(await phone.evaluate(SHARES)) == pytest.approx(0.5, abs=0.05)

        await phone.wait_for_function("() => window.waiting(0) > 1", timeout=PATIENCE)
        count, left = await phone.evaluate(
            """() => {
              const count = window.phrases.length;
              document.getElementById("catch-up").click();
              window.levels = [];
              return [count, window.waiting(0, count)];
            }"""
        )
        assert left == 0, "it goes on saying what it should leave out"
        await phone.wait_for_function(f"() => window.phrases.length > {count}", timeout=PATIENCE)
        assert await phone.evaluate(f"() => window.phrases[{count}].waits") < 0.01
        await phone.wait_for_function(LOUD, timeout=PATIENCE)
        await phone.uncheck("#speech")
        await expect(phone.locator("#volume")).to_be_hidden()


async def test_a_voice_falls_silent_when_its_language_is_paused_and_its_reader_is_told() -> None:
    async with (
        serving(scripted(synthesizer=Slow()), grace=60.0) as served,
        hall(served, targets=["es", "zh"], speak=["es"]),
        browser() as context,
        opened(context, f"http://{served.address}/r/hall") as phone,
        opened(context, f"http://{served.address}/r/hall/desk") as desk,
        AsyncExitStack() as stack,
    ):
        await phone.add_init_script(HEARD)
        await phone.reload()
        await phone.select_option("#language", "es")
        await phone.check("#speech")
        await until_state(phone, "listening")
        speaker = await speaking(stack, served)
        await speaker.send(to_pcm16(speak(["alpha", "bravo", ""])))
        await phone.bring_to_front()
        await phone.wait_for_function("() => window.waiting(0) > 1", timeout=PATIENCE)
        spanish = desk.locator("#languages li", has_text="Spanish")
        await spanish.get_by_text("Pause").click()
        await until_state(phone, "paused")
        assert await phone.evaluate("() => window.waiting(0)") == 0
        await expect(phone.locator("#state")).to_have_text("this language is paused by the operator")
        await phone.select_option("#language", "zh")
        await until_state(phone, "listening")
        await phone.select_option("#language", "es")
        await until_state(phone, "paused")
        await spanish.get_by_text("Go on").click()
        await until_state(phone, "listening")
        await expect(phone.locator("#state")).to_have_text("live")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_a_phone_has_one_row_above_the_captions_however_long_the_title_is(locale: str) -> None:
    async with (
        serving(scripted()) as served,
        hall(served, targets=["es"], title="Annual general meeting of the association"),
        browser(locale=locale) as context,
    ):
        for path in ("", "/floor", "/booth?language=es"):
            async with opened(context, f"http://{served.address}/r/hall{path}") as page:
                await page.set_viewport_size({"width": 360, "height": 640})
                await expect(page.locator("#interface")).to_be_visible()
                if "booth" in path:
                    await page.click("#take")
                    await until_state(page, "interpreting")
                await expect(page.locator("#title")).to_contain_text("Annual")
                header = await page.locator("header").bounding_box()
                assert header and header["height"] < 70, path
                title = await page.locator("#title").bounding_box()
                assert title and title["width"] > 40, path

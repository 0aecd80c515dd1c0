"""The pages in a real browser, with real models behind them: what a person sees."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import soundfile
from playwright.async_api import Download, Page, expect

import embedded
from mt.router import Router
from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.recordings.files import LIVE, interpret
from tests.chromium import browser, microphone, needs_chromium, opened, sent
from tests.served import Served, serving, until
from tests.test_tiers import Marking

pytestmark = [needs_chromium, pytest.mark.models]
CASES = json.loads(Path(__file__).with_name("caption_cases.json").read_text(encoding="utf-8"))
PATIENCE = 60_000
"""Milliseconds that a busy machine is given."""
SHOWN = "() => [...document.querySelectorAll('{} p')].map((p) => p.querySelector('.committed').textContent)"

WATCH_SHIFTS = """() => {
  window.moved = [];
  new PerformanceObserver((list) => {
    const moved = list.getEntries().flatMap((entry) => entry.sources.map((source) => source.node));
    const read = moved.map((node) => (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node));
    window.moved.push(...read.filter((node) => node?.closest(".log")).map((node) => node.outerHTML));
  }).observe({ type: "layout-shift" });
}"""
"""Notes every caption text that moves without being scrolled."""


@pytest.fixture(scope="module")
def engines() -> Engines:
    return models.load_engines(Config(recognition=RecognitionConfig(model="embedded")), lambda message: None)


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """The first sentences of the English sample."""
    path = next(path for path in embedded.samples() if path.stem == "english")
    samples, rate = soundfile.read(path, frames=8 * soundfile.info(path).samplerate)
    return microphone(samples, rate, tmp_path / "microphone.wav")


async def begin(page: Page, *targets: str) -> None:
    """Fill in the form and start."""
    await page.select_option("select[name=source]", "en")
    for box in await page.locator("input[name=target]").all():
        if await box.is_visible():  # in a room, listeners choose
            await box.set_checked(await box.get_attribute("value") in targets)
    await page.click("#setup button[type=submit]")
    await expect(page.locator("#state")).to_have_attribute("data-state", "listening", timeout=PATIENCE)


async def finish(page: Page) -> None:
    await page.click("#stop")
    await expect(page.locator("#state")).to_have_attribute("data-state", "finished", timeout=PATIENCE)


async def column(page: Page, language: str) -> list[str]:
    """The committed text of each utterance that a page shows in a language."""
    found: list[str] = await page.evaluate(SHOWN.format(f".log[lang={language}]"))
    return [text for text in found if text]


async def spoken(page: Page) -> None:
    """Wait until Chromium has played all of the recording and a pause has ended the last utterance."""
    await page.wait_for_function("() => window.sent.length > 112", timeout=PATIENCE)


def offline(path: Path, engines: Engines, *targets: str) -> dict[str, list[str]]:
    record = interpret(path, Interpretation("en", targets), engines, lambda seconds: None, approach=LIVE)
    translated = {t: [u.translations[t] for u in record.utterances if u.translations.get(t)] for t in targets}
    return {"en": [utterance.text for utterance in record.utterances], **translated}


async def test_captions_of_the_microphone_are_those_of_the_same_recording(
    engines: Engines, heard: Path, tmp_path: Path
) -> None:
    async with serving(engines) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.evaluate(WATCH_SHIFTS)
            await begin(page, "zh")
            await expect(page.locator(".log[lang=zh] p").first).to_contain_text("。", timeout=PATIENCE)
            assert not await page.locator("#stop").is_hidden(), "translated before the speaker has stopped"
            await spoken(page)
            await finish(page)
            shown = {language: await column(page, language) for language in ("en", "zh")}
            rate = await page.evaluate("() => new AudioContext().sampleRate")
            recording = await sent(page, tmp_path / "sent.wav", rate)
            assert await page.locator(".tentative").all_inner_texts() == [""] * len(shown["en"] + shown["zh"])
            assert await page.evaluate("() => window.moved") == [], "committed text has moved"
        skipped = served.app.state.house.metrics.registry.get_sample_value("dragoman_skipped_decisions_total")
    recorded = offline(recording, engines, "zh")
    # Who is too slow skips points of decision, and may then choose other words; translation is asked less
    # often before that.
    assert shown["en"] == recorded["en"] or skipped
    for language in ("en", "zh"):
        assert len(shown[language]) == len(recorded[language]) >= 2


async def test_a_revision_replaces_what_was_shown(engines: Engines, heard: Path) -> None:
    large = Router([Marking("L", [("en", "zh")])])
    async with serving(replace(engines, large=large)) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page, "zh")
            await spoken(page)
            await finish(page)
            shown = await column(page, "zh")
            assert shown and all(word.endswith("L") for text in shown for word in text.split())
            assert await page.locator(".log[lang=zh] p.revised").count() == len(shown)
            assert await page.locator(".log[lang=en] p.revised").count() == 0
            found = await downloads(page, "text", "zh")
            assert found == {"dragoman.zh.txt": "".join(f"{text}\n" for text in shown)}
            assert await page.locator("#problem").is_hidden()


async def downloads(page: Page, format: str, language: str, count: int = 1) -> dict[str, str]:
    """What a page downloads: name of each file → its text."""
    came: list[Download] = []
    page.on("download", lambda each: came.append(each))
    await page.select_option("#download-language", language)
    await page.select_option("#download", format)
    await until(lambda: len(came) == count)
    return {each.suggested_filename: (await each.path()).read_text(encoding="utf-8") for each in came}


async def test_a_download_is_the_text_that_is_shown(engines: Engines, heard: Path) -> None:
    async with serving(engines) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page, "zh")
            await spoken(page)
            await finish(page)
            shown = {language: await column(page, language) for language in ("en", "zh")}
            for language, texts in shown.items():
                found = await downloads(page, "text", language)
                assert found == {f"dragoman.{language}.txt": "".join(f"{text}\n" for text in texts)}
            found = await downloads(page, "srt", "zh")
            (subtitles,) = found.values()
            assert [*found] == ["dragoman.zh.srt"] and " --> " in subtitles
            assert "".join(shown["zh"]).split("。")[0].replace(" ", "")[:8] in subtitles.replace("\n", "")
            assert {*await downloads(page, "vtt", "", 2)} == {"dragoman.en.vtt", "dragoman.zh.vtt"}
            ((name, text),) = (await downloads(page, "bilingual", "")).items()
            assert name == "dragoman.txt" and all(each in text for each in [*shown["en"], *shown["zh"]])
            assert await page.locator("#problem").is_hidden()


@asynccontextmanager
async def breakable(served: Served) -> AsyncIterator[tuple[str, Any]]:
    """A way to the server that can be cut: gives its address, and what cuts it for some seconds."""
    host, port = served.address.split(":")
    open_now: set[asyncio.StreamWriter] = set()
    passing = asyncio.Event()
    passing.set()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not passing.is_set():
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(host, int(port))
        open_now.update({writer, back})
        await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)
        open_now.difference_update({writer, back})

    async def cut(seconds: float) -> None:
        passing.clear()
        for writer in list(open_now):
            writer.transport.abort()
        await asyncio.sleep(seconds)
        passing.set()

    async with await asyncio.start_server(join, "127.0.0.1", 0) as proxy:
        yield f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}", cut


async def test_a_network_that_drops_twice_loses_nothing(
    engines: Engines, heard: Path, tmp_path: Path
) -> None:
    async with serving(engines, grace=60.0) as served, breakable(served) as (address, cut):
        async with browser(heard) as context, opened(context, f"http://{address}/") as page:
            await begin(page)
            began = time.monotonic()
            for seconds in (1.5, 2.5):
                await page.wait_for_timeout(2000)
                await cut(seconds)
                await expect(page.locator("#state")).to_have_attribute(
                    "data-state", "listening", timeout=PATIENCE
                )
            await page.wait_for_timeout(3000)
            await spoken(page)
            recorded = time.monotonic() - began
            await finish(page)
            done = await page.evaluate("() => window.done")
            assert await column(page, "en")
    assert done["statistics"]["audio_seconds"] > recorded - 1.0, "four seconds were spoken into nothing"


async def test_a_refused_microphone_is_told(engines: Engines) -> None:
    async with serving(engines) as served, browser(allowed=False) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.click("#setup button[type=submit]")
            await expect(page.locator("#problem")).to_contain_text("may not use the microphone")
            await expect(page.locator("#setup")).to_be_visible()
            await page.locator("#interface").select_option("zh")
            await expect(page.locator("#setup .main")).to_have_text("开始")


async def test_an_unplugged_microphone_ends_the_session_in_order(engines: Engines, heard: Path) -> None:
    async with serving(engines) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.add_init_script(
                "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
                "navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await ask(wanted));"
            )
            await page.reload()
            await begin(page)
            await expect(page.locator(".committed").first).not_to_be_empty(timeout=PATIENCE)
            await page.evaluate("() => window.stream.getTracks()[0].dispatchEvent(new Event('ended'))")
            await expect(page.locator("#state")).to_have_attribute("data-state", "finished", timeout=PATIENCE)
            assert await column(page, "en")


async def test_a_room_is_spoken_into_read_corrected_and_projected(engines: Engines, heard: Path) -> None:
    async with serving(engines) as served, browser(heard) as context:
        base = f"http://{served.address}"
        async with httpx2.AsyncClient(base_url=base) as http:
            made = await http.post("/v1/rooms", json={"id": "hall", "title": "Opening", "source": "en"})
            assert made.status_code == 201
        async with (
            opened(context, f"{base}/r/hall/desk") as desk,
            opened(context, f"{base}/r/hall") as phone,
            opened(context, f"{base}/r/hall/screen?languages=floor,zh&lines=2") as screen,
            opened(context, f"{base}/r/hall/floor") as floor,
        ):
            await phone.set_viewport_size({"width": 390, "height": 844})
            await phone.select_option("#language", "zh")
            await begin(floor)
            first = phone.locator(".log[lang=zh] p.final .committed:not(:empty)").first
            await expect(first).not_to_be_empty(timeout=PATIENCE)
            before = await first.inner_text()
            await expect(screen.locator(".lines").nth(1)).to_contain_text(before)
            await desk.locator(".floor p.final:has(.committed:not(:empty))").first.click()
            await desk.fill(".editor", "The cat is black.")
            await desk.keyboard.press("Enter")
            await expect(first).not_to_have_text(before, timeout=PATIENCE)
            await expect(floor.locator(".committed:not(:empty)").first).to_have_text(
                "The cat is black.", timeout=PATIENCE
            )
            late = await context.new_page()
            await late.goto(f"{base}/r/hall")
            await late.select_option("#language", "zh")
            await expect(late.locator(".log[lang=zh] .committed:not(:empty)").first).to_have_text(
                await first.inner_text(), timeout=PATIENCE
            )
            await expect(desk.locator("#links a").first).to_have_attribute("href", f"{base}/r/hall")
            async with desk.expect_download() as coming:
                await desk.select_option("#record", "text")
            download = await coming.value
            assert download.suggested_filename == "hall.en.txt"
            assert "The cat is black." in (await download.path()).read_text(encoding="utf-8")


async def test_the_fold_of_captions_obeys_the_same_laws_in_the_browser(engines: Engines) -> None:
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            for case in CASES:
                refused = await page.evaluate(
                    """async (captions) => {
                      const { Transcript, asCaption } = await import("/web/scripts/transcript.js");
                      const transcript = new Transcript();
                      const whole = { utterance: 0, language: "en", committed: "", tentative: "" };
                      for (const [i, fields] of captions.entries()) {
                        if (fields.revision) {
                          transcript.revise(asCaption({ ...whole, ...fields, text: fields.revision }));
                          continue;
                        }
                        try { transcript.show({ ...whole, ...fields }); }
                        catch (error) { if (error.name === "RetractionError") return i; throw error; }
                      }
                      return null;
                    }""",
                    case["captions"],
                )
                assert refused == case["refused"], case["name"]


async def test_what_is_recorded_while_offline_is_sent_later_and_once(engines: Engines) -> None:
    """Record, send, acknowledge, resume in any order: every sample reaches the server in order."""
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            arrived = await page.evaluate(
                """async () => {
                  const { ReplayBuffer } = await import("/web/scripts/replay.js");
                  let seed = 7;
                  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
                  for (let round = 0; round < 300; round++) {
                    const buffer = new ReplayBuffer(1e6);
                    const server = [];
                    let [recorded, told] = [0, 0];
                    const take = (samples) => { for (const sample of samples ?? []) server.push(sample); };
                    for (let step = 0; step < 60; step++) {
                      switch (random(4)) {
                        case 0: {
                          const count = random(9);
                          buffer.push(Int16Array.from({ length: count }, (_, i) => recorded + i));
                          recorded += count;
                          break;
                        }
                        case 1: take(buffer.next()); break;
                        case 2:
                          told = Math.max(told, random(server.length + 1));
                          buffer.acknowledge(told);
                          break;
                        case 3: { // the connection broke: some of what was sent has not arrived
                          server.length = Math.max(told, server.length - random(4));
                          buffer.rewind(server.length);
                        }
                      }
                    }
                    for (let samples; (samples = buffer.next()); ) take(samples);
                    if (buffer.lost) return `round ${round}: lost`;
                    if (!server.every((sample, i) => sample === i)) return `round ${round}: order`;
                    if (server.length !== recorded) return `round ${round}: too few`;
                  }
                  return "all";
                }"""
            )
            assert arrived == "all"


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_no_barriers(engines: Engines, theme: str) -> None:
    from axe_playwright_python.async_playwright import Axe

    async with serving(engines) as served, browser() as context:
        base = f"http://{served.address}"
        async with httpx2.AsyncClient(base_url=base) as http:
            await http.post("/v1/rooms", json={"id": "hall", "title": "Opening", "source": "en"})
        for path in ("/", "/r/hall", "/r/hall/floor", "/r/hall/desk", "/r/hall/screen"):
            page = await context.new_page()
            # The checker is put into the page by the test, which the pages' own policy would forbid.
            await page.goto(f"{base}{path}")
            await page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
            await page.wait_for_timeout(500)
            found = await Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            await page.close()

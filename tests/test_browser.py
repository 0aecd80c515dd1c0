"""The pages in a real browser, with real models behind them: what a person sees."""

import asyncio
import base64
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile
from playwright.async_api import Download, Page, expect
from websockets.asyncio.client import connect

from mt.router import Router
from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.engines import Engines
from server.interpretation.graph import RECOGNITION, Interpretation
from server.recordings.files import LIVE, interpret
from server.wire.codec import encode
from server.wire.messages import Start
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
    sent,
    spoken,
    until_state,
)
from tests.served import Process, serving, until
from tests.test_tiers import Marking

pytestmark = [needs_chromium, pytest.mark.models]
CASES = json.loads(Path(__file__).with_name("caption_cases.json").read_text(encoding="utf-8"))
SPEECH = 8.5
"""Seconds of the English sample that are heard: three sentences."""
SERVER = """
import sys
from server import app, config
wanted = {"server": {"port": int(sys.argv[1])}, "events": {"path": sys.argv[2]}}
app.serve(config.load(recognition={"model": "embedded"}, **wanted))
"""

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
    """The first sentences of the English sample, none cut in two."""
    return english(SPEECH, tmp_path / "microphone.wav")


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
            # The microphone may begin in the middle of a word: the first utterance need be no sentence.
            sentence = page.locator(".log[lang=zh] p").filter(has_text="。").first
            await expect(sentence).to_be_visible(timeout=PATIENCE)
            assert not await page.locator("#stop").is_hidden(), "translated before the speaker has stopped"
            await spoken(page, SPEECH)
            await finish(page)
            shown = {language: await column(page, language) for language in ("en", "zh")}
            kept = await downloads(page, "text", "", 2)
            recording = await sent(page, tmp_path / "sent.wav")
            assert await page.locator(".tentative").all_inner_texts() == [""] * len(shown["en"] + shown["zh"])
            assert await page.evaluate("() => window.moved") == [], "committed text has moved"
        skipped = served.app.state.house.metrics.registry.get_sample_value("dragoman_skipped_decisions_total")
    assert kept == {f"dragoman.{name}.txt": "".join(f"{text}\n" for text in shown[name]) for name in shown}
    assert all(len(texts) >= 2 for texts in shown.values())
    # Who is too slow skips points of decision, and may then choose other words; translation is asked less
    # often before that, so it is compared with what the server has written down.
    assert shown["en"] == offline(recording, engines)["en"] or skipped


async def test_a_revision_replaces_what_was_shown(engines: Engines, heard: Path) -> None:
    large = Router([Marking("L", [("en", "zh")])])
    async with serving(replace(engines, large=large)) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page, "zh")
            await spoken(page, SPEECH)
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


async def test_what_is_downloaded_copied_and_found_is_what_is_shown(engines: Engines, heard: Path) -> None:
    async with serving(engines) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page, "zh")
            await spoken(page, SPEECH)
            await finish(page)
            shown = {language: await column(page, language) for language in ("en", "zh")}
            for language, texts in shown.items():
                found = await downloads(page, "text", language)
                assert found == {f"dragoman.{language}.txt": "".join(f"{text}\n" for text in texts)}
            await context.grant_permissions(["clipboard-read", "clipboard-write"])
            await page.click("#copy")
            await expect(page.locator("#copy")).to_have_text("Copied")
            everything = "\n\n".join("\n".join(texts) for texts in shown.values())
            assert await page.evaluate("() => navigator.clipboard.readText()") == everything
            await page.fill("#search", "THANK")
            await expect(page.locator("#found")).to_have_text("1 found")
            assert await page.evaluate("() => CSS.highlights.get('found').size") == 1
            found = await downloads(page, "srt", "zh")
            (subtitles,) = found.values()
            assert [*found] == ["dragoman.zh.srt"] and " --> " in subtitles
            lines = [line for line in subtitles.splitlines() if not line.isdigit() and " --> " not in line]
            assert "".join(lines).replace(" ", "") == "".join(shown["zh"]).replace(" ", "")
            assert {*await downloads(page, "vtt", "", 2)} == {"dragoman.en.vtt", "dragoman.zh.vtt"}
            ((name, text),) = (await downloads(page, "bilingual", "")).items()
            assert name == "dragoman.txt" and all(each in text for each in [*shown["en"], *shown["zh"]])
            assert await page.locator("#problem").is_hidden()


async def test_a_network_that_drops_twice_for_five_seconds_loses_nothing(
    engines: Engines, tmp_path: Path
) -> None:
    """On a server that is full, which nobody new could enter meanwhile."""
    async with serving(engines, most=1, grace=60.0) as served, breakable(served) as (address, cut):
        heard = english(2 * SPEECH, tmp_path / "microphone.wav")
        async with browser(heard) as context, opened(context, f"http://{address}/") as page:
            await begin(page)
            began = time.monotonic()
            for _ in range(2):
                await page.wait_for_timeout(2000)
                async with cut():
                    await until_state(page, "reconnecting")
                    await page.wait_for_timeout(5000)
                await until_state(page, "listening")
            await spoken(page, 2 * SPEECH)
            recorded = time.monotonic() - began
            await finish(page)
            await nothing_lost(page, engines, tmp_path)
            done = await page.evaluate("() => window.done")
    assert done["statistics"]["audio_seconds"] > recorded - 1.0, "ten seconds were spoken into nothing"


async def nothing_lost(page: Page, engines: Engines, folder: Path, *, hurried: bool = False) -> None:
    """See that a page shows the text of what it has sent, each utterance once and in order; `hurried`: a
    server that was killed since had left out decision points."""
    shown = await column(page, "en")
    recorded = offline(await sent(page, folder / "sent.wav"), engines)["en"]
    done = await page.evaluate("() => window.done")
    assert shown == recorded or done["statistics"]["skipped"] or hurried
    assert len(shown) == len(recorded) >= 2
    numbers = await page.locator(".log p").evaluate_all("all => all.map((p) => Number(p.dataset.utterance))")
    assert numbers == sorted(set(numbers))


async def test_languages_are_added_and_left_out_while_somebody_speaks(
    engines: Engines, heard: Path, tmp_path: Path
) -> None:
    async with (
        serving(engines, grace=60.0) as served,
        breakable(served) as (address, cut),
        browser(heard) as context,
        opened(context, f"http://{address}/") as page,
    ):
        headings = page.locator("#columns h2")
        await begin(page, "es")
        await expect(headings).to_have_text(["English", "Spanish"])
        await expect(page.locator(".log[lang=en] p.final").first).to_be_visible(timeout=PATIENCE)
        await page.click("#choose")
        await page.check("#chosen [name=target][value=zh]")
        await expect(headings).to_have_text(["English", "Spanish", "Chinese"])
        await expect(page.locator(".log[lang=zh] p.final").first).to_be_visible(timeout=PATIENCE)
        async with cut():
            await until_state(page, "reconnecting")
            await page.uncheck("#chosen [name=target][value=es]")
        await expect(headings).to_have_text(["English", "Chinese"])
        await page.keyboard.press("Escape")
        await spoken(page, SPEECH)
        await finish(page)
        await expect(page.locator("#choose")).to_be_hidden()
        shown = {language: await column(page, language) for language in ("en", "zh")}
        recorded = offline(await sent(page, tmp_path / "sent.wav"), engines, "zh")
        skipped = (await page.evaluate("() => window.done"))["statistics"]["skipped"]
        assert len(shown["zh"]) == len(shown["en"]) >= 2
        assert shown["en"] == recorded["en"] or skipped
        await page.click("#again")
        await expect(page.locator("#setup [name=target][value=zh]")).to_be_checked()


@pytest.mark.parametrize("way", ["stopped", "killed"])
async def test_a_server_that_is_started_anew_loses_nothing(
    engines: Engines, heard: Path, tmp_path: Path, way: str
) -> None:
    server = Process(SERVER, tmp_path / "events.db")
    await asyncio.to_thread(server.start)
    try:
        async with browser(heard) as context, opened(context, f"http://{server.address}/") as page:
            await begin(page)
            await expect(page.locator("p.final .committed:not(:empty)")).not_to_have_count(
                0, timeout=PATIENCE
            )
            said = await column(page, "en")
            await asyncio.to_thread(server.stop if way == "stopped" else server.kill)
            await until_state(page, "reconnecting")
            assert await column(page, "en") >= said, "what was read stays there to be read"
            await asyncio.to_thread(server.start)
            await until_state(page, "listening")
            await spoken(page, SPEECH)
            await finish(page)
            await asyncio.to_thread(server.kill)  # its log is its own
            await nothing_lost(page, engines, tmp_path, hurried=hurried(tmp_path / "events.db"))
    finally:
        if server.process.poll() is None:
            server.kill()


def hurried(log: Path) -> bool:
    """Tell from a log whether more than one step lay between two decision points."""
    with closing(sqlite3.connect(log)) as database:
        contents = [json.loads(content) for (content,) in database.execute("SELECT content FROM events")]
    paces = [content["pace"] for content in contents if content.get("node") == RECOGNITION]
    return any(steps > 1 for pace in paces for steps in pace.values())


async def test_a_recording_is_heard_to_its_last_word(engines: Engines, heard: Path, tmp_path: Path) -> None:
    """A file that is played in the page ends by itself."""
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.check("input[name=kind][value=file]")
            await page.set_input_files("input[name=file]", heard)
            await begin(page)
            await until_state(page, "finished")
            seconds = await page.evaluate("() => window.seconds()")
            assert seconds > soundfile.info(heard).duration - 0.05  # silence may follow the last sample
            await nothing_lost(page, engines, tmp_path)


async def test_what_a_busy_page_has_not_yet_heard_of_is_sent_when_it_is_stopped(
    engines: Engines, heard: Path
) -> None:
    async with serving(engines) as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page)
            await spoken(page, 0.0)
            before = await page.evaluate(
                """() => {
                  const sent = window.seconds();
                  const until = performance.now() + 2000;
                  while (performance.now() < until);
                  document.getElementById("stop").click();
                  return sent;
                }"""
            )
            await until_state(page, "finished")
            assert await page.evaluate("() => window.seconds()") > before + 1.0


async def test_a_refused_microphone_is_told(engines: Engines) -> None:
    async with serving(engines) as served, browser(allowed=False) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.click("#setup button[type=submit]")
            await expect(page.locator("#problem")).to_contain_text("was not allowed to use the microphone")
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
            await until_state(page, "finished")
            assert await column(page, "en")


async def test_the_desk_shows_how_loud_each_channel_is() -> None:
    loud = speak(["alpha", "bravo"])
    async with serving() as served, browser() as context:
        base = served.address
        async with httpx2.AsyncClient(base_url=f"http://{base}") as http:
            (await http.post("/v1/rooms", json={"id": "hall", "source": "en"})).raise_for_status()
        async with (
            connect(f"ws://{base}/v1/rooms/hall/floor") as speaker,
            opened(context, f"http://{base}/r/hall/desk") as desk,
        ):
            await speaker.send(encode(Start(channels=2)))
            await speaker.send(to_pcm16(np.stack([loud, 0.1 * loud], axis=1).ravel()))
            meters = desk.locator("#speakers meter")
            await expect(meters).to_have_count(2, timeout=PATIENCE)
            await expect(meters.nth(1)).not_to_have_js_property("value", 0)
            first, second = await meters.evaluate_all("(meters) => meters.map((meter) => meter.value)")
            assert first > 3 * second
            await expect(desk.locator("#speakers")).to_contain_text("s behind")


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
            await expect(desk.locator(".editor")).to_have_count(0)
            await desk.keyboard.press("Enter")  # the keyboard is where it was, and opens it once more
            await expect(desk.locator(".editor")).to_be_focused()
            await desk.keyboard.press("Escape")
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
            await expect(desk.locator("#speakers meter")).not_to_have_js_property("value", 0)
            async with desk.expect_download() as coming:
                await desk.select_option("#record", "text")
            download = await coming.value
            assert download.suggested_filename == "hall.en.txt"
            assert "The cat is black." in (await download.path()).read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [(360, 640), (1920, 1080)], ids=["phone", "projector"])
async def test_the_newest_words_are_in_sight(engines: Engines, size: tuple[int, int]) -> None:
    """However small a column is: many languages on a phone leave little room for each."""
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await expect(page.locator("#setup")).to_be_visible()
            places = await page.evaluate(
                """async () => {
                  const { Columns } = await import("/web/scripts/columns.js");
                  document.getElementById("setup").hidden = true;
                  for (const id of ["columns", "tools"]) document.getElementById(id).hidden = false;
                  const columns = new Columns(document.getElementById("columns"));
                  columns.arrange(["en", "zh", "ar"]);
                  const caption = { committed: "12 words.", tentative: "", final: true };
                  const show = (utterance, language) => columns.show({ ...caption, utterance, language });
                  for (let i = 0; i < 40; i++) columns.languages.forEach((language) => show(i, language));
                  columns.show({ ...caption, utterance: 40, language: "ar", committed: "صباح الخير" });
                  const parts = [...document.querySelectorAll(".column")];
                  return parts.map((part) => {
                    const last = part.querySelector("p:last-child");
                    const [text, room] = [last, part].map((each) => each.getBoundingClientRect());
                    return [text.top - room.top, room.bottom - text.bottom, getComputedStyle(last).direction];
                  });
                }"""
            )
            assert [direction for *_, direction in places] == ["ltr", "ltr", "rtl"]
            assert all(above > 0 and below > 0 for above, below, _ in places)


async def test_an_overlay_lets_the_picture_through(engines: Engines) -> None:
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/r/hall/overlay?box=yes&position=top") as page:
            picture = await page.screenshot(omit_background=True)
            colours = await page.evaluate(
                """async (picture) => {
                  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
                  const image = await createImageBitmap(new Blob([bytes]));
                  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
                  canvas.drawImage(image, 0, 0);
                  const { data } = canvas.getImageData(0, 0, image.width, image.height);
                  return data.reduce((most, value) => Math.max(most, value), 0);
                }""",
                base64.b64encode(picture).decode(),
            )
            assert colours == 0


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


@pytest.mark.parametrize("limit", [1_000_000, 20])
async def test_what_is_recorded_while_offline_is_sent_later_and_once(engines: Engines, limit: int) -> None:
    """Record, send, acknowledge, resume in any order: what is not lost reaches the server in order."""
    async with serving(engines) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            arrived = await page.evaluate(
                """async (limit) => {
                  const { ReplayBuffer } = await import("/web/scripts/replay.js");
                  let seed = 3;
                  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
                  let losses = 0;
                  for (let round = 0; round < 300; round++) {
                    const buffer = new ReplayBuffer(limit);
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
                    losses += buffer.lost;
                    const inOrder = server.every((sample, i) => !i || sample > server[i - 1]);
                    if (!inOrder) return `round ${round}: order`;
                    if (server.length + buffer.lost !== recorded) return `round ${round}: ${buffer.lost}`;
                  }
                  return losses ? "some were lost" : "all";
                }""",
                limit,
            )
            assert arrived == ("some were lost" if limit == 20 else "all")


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_no_barriers(engines: Engines, theme: str) -> None:
    from axe_playwright_python.async_playwright import Axe

    async with serving(engines) as served, browser() as context:
        base = f"http://{served.address}"
        async with httpx2.AsyncClient(base_url=base) as http:
            await http.post("/v1/rooms", json={"id": "hall", "title": "Opening", "source": "en"})
        for path in ("/", "/r/hall", "/r/hall/floor", "/r/hall/desk", "/r/hall/screen", "/r/hall/overlay"):
            page = await context.new_page()
            # The checker is put into the page by the test, which the pages' own policy would forbid.
            await page.goto(f"{base}{path}")
            await page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
            await page.wait_for_timeout(500)
            found = await Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            await page.close()

"""Where a page takes its sound from, in a real browser: which microphone, recordings, what halts it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.chromium import PATIENCE, begin, browser, english, needs_chromium, until_state
from tests.served import serving
from tests.test_pages import WORDS

pytestmark = needs_chromium
WATCHED = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
  constructor(...wanted) {
    super(...wanted);
    window.contexts.push(this);
  }
};
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  window.asked = wanted.audio.deviceId?.exact;
  return (window.stream = await ask(wanted));
};
"""
"""Notes in the page which microphone is asked for, and what plays."""
MUTE = """(muted) => {
  const [track] = window.stream.getAudioTracks();
  Object.defineProperty(track, "muted", { value: muted, configurable: true });
  track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
}"""


async def test_the_microphone_that_is_chosen_is_the_one_that_is_heard() -> None:
    async with serving() as served, browser() as context:
        page = await context.new_page()
        await page.add_init_script(WATCHED)
        await page.goto(f"http://{served.address}/")
        device = page.locator("[name=device]")
        await expect(device).to_be_visible(timeout=PATIENCE)
        wanted = await device.locator("option").last.get_attribute("value")
        assert wanted and wanted != await device.input_value()
        await device.select_option(wanted)
        await page.evaluate(
            """async () => {
              navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
              await navigator.mediaDevices.enumerateDevices();
            }"""
        )
        await begin(page, source="auto")
        assert await page.evaluate("() => window.asked") == wanted
        await page.click("#stop")
        await page.click("#again")
        await expect(device).to_have_value(wanted)


async def test_a_page_whose_sound_was_stopped_says_so_and_hears_again_when_it_is_looked_at() -> None:
    async with serving() as served, browser() as context:
        page = await context.new_page()
        await page.add_init_script(WATCHED)
        await page.goto(f"http://{served.address}/")
        await begin(page, "es", source="auto")
        await page.evaluate("() => window.contexts.at(-1).suspend()")
        await until_state(page, "unplugged")
        await expect(page.locator("#state")).to_have_text(WORDS["en"]["state-unplugged"])
        await page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        await until_state(page, "listening")
        assert await page.evaluate("() => window.contexts.at(-1).state") == "running"
        await page.evaluate(MUTE, True)
        await until_state(page, "unplugged")
        await page.evaluate(MUTE, False)
        await until_state(page, "listening")
        await page.evaluate(MUTE, True)
        await page.click("#stop")
        await until_state(page, "finished")


@pytest.mark.parametrize("kind", ["microphone", "file"])
async def test_a_page_over_plain_http_says_that_https_is_needed(kind: str, tmp_path: Path) -> None:
    async with serving() as served, browser(name="hall") as context:
        page = await context.new_page()
        await page.goto(f"http://hall:{served.address.split(':')[1]}/")
        await expect(page.locator("#setup")).to_be_visible()
        assert not await page.evaluate("() => isSecureContext")
        await page.check(f"[name=kind][value={kind}]")
        if kind == "file":
            await page.set_input_files("[name=file]", english(1.0, tmp_path / "recording.wav"))
        for language in ("en", "zh"):
            await page.select_option("#interface", language)
            await complained(page, WORDS[language]["problem-SecurityError"])
        await page.select_option("#interface", "en")
        await expect(page.locator("#problem")).to_have_text(WORDS["en"]["problem-SecurityError"])


@pytest.mark.parametrize(
    ("language", "wanted"), [("en", "a sound or video recording"), ("zh", "音频或视频文件")]
)
async def test_a_file_that_is_no_recording_is_named_and_one_asked_for(
    language: str, wanted: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("Good morning.", encoding="utf-8")
    async with serving() as served, browser() as context:
        page = await context.new_page()
        await page.goto(f"http://{served.address}/")
        await page.select_option("#interface", language)
        await page.check("[name=kind][value=file]")
        await page.set_input_files("[name=file]", tmp_path / "notes.txt")
        told = WORDS[language]["problem-EncodingError"].format(message="notes.txt")
        assert wanted in told
        await complained(page, told)


async def complained(page: Page, told: str) -> None:
    """Start, and see why that is not possible."""
    await page.click("#setup button[type=submit]")
    await expect(page.locator("#problem")).to_have_text(told, timeout=PATIENCE)
    await until_state(page, "idle")

"""The live page in a real browser, with scripted engines: states, reading, keyboard, languages, looks."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from server.config import Config, LimitsConfig
from server.http.pages import WEB
from streaming.scripted import ScriptedRecognizer
from tests.chromium import begin, breakable, browser, english, needs_chromium, opened, until_state
from tests.served import engines, serving

pytestmark = needs_chromium
FILL = """async (count) => {
  const { Columns } = await import("/web/scripts/columns.js");
  document.getElementById("setup").hidden = true;
  document.getElementById("columns").hidden = document.getElementById("tools").hidden = false;
  window.columns = new Columns(document.getElementById("columns"));
  columns.arrange(["en", "ar"]);
  window.add = (utterance) => columns.languages.forEach((language) => columns.show(
    { utterance, language, committed: `${language} ${utterance} `.repeat(12), tentative: "", final: true }));
  for (let i = 0; i < count; i++) add(i);
}"""
PLACE = """() => {
  const { scrollTop, scrollHeight, clientHeight } = document.querySelector(".scroller");
  return [scrollTop, scrollHeight - clientHeight];
}"""

STILL = """() => new Promise((resolve) => {
  const scroller = document.querySelector(".scroller");
  let [at, frames] = [scroller.scrollTop, 0];
  const look = () => {
    frames = scroller.scrollTop === at ? frames + 1 : 0;
    at = scroller.scrollTop;
    if (frames < 10) requestAnimationFrame(look);
    else resolve(true);
  };
  look();
})"""
"""Waits until a scroller has come to rest: keys move it smoothly, and the `scrollend` that comes first may
be that of a move before."""


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """A few seconds of speech."""
    return english(3.0, tmp_path / "microphone.wav")


async def test_every_state_is_shown(heard: Path) -> None:
    async with serving(grace=60.0) as served, breakable(served) as (address, cut), browser(heard) as context:
        async with opened(context, f"http://{address}/") as page:
            await page.evaluate(
                """() => {
                  // A network that is slow: what was sent does not leave.
                  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, "bufferedAmount").get;
                  const get = function () { return window.slow ? Infinity : own.call(this); };
                  Object.defineProperty(WebSocket.prototype, "bufferedAmount", { get });
                  window.states = [];
                  const state = document.getElementById("state");
                  const note = () => window.states.push([state.dataset.state, state.textContent]);
                  new MutationObserver(note).observe(state, { childList: true, attributes: true });
                }"""
            )
            await begin(page, source="auto")
            async with cut():
                await until_state(page, "reconnecting")
            await until_state(page, "listening")
            await context.set_offline(True)
            await until_state(page, "offline")
            await context.set_offline(False)
            await until_state(page, "listening")
            await page.evaluate("() => { window.slow = true; }")
            await until_state(page, "catching-up")
            await page.evaluate("() => { window.slow = false; }")
            await until_state(page, "listening")
            await page.click("#stop")
            await until_state(page, "finished")
            states = dict(await page.evaluate("() => window.states"))
        words = json.loads((WEB / "words" / "en.json").read_text(encoding="utf-8"))
        order = ["asking", "connecting", "listening", "reconnecting", "offline", "catching-up", "finishing"]
        assert [name for name in order if name not in states] == []
        assert all(states[name] == words[f"state-{name}"] for name in states)


async def test_the_microphone_is_closed_when_the_server_ends_the_session(heard: Path) -> None:
    config = Config(limits=LimitsConfig(total_seconds=2.0))
    async with serving(config=config) as served, browser(heard) as context:
        await context.add_init_script(
            """
            window.tracks = [];
            const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wanted) => {
              const stream = await open(wanted);
              window.tracks.push(...stream.getTracks());
              return stream;
            };
            """
        )
        async with opened(context, f"http://{served.address}/") as page:
            await begin(page, "es", source="auto")
            await until_state(page, "finished")
            await page.wait_for_function("() => tracks.every((track) => track.readyState === 'ended')")
            assert not await page.locator("#stop").is_visible()


async def test_a_room_says_what_it_is_called_and_what_is_spoken_there_before_anybody_starts() -> None:
    class Knowing(ScriptedRecognizer):
        languages = ("en", "es", "zh")

    async with (
        serving(engines(recognizer=Knowing())) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
        browser() as context,
    ):
        for plan in ({"id": "hall", "title": "Opening", "source": "es"}, {"id": "open"}):
            (await http.post("/v1/rooms", json=plan)).raise_for_status()
        base = f"http://{served.address}/r"
        await context.add_init_script(
            "localStorage.setItem('dragoman.session', JSON.stringify({ source: 'zh' }))"
        )
        async with opened(context, f"{base}/hall/floor?name=Anna") as page:
            source = page.locator("[name=source]")
            await expect(source).to_have_value("es")
            await expect(source.locator("[value=auto]")).to_have_text("as the room says (Spanish)")
            await expect(page.locator("#title")).to_have_text("Opening")
            await page.set_viewport_size({"width": 360, "height": 640})
            await expect(page.locator("#title")).to_be_visible()
            await expect(page).to_have_title("Opening")
            await page.select_option("#interface", "zh")
            await expect(source.locator("[value=auto]")).to_have_text("按房间设定（西班牙语）")
            await expect(source).to_have_value("es")
            await page.select_option("#interface", "en")
        async with opened(context, f"{base}/open/floor") as page:
            await expect(page.locator("[name=source]")).to_have_value("zh")
            await expect(page.locator("[value=auto]")).to_have_text("found out by listening")
            await expect(page.locator("#title")).to_have_text("open")
        async with opened(context, f"{base}/none/floor") as page:
            await expect(page.locator("#problem")).to_contain_text("no such room")
            await expect(page.locator("#setup")).to_be_hidden()


async def test_text_stays_where_it_is_for_a_reader_who_has_scrolled_back() -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#setup")).to_be_visible()
            await page.evaluate(FILL, 40)
            at, end = await page.evaluate(PLACE)
            assert end - at < 2, "it follows"
            await page.evaluate("() => add(40)")
            assert (await page.evaluate(PLACE))[0] > at
            await page.locator(".scroller").first.focus()
            await page.keyboard.press("PageUp")
            newest = page.locator(".newest").first
            await expect(newest).to_be_visible()
            await page.evaluate(STILL)
            at, _ = await page.evaluate(PLACE)
            await page.evaluate("() => { for (let i = 41; i < 50; i++) add(i); }")
            after, end = await page.evaluate(PLACE)
            assert after == at and end - at > 100, "what is read does not move"
            await newest.focus()
            await page.keyboard.press("Enter")
            await expect(newest).to_be_hidden()
            at, end = await page.evaluate(PLACE)
            assert end - at < 2


@pytest.mark.parametrize("size", [(360, 640), (1440, 900)], ids=["phone", "desktop"])
async def test_columns_are_full_before_they_scroll_and_nothing_lies_over_them(size: tuple[int, int]) -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await expect(page.locator("#setup")).to_be_visible()
            await page.evaluate(FILL.replace('"ar"', '"zh", "es"'), 0)
            full = await page.evaluate(
                """() => {
                  const [scroller, log] = [".scroller", ".log"].map((each) => document.querySelector(each));
                  const show = (utterance) => columns.show(
                    { utterance, language: "en", committed: "One line.", tentative: "", final: true });
                  for (let i = 0; scroller.scrollHeight <= scroller.clientHeight; i++) show(i);
                  return log.offsetHeight / scroller.clientHeight;
                }"""
            )
            assert full > 0.82
            await page.evaluate("() => document.getElementById('chosen').append(targets)")
            choose, columns = page.locator("#choose"), page.locator("#columns")
            await choose.click()
            await expect(choose).to_have_attribute("aria-expanded", "true")
            captions, chosen = await columns.bounding_box(), await page.locator("#chosen").bounding_box()
            assert captions and chosen and captions["y"] + captions["height"] <= chosen["y"] + 1
            await choose.click()
            await expect(page.locator("#chosen")).to_be_hidden()
            await page.fill("#search", "x")
            field, found = (
                await page.locator("#search").bounding_box(),
                await page.locator("#found").bounding_box(),
            )
            assert field and found and field["width"] > 50
            assert field["y"] < found["y"] and found["y"] + found["height"] < field["y"] + field["height"]
            assert found["x"] + found["width"] <= size[0]


@pytest.mark.parametrize("width", [360, 1440])
async def test_how_captions_look_can_be_read_whole(width: int) -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.set_viewport_size({"width": width, "height": 640})
            await page.click("[popovertarget=looks]")
            short = await page.evaluate(
                """() => [...document.querySelectorAll(".looks select")].map((select) => {
                  const whole = select.cloneNode(true);
                  whole.style.cssText = "position: fixed; width: max-content";
                  document.querySelector(".looks").append(whole);
                  const short = whole.offsetWidth - select.offsetWidth;
                  whole.remove();
                  return short;
                })"""
            )
            assert max(short) <= 0
            box = await page.locator(".looks").bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= width


async def test_the_keyboard_alone_starts_stops_and_searches(heard: Path) -> None:
    async with serving() as served, browser(heard) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#setup")).to_be_visible()
            for name in ("source", "target"):
                await to(page, f"[name={name}]")
            await page.keyboard.press("Space")
            await to(page, "#setup button[type=submit]")
            await page.keyboard.press("Enter")
            await until_state(page, "listening")
            await to(page, "#stop")
            await page.keyboard.press("Enter")
            await until_state(page, "finished")
            for control in ("#search", "#copy", "#download-language", "#download", "#again"):
                await to(page, control)
            await page.keyboard.press("Enter")
            await expect(page.locator("#setup")).to_be_visible()


async def to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, and see that it can be seen that it has."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            style = "() => getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(style) == "solid"
            return
    raise AssertionError(f"Tab does not reach {selector}")


async def test_a_language_of_the_interface_is_one_file() -> None:
    words = json.loads((WEB / "words" / "en.json").read_text(encoding="utf-8"))
    file = {**{key: f"ö {text}" for key, text in words.items()}, "name": "Esperanto"}

    async def answer(route: Route) -> None:
        listed = route.request.url.endswith("words.json")
        await route.fulfill(json={"en": "English", "eo": "Esperanto"} if listed else file)

    async with serving() as served, browser(locale="eo") as context:
        await context.route("**/web/words.json", answer)
        await context.route("**/web/words/eo.json", answer)
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#setup .main")).to_have_text("ö Start")
            await expect(page.locator("html")).to_have_attribute("lang", "eo")
            await page.select_option("#interface", "en")
            await expect(page.locator("#setup .main")).to_have_text("Start")


async def test_letters_colours_and_size_are_as_chosen_and_kept() -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#setup")).to_be_visible()
            await page.evaluate(FILL, 1)
            before = await look(page)
            await page.click("[popovertarget=looks]")
            await page.select_option("[data-setting=face]", "easy")
            await page.select_option("[data-setting=theme]", "contrast")
            await page.locator("[data-setting=size]").fill("200")
            await page.locator("[data-setting=size]").dispatch_event("change")
            chosen = await look(page)
            assert chosen["size"] == pytest.approx(2 * before["size"])
            assert chosen["spacing"] > 0 and "Hyperlegible" in chosen["family"]
            assert (chosen["ink"], chosen["paper"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
            await page.reload()
            await expect(page.locator("#setup")).to_be_visible()
            await page.evaluate(FILL, 1)
            assert await look(page) == chosen


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_captions_and_choices_have_no_barriers(theme: str) -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#setup")).to_be_visible()
            await page.evaluate(FILL, 40)
            await page.click("[popovertarget=looks]")
            await page.select_option("[data-setting=theme]", theme)
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


async def look(page: Page) -> dict[str, Any]:
    """How captions look."""
    found: dict[str, Any] = await page.evaluate(
        """() => {
          const style = getComputedStyle(document.querySelector(".log"));
          return {
            size: parseFloat(style.fontSize), spacing: parseFloat(style.letterSpacing) || 0,
            family: style.fontFamily, ink: style.color,
            paper: getComputedStyle(document.body).backgroundColor,
          };
        }"""
    )
    return found

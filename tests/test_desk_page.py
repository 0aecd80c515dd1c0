"""The operator's desk in a real browser: links and codes, terms, languages; by mouse and by keyboard."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect
from websockets.asyncio.client import connect

from mt.router import Router
from server.access.auth import LONGEST_TOKEN, OPEN, Access, Role, new_key
from server.http.pages import qr_code
from server.rooms import audience
from server.wire.codec import encode
from server.wire.messages import Notice
from server.wire.room_messages import Listen, Revision
from streaming.scripted import ScriptedRecognizer, speak
from tests.chromium import PATIENCE, browser, needs_chromium, opened, until_state
from tests.served import Served, Translators, engines, serving
from tests.test_conference import TALK, house
from tests.test_voices import hall, say, signed, speaking

pytestmark = needs_chromium
LINKS = {
    "": "for listeners",
    "/floor": "for speakers",
    "/booth": "for interpreters",
    "/screen": "hall's screen",
    "/overlay": "for video",
}
ADMIN = new_key("admin", Role.ADMIN, None, 0.0)
CLOSED = Access(bytes(range(32)), {ADMIN[1].id: ADMIN[1]})


@dataclass
class Office:
    served: Served
    context: BrowserContext
    stack: AsyncExitStack
    base: str
    desk: Page

    async def open(self, address: str) -> Page:
        return await self.stack.enter_async_context(opened(self.context, address))


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """Open a hall, and its desk."""
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        desk = await stack.enter_async_context(opened(context, f"{base}/desk"))
        yield Office(served, context, stack, base, desk)


async def test_each_link_is_shown_as_a_code_that_can_be_scanned_and_printed() -> None:
    async with office() as at:
        desk = at.desk
        await expect(desk.locator("#links li")).to_have_count(len(LINKS))
        for number, (page, name) in enumerate(LINKS.items()):
            opens = desk.locator("#links li").nth(number).get_by_text("QR code")
            await opens.focus()
            await desk.keyboard.press("Enter")
            await expect(desk.locator("#poster")).to_be_visible()
            await expect(desk.locator("#poster-for")).to_contain_text(name)
            await expect(desk.locator("#poster-link")).to_have_text(f"{at.base}{page}")
            drawn = "data:image/svg+xml," + quote(qr_code(f"{at.base}{page}").decode(), safe="!'()*-._~")
            await expect(desk.locator("#code")).to_have_attribute("src", drawn)
            assert name in str(await desk.locator("#code").get_attribute("alt"))
            assert await desk.evaluate("() => document.getElementById('code').naturalWidth") > 0
            await expect(desk.locator("#local")).to_be_visible()  # nobody else can open 127.0.0.1
            assert await desk.evaluate("() => document.activeElement.closest('dialog').id") == "poster"
            found = await Axe().run(desk)
            assert found.violations_count == 0, found.generate_report()
            await desk.keyboard.press("Escape")
            await expect(desk.locator("#poster")).to_be_hidden()
            await expect(opens).to_be_focused()


async def test_a_poster_prints_the_code_and_the_link_alone() -> None:
    async with office() as at:
        await at.desk.locator("#links").get_by_text("QR code").first.click()
        await expect(at.desk.locator("#poster")).to_be_visible()
        await at.desk.emulate_media(media="print")
        for seen in ("#poster-title", "#code", "#poster-link"):
            await expect(at.desk.locator(seen)).to_be_visible()
        for unseen in ("#columns", ".panel", "header", "#poster-copy", "#local"):
            await expect(at.desk.locator(unseen)).to_be_hidden()


async def test_a_poster_copies_its_link_also_where_the_browser_keeps_the_clipboard_to_itself() -> None:
    async with office() as at:
        await at.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await at.desk.locator("#links").get_by_text("QR code").nth(3).click()
        for kept in (False, True):
            await at.desk.evaluate("() => navigator.clipboard.writeText('')")
            if kept:
                await at.desk.evaluate(
                    "() => { window.read = navigator.clipboard.readText.bind(navigator.clipboard);"
                    " Object.defineProperty(navigator, 'clipboard', { value: undefined }); }"
                )
            await at.desk.click("#poster-copy")
            await expect(at.desk.locator("#poster-copy")).to_have_text("Copied")
            read = "() => (window.read ?? navigator.clipboard.readText.bind(navigator.clipboard))()"
            assert await at.desk.evaluate(read) == f"{at.base}/screen"
            await expect(at.desk.locator("#poster-copy")).to_have_text("Copy")


@asynccontextmanager
async def closed_office(stay: float, locale: str = "en-US") -> AsyncIterator[Office]:
    """Open a hall of a server with keys, and its desk, with a token that is good for so many seconds."""
    async with (
        serving(access=CLOSED) as served,
        browser(locale=locale) as context,
        AsyncExitStack() as stack,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
    ):
        plan, opens = {"id": "hall", "source": "en"}, {"Authorization": f"Bearer {ADMIN[0]}"}
        (await http.post("/v1/rooms", json=plan, headers=opens)).raise_for_status()
        base = f"http://{served.address}/r/hall"
        operator = CLOSED.issue(OPEN, Role.OPERATOR, "hall", "", stay, time.time())
        desk = await stack.enter_async_context(opened(context, f"{base}/desk#token={operator}"))
        await until_state(desk, "live")
        await expect(desk.locator("#links li")).to_have_count(len(LINKS))
        yield Office(served, context, stack, base, desk)


async def test_links_of_a_closed_server_let_people_in() -> None:
    async with closed_office(600) as at:
        stranger = await at.open(at.base)
        await expect(stranger.locator("#problem")).to_contain_text("Ask whoever runs the event for your link")
        roles = []
        for page, name in LINKS.items():
            async with at.context.expect_page() as opening:
                await at.desk.locator("#links").get_by_text(name).click()
            guest = await opening.value
            await guest.wait_for_url(f"{at.base}{page}#token=*")
            roles.append(CLOSED.grant(guest.url.split("=")[1], time.time()).role)
            if not page:
                await until_state(guest, "listening")
        assert roles == [Role.LISTENER, Role.SPEAKER, Role.INTERPRETER, Role.LISTENER, Role.LISTENER]


async def test_a_link_is_issued_when_it_is_asked_for_and_holds_as_long_as_is_chosen() -> None:
    """A poster is printed the evening before, from a desk that was opened in the morning."""
    async with closed_office(LONGEST_TOKEN, "zh-CN") as at:
        desk, issued = at.desk, list[str]()
        await desk.reload()
        desk.on("request", lambda asked: issued.append(asked.url) if "/tokens" in asked.url else None)
        await expect(desk.locator("#links li")).to_have_count(len(LINKS))
        offered = await desk.locator("#holds option").evaluate_all("all => all.map((each) => +each.value)")
        assert offered[-1] == LONGEST_TOKEN and max(offered[:-1]) < LONGEST_TOKEN
        assert await desk.locator("#holds").input_value() == str(2 * 86_400)
        assert issued == []
        for days in (2, 7):
            await desk.select_option("#holds", label=f"{days}天")
            before = time.time()
            await desk.locator("#links").get_by_text("二维码").first.click()
            await expect(desk.locator("#poster")).to_be_visible()
            token = (await desk.locator("#poster-link").inner_text()).split("=")[1]
            expires = CLOSED.grant(token, time.time()).expires or 0.0
            assert before - 1 <= expires - days * 86_400 <= time.time()
            said = await desk.evaluate(
                """(seconds) => new Intl.DateTimeFormat("zh-CN", { dateStyle: "full", timeStyle: "short" })
                  .format(1000 * seconds)""",
                expires,
            )
            await desk.emulate_media(media="print")
            await expect(desk.locator("#poster-until")).to_be_visible()
            await expect(desk.locator("#poster-until")).to_have_text(f"有效期至 {said}")
            await desk.emulate_media(media="screen")
            await desk.keyboard.press("Escape")
            await expect(desk.locator("#poster")).to_be_hidden()
        assert len(issued) == 2
        await desk.set_viewport_size({"width": 360, "height": 640})
        await desk.locator("#links").get_by_text("二维码").first.click()
        await expect(desk.get_by_text("关闭")).to_be_in_viewport(ratio=1)


async def test_a_term_is_two_clicks_away_and_a_double_click_corrects_nothing() -> None:
    async with office() as at:
        speaker = await speaking(at.stack, at.served)
        await say(speaker, ["alpha", "bravo"])
        await signed(at.desk, ".floor", ("", "alpha bravo"))
        await at.desk.select_option("#beside", "es")
        word = await at.desk.evaluate(
            """() => {
              const range = new Range();
              const text = document.querySelector(".floor .committed").firstChild;
              range.setStart(text, 6);
              range.setEnd(text, 11);
              const { x, y, width, height } = range.getBoundingClientRect();
              return [x + width / 2, y + height / 2];
            }"""
        )
        await at.desk.mouse.dblclick(*word)
        await expect(at.desk.locator("#term input[name=source]")).to_have_value("bravo")
        await at.desk.fill("#term input[name=target]", "BRAVO!")
        await at.desk.click("#term button")
        await expect(at.desk.locator("#terms li")).to_contain_text("bravo → BRAVO!")
        async with httpx2.AsyncClient() as http:
            state = (await http.get(f"http://{at.served.address}/v1/rooms/hall")).json()
        assert state["terms"] == [{"source": "bravo", "target": "BRAVO!", "language": "es"}]
        await expect(at.desk.locator(".editor")).to_have_count(0)
        await expect(at.desk.locator(".floor .revised")).to_have_count(0)
        await at.desk.locator("#terms button").click()
        await expect(at.desk.locator("#terms li")).to_have_count(0)


async def test_what_listeners_have_read_can_be_read_and_downloaded_when_they_have_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "HISTORY", 1)  # a desk that is opened late is told no more than that
    async with office() as at:
        address = f"ws://{at.served.address}/v1/rooms/hall/listen"
        speaker = await speaking(at.stack, at.served)
        async with connect(address) as listener:
            await listener.send(encode(Listen("zh")))
            await say(speaker, ["alpha"])
            async for message in listener:
                if '"final":true' in str(message):
                    break
        await expect(at.desk.locator("#languages")).not_to_contain_text("Chinese")
        await expect(at.desk.locator("#beside option[value=zh]")).to_have_count(1)
        await at.desk.select_option("#beside", "zh")
        await signed(at.desk, ".log[lang=zh]", ("", "倆"))
        for word in ("bravo", "charlie"):
            await say(speaker, [word])
        await signed(at.desk, ".floor", ("", "alpha"), ("", "bravo"), ("", "charlie"))
        late = await at.open(f"{at.base}/desk")
        await signed(late, ".floor", ("", "charlie"))
        await late.select_option("#record-language", "zh")
        async with late.expect_download() as coming:
            await late.select_option("#record", "text")
        download = await coming.value
        assert (await download.path()).read_text(encoding="utf-8").split() == ["倆"]


async def test_a_language_rests_and_goes_on() -> None:
    async with office() as at:
        row = at.desk.locator("#languages li", has_text="Spanish")
        await row.get_by_text("Pause").click()
        await expect(row).to_contain_text("paused")
        await row.get_by_text("Go on").click()
        await expect(row).to_contain_text("by machine", timeout=PATIENCE)


async def test_buttons_stay_where_they_are_while_the_desk_is_drawn_anew() -> None:
    """A status comes every two seconds: a click begun before it must not be lost, nor hit another speaker."""
    async with office() as at:
        first = await speaking(at.stack, at.served, name="Anna")
        await speaking(at.stack, at.served, name="Bo")
        mute = at.desk.locator("#speakers li", has_text="Bo").get_by_text("Mute")
        before = await mute.element_handle()
        assert before is not None
        await mute.focus()
        await first.close(1000)
        await expect(at.desk.locator("#speakers li")).to_have_count(1)
        assert await before.evaluate("(button) => button.isConnected")
        await expect(mute).to_be_focused()
        await at.desk.keyboard.press("Enter")
        await expect(at.desk.locator("#speakers")).to_contain_text("Unmute")


async def test_the_desk_of_a_phone_has_room_for_captions_and_says_who_is_there() -> None:
    async with office() as at:
        await at.desk.set_viewport_size({"width": 360, "height": 640})
        await expect(at.desk.locator("header > label")).to_contain_text("Second column")
        header = await at.desk.locator("header").bounding_box()
        assert header and header["height"] < 120, "two rows"
        anna = await speaking(at.stack, at.served, name="Anna")
        await expect(at.desk.locator("#nobody")).to_be_hidden()
        await anna.close(1000)
        await expect(at.desk.locator("#nobody")).to_have_text("Nobody is connected.")


async def test_the_operator_is_told_what_to_do_something_about_and_no_more() -> None:
    """Words that were withheld because nobody spoke are no trouble; trouble that is over is taken away."""
    told = asyncio.get_running_loop().create_future()

    def between(page: WebSocketRoute) -> None:
        page.connect_to_server()
        told.set_result(page)

    async with office() as at:
        desk = await at.context.new_page()
        await desk.route_web_socket("**/desk", between)
        await desk.goto(f"{at.base}/desk")
        await until_state(desk, "live")
        page = await told
        for notice, shown in (
            (Notice("behind", "captions are 4.0 s behind the audio received"), "captions are 4.0 s behind"),
            (Notice("no_speech", "the hypothesis was dropped"), "captions are 4.0 s behind"),
            (Notice("caught_up", "captions keep up with the audio again"), ""),
            (Notice("unsure", "the hypothesis was dropped"), ""),
            (Notice("engine_failed", "es: the translator failed"), "es: the translator failed"),
        ):
            page.send(encode(notice))
            await desk.wait_for_timeout(100)
            await expect(desk.locator("#problem")).to_contain_text(shown)
            await expect(desk.locator("#problem")).to_be_visible(visible=bool(shown))


async def test_the_event_is_ended_for_everybody_after_a_question() -> None:
    async with office() as at:
        reader = await at.open(at.base)
        at.desk.once("dialog", lambda question: question.dismiss())
        await at.desk.click("#end")
        await until_state(reader, "listening")
        at.desk.once("dialog", lambda question: question.accept())
        await at.desk.click("#end")
        await until_state(reader, "finished")
        await until_state(at.desk, "finished")


async def test_a_desk_that_is_opened_late_shows_what_was_spoken() -> None:
    class FromChinese(Translators):
        pairs = frozenset({("zh", "en")})

    scripted = engines(recognizer=ScriptedRecognizer("zh"), translator=Router([FromChinese()]))
    async with house(own=scripted) as here, browser() as context:
        await here.open(source="zh", targets=["en"])
        speaker, listener = await here.speaker(), await here.listener("en")
        await speaker.play(speak(TALK))
        await listener.until(lambda: len(listener.finished("en")) == 2)
        said = speaker.finished("zh")
        async with opened(context, f"http://{here.served.address}/r/hall/desk") as desk:
            sentences = desk.locator(".floor p.final")
            await expect(sentences).to_have_text(said)
            for sentence in await sentences.all():
                await expect(sentence).to_have_attribute("lang", "zh")
            await sentences.last.focus()
            await desk.keyboard.press("Enter")
            await desk.locator(".editor").fill("bravo")
            await desk.keyboard.press("Enter")
            await listener.until(lambda: listener.of(Revision))
            assert listener.of(Revision)[0].text == "Ovarb"
            await desk.reload()
            await expect(sentences).to_have_text([said[0], "bravo"])
            await expect(sentences.last).to_have_class("final revised")
            await expect(sentences.last).to_have_attribute("tabindex", "0")

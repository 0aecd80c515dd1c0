"""The hall's screen: what its address says of it."""

from contextlib import AsyncExitStack

import pytest
from playwright.async_api import WebSocketRoute, expect
from websockets.asyncio.client import connect

from server.config import Config, LimitsConfig, ServerConfig
from server.wire.codec import encode
from server.wire.room_messages import Correct, Listen, Operate, RoomState, SpeakerState
from streaming.captions import Caption
from streaming.scripted import VOCABULARY
from tests.chromium import PATIENCE, breakable, browser, needs_chromium, opened
from tests.served import serving, until
from tests.test_pages import WORDS
from tests.test_voices import hall, say, signed, speaking

pytestmark = needs_chromium


async def test_the_address_of_a_screen_says_what_stands_where_and_how_large() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        speaker = await speaking(stack, served)
        for position, size, lines in (("top", 2, 1), ("bottom", 0.5, 3)):
            query = f"languages=floor,es&lines={lines}&size={size}&position={position}"
            page = await stack.enter_async_context(opened(context, f"{base}/screen?{query}"))
            await page.set_viewport_size({"width": 1000, "height": 1000})
            await say(speaker, ["alpha", "bravo"])
            blocks = page.locator(".lines")
            await expect(blocks).to_have_count(2)
            await expect(blocks.first).to_contain_text("alpha bravo", timeout=PATIENCE)
            await expect(blocks.last).to_have_attribute("lang", "es")
            await expect(blocks.last.locator(".committed").last).not_to_be_empty(timeout=PATIENCE)
            found = await blocks.first.evaluate("(each) => parseFloat(getComputedStyle(each).fontSize)")
            assert found == pytest.approx(size * 52)
            first, last = await blocks.first.bounding_box(), await blocks.last.bounding_box()
            assert first and last
            assert first["height"] == pytest.approx(lines * 1.35 * found, abs=1)
            below = 1000 - last["y"] - last["height"]
            assert (first["y"] < below) == (position == "top")


async def test_a_screen_whose_size_changes_shows_the_newest_lines_whole() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        page = await stack.enter_async_context(opened(context, f"{base}/screen?lines=2"))
        await page.set_viewport_size({"width": 1600, "height": 700})
        speaker = await speaking(stack, served)
        words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]
        for _ in range(3):
            await say(speaker, words)
        await signed(page, ".lines", *[("", " ".join(words))] * 3)
        await page.set_viewport_size({"width": 700, "height": 1600})  # lines are broken elsewhere
        await page.wait_for_function(
            """() => {
              const { scrollTop, scrollHeight, clientHeight } = document.querySelector(".lines");
              return scrollHeight > 2 * clientHeight && scrollHeight - clientHeight - scrollTop < 1;
            }""",
            timeout=PATIENCE / 4,
        )


async def test_a_screen_says_what_is_wrong_and_an_overlay_keeps_it_to_itself() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        missing = base.replace("/hall", "/nix")
        for address, told in (
            (f"{missing}/screen?languages=floor,es", WORDS["en"]["said-room"]),
            (f"{base}/screen?languages=es,xx", "en → xx"),
        ):
            page = await stack.enter_async_context(opened(context, address))
            await expect(page.locator("#problem")).to_be_visible()
            await expect(page.locator("#problem")).to_contain_text(told)
            shown = await page.locator("#problem").inner_text()
            assert shown.count(told) == 1
        page = await stack.enter_async_context(opened(context, f"{missing}/overlay"))
        await expect(page.locator("#problem")).to_have_text(WORDS["en"]["said-room"])
        await expect(page.locator("#problem")).to_be_hidden()


async def test_a_screen_that_waits_for_a_seat_says_so_until_it_has_one() -> None:
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(listeners=1))
    async with serving(config=config) as served, browser() as context:
        base = f"http://{await hall(served)}"
        async with connect(f"ws://{served.address}/v1/rooms/hall/listen") as socket:
            await socket.send(encode(Listen()))
            await socket.recv()
            page = await context.new_page()
            await page.goto(f"{base}/screen")
            await expect(page.locator("#problem")).to_be_visible()
        await expect(page.locator("#problem")).to_be_hidden(timeout=PATIENCE)


@pytest.mark.parametrize(("path", "where"), [("/screen", ".lines"), ("", ".log")])
async def test_who_has_lost_a_seat_and_has_it_again_is_told_nothing_of_it_any_more(
    path: str, where: str
) -> None:
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(listeners=1))
    async with (
        serving(config=config) as served,
        breakable(served) as (address, cut),
        browser() as context,
        AsyncExitStack() as stack,
    ):
        await hall(served)
        page = await context.new_page()
        await page.goto(f"http://{address}/r/hall{path}")
        if not path:  # whoever comes to read the floor changes nothing of the room
            await page.select_option("#language", "floor")
        speaker = await speaking(stack, served)
        await say(speaker, ["alpha"])
        await signed(page, where, ("", "alpha"))
        async with cut():
            await until(lambda: not served.app.state.hall.room("hall").audience.count())
            other = await connect(f"ws://{served.address}/v1/rooms/hall/listen")
            await other.send(encode(Listen()))
            await other.recv()
        await expect(page.locator("#problem")).to_be_visible(timeout=PATIENCE)
        await other.close()
        await until(lambda: bool(served.app.state.hall.room("hall").audience.count()))
        await say(speaker, ["bravo"])
        await signed(page, where, ("", "alpha"), ("", "bravo"))
        await expect(page.locator("#problem")).to_be_hidden()


async def test_whoever_only_coughed_takes_no_line_and_the_next_one_is_signed() -> None:
    names = {"s1": "Anna", "s2": "Bo"}
    said = [("s1", "Good morning."), ("s2", "Mm"), ("s1", "Good evening."), ("s2", "Yes.")]

    def caption(number: int, final: bool) -> str:
        speaker, text = said[number]
        committed, tentative = ("", text) if not final or text == "Mm" else (text, "")
        return encode(Caption(number, "en", committed, "" if final else tentative, 0, 1, final, speaker))

    def between(page: WebSocketRoute) -> None:
        def begin(message: str | bytes) -> None:
            speakers = tuple(SpeakerState(each, name) for each, name in names.items())
            page.send(encode(RoomState("hall", speakers=speakers)))
            for number in range(4):
                page.send(caption(number, False))
            for number in (0, 2, 3, 1):
                page.send(caption(number, True))

        page.on_message(begin)

    async with serving() as served, browser() as context:
        base = f"http://{await hall(served)}"
        await context.route_web_socket("**/listen", between)
        page = await context.new_page()
        await page.goto(f"{base}/screen?lines=12")
        await signed(page, ".lines", ("Anna", "Good morning."), ("", "Good evening."), ("Bo", "Yes."))
        await expect(page.locator(".lines p").nth(1)).to_be_hidden()


async def test_a_correction_of_what_is_out_of_sight_is_not_shown_as_new() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        page = await stack.enter_async_context(opened(context, f"{base}/screen?lines=4"))
        desk = await stack.enter_async_context(connect(f"ws://{served.address}/v1/rooms/hall/desk"))
        await desk.send(encode(Operate()))
        speaker = await speaking(stack, served)
        for word in VOCABULARY[:10]:
            await say(speaker, [word])
        newest = page.locator(".lines p").last
        await expect(newest).to_have_text(VOCABULARY[9], timeout=PATIENCE)
        await desk.send(encode(Correct(0, "out of sight")))
        await desk.send(encode(Correct(8, "in sight")))
        await expect(page.locator(".lines p").nth(-2)).to_have_text("in sight", timeout=PATIENCE)
        await expect(newest).to_have_text(VOCABULARY[9])
        await expect(page.locator(".lines")).not_to_contain_text("out of sight")

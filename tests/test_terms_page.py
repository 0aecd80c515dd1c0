"""The terms of the desk in a real browser: each is for one language, unless all of them are chosen."""

import httpx2
from playwright.async_api import Page, expect
from websockets.asyncio.client import connect

from server.wire.codec import encode
from server.wire.room_messages import Listen
from tests.chromium import needs_chromium, until_state
from tests.test_desk_page import office

pytestmark = needs_chromium


async def test_a_term_is_for_the_language_that_is_read_or_the_only_one_or_for_all_if_that_is_chosen() -> None:
    async with office() as at:
        desk, language = at.desk, at.desk.locator("#term [name=language]")
        await expect(language).to_have_value("es")  # the room's only one
        await add_term(desk, "alpha", "uno")
        async with connect(f"ws://{at.served.address}/v1/rooms/hall/listen") as listener:
            await listener.send(encode(Listen("zh")))
            await expect(desk.locator("#languages li")).to_have_count(2)
            late = await at.open(f"{at.base}/desk")
            await until_state(late, "live")
            await expect(late.locator("#terms li")).to_have_count(1)
            await late.fill("#term [name=source]", "bravo")
            await late.fill("#term [name=target]", "dos")
            await late.click("#term button")
            assert await late.evaluate("() => document.querySelector('#term :invalid').name") == "language"
            await expect(late.locator("#terms li")).to_have_count(1)
            await late.select_option("#beside", "zh")
            await expect(late.locator("#term [name=language]")).to_have_value("zh")
            await late.click("#term button")
            await expect(late.locator("#terms li")).to_have_count(2)
            await late.select_option("#term [name=language]", label="All languages")
            await add_term(late, "charlie", "Charlie")
        await expect(desk.locator("#terms small")).to_have_text(["Spanish", "Chinese", "All languages"])
        async with httpx2.AsyncClient() as http:
            state = (await http.get(f"http://{at.served.address}/v1/rooms/hall")).json()
        assert [each["language"] for each in state["terms"]] == ["es", "zh", ""]


async def add_term(desk: Page, source: str, target: str) -> None:
    """Type a term and add it."""
    count = await desk.locator("#terms li").count()
    await desk.fill("#term [name=source]", source)
    await desk.fill("#term [name=target]", target)
    await desk.click("#term button")
    await expect(desk.locator("#terms li")).to_have_count(count + 1)

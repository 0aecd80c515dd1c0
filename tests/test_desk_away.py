"""The operator's desk while its connection is away: a correction survives, what was meant for the moment does
not, and either is said."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from playwright.async_api import Page, WebSocketRoute, expect

from tests.chromium import breakable, browser, needs_chromium, opened, until_state
from tests.served import serving
from tests.test_voices import hall, say, signed, speaking

pytestmark = needs_chromium
KEPT, UNDONE = "the correction is kept", "this was not done"


@dataclass
class Away:
    desk: Page
    cut: Callable[[], AbstractAsyncContextManager[None]]
    room: str

    async def correct(self, text: str) -> None:
        await self.desk.locator(".floor p.final").first.click()
        await self.retype(text)

    async def retype(self, text: str) -> None:
        await self.desk.fill(".editor", text)
        await self.desk.keyboard.press("Enter")

    async def says(self, text: str) -> None:
        problem = self.desk.locator("#problem")
        await expect(problem).to_contain_text(text)
        await expect(problem).to_be_visible(visible=bool(text))

    async def muted(self) -> list[bool]:
        async with httpx2.AsyncClient() as http:
            state: dict[str, Any] = (await http.get(self.room)).json()
        return [speaker["muted"] for speaker in state["speakers"]]


@asynccontextmanager
async def desk(between: Callable[[WebSocketRoute], None] | None = None) -> AsyncIterator[Away]:
    """Open a hall in which a sentence was said, and a desk whose connection can be cut; or is seen to by
    `between`."""
    async with (
        serving() as served,
        breakable(served) as (address, cut),
        browser() as context,
        AsyncExitStack() as stack,
    ):
        await hall(served)
        if between:
            await context.route_web_socket("**/desk", between)
        page = await stack.enter_async_context(opened(context, f"http://{address}/r/hall/desk"))
        await say(await speaking(stack, served), ["alpha", "bravo"])
        await signed(page, ".floor", ("", "alpha bravo"))
        yield Away(page, cut, f"http://{served.address}/v1/rooms/hall")


async def test_a_correction_is_kept_and_sent_when_there_is_a_connection_again() -> None:
    async with desk() as away:
        async with away.cut():
            await until_state(away.desk, "reconnecting")
            await away.correct("alpha")
            await away.says(KEPT)
            await expect(away.desk.locator(".editor")).to_have_value("alpha")
            await away.retype("alpha beta")
        await signed(away.desk, ".floor", ("", "alpha beta"))
        await expect(away.desk.locator(".editor")).to_have_count(0)
        await away.says("")


async def test_a_correction_outlives_a_connection_that_took_it_and_broke() -> None:
    taken: list[str] = []

    def between(page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        async def pass_on(message: str | bytes) -> None:
            if isinstance(message, str) and json.loads(message)["type"] == "correct":
                taken.append(message)
                if len(taken) == 1:
                    return await page.close(code=1012)
            server.send(message)

        page.on_message(pass_on)

    async with desk(between) as away:
        await away.correct("alpha beta")
        await signed(away.desk, ".floor", ("", "alpha beta"))
        assert len(taken) == 2
        async with away.cut():
            await until_state(away.desk, "reconnecting")
        await until_state(away.desk, "live")
        await away.desk.locator("#speakers").get_by_text("Mute", exact=True).click()
        await expect(away.desk.locator("#speakers")).to_contain_text("Unmute")
        assert len(taken) == 2, "it was sent once more after it had been heard of"


async def test_a_correction_that_was_given_up_is_not_sent() -> None:
    async with desk() as away:
        async with away.cut():
            await until_state(away.desk, "reconnecting")
            await away.correct("alpha")
            await away.says(KEPT)
            await away.desk.keyboard.press("Escape")
            await expect(away.desk.locator(".editor")).to_have_count(0)
        await until_state(away.desk, "live")
        await away.desk.locator("#speakers").get_by_text("Mute", exact=True).click()
        await expect(away.desk.locator("#speakers")).to_contain_text("Unmute")
        await signed(away.desk, ".floor", ("", "alpha bravo"))


async def test_what_was_meant_for_the_moment_is_not_done_later_and_that_is_said() -> None:
    async with desk() as away:
        async with away.cut():
            await until_state(away.desk, "reconnecting")
            await away.desk.locator("#speakers").get_by_text("Mute", exact=True).click()
            await away.says(UNDONE)
            await away.desk.fill("#term input[name=source]", "bravo")
            await away.desk.fill("#term input[name=target]", "BRAVO!")
            await away.desk.click("#term button")
        await until_state(away.desk, "live")
        await away.says("")
        await away.desk.click("#term button")  # what was typed is still there
        await expect(away.desk.locator("#terms li")).to_contain_text("bravo → BRAVO!")
        assert await away.muted() == [False]

"""Pages that a server does not let in, in a real browser: each says why, and asks no further."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest
from playwright.async_api import Page, Route, expect

from server.access.auth import OPEN, Role
from server.wire.codec import encode
from server.wire.messages import Finish
from tests.chromium import browser, needs_chromium, opened, until_state
from tests.served import serving
from tests.test_desk_page import ADMIN, CLOSED
from tests.test_pages import WORDS
from tests.test_voices import hall, say, speaking

pytestmark = needs_chromium
NAME = "hall.example.lan"
WHY = "without keys this server answers to addresses, local names and [access] origins alone"


@asynccontextmanager
async def refused(path: str) -> AsyncIterator[Page]:
    """Open a page of a server without keys by a name that any site could have."""
    async with serving() as served, browser(name=NAME) as context:
        await hall(served)
        port = served.address.split(":")[1]
        async with opened(context, f"http://{NAME}:{port}{path}") as page:
            yield page


@pytest.mark.parametrize("path", ["/", "/r/hall", "/r/hall/floor", "/r/hall/desk"])
async def test_each_page_says_why(path: str) -> None:
    async with refused(path) as page:
        await expect(page.locator("#problem")).to_contain_text(WHY)
        await expect(page.locator("#problem")).to_be_visible()


async def test_the_desk_asks_no_further() -> None:
    async with refused("/r/hall/desk") as page:
        await until_state(page, "closed")
        await expect(page.locator("#state")).to_have_text("not connected")


@pytest.mark.parametrize("code", ["en", "zh"])
async def test_whoever_is_not_invited_is_told_so_in_words_for_visitors(code: str) -> None:
    words = WORDS[code]
    async with (
        serving(access=CLOSED) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
        browser(locale=code) as context,
    ):
        opens = {"Authorization": f"Bearer {ADMIN[0]}"}
        (await http.post("/v1/rooms", json={"id": "hall"}, headers=opens)).raise_for_status()
        listener = CLOSED.issue(OPEN, Role.LISTENER, "hall", "", 600, time.time())
        for path, said in (
            ("/r/hall", "unauthorized-bare"),
            ("/r/hall/desk", "unauthorized-bare"),
            ("/r/hall#token=a.b.c", "unauthorized"),
            (f"/r/hall/desk#token={listener}", "forbidden"),
        ):
            async with opened(context, f"http://{served.address}{path}") as page:
                await expect(page.locator("#problem")).to_have_text(words[f"said-{said}"])
                await expect(page.locator("#problem")).to_be_visible()
                await expect(page.locator("#state")).to_have_text(words["state-closed"])
                if "desk" in path:
                    for part in ("#columns", "#end", "#beside", ".panel section", "#links"):
                        assert not await page.locator(part).first.is_visible(), part
                    await page.click("[popovertarget=looks]")
                    await expect(page.locator(".looks label").first).to_be_visible()
            await page.close()


async def test_the_desk_of_an_event_that_has_ended_still_gives_its_record() -> None:
    async with serving() as served, browser() as context, httpx2.AsyncClient() as http:
        base, room = f"http://{await hall(served)}", f"http://{served.address}/v1/rooms/hall"
        async with AsyncExitStack() as stack:
            speaker = await speaking(stack, served)
            await say(speaker, ["alpha"])
            await speaker.send(encode(Finish()))
            async for _ in speaker:
                pass
        (await http.delete(room)).raise_for_status()
        async with opened(context, f"{base}/desk") as page:
            await expect(page.locator("#problem")).to_have_text(WORDS["en"]["said-room"])
            await expect(page.locator("#record")).to_be_visible()
            await expect(page.locator("#term")).to_be_hidden()
            await expect(page.locator("#record-language option")).to_have_text(["As spoken", "Spanish"])
            for language, name, said in (("floor", "hall.en.txt", "alpha"), ("es", "hall.es.txt", "ahpla")):
                await page.select_option("#record-language", language)
                async with page.expect_download() as coming:
                    await page.select_option("#record", "text")
                download = await coming.value
                assert download.suggested_filename == name
                assert (await download.path()).read_text(encoding="utf-8").split() == [said]
            await expect(page.locator("#problem")).to_have_text(WORDS["en"]["said-room"])


async def test_an_answer_that_is_not_the_servers_says_its_number() -> None:
    """A proxy on the way has pages of its own."""

    async def unwell(route: Route) -> None:
        await route.fulfill(status=502, body="<h1>Bad Gateway</h1>", content_type="text/html")

    async with serving() as served, browser() as context:
        await context.route("**/v1/languages", unwell)
        async with opened(context, f"http://{served.address}/") as page:
            await expect(page.locator("#problem")).to_contain_text("502")


async def test_a_refused_download_is_told() -> None:
    async def gone(route: Route) -> None:
        told = {"error": {"code": "room", "message": "there is no room 'hall'"}}
        await route.fulfill(status=404, body=json.dumps(told), content_type="application/json")

    async with serving() as served, browser() as context:
        base = f"http://{await hall(served)}"
        await context.route("**/record?*", gone)
        async with opened(context, f"{base}/desk") as page:
            await until_state(page, "live")
            await page.select_option("#record", "text")
            await expect(page.locator("#problem")).to_have_text(WORDS["en"]["said-room"])

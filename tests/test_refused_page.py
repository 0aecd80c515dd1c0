"""Pages that a server does not let in, in a real browser: each says why, and asks no further."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from tests.chromium import browser, needs_chromium, opened, until_state
from tests.served import serving
from tests.test_voices import hall

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
        await expect(page.locator("#problem")).to_have_text(WHY)
        await expect(page.locator("#problem")).to_be_visible()


async def test_the_desk_asks_no_further() -> None:
    async with refused("/r/hall/desk") as page:
        await until_state(page, "finished")
        await expect(page.locator("#state")).to_have_text("finished")


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
            await expect(page.locator("#problem")).to_have_text("there is no room 'hall'")

"""The hall's screen: what its address says of it."""

from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from tests.chromium import PATIENCE, browser, needs_chromium, opened
from tests.served import serving
from tests.test_voices import hall, say, speaking

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

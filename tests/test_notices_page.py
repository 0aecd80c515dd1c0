"""What the pages of speakers tell of the server's notices, in a real browser."""

import pytest
from playwright.async_api import WebSocketRoute, expect

from server.wire.codec import encode
from server.wire.messages import Error
from streaming.stages import Notice
from tests.chromium import begin, browser, needs_chromium
from tests.served import serving
from tests.test_pages import CODES, WORDS
from tests.test_voices import hall

pytestmark = needs_chromium


@pytest.mark.parametrize("path", ["/", "/r/hall/floor"])
async def test_speakers_are_told_what_to_do_something_about_until_it_is_over(path: str) -> None:
    told: list[WebSocketRoute] = []

    def between(page: WebSocketRoute) -> None:
        page.connect_to_server()
        told.append(page)

    words = WORDS["zh"]
    async with serving() as served, browser(locale="zh-CN") as context:
        await hall(served)
        page = await context.new_page()
        await page.route_web_socket("**/v1/**", between)
        await page.goto(f"http://{served.address}{path}")
        await begin(page, source="auto")
        problem = page.locator("#problem")
        failed = words["said-engine_failed"]
        for notice, shown in (
            (Notice("behind", "captions are 4.0 s behind the audio received"), words["said-behind"]),
            (Notice("caught_up", "captions keep up with the audio again"), ""),
            (Notice("engine_failed", "es: it failed"), failed),
            (Notice("no_speech", "the hypothesis was dropped"), failed),
            (
                Notice("engine_failed", "es: it failed", "es"),
                words["said-engine_failed-named"].format(language="西班牙语"),
            ),
            (Notice("refused", "no such language"), words["said-refused"]),
            (Notice("unsupported_language", "'tlh' cannot"), words["said-unsupported_language"]),
            (Notice("draining", "the server is being stopped"), words["said-draining"]),
        ):
            told[0].send(encode(notice))
            await expect(problem).to_have_text(shown)
            await expect(problem).to_be_visible(visible=bool(shown))
        told[0].send(encode(Error("news", "what no page knows yet")))
        await expect(problem).to_have_text("what no page knows yet")


async def test_errors_are_told_in_the_language_of_the_page() -> None:
    async with serving() as served, browser(locale="zh-CN") as context:
        await hall(served)
        for code in sorted(CODES):

            def between(page: WebSocketRoute, code: str = code) -> None:
                page.on_message(lambda _: page.send(encode(Error(code, "what the server says", 7.0))))

            page = await context.new_page()
            await page.route_web_socket("**/v1/**", between)
            await page.goto(f"http://{served.address}/r/hall#token=t")
            await expect(page.locator("#problem")).to_have_text(WORDS["zh"][f"said-{code}"].format(seconds=7))
            await page.close()

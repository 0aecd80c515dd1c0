"""Pages that were out of sight: a phone that slept may believe that its connection is open, and nothing tells
it otherwise."""

import pytest
from playwright.async_api import Page, WebSocket

from tests.chromium import begin, browser, needs_chromium, until_state
from tests.served import serving
from tests.test_voices import hall

pytestmark = needs_chromium
PHONE = """
window.held = 0;
navigator.wakeLock.request = async () => { window.held += 1; };
let [visibility, slept] = ["visible", 0];
Object.defineProperty(document, "visibilityState", { get: () => visibility });
const now = Date.now.bind(Date);
Date.now = () => now() + slept;
performance.now = () => 0;
window.turn = (state, milliseconds) => {
  slept += milliseconds;
  visibility = state;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""A phone in whose sleep the clock of the day alone goes on."""


@pytest.mark.parametrize(
    ("path", "state", "holds"),
    [("/r/hall", "listening", 2), ("/r/hall/desk", "live", 0), ("/", "listening", 2)],
)
async def test_a_page_that_was_out_of_sight_connects_anew_and_holds_the_screen(
    path: str, state: str, holds: int
) -> None:
    async with serving(grace=60.0) as served, browser() as context:
        await hall(served)
        page = await context.new_page()
        await page.add_init_script(PHONE)
        sockets: list[WebSocket] = []
        page.on("websocket", lambda socket: sockets.append(socket))
        await page.goto(f"http://{served.address}{path}")
        await entered(page, path, state)
        await page.evaluate("() => { turn('hidden', 0); turn('visible', 1_000); }")
        assert await page.evaluate("() => window.held") == holds
        assert [socket.is_closed() for socket in sockets] == [False], "a glance elsewhere is no sleep"
        async with page.expect_websocket():
            await page.evaluate("() => { turn('hidden', 0); turn('visible', 30_000); }")
        await until_state(page, state)
        assert [socket.is_closed() for socket in sockets] == [True, False]


async def entered(page: Page, path: str, state: str) -> None:
    """Wait until a page does what it is for."""
    if path == "/":
        return await begin(page, source="auto")
    await until_state(page, state)

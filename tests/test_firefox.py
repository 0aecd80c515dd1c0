"""The pages in a real Firefox: they open, say nothing in the console, and show what is said."""

from contextlib import AsyncExitStack

import pytest

from tests.firefox import firefox, needs_firefox
from tests.served import serving
from tests.test_voices import SIGNED, hall, say, speaking

pytestmark = needs_firefox


@pytest.mark.parametrize(
    ("page", "where"),
    [("", ".log"), ("/desk", ".floor"), ("/screen", ".lines"), ("/overlay?box=yes", ".lines")],
)
async def test_firefox_shows_what_is_said_and_by_whom(page: str, where: str) -> None:
    async with serving() as served, AsyncExitStack() as stack, firefox() as tab:
        base = f"http://{await hall(served)}"
        await tab.open(f"{base}{page}")
        if page == "":
            await tab.until("document.getElementById('state').dataset.state", "listening")
            await tab.evaluate(
                "(() => { const language = document.getElementById('language'); language.value = 'floor';"
                " language.dispatchEvent(new Event('change')); return true; })()"
            )
        speaker = await speaking(stack, served, channels=2, channel_names=("Anna", "Bo"))
        await say(speaker, ["alpha"], ["bravo"])
        await tab.until(
            f"({SIGNED})('{where}').filter(([, text]) => text)", [["Anna", "alpha"], ["Bo", "bravo"]]
        )
        assert tab.faults == []


async def test_firefox_opens_the_live_page_and_offers_what_it_can_do() -> None:
    async with serving() as served, firefox() as tab:
        await tab.open(f"http://{served.address}/")
        await tab.until("document.getElementById('state').textContent", "ready")
        # It shares pictures of tabs, and not their sound.
        assert await tab.evaluate("document.getElementById('tab').hidden") is True
        assert tab.faults == []

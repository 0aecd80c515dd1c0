"""Sound that is no microphone's: a tab of the same browser, shared with what it plays."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.engines import Engines
from tests.chromium import (
    begin,
    browser,
    column,
    english,
    needs_chromium,
    opened,
    sent,
    spoken,
    until_state,
)
from tests.served import serving
from tests.test_browser import SPEECH, offline

pytestmark = [needs_chromium, pytest.mark.models]
TITLE = "A talk elsewhere"


@pytest.fixture(scope="module")
def engines() -> Engines:
    return models.load_engines(Config(recognition=RecognitionConfig(model="embedded")), lambda message: None)


def playing(path: Path) -> str:
    """Write a page that can play a recording."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f"<title>{TITLE}</title><audio src='data:audio/wav;base64,{data}'></audio>"


async def test_what_a_shared_tab_plays_is_interpreted_until_the_tab_is_closed(
    engines: Engines, tmp_path: Path
) -> None:
    async with serving(engines) as served, browser(sharing=TITLE) as context:
        talk = await context.new_page()
        await talk.set_content(playing(english(SPEECH, tmp_path / "talk.wav")))
        async with opened(context, f"http://{served.address}/") as page:
            await page.check("input[name=kind][value=tab]")
            await begin(page, "zh")
            await talk.evaluate("() => document.querySelector('audio').play()")
            await spoken(page, SPEECH)
            await talk.close()
            await until_state(page, "finished")
            await expect(page.locator("#problem")).to_contain_text("no longer shared")
            await expect(page.locator("#problem")).to_be_visible()
            shown = {language: await column(page, language) for language in ("en", "zh")}
            recorded = offline(await sent(page, tmp_path / "sent.wav"), engines, "zh")
            skipped = (await page.evaluate("() => window.done"))["statistics"]["skipped"]
        assert shown["en"] == recorded["en"] or skipped
        assert len(shown["zh"]) == len(recorded["zh"]) >= 2
        assert "Thank you for coming" in " ".join(shown["en"])


async def test_a_tab_that_is_not_shared_is_told(engines: Engines) -> None:
    async with serving(engines) as served, browser(allowed=False) as context:
        async with opened(context, f"http://{served.address}/") as page:
            await page.check("input[name=kind][value=tab]")
            await page.evaluate(
                "() => { navigator.mediaDevices.getDisplayMedia = async () => {"
                " throw new DOMException('dismissed', 'NotAllowedError'); }; }"
            )
            await page.click("#setup button[type=submit]")
            await expect(page.locator("#problem")).to_contain_text("No tab was shared")
            await expect(page.locator("#setup")).to_be_visible()

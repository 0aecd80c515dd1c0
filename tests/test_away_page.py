"""A speaker's page that is away for longer than the server waits, in a real browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Download, Page, WebSocket, expect

from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.engines import Engines
from tests.chromium import (
    PATIENCE,
    begin,
    breakable,
    browser,
    column,
    english,
    finish,
    needs_chromium,
    opened,
    until_state,
)
from tests.served import serving, until

pytestmark = [needs_chromium, pytest.mark.models]
SPEECH = 16.4
"""Seconds of the English sample that are heard: five sentences."""
COUNT_RECORDED = """async () => {
  const { Speaker } = await import("/web/scripts/speaker.js");
  const { push } = Speaker.prototype;
  window.recorded = 0;
  Speaker.prototype.push = function (samples) {
    window.recorded += samples.length / this.start.sample_rate;
    return push.call(this, samples);
  };
}"""


@pytest.fixture(scope="module")
def engines() -> Engines:
    return models.load_engines(Config(recognition=RecognitionConfig(model="embedded")), lambda message: None)


def told(page: Page) -> list[dict[str, Any]]:
    """The statistics of each session that a page is told the end of."""
    found: list[dict[str, Any]] = []

    def note(frame: str | bytes) -> None:
        if isinstance(frame, str) and (message := json.loads(frame))["type"] == "done":
            found.append(message["statistics"])

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    page.on("websocket", watch)
    return found


async def recorded(page: Page, seconds: float) -> None:
    """Wait until a page has heard so much."""
    await page.wait_for_function(f"() => window.recorded > {seconds}", timeout=PATIENCE)


async def test_what_is_said_while_the_server_gives_up_waiting_is_interpreted_all_the_same(
    engines: Engines, tmp_path: Path
) -> None:
    heard = english(SPEECH, tmp_path / "microphone.wav")
    async with (
        serving(engines, grace=0.1) as served,
        breakable(served) as (address, cut),
        browser(heard) as context,
        opened(context, f"http://{address}/") as page,
    ):
        sessions, files = told(page), list[Download]()
        page.on("download", lambda each: files.append(each))
        await page.evaluate(COUNT_RECORDED)
        await begin(page)
        await expect(page.locator("p.final .committed:not(:empty)")).not_to_have_count(0, timeout=PATIENCE)
        async with cut():
            await until_state(page, "reconnecting")
            await until(lambda: not served.sessions)
            gone = await page.evaluate("() => window.recorded")
            await recorded(page, gone + 2.0)
        await until_state(page, "listening")
        await recorded(page, SPEECH + 3.0)
        await finish(page)
        everything = await page.evaluate("() => window.recorded")
        assert [statistics["utterances"] > 0 for statistics in sessions] == [True, True]
        assert sum(statistics["audio_seconds"] for statistics in sessions) == pytest.approx(
            everything, abs=0.01
        )
        numbers = await page.locator(".log p").evaluate_all("all => all.map((p) => +p.dataset.utterance)")
        assert numbers == sorted(set(numbers))
        shown = await column(page, "en")
        assert len(shown) == sum(statistics["utterances"] for statistics in sessions)
        await page.select_option("#download-language", "en")
        await page.select_option("#download", "text")
        await until(lambda: len(files) == 2)
        lines = [(await file.path()).read_text(encoding="utf-8").splitlines() for file in files]
        assert [*lines[0], *lines[1]] == shown


async def test_what_is_kept_when_the_speaker_stops_while_away_is_interpreted_too(
    engines: Engines, tmp_path: Path
) -> None:
    heard = english(SPEECH, tmp_path / "microphone.wav")
    async with (
        serving(engines, grace=0.1, most=1) as served,
        breakable(served) as (address, cut),
        browser(heard) as context,
        opened(context, f"http://{address}/") as page,
    ):
        sessions = told(page)
        await page.evaluate(COUNT_RECORDED)
        await begin(page)
        async with cut():
            await until_state(page, "reconnecting")
            await until(lambda: not served.sessions)
            await recorded(page, 5.0)
            await page.click("#stop")
        await until_state(page, "finished")
        everything = await page.evaluate("() => window.recorded")
        assert len(sessions) == 2 and sessions[1]["utterances"] > 0
        assert sum(each["audio_seconds"] for each in sessions) == pytest.approx(everything, abs=0.01)


@pytest.mark.parametrize(
    ("stopped", "taken", "renewed"),
    [(False, 1.0, True), (False, 0.4, True), (True, 0.4, True), (True, 1.0, False), (True, 0.999, False)],
)
async def test_another_session_is_begun_where_there_is_something_to_begin_it_with(
    stopped: bool, taken: float, renewed: bool
) -> None:
    """One that was finished while it was away, with its last sample taken or not."""
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            renewals, closed = await page.evaluate(
                """async ([stopped, audio_seconds]) => {
                  const { Speaker } = await import("/web/scripts/speaker.js");
                  const speaker = new Speaker("/v1/live", { sample_rate: 1000 });
                  const { connection } = speaker;
                  let renewals = 0;
                  connection.send = () => true;
                  connection.renew = () => (renewals += 1);
                  Object.defineProperty(connection, "isOpen", { get: () => true });
                  const come = (detail) => connection.dispatchEvent(new CustomEvent("message", { detail }));
                  come({ type: "ready", token: "t", position: 0, speaker: "s1" });
                  speaker.push(new Int16Array(1000));
                  if (stopped) speaker.finish();
                  connection.greet(true);
                  come({ type: "done", statistics: { audio_seconds } });
                  return [renewals, connection.isClosed];
                }""",
                [stopped, taken],
            )
    assert (renewals > 0, closed) == (renewed, not renewed)

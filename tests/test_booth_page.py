"""The page of an interpreter in a real browser: a language is taken, typed or spoken, and given back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect
from websockets.asyncio.client import ClientConnection, connect

from server.access.auth import Role
from server.config import Config, RecognitionConfig
from server.interpretation import models
from server.interpretation.graph import Interpretation
from server.recordings.files import LIVE, interpret
from server.wire.codec import decode, encode
from server.wire.room_messages import Listen, RoomState
from streaming.scripted import ScriptedRecognizer
from tests.chromium import (
    PATIENCE,
    breakable,
    browser,
    column,
    english,
    needs_chromium,
    opened,
    sent,
    spoken,
    until_state,
)
from tests.served import Served, engines, serving
from tests.test_pages import WORDS
from tests.test_rooms_access import rooms, token
from tests.test_voices import hall, say, speaking

pytestmark = needs_chromium
SPEECH = 8.5
"""Seconds of the English sample that are heard: three sentences."""
TYPES = r'"type":"type"'


class Knowing(ScriptedRecognizer):
    """Hears Spanish too."""

    languages = ("en", "es")


@dataclass
class Hall:
    served: Served
    context: BrowserContext
    stack: AsyncExitStack
    base: str
    speaker: ClientConnection

    async def open(self, page: str = "", base: str = "") -> Page:
        return await self.stack.enter_async_context(opened(self.context, f"{base or self.base}{page}"))

    async def booth(self, options: str = "language=es&name=Ana", base: str = "") -> Page:
        booth = await self.open(f"/booth?{options}", base)
        await until_state(booth, "live")
        await expect(booth.locator("#take")).to_be_visible()
        return booth

    async def reader(self, language: str = "es") -> Page:
        reader = await self.open()
        await reader.select_option("#language", language)
        return reader


@asynccontextmanager
async def event(microphone: Path | None = None) -> AsyncIterator[Hall]:
    """Open a hall where somebody speaks English, and listeners want Spanish."""
    async with (
        serving(engines(recognizer=Knowing()), grace=60.0) as served,
        browser(microphone) as context,
        AsyncExitStack() as stack,
    ):
        base = f"http://{await hall(served)}"
        yield Hall(served, context, stack, base, await speaking(stack, served))


async def take(booth: Page) -> None:
    await booth.click("#take")
    await until_state(booth, "interpreting")


async def write(booth: Page, line: str) -> None:
    await booth.fill("#text", line)
    await booth.keyboard.press("Enter")


async def shows(page: Page, language: str, *texts: str) -> None:
    """See that a page comes to show these captions in a language, and no others."""
    await expect(page.locator(f".log[lang={language}] p .committed:not(:empty)")).to_have_text(
        list(texts), timeout=PATIENCE
    )


async def test_who_takes_a_language_is_read_instead_of_the_machine_until_it_is_given_back() -> None:
    async with event() as at:
        booth, reader, desk = await at.booth(), await at.reader(), await at.open("/desk")
        source = booth.locator("#from")
        await expect(source).to_have_text("Spanish comes from the machine.")
        await say(at.speaker, ["alpha"])
        for page in (booth, reader):
            await shows(page, "es", "ahpla")
        await expect(booth.locator(".column").first.locator("p")).to_have_text("alpha")
        await expect(booth.locator("#text")).to_be_disabled()

        await take(booth)
        await expect(source).to_have_text("Spanish comes from you; the machine is silent.")
        await expect(desk.locator("#languages")).to_contain_text("by Ana")
        await expect(booth.locator("#text")).to_be_focused()
        await say(at.speaker, ["bravo"])
        await expect(booth.locator(".column").first.locator("p")).to_have_text(["alpha", "bravo"])
        await write(booth, "  segunda letra ")
        await expect(booth.locator("#text")).to_have_value("")
        await write(booth, "y otra")
        for page in (booth, reader):
            await shows(page, "es", "ahpla", "segunda letra", "y otra")
        await expect(booth.locator(".log[lang=es] p[data-by^=b]")).to_have_count(2)

        await booth.click("#take")
        await until_state(booth, "live")
        await expect(source).to_have_text("Spanish comes from the machine.")
        await say(at.speaker, ["charlie"])
        for page in (booth, reader):
            await shows(page, "es", "ahpla", "segunda letra", "y otra", "eilrahc")


async def test_interpreters_see_who_else_is_in_the_booth_and_what_they_give() -> None:
    async with event() as at:
        ana, other = await at.booth(), await at.booth("language=es")
        await take(ana)
        await expect(other.locator("#from")).to_have_text("Spanish comes from Ana.")
        await take(other)
        await expect(ana.locator("#from")).to_contain_text("from you and an interpreter")
        await expect(other.locator("#from")).to_contain_text("from you and Ana")
        await write(ana, "hola")
        await shows(other, "es", "hola")
        await ana.close()  # nobody waits for who has gone
        await expect(other.locator("#from")).to_have_text("Spanish comes from you; the machine is silent.")
        await other.click("#take")
        await expect(other.locator("#from")).to_have_text("Spanish comes from the machine.")


async def test_the_language_is_that_of_the_address_and_another_one_may_be_chosen() -> None:
    async with event() as at:
        booth = await at.booth("language=zh-CN")
        await expect(booth.locator("#language")).to_have_value("zh")
        await say(at.speaker, ["alpha"])
        await shows(booth, "zh", "倆")
        await booth.select_option("#language", "es")
        await shows(booth, "es", "ahpla")
        await expect(booth.locator(".column").first.locator("p")).to_have_text("alpha")
        await expect(booth.locator("#take")).to_have_text("Take Spanish")
        await expect(booth).to_have_url(re.compile(r"language=es$"))
        await booth.select_option("#interface", "zh")
        await expect(booth.locator("#take")).to_have_text("接手西班牙语")
        await expect(booth.locator("#from")).to_have_text("西班牙语目前由机器翻译。")


async def test_a_language_that_no_model_knows_is_typed_and_read() -> None:
    async with event() as at:
        booth = await at.booth("language=cy")
        await expect(booth.locator("#from")).to_have_text("Welsh comes from nobody yet.")
        await expect(booth.locator("#not-heard")).to_contain_text("does not understand spoken Welsh")
        await expect(booth.locator("#device")).to_be_hidden()
        await expect(booth.locator("#problem")).to_be_hidden()
        await take(booth)
        await write(booth, "llythyr")
        await shows(booth, "cy", "llythyr")
        desk = await at.open("/desk")
        await desk.locator("#languages li", has_text="Welsh").get_by_text("Pause").click()
        await expect(booth.locator("#from")).to_have_text("Welsh is paused by the operator.")
        await expect(booth.locator("#not-heard")).to_be_empty()


async def test_an_interpreter_is_told_that_the_language_is_paused_and_sends_nothing_meanwhile() -> None:
    async with event() as at, breakable(at.served) as (address, cut):
        booth, reader = await at.booth(base=f"http://{address}/r/hall"), await at.reader()
        desk = await at.open("/desk")
        spanish = desk.locator("#languages li", has_text="Spanish")
        await take(booth)
        await write(booth, "uno")
        await shows(reader, "es", "uno")
        await spanish.get_by_text("Pause").click()
        await until_state(booth, "paused")
        await expect(booth.locator("#from")).to_have_text("Spanish is paused by the operator.")
        await write(booth, "dos")
        await expect(booth.locator("#text")).to_have_value("dos")
        await spanish.get_by_text("Go on").click()
        await until_state(booth, "interpreting")
        await booth.keyboard.press("Enter")
        await shows(reader, "es", "uno", "dos")

        async with cut():  # what the page does not know yet, the server says
            await until_state(booth, "reconnecting")
            await write(booth, "tres")
            await spanish.get_by_text("Pause").click()
            await expect(spanish).to_contain_text("paused")
        await expect(booth.locator("#problem")).to_have_text(WORDS["en"]["said-paused"], timeout=PATIENCE)
        await until_state(booth, "paused")
        await spanish.get_by_text("Go on").click()
        await until_state(booth, "interpreting")
        await write(booth, "cuatro")
        await shows(reader, "es", "uno", "dos", "cuatro")
        async with cut():
            await until_state(booth, "reconnecting")
            await write(booth, "cinco")
            await expect(booth.locator("#lines li")).to_have_text(["cinco"])
        await shows(reader, "es", "uno", "dos", "cuatro", "cinco")


async def test_what_was_typed_while_the_connection_was_away_is_read_once() -> None:
    async with event() as at, breakable(at.served) as (address, cut):
        booth, reader = await at.booth(base=f"http://{address}/r/hall"), await at.reader()
        await take(booth)
        await write(booth, "uno")
        await shows(reader, "es", "uno")
        async with cut():
            await until_state(booth, "reconnecting")
            await write(booth, "dos")
            await write(booth, "tres")
            await expect(booth.locator("#lines li")).to_have_text(["dos", "tres"])
        await until_state(booth, "interpreting")
        await expect(booth.locator("#unsent")).to_be_hidden()
        await write(booth, "cuatro")
        for page in (booth, reader):
            await shows(page, "es", "uno", "dos", "tres", "cuatro")
        await expect(booth.locator("#from")).to_contain_text("from you;")


@pytest.mark.parametrize("lost", ["line", "caption"])
async def test_a_line_is_read_once_whichever_way_the_connection_broke(lost: str) -> None:
    """Who has typed it does not know whether the server has it."""
    places: list[WebSocketRoute] = []

    def between(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        first = not places
        places.append(page)

        def up(message: str | bytes) -> None:
            if not (first and lost == "line" and TYPES in str(message)):
                server.send(message)

        def down(message: str | bytes) -> None:
            if not (first and '"language":"es"' in str(message)):
                page.send(message)

        page.on_message(up)
        server.on_message(down)

    async with event() as at:
        await at.context.route_web_socket("**/booth*", between)
        booth, reader = await at.booth(), await at.reader()
        await take(booth)
        await write(booth, "una vez")
        if lost == "caption":
            await shows(reader, "es", "una vez")
        await places[0].close(code=3000)
        await shows(reader, "es", "una vez")
        await write(booth, "otra")
        await shows(reader, "es", "una vez", "otra")
        assert len(places) == 2


async def test_another_microphone_leaves_the_machine_silent(tmp_path: Path) -> None:
    async with (
        event(english(1.0, tmp_path / "microphone.wav")) as at,
        connect(f"ws://{at.served.address}/v1/rooms/hall/listen") as listener,
    ):
        await listener.send(encode(Listen()))
        booth = await at.booth()
        await take(booth)
        await expect(booth.locator("#heard")).to_be_hidden()
        await booth.select_option("#device", index=1)
        await booth.wait_for_function("() => window.seconds() > 0.5", timeout=PATIENCE)
        states = list[Any]()
        async with asyncio.timeout(20):
            while len(states) < 3:
                message = decode(str(await listener.recv()))
                if isinstance(message, RoomState) and (there := message.languages[0].interpreters):
                    states.append([each.speaker for each in there])
        assert states == [["b2"], ["b2", "b3"], ["b3"]]
        await expect(booth.locator("#from")).to_have_text("Spanish comes from you; the machine is silent.")
        await write(booth, "sigo aquí")
        await shows(booth, "es", "sigo aquí")


async def test_a_microphone_is_tried_before_and_silent_where_it_is_muted(tmp_path: Path) -> None:
    async with event(english(SPEECH, tmp_path / "microphone.wav")) as at:
        booth = await at.booth()
        await booth.select_option("#device", index=1)
        await booth.wait_for_function("() => document.getElementById('level').value > 0.05", timeout=PATIENCE)
        assert await booth.evaluate("() => window.sent.length") == 0, "the language is not taken"
        await booth.click("#mute")
        await expect(booth.locator("#mute")).to_have_text("Unmute")
        await take(booth)
        await booth.wait_for_function("() => window.seconds() > 1", timeout=PATIENCE)
        heard = "() => window.sent.some((samples) => samples.some((value) => value))"
        assert not await booth.evaluate(heard)
        assert await booth.evaluate("() => document.getElementById('level').value") == 0
        await booth.click("#mute")
        await booth.wait_for_function(heard, timeout=PATIENCE)


@pytest.mark.models
async def test_what_is_said_is_recognised_and_read_over_a_connection_that_breaks(tmp_path: Path) -> None:
    own = models.load_engines(Config(recognition=RecognitionConfig(model="embedded")), lambda message: None)
    heard = english(SPEECH, tmp_path / "microphone.wav")
    async with (
        serving(own, grace=60.0) as served,
        breakable(served) as (address, cut),
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
        browser(heard) as context,
        opened(context, f"http://{served.address}/r/hall") as reader,
    ):
        (await http.post("/v1/rooms", json={"id": "hall", "source": "zh"})).raise_for_status()
        await reader.reload()
        await reader.select_option("#language", "en")
        async with opened(context, f"http://{address}/r/hall/booth?language=en") as booth:
            await until_state(booth, "live")
            await booth.click("#take")
            await until_state(booth, "interpreting")
            await booth.select_option("#device", index=1)
            await expect(reader.locator(".log[lang=en] p .committed:not(:empty)").first).to_be_visible(
                timeout=PATIENCE
            )
            async with cut():
                await until_state(booth, "reconnecting")
            await until_state(booth, "interpreting")
            await spoken(booth, SPEECH)
            await booth.click("#take")
            await until_state(booth, "live")
            recording = await sent(booth, tmp_path / "sent.wav")
            read = await column(reader, "en")
            assert await column(booth, "en") == read
        skipped = served.app.state.house.metrics.registry.get_sample_value("dragoman_skipped_decisions_total")
    record = interpret(recording, Interpretation("en"), own, lambda seconds: None, approach=LIVE)
    assert len(read) >= 2
    assert read == [utterance.text for utterance in record.utterances] or skipped


async def test_a_link_for_listeners_takes_no_language() -> None:
    async with rooms() as (served, _), browser() as context:
        base = f"http://{served.address}/r/hall/booth?language=es"
        async with opened(context, f"{base}#token={token(Role.LISTENER)}") as booth:
            await until_state(booth, "live")
            await booth.click("#take")
            await expect(booth.locator("#problem")).to_have_text("Your link is not for this page or event.")
            await expect(booth.locator("#take")).to_have_text("Take Spanish")
            await until_state(booth, "live")
        async with opened(context, f"{base}#token={token(Role.INTERPRETER)}") as booth:
            await until_state(booth, "live")
            await take(booth)
        async with opened(context, base) as booth:
            await expect(booth.locator("#problem")).to_contain_text(
                "Ask whoever runs the event for your link"
            )
            await expect(booth.locator("#console")).to_be_hidden()


async def test_the_event_is_over_in_the_booth_too() -> None:
    async with event() as at:
        booth = await at.booth()
        await take(booth)
        async with httpx2.AsyncClient(base_url=f"http://{at.served.address}") as http:
            (await http.delete("/v1/rooms/hall")).raise_for_status()
        await until_state(booth, "finished")
        await expect(booth.locator("#console")).to_be_hidden()


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)], ids=["phone", "desktop"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_the_booth_has_no_barriers_and_fits(theme: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with event(english(1.0, tmp_path / "microphone.wav")) as at:
        booth = await at.booth()
        await booth.set_viewport_size({"width": size[0], "height": size[1]})
        await booth.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        await say(at.speaker, ["alpha"])
        for ours in (False, True):
            if ours:
                await booth.select_option("#device", index=1)
                await booth.locator("#take").focus()
                await booth.keyboard.press("Enter")
                await until_state(booth, "interpreting")
                await expect(booth.locator("#mute")).to_be_visible(timeout=PATIENCE)
                await booth.locator("#mute").focus()
                await booth.keyboard.press("Space")
                await expect(booth.locator("#mute")).to_have_text("Unmute")
                await booth.keyboard.press("Tab")
                await booth.keyboard.press("Tab")
                await booth.keyboard.type("hola")
                await booth.keyboard.press("Enter")
                await shows(booth, "es", "ahpla", "hola")
            wide = "() => document.documentElement.scrollWidth"
            assert await booth.evaluate(wide) <= size[0]
            columns = await booth.locator("#columns").bounding_box()
            assert columns and columns["height"] > size[1] / 2
            found = await Axe().run(booth)
            assert found.violations_count == 0, found.generate_report()

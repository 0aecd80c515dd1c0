"""Captions of several voices: signed on every page with what people call them."""

import json
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import numpy as np
import pytest
from playwright.async_api import Page, expect
from websockets.asyncio.client import ClientConnection, connect

from server.wire.codec import encode
from server.wire.messages import Start
from streaming.audio import to_pcm16
from streaming.scripted import speak
from tests.chromium import PATIENCE, browser, english, needs_chromium, opened, until_state
from tests.served import Served, serving

pytestmark = needs_chromium
SIGNED = """(where) => [...document.querySelectorAll(`${where} p`)].map((p) => [
  p.querySelector(".signature")?.textContent ?? "", p.querySelector(".committed").textContent
])"""


async def hall(served: Served) -> str:
    """Open a room; gives its address."""
    async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        made = await http.post("/v1/rooms", json={"id": "hall", "source": "en", "targets": ["es"]})
        made.raise_for_status()
    return f"{served.address}/r/hall"


async def speaking(stack: AsyncExitStack, served: Served, **form: Any) -> ClientConnection:
    """Take a place on the floor of the hall."""
    socket = await stack.enter_async_context(connect(f"ws://{served.address}/v1/rooms/hall/floor"))
    await socket.send(encode(Start(**form)))
    assert "ready" in str(await socket.recv())
    return socket


async def say(socket: ClientConnection, *channels: list[str]) -> None:
    """Say words, each list on a channel of its own, one channel after the other."""
    parts = [speak([*words, ""]) for words in channels]
    silent = [
        np.concatenate([np.zeros_like(p) for p in parts[:i]] or [parts[0][:0]]) for i in range(len(parts))
    ]
    length = sum(map(len, parts))
    whole = np.zeros((length, len(channels)), np.float32)
    for i, (before, part) in enumerate(zip(silent, parts, strict=True)):
        whole[len(before) : len(before) + len(part), i] = part
    await socket.send(to_pcm16(whole.ravel()))


async def signed(page: Page, where: str, *expected: tuple[str, str]) -> None:
    """See that a page comes to show these captions, each with what stands above it."""
    wanted = [list(row) for row in expected]
    await page.wait_for_function(
        f"([where, wanted]) => JSON.stringify(({SIGNED})(where).filter(([, text]) => text)) === wanted",
        arg=[where, json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))],
        timeout=PATIENCE,
        polling=50,
    )


async def test_each_channel_is_signed_with_its_name_or_its_number() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        reader, desk, screen = [
            await stack.enter_async_context(opened(context, f"{base}{page}"))
            for page in ("", "/desk", "/screen?languages=floor,es")
        ]
        await reader.select_option("#language", "es")
        socket = await speaking(
            stack, served, channels=3, name="Panel", channel_names=("Anna Müller", "", "李雷")
        )
        await say(socket, ["alpha"], ["bravo"], ["charlie"])
        names = ["Anna Müller", "Panel 2", "李雷"]
        spoken, spanish = ["alpha", "bravo", "charlie"], ["ahpla", "ovarb", "eilrahc"]
        await signed(reader, ".log", *zip(names, spanish, strict=True))
        await signed(desk, ".floor", *zip(names, spoken, strict=True))
        await signed(screen, ".lines:nth-of-type(1)", *zip(names, spoken, strict=True))
        await expect(desk.locator("#speakers .channel")).to_have_text(names)
        assert "s1" not in await desk.locator("body").inner_text()
        await say(socket, ["delta"], [], [])
        await signed(reader, ".log", *zip([*names, names[0]], [*spanish, "atled"], strict=True))
        await say(socket, ["echo"], [], [])  # the same voice goes on
        await signed(reader, ".log", *zip([*names, names[0], ""], [*spanish, "atled", "ohce"], strict=True))
        late = await stack.enter_async_context(opened(context, f"{base}/screen?names=no"))
        await signed(late, ".lines", *[("", text) for text in [*spoken, "delta", "echo"]])


async def test_channels_that_nobody_named_have_numbers_in_the_readers_language() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        reader = await stack.enter_async_context(opened(context, base))
        socket = await speaking(stack, served, channels=2)
        await say(socket, ["alpha"], ["bravo"])
        await reader.select_option("#language", "es")
        await signed(reader, ".log", ("Channel 1", "ahpla"), ("Channel 2", "ovarb"))
        await reader.select_option("#interface", "zh")
        await signed(reader, ".log", ("声道 1", "ahpla"), ("声道 2", "ovarb"))


async def test_speakers_are_signed_where_there_are_several_also_when_they_have_gone() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        base = f"http://{await hall(served)}"
        reader, desk = [
            await stack.enter_async_context(opened(context, f"{base}{page}")) for page in ("", "/desk")
        ]
        await reader.select_option("#language", "es")
        anna = await speaking(stack, served, name="Anna")
        await say(anna, ["alpha"])
        await signed(reader, ".log", ("", "ahpla"))
        second = await speaking(stack, served)
        await desk.locator("#speakers li", has_text="Speaker 2").get_by_text("Give the floor").click()
        await expect(desk.locator("#speakers li", has_text="Speaker 2")).to_contain_text("has the floor")
        await say(second, ["bravo"])
        await signed(reader, ".log", ("", "ahpla"), ("Speaker 2", "ovarb"))
        await anna.close(1000)
        await second.close(1000)
        await expect(desk.locator("#speakers li")).to_have_count(0)
        bo = await speaking(stack, served, name="Bo")
        await say(bo, ["charlie"])
        late = await stack.enter_async_context(opened(context, base))
        await late.select_option("#language", "es")
        await signed(late, ".log", ("Anna", "ahpla"), ("Speaker 2", "ovarb"), ("Bo", "eilrahc"))


@pytest.mark.models
async def test_a_speaker_says_the_name_and_is_told_who_has_the_floor(tmp_path: Any) -> None:
    async with (
        serving() as served,
        browser(english(2.0, tmp_path / "microphone.wav")) as context,
        AsyncExitStack() as stack,
    ):
        base = f"http://{await hall(served)}"
        await speaking(stack, served, name="Anna")
        desk = await stack.enter_async_context(opened(context, f"{base}/desk"))
        floor = await stack.enter_async_context(opened(context, f"{base}/floor?name=Bo"))
        await expect(floor.locator("input[name=name]")).to_have_value("Bo")
        await floor.fill("input[name=name]", "Bo Li")
        await floor.click("#setup button[type=submit]")
        await until_state(floor, "waiting")
        await desk.locator("#speakers li", has_text="Bo Li").get_by_text("Give the floor").click()
        await until_state(floor, "listening")
        await desk.locator("#speakers li", has_text="Bo Li").get_by_text("Mute").click()
        await until_state(floor, "muted")
        again = await stack.enter_async_context(opened(context, f"{base}/floor"))
        await expect(again.locator("input[name=name]")).to_have_value("Bo Li")


async def test_what_was_on_its_way_in_another_language_is_not_shown() -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            shown = await page.evaluate(
                """async () => {
                  const { Listener } = await import("/web/scripts/listener.js");
                  const listener = new Listener("hall", { language: "es" });
                  const shown = [];
                  listener.addEventListener("caption", ({ detail }) => shown.push(detail.committed));
                  const { connection } = listener;
                  connection.send = () => true;
                  const come = (detail) => connection.dispatchEvent(new CustomEvent("message", { detail }));
                  const begin = (language) => come({ type: "listening", language });
                  const said = (language, committed) =>
                    come({ type: "caption", utterance: 0, language, committed, tentative: "" });
                  said("es", "uno");
                  listener.change({ language: "floor" });
                  said("es", "uno dos");
                  begin("floor");
                  said("en", "one two");
                  listener.change({ language: "zh" });
                  listener.change({ language: "floor" }); // that is what is read, but not yet
                  said("en", "one two three");
                  begin("zh");
                  said("zh", "一");
                  listener.change({ language: "floor", style: "steady" });
                  begin("floor");
                  said("en", "one two three");
                  begin("floor");
                  said("en", "one two three four");
                  listener.change({ language: "floor", style: "fast" }); // nothing of it is said once more
                  said("en", "one two three four five");
                  connection.greet(true);
                  said("en", "one two three four five six");
                  return shown;
                }"""
            )
            counting = ["one two", "three", "four", "five", "six"]
            assert shown == ["uno", *[" ".join(counting[:n]) for n in range(1, 6)]]


async def test_who_passes_a_language_on_the_way_to_another_reads_the_other() -> None:
    async with serving() as served, browser() as context, AsyncExitStack() as stack:
        page = await stack.enter_async_context(opened(context, f"http://{await hall(served)}"))
        speaker = await speaking(stack, served)
        await say(speaker, ["alpha", "bravo"])
        await signed(page, ".log", ("", "alpha bravo"))
        await page.evaluate(
            """() => {
              const select = document.getElementById("language");
              for (const language of ["es", "floor"]) {
                select.value = language;
                select.dispatchEvent(new Event("change"));
              }
            }"""
        )
        await say(speaker, ["charlie", "delta"])
        await signed(page, ".log", ("", "alpha bravo"), ("", "charlie delta"))


async def test_speech_of_the_language_that_was_left_is_not_heard() -> None:
    async with serving() as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            heard = await page.evaluate(
                """async () => {
                  const { Listener } = await import("/web/scripts/listener.js");
                  const listener = new Listener("hall", { language: "es", speech: true });
                  const heard = [];
                  listener.addEventListener("speech", ({ detail }) =>
                    heard.push([detail.message.text, detail.samples.length]));
                  const { connection } = listener;
                  connection.send = () => true;
                  const come = (detail) => connection.dispatchEvent(new CustomEvent("message", { detail }));
                  const said = (language, text, count) => {
                    come({ type: "speech", utterance: 0, language, text, start: 0, duration: 1 });
                    come(new Int16Array(count).buffer);
                  };
                  said("es", "uno", 1);
                  listener.change({ language: "zh", speech: true });
                  said("es", "dos", 2);
                  come({ type: "listening", language: "zh" });
                  said("zh", "三", 3);
                  return heard;
                }"""
            )
            assert heard == [["uno", 1], ["三", 3]]

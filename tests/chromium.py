"""A real Chromium with a recording as its microphone, for tests of the pages."""

import asyncio
import base64
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.async_api import BrowserContext, Page, async_playwright, expect

import embedded
from tests.served import Served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium: apt-get install chromium, or run script/test as root"
)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required "
    "--use-fake-device-for-media-stream"
).split()
ALLOWED = "--use-fake-ui-for-media-stream"
"""Grants the microphone to every page."""
PATIENCE = 60_000
"""Milliseconds that a busy machine is given."""
LEAD, TAIL = 0.5, 4.0
"""Seconds of silence before and behind what a microphone hears."""
KEEP_SENT = """
window.sent = [];
window.rate = 0;
window.seconds = () => window.sent.reduce((sum, samples) => sum + samples.length, 0) / window.rate;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (data instanceof Int16Array) window.sent.push(data.slice());
  else window.rate = JSON.parse(data).sample_rate ?? window.rate;
  return send.call(this, data);
};
const told = {
  // What comes after this position is sent once more.
  ready({ position }) {
    window.sent = window.sent.map((samples) => {
      const kept = samples.subarray(0, Math.max(0, position));
      position -= samples.length;
      return kept;
    });
  },
  done(message) {
    window.done = message;
  },
};
const listen = EventTarget.prototype.addEventListener;
WebSocket.prototype.addEventListener = function (kind, ...rest) {
  if (kind === "message" && !this.watched) {
    this.watched = true;
    listen.call(this, kind, ({ data }) => {
      if (typeof data !== "string") return;
      const message = JSON.parse(data);
      told[message.type]?.(message);
    });
  }
  return listen.call(this, kind, ...rest);
};
"""
"""Notes in the page what the server has of its sound, and what it says at the end."""
SHOWN = "(where) => [...document.querySelectorAll(`${where} p .committed`)].map((part) => part.textContent)"
READ_SENT = """() => {
  const all = window.sent.flatMap((samples) => [...samples]);
  const bytes = new Uint8Array(Int16Array.from(all).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}"""


@asynccontextmanager
async def browser(
    microphone: Path | None = None,
    *,
    allowed: bool = True,
    sharing: str = "",
    locale: str = "en-US",
    name: str = "",
) -> AsyncIterator[BrowserContext]:
    """Run Chromium; `microphone` is what it hears, once, and silence after it. With `sharing` it asks nobody
    either, and the tab with this title is what is shared, with its sound. `name` is one more name
    of this machine."""
    flags = [*FLAGS, *([ALLOWED] if allowed and not sharing else [])]
    if name:
        flags.append(f"--host-resolver-rules=MAP {name} 127.0.0.1")
    if sharing:
        flags.append(f"--auto-select-tab-capture-source-by-title={sharing}")
    if microphone:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    # What is muted is silent to those with whom it is shared, too.
    loud = ["--mute-audio"] if sharing else None
    with tempfile.TemporaryDirectory() as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=CHROMIUM,
                headless=True,
                args=flags,
                ignore_default_args=loud,
                locale=locale,
            )
            try:
                yield context
            finally:
                await context.close()


@asynccontextmanager
async def opened(context: BrowserContext, address: str) -> AsyncIterator[Page]:
    """Open a page that must not fail, nor ask anything of another origin."""
    page = await context.new_page()
    faults: list[str] = []
    origin = "/".join(address.split("/")[:3])
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.on(
        "request",
        lambda asked: (
            faults.append(asked.url) if not asked.url.startswith((origin, "blob:", "data:")) else None
        ),
    )
    await page.add_init_script(KEEP_SENT)
    await page.goto(address)
    yield page
    assert faults == []


def english(seconds: float, path: Path) -> Path:
    """Write the beginning of the English sample for Chromium to hear."""
    sample = next(sample for sample in embedded.samples() if sample.stem == "english")
    samples, rate = soundfile.read(sample, frames=round(seconds * soundfile.info(sample).samplerate))
    return microphone(samples, rate, path)


def microphone(samples: Any, rate: int, path: Path) -> Path:
    """Write a recording for Chromium to hear, silence before and behind it: it repeats the last 10 ms."""
    padded = np.concatenate([np.zeros(round(LEAD * rate)), samples, np.zeros(round(TAIL * rate))])
    soundfile.write(path, padded, rate, subtype="PCM_16")
    return path


async def sent(page: Page, path: Path) -> Path:
    """Write what a page has sent of its sound, each sample once."""
    data = base64.b64decode(await page.evaluate(READ_SENT))
    rate = await page.evaluate("() => window.rate")
    soundfile.write(path, np.frombuffer(data, "<i2"), rate, subtype="PCM_16")
    return path


@asynccontextmanager
async def breakable(served: Served) -> AsyncIterator[tuple[str, Any]]:
    """A way to the server that can be cut: gives its address, and what cuts it for as long as it is open."""
    host, port = served.address.split(":")
    open_now: set[asyncio.StreamWriter] = set()
    passing = asyncio.Event()
    passing.set()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not passing.is_set():
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(host, int(port))
        open_now.update({writer, back})
        await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)
        open_now.difference_update({writer, back})

    @asynccontextmanager
    async def cut() -> AsyncIterator[None]:
        passing.clear()
        for writer in list(open_now):
            writer.transport.abort()
        yield
        passing.set()

    async with await asyncio.start_server(join, "127.0.0.1", 0) as proxy:
        yield f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}", cut


async def begin(page: Page, *targets: str, source: str = "en") -> None:
    """Fill in a speaker's form and start."""
    await page.select_option("select[name=source]", source)
    for box in await page.locator("input[name=target]").all():
        if await box.is_visible():  # in a room, listeners choose
            await box.set_checked(await box.get_attribute("value") in targets)
    await page.click("#setup button[type=submit]")
    await until_state(page, "listening")


async def finish(page: Page) -> None:
    """Stop, and wait until everything has been interpreted."""
    await page.click("#stop")
    await until_state(page, "finished")


async def until_state(page: Page, name: str) -> None:
    """Wait until a page says that it is in a state."""
    await expect(page.locator("#state")).to_have_attribute("data-state", name, timeout=PATIENCE)


async def spoken(page: Page, seconds: float) -> None:
    """Wait until a page has sent so much speech, and the pause that ends the last utterance."""
    wanted = LEAD + seconds + 0.7 * TAIL
    await page.wait_for_function(f"() => window.seconds() > {wanted}", timeout=PATIENCE)


async def column(page: Page, language: str) -> list[str]:
    """The committed text of each utterance that a page shows in a language."""
    found: list[str] = await page.evaluate(SHOWN, f".log[lang={language}]")
    return [text for text in found if text]

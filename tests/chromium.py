"""A real Chromium with a recording as its microphone, for tests of the pages."""

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
from playwright.async_api import BrowserContext, Page, async_playwright

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
KEEP_SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (data instanceof Int16Array) window.sent.push(data.slice());
  return send.call(this, data);
};
const listen = EventTarget.prototype.addEventListener;
WebSocket.prototype.addEventListener = function (kind, ...rest) {
  if (kind === "message" && !this.watched) {
    this.watched = true;
    listen.call(this, kind, ({ data }) => {
      if (typeof data === "string" && data.startsWith('{"type":"done"')) window.done = JSON.parse(data);
    });
  }
  return listen.call(this, kind, ...rest);
};
"""
READ_SENT = """() => {
  const all = window.sent.flatMap((samples) => [...samples]);
  const bytes = new Uint8Array(Int16Array.from(all).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}"""


@asynccontextmanager
async def browser(
    microphone: Path | None = None, *, allowed: bool = True, locale: str = "en-US"
) -> AsyncIterator[BrowserContext]:
    """Run Chromium; `microphone` is what it hears, once, and silence after it."""
    flags = [*FLAGS, *([ALLOWED] if allowed else [])]
    if microphone:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    with tempfile.TemporaryDirectory() as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=CHROMIUM, headless=True, args=flags, locale=locale
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


def microphone(samples: Any, rate: int, path: Path) -> Path:
    """Write a recording for Chromium to hear, silence before and behind it: it repeats the last 10 ms."""
    padded = np.concatenate([np.zeros(rate // 2), samples, np.zeros(4 * rate)])
    soundfile.write(path, padded, rate, subtype="PCM_16")
    return path


async def sent(page: Page, path: Path, rate: int) -> Path:
    """Write what a page has sent of its microphone."""
    data = base64.b64decode(await page.evaluate(READ_SENT))
    soundfile.write(path, np.frombuffer(data, "<i2"), rate, subtype="PCM_16")
    return path

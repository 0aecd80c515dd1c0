"""A real Firefox, spoken to in WebDriver BiDi, which needs nothing but a WebSocket."""

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
needs_firefox = pytest.mark.skipif(not FIREFOX, reason="no Firefox: apt-get install firefox-esr")
PATIENCE = 60.0
"""Seconds that a busy machine is given."""


class Tab:
    """The one tab of a Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0
        self.faults: list[str] = []
        """What the console has said that is an error."""

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command, and give its result."""
        self._asked += 1
        await self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        async for text in self._socket:
            message = json.loads(text)
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.faults.append(message["params"]["text"])
            if message.get("id") == self._asked:
                assert message["type"] == "success", message
                return dict(message["result"])
        raise ConnectionError("Firefox has gone")

    async def open(self, address: str) -> None:
        """Go to a page."""
        tree = await self.ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    async def evaluate(self, script: str) -> Any:
        """Give the value of an expression, which JSON can say."""
        target = {"context": self._context}
        asked = {"expression": f"JSON.stringify({script})", "target": target, "awaitPromise": True}
        found = await self.ask("script.evaluate", **asked)
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    async def until(self, script: str, expected: Any) -> None:
        """Wait until an expression has a value."""
        found = None
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.evaluate(script)) != expected:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{script}: expected {expected!r}, got {found!r}") from None


@asynccontextmanager
async def firefox() -> AsyncIterator[Tab]:
    """Run Firefox without a window."""
    with tempfile.TemporaryDirectory() as profile:
        flags = ("--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", profile)
        process = await asyncio.create_subprocess_exec(
            str(FIREFOX),
            *flags,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": profile},
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(PATIENCE):
                while not (there := re.search(rb"ws://\S+", line := await process.stderr.readline())):
                    assert line, "Firefox has not started"
            draining = asyncio.create_task(process.stderr.read())
            async with connect(f"{there[0].decode()}/session", max_size=None) as socket:
                tab = Tab(socket)
                await tab.ask("session.new", capabilities={})
                await tab.ask("session.subscribe", events=["log.entryAdded"])
                yield tab
            process.terminate()
            await draining
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

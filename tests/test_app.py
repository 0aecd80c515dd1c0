"""The application around the sessions: HTTP, the port, the signals."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server import app
from server.config import Config, ServerConfig, load
from server.interpretation import models
from server.wire.codec import decode, encode
from server.wire.messages import Caption, Done, Finish, Message, Notice, Start
from streaming.audio import to_pcm16
from streaming.errors import InputError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import Recognition, Window
from tests.served import engines, serving

SERVER = """
import sys
from server import app, config
from server.interpretation import models
from tests.served import engines
models.load_engines = lambda config, say: engines()
app.serve(
    config.load(
        server={"port": int(sys.argv[1])}, access={"folder": sys.argv[2]}, events={"path": "memory"}
    )
)
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_health_and_readiness() -> None:
    async with serving(most=1) as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        assert (await http.get("/healthz")).json() == {"status": "ok", "reasons": []}
        ready = await http.get("/readyz")
        content = {"status": "ok", "reasons": [], "sessions": 0, "max_sessions": 1, "retry_seconds": None}
        assert (ready.status_code, ready.json()) == (200, content)
        async with connect(served.url) as first:
            await first.send(encode(Start("en")))
            await first.recv()
            full = await http.get("/readyz")
            content = {
                "status": "refusing",
                "reasons": ["the server is full: 1 sessions are live"],
                "sessions": 1,
                "max_sessions": 1,
                "retry_seconds": 60.0,
            }
            assert (full.status_code, full.json()) == (503, content)
            assert (await http.get("/healthz")).status_code == 200
            await first.send(encode(Finish()))
            await first.recv()


async def test_languages_are_listed() -> None:
    async with serving(engines(synthesizer=None)) as served:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            offer = (await http.get("/v1/languages")).json()
    assert offer == {
        "recognition": [],
        "translation": [
            {"source": "en", "target": "es", "via": None},
            {"source": "en", "target": "zh", "via": None},
            {"source": "fr", "target": "en", "via": None},
            {"source": "fr", "target": "es", "via": "en"},
            {"source": "fr", "target": "zh", "via": "en"},
        ],
        "speech": False,
    }


async def test_the_interface_is_described_and_nothing_is_loaded_from_elsewhere() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        described = (await http.get("/openapi.json")).json()
        assert described["info"]["version"] == version("dragoman")
        assert set(described["paths"]) >= {
            "/healthz",
            "/readyz",
            "/metrics",
            "/v1/jobs",
            "/v1/languages",
            "/v1/models",
            "/v1/rooms",
            "/v1/rooms/{room}",
            "/v1/rooms/{room}/tokens",
        }
        for page in ("/docs", "/redoc"):
            assert (await http.get(page)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/metrics", "/v1/languages", "/openapi.json", "/v1/jobs/none"]
)
async def test_head_is_answered_as_get_is_without_the_body(path: str) -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        got, asked = await http.get(path), await http.head(path)
        assert (asked.status_code, asked.content) == (got.status_code, b"")
        assert asked.headers["content-type"] == got.headers["content-type"]
        assert (await http.head("/v1/audio/transcriptions")).status_code == 405


async def test_compression_is_declined() -> None:
    async with serving() as served, connect(served.url, compression="deflate") as session:
        assert session.protocol.extensions == []


async def test_late_pongs_are_no_death() -> None:
    server = app.Server(app.create_app(engines(), Config()), Config(), lambda: None)
    assert server.config.ws_ping_timeout is None
    assert server.config.ws_ping_interval


def busy(port: int) -> str:
    return f"cannot listen on 127.0.0.1:{port}: Address already in use; .* another --port"


def test_a_busy_port_is_told_before_the_models_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load_engines", lambda config, say: pytest.fail("loaded"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=busy(port)):
            app.serve(load(server={"port": port}))


def test_a_port_that_is_taken_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with socket.socket() as other:

        def slowly(*_: Any) -> Any:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            return engines()

        monkeypatch.setattr(models, "load_engines", slowly)
        with pytest.raises(InputError, match=busy(port)):
            app.serve(load(server={"port": port}))


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(InputError, match=r"cannot listen on 203\.0\.113\.1"):
        app.serve(Config(ServerConfig(host="203.0.113.1", port=0)))


def test_the_port_opens_when_the_models_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()

    class Loaded(Exception):
        pass

    def refuse(*_: Any) -> Any:
        with socket.socket() as early, pytest.raises(ConnectionRefusedError):
            early.connect(("127.0.0.1", port))
        raise Loaded

    monkeypatch.setattr(models, "load_engines", refuse)
    with pytest.raises(Loaded):
        app.serve(load(server={"port": port}))


def test_the_recognizer_has_heard_its_longest_window_before_anybody_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[float] = []

    class Noting(ScriptedRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            heard.extend(window.audio.duration for window in windows)
            return super().recognize(windows)

    class Warm(Exception):
        pass

    def made(*_: Any, **__: Any) -> Any:
        raise Warm

    monkeypatch.setattr(models, "load_engines", lambda config, say: replace(engines(), recognizer=Noting()))
    monkeypatch.setattr(app, "create_app", made)
    with pytest.raises(Warm):
        app.serve(load(server={"port": 0}))
    assert heard == [30.0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER, "0", str(tmp_path)]
    house = Path(__file__).parent.parent
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=house, stdout=pipe, stderr=pipe) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        assert process.stderr is not None
        line = (await asyncio.to_thread(process.stdout.readline)).decode()
        assert line.startswith("listening on http://127.0.0.1:")
        assert "recognises any language; translates en → es, en → zh, fr → en, " in line
        async with connect(line.split()[4]) as session:
            await session.send(encode(Start("en")))
            await session.recv()
            await session.send(to_pcm16(speak(VOCABULARY[:4])))
            await (await session.ping())  # what is stopped before it has come is not taken
            process.send_signal(number)
            told: list[Message] = []
            with suppress(ConnectionClosed):
                while True:
                    told.append(decode(str(await session.recv())))
            assert session.close_code == 1012
            assert [m.code for m in told if isinstance(m, Notice)] == ["draining"]
            said = [m for m in told if isinstance(m, Caption) and m.final]
            assert " ".join(m.committed for m in said) == " ".join(VOCABULARY[:4])
            assert isinstance(told[-1], Done)
        assert await asyncio.to_thread(process.wait, 20) == 0
        assert process.stderr.read() == b""

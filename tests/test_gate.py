"""The gate: pages of other sites stay out, bodies have a size."""

import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from server.access.auth import Access
from server.config import AccessConfig, Config, LimitsConfig
from server.http.gate import Gate, same_origin
from tests.served import serving

CLOSED = Access(bytes(32), {})
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8765", "localhost:8765", True),
        ("http://127.0.0.1:8765", "127.0.0.1:8765", True),
        ("http://[::1]:8765", "[::1]:8765", True),
        ("https://talk.example.org", "talk.example.org", True),
        ("https://talk.example.org", "talk.example.org:443", True),
        ("http://talk.example.org", "talk.example.org:80", True),
        ("http://talk.example.org", "talk.example.org:443", False),
        ("http://evil.example", "localhost:8765", False),
        ("http://localhost:3000", "localhost:8765", False),
        ("http://localhost.evil.example:8765", "localhost:8765", False),
        ("null", "localhost:8765", False),
        ("null", "", False),
        ("http://[", "localhost", False),
        ("http://localhost:99999", "localhost:99999", False),
        ("file://", "", False),
    ],
)
def test_which_page_is_ours(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


async def test_a_page_of_another_site_may_not_connect() -> None:
    config = Config(access=AccessConfig(origins=("https://friend.example/",)))
    async with serving(config=config) as served:
        with pytest.raises(InvalidStatus) as caught:
            await connect(served.url, origin=Origin("https://evil.example"))
        assert caught.value.response.status_code == 403
        assert json.loads(caught.value.response.body)["error"]["code"] == "forbidden"
        for origin in (None, f"http://{served.address}", "https://friend.example"):
            async with connect(served.url, origin=origin and Origin(origin)):
                pass


async def test_nor_send_a_form_but_it_may_read_what_is_public() -> None:
    async with serving() as served, httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
        evil = {"Origin": "https://evil.example"}
        answer = await http.post("/v1/rooms/hall/tokens", json={"role": "operator"}, headers=evil)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert (await http.get("/v1/languages", headers=evil)).status_code == 200


async def test_a_name_that_was_bent_towards_us_is_believed_only_with_keys() -> None:
    """DNS rebinding: the page and the server have the same name, which is the page's."""
    listed = Config(access=AccessConfig(origins=("http://evil.example",)))
    for access, config, status in ((None, None, 403), (None, listed, 200), (CLOSED, None, 200)):
        async with (
            serving(access=access, config=config) as served,
            httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
        ):
            for host in ("127.0.0.1", "localhost", "talk", "[::1]:80", "Hall.local:8765", "a.localhost"):
                answer = await http.get("/v1/languages", headers={"Host": host})
                assert answer.status_code == 200, host
            for host in ("evil.example", "EVIL.example"):
                answer = await http.get("/v1/languages", headers={"Host": host})
                assert answer.status_code == status, host
            for host in ("local.evil.example", "evillocal.example", "a.local.example"):
                answer = await http.get("/v1/languages", headers={"Host": host})
                assert answer.status_code == (200 if access else 403), host
                assert access or f"'{host}' came" in answer.json()["error"]["message"]
            assert (await http.get("/readyz", headers={"Host": "evil.example"})).status_code == 200
            for host in ("[", ""):
                answer = await http.get("/v1/languages", headers={"Host": host})
                assert answer.status_code < 500


async def test_a_body_has_a_size() -> None:
    config = Config(limits=LimitsConfig(upload_bytes=1024))

    async def endless() -> Any:
        for _ in range(64):
            yield b" " * 100

    async with (
        serving(config=config) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
    ):
        for content in (b" " * 1025, endless()):
            answer = await http.post("/v1/rooms/hall/tokens", content=content)
            assert answer.status_code == 413
            assert answer.json()["error"] == {
                "code": "limit_exceeded",
                "message": "a body of at most 1024 bytes was expected, more came",
            }
        body = json.dumps({"role": "listener"}).ljust(1024)
        answer = await http.post("/v1/rooms/hall/tokens", content=body.encode(), headers=JSON)
        assert answer.status_code == 200


async def test_only_recordings_may_be_large() -> None:
    """Anybody may send a body, before a credential is looked at: what is read whole is small."""
    config = Config(limits=LimitsConfig(message_bytes=1 << 16))
    large = b" " * ((1 << 16) + 1)
    async with (
        serving(config=config) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as http,
    ):
        for path in ("/v1/rooms", "/v1/rooms/hall/tokens"):
            answer = await http.post(path, content=large, headers=JSON)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "limit_exceeded")
            assert "at most 65536 bytes" in answer.json()["error"]["message"]
        form = {"model": "any"}
        for path in ("/v1/audio/transcriptions", "/v1/jobs"):
            answer = await http.post(path, files={"file": large}, data=form)
            assert answer.status_code != 413, answer.text


async def test_other_kinds_of_events_pass() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await Gate(app, (), bool, LimitsConfig())({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]

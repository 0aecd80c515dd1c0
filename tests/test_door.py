"""Who gets in, over the wire: headers, subprotocols, first messages; the role matrix; nothing in the log."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from server.access.admission import MOST_STRANGERS
from server.access.auth import ALLOWED, OPEN, ROOM_ROLES, Access, Action, Key, Role, new_key
from server.access.door import SUBPROTOCOL, TOKEN_PREFIX, is_here, is_loopback
from server.access.throttle import BURST
from server.client import client
from server.config import Config, ServerConfig
from server.connections.session import Patience
from server.wire.codec import decode, encode
from server.wire.messages import Error, Finish, Message, Ready, Start
from streaming.errors import InputError
from tests.served import Served, cut, serving, silence

SECRET = bytes(range(32))
MADE = {role: new_key(role.value, role, None, 0.0) for role in Role}
IN_ROOM = new_key("hall's speaker", Role.SPEAKER, "hall", 0.0)
KEYS: dict[str, Key] = {key.id: key for _, key in [*MADE.values(), IN_ROOM]}
CLOSED = Access(SECRET, KEYS)


def key(role: Role) -> str:
    return MADE[role][0]


def token(role: Role, seconds: float = 60.0) -> str:
    return CLOSED.issue(OPEN, role, "hall", "somebody", seconds, time.time())


@pytest.fixture
async def closed() -> AsyncIterator[Served]:
    async with serving(access=CLOSED) as served:
        yield served


def header(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def opening(socket: ClientConnection, start: Start) -> tuple[Message, int | None]:
    """The first answer to `start`, and the close code if the connection was closed upon it."""
    await socket.send(encode(start))
    message = decode(str(await socket.recv()))
    if isinstance(message, Error):
        with suppress(ConnectionClosed):
            await socket.recv()
    return message, socket.close_code


async def refused(served: Served, **options: Any) -> tuple[int, str]:
    """Status and code of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(served.url, **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body)["error"]["code"]


SPEAKERS = {role for role in Role if Action.SPEAK in ALLOWED[role]}


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_speak_may_hold_a_session(role: Role, closed: Served) -> None:
    if role in SPEAKERS:
        async with connect(closed.url, additional_headers=header(key(role))) as socket:
            assert isinstance((await opening(socket, Start("en")))[0], Ready)
    else:
        assert await refused(closed, additional_headers=header(key(role))) == (403, "forbidden")
    assert closed.sessions <= 1


@pytest.mark.parametrize("role", sorted(ROOM_ROLES))
async def test_a_room_token_holds_no_session_outside_of_its_room(role: Role, closed: Served) -> None:
    assert await refused(closed, additional_headers=header(token(role))) == (403, "forbidden")
    assert await refused(closed, additional_headers=header(IN_ROOM[0])) == (403, "forbidden")


async def test_nobody_gets_in_with_nothing_forged_or_expired(closed: Served) -> None:
    expired = CLOSED.issue(OPEN, Role.SPEAKER, "hall", "", 60, time.time() - 61)
    forged = Access(b"?" * 32, {}).issue(OPEN, Role.SPEAKER, "hall", "", 60, time.time())
    for credential in (expired, forged, key(Role.ADMIN)[:-1], "admin"):
        assert await refused(closed, additional_headers=header(credential)) == (401, "unauthorized")
        async with connect(closed.url) as socket:
            message, code = await opening(socket, Start("en", token=credential))
            assert isinstance(message, Error)
            assert (message.code, code) == ("unauthorized", 1008)
    async with connect(closed.url) as socket:
        message, code = await opening(socket, Start("en"))
        assert message == Error("unauthorized", "a key or a room token was expected, none came")
        assert code == 1008
    assert not closed.sessions


async def test_a_browser_shows_its_token_in_a_subprotocol_and_never_sees_it_again(closed: Served) -> None:
    offered = [Subprotocol(SUBPROTOCOL), Subprotocol(TOKEN_PREFIX + key(Role.SPEAKER))]
    async with connect(closed.url, subprotocols=offered) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        assert socket.response is not None
        assert key(Role.SPEAKER) not in str(socket.response.headers)
        assert isinstance((await opening(socket, Start("en")))[0], Ready)
    forged = Subprotocol(TOKEN_PREFIX + "x" + key(Role.SPEAKER))
    assert await refused(closed, subprotocols=[Subprotocol(SUBPROTOCOL), forged]) == (401, "unauthorized")


async def test_or_in_the_first_message(closed: Served) -> None:
    async with connect(closed.url) as socket:
        admission = closed.app.state.admission
        assert (closed.sessions, admission.strangers) == (0, 1)
        assert isinstance((await opening(socket, Start("en", token=key(Role.SPEAKER))))[0], Ready)
        assert (closed.sessions, admission.strangers) == (1, 0)
    async with connect(closed.url) as socket:
        message, code = await opening(socket, Start("en", token=key(Role.LISTENER)))
        assert message == Error("forbidden", "a listener may not speak")
        assert code == 1008


async def test_the_reference_client_shows_a_key_and_tells_why_it_is_refused(closed: Served) -> None:
    async def said(key: str) -> list[Message]:
        arrivals = client.stream(closed.url, cut(silence(0.2), [1600]), source="en", speed=0, key=key)
        return [arrival.message async for arrival in arrivals]

    assert isinstance((await said(key(Role.SPEAKER)))[0], Ready)
    with pytest.raises(InputError, match="the key is unknown or was revoked"):
        await said("wrong")
    assert isinstance((await said(""))[0], Error)


async def test_a_full_server_tells_those_who_come_late_over_the_socket() -> None:
    config = Config(ServerConfig(max_sessions=1, drain_seconds=0.5))
    async with serving(config=config, access=CLOSED) as served, connect(served.url) as late:
        async with connect(served.url, additional_headers=header(key(Role.SPEAKER))) as first:
            assert isinstance((await opening(first, Start("en")))[0], Ready)
            message, code = await opening(late, Start("en", token=key(Role.SPEAKER)))
            assert isinstance(message, Error)
            assert (message.code, code) == ("overloaded", 1013)
            assert "try again in 60 s" in message.message
            async with connect(
                served.url + "?resume=true"
            ) as stranger:  # who may be coming back to a session
                message, code = await opening(stranger, Start("en"))
                assert isinstance(message, Error)
                assert (message.code, code) == ("unauthorized", 1008)


async def test_strangers_take_no_session() -> None:
    async with serving(most=1, access=CLOSED, patience=Patience(start=20.0)) as served:
        strangers = [await connect(served.url) for _ in range(MOST_STRANGERS)]
        assert await refused(served) == (503, "overloaded")
        async with connect(served.url, additional_headers=header(key(Role.SPEAKER))) as socket:
            assert isinstance((await opening(socket, Start("en")))[0], Ready)
        for stranger in strangers:
            stranger.transport.abort()


async def test_failures_are_slowed_down_and_the_right_key_is_not(closed: Served) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{closed.address}") as http:

        async def ask(credential: str) -> httpx2.Response:
            body = {"role": "listener"}
            return await http.post("/v1/rooms/hall/tokens", json=body, headers=header(credential))

        answers = [await ask("wrong") for _ in range(BURST + 1)]
        assert [answer.status_code for answer in answers] == [401] * BURST + [429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 6
        error = answers[-1].json()["error"]
        assert error["code"] == "rate_limited"
        assert error["message"].endswith(f" try again in {answers[-1].headers['Retry-After']} s")
        assert answers[0].headers["WWW-Authenticate"] == "Bearer"
        assert (await ask(key(Role.ADMIN))).status_code == 200
        nothing = await http.post("/v1/rooms/hall/tokens", json={"role": "listener"})
        assert nothing.status_code == 401


async def test_no_credential_is_ever_logged(closed: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for logger in ("uvicorn.error", "websockets"):
        caplog.set_level(logging.INFO, logger=logger)
    good, bad = key(Role.SPEAKER), "x" + key(Role.SPEAKER)
    for credential in (good, bad, token(Role.LISTENER)):
        with suppress(InvalidStatus):
            async with connect(closed.url, additional_headers=header(credential)) as socket:
                await opening(socket, Start("en"))
        with suppress(InvalidStatus):
            offered = [Subprotocol(SUBPROTOCOL), Subprotocol(TOKEN_PREFIX + credential)]
            async with connect(closed.url, subprotocols=offered) as socket:
                await opening(socket, Start("en"))
        for text in (encode(Start("en", token=credential)), encode(Start("en", token=credential))[:-1]):
            async with connect(closed.url) as socket:
                await socket.send(text)
                await socket.recv()
        async with httpx2.AsyncClient(base_url=f"http://{closed.address}") as http:
            await http.post("/v1/rooms/hall/tokens", json={"role": "x"}, headers=header(credential))
    await asyncio.sleep(0)
    server = [record for record in caplog.records if record.name.startswith(("server", "uvicorn"))]
    assert server
    logged = "\n".join(record.getMessage() for record in server)
    for credential in (good, token(Role.LISTENER)):
        assert credential[20:] not in logged


PUBLIC = {
    "/healthz",
    "/readyz",
    "/v1/languages",
    "/v1/live/record",
}  # the last asks for the session's own token
"""What anybody may ask."""


async def test_no_route_was_left_open(closed: Served) -> None:
    described = closed.app.openapi()["paths"]
    for path, methods in described.items():
        for method, operation in methods.items():
            if path not in PUBLIC:
                assert operation.get("security") == [{"HTTPBearer": []}], f"{method} {path} asks nobody"


BODIES = {"/v1/rooms": {"id": "hall"}, "/v1/rooms/{room}/tokens": {"role": "listener"}}
"""What nothing is wrong with, of routes that take JSON."""


async def test_every_route_refuses_what_is_forged_expired_or_of_another_room(closed: Served) -> None:
    """Asked over the wire, each with each: the description alone promises nothing."""
    expired = CLOSED.issue(OPEN, Role.OPERATOR, "hall", "", 60, time.time() - 61)
    forged = Access(b"?" * 32, {}).issue(OPEN, Role.OPERATOR, "hall", "", 60, time.time())
    elsewhere = CLOSED.issue(OPEN, Role.OPERATOR, "cellar", "", 60, time.time())
    asked = 0
    async with httpx2.AsyncClient(base_url=f"http://{closed.address}") as http:
        for path, methods in closed.app.openapi()["paths"].items():
            if path in PUBLIC | {"/metrics"}:  # the last answers this machine without
                continue
            there = path.replace("{room}", "hall").replace("{file}", "s1.flac").replace("{job}", "1")
            assert "{room}" not in there
            for method in methods:
                for credential, status in ((expired, 401), (forged, 401), (elsewhere, 403), (None, 401)):
                    shown = header(credential) if credential else {}
                    answer = await http.request(method, there, headers=shown, json=BODIES.get(path, {}))
                    wanted = {status, 429} if status == 401 else {status}
                    assert answer.status_code in wanted, f"{method} {path}: {answer.status_code}"
                    asked += 1
        throttled = await http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1", **header(expired)})
        assert throttled.status_code in (401, 429)
    assert asked >= 4 * 15


def connection(client: str, **headers: str) -> Any:
    from starlette.requests import HTTPConnection

    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "client": (client, 1), "headers": encoded})


def test_what_comes_through_a_proxy_is_not_from_here() -> None:
    assert is_here(connection("127.0.0.1"))
    assert is_here(connection("::1"))
    assert not is_here(connection("192.0.2.1"))
    for name in ("x_forwarded_for", "forwarded", "x_real_ip"):
        assert not is_here(connection("127.0.0.1", **{name: "127.0.0.1"}))


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.0.2.1", "example.org", "")))


async def test_an_open_server_asks_nobody() -> None:
    async with serving() as served:
        for options in ({}, {"additional_headers": header("sk-anything")}):
            async with connect(served.url, **options) as socket:
                assert isinstance((await opening(socket, Start("en")))[0], Ready)
                await socket.send(encode(Finish()))

"""Rooms behind the door: the role matrix over the wire, people of a room in that room alone, their seats."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from server.access.auth import ALLOWED, OPEN, ROOM_ROLES, Access, Action, Role, new_key
from server.access.door import SUBPROTOCOL, TOKEN_PREFIX
from server.client import client
from server.config import Config, LimitsConfig, ServerConfig
from server.rooms.eventlog import EventLog
from server.wire.codec import decode, encode
from server.wire.messages import ClientMessage, Done, Error, Finish, Message, Ready, Resume, Start
from server.wire.room_messages import Interpret, Listen, Operate, RoomState
from streaming.audio import to_pcm16
from streaming.captions import Caption
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Notice
from tests.served import Served, serving, until

SECRET = bytes(range(32))
MADE = {role: new_key(role.value, role, None, 0.0) for role in Role}
CLOSED = Access(SECRET, {key.id: key for _, key in MADE.values()})
ADMIN = {"Authorization": f"Bearer {MADE[Role.ADMIN][0]}"}
DOORS: dict[str, tuple[Action, ClientMessage]] = {
    "floor": (Action.SPEAK, Start()),
    "listen": (Action.LISTEN, Listen()),
    "booth": (Action.INTERPRET, Interpret("es")),
    "desk": (Action.OPERATE, Operate()),
}


def token(role: Role, room: str = "hall", seconds: float = 60.0, by: Access = CLOSED) -> str:
    return by.issue(OPEN, role, room, "somebody", seconds, time.time())


def header(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def address(served: Served, door: str, room: str = "hall") -> str:
    return f"ws://{served.address}/v1/rooms/{room}/{door}"


@asynccontextmanager
async def rooms(*names: str, **options: Any) -> AsyncIterator[tuple[Served, httpx2.AsyncClient]]:
    """A server with keys, and rooms that are open."""
    async with (
        serving(**{"access": CLOSED, **options}) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}", headers=ADMIN) as http,
    ):
        for name in names or ("hall", "cellar"):
            answer = await http.post("/v1/rooms", json={"id": name, "source": "en"})
            assert answer.status_code == 201, answer.text
        yield served, http


@pytest.fixture
async def open_rooms() -> AsyncIterator[tuple[Served, httpx2.AsyncClient]]:
    async with rooms() as found:
        yield found


async def answered(socket: ClientConnection, message: ClientMessage) -> Message:
    """The first answer to a message."""
    await socket.send(encode(message))
    return decode(str(await socket.recv()))


async def outcome(served: Served, door: str, credential: str, room: str = "hall", how: str = "header") -> str:
    """``in``, or the code of what keeps somebody out; shown in the handshake or in the first message."""
    _, first = DOORS[door]
    options: dict[str, Any] = {}
    if how == "header":
        options = {"additional_headers": header(credential)}
    elif how == "subprotocol":
        options = {"subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol(TOKEN_PREFIX + credential)]}
    else:
        first = decode(json.dumps({**json.loads(encode(first)), "token": credential}))  # type: ignore[assignment]
    try:
        async with connect(address(served, door, room), **options) as socket:
            answer = await answered(socket, first)
    except InvalidStatus as error:
        return str(json.loads(error.response.body)["error"]["code"])
    return answer.code if isinstance(answer, Error) else "in"


@pytest.mark.parametrize("how", ["header", "subprotocol", "message"])
async def test_each_role_enters_where_it_may(how: str, open_rooms: tuple[Served, httpx2.AsyncClient]) -> None:
    served, _ = open_rooms
    for role in ROOM_ROLES:
        for door, (action, _) in DOORS.items():
            expected = "in" if action in ALLOWED[role] else "forbidden"
            assert await outcome(served, door, token(role), how=how) == expected, (role, door)


@pytest.mark.parametrize(
    ("door", "role", "first"),
    [("floor", Role.SPEAKER, Start()), ("booth", Role.INTERPRETER, Interpret("es"))],
    ids=["speaker", "interpreter"],
)
async def test_people_are_called_what_the_token_says_and_no_key(
    open_rooms: tuple[Served, httpx2.AsyncClient], door: str, role: Role, first: Start | Interpret
) -> None:
    served, http = open_rooms
    key, _ = MADE[role]
    ways = [(token(role), first), (key, first), (token(role), replace(first, name="Bo"))]
    async with AsyncExitStack() as people:
        for credential, message in ways:
            socket = await people.enter_async_context(connect(address(served, door)))
            await socket.send(encode(replace(message, token=credential)))
            assert isinstance(decode(str(await socket.recv())), Ready)
        state = (await http.get("/v1/rooms/hall")).json()
    there = state["speakers"] or state["languages"][0]["interpreters"]
    assert [each["name"] for each in there] == ["somebody", "", "Bo"]


async def test_keys_enter_as_their_roles_do(open_rooms: tuple[Served, httpx2.AsyncClient]) -> None:
    served, _ = open_rooms
    for role, (text, _) in MADE.items():
        for door, (action, _) in DOORS.items():
            expected = "in" if action in ALLOWED[role] else "forbidden"
            assert await outcome(served, door, text) == expected, (role, door)


@pytest.mark.parametrize("how", ["header", "message"])
async def test_a_token_ends_at_the_door_of_its_room(
    how: str, open_rooms: tuple[Served, httpx2.AsyncClient]
) -> None:
    served, http = open_rooms
    for role in ROOM_ROLES:
        for door in DOORS:
            assert await outcome(served, door, token(role), "cellar", how) == "forbidden", (role, door)
        for method, path in (
            ("GET", "/v1/rooms/cellar"),
            ("DELETE", "/v1/rooms/cellar"),
            ("GET", "/v1/rooms"),
        ):
            answer = await http.request(method, path, headers=header(token(role)))
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_nobody_enters_with_nothing_forged_or_expired(
    open_rooms: tuple[Served, httpx2.AsyncClient],
) -> None:
    served, http = open_rooms
    expired = CLOSED.issue(OPEN, Role.OPERATOR, "hall", "", 60, time.time() - 61)
    forged = token(Role.OPERATOR, by=Access(b"?" * 32, {}))
    for door in DOORS:
        for how in ("header", "message"):
            for credential in (expired, forged):
                found = await outcome(served, door, credential, how=how)
                assert found in ("unauthorized", "rate_limited"), (door, how)
        assert await outcome(served, door, "", how="message") == "unauthorized"
    async with httpx2.AsyncClient(base_url=f"http://{served.address}") as nobody:
        for method, path in (
            ("POST", "/v1/rooms"),
            ("GET", "/v1/rooms"),
            ("GET", "/v1/rooms/hall"),
            ("DELETE", "/v1/rooms/hall"),
        ):
            body = {"id": "attic"} if method == "POST" else None
            assert (await nobody.request(method, path, json=body)).status_code == 401, (method, path)
            answer = await nobody.request(method, path, json=body, headers=header(forged))
            assert answer.status_code in (401, 429)
    assert [room["room"] for room in (await http.get("/v1/rooms")).json()] == ["hall", "cellar"]
    assert served.sessions == 0


async def test_rooms_are_opened_read_and_ended_by_those_who_may(
    open_rooms: tuple[Served, httpx2.AsyncClient],
) -> None:
    _, http = open_rooms
    for role, (text, _) in MADE.items():
        name = f"of-{role.value}"
        made = await http.post("/v1/rooms", json={"id": name}, headers=header(text))
        assert made.status_code == (201 if Action.CREATE in ALLOWED[role] else 403)
        seen = await http.get("/v1/rooms/hall", headers=header(text))
        assert seen.status_code == (200 if Action.LISTEN in ALLOWED[role] else 403)
        await http.post("/v1/rooms", json={"id": f"to-end-{role.value}"})
        ended = await http.delete(f"/v1/rooms/to-end-{role.value}", headers=header(text))
        assert ended.status_code == (204 if Action.OPERATE in ALLOWED[role] else 403)
    mine = header(token(Role.OPERATOR, "mine"))
    assert (await http.post("/v1/rooms", json={"id": "yours"}, headers=mine)).status_code == 403
    assert (await http.post("/v1/rooms", json={"id": "mine"}, headers=mine)).status_code == 201
    again = await http.post("/v1/rooms", json={"id": "mine"}, headers=mine)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "room")
    assert (await http.delete("/v1/rooms/mine", headers=mine)).status_code == 204


async def test_of_two_who_open_a_room_one_does(open_rooms: tuple[Served, httpx2.AsyncClient]) -> None:
    _, http = open_rooms
    answers = await asyncio.gather(*(http.post("/v1/rooms", json={"id": "attic"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refusal = (await http.post("/v1/rooms", json={"id": "attic"})).json()["error"]
    assert refusal["message"] == "there is a room 'attic' already"


async def test_a_body_that_does_not_say_it_is_json_is_told_to(
    open_rooms: tuple[Served, httpx2.AsyncClient],
) -> None:
    _, http = open_rooms
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await http.post("/v1/rooms", content=b'{"id": "cellar"}', headers=form)
    told = answer.json()["error"]["message"]
    assert answer.status_code == 422
    assert "Content-Type: application/json" in told and form["Content-Type"] in told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}", "body.id: this field was expected, it did not come"),
        ('{"id": "loft", "titel": "T"}', "body.titel: there is no such field"),
        ('{"id": "Opening Day"}', "'Opening Day' came"),
        ('{"id": "loft", "targets": "zh"}', "body.targets: a list was expected, 'zh' came"),
        ('{"id": "loft", "recording": "maybe"}', "'maybe' came"),
        ('{"id": "loft", ', "body: JSON was expected"),
    ],
)
async def test_a_room_that_cannot_be_is_told_by_field_and_what_came(
    open_rooms: tuple[Served, httpx2.AsyncClient], body: str, told: str
) -> None:
    _, http = open_rooms
    answer = await http.post("/v1/rooms", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]


async def test_a_method_that_an_address_does_not_know_is_named(
    open_rooms: tuple[Served, httpx2.AsyncClient],
) -> None:
    _, http = open_rooms
    answer = await http.put("/v1/rooms")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        405,
        "PUT is not possible at '/v1/rooms'",
    )


async def test_an_event_that_several_end_ends_once_and_in_order(
    open_rooms: tuple[Served, httpx2.AsyncClient],
) -> None:
    served, http = open_rooms
    async with connect(address(served, "floor"), additional_headers=ADMIN) as socket:
        assert isinstance(await answered(socket, Start()), Ready)
        await socket.send(to_pcm16(speak(VOCABULARY[:4])))
        await (await socket.ping())  # it has all come
        answers = await asyncio.gather(*(http.delete("/v1/rooms/hall") for _ in range(3)))
        assert {answer.status_code for answer in answers} <= {204, 404}
        messages = await told(socket)
    said = [m.committed for m in messages if isinstance(m, Caption) and m.final]
    assert " ".join(said) == " ".join(VOCABULARY[:4])
    assert isinstance(messages[-1], Done)
    assert socket.close_code == 1000


async def test_what_resumes_a_session_needs_no_other_credential() -> None:
    async with rooms(grace=30) as (served, _):
        async with connect(address(served, "floor"), additional_headers=header(token(Role.SPEAKER))) as first:
            ready = await answered(first, Start())
            assert isinstance(ready, Ready)
            first.transport.abort()
        async with connect(address(served, "floor")) as again:
            assert isinstance(await answered(again, Resume(ready.token)), Ready)
            assert served.app.state.admission.strangers == 0
            await again.send(encode(Finish()))
            while not isinstance(decode(str(await again.recv())), Done):
                pass
        async with connect(address(served, "floor")) as nobody:
            answer = await answered(nobody, Resume(ready.token + "x"))
            assert isinstance(answer, Error) and answer.code == "protocol"


async def test_a_full_server_takes_those_who_come_back() -> None:
    async with serving(most=1, grace=30) as served:
        async with connect(served.url) as first:
            ready = await answered(first, Start("en"))
            assert isinstance(ready, Ready)
            first.transport.abort()
        async with connect(served.url + "?resume=true") as other:
            answer = await answered(other, Start("en"))
            assert isinstance(answer, Error) and answer.code == "overloaded"
        async with connect(served.url + "?resume=true") as again:
            assert isinstance(await answered(again, Resume(ready.token)), Ready)
            assert served.sessions == 1


async def test_seats_of_a_room_are_counted() -> None:
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(speakers=1, listeners=1))
    async with rooms("hall", "cellar", config=config) as (served, _), AsyncExitStack() as stack:
        for door, role in (("floor", Role.SPEAKER), ("listen", Role.LISTENER)):
            shown = header(token(role))
            socket = await stack.enter_async_context(connect(address(served, door), additional_headers=shown))
            assert isinstance(await answered(socket, DOORS[door][1]), Ready | RoomState)
            assert await outcome(served, door, token(role)) == "overloaded"
            assert await outcome(served, door, token(role, "cellar"), "cellar") == "in"
        await until(lambda: served.app.state.admission.seats_by_room("listener") == {"hall": 1})


async def told(socket: ClientConnection) -> list[Message]:
    messages: list[Message] = []
    with suppress(ConnectionClosed):
        while True:
            messages.append(decode(str(await socket.recv())))
    return messages


@pytest.mark.parametrize("durable", [False, True])
async def test_a_stopped_server_tells_everybody_in_a_room(durable: bool, tmp_path: Any) -> None:
    log = EventLog(tmp_path / "events.db" if durable else None)
    config = Config(ServerConfig(drain_seconds=20, grace=30))
    async with rooms("hall", config=config, log=log) as (served, _), AsyncExitStack() as stack:
        sockets = []
        for door, (_, first) in DOORS.items():
            socket = await stack.enter_async_context(connect(address(served, door), additional_headers=ADMIN))
            await answered(socket, first)
            sockets.append(socket)
        served.server.should_exit = True
        for socket in sockets:
            messages = await told(socket)
            assert [m.code for m in messages if isinstance(m, Notice)] == ["draining"]
            assert any(isinstance(m, Done) for m in messages) is not durable
            assert socket.close_code == 1012


async def test_a_floor_that_is_idle_is_finished_and_says_so_in_the_record() -> None:
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(idle_seconds=0.3))
    async with rooms("hall", config=config) as (served, _):
        async with connect(address(served, "floor"), additional_headers=ADMIN) as socket:
            assert isinstance(await answered(socket, Start()), Ready)
            messages = await told(socket)
        assert [m.code for m in messages if isinstance(m, Notice)] == ["idle"]
        assert isinstance(messages[-1], Done)
        assert socket.close_code == 1000
        await until(lambda: served.sessions == 0)


async def test_the_reference_client_reads_with_a_key(open_rooms: tuple[Served, httpx2.AsyncClient]) -> None:
    served, http = open_rooms
    arrivals = client.listen(address(served, "listen"), key=token(Role.LISTENER))
    assert isinstance((await anext(arrivals)).message, RoomState)
    assert (await http.delete("/v1/rooms/hall")).status_code == 204
    messages = [arrival.message async for arrival in arrivals]
    assert isinstance(messages[-1], Done)


async def test_rooms_are_measured_and_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="server")
    async with rooms("hall") as (served, http), AsyncExitStack() as stack:
        for door in ("floor", "listen"):
            shown = {"additional_headers": ADMIN}
            socket = await stack.enter_async_context(connect(address(served, door), **shown))
            await answered(socket, DOORS[door][1])
        numbers = (await http.get("/metrics")).text.splitlines()
        for expected in ('room_listeners{room="hall"} 1.0', "listeners 1.0", "speakers 1.0", "sessions 1.0"):
            assert f"dragoman_{expected}" in numbers
        async with connect(address(served, "desk")) as socket:
            answer = await answered(socket, Operate(token="very-secret"))
            assert isinstance(answer, Error)
    assert "begun" in caplog.text
    assert "ended with the error unauthorized" in caplog.text
    assert "very-secret" not in caplog.text


def test_no_token_is_shown_by_accident() -> None:
    secret = "dragoman_1234"
    for message in (
        Start(token=secret),
        Listen(token=secret),
        Operate(token=secret),
        Interpret("es", token=secret),
        Resume(secret),
        Ready("s", "en", token=secret),
    ):
        assert secret not in repr(message)

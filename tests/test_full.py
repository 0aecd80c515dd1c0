"""A server that is full: who is told so before the handshake, who after it, and who comes in all the same."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.access.auth import Access, Role
from server.client import client
from server.config import Config, LimitsConfig, ServerConfig
from server.connections.connection import Patience
from server.rooms.eventlog import EventLog
from server.wire.codec import decode, encode
from server.wire.messages import ClientMessage, Done, Error, Finish, Message, Ready, Resume, Start
from server.wire.room_messages import Interpret, Listen, Operate, RoomState
from streaming.errors import InputError
from tests.chromium import PATIENCE, begin, browser, finish, needs_chromium, opened
from tests.served import Served, cut, serving, silence, until
from tests.test_door import CLOSED, header, key
from tests.test_resume import captions, expected, proxied, talk, texts, undisturbed

FULL = "the server is full: 1 sessions are live; try again in 60 s"
BACK = "?resume=true"


def address(served: Served, path: str) -> str:
    return f"ws://{served.address}/v1/{path}"


async def refusal(url: str, **options: Any) -> tuple[int, str, str | None]:
    """Status, message and `Retry-After` of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(url, **options)
    response = caught.value.response
    return response.status_code, message_of(response.body), response.headers.get("Retry-After")


def message_of(body: bytes | None) -> str:
    return str(json.loads(body or b"")["error"]["message"])


async def answered(socket: ClientConnection, message: ClientMessage) -> Message:
    """The first answer to a message."""
    await socket.send(encode(message))
    return decode(str(await socket.recv()))


async def told(
    url: str, first: ClientMessage | None = None, **options: Any
) -> tuple[list[Message], int | None]:
    """What somebody is told, who says this or nothing, and the close code."""
    messages: list[Message] = []
    async with connect(url, **options) as socket:
        with suppress(ConnectionClosed):
            if first:
                await socket.send(encode(first))
            while True:
                messages.append(decode(str(await socket.recv())))
    return messages, socket.close_code


@asynccontextmanager
async def full(**options: Any) -> AsyncIterator[Served]:
    """A server that takes one session, which it has, and the room `hall`."""
    async with (
        serving(**{"most": 1, "grace": 30.0, **options}) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}", headers=header(key(Role.ADMIN))) as http,
    ):
        answer = await http.post("/v1/rooms", json={"id": "hall", "source": "en"})
        assert answer.status_code == 201, answer.text
        async with connect(served.url, additional_headers=header(key(Role.SPEAKER))) as socket:
            assert isinstance(await answered(socket, Start("en")), Ready)
            yield served
            await socket.send(encode(Finish()))
            with suppress(ConnectionClosed):
                while True:
                    await socket.recv()


@pytest.mark.parametrize("path", ["live", "rooms/hall/floor", "rooms/hall/booth"])
@pytest.mark.parametrize("access", [None, CLOSED], ids=["open", "closed"])
async def test_a_program_is_told_before_the_handshake(path: str, access: Access | None) -> None:
    role = Role.INTERPRETER if path.endswith("booth") else Role.SPEAKER
    async with full(access=access) as served:
        for shown in ({}, header(key(role))):
            assert await refusal(address(served, path), additional_headers=shown) == (503, FULL, "60")
        assert await refusal(address(served, f"{path}?resume=1")) == (503, FULL, "60")
        assert 'dragoman_refusals_total{code="overloaded"} 3.0' in metrics(served)
        assert served.app.state.admission.strangers == 0
    assert served.idle


@pytest.mark.parametrize("path", ["live", "rooms/hall/floor", "rooms/hall/booth"])
async def test_a_page_is_told_right_after_it(path: str) -> None:
    async with full() as served:
        origin: Mapping[str, Any] = {"origin": f"http://{served.address}"}
        assert await told(address(served, path), **origin) == ([Error("overloaded", FULL, 60.0)], 1013)
        assert served.sessions == 1


async def test_the_reference_client_says_what_it_was_told() -> None:
    async with full() as served:
        with pytest.raises(InputError, match=FULL):
            async for _ in client.stream(served.url, cut(silence(0.1), [1600]), source="en", speed=0.0):
                pass


async def test_who_may_not_enter_learns_nothing_of_the_load() -> None:
    async with full(access=CLOSED) as served:
        assert (await refusal(served.url, additional_headers=header("wrong")))[0] == 401
        assert (await refusal(served.url, additional_headers=header(key(Role.LISTENER))))[0] == 403


async def test_who_says_to_come_back_and_begins_anew_is_told_by_the_first_answer() -> None:
    async with full() as served:
        for path, first in (
            ("live", Start("en")),
            ("rooms/hall/floor", Start()),
            ("rooms/hall/booth", Interpret("es")),
        ):
            found = await told(address(served, path + BACK), first)
            assert found == ([Error("overloaded", FULL, 60.0)], 1013)
        (error,), code = await told(served.url + BACK, Resume("~1.s1.x"))
        assert isinstance(error, Error)
        assert (error.code, error.retry_seconds, code) == ("protocol", None, 1008)


async def test_listeners_and_operators_take_no_session() -> None:
    async with full() as served:
        for door, first in (("listen", Listen()), ("desk", Operate())):
            async with connect(address(served, f"rooms/hall/{door}")) as socket:
                assert isinstance(await answered(socket, first), RoomState)


@pytest.mark.parametrize("access", [None, CLOSED], ids=["open", "closed"])
async def test_the_seats_of_a_room_are_counted_before_the_handshake_too(access: Access | None) -> None:
    limits = LimitsConfig(speakers=2, listeners=3)
    config = Config(ServerConfig(drain_seconds=0.5), limits=limits)
    shown = header(key(Role.ADMIN))
    async with (
        serving(config=config, access=access) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}", headers=shown) as http,
        AsyncExitStack() as stack,
    ):
        for room in ("hall", "cellar"):
            await http.post("/v1/rooms", json={"id": room, "source": "en"})
        for door, first, most, message in (
            ("floor", Start(), 2, "the room is full: 2 speakers are in it; try again in "),
            ("listen", Listen(), 3, "the room is full: 3 listeners are in it; try again in "),
        ):
            url = address(served, f"rooms/hall/{door}")
            for _ in range(most):
                socket = await stack.enter_async_context(connect(url, additional_headers=shown))
                assert isinstance(await answered(socket, first), Ready | RoomState)
            for credential in (shown, {}):
                status, reason, retry = await refusal(url, additional_headers=credential)
                assert (status, reason[: len(message)]) == (503, message)
                assert reason.endswith(f" {retry} s")
            (error,), code = await told(url, origin=f"http://{served.address}")
            assert isinstance(error, Error)
            assert (error.code, error.message[: len(message)], code) == ("overloaded", message, 1013)
            elsewhere = address(served, f"rooms/cellar/{door}")
            other = await stack.enter_async_context(connect(elsewhere, additional_headers=shown))
            assert isinstance(await answered(other, first), Ready | RoomState)


async def test_nobody_loses_a_word_on_a_reconnect_while_the_server_is_full() -> None:
    """The only place is taken; its owner's connection is cut again and again while others want it."""
    chance, log, refused = random.Random(6), EventLog(), list[int]()
    cuts = [chance.choice([chance.randrange(2_000), chance.randrange(60_000)]) for _ in range(12)]
    async with (
        serving(log=log, most=1, grace=30.0) as served,
        proxied(lambda: served.address, [*cuts, 20_000]) as (url, cutting),
    ):
        talking = asyncio.create_task(talk(url))
        await until(lambda: served.sessions == 1)

        async def want() -> None:
            while not talking.done():
                try:
                    async with connect(served.url) as socket:
                        await socket.send(encode(Start("en")))
                        return
                except InvalidStatus as error:
                    refused.append(error.response.status_code)

        await asyncio.gather(talking, *(want() for _ in range(4)))
        arrivals = await talking
        assert isinstance(arrivals[-1].message, Done)
        assert cutting.broken >= 5
        assert set(refused) == {503} and len(refused) > 20
        ready = next(a.message for a in arrivals if isinstance(a.message, Ready))
        events = await log.read(ready.session, most=100_000)
    assert captions(events) == captions(await undisturbed())
    assert texts(events) == expected()


async def test_the_client_comes_again_when_a_full_server_could_not_take_it_back() -> None:
    """Where a connection shows nothing, as one that resumes does, it is refused over the socket."""
    patience = Patience(start=0.2)
    async with serving(most=1, grace=30.0, access=CLOSED, patience=patience) as served:
        async with connect(served.url, additional_headers=header(key(Role.SPEAKER))) as socket:
            ready = await answered(socket, Start("en"))
            assert isinstance(ready, Ready)
            socket.transport.abort()
        admission, stack = served.app.state.admission, ExitStack()
        await until(lambda: not admission.here)
        for _ in range(2):  # as many as may come back have come, and say nothing
            stack.enter_context(admission.caller(lambda: None))
        replay = client.Replay(cut(silence(0.3), [1600]), "pcm_s16le", 0.0)
        again = client.Conversation(served.url, Start("en"), replay, ready.token)
        messages: list[Message] = []
        async for arrival in again.arrivals(30.0):
            messages.append(arrival.message)
            stack.close()
        assert isinstance(messages[-1], Done)
        assert not any(isinstance(message, Error) for message in messages)


@needs_chromium
async def test_a_page_shows_that_the_server_is_full_and_may_begin_later() -> None:
    async with serving(most=1) as served, browser() as context:
        async with opened(context, f"http://{served.address}/") as page:
            async with connect(served.url) as socket:
                assert isinstance(await answered(socket, Start("en")), Ready)
                await page.click("#setup button[type=submit]")
                await expect(page.locator("#problem")).to_have_text(FULL, timeout=PATIENCE)
            await until(lambda: not served.sessions)
            await page.click("#again")
            await begin(page, source="auto")
            await expect(page.locator("#problem")).to_be_hidden()
            await finish(page)


@needs_chromium
async def test_a_listeners_page_waits_for_a_seat() -> None:
    config = Config(ServerConfig(drain_seconds=0.5), limits=LimitsConfig(listeners=1))
    async with serving(config=config) as served, browser() as context:
        async with httpx2.AsyncClient(base_url=f"http://{served.address}") as http:
            assert (await http.post("/v1/rooms", json={"id": "hall", "source": "en"})).status_code == 201
        async with connect(address(served, "rooms/hall/listen")) as socket:
            assert isinstance(await answered(socket, Listen()), RoomState)
            page = await context.new_page()
            await page.add_init_script("localStorage.setItem('dragoman.interface', 'zh')")
            await page.goto(f"http://{served.address}/r/hall")
            await expect(page.locator("#problem")).to_contain_text("服务器暂时无法接入", timeout=PATIENCE)
        await expect(page.locator("#problem")).to_be_hidden(timeout=PATIENCE)
        await until(lambda: served.app.state.admission.seats("listener") == 1)


def metrics(served: Served) -> str:
    return str(served.app.state.house.metrics.written().decode())

"""Room tokens over HTTP: who may issue which, for how long."""

import time
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import httpx2
import pytest

from server.access.auth import OPEN, Access, Action, Grant, Role, new_key, require
from tests.served import serving

SECRET = bytes(range(32))
MADE = {(role, room): new_key("", role, room, 0.0) for role in Role for room in (None, "hall")}
CLOSED = Access(SECRET, {key.id: key for _, key in MADE.values()})


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        serving(access=CLOSED) as served,
        httpx2.AsyncClient(base_url=f"http://{served.address}") as client,
    ):
        yield client


async def asked(http: httpx2.AsyncClient, room: str, credential: str | None, **body: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return await http.post(f"/v1/rooms/{room}/tokens", json={"role": "listener", **body}, headers=headers)


ISSUERS = {Role.ADMIN, Role.OPERATOR}


async def test_who_issues_tokens_of_a_room(http: httpx2.AsyncClient) -> None:
    for ((role, room), (text, _)), wanted in product(MADE.items(), ("hall", "cellar")):
        may = role in ISSUERS and room in (None, wanted)
        assert (await asked(http, wanted, text)).status_code == (200 if may else 403), (role, room, wanted)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INTERPRETER, Role.SPEAKER, Role.LISTENER])
async def test_a_token_is_what_was_asked_for(http: httpx2.AsyncClient, role: Role) -> None:
    answer = await asked(http, "hall", MADE[Role.ADMIN, None][0], role=role, name="Bob", seconds=60)
    content = answer.json()
    grant = CLOSED.grant(content["token"], time.time())
    assert grant == Grant(role, "hall", "Bob", content["expires"])
    assert 50 < content["expires"] - time.time() <= 60
    assert (content["room"], content["role"]) == ("hall", role)
    again = await asked(http, "hall", content["token"])
    assert again.status_code == (200 if role is Role.OPERATOR else 403)
    assert (await asked(http, "cellar", content["token"])).status_code == 403
    require(grant, Action.LISTEN, "hall")


async def test_an_expired_operator_issues_nothing(http: httpx2.AsyncClient) -> None:
    late = CLOSED.issue(OPEN, Role.OPERATOR, "hall", "", 60, time.time() - 61)
    assert (await asked(http, "hall", late)).status_code == 401
    assert (await asked(http, "hall", None)).status_code == 401


async def test_what_cannot_be_asked_for(http: httpx2.AsyncClient) -> None:
    wrong: dict[str, list[Any]] = {
        "role": ["admin", "monitor", 3],
        "seconds": [0, -1, 1e9, "x"],
        "name": ["x" * 201, "a\nb"],
        "other": [1],
    }
    for field, value in ((field, value) for field, values in wrong.items() for value in values):
        answer = await asked(http, "hall", MADE[Role.ADMIN, None][0], **{field: value})
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "bad_input"
        assert f"body.{field}" in answer.json()["error"]["message"]
    for room in ("-x", "a.b", "Hall", "a_b", "x" * 65, "%20", "r%C3%A4um", "a%0A"):
        assert (await asked(http, room, MADE[Role.ADMIN, None][0])).status_code == 422

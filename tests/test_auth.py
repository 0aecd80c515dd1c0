"""Keys, room tokens and grants: every edge of the role matrix."""

import base64
import json
from itertools import product

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access.auth import (
    ALLOWED,
    LONGEST_TOKEN,
    OPEN,
    ROOM_ROLES,
    Access,
    Action,
    Grant,
    Role,
    new_key,
    require,
)
from streaming.errors import AccessError, ForbiddenError, UnauthorizedError

NOW = 1_800_000_000.0
SECRET = bytes(range(32))
MATRIX = """
              speak listen interpret operate admit create transcribe measure
admin         yes   yes    yes       yes     yes   yes    yes        yes
operator      no    yes    no        yes     yes   yes    no         no
interpreter   no    yes    yes       no      no    no     no         no
speaker       yes   yes    no        no      no    no     yes        no
listener      no    yes    no        no      no    no     no         no
monitor       no    no     no        no      no    no     no         yes
"""


def edges() -> list[tuple[Role, Action, bool]]:
    head, *rows = [line.split() for line in MATRIX.strip().splitlines()]
    return [
        (Role(role), Action(action), cell == "yes")
        for role, *cells in rows
        for action, cell in zip(head, cells, strict=True)
    ]


EDGES = edges()


def access(*keys: tuple[str, Role, str | None]) -> tuple[Access, list[str]]:
    made = [new_key(name, role, room, NOW) for name, role, room in keys]
    return Access(SECRET, {key.id: key for _, key in made}), [text for text, _ in made]


def token(role: Role, room: str = "hall", seconds: float = 3_600.0) -> str:
    return Access(SECRET, None).issue(OPEN, role, room, "somebody", seconds, NOW)


def permitted(grant: Grant, action: Action, room: str | None) -> bool:
    try:
        require(grant, action, room)
    except ForbiddenError:
        return False
    return True


def test_the_matrix_of_this_test_is_whole() -> None:
    assert {(role, action) for role, action, _ in EDGES} == set(product(Role, Action))
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize(("role", "action", "allowed"), EDGES)
def test_a_key_may_do_what_its_role_may_everywhere(role: Role, action: Action, allowed: bool) -> None:
    gate, (text,) = access(("ann", role, None))
    grant = gate.grant(text, NOW)
    assert grant == Grant(role, None, "ann", None)
    assert [permitted(grant, action, room) for room in ("hall", "cellar", None)] == [allowed] * 3


@pytest.mark.parametrize(("role", "action", "allowed"), EDGES)
def test_a_key_of_a_room_ends_at_its_door(role: Role, action: Action, allowed: bool) -> None:
    gate, (text,) = access(("ann", role, "hall"))
    grant = gate.grant(text, NOW)
    assert [permitted(grant, action, room) for room in ("hall", "cellar", None)] == [allowed, False, False]


@pytest.mark.parametrize(("role", "action", "allowed"), [edge for edge in EDGES if edge[0] in ROOM_ROLES])
def test_a_room_token_ends_at_its_door(role: Role, action: Action, allowed: bool) -> None:
    gate, _ = access()
    grant = gate.grant(token(role), NOW)
    assert grant == Grant(role, "hall", "somebody", NOW + 3_600)
    assert [permitted(grant, action, room) for room in ("hall", "cellar", None)] == [allowed, False, False]


@pytest.mark.parametrize("role", sorted(set(Role) - ROOM_ROLES))
def test_no_token_gives_the_server_away(role: Role) -> None:
    with pytest.raises(ForbiddenError, match="a room token cannot be for"):
        Access(SECRET, None).issue(OPEN, role, "hall", "", 60, NOW)


@pytest.mark.parametrize(("role", "action", "allowed"), [edge for edge in EDGES if edge[1] is Action.ADMIT])
def test_tokens_are_issued_for_the_issuers_own_room(role: Role, action: Action, allowed: bool) -> None:
    gate = Access(SECRET, {})
    for room, may in (("hall", allowed), ("cellar", False)):
        if may:
            issued = gate.issue(Grant(role, "hall"), Role.LISTENER, room, "bob", 60, NOW)
            assert gate.grant(issued, NOW) == Grant(Role.LISTENER, "hall", "bob", NOW + 60)
        else:
            with pytest.raises(ForbiddenError):
                gate.issue(Grant(role, "hall"), Role.LISTENER, room, "bob", 60, NOW)


def test_a_token_ends() -> None:
    gate, _ = access()
    brief = token(Role.SPEAKER, seconds=60)
    assert gate.grant(brief, NOW + 59.9).expires == NOW + 60
    with pytest.raises(UnauthorizedError, match="the room token has expired"):
        gate.grant(brief, NOW + 60)
    endless = gate.grant(token(Role.SPEAKER, seconds=1e12), NOW)
    assert endless.expires == NOW + LONGEST_TOKEN


def test_a_token_that_a_token_asked_for_ends_with_it() -> None:
    gate, _ = access()
    operator = gate.grant(token(Role.OPERATOR, seconds=60), NOW)
    issued = gate.issue(operator, Role.OPERATOR, "hall", "", 3_600, NOW + 30)
    assert gate.grant(issued, NOW + 30).expires == NOW + 60


def claims(**own: object) -> dict[str, object]:
    return {"aud": "dragoman", "sub": "x", "role": "admin", "room": "hall", "exp": NOW + 60, **own}


def unsigned() -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims()))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


FORGED = {
    "another secret": jwt.encode(claims(), b"?" * 32, algorithm="HS256"),
    "another algorithm": jwt.encode(claims(), b"?" * 64, algorithm="HS512"),
    "unsigned": unsigned(),
    "for another service": jwt.encode(claims(aud="else"), SECRET, algorithm="HS256"),
    "a role nobody has": jwt.encode(claims(role="god"), SECRET, algorithm="HS256"),
    "no room": jwt.encode({k: v for k, v in claims().items() if k != "room"}, SECRET, algorithm="HS256"),
    "no end": jwt.encode({k: v for k, v in claims().items() if k != "exp"}, SECRET, algorithm="HS256"),
    "an end that is no time": jwt.encode(claims(exp="soon"), SECRET, algorithm="HS256"),
    "three words": "a.b.c",
    "two points": "..",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("keys", [None, {}], ids=["open", "closed"])
def test_a_forged_token_does_not_enter(text: str, keys: dict[str, object] | None) -> None:
    with pytest.raises(UnauthorizedError, match="was not signed by this server"):
        Access(SECRET, None if keys is None else {}).grant(text, NOW)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_token_with_one_changed_character_is_not_the_token(place: int, change: int) -> None:
    text = token(Role.LISTENER)
    place %= len(text) - 1  # the last character of a signature also holds bits that nobody reads
    altered = text[:place] + chr(ord(text[place]) ^ change) + text[place + 1 :]
    with pytest.raises(UnauthorizedError):
        Access(SECRET, {}).grant(altered, NOW)


@given(st.text())
def test_nothing_made_up_enters(text: str) -> None:
    gate, _ = access(("ann", Role.ADMIN, None))
    with pytest.raises(UnauthorizedError):
        gate.grant(text, NOW)


def test_without_a_credential_nobody_enters() -> None:
    for none in (None, ""):
        with pytest.raises(UnauthorizedError, match="none came"):
            Access(SECRET, {}).grant(none, NOW)


def test_a_key_is_kept_as_its_hash_and_worth_nothing_when_revoked() -> None:
    text, key = new_key("ann", Role.SPEAKER, None, NOW)
    assert key.id in text
    assert text.split("_", 2)[2] not in repr(key)
    assert Access(SECRET, {key.id: key}).grant(text, NOW).role is Role.SPEAKER
    for wrong in (text[:-1], text + "x", f"dragoman_{key.id}_", key.hash):
        with pytest.raises(UnauthorizedError, match="unknown or was revoked"):
            Access(SECRET, {key.id: key}).grant(wrong, NOW)
    with pytest.raises(UnauthorizedError, match="unknown or was revoked"):
        Access(SECRET, {}).grant(text, NOW)


def test_keys_are_never_alike() -> None:
    assert len({new_key("", Role.ADMIN, None, NOW)[0] for _ in range(100)}) == 100


def test_an_open_server_knows_everybody_but_believes_tokens() -> None:
    gate = Access(SECRET, None)
    assert gate.open
    assert not Access(SECRET, {}).open
    for anything in (None, "", "sk-whatever", "dragoman_1_2"):
        assert gate.grant(anything, NOW) == OPEN
    assert gate.grant(token(Role.LISTENER), NOW).role is Role.LISTENER


def test_a_refusal_repeats_no_credential() -> None:
    gate, (text,) = access(("ann", Role.LISTENER, "hall"))
    for credential in (text + "x", token(Role.LISTENER)[:-3] + "abc"):
        with pytest.raises(AccessError) as caught:
            gate.grant(credential, NOW)
        assert credential[:12] not in str(caught.value)
        assert caught.value.__cause__ is None
    with pytest.raises(ForbiddenError, match="a listener may not speak"):
        require(gate.grant(text, NOW), Action.SPEAK, "hall")
    with pytest.raises(ForbiddenError, match="an operator may not speak"):
        require(Grant(Role.OPERATOR), Action.SPEAK)

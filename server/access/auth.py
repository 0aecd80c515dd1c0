"""Who may do what: keys, room tokens and the grants they give. Time is passed in; nothing here waits.

A key is for programs and operators, is valid until it is revoked, and usually for every room. A room token is
for the people of one event: signed (JWT, RFC 7519, HS256), expiring, and never stored. Whoever knows either
may enter; what he may do there is one table, `ALLOWED`.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import jwt

from streaming.errors import ForbiddenError, UnauthorizedError


class Role(StrEnum):
    """What somebody is to the server."""

    ADMIN = "admin"
    OPERATOR = "operator"
    INTERPRETER = "interpreter"
    SPEAKER = "speaker"
    LISTENER = "listener"
    MONITOR = "monitor"


class Action(StrEnum):
    """What somebody may want to do."""

    SPEAK = "speak"
    """Send audio: take a room's floor, or hold a session of one's own."""
    LISTEN = "listen"
    """Receive captions and speech, read the record."""
    INTERPRET = "interpret"
    """Feed a language of a room from a booth."""
    OPERATE = "operate"
    """Pause languages, correct, mute, hand the floor over, end the event."""
    ADMIT = "admit"
    """Issue tokens of a room."""
    CREATE = "create"
    """Open a room, delete its record."""
    TRANSCRIBE = "transcribe"
    """Post recordings and jobs."""
    MEASURE = "measure"
    """Read the metrics."""


ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.ADMIN: frozenset(Action),
    Role.OPERATOR: frozenset({Action.LISTEN, Action.OPERATE, Action.ADMIT, Action.CREATE}),
    Role.INTERPRETER: frozenset({Action.LISTEN, Action.INTERPRET}),
    Role.SPEAKER: frozenset({Action.SPEAK, Action.LISTEN, Action.TRANSCRIBE}),
    Role.LISTENER: frozenset({Action.LISTEN}),
    Role.MONITOR: frozenset({Action.MEASURE}),
}
"""Role → all that it may do."""

ROOM_ROLES: Final = frozenset({Role.OPERATOR, Role.INTERPRETER, Role.SPEAKER, Role.LISTENER})
"""Roles that a room token may give."""
ROOM: Final = r"[a-z0-9][a-z0-9-]{0,63}"
"""What a room may be called: it stands in addresses."""
LONGEST_TOKEN = 30 * 86_400.0
"""Seconds that a room token may be valid."""
KEY_MARK = "dragoman_"
"""What every key begins with, so that scanners for leaked secrets can know it."""
SECRET_BYTES = 32

_AUDIENCE = "dragoman"
_CLAIMS = ("sub", "role", "room", "exp")


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody who entered may do, and where."""

    role: Role
    room: str | None = None
    """The only room it is for; `None`: all rooms, and what happens outside of rooms."""
    name: str = ""
    """Who it is, for logs."""
    expires: float | None = None
    """Seconds since the epoch; `None`: never."""

    @property
    def signature(self) -> str:
        """What captions are signed with: the name on a room token. That of a key is for logs alone."""
        return self.name if self.expires is not None else ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: its hash, never itself."""

    id: str
    """What it is listed and revoked by."""
    name: str
    """Whom it was given to."""
    role: Role
    hash: str
    """SHA-256, hexadecimal. A key is 256 random bits: nothing can be tried out, so nothing need be slow."""
    created: float
    """Seconds since the epoch."""
    room: str | None = None
    """The only room it is for; `None`: all."""


OPEN = Grant(Role.ADMIN, name="anybody")
"""What everybody is granted on a server that has no keys."""


def new_key(name: str, role: Role, room: str | None, now: float) -> tuple[str, Key]:
    """Make a key: the text to be shown once, and what to keep."""
    id = secrets.token_hex(4)
    text = f"{KEY_MARK}{id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return text, Key(id, name, role, _hash(text), now, room)


def require(grant: Grant, action: Action, room: str | None = None) -> None:
    """See that a grant covers an action in a room; `None`: outside of any.

    Raises:
        ForbiddenError: it does not.
    """
    if action not in ALLOWED[grant.role]:
        raise ForbiddenError(f"{_article(grant.role)} may not {action}")
    if grant.room is not None and grant.room != room:
        where = "this room" if room is not None else "anything outside of its room"
        raise ForbiddenError(f"the credential is for another room, not for {where}")


class Access:
    """Reads credentials."""

    def __init__(self, secret: bytes, keys: Mapping[str, Key] | None) -> None:
        """`secret` signs room tokens; `keys` go by their id. `None`: the server is open to everybody."""
        self._secret = secret
        self._keys = keys

    @property
    def open(self) -> bool:
        """Nobody needs a credential."""
        return self._keys is None

    def grant(self, credential: str | None, now: float) -> Grant:
        """Tell what a key or a room token grants.

        On an open server a token counts as well, so that links to a room stay what they say; any other
        text is ignored, because many clients cannot be told to send none.

        Raises:
            UnauthorizedError: no credential, or one that is unknown, forged, revoked or expired.
        """
        if credential and _is_token(credential):
            return self._token(credential, now)
        if self._keys is None:
            return OPEN
        if not credential:
            raise UnauthorizedError("a key or a room token was expected, none came")
        return self._key(credential)

    def issue(self, by: Grant, role: Role, room: str, name: str, seconds: float, now: float) -> str:
        """Sign a room token; one that a token asks for ends with that token at the latest.

        Raises:
            ForbiddenError: the grant does not cover it.
        """
        require(by, Action.ADMIT, room)
        if role not in ROOM_ROLES:
            raise ForbiddenError(f"a room token cannot be for {_article(role)}")
        expires = now + min(seconds, LONGEST_TOKEN)
        if by.expires is not None:
            expires = min(expires, by.expires)
        claims = {"aud": _AUDIENCE, "sub": name, "role": role.value, "room": room, "exp": int(expires)}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def _key(self, text: str) -> Grant:
        id = text.removeprefix(KEY_MARK).partition("_")[0]
        key = (self._keys or {}).get(id)
        if key is None or not hmac.compare_digest(key.hash, _hash(text)):
            raise UnauthorizedError("the key is unknown or was revoked")
        return Grant(key.role, key.room, key.name)

    def _token(self, text: str, now: float) -> Grant:
        try:
            claims = jwt.decode(
                text,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": list(_CLAIMS), "verify_exp": False},
            )
            grant = Grant(Role(claims["role"]), str(claims["room"]), str(claims["sub"]), float(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise UnauthorizedError("the room token was not signed by this server") from None
        if now >= (grant.expires or 0.0):
            raise UnauthorizedError("the room token has expired")
        return grant


def _is_token(credential: str) -> bool:
    return credential.count(".") == 2


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _article(role: Role) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"

"""Addresses: what people write for a server, as the WebSocket that is meant."""

from urllib.parse import quote, urlsplit, urlunsplit

from streaming.errors import InputError

_SCHEMES = {"http": "ws", "https": "wss"}
_INTERFACE = "/v1/"
"""All that programs ask for lies below it; a proxy may put something before."""


def to_speak(written: str) -> str:
    """Give where to speak: what was written, or, where that names a server alone, outside of rooms.

    Raises:
        InputError: it is no address.
    """
    server, asked = _parted(written)
    return server + (asked or "live")


def to_listen(written: str, room: str) -> str:
    """Give where to listen in a room of the server that was written, whatever of it was named.

    Raises:
        InputError: it is no address.
    """
    server, _ = _parted(written)
    return f"{server}rooms/{quote(room, safe='')}/listen"


def _parted(written: str) -> tuple[str, str]:
    """Divide an address behind `_INTERFACE`, which is added if need be."""
    written = written.strip()
    try:
        parts = urlsplit(written if "://" in written else f"ws://{written}")
    except ValueError as error:
        raise InputError(f"{written}: this is no address ({error})") from error
    before, _, asked = f"{parts.path.rstrip('/')}/".partition(_INTERFACE)
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    server = urlunsplit((scheme, parts.netloc, before.rstrip("/") + _INTERFACE, "", ""))
    query = f"?{parts.query}" if parts.query else ""
    return server, asked.rstrip("/") + query if asked else ""

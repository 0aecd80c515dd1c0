"""Addresses of a server as people write them."""

import pytest

from server.client.address import to_listen, to_speak
from streaming.errors import InputError

HALL = "ws://h:8765/v1/rooms/hall"


@pytest.mark.parametrize(
    ("written", "speak", "listen"),
    [
        ("ws://h:8765", "ws://h:8765/v1/live", f"{HALL}/listen"),
        ("ws://h:8765/", "ws://h:8765/v1/live", f"{HALL}/listen"),
        ("http://h:8765", "ws://h:8765/v1/live", f"{HALL}/listen"),
        ("HTTP://h:8765/v1", "ws://h:8765/v1/live", f"{HALL}/listen"),
        ("ws://h:8765/v1/live", "ws://h:8765/v1/live", f"{HALL}/listen"),
        ("http://h:8765/v1/live/", "ws://h:8765/v1/live", f"{HALL}/listen"),
        (f"{HALL}/floor", f"{HALL}/floor", f"{HALL}/listen"),
        (f"{HALL}/floor?resume=true", f"{HALL}/floor?resume=true", f"{HALL}/listen"),
        ("https://h", "wss://h/v1/live", "wss://h/v1/rooms/hall/listen"),
        ("wss://h/talks/", "wss://h/talks/v1/live", "wss://h/talks/v1/rooms/hall/listen"),
        ("https://h/talks/v1/live", "wss://h/talks/v1/live", "wss://h/talks/v1/rooms/hall/listen"),
        ("localhost:8765", "ws://localhost:8765/v1/live", "ws://localhost:8765/v1/rooms/hall/listen"),
        ("127.0.0.1:8765/v1", "ws://127.0.0.1:8765/v1/live", "ws://127.0.0.1:8765/v1/rooms/hall/listen"),
        ("ws://[::1]:8765", "ws://[::1]:8765/v1/live", "ws://[::1]:8765/v1/rooms/hall/listen"),
    ],
)
def test_a_server_is_found_however_it_is_written(written: str, speak: str, listen: str) -> None:
    assert to_speak(written) == speak
    assert to_listen(written, "hall") == listen


def test_a_room_is_one_part_of_the_path() -> None:
    assert to_listen("ws://h", "a/b") == "ws://h/v1/rooms/a%2Fb/listen"


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(InputError, match="no address"):
        to_speak("ws://[")

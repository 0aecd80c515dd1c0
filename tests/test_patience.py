"""How long a client comes back to a server that is away: from the break on, until it is let in."""

from collections.abc import AsyncGenerator, Sequence
from typing import cast

import pytest
from websockets.asyncio.client import ClientConnection

from server.client import client
from server.client.client import Arrival, _Lasting
from server.client.link import Broken
from server.wire.messages import Done, Error, ServerMessage, Statistics
from streaming.errors import ProtocolError
from streaming.stages import Notice

PATIENCE = 60.0
SAID, END, FULL = Notice("behind", ""), Done(Statistics()), Error("overloaded", "the room is full")
Course = Sequence[float | ServerMessage]
"""What becomes of a connection: seconds pass, messages come, and it breaks."""


class Clock:
    """Stands where the client looks at the time."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


class Scripted(_Lasting):
    """Has one connection after the other; a number in place of a course: seconds until one fails to open."""

    _resumable = True
    _time = 0.0

    def __init__(self, clock: Clock, courses: Sequence[Course | float]) -> None:
        super().__init__("", None, "")
        self._clock = clock
        self._courses = list(courses)
        self._course: list[float | ServerMessage] = []

    async def _connection(self) -> AsyncGenerator[Arrival, None]:
        course = self._courses.pop(0)
        if isinstance(course, float):
            self._clock.now += course
            raise Broken("nobody answers")
        self._course = list(course)
        async for arrival in self._received(cast(ClientConnection, self)):
            yield arrival

    async def receive(self) -> tuple[int | None, ServerMessage, bytes]:
        while self._course:
            item = self._course.pop(0)
            if not isinstance(item, float):
                return None, item, b""
            self._clock.now += item
        raise Broken("cut")


async def told(monkeypatch: pytest.MonkeyPatch, *courses: Course | float) -> list[str]:
    clock = Clock()
    monkeypatch.setattr(client, "time", clock)
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(client, "receive", Scripted.receive)
    messages = [arrival.message async for arrival in Scripted(clock, courses).arrivals(PATIENCE)]
    return [message.code if isinstance(message, Notice) else "done" for message in messages]


async def test_a_silence_before_the_break_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await told(monkeypatch, [SAID, 3_600.0], [END]) == ["behind", "reconnecting", "done"]


async def test_patience_begins_anew_with_each_success(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await told(monkeypatch, [SAID], 50.0, [SAID], 50.0, [END])
    assert found.count("reconnecting") == 4 and found[-1] == "done"


async def test_a_connection_over_which_nothing_comes_is_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await told(monkeypatch, [SAID], 50.0, [3_600.0], 50.0, [END])
    assert found.count("reconnecting") == 4 and found[-1] == "done"


async def test_patience_ends_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProtocolError, match="broke off before it was done"):
        await told(monkeypatch, [SAID], 50.0, 20.0, [END])


async def test_a_room_that_is_full_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProtocolError, match="broke off before it was done"):
        await told(monkeypatch, [SAID], 50.0, [FULL], 20.0, [END])

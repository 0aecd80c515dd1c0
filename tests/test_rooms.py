"""Rooms, without a socket: who has the floor, and what is translated therefore."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.room import PAST, REMEMBERED, Plan, Room
from server.wire.messages import Start
from server.wire.room_messages import InterpreterState, RoomState
from server.wire.schema import from_plain, to_plain
from streaming.errors import RoomError


def join(room: Room, name: str, voices: tuple[str, ...] = ()) -> str:
    speaker = room.seat()
    room.join(speaker, name, voices)
    return speaker


def test_the_floor_passes_to_whoever_has_waited_longest() -> None:
    room = Room(Plan("hall"))
    speakers = [join(room, name) for name in "abc"]
    assert [room.is_heard(s) for s in speakers] == [True, False, False]
    room.part(speakers[0])
    assert room.is_heard(speakers[1])
    room.hand(speakers[2])
    room.part(speakers[1])
    assert room.is_heard(speakers[2])
    room.mute(speakers[2], True)
    assert not room.is_heard(speakers[2])
    room.mute(speakers[2], False)
    room.hand("")
    assert not room.is_heard(speakers[2])
    room.part(speakers[2])
    assert room.state.floor == ""
    with pytest.raises(RoomError, match="no speaker is called 's1'; there is nobody"):
        room.hand(speakers[0])
    assert join(room, "d") not in speakers


def test_the_floor_that_is_nobodys_stays_so_until_the_operator_or_everybody_has_gone() -> None:
    room = Room(Plan("hall"))
    first, second = join(room, "a"), join(room, "b")
    room.hand("")
    third = join(room, "c")
    assert room.state.floor == ""
    for speaker in (first, second, third):
        room.part(speaker)
        assert room.state.floor == ""
    assert room.is_heard(join(room, "d"))


def test_languages_have_one_provider_at_a_time() -> None:
    room = Room(Plan("hall", targets=("zh",)))
    room.listen("es")
    room.listen("floor")
    assert room.translated == ("zh", "es")
    room.enter_booth("b1", "es", "Ana")
    assert room.translated == ("zh",)
    room.enter_booth("b2", "es")
    assert [s.interpreters for s in room.languages] == [
        (),
        (InterpreterState("b1", "Ana"), InterpreterState("b2")),
    ]
    room.leave_booth("b1")
    assert room.translated == ("zh",)
    assert [(s.by, s.interpreters) for s in room.languages] == [
        ("machine", ()),
        ("booth", (InterpreterState("b2"),)),
    ]
    room.leave_booth("b2")
    room.pause("zh", True)
    assert room.translated == ("es",)
    assert [(s.language, s.by) for s in room.languages] == [("zh", "paused"), ("es", "machine")]
    room.pause("zh", False)
    room.unlisten("es")
    assert room.translated == ("zh",)


@given(st.lists(st.tuples(st.sampled_from(["s1", "s2.1", "b3.typed"]), st.integers(0, 5))))
def test_utterances_are_numbered_once_in_the_order_in_which_they_come(
    heard: list[tuple[str, int]],
) -> None:
    room, again = Room(Plan("hall")), Room(Plan("hall"))
    numbers = [room.number(*key) for key in heard]
    first = list(dict.fromkeys(heard))
    assert numbers == [first.index(key) for key in heard]
    for key, number in zip(heard, numbers, strict=True):
        again.remember(*key, number)
    assert [again.number(*key) for key in heard] == numbers
    assert again.number("s9", 0) == len(first)
    assert join(again, "x") == "s10"


def test_old_numbers_are_forgotten() -> None:
    room = Room(Plan("hall"))
    for utterance in range(2 * REMEMBERED):
        room.number("s1", utterance)
    assert len(room._numbers) == REMEMBERED
    assert room.number("s1", 2 * REMEMBERED) == 2 * REMEMBERED


def test_of_a_language_that_is_paused_no_booth_is_heard() -> None:
    room = Room(Plan("hall", targets=("zh", "es")))
    room.enter_booth("b1", "zh", "Li")
    room.enter_booth("b2", "es", "Ana")
    room.pause("zh", True)
    assert (room.is_heard("b1"), room.is_heard("b2")) == (False, True)
    room.pause("zh", False)
    assert room.is_heard("b1")


def test_the_state_survives() -> None:
    room = Room(Plan("hall", "Meeting", targets=("zh",)))
    first, second = join(room, "Ann"), join(room, "Bo", ("Left", ""))
    room.part(join(room, "Di"))
    room.hand(second)
    room.mute(first, True)
    room.pause("zh", True)
    again = Room(room.plan)
    again.recall(from_plain(RoomState, to_plain(room.state), "room"))
    assert again.state == room.state
    assert [(s.name, s.channels) for s in again.state.speakers] == [("Ann", ()), ("Bo", ("Left", ""))]
    assert [s.name for s in again.state.past] == ["Di"]
    assert join(again, "Cy") == "s4"


def test_those_who_have_gone_are_named_for_a_while_and_then_forgotten() -> None:
    room = Room(Plan("hall"))
    for number in range(PAST + 5):
        room.part(join(room, f"speaker {number}"))
    assert room.state.speakers == ()
    assert [s.name for s in room.state.past] == [f"speaker {number}" for number in range(5, PAST + 5)]


def test_a_plan_survives() -> None:
    plan = Plan("hall", "Meeting", "en", ("zh",), ("zh",), True, 7.5)
    assert from_plain(Plan, to_plain(plan), "plan") == plan
    assert from_plain(Start, to_plain(Start(channels=2)), "start") == Start(channels=2)

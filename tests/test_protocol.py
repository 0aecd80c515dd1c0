"""Law 10: every (state, message) pair is in the table or a named error; and PROTOCOL.md says the same."""

import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access.auth import LONGEST_TOKEN
from server.access.tokens import HALF_A_DAY
from server.wire.codec import decode_event, encode
from server.wire.messages import (
    CLIENT,
    SERVER,
    Ack,
    Done,
    Error,
    Finish,
    Message,
    Ready,
    Resume,
    Speech,
    Start,
    Statistics,
    Translate,
    Translating,
)
from server.wire.protocol import (
    AUDIO,
    FROM_CLIENT,
    FROM_SERVER,
    INTERPRETER,
    LISTENER,
    OPERATOR,
    SPEAKER,
    Audio,
    Dialogue,
    ServerProtocol,
    State,
    close_code,
)
from server.wire.room_messages import (
    Correct,
    End,
    Hand,
    Interpret,
    LanguageState,
    Listen,
    Listening,
    Mute,
    Operate,
    Pause,
    Revision,
    RoomState,
    Status,
    Term,
    Terms,
    Type,
)
from server.wire.schema import describe, hints
from streaming import errors
from streaming.captions import Caption
from streaming.errors import AudioError, DragomanError, ProtocolError
from streaming.stages import Notice
from streaming.words import Word

TEXT = (Path(__file__).parent.parent / "server" / "PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, Message] = {
    "start": Start(),
    "resume": Resume("t"),
    "listen": Listen(),
    "operate": Operate(),
    "pause": Pause("zh"),
    "correct": Correct(0, "a"),
    "terms": Terms((Term("a", "b"),)),
    "mute": Mute("s1"),
    "hand": Hand("s1"),
    "end": End(),
    "interpret": Interpret("zh"),
    "type": Type("a"),
    "ack": Ack(1),
    "revision": Revision(0, "en", "a"),
    "room": RoomState("r", languages=(LanguageState("zh", "machine"),)),
    "status": Status(),
    "translate": Translate(("zh",)),
    "finish": Finish(),
    "ready": Ready("s", "en"),
    "translating": Translating(("zh",)),
    "listening": Listening("zh"),
    "caption": Caption(0, "en"),
    "speech": Speech(0, "en", "a", 0.0, 0.1),
    "notice": Notice("a", "b"),
    "error": Error("a", "b"),
    "done": Done(Statistics()),
}
FRAMES: dict[str, str | bytes] = {AUDIO: b"\0\0", **{n: encode(m) for n, m in EXAMPLES.items()}}


DIALOGUES = {"speaker": SPEAKER, "listener": LISTENER, "operator": OPERATOR, "interpreter": INTERPRETER}
in_every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES)


def protocol_in(state: State, dialogue: Dialogue = SPEAKER) -> ServerProtocol:
    protocol = ServerProtocol(dialogue)
    protocol.state = state
    return protocol


def test_there_is_an_example_of_every_message() -> None:
    assert set(EXAMPLES) == {*CLIENT, *SERVER}


@in_every_dialogue
@pytest.mark.parametrize("state", State)
def test_what_a_client_sends_is_in_the_table_or_an_error(state: State, dialogue: Dialogue) -> None:
    for name, frame in FRAMES.items():
        protocol = protocol_in(state, dialogue)
        if name in dialogue.from_client[state]:
            protocol.receive(frame)
            assert protocol.state is dialogue.from_client[state][name]
        else:
            refused(protocol, state, name)


def refused(protocol: ServerProtocol, state: State, name: str) -> None:
    with pytest.raises(ProtocolError, match=f"'{name}' is not allowed while {state.value}; expected "):
        protocol.receive(FRAMES[name])
    assert protocol.state is state


@in_every_dialogue
@pytest.mark.parametrize("state", State)
def test_what_a_server_sends_is_in_the_table_or_an_error(state: State, dialogue: Dialogue) -> None:
    for name, message in EXAMPLES.items():
        protocol = protocol_in(state, dialogue)
        send: Callable[[Any], None] = protocol.send
        if name in dialogue.from_server[state]:
            send(message)
            assert protocol.state is dialogue.from_server[state][name]
            continue
        with pytest.raises(ProtocolError, match=f"'{name}' is not allowed while {state.value}"):
            send(message)


def test_tables_name_messages_that_exist() -> None:
    from_client = [row for dialogue in DIALOGUES.values() for row in dialogue.from_client.values()]
    from_server = [row for dialogue in DIALOGUES.values() for row in dialogue.from_server.values()]
    assert {name for row in from_client for name in row} == {AUDIO, *CLIENT}
    assert {name for row in from_server for name in row} == set(SERVER)


@given(st.lists(st.sampled_from([*FRAMES.values(), b"\0", "{", ""])))
def test_no_run_of_frames_breaks_the_protocol(frames: list[str | bytes]) -> None:
    protocol = ServerProtocol()
    for frame in frames:
        try:
            protocol.receive(frame)
        except (ProtocolError, AudioError):
            continue
    assert protocol.state in State


def test_audio_is_read_as_declared() -> None:
    protocol = ServerProtocol()
    protocol.receive(encode(Start(encoding="pcm_f32le")))
    event = protocol.receive(b"\0\0\0\x3f")
    assert isinstance(event, Audio)
    assert event.samples.tolist() == [[0.5]]
    protocol = ServerProtocol()
    protocol.receive(encode(Start()))
    event = protocol.receive(b"\0\x40")
    assert isinstance(event, Audio)
    assert event.samples.tolist() == [[0.5]]
    protocol = ServerProtocol()
    protocol.receive(encode(Start(channels=2)))
    event = protocol.receive(b"\0\x40\0\0\0\x20\0\0")
    assert isinstance(event, Audio)
    assert event.samples.tolist() == [[0.5, 0.0], [0.25, 0.0]]


# PROTOCOL.md


def test_how_long_a_room_token_lasts_is_written() -> None:
    lasting = (
        f"{HALF_A_DAY / 3600:g} hours unless `seconds` says otherwise, and {LONGEST_TOKEN / 86_400:g} days"
    )
    assert lasting in TEXT


def section(title: str) -> str:
    return re.split(r"^#{2,3} ", TEXT.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def rows(text: str, head: str) -> Iterator[list[str]]:
    """The rows of the table whose first column is called so."""
    table = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    assert table, f"no table with the column {head}"
    for line in table.group(1).splitlines():
        yield [cell.strip() for cell in line.strip("|").split(" |")]


def default_of(field: Any) -> str:
    if field.default is MISSING:
        return ""
    value = field.default
    if value is None:
        return "`null`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[]`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def described(hint: Any) -> str:
    text = describe(hint)
    return " or ".join(f"`{part}`" for part in text.split(" or ")) if text.startswith('"') else text


def documented(kind: type[Any]) -> list[list[str]]:
    return [
        [
            f"`{f.name}`",
            described(hints(kind)[f.name]),
            default_of(f),
        ]
        for f in fields(kind)
    ]


@pytest.mark.parametrize(("name", "kind"), [*CLIENT.items(), *SERVER.items()])
def test_the_document_lists_the_fields_of_every_message(name: str, kind: type[Any]) -> None:
    text = section(name)
    if not fields(kind):
        assert text.strip().startswith("No fields.")
        return
    assert [row[:3] for row in rows(text, "field")] == documented(kind)


def test_the_document_lists_the_members_of_a_word() -> None:
    (row,) = [row for row in rows(section("caption"), "field") if row[0] == "`words`"]
    (members,) = re.findall(r"each `\{(.*?)\}`", row[3])
    assert re.findall(r'"(\w+)"', members) == [field.name for field in fields(Word)]


def test_the_exchange_that_is_shown_is_as_the_server_writes_it() -> None:
    shown = re.findall(r"^([→←]) (\{.*\})$", TEXT, re.M)
    assert shown
    for arrow, text in shown:
        if arrow == "←":
            event, message = decode_event(text)
            assert encode(message, event) == text


def test_the_document_lists_the_statistics() -> None:
    assert [row[:3] for row in rows(section("done"), "member of `statistics`")] == documented(Statistics)


def test_the_document_lists_every_message_once() -> None:
    client, server = TEXT.split("# Messages from the client")[1].split("# Messages from the server")
    assert re.findall(r"^### (\w+)$", client, re.M) == list(CLIENT)
    assert re.findall(r"^### (\w+)$", server, re.M) == list(SERVER)


def test_the_document_has_the_state_table_of_the_code() -> None:
    def transitions(cell: str) -> dict[str, State]:
        return {name: State(state) for name, state in re.findall(r"`(\w+)` → (\w+)", cell)}

    table = {State(row[0]): row[1:] for row in rows(section("States"), "state")}
    assert list(table) == list(State)
    for state, (client, server) in table.items():
        assert transitions(client) == FROM_CLIENT[state]
        assert transitions(server) == FROM_SERVER[state]


def test_the_document_has_the_close_codes_of_the_code() -> None:
    listed = {row[0].strip("`"): int(row[1]) for row in rows(section("Errors and close codes"), "code")}
    assert {code: close_code(code) for code in listed} == listed
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, DragomanError)]
    # What only the command line and the loading of models can meet never reaches a client.
    assert set(listed) == {kind.code for kind in kinds} - {"bad_input", "model_unavailable", "bad_config"}

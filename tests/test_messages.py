"""Law 6: what is encoded is decoded; what does not fit is refused with a reason."""

import json
import math
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.wire.codec import decode, decode_event, encode
from server.wire.messages import CLIENT, MOST_CHANNELS, SERVER, Done, Finish, Ready, Route, Start, Statistics
from server.wire.room_messages import Interpret, Pause, Terms
from server.wire.schema import HIGHEST_RATE, LONGEST_NAME, LOWEST_RATE, hints
from streaming.captions import Caption
from streaming.errors import ProtocolError
from streaming.words import Word

FIXED = {
    ("sample_rate", int): st.integers(LOWEST_RATE, HIGHEST_RATE),
    ("channels", int): st.integers(1, MOST_CHANNELS),
    ("event", int): st.integers(0, 2**63 - 1),
    ("name", str): st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=LONGEST_NAME),
}
DEPENDENT = {"languages", "channel_names"}
"""Fields of `start` that fit some values of others alone."""


def values(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Any value of a field, from its type hint."""
    if (name, kind) in FIXED:
        return FIXED[name, kind]
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=4).map(tuple)
    if get_args(kind):
        return st.one_of([values(member, name) for member in get_args(kind)])
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(),
        int: st.integers(),
        bool: st.booleans(),
        float: st.integers(-(10**9), 10**9).map(lambda milli: milli / 1000),
        type(None): st.none(),
    }
    return simple[kind] if kind in simple else messages(kind)


CODED: list[tuple[str, str, Any, Any]] = [
    ("start", "source", "zho", "zh"),
    ("start", "source", "auto", "auto"),
    ("start", "targets", ["zh-CN", "de"], ("zh", "de")),
    ("start", "speak", ["cmn_Hans"], ("zh",)),
    ("start", "languages", ["eng", "zh-TW"], ("en", "zh")),
    ("translate", "targets", ["zh-TW", "klingon"], ("zh", "klingon")),
    ("listen", "language", "zh-CN", "zh"),
    ("listen", "language", "floor", "floor"),
    ("interpret", "language", "ZH", "zh"),
    ("pause", "language", "zh-Hant-TW", "zh"),
]


@pytest.mark.parametrize(("kind", "name", "written", "code"), CODED)
def test_a_language_is_the_same_however_its_code_is_written(
    kind: str, name: str, written: Any, code: Any
) -> None:
    assert getattr(decode(json.dumps({"type": kind, name: written})), name) == code


def test_the_language_of_a_term_is_told_as_any_other() -> None:
    term = {"source": "AI", "target": "人工智能", "language": "zh-CN"}
    terms = decode(json.dumps({"type": "terms", "terms": [term]}))
    assert isinstance(terms, Terms) and terms.terms[0].language == "zh"


def timed(text: str, times: tuple[float, float], probability: float) -> Word:
    return Word(text, min(times), max(times), probability)


def messages(kind: type[Any]) -> st.SearchStrategy[Any]:
    if kind is Word:
        seconds = st.integers(0, 10**9).map(lambda milli: milli / 1000)
        probability = st.integers(0, 1000).map(lambda milli: milli / 1000)
        return st.builds(timed, st.text(), st.tuples(seconds, seconds), probability)
    if kind is Start:
        return st.builds(
            kind, **{n: values(hint, n) for n, hint in hints(kind).items() if n not in DEPENDENT}
        )
    given = {name: values(hint, name) for name, hint in hints(kind).items()}
    if kind in (Interpret, Pause):
        given["language"] = st.sampled_from(["en", "zh", "cy"])
    return st.builds(kind, **given)


@given(st.one_of([messages(kind) for kind in [*CLIENT.values(), *SERVER.values()]]))
def test_decoding_undoes_encoding(message: Any) -> None:
    text = encode(message)
    assert decode(text) == message
    if type(message) in SERVER.values():
        assert decode_event(encode(message, 7)) == (7, message)
        assert decode_event(text) == (None, message)
        assert decode(encode(message, 7)) == message
    assert "\n" not in text
    text.encode()


@given(st.text())
def test_any_text_is_a_message_or_a_named_error(text: str) -> None:
    try:
        decode(text)
    except ProtocolError as error:
        assert len(str(error)) < 300


def test_the_type_comes_first_and_defaults_may_be_left_out() -> None:
    assert encode(Finish()) == '{"type":"finish"}'
    assert encode(Caption(0, "zh", committed="你好")).startswith('{"type":"caption","utterance":0,')
    assert "你好" in encode(Caption(0, "zh", committed="你好"))
    assert encode(Caption(0, "zh"), 9).startswith('{"type":"caption","event":9,"utterance":0,')
    assert decode('{"type":"start"}') == Start("auto", (), (), "pcm_s16le", 16_000, 1)
    assert decode('{"type":"start","targets":["zh"],"sample_rate":48000}') == Start(
        targets=("zh",), sample_rate=48_000
    )


def test_nested_messages() -> None:
    ready = Ready("s1", "fr", ("zh",), routes=(Route("zh", "en"),))
    assert json.loads(encode(ready))["routes"] == [{"target": "zh", "via": "en"}]
    assert json.loads(encode(Done(Statistics(audio_seconds=1.5))))["statistics"]["audio_seconds"] == 1.5


def test_times_leave_without_the_noise_of_sums() -> None:
    words = (Word(" a", 0.1 + 0.2, 5.0200000000000005, 1 / 3),)
    sent = decode(encode(Caption(0, "en", "a", start=0.1 + 0.2, end=5.0200000000000005, words=words)))
    assert sent == Caption(0, "en", "a", start=0.3, end=5.02, words=(Word(" a", 0.3, 5.02, 0.333),))


def test_only_finite_numbers_leave() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(Caption(0, "en", start=math.nan))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected JSON, got ''"),
        ('{"type":"start"', r"expected JSON, got '\{\"type\":\"start\"' \(Expecting"),
        ("[" * 100_000, "too deep or too large"),
        ('{"type":"start","sample_rate":' + "9" * 5000 + "}", "too deep or too large"),
        ("3", 'expected an object with a string "type"'),
        ("{}", 'expected an object with a string "type"'),
        ('{"type":3}', 'expected an object with a string "type"'),
        (
            '{"type":"hello"}',
            "unknown message 'hello'; a client sends start or resume or translate or finish or",
        ),
        ('{"type":"finish","now":true}', "finish: unknown field 'now'; allowed: none"),
        ('{"type":"start","source":3}', r"start\.source: expected string, got 3"),
        ('{"type":"start","source":null}', r"start\.source: expected string, got None"),
        ('{"type":"start","targets":"zh"}', r"start\.targets: expected a list, got 'zh'"),
        ('{"type":"start","targets":["zh",1]}', r"start\.targets\[1\]: expected string, got 1"),
        ('{"type":"start","encoding":"opus"}', r'start\.encoding: expected "pcm_s16le" or "pcm_f32le", got'),
        ('{"type":"start","sample_rate":true}', r"start\.sample_rate: expected integer, got True"),
        ('{"type":"start","sample_rate":16000.0}', r"start\.sample_rate: expected integer"),
        ('{"type":"start","sample_rate":4000}', r"start\.sample_rate: expected 8000 … 48000, got 4000"),
        ('{"type":"start","channels":9}', r"start\.channels: expected 1 … 8, got 9"),
        ('{"type":"start","name":"a\\nb"}', r"start\.name: expected one line of text, got 'a\\nb'"),
        ('{"type":"start","channels":2,"channel_names":["a"]}', r"start\.channel_names: expected 2, got 1"),
        ('{"type":"start","channel_names":["a"]}', r"start\.channel_names: expected none for one channel"),
        (
            '{"type":"start","channels":2,"channel_names":["a","\u2028"]}',
            r"start\.channel_names\[1\]: expected one line",
        ),
        (
            f'{{"type":"start","name":"{"a" * 201}"}}',
            r"start\.name: expected at most 200 characters, got 201",
        ),
        ('{"type":"interpret","language":"es","name":"\\u0000"}', r"interpret\.name: expected one line"),
        ('{"type":"interpret","language":"es","sample_rate":1}', r"interpret\.sample_rate: expected 8000"),
        (
            '{"type":"interpret","language":"floor"}',
            r"interpret\.language: expected a code of a language, got",
        ),
        (
            '{"type":"interpret","language":"auto"}',
            r"interpret\.language: expected a code of a language, got",
        ),
        (
            '{"type":"pause","language":"floor"}',
            r"pause\.language: expected a code of a language, got 'floor'",
        ),
        (
            '{"type":"resume","token":"","event":-1}',
            r"resume\.event: expected the number of an event, got -1",
        ),
        ('{"type":"listen","event":9223372036854775808}', r"listen\.event: expected the number of an event"),
        ('{"type":"operate","event":-1}', r"operate\.event: expected the number of an event"),
        ('{"type":"finish","event":3}', "finish: unknown field 'event'"),
        ('{"type":"notice","code":"x"}', "notice: the field 'message' is missing"),
        ('{"type":"caption","utterance":0,"language":"en","start":NaN}', r"caption\.start: expected number"),
        (
            '{"type":"caption","utterance":0,"language":"en","start":1e999}',
            r"caption\.start: expected number",
        ),
        ('{"type":"done","statistics":[]}', r"done\.statistics: expected an object, got \[\]"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(text: str, complaint: str) -> None:
    with pytest.raises(ProtocolError, match=complaint):
        decode(text)

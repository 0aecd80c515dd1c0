"""The log: two forms, whose session a line is about, no credentials, nothing that was said."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pytest
from websockets.asyncio.client import connect

from mt.router import Router
from server.access.auth import Role, new_key
from server.client import client
from server.config import Config, LoggingConfig, ServerConfig
from server.monitoring import logs
from server.wire.messages import Error, Ready
from streaming.audio import AudioChunk
from streaming.captions import Caption
from streaming.errors import EngineError, RetractionError
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import (
    Notice,
    Recognition,
    SpeechRequest,
    Translation,
    TranslationRequest,
    Window,
)
from streaming.words import text_of
from tests.served import Translators, cut, engines, serving, until

log = logging.getLogger("server.test")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(config: LoggingConfig) -> io.StringIO:
    out = io.StringIO()
    logs.setup(config, out)
    return out


def test_text_names_the_session() -> None:
    out = written(LoggingConfig(level="info"))
    with logs.about(session="1f"), logs.about(room="hall"):
        log.info("begun with %s", "zh")
    log.info("alone")
    first, second = out.getvalue().splitlines()
    assert first.split(" ", 1)[1] == "info session=1f room=hall begun with zh"
    assert second.split(" ", 1)[1] == "info alone"


def test_json_is_an_object_a_line() -> None:
    out = written(LoggingConfig(format="json"))
    with logs.about(session="1f"):
        log.warning("two\nlines, 你好")
        try:
            raise KeyError("lost")
        except KeyError:
            log.exception("failed")
    log.info("not at this level")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "warning",
        "logger": "server.test",
        "session": "1f",
        "message": "two\nlines, 你好",
    }
    assert second["error"].endswith("KeyError") and "test_logs.py" in second["error"]


async def test_tasks_begun_in_a_session_are_about_it() -> None:
    out = written(LoggingConfig(level="info"))

    async def later() -> None:
        await asyncio.sleep(0)
        log.info("later")

    with logs.about(session="1f"):
        task = asyncio.create_task(later())
    log.info("outside")
    await task
    assert ["session=1f" in line for line in out.getvalue().splitlines()] == [False, True]


@pytest.mark.parametrize("form", ["text", "json"])
def test_credentials_are_blotted_out_and_not_in_tracebacks(form: str) -> None:
    out = written(LoggingConfig(format="json" if form == "json" else "text"))
    key, _ = new_key("ann", Role.ADMIN, None, 0.0)
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc-def_123"
    try:
        raise ValueError(f"bad {key} or {token}")
    except ValueError:
        log.exception("%s and %s", key, token)
    assert key not in out.getvalue()
    assert token not in out.getvalue()
    assert out.getvalue().count("[credential]") == 2
    assert logs.clean("a dragoman_config and 1.2.3") == "a dragoman_config and 1.2.3"


async def test_nothing_that_was_said_is_in_the_log() -> None:
    out = written(LoggingConfig(format="json"))
    logging.getLogger().setLevel(logging.DEBUG)
    words = VOCABULARY[:8]
    async with serving() as served:
        arrivals = client.stream(served.url, cut(speak(words), [1600]), source="en", targets=["es"], speed=0)
        messages = [arrival.message async for arrival in arrivals]
        async with connect(served.url) as socket:
            await socket.send(json.dumps({"type": f"{words[0]} {words[1]}"}))  # the answer quotes it
            await socket.recv()
        await until(lambda: served.idle and '"message": "done"' in out.getvalue())
    shown = [message for message in messages if isinstance(message, Caption)]
    assert any(caption.language == "es" and caption.text for caption in shown)
    logged = [json.loads(line) for line in out.getvalue().splitlines()]
    ours = [entry for entry in logged if not entry["logger"].startswith("websockets")]  # the client's own
    (ready,) = [message for message in messages if isinstance(message, Ready)]
    assert [e["message"] for e in ours if e.get("session") == ready.session] == ["begun", "done"]
    said = {word for caption in shown for word in caption.text.split()}
    lines = [json.dumps(entry, ensure_ascii=False) for entry in ours]
    assert not [line for line in lines if any(re.search(rf"\b{word}\b", line) for word in said)]


class Dying:
    """A voice that quotes what it dies of."""

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]:
        raise EngineError(f"the voice died of {requests[0].text!r}")


class Astray(Translators):
    """A translator that quotes the draft that it goes astray from."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        for request in requests:
            if request.target_prefix:
                raise ValueError(f"{request.target_prefix!r} was expected for {request.source!r}")
        return super().translate(requests)


class Lost(ScriptedRecognizer):
    """A recognizer that quotes what it heard."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        for answer in super().recognize(windows):
            if len(answer.words) > 2:
                raise RetractionError(text_of(answer.words))
        return super().recognize(windows)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("own", "code", "kind"),
    [
        ({"synthesizer": Dying()}, "", ""),
        ({"translator": Router([Astray()])}, "engine_failed", "ValueError"),
        ({"recognizer": Lost()}, "retraction", "RetractionError"),
    ],
)
async def test_what_fails_may_quote_what_was_said_and_the_log_does_not(
    form: Literal["text", "json"], own: dict[str, Any], code: str, kind: str
) -> None:
    out = written(LoggingConfig(format=form, level="info"))
    words = VOCABULARY[:8]
    async with serving(engines(**own)) as served:
        arrivals = client.stream(
            *(served.url, cut(speak(words), [1600])), source="en", targets=["es"], speak=["es"], speed=0
        )
        messages = [arrival.message async for arrival in arrivals]
        await until(lambda: served.idle)
    quoting = [message.message for message in messages if isinstance(message, Error | Notice)]
    said = {*words, *(word[::-1] for word in words)}
    assert any(word in message for message in quoting for word in said)
    assert code in out.getvalue() and kind in out.getvalue()
    assert not [word for word in said if re.search(rf"\b{word}\b", out.getvalue())]


async def test_a_traceback_tells_all_it_comes_from_and_quotes_nothing() -> None:
    out = written(LoggingConfig())
    try:
        try:
            raise KeyError(VOCABULARY[0])
        except KeyError as error:
            raise ExceptionGroup(VOCABULARY[1], [ValueError(VOCABULARY[2]), error]) from error
    except ExceptionGroup:
        log.exception("failed")
    try:
        try:
            raise ExceptionGroup(VOCABULARY[0], [TypeError()])
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
    except TypeError:
        log.exception("failed")
    kinds = [line for line in out.getvalue().splitlines() if re.fullmatch(r"\w+", line)]
    assert kinds == ["KeyError", "ValueError", "KeyError", "ExceptionGroup", "ExceptionGroup", "TypeError"]
    assert not [word for word in VOCABULARY[:3] if word in out.getvalue()]


async def test_a_refusal_is_no_error_in_the_log() -> None:
    out = written(LoggingConfig())
    config = Config(ServerConfig(max_sessions=1, drain_seconds=0.1))
    async with serving(config=config) as served, connect(served.url):
        with pytest.raises(Exception, match="HTTP 503"):
            await connect(served.url)
    assert out.getvalue() == ""

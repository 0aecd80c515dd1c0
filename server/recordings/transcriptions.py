"""Recordings in, as OpenAI's interface has it: `POST /v1/audio/transcriptions` and `/v1/audio/translations`.

Decisions where that interface leaves room:

- `model` may be any name, and chooses nothing: a server has one recognizer, which its configuration names.
- `temperature` is checked and not used: decoding is a beam search.
- `target_language`, ours, asks for any language instead of the one spoken; translations are into English
  without it. `mode=live`, ours, gives what a live session would have committed.
- Word times exist of what was spoken, not of translations; `vtt` holds them too.
- A segment is a sentence. Its `no_speech_prob` is 0 and its `tokens` are empty: silence was left out
  before, and tokens are the recognizer's own affair.
- `language` of verbose_json is a code, as `en`; of translations that of the text, else the one spoken.
- A stream is of deltas, one a sentence, and `done`, without `usage`: tokens are not counted.
- `usage` of other answers is the length of the recording.
"""

import asyncio
import json
import math
import zlib
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.types import Receive, Scope, Send

from server.access.auth import Action
from server.access.door import needs
from server.http import faults, fields
from server.http.faults import ParameterFault
from server.http.uploads import Upload, received
from server.interpretation.graph import Interpretation
from server.interpretation.languages import Languages
from server.interpretation.packs import Packs, Shelf
from server.recordings.accurate import Passage
from server.recordings.files import Approach, Gathered, Mode, check_translated
from server.recordings.recordings import Recordings
from server.records import forms
from server.records.record import Record, UtteranceRecord
from streaming.errors import DragomanError
from streaming.queueing import Priority
from streaming.stages import Notice
from streaming.words import UNSPACED

T = TypeVar("T")

Task = Literal["transcribe", "translate"]
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
GRANULARITIES = ("word", "segment")
MODES: tuple[Mode, ...] = ("accurate", "live")
LONGEST_PROMPT = 4_096
"""Characters."""
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    task: Task
    wanted: Interpretation
    target: str | None
    """The language of the answer; `None`: the one spoken."""
    approach: Approach
    form: str
    granularities: tuple[str, ...]
    stream: bool


def router(recordings: Recordings, languages: Languages, shelf: Shelf, folder: Path, most: int) -> APIRouter:
    """Build the routes; uploads of at most `most` bytes are kept in `folder` while they are worked on."""
    routes = APIRouter(route_class=faults.Route, tags=["recordings"], dependencies=[needs(Action.TRANSCRIBE)])

    async def answer(task: Task, request: Request) -> Response:
        async with AsyncExitStack() as stack:
            stack.enter_context(recordings.place())
            upload = await stack.enter_async_context(received(request, folder, most))
            packs = await run_in_threadpool(shelf.take)
            asked = read(upload.form, task, languages, packs)
            if asked.stream:
                await recordings.seconds(upload.path, upload.name)  # else it would fail after the status
                return _Stream(_events(recordings, upload, asked), stack.pop_all())
            record = await while_connected(request, _record(recordings, upload, asked))
            return await run_in_threadpool(written, record, asked)

    @routes.post(
        "/v1/audio/transcriptions",
        summary="Write what is said in a recording",
        description="Compatible with OpenAI's interface; `stream=true` answers with server-sent events.",
        responses=faults.RESPONSES,
        openapi_extra={"requestBody": _body("transcribe")},
    )
    async def transcribe(request: Request) -> Response:
        return await answer("transcribe", request)

    @routes.post(
        "/v1/audio/translations",
        summary="Translate what is said in a recording, into English or `target_language`",
        description="Compatible with OpenAI's interface.",
        responses=faults.RESPONSES,
        openapi_extra={"requestBody": _body("translate")},
    )
    async def translate(request: Request) -> Response:
        return await answer("translate", request)

    return routes


def read(form: FormData, task: Task, languages: Languages, packs: Packs) -> Asked:
    """Read the fields of a request, which is answered in the words of `packs`.

    Raises:
        ParameterFault: one of them is wrong.
        LanguageError: a language that cannot be recognised or translated.
    """
    fields.text(form, "model")
    fields.number(form, "temperature", 2)
    source = fields.language(form, "language")
    target = fields.language(form, "target_language") or (_ENGLISH if task == "translate" else None)
    shape = fields.one_of(form, "response_format", FORMATS) or "json"
    stream = fields.one_of(form, "stream", ("true", "false")) == "true"
    mode = fields.one_of(form, "mode", MODES) or "accurate"
    wanted = Interpretation(source, (target,) if target and target != source else (), packs=packs)
    languages.routes(wanted)
    approach = Approach("live" if mode == "live" else "accurate", fields.text(form, "prompt", LONGEST_PROMPT))
    return Asked(task, wanted, target, approach, shape, _granularities(form, shape, target), stream)


def written(record: Record, asked: Asked) -> Response:
    """Write a record as the request wants it."""
    words = "word" in asked.granularities
    match asked.form:
        case "json":
            return JSONResponse({"text": _joined(record.utterances, asked.target), "usage": _usage(record)})
        case "verbose_json":
            return JSONResponse(_verbose(record, asked))
        case "text":
            return PlainTextResponse(_joined(record.utterances, asked.target) + "\n")
        case "srt":
            return Response(forms.write(record, "srt", asked.target), media_type=forms.MEDIA_TYPES["srt"])
        case _:
            content = forms.write(record, "vtt", asked.target, words=words)
            return Response(content, media_type=forms.MEDIA_TYPES["vtt"])


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work as long as somebody waits for the answer."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
        return await working
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _record(recordings: Recordings, upload: Upload, asked: Asked) -> Record:
    gathered, notices = Gathered(asked.wanted), list[Notice]()
    await recordings.interpret(
        *(upload.path, upload.name, asked.wanted, asked.approach, Priority.REQUEST, gathered.add),
        on_notice=lambda notice, moment: notices.append(notice),
    )
    return _told(gathered.record(), notices, asked)


def _told(record: Record, notices: Sequence[Notice], asked: Asked) -> Record:
    check_translated(record, (asked.target,), {notice.message: notice.code for notice in notices})
    return record


class _Stream(StreamingResponse):
    """Server-sent events, and what is to be let go after them."""

    def __init__(self, events: AsyncGenerator[str, None], stack: AsyncExitStack) -> None:
        super().__init__(events, media_type="text/event-stream")
        stack.push_async_callback(events.aclose)
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        async with self._stack:
            await super().__call__(scope, receive, send)


async def _events(recordings: Recordings, upload: Upload, asked: Asked) -> AsyncGenerator[str, None]:
    passages: asyncio.Queue[Passage | None] = asyncio.Queue()
    notices: list[Notice] = []
    loop = asyncio.get_running_loop()

    def pass_on(passage: Passage) -> None:
        loop.call_soon_threadsafe(passages.put_nowait, passage)

    async def interpret() -> None:
        try:
            await recordings.interpret(
                *(upload.path, upload.name, asked.wanted, asked.approach, Priority.REQUEST, pass_on),
                on_notice=lambda notice, moment: notices.append(notice),
            )
        finally:
            passages.put_nowait(None)

    working = asyncio.create_task(interpret())
    try:
        gathered, text = Gathered(asked.wanted), _Text(asked.target)
        while (passage := await passages.get()) is not None:
            for delta in filter(None, map(text.add, passage.records)):
                yield _event({"type": "transcript.text.delta", "delta": delta})
            gathered.add(passage)
        await working
        record = _told(gathered.record(), notices, asked)
        yield _event({"type": "transcript.text.done", "text": _joined(record.utterances, asked.target)})
    except DragomanError as error:
        yield _event({"error": faults.told(error)})
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


class _Text:
    """Utterances written as one line that only grows."""

    def __init__(self, target: str | None) -> None:
        self._target = target
        self._last = ""

    def add(self, utterance: UtteranceRecord) -> str:
        """Give what an utterance adds."""
        said = forms.shown(utterance, self._target)
        if not said:
            return ""
        foreign = self._last.isascii() and said[0].isascii()  # as English in Chinese
        spaced = foreign or (self._target or utterance.language) not in UNSPACED
        begun, self._last = self._last, said[-1]
        return f" {said}" if begun and spaced else said


def _joined(utterances: Sequence[UtteranceRecord], target: str | None) -> str:
    return "".join(map(_Text(target).add, utterances))


def _verbose(record: Record, asked: Asked) -> dict[str, Any]:
    content: dict[str, Any] = {
        "task": asked.task,
        "language": (asked.target if asked.task == "translate" else record.language) or "",
        "duration": _time(record.duration),
        "text": _joined(record.utterances, asked.target),
        "usage": _usage(record),
    }
    if "segment" in asked.granularities:
        content["segments"] = [_segment(i, u, asked.target) for i, u in enumerate(record.utterances)]
    if "word" in asked.granularities:
        content["words"] = [
            {"word": word.text.strip(), "start": _time(word.start), "end": _time(word.end)}
            for utterance in record.utterances
            for word in utterance.words
        ]
    return content


def _segment(number: int, utterance: UtteranceRecord, target: str | None) -> dict[str, Any]:
    text = forms.shown(utterance, target)
    sure = [math.log(max(word.probability, 1e-6)) for word in utterance.words]
    data = text.encode()
    return {
        "id": number,
        "seek": round(utterance.start * 100),
        "start": _time(utterance.start),
        "end": _time(utterance.end),
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(sure) / len(sure), 4),
        "compression_ratio": round(len(data) / len(zlib.compress(data)), 4),
        "no_speech_prob": 0.0,
    }


def _usage(record: Record) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(record.duration)}


def _time(seconds: float) -> float:
    return round(seconds, 3)


def _granularities(form: FormData, shape: str, target: str | None) -> tuple[str, ...]:
    name = "timestamp_granularities[]"
    asked = [str(value) for value in (*form.getlist(name), *form.getlist("timestamp_granularities"))]
    for value in asked:
        if value not in GRANULARITIES:
            raise ParameterFault(f"{name}: word or segment was expected, {value!r} came", name)
    if asked and shape not in ("verbose_json", "vtt"):
        raise ParameterFault(f"{name}: only verbose_json and vtt hold them, not {shape}", name)
    if "word" in asked and target is not None:
        raise ParameterFault(f"{name}: words have times only where they were spoken, not in {target}", name)
    return tuple(asked) or ("segment",)


def _body(task: Task) -> dict[str, Any]:
    """Describe the multipart body."""
    text: dict[str, Any] = {"type": "string"}
    properties: dict[str, Any] = {
        "file": {"type": "string", "format": "binary", "description": "Anything that FFmpeg reads"},
        "model": {**text, "maxLength": fields.LONGEST_NAME, "description": "Any name; it chooses nothing"},
        "prompt": {**text, "maxLength": LONGEST_PROMPT, "description": "What was said before"},
        "response_format": {**text, "enum": [*FORMATS], "default": "json"},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2, "description": "Not used"},
        "language": {**text, "description": "Spoken, e.g. en; detected without it"},
        "target_language": {**text, "description": "To translate into, e.g. zh"},
        "mode": {**text, "enum": [*MODES], "default": "accurate"},
        "timestamp_granularities[]": {
            "type": "array",
            "items": {**text, "enum": [*GRANULARITIES]},
            "description": "Of verbose_json, and of vtt",
        },
        "stream": {"type": "boolean", "default": False, "description": "Server-sent events"},
    }
    if task == "translate":
        properties["target_language"]["default"] = _ENGLISH
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}

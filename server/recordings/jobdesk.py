"""The routes of jobs: submit, list, look, cancel, take the result, delete.

curl -F file=@talk.mp4 -F targets=zh,es http://127.0.0.1:8765/v1/jobs
curl http://127.0.0.1:8765/v1/jobs/ID
curl "http://127.0.0.1:8765/v1/jobs/ID/result?format=srt&language=zh"
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from server.access.auth import Action
from server.access.door import needs
from server.http import faults, fields
from server.http.faults import Fault, ParameterFault, SizeFault
from server.http.uploads import digest_of, received
from server.interpretation.graph import Interpretation
from server.interpretation.languages import Languages
from server.recordings.files import Approach
from server.recordings.jobs import Jobs
from server.recordings.jobstore import Job, State
from server.recordings.submission import Submission, located
from server.recordings.transcriptions import LONGEST_PROMPT, MODES
from server.records import forms
from server.records.forms import Form
from streaming.errors import AudioError

LARGEST_JSON = 1 << 16
"""Bytes of a job that is submitted as JSON."""


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str


class JobNoticeView(BaseModel):
    """What whoever reads the result should know, as that nothing translates a language that was heard."""

    code: str
    """As of the protocol's notices and errors."""
    message: str
    seconds: float | None
    """Where in the recording it first came; null: it belongs nowhere."""


class JobView(BaseModel):
    """A job as it is now."""

    id: str
    state: State
    name: str
    """What its owner calls the recording."""
    language: str | None
    """Spoken: what was asked for, else, when the job is done, what was found; null: that is not known yet."""
    targets: list[str]
    mode: str
    created: str
    """ISO 8601, UTC."""
    started: str | None
    finished: str | None
    seconds: float | None
    """Length of the recording; null: not known yet."""
    seconds_done: float
    progress: float | None
    """0 … 1; null: not known."""
    resumed: int
    """How many times the server was stopped in the middle of it."""
    resumed_from: float | None
    """Seconds of the recording at which it went on the last time; 0: at its beginning."""
    duplicate: bool = False
    """The same recording had been submitted in the same way: this is that job."""
    notices: list[JobNoticeView]
    """Each message once."""
    error: JobError | None


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobView]


def router(jobs: Jobs, languages: Languages, folder: Path, root: Path | None, most: int) -> APIRouter:
    """Build the routes; uploads of at most `most` bytes come into `folder`, paths are below `root`."""
    routes = APIRouter(
        prefix="/v1/jobs",
        route_class=faults.Route,
        tags=["jobs"],
        dependencies=[needs(Action.TRANSCRIBE)],
        responses={
            404: {"model": faults.Failure, "description": "No such job"},
            422: {"model": faults.Failure, "description": "A parameter is missing or wrong"},
            503: {"model": faults.Failure, "description": "No jobs are taken"},
        },
    )

    @routes.post(
        "",
        summary="Submit a recording: upload it, or name it",
        status_code=202,
        response_model=JobView,
        responses={**faults.RESPONSES, 200: {"model": JobView, "description": "It is a job already"}},
        openapi_extra={"requestBody": _BODY},
    )
    async def submit(request: Request) -> Response:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        taken = _named(request, root) if kind == "application/json" else _uploaded(request, folder, most)
        async with taken as it:
            wanted, approach = _asked(it.form)
            languages.routes(wanted)
            submission = Submission(it.path, it.name, it.digest, it.owned, wanted, approach)
            job, new = await run_in_threadpool(jobs.submit, submission)
            jobs.wake()
        return JSONResponse(_view(jobs, job, duplicate=not new).model_dump(), 202 if new else 200)

    @routes.get("", summary="List jobs, newest first")
    async def listed(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100, state: State | None = None
    ) -> JobList:
        return JobList(jobs=[_view(jobs, job) for job in jobs.newest(limit, state)])

    @routes.get("/{id}", summary="Look how far a job is")
    async def look(id: str) -> JobView:
        return _view(jobs, jobs.get(id))

    @routes.get(
        "/{id}/result",
        summary="Take the result of a job, in any form and language",
        response_class=Response,
        responses={
            200: {"content": {kind.split(";")[0]: {} for kind in forms.MEDIA_TYPES.values()}},
            409: {"model": faults.Failure, "description": "It is not done"},
        },
    )
    async def result(
        id: str, format: Form = "json", language: str | None = None, words: bool = False
    ) -> Response:
        job = jobs.get(id)
        content = await run_in_threadpool(_written, jobs, job, format, language, words)
        return Response(content, media_type=forms.MEDIA_TYPES[format])

    @routes.post(
        "/{id}/cancel",
        summary="Cancel a job",
        responses={409: {"model": faults.Failure, "description": "It has ended"}},
    )
    async def cancel(id: str) -> JobView:
        return _view(jobs, jobs.cancel(id))

    @routes.delete("/{id}", summary="Cancel a job and delete it with its result", status_code=204)
    async def delete(id: str) -> None:
        jobs.delete(id)

    return routes


@dataclass(frozen=True, slots=True)
class _Taken:
    """A recording as it came, and what is asked for."""

    path: Path
    name: str
    digest: str
    owned: bool
    form: Mapping[str, Any]


@asynccontextmanager
async def _uploaded(request: Request, folder: Path, most: int) -> AsyncIterator[_Taken]:
    async with received(request, folder, most) as upload:
        fields.check_names(upload.form, ("file", *_OPTIONS))
        yield _Taken(upload.path, upload.name, upload.digest, True, upload.form)


@asynccontextmanager
async def _named(request: Request, root: Path | None) -> AsyncIterator[_Taken]:
    form = await _json(request)
    fields.check_names(form, ("path", *_OPTIONS))
    path = located(root, fields.text(form, "path", 4096))
    try:
        digest = await run_in_threadpool(digest_of, path)
    except OSError as error:
        raise AudioError(f"{path.name}: it cannot be read ({error.strerror})") from error
    yield _Taken(path, path.name, digest, False, form)


async def _json(request: Request) -> Mapping[str, Any]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_JSON:
            raise SizeFault(f"at most {LARGEST_JSON} bytes of JSON were expected, more came")
    try:
        form = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Fault("the body is not JSON") from error
    if not isinstance(form, dict):
        raise Fault("a JSON object was expected")
    return form


def _asked(form: Mapping[str, Any]) -> tuple[Interpretation, Approach]:
    source, targets = fields.language(form, "language"), fields.languages(form, "targets")
    if source in targets:
        raise ParameterFault(f"targets: {source} is what is spoken", "targets")
    mode = fields.one_of(form, "mode", MODES)
    approach = Approach("live" if mode == "live" else "accurate", fields.text(form, "prompt", LONGEST_PROMPT))
    return Interpretation(source, targets), approach


def _view(jobs: Jobs, job: Job, *, duplicate: bool = False) -> JobView:
    done = jobs.done(job)
    failed = JobError(code=job.error_code, message=job.error_message or "") if job.error_code else None
    return JobView(
        id=job.id,
        state=job.state,
        name=job.name,
        language=job.source,
        targets=list(job.targets),
        mode=job.mode,
        created=_moment(job.created) or "",
        started=_moment(job.started),
        finished=_moment(job.finished),
        seconds=None if job.seconds is None else round(job.seconds, 3),
        seconds_done=round(done, 3),
        progress=_progress(job, done),
        resumed=job.resumed,
        resumed_from=None if job.resumed_from is None else round(job.resumed_from, 3),
        duplicate=duplicate,
        notices=[JobNoticeView(**asdict(notice)) for notice in job.notices],
        error=failed,
    )


def _progress(job: Job, done: float) -> float | None:
    if job.state is State.DONE:
        return 1.0
    return round(min(1.0, done / job.seconds), 4) if job.seconds else None


def _moment(seconds: float | None) -> str | None:
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    )


def _written(jobs: Jobs, job: Job, form: Form, wanted: str | None, words: bool) -> str:
    record = jobs.record(job.id)
    language = fields.code(wanted, "language") if wanted else None
    spoken = {utterance.language for utterance in record.utterances} | {record.language}
    if language and language not in spoken and language not in job.targets:
        there = ", ".join([*sorted(filter(None, spoken)), *job.targets]) or "none"
        raise ParameterFault(f"language: one of {there} was expected, {language!r} came", "language")
    # Where most was said in a target, what was said in other languages is translated into it.
    as_spoken = language == record.language and language not in job.targets
    return forms.write(record, form, None if as_spoken else language, words=words)


_OPTIONS: dict[str, Any] = {
    "language": {"type": "string", "description": "Spoken, e.g. en; detected without it"},
    "targets": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Languages to translate into: zh,es, or each for itself",
    },
    "mode": {"type": "string", "enum": [*MODES], "default": "accurate"},
    "prompt": {"type": "string", "maxLength": LONGEST_PROMPT, "description": "What was said before"},
}
_FILE = {"type": "string", "format": "binary", "description": "Anything that FFmpeg reads"}
_PATH = {"type": "string", "minLength": 1, "description": "A recording below the configured root"}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": _FILE, **_OPTIONS},
                "additionalProperties": False,
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["path"],
                "properties": {"path": _PATH, **_OPTIONS},
                "additionalProperties": False,
            }
        },
    },
}

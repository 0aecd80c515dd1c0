"""Measure other servers on the same weights and recordings: errors, lag, erasure and processor time.

    python -m benchmarks.peers dragoman whisperlive=PEER/bin/python whisperlivekit=PEER/bin/python

PEER is an environment of its own into which the package was installed with pip: `whisperlivekit`, or
`whisper-live` (with `--no-deps` where its pins cannot be met); a server that is not installed there is left
out. Each server, this project's first, is started on the model's folder and sent each recording in real
time, so its lag includes computing and everything else that this machine does meanwhile; processor time
does not. What it shows is scored alike; a peer's committed text is what stands in lines (WhisperLiveKit)
or in completed segments (WhisperLive).
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import websockets

from benchmarks import machine, own_server, scoring, talks
from benchmarks.own_server import Models
from benchmarks.talks import Talk
from benchmarks.trial import MEGABYTE, Figures
from server.interpretation import models
from streaming.audio import to_pcm16

HEAD = (
    "| recordings | way | error | lag | p50 | p95 | max | seen | erasure | core-s/s | MB |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)

Read = Callable[[dict[str, Any]], tuple[str, str] | None]
"""Reads from a message the whole committed and the tentative text that are shown now, if it says so."""
State = tuple[float, str, str]
"""Seconds since the first sample was sent, committed text, and tentative text."""


@dataclass(frozen=True, slots=True)
class Peer:
    """How a server is started and spoken to."""

    package: str
    """The module that its interpreter must have."""
    command: Callable[[Path, int, str, Path], list[str]]
    """Arguments of its interpreter, from model, port, language and an empty folder of its own."""
    path: str
    hello: Callable[[str], str | None]
    """What to say first, for a language."""
    is_ready: Callable[[dict[str, Any]], bool]
    """Whether a message says that audio may come."""
    encode: Callable[[Any], bytes]
    """Samples as the server wants them."""
    goodbye: bytes | str
    reader: Callable[[], Read]
    """Makes what reads one session."""


def _captions() -> Read:
    """Read this project's captions: each is the state of one utterance."""
    utterances = dict[int, tuple[str, str]]()

    def read(message: dict[str, Any]) -> tuple[str, str] | None:
        if message.get("type") != "caption":
            return None
        utterances[message["utterance"]] = message["committed"], message["tentative"]
        committed, tentative = zip(*(utterances[number] for number in sorted(utterances)), strict=True)
        return " ".join(committed), "".join(tentative)

    return read


def _livekit(message: dict[str, Any]) -> tuple[str, str] | None:
    if "lines" not in message:
        return None
    lines = " ".join(line.get("text") or "" for line in message["lines"])
    return lines, message.get("buffer_transcription") or ""


def _live(message: dict[str, Any]) -> tuple[str, str] | None:
    if "segments" not in message:
        return None
    done = [segment["text"] for segment in message["segments"] if segment.get("completed")]
    rest = [segment["text"] for segment in message["segments"] if not segment.get("completed")]
    return " ".join(done), " ".join(rest)


_LIVE = (
    "import sys; from whisper_live.server import TranscriptionServer; model, port = sys.argv[1:]; "
    "TranscriptionServer().run('127.0.0.1', int(port), backend='faster_whisper', "
    "faster_whisper_custom_model_path=model)"
)

PEERS = {
    "dragoman": Peer(
        "server",
        lambda model, port, language, folder: own_server.arguments(
            own_server.configure(folder, Models(str(model))), port
        ),
        "/v1/live",
        lambda language: json.dumps({"type": "start", "source": language, "targets": []}),
        lambda message: message.get("type") == "ready",
        to_pcm16,
        json.dumps({"type": "finish"}),
        _captions,
    ),
    "whisperlivekit": Peer(
        "whisperlivekit",
        lambda model, port, language, folder: [
            *("-m", "whisperlivekit.basic_server"),
            *("--host", "127.0.0.1", "--port", str(port), "--pcm-input"),
            *("--model_dir", str(model), "--lan", language, "--warmup-file", ""),
            *("--backend", "faster-whisper", "--backend-policy", "localagreement"),
        ],
        "/asr",
        lambda language: None,
        lambda message: True,
        to_pcm16,
        b"",
        lambda: _livekit,
    ),
    "whisperlive": Peer(
        "whisper_live",
        lambda model, port, language, folder: ["-c", _LIVE, str(model), str(port)],
        "/",
        lambda language: json.dumps(
            {
                "uid": "benchmark",
                "language": language,
                "task": "transcribe",
                "model": "tiny",
                # Its detector is downloaded at run time.
                "use_vad": False,
                "send_last_n_segments": 1000,
            }
        ),
        lambda message: message.get("message") == "SERVER_READY",
        lambda samples: bytes(samples.astype("<f4").tobytes()),
        b"END_OF_AUDIO",
        lambda: _live,
    ),
}


@contextmanager
def serving(peer: Peer, python: Path, model: Path, language: str) -> Iterator[tuple[psutil.Process, int]]:
    """Start a server and wait until it listens; gives its process and port."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    port = own_server.free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), *peer.command(model, port, language, Path(folder))]
        with own_server.run(command, lambda: own_server.listens(port), environment) as process:
            yield process, port


async def stream(peer: Peer, talk: Talk, port: int) -> list[State]:
    """Send a talk in real time and note what is shown when."""
    states = list[State]()
    async with websockets.connect(f"ws://127.0.0.1:{port}{peer.path}", max_size=None) as connection:
        if hello := peer.hello(talk.language):
            await connection.send(hello)
        while not peer.is_ready(json.loads(await connection.recv())):
            pass
        began = time.monotonic()
        listening = asyncio.create_task(_listen(peer, connection, began, states))
        for chunk in talk.chunks():
            await asyncio.sleep(max(0.0, began + chunk.end - time.monotonic()))
            await connection.send(peer.encode(chunk.samples))
        await connection.send(peer.goodbye)
        await asyncio.wait([listening], timeout=15)
        listening.cancel()
    return states


async def _listen(peer: Peer, connection: Any, began: float, states: list[State]) -> None:
    read = peer.reader()
    async for text in connection:
        shown = read(json.loads(text))
        if shown is not None and (not states or shown != states[-1][1:]):
            states.append((time.monotonic() - began, *shown))


def figures(talk: Talk, states: list[State], processor: float) -> Figures:
    """Score what was shown; the last tentative text counts as committed at the end."""
    language = talk.language
    ended = [*states, (states[-1][0], f"{states[-1][1]} {states[-1][2]}", "")] if states else []
    committed = [(moment, scoring.normalized(done, language)) for moment, done, _ in ended]
    shown = [(moment, scoring.normalized(f"{done} {rest}", language)) for moment, done, rest in ended]
    final = committed[-1][1] if committed else []
    erased, length = scoring.erasure([units for _, units in shown])
    return Figures(
        scoring.errors(scoring.normalized(talk.text, language), final),
        tuple(scoring.lags(talk.words, scoring.first_seen(committed), language)),
        tuple(scoring.lags(talk.words, scoring.first_seen(shown), language)),
        erased,
        length,
        talk.seconds,
        processor,
    )


def measure(peer: Peer, python: Path, model: Path, talk: Talk) -> tuple[Figures, float]:
    """Run one talk through a fresh server; gives also its memory in MB."""
    with serving(peer, python, model, talk.language) as (process, port):
        before = process.cpu_times()
        states = asyncio.run(stream(peer, talk, port))
        after, memory = process.cpu_times(), process.memory_info().rss / MEGABYTE
    return figures(talk, states, after.user + after.system - before.user - before.system), memory


def row(recordings: str, way: str, found: Figures, memory: float) -> str:
    """One row of the table."""
    late = [scoring.mean(found.lags), *(scoring.quantile(found.lags, q) for q in (0.5, 0.95, 1.0))]
    lags = " | ".join(f"{lag:.2f}" for lag in [*late, scoring.quantile(found.seen, 0.5)])
    numbers = f"{lags} | {found.erasure:.3f} | {found.cost:.4f} | {memory:.0f}"
    return f"| {recordings} | {way} | {100 * found.errors.rate:.2f} % | {numbers} |"


def _server(argument: str) -> tuple[str, Path]:
    name, _, python = argument.partition("=")
    if name not in PEERS:
        raise argparse.ArgumentTypeError(f"no server {name!r} is known, only {', '.join(PEERS)}")
    return name, Path(python or sys.executable)


def _is_installed(name: str, python: Path) -> bool:
    """Tell whether an interpreter has a server, and say so if not."""
    looked = [
        str(python),
        "-c",
        f"import importlib.util; importlib.util.find_spec({PEERS[name].package!r}).name",
    ]
    if python.exists() and not subprocess.run(looked, capture_output=True, check=False).returncode:
        return True
    print(f"{name} is not installed for {python}: left out", file=sys.stderr)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="+", type=_server, metavar="NAME[=PYTHON]", help=", ".join(PEERS))
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    parser.add_argument("--sets", nargs="+", choices=talks.SETS, default=["samples"])
    parser.add_argument("--most", type=float, default=math.inf, help="seconds of each recording, at most")
    arguments = parser.parse_args()
    model = models.recognizer_folder(arguments.model, print)
    busy = f"{os.getloadavg()[0]:.1f} processes at work"
    print(f"{Models(model.name)} on {machine.describe()}, {busy}; lags are wall clock")
    print("Dragoman alone has translators, and nobody asks them", *["", *HEAD], sep="\n")
    servers = [(name, python) for name, python in arguments.servers if _is_installed(name, python)]
    for talk in (talk for name in arguments.sets for talk in talks.named(name, arguments.most)):
        for name, python in servers:
            found, memory = measure(PEERS[name], python, model, talk)
            print(row(talk.name, name, found, memory), flush=True)


if __name__ == "__main__":
    main()

"""A server of a benchmark's own: it takes over nothing of the user's, and is gone with the block.

A server takes up the jobs of its folder, deletes what is past its retention, asks for the keys that are there
and prefers the models that are installed; so a benchmark that starts one gives it a configuration in which
all of these are its own. The event log is on disk, as in use.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import psutil

PATIENCE = 120.0
"""Seconds that a server has to start, and to end."""


@dataclass(frozen=True, slots=True)
class Models:
    """What a server interprets with."""

    recognizer: str = "embedded"
    """A name or a folder."""
    translators: tuple[str, ...] = ("embedded",)
    """Names or folders."""
    recognition: str = "balanced"
    """The preset of recognition."""
    translation: str = "balanced"
    """The preset of translation."""

    def __str__(self) -> str:
        presets = f"recognition {self.recognition}, translation {self.translation}"
        return f"recognizer {self.recognizer}, translators {', '.join(self.translators)} ({presets})"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready."""

    process: psutil.Process
    port: int
    ready: float
    """Seconds from starting the process to ``/readyz``."""


def add_models(parser: argparse.ArgumentParser) -> None:
    """Let the command line choose models."""
    parser.add_argument("--model", default="embedded", help="recognizer: a name or a folder")
    parser.add_argument("--translators", nargs="+", default=["embedded"], help="names or folders")


def configure(folder: Path, models: Models, **sections: Mapping[str, object]) -> Path:
    """Write the configuration of a server that keeps all it has in one folder."""
    own: dict[str, dict[str, object]] = {
        "access": {"folder": str(folder)},
        "events": {"path": str(folder / "events.db")},
        "recordings": {"folder": str(folder / "recordings")},
        "packs": {"folder": str(folder / "packs")},
        "recognition": {"model": models.recognizer, "preset": models.recognition},
        "translation": {"models": models.translators, "preset": models.translation},
    }
    for section, values in sections.items():
        own.setdefault(section, {}).update(values)
    path = folder / "dragoman.toml"
    path.write_text("\n".join(_toml(own)), encoding="utf-8")
    return path


def _toml(sections: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for section, values in sections.items():
        yield f"[{section}]"
        # JSON's strings, numbers and lists are TOML's as well.
        yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())


@contextmanager
def serving(models: Models, **sections: Mapping[str, object]) -> Iterator[Running]:
    """Run a server on a free loopback port, with a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with started(configure(Path(folder), models, **sections)) as running:
            yield running


@contextmanager
def started(config: Path) -> Iterator[Running]:
    """Run a server with this configuration on a free loopback port."""
    port, began = free_port(), time.perf_counter()
    with run([sys.executable, *arguments(config, port)], lambda: _is_ready(port)) as process:
        yield Running(process, port, time.perf_counter() - began)


def arguments(config: Path, port: int) -> list[str]:
    """Give what the interpreter is told to become a server."""
    return ["-m", "server", "serve", "--port", str(port), "--config", str(config)]


@contextmanager
def run(
    command: Sequence[str], is_ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[psutil.Process]:
    """Run any server; what it says on standard error is let through until it is ready."""
    with tempfile.NamedTemporaryFile("w") as log, open(log.name, errors="replace") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        try:
            _wait(process, said, is_ready)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(process: "subprocess.Popen[bytes]", said: TextIO, is_ready: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not is_ready():
        failed = process.poll() is not None or time.monotonic() - began > PATIENCE
        sys.stderr.write(said.read())
        if failed:
            raise SystemExit("the server did not become ready")
        time.sleep(0.02)
    sys.stderr.write(said.read())


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
            return True
    except OSError:
        return False


def listens(port: int) -> bool:
    """Tell whether anybody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

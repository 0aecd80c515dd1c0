"""The demonstration: a server of its own with the embedded models, and the sample recordings played to it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded
from server.client import playback
from server.interpretation.graph import Interpretation
from streaming.decode import decode
from streaming.errors import EngineError, ModelError

_TARGETS = {"en": "zh", "zh": "en"}


def run(speed: float) -> None:
    """Play every sample recording to a server in real time, English first.

    Raises:
        ModelError: the embedded models or samples are missing.
        EngineError: the server does not start.
    """
    samples = [(_language(path), path) for path in embedded.samples()]
    if not samples or not embedded.recognizers() or not embedded.translators():
        raise ModelError("the embedded models and samples are missing from this installation")
    with _server() as url:
        for source, path in sorted(samples):
            wanted = Interpretation(source, (_TARGETS[source],))
            print(f"\n{path.name}: {source} → {wanted.targets[0]}, as it is spoken\n", flush=True)
            playback.play(decode(path), url, wanted, speed, playback.caption_listener(wanted))


def _language(path: Path) -> str:
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return str(about["language"])


@contextmanager
def _server() -> Iterator[str]:
    """Run a server on a free loopback port, and stop it at the end."""
    command = [sys.executable, "-P", "-m", "server", "serve", "--port", "0", "--model", "embedded"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, stop the server as well
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "dragoman.toml"
        config.write_text(_settings(folder), encoding="utf-8")
        command += ["--config", str(config)]
        process = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True)
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.wait()


def _settings(folder: str) -> str:
    """Configure a server that touches nothing of the user's own: neither keys nor sessions nor recordings."""
    own = json.dumps(folder)
    return f'[access]\nfolder = {own}\n[events]\npath = "memory"\n[recordings]\nfolder = {own}\n'


def _address(process: "subprocess.Popen[str]") -> str:
    """Wait until the server says where it listens."""
    assert process.stdout
    said = re.search(r"ws://\S+", process.stdout.readline())
    if said is None:
        raise EngineError("the demonstration's server did not start")
    return said.group()


def _environment() -> dict[str, str]:
    """Let the server find this very Dragoman, wherever the command was given."""
    here = str(Path(__file__).parent.parent)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

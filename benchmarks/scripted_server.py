"""A Dragoman with scripted engines, in a process of its own: what is measured is the server, not a model.

`python -m benchmarks.scripted_server PORT LOG` serves until it is ended; LOG is a file, or ``memory``.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from mt.router import Router
from server import app, config
from server.interpretation import models
from server.interpretation.engines import Engines
from streaming.scripted import ScriptedDetector, ScriptedRecognizer, ScriptedTranslator

TARGETS = ("de", "es", "fr", "zh")


class Translators(ScriptedTranslator):
    """Scripted translation from English."""

    pairs = frozenset(("en", target) for target in TARGETS)


def engines() -> Engines:
    """Build engines that hear what `streaming.scripted.speak` wrote."""
    return Engines(ScriptedDetector(), ScriptedRecognizer(), Router([Translators()]))


class Process:
    """The server in a process, which may be killed and started anew at the same address and log."""

    def __init__(self, log: Path | str) -> None:
        self._log = log
        self._port = 0
        self.address = ""

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "benchmarks.scripted_server", str(self._port), str(self._log)]
        house = Path(__file__).parent.parent
        self._process = subprocess.Popen(command, cwd=house, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if "ws://" not in said:
            raise RuntimeError(f"the server did not start: {said!r}")
        self.address = said.split("ws://")[1].split("/")[0]
        self._port = int(self.address.rpartition(":")[2])

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def main() -> None:
    """Serve."""
    port, log = sys.argv[1:]
    models.load_engines = lambda config, say: engines()
    with tempfile.TemporaryDirectory() as recordings:
        app.serve(
            config.load(
                server={"port": int(port), "max_sessions": 64},
                events={"path": log},
                recordings={"folder": recordings},
            )
        )


if __name__ == "__main__":
    main()

"""The memory of a server: what engines need is taken at the start and kept, so that it does not grow."""

import platform
import subprocess
import sys
from collections.abc import Sequence
from threading import Barrier

import pytest

import embedded
from server.interpretation import models
from streaming.scripted import ScriptedRecognizer
from streaming.stages import Recognition, Window

GROWTH = """
import numpy as np, psutil
import asr, embedded
from server import memory
from server.interpretation import models
from streaming.audio import AudioChunk
from streaming.stages import Window

def resident():
    return psutil.Process().memory_info().rss

memory.share()
recognizer = asr.load_recognizer(embedded.recognizers()[0])
loaded = resident()
models.warm_up(recognizer)
warm = resident()
noise = np.random.default_rng(0).normal(0.0, 0.1, 30 * 16_000).astype(np.float32)
for seconds in (5, 30, 12, 30):
    recognizer.recognize([Window(AudioChunk(noise[: seconds * 16_000]), final=True, beam=True)])
print(warm - loaded, resident() - warm)
"""

PAGES = """
import resource, sys
from server import memory

if "share" in sys.argv:
    assert memory.share()
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    array = bytearray(int(sys.argv[1]) << 20)
    del array
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


class Together(ScriptedRecognizer):
    """A recognizer that hears nothing until so many calls are there at once."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.heard: list[Window] = []
        self._barrier = Barrier(calls, timeout=60.0)

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        """Note the windows."""
        self._barrier.wait()
        self.heard += windows
        return super().recognize(windows)


def test_every_call_that_runs_beside_others_hears_the_longest_window() -> None:
    recognizer = Together(3)
    models.warm_up(recognizer, 3)
    assert [window.audio.duration for window in recognizer.heard] == [30.0] * 3
    assert not any(window.audio.samples.any() for window in recognizer.heard)


@pytest.mark.skipif(not embedded.recognizers(), reason="no embedded models in this checkout")
def test_what_comes_later_needs_hardly_more_memory() -> None:
    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True)
    taken, later = map(int, done.stdout.split())
    assert taken > 20_000_000
    assert later < taken / 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is the one that is told")
def test_the_pages_of_an_array_are_kept_but_of_a_recording_given_back() -> None:
    assert _new_pages(16, "share") < _new_pages(16) / 10
    assert _new_pages(64, "share") > 30


def _new_pages(megabytes: int, *arguments: str) -> int:
    """Count the pages that the second of two arrays takes, one after the other."""
    program = [sys.executable, "-c", PAGES, str(megabytes), *arguments]
    return int(subprocess.run(program, capture_output=True, text=True, check=True).stdout)

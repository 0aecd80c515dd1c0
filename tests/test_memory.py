"""The memory of a process that runs or trains engines: what is freed is taken again, nothing creeps up."""

import platform
import subprocess
import sys

import pytest

import embedded

PAGES = """
import resource
import sys
from streaming import memory

if sys.argv[1:]:
    assert memory.keep(int(sys.argv[1]))
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    large = bytearray(64 << 20)
    del large
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

GROWTH = """
import numpy as np, psutil
import asr, embedded
from server.interpretation import models
from streaming import memory
from streaming.audio import AudioChunk
from streaming.stages import Window

def resident():
    return psutil.Process().memory_info().rss

memory.keep()
recognizer = asr.load_recognizer(embedded.recognizers()[0])
loaded = resident()
models.warm_up(recognizer)
warm = resident()
noise = np.random.default_rng(0).normal(0.0, 0.1, 30 * 16_000).astype(np.float32)
for seconds in (5, 30, 12, 30):
    recognizer.recognize([Window(AudioChunk(noise[: seconds * 16_000]), final=True, beam=True)])
print(warm - loaded, resident() - warm)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is the one that is told")
def test_a_large_array_takes_the_pages_of_the_one_before() -> None:
    given_back = int(_printed(PAGES))
    assert given_back > 30, "glibc has begun to keep memory by itself"
    assert int(_printed(PAGES, f"{256 << 20}")) < given_back / 10
    assert int(_printed(PAGES, "-1")) < given_back / 10


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is the one that is told")
def test_more_than_is_spared_is_given_back() -> None:
    assert int(_printed(PAGES, f"{32 << 20}")) > 30


@pytest.mark.skipif(not embedded.recognizers(), reason="no embedded models in this checkout")
def test_what_comes_after_the_warm_up_needs_little_more() -> None:
    taken, later = map(int, _printed(GROWTH).split())
    assert taken > 20_000_000
    assert later < 2 / 3 * taken


def _printed(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

"""Training's memory: what is freed is taken again, without new pages."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import sys
from embedded.recipe import memory

if "keep" in sys.argv:
    assert memory.keep()
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    large = bytearray(64 << 20)
    del large
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is the one that is told")
def test_a_large_array_takes_the_pages_of_the_one_before() -> None:
    given_back, kept = _new_pages(), _new_pages("keep")
    assert given_back > 30, "glibc has begun to keep memory by itself"
    assert kept < given_back / 10


def _new_pages(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout)

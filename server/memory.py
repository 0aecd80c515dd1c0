"""The memory of a process that runs engines, which take and free arrays of megabytes many times a second.

glibc gives every thread an arena of its own, and large arrays back to the system at once. So a server grew by
and by, as its threads met longer and longer windows, and waited for pages that it had just had.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""
LARGE = 32 << 20
"""Bytes of an array that is given back at once, a recording's audio rather than an engine's; glibc's most."""
SPARE = 256 << 20
"""Bytes at the end of the heap that are kept for what comes next."""


def share() -> bool:
    """Ask the C library for one heap, which all threads share and which keeps what is freed; tell if it does.

    It is asked before engines are loaded. Libraries other than glibc are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows
        return False
    return all((mallopt(_ARENA_MAX, 1), mallopt(_MMAP_THRESHOLD, LARGE), mallopt(_TRIM_THRESHOLD, SPARE)))

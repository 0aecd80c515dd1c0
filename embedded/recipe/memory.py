"""Memory that training has freed stays with the process, and the next step takes it again.

A step makes and drops arrays of hundreds of megabytes. glibc gives such arrays back to the system at once,
and then the step waits while the system clears as many pages anew.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
"""Parameters of mallopt(3)."""
_NEVER = -1


def keep() -> bool:
    """Ask the C library to keep what is freed, before arrays and threads are made; tell whether it does.

    Libraries other than glibc are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows
        return False
    # Only the first arena can grow beyond 64 MB without mmap.
    return all((mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _NEVER), mallopt(_ARENA_MAX, 1)))

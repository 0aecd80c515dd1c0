"""Memory that engines have freed stays with the process, and the next step takes it again.

A step of an engine, or of its training, makes and drops arrays of megabytes. glibc gives such arrays back to
the system at once, and then the step waits while the system clears as many pages anew; and it gives every
thread a heap of its own, which grows by and by with the largest step that the thread has met.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
"""Parameters of mallopt(3)."""
SPARE, ALL = 256 << 20, -1
"""Free bytes at the end of the heap that a server keeps for what comes next; without end."""


def keep(spare: int = SPARE) -> bool:
    """Ask the C library for one heap that keeps so much of what is freed; tell whether it does.

    It is asked before arrays and threads are made. Libraries other than glibc are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows
        return False
    # Only the first arena can grow beyond 64 MB without mmap.
    return all((mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, spare), mallopt(_ARENA_MAX, 1)))

"""The version of this program, as its package says."""

from importlib.metadata import PackageNotFoundError, version

UNKNOWN = "unknown"


def installed() -> str:
    """Give the version of the installed package; `UNKNOWN`: it runs without having been installed."""
    try:
        return version("dragoman")
    except PackageNotFoundError:
        return UNKNOWN

"""The machine that a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    """Name the processor, the cores and the versions that matter, in one line."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in _lines(info) if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{processor}, {cores} cores, {platform.system()}, Python {platform.python_version()}, "
        f"CTranslate2 {version('ctranslate2')}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []

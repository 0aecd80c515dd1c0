"""What is submitted to become a job: a recording that was uploaded, or one that lies below the root."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from server.http.faults import ParameterFault
from server.interpretation.graph import Interpretation
from server.recordings.files import Approach


@dataclass(frozen=True, slots=True)
class Submission:
    """A recording that is to become a job."""

    path: Path
    name: str
    digest: str
    """SHA-256 of the content."""
    owned: bool
    """The file may be moved, and removed."""
    wanted: Interpretation
    approach: Approach

    def key(self, packs: str) -> str:
        """Give the same for the same recording, asked for in the same way with packs of the same digest."""
        source, targets = self.wanted.source, sorted(self.wanted.targets)
        parts = [self.digest, source, targets, self.approach.mode, self.approach.prompt, packs]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def located(root: Path | None, name: str) -> Path:
    """Find a recording that a caller names below the root, whatever dots and links are in the name.

    Raises:
        ParameterFault: there is no root, the name leads out of it, or no file is there.
    """
    if root is None:
        raise ParameterFault("path: this server takes uploads only; [recordings] root is not set", "path")
    if not name.strip():
        raise ParameterFault("path: the name of a recording was expected, an empty one came", "path")
    try:
        real, base = (root / name).resolve(), root.resolve()
        found = real.is_relative_to(base) and real.is_file()
    except (OSError, ValueError, RuntimeError):
        found = False
    if not found:
        raise ParameterFault("path: a recording below the root was expected, there is none", "path")
    return real


def stamp(path: Path) -> str:
    """Tell apart a file from what is written into its place later."""
    try:
        stat = path.stat()
    except OSError:
        return "gone"
    return f"{stat.st_size} {stat.st_mtime_ns}"

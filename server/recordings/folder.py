"""The folder of a server's recordings: uploads, jobs and the audio of rooms.

One server has it at a time. At its start a server mends what a killed one left, works off the jobs it finds
and deletes the audio of rooms that its event log does not know: in the folder of a server that still runs,
all of that would be destruction. So a second one is refused, rather than let in to do less: a room that it
opens would still take the place of one of the same name.
"""

import fcntl
import logging
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from server.config import data_folder
from streaming.errors import ConfigError

log = logging.getLogger(__name__)


class Folder:
    """A folder that no other server may have at the same time; a context manager."""

    def __init__(self, configured: str = "") -> None:
        """`configured` is its path; empty: the user's own folder."""
        self.path = Path(configured) if configured else default_folder()
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Take the folder, unless it is taken by this object already.

        Raises:
            ConfigError: another server has it.
        """
        if self._lock is None:
            self._lock = self._locked()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _locked(self) -> IO[bytes] | None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _locked(self.path / "lock")
        except BlockingIOError as error:
            raise ConfigError(
                f"{self.path}: another server has its recordings there, give this one a folder of its own "
                "([recordings] folder)"
            ) from error
        except OSError as error:
            # Where nothing can be written nothing is destroyed; some network file systems know no locks.
            log.warning("%s cannot be kept from other servers: %s", self.path, error.strerror)
            return None


def _locked(path: Path) -> IO[bytes]:
    """Lock a file; the system unlocks it when the process dies, however it does."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def default_folder() -> Path:
    """Name the folder that is used where none is configured."""
    return data_folder() / "recordings"

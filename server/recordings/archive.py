"""Everything about recordings that a server has, put together from its configuration."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fastapi import APIRouter

from mt.tiers import Tiers
from server.config import Config, RecordingsConfig
from server.http.uploads import swept
from server.interpretation import models
from server.interpretation.languages import Languages
from server.interpretation.packs import Shelf
from server.recordings import jobdesk, transcriptions
from server.recordings.jobs import Jobs, Limits
from server.recordings.recordings import Recordings
from streaming.batching import SharedEngine
from streaming.errors import ConfigError


class Archive:
    """Recordings and jobs of a server; an asynchronous context manager, to be closed before the engines."""

    def __init__(
        self,
        engines: Mapping[str, SharedEngine[Any, Any]],
        tiers: Tiers,
        languages: Languages,
        heard: Callable[[float], None],
        shelf: Shelf,
        config: Config,
        folder: Path,
    ) -> None:
        """`engines` are shared with live sessions, which go first; `heard` is told the seconds of audio that
        have been recognised; `shelf` has the packs that every recording is interpreted with; uploads and jobs
        are kept in `folder`.

        Raises:
            ConfigError: the root is no folder.
        """
        wanted = config.recordings
        workers = models.workers(config)
        self.folder = folder
        limits = Limits(wanted.jobs, wanted.retention_hours * 3600)
        uploads, most = folder / "uploads", config.limits.upload_bytes
        root = root_of(wanted)
        self.recordings = Recordings(engines, tiers, languages.manner, heard, workers, wanted.at_once)
        self.jobs = Jobs(self.recordings, shelf, folder, limits)
        self.router = APIRouter()
        """All routes about recordings."""
        self.router.include_router(transcriptions.router(self.recordings, languages, shelf, uploads, most))
        self.router.include_router(jobdesk.router(self.jobs, languages, uploads, root, most))
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        swept(self.folder / "uploads")
        await self._stack.enter_async_context(self.recordings)
        await self._stack.enter_async_context(self.jobs)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()


def root_of(config: RecordingsConfig) -> Path | None:
    """Name the folder in which jobs may name recordings; `None`: there is none.

    Raises:
        ConfigError: it is no folder.
    """
    root = Path(config.root) if config.root else None
    if root and not root.is_dir():
        raise ConfigError(f"[recordings] root: a folder was expected, {root} is none")
    return root

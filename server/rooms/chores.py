"""Chores: what a room does beside everything else, each in a task of its own."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from streaming.errors import OverloadError

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds to wait for a disk that takes nothing."""

Work = Callable[..., Coroutine[Any, Any, None]]


class Chores:
    """The tasks of a room."""

    def __init__(self, room: str, failed: Callable[[], None]) -> None:
        """`failed` is called after a task has failed, and its failure has been logged."""
        self._room = room
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Work, *arguments: Any) -> None:
        """Do something beside everything else; its failure is logged.

        What fails because the disk takes nothing is done again, from its beginning, until it can be done.
        """
        task = asyncio.create_task(self._logged(what, work, *arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End all tasks as they are."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _logged(self, what: str, work: Work, *arguments: Any) -> None:
        try:
            await patiently(work, *arguments)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("room %s: %s failed", self._room, what)
            self._failed()


async def patiently(work: Work, *arguments: Any) -> None:
    """Do something, from its beginning again while the disk takes nothing."""
    while True:
        try:
            return await work(*arguments)
        except OverloadError:
            await asyncio.sleep(PATIENCE)

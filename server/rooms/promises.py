"""Promises: work that goes on beside everything else, and that the end of a session or room waits for."""

import asyncio
from collections.abc import Hashable
from contextlib import suppress

LONGEST_SECONDS = 120.0
"""For which an end waits at most: a translator that takes longer does not work."""


class Promises:
    """Those of one kind that are not kept yet."""

    def __init__(self) -> None:
        self._pending: dict[Hashable, asyncio.Future[None]] = {}

    def make(self, key: Hashable) -> None:
        """Promise something, by what names it."""
        self._pending[key] = asyncio.get_running_loop().create_future()

    def stands(self, key: Hashable) -> bool:
        """Tell whether somebody still waits for it."""
        return key in self._pending

    def keep(self, key: Hashable) -> None:
        """Say that it is done, or cannot be."""
        if pending := self._pending.pop(key, None):
            pending.set_result(None)

    def drop(self) -> None:
        """Give up all of them."""
        for key in list(self._pending):
            self.keep(key)

    async def settle(self) -> None:
        """Wait until all are kept, but not for ever; then none stands."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                while self._pending:
                    await asyncio.wait([*self._pending.values()])
        self.drop()

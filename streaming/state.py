"""The state of a stage, without what it shares with others.

A stage's state is what Python pickles. A glossary of a hundred thousand terms is not state: it is the same
for all who use it, and belongs to whoever builds the stage. So it is left out, and taken from a fresh stage
when the state is put back.
"""

import io
import pickle
from typing import Any


class Shared:
    """Base of what stages share with others and do not change: left out of their state."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.shared: dict[str, Shared] = {}

    def persistent_id(self, value: Any) -> str | None:
        """Name what is left out: a stage holds one of each kind."""
        if not isinstance(value, Shared):
            return None
        self.shared[type(value).__name__] = value
        return type(value).__name__


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: dict[str, Shared]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, name: Any) -> Shared:
        """Put back what was left out."""
        return self._shared[name]


def dump(stage: Any) -> bytes:
    """Write the state of a stage."""
    return _dump(stage)[0]


def load(state: bytes, fresh: Any) -> Any:
    """Read a stage; what it shares is what a fresh stage of the same kind has."""
    return _Unpickler(io.BytesIO(state), _dump(fresh)[1]).load()


def _dump(stage: Any) -> tuple[bytes, dict[str, Shared]]:
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(stage)
    return file.getvalue(), pickler.shared

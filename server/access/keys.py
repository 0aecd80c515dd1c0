"""The folder of what is secret: the file of keys, and the secret that signs room tokens.

Both are readable by their owner alone. A running server reads the keys anew when the file has changed, so
that a key which is revoked is worth nothing at once.
"""

import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from server.access.auth import SECRET_BYTES, Access, Key, Role
from server.config import data_folder
from server.wire.schema import to_plain
from streaming.errors import ConfigError, InputError

KEYS, SECRET = "keys.json", "secret"
OWNER_ONLY = 0o600

log = logging.getLogger(__name__)


def folder(named: str) -> Path:
    """Find the folder that a configuration names; empty: the user's own."""
    return Path(named) if named else data_folder()


class KeyFile:
    """The keys of one server."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / KEYS

    def read(self) -> dict[str, Key] | None:
        """Give the keys by their id; `None`: none was ever made.

        Raises:
            ConfigError: the file cannot be read, or does not hold keys.
        """
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            keys = [Key(**{**entry, "role": Role(entry["role"])}) for entry in content["keys"]]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self.path}: the keys cannot be read ({error.strerror})") from error
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{self.path}: not a file of keys as 'dragoman keys add' writes it") from error
        return {key.id: key for key in keys}

    def add(self, key: Key) -> None:
        """Keep a key."""
        self._write({**(self.read() or {}), key.id: key})

    def revoke(self, id: str) -> Key:
        """Forget a key; a server without keys that once had some stays closed.

        Raises:
            InputError: there is no such key.
        """
        keys = self.read() or {}
        if id not in keys:
            raise InputError(f"there is no key {id!r}; 'dragoman keys list' shows those that are")
        revoked = keys.pop(id)
        self._write(keys)
        return revoked

    def _write(self, keys: Mapping[str, Key]) -> None:
        content = json.dumps({"keys": [to_plain(key) for key in keys.values()]}, indent=1)
        written = self.path.with_suffix(".new")
        try:
            _make(self.path.parent)
            written.unlink(missing_ok=True)
            _create(written, f"{content}\n".encode())
            written.replace(self.path)
        except OSError as error:
            raise InputError(f"{self.path}: the keys cannot be written ({error.strerror})") from error


def watched(folder: Path) -> Callable[[], Access]:
    """Give a function that tells who may enter now: the keys are read when their file changes.

    A server that has begun closed never opens: keys that vanish, or can no longer be read, admit nobody new.

    Raises:
        ConfigError: the keys or the secret cannot be read.
    """
    file, signing = KeyFile(folder), secret(folder)
    seen, access = _stamp(file.path), Access(signing, file.read())

    def current() -> Access:
        nonlocal seen, access
        stamp = _stamp(file.path)
        if stamp != seen:
            seen = stamp
            try:
                keys = file.read()
            except ConfigError as error:
                log.error("%s; nobody new enters with a key until it can", error)
                keys = {}
            access = Access(signing, {} if keys is None and not access.open else keys)
        return access

    return current


def secret(folder: Path) -> bytes:
    """Read the secret that signs room tokens; it is made at the first start.

    Raises:
        ConfigError: it cannot be read or written, is too short, or others can read it.
    """
    path = folder / SECRET
    try:
        if not path.exists():
            _make(folder)
            _create(path, secrets.token_bytes(SECRET_BYTES))
        mode, content = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the secret of the room tokens: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigError(f"{path}: only its owner may read the secret of the room tokens: chmod 600")
    if len(content) < SECRET_BYTES:
        raise ConfigError(f"{path}: a secret has at least {SECRET_BYTES} bytes; remove it to have a new one")
    return content


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _create(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with open(descriptor, "wb") as file:
        file.write(content)


def _stamp(path: Path) -> Any:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

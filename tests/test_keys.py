"""The folder of secrets: what is written, who can read it, and what a running server notices."""

import json
import os
from pathlib import Path

import pytest

from server.access import keys
from server.access.auth import OPEN, Key, Role, new_key
from server.access.keys import KeyFile, secret, watched
from server.config import data_folder
from streaming.errors import ConfigError, InputError, UnauthorizedError

NOW = 1_800_000_000.0


def made(folder: Path, name: str = "ann", role: Role = Role.SPEAKER) -> tuple[str, Key]:
    text, key = new_key(name, role, None, NOW)
    KeyFile(folder).add(key)
    return text, key


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_keys_are_kept_as_hashes_for_their_owner_alone(tmp_path: Path) -> None:
    text, key = made(tmp_path / "deep" / "folder")
    path = tmp_path / "deep" / "folder" / "keys.json"
    assert KeyFile(path.parent).read() == {key.id: key}
    assert text not in path.read_text()
    assert text.split("_", 2)[2] not in path.read_text()
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_a_new_key_leaves_the_others(tmp_path: Path) -> None:
    first, second = made(tmp_path)[1], made(tmp_path, "bob")[1]
    assert list(KeyFile(tmp_path).read() or {}) == [first.id, second.id]
    assert KeyFile(tmp_path).revoke(first.id) == first
    assert list(KeyFile(tmp_path).read() or {}) == [second.id]
    with pytest.raises(InputError, match="there is no key"):
        KeyFile(tmp_path).revoke(first.id)


def test_no_file_is_not_an_empty_one(tmp_path: Path) -> None:
    assert KeyFile(tmp_path).read() is None
    _, key = made(tmp_path)
    KeyFile(tmp_path).revoke(key.id)
    assert KeyFile(tmp_path).read() == {}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"keys": [3]}', '{"keys": [{"role": "god"}]}', '{"keys": [{"role": "admin"}]}'],
)
def test_a_file_of_something_else_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(ConfigError, match="not a file of keys"):
        KeyFile(tmp_path).read()
    with pytest.raises(ConfigError, match="not a file of keys"):
        watched(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="the keys cannot be "):
        made(tmp_path / "file")
    with pytest.raises(ConfigError, match="the secret of the room tokens"):
        secret(tmp_path / "file")


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = secret(tmp_path / "new")
    assert len(first) == 32
    assert secret(tmp_path / "new") == first
    assert mode(tmp_path / "new" / "secret") == 0o600
    assert secret(tmp_path / "other") != first


def test_a_secret_that_others_can_read_is_none(tmp_path: Path) -> None:
    secret(tmp_path)
    (tmp_path / "secret").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret(tmp_path)


def test_a_short_secret_is_none(tmp_path: Path) -> None:
    secret(tmp_path)
    (tmp_path / "secret").write_bytes(b"hunter2")
    with pytest.raises(ConfigError, match="at least 32 bytes"):
        secret(tmp_path)


def test_a_running_server_notices_keys_that_come_and_go(tmp_path: Path) -> None:
    current = watched(tmp_path)
    assert current().open
    assert current().grant(None, NOW) == OPEN
    text, key = made(tmp_path)
    assert current().grant(text, NOW).name == "ann"
    assert current() is current()
    KeyFile(tmp_path).revoke(key.id)
    with pytest.raises(UnauthorizedError):
        current().grant(text, NOW)


@pytest.mark.parametrize("spoil", [os.unlink, lambda path: path.write_text("{")])
def test_a_closed_server_never_opens_by_itself(
    tmp_path: Path, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    text, _ = made(tmp_path)
    current = watched(tmp_path)
    assert current().grant(text, NOW).name == "ann"
    spoil(tmp_path / "keys.json")  # type: ignore[operator]
    for credential in (None, text):
        with pytest.raises(UnauthorizedError):
            current().grant(credential, NOW)
    assert not current().open
    assert text not in caplog.text
    made(tmp_path / "elsewhere")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": []}))
    assert not current().open


def test_the_folder_is_the_users_own_unless_named() -> None:
    assert keys.folder("") == data_folder()
    assert keys.folder("/srv/k") == Path("/srv/k")

"""The folder of recordings: one server has it, and none destroys what is another's."""

import logging
import os
from pathlib import Path

import pytest

from server import config, demo
from server.app import create_app, serve
from server.config import Config, RecordingsConfig, ServerConfig
from server.interpretation import models
from server.recordings.folder import Folder, default_folder
from server.rooms.eventlog import EventLog
from streaming.errors import ConfigError
from streaming.scripted import speak
from tests.served import engines, serving, until
from tests.test_conference import TALK, house

REFUSED = r"another server has its recordings there.*\[recordings\] folder"


def test_one_server_at_a_time_has_it(tmp_path: Path) -> None:
    first, second = Folder(str(tmp_path / "own")), Folder(str(tmp_path / "own"))
    with first, first:
        with pytest.raises(ConfigError, match=REFUSED), second:
            pass
        with Folder(str(tmp_path / "other")):
            pass
    with second:
        pass


def test_where_nothing_can_be_written_nothing_needs_a_lock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING), Folder(str(tmp_path / "file" / "in it")):
        assert "cannot be kept from other servers: Not a directory" in caplog.text


def test_a_second_server_is_refused_before_the_models_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load_engines", lambda config, say: pytest.fail("loaded"))
    with Folder(), pytest.raises(ConfigError, match=REFUSED):
        serve(config.load(server={"port": 0}, events={"path": "memory"}))


async def test_what_a_running_server_records_is_left_alone(tmp_path: Path) -> None:
    own = Config(ServerConfig(grace=30), recordings=RecordingsConfig(folder=str(tmp_path)))
    async with house(config=own) as here:
        await here.open(recording=True)
        speaker = await here.speaker()
        await speaker.play(speak(TALK))
        growing = tmp_path / "rooms" / "hall" / "s1-0.000.flac.part"
        await until(growing.exists)
        app = create_app(engines(), own)
        with pytest.raises(ConfigError, match=REFUSED):
            async with app.router.lifespan_context(app):
                pass
        assert growing.exists()


@pytest.mark.parametrize("durable", [True, False])
async def test_a_log_in_memory_knows_of_no_strays(tmp_path: Path, durable: bool) -> None:
    room = default_folder() / "rooms" / "congress"
    room.mkdir(parents=True, exist_ok=True)
    os.utime(room, (1, 1))
    async with serving(log=EventLog(tmp_path / "events.db" if durable else None)) as served:
        await served.app.state.hall.tidy(0.0)
    assert room.exists() is not durable


def test_the_demonstration_touches_nothing_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(demo._settings(str(tmp_path)), encoding="utf-8")
    own = config.load(path)
    assert own.events.file is None
    assert (own.access.folder, own.recordings.folder) == (str(tmp_path), str(tmp_path))

"""The configuration: defaults, file, overrides, and clear words about mistakes."""

from pathlib import Path

import pytest

from server.config import Config, load
from streaming.errors import ConfigError


def test_defaults() -> None:
    config = load()
    assert config == Config()
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8765)


def test_the_file_is_read_and_overrides_win(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(
        '[server]\nport = 9000\nmax_sessions = 3\n[translation]\nmodels = ["a", "b"]\n'
        '[recognition]\nmodel = "tiny"\n[speech]\nengine = "none"\n'
    )
    config = load(path, server={"port": 9001, "host": None}, recognition={"device": "cpu"})
    assert (config.server.host, config.server.port, config.server.max_sessions) == ("127.0.0.1", 9001, 3)
    assert config.translation.models == ("a", "b")
    assert (config.recognition.model, config.recognition.device) == ("tiny", "cpu")
    assert config.speech.engine == "none"


def test_recognition_is_configured(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text('[recognition]\npreset = "fast"\nlanguages = ["en", "zh"]\nchinese = "traditional"\n')
    found = load(path).recognition
    assert (found.preset, found.languages, found.chinese) == ("fast", ("en", "zh"), "traditional")


def test_translation_is_configured(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text('[translation]\npreset = "steady"\n')
    assert load(path).translation.preset == "steady"
    assert load().translation.preset == "balanced"


def test_models_may_be_auto(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text('[translation]\nmodels = "auto"\n')
    assert load(path).translation.models == "auto"
    assert load(translation={"models": ("a",)}).translation.models == ("a",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[server]\nprot = 1\n",
            r"server: unknown field 'prot' \(did you mean 'port'\?\); allowed: host, port",
        ),
        (
            "[sever]\nport = 1\n",
            r"unknown field 'sever' \(did you mean 'server'\?\); allowed: server",
        ),
        ('[server]\nport = "1"\n', r"server\.port: expected integer, got '1'"),
        ("[server]\nport = true\n", r"server\.port: expected integer, got True"),
        ("[server]\nport = 65536\n", r"server\.port: expected 0 … 65535, got 65536"),
        ("[server]\nmax_sessions = 0\n", r"server\.max_sessions: expected 1 … "),
        ("[recognition]\nworkers = -1\n", r"recognition\.workers: expected 0 … "),
        ('[speech]\nengine = "festival"\n', r'speech\.engine: expected "auto" or "espeak" or "none"'),
        ('[recognition]\npreset = "slow"\n', r'preset: expected "fast" or "balanced" or "steady", got '),
        ('[translation]\npreset = "slow"\n', r'preset: expected "fast" or "balanced" or "steady", got '),
        ("[translation]\nmodels = 3\n", r'translation\.models: expected "auto" or list of string, got 3'),
        (
            '[access]\norigins = ["talk.example.org"]\n',
            r"access\.origins: expected one as https://talk\.example",
        ),
        ("server = 3\n", r"configuration\.server: expected an object, got 3"),
        ("[server\n", r"this is not TOML"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "nothing.toml")


def test_a_wrong_override() -> None:
    with pytest.raises(ConfigError, match=r"server\.port: expected 0"):
        load(server={"port": 70_000})


PATHS = [
    ("server", "certificate"),
    ("server", "key"),
    ("access", "folder"),
    ("recognition", "model"),
    ("events", "path"),
    ("packs", "folder"),
    ("recordings", "folder"),
    ("recordings", "root"),
]


@pytest.mark.parametrize(("section", "key"), PATHS)
def test_the_users_own_folder_may_be_written_short(
    monkeypatch: pytest.MonkeyPatch, section: str, key: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    values = {"certificate": "x", "key": "x"} if section == "server" else {}
    found = load(None, **{section: {**values, key: "~/there"}})
    assert getattr(getattr(found, section), key) == "/home/ann/there"


@pytest.mark.parametrize("key", ["models", "small", "large"])
def test_the_users_own_folder_may_be_written_short_in_lists(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    found = load(translation={key: ("~/there", "opus-mt-en-zh")}).translation
    assert getattr(found, key) == ("/home/ann/there", "opus-mt-en-zh")


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        ("https://talk.example.org", True),
        ("http://Talk.Example.org:8080/", True),
        ("http://[::1]:8080", True),
        ("tauri://localhost", True),
        ("talk.example.org", False),
        ("localhost:8080", False),
        ("https://", False),
        ("https://talk.example.org/desk", False),
        ("https://ann@talk.example.org", False),
        ("https://talk.example.org?x", False),
        ("http://[", False),
        ("null", False),
        ("*", False),
        ("", False),
    ],
)
def test_an_origin_is_a_scheme_and_a_host(origin: str, good: bool) -> None:
    if good:
        assert load(access={"origins": (origin,)}).access.origins == (origin,)
        return
    with pytest.raises(ConfigError, match=r"expected one as https://talk\.example\.org"):
        load(access={"origins": (origin,)})

"""The commands of whoever runs a server."""

from pathlib import Path

import pytest

from server.__main__ import main
from server.access.auth import Access, Grant, Role
from server.access.keys import KeyFile


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "dragoman.toml"
    path.write_text(f'[access]\nfolder = "{tmp_path / "secrets"}"\n')
    return str(path)


def test_a_key_is_shown_once_listed_and_revoked(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "add", "Ann", "--role", "speaker", "--room", "hall", "--config", config]) == 0
    shown, told = capsys.readouterr()
    text, file = shown.strip(), KeyFile(tmp_path / "secrets")
    assert "from now on nobody enters without" in told
    assert text not in told
    assert Access(b"", file.read()).grant(text, 0.0) == Grant(Role.SPEAKER, "hall", "Ann")
    assert main(["keys", "add", "Bob", "--role", "admin", "--config", config]) == 0
    assert "from now on" not in capsys.readouterr().err
    assert main(["keys", "list", "--config", config]) == 0
    head, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head == ["ID", "NAME", "ROLE", "ROOM", "MADE"]
    assert [row[1:4] for row in rows] == [["Ann", "speaker", "hall"], ["Bob", "admin", "all"]]
    assert main(["keys", "revoke", rows[0][0], "--config", config]) == 0
    assert "of Ann opens nothing any more" in capsys.readouterr().err
    assert list(file.read() or {}) == [rows[1][0]]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["add", "Ann", "--role", "god"],
            "one of the roles admin, operator, interpreter",
        ),
        (["add", "Ann", "--role", "speaker", "--room", "A b"], "a room is called by"),
        (["add", "Ann"], "--role"),
        (["revoke", "x"], "there is no key 'x'"),
        ([], "ACTION"),
    ],
)
def test_mistakes_are_one_line(
    config: str, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--config", config] if arguments else []
    assert main(["keys", *arguments, *options]) == 2
    out, told = capsys.readouterr()
    assert (out, len(told.splitlines())) == ("", 1)
    assert complaint in told


def test_the_help_names_every_role(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["keys", "add", "--help"])
    told = capsys.readouterr().out
    assert all(role in told for role in Role)


def test_a_configuration_is_checked(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", config]) == 0
    assert "all keys are known" in capsys.readouterr().err
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[limits]\nlistner = 3\n")
    assert main(["config", "check", str(wrong)]) == 2
    assert "unknown field 'listner' (did you mean 'listeners'?)" in capsys.readouterr().err
    assert main(["config", "check", str(tmp_path / "none.toml")]) == 2
    wrong.write_text('[translation]\nlarge = ["nothing"]\n')
    assert main(["config", "check", str(wrong)]) == 2
    told = capsys.readouterr().err
    assert f"{wrong}: translation.large: there is no translator nothing: name a folder" in told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[recognition]\nmodel = "larg-v3"\n', "there is no recognizer 'larg-v3'"),
        ('[recognition]\nmodel = "~/none"\n', "/none': a folder with model.bin was expected"),
        ('[recognition]\ndevice = "gpu"\n', 'recognition.device: expected "auto" or "cpu" or "cuda", got'),
        (
            '[recognition]\ncompute_type = "int9"\n',
            'recognition.compute_type: expected "default" or',
        ),
        (
            '[recognition]\nlanguages = ["english"]\n',
            "recognition.languages: expected a code as en or zh",
        ),
        ('[packs]\nuse = ["nope"]\n', "there is no domain pack 'nope'"),
        ('[recordings]\nroot = "/no/such"\n', "[recordings] root: a folder was expected, /no/such is none"),
        ('[server]\ncertificate = "/no/cert"\nkey = "/no/key"\n', "/no/cert: there is no such file for TLS"),
        ('[access]\norigins = ["talk.example.org"]\n', "expected one as https://talk.example.org"),
    ],
)
def test_what_a_server_could_not_start_with_is_found_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert main(["config", "check", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"dragoman: {path}: ") and complaint in told and told.count("\n") == 1


def test_a_model_that_is_still_to_be_downloaded_is_none_of_the_checks_affair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(name: str, repository: str) -> Path:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr("asr.models._download", download)
    path = tmp_path / "right.toml"
    for name in ("large-v3", "somebody/whisper-of-theirs", "auto"):
        path.write_text(f'[recognition]\nmodel = "{name}"\ndevice = "cuda"\nlanguages = ["zh-CN", "yue"]\n')
        assert main(["config", "check", str(path)]) == 0


def test_the_configuration_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    shown = tmp_path / "shown.toml"
    shown.write_text(capsys.readouterr().out)
    assert "#port = 8765" in shown.read_text()
    assert main(["config", "check", str(shown)]) == 0

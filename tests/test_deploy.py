"""Container and unit: their steps are the README's commands, and what they start is what there is."""

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from server import config
from server.__main__ import _parser
from server.config import Config

HOUSE = Path(__file__).parent.parent
DEPLOY = HOUSE / "server" / "deploy"
INSTALLED = "/opt/dragoman/"


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says, a pair for each instruction."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.M).replace("\\\n", "")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word
    ]


def words(name: str) -> list[str]:
    (found,) = [rest for word, rest in instructions() if word == name]
    return [str(word) for word in re.findall(r'"([^"]+)"', found)]


def unit() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "dragoman.service")
    return parser


def here(path: str) -> Path:
    """The file in this checkout that a path of the container or of the unit means."""
    return HOUSE / path.removeprefix(INSTALLED)


def test_the_container_is_made_by_the_readmes_commands() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    allowed = (r"script/setup( \w+)?", r"command -v python3 \|\| \(apt-get .*\)", r"useradd --system .*")
    for run in runs:
        assert any(re.fullmatch(pattern, run) for pattern in allowed), run
    assert "script/setup tts" in runs
    assert [rest for word, rest in instructions() if word == "WORKDIR"] == [INSTALLED.rstrip("/")]
    setup = (HOUSE / "script" / "setup").read_text()
    assert 'pip install --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}"' in setup


def test_the_container_starts_what_there_is() -> None:
    assert words("ENTRYPOINT") == ["dragoman"]
    parsed = _parser().parse_args(words("CMD"))
    assert here(str(parsed.config)) == DEPLOY / "dragoman.toml"
    (port,) = [rest for word, rest in instructions() if word == "EXPOSE"]
    (check,) = [rest for word, rest in instructions() if word == "HEALTHCHECK"]
    assert int(port) == Config().server.port
    assert f'"server/deploy/health.py", "127.0.0.1:{port}"' in check
    users = [word for word, _ in instructions() if word in ("USER", "ENTRYPOINT")]
    assert users == ["USER", "ENTRYPOINT"], "it does not run as root"


def test_the_unit_starts_what_there_is() -> None:
    program, *arguments = shlex.split(unit()["Service"]["ExecStart"])
    assert program == f"{INSTALLED}.venv/bin/dragoman"
    parsed = _parser().parse_args(arguments)
    assert here(str(parsed.config)) == DEPLOY / "dragoman.toml"


def test_the_unit_sees_the_gpu_and_no_other_device() -> None:
    service = unit()["Service"]
    assert (service["PrivateDevices"], service["DevicePolicy"]) == ("no", "closed")
    assert service["DeviceAllow"] == "char-nvidia* rw", "/dev/nvidia0, nvidiactl, nvidia-uvm"


def test_there_is_time_to_drain() -> None:
    wanted = config.load(DEPLOY / "dragoman.toml").server.drain_seconds
    assert int(unit()["Service"]["TimeoutStopSec"]) > wanted + 5
    (grace,) = re.findall(r"stop_grace_period: (\d+)s", (DEPLOY / "compose.yaml").read_text())
    assert int(grace) > wanted + 5


def test_secrets_are_kept_where_there_is_a_volume() -> None:
    folder = config.load(DEPLOY / "dragoman.toml").access.folder
    assert ("VOLUME", folder) in instructions()
    assert f"dragoman:{folder}" in (DEPLOY / "compose.yaml").read_text()
    assert folder == f"/var/lib/{unit()['Service']['StateDirectory']}"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    text = (DEPLOY / "dragoman.service").read_text()
    program = shlex.split(unit()["Service"]["ExecStart"])[0]
    copy = tmp_path / "dragoman.service"
    copy.write_text(text.replace(program, "/bin/true"))  # it wants to see the program
    told = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    complaints = [line for line in told.stderr.splitlines() if "dragoman.service" in line]
    assert complaints == []


def test_docker_understands_the_compose_file() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker on this machine")
    command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if "is not a docker command" in told.stderr or "unknown" in told.stderr:
        pytest.skip("docker without compose on this machine")
    assert (told.returncode, told.stderr) == (0, "")

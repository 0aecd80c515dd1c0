"""TLS: a self-signed certificate made here, and what cannot be used."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from server import app
from server.config import AccessConfig, Config, ServerConfig
from server.wire.codec import decode, encode
from server.wire.messages import Ready, Start
from streaming.errors import ConfigError
from tests.served import serving

HOUSE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine: nothing to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [openssl, *request, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    return certificate, key


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    found = app.tls_context(ServerConfig(certificate=str(certificate), key=str(key)))
    assert found is not None
    return found


async def test_sessions_and_requests_are_encrypted(pair: tuple[Path, Path]) -> None:
    trusted = ssl.create_default_context(cafile=pair[0])
    async with serving(tls=context(*pair)) as served:
        async with connect(served.url.replace("ws:", "wss:"), ssl=trusted) as session:
            await session.send(encode(Start("en")))
            assert isinstance(decode(str(await session.recv())), Ready)
        async with httpx2.AsyncClient(base_url=f"https://{served.address}", verify=trusted) as http:
            assert (await http.get("/readyz")).status_code == 200
        with pytest.raises(ssl.SSLError):
            await connect(served.url.replace("ws:", "wss:"))  # nobody vouches for the certificate
        with pytest.raises(Exception, match="did not receive a valid HTTP response"):
            await connect(served.url)


@pytest.mark.parametrize("encrypted", [False, True])
async def test_the_containers_check_asks_with_and_without_tls(
    pair: tuple[Path, Path], encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "server/deploy/health.py"]
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a proxy is no way to this machine
    monkeypatch.delenv("no_proxy", raising=False)
    async with serving(tls=context(*pair) if encrypted else None) as served:
        asked = await asyncio.create_subprocess_exec(*command, served.address, cwd=HOUSE)
        assert await asked.wait() == 0
        served.app.state.house.health.problems = lambda: ["an engine is stuck"]
        asked = await asyncio.create_subprocess_exec(*command, served.address, cwd=HOUSE)
        assert await asked.wait() == 1
    asked = await asyncio.create_subprocess_exec(*command, served.address, cwd=HOUSE)
    assert await asked.wait() == 1


def test_no_certificate_no_tls() -> None:
    assert app.tls_context(ServerConfig()) is None


def test_what_cannot_be_used_is_told_before_anything_is_loaded(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    certificate, key = pair
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(ConfigError, match=r"missing\.pem: there is no such file"):
        context(certificate, tmp_path / "missing.pem")
    for wrong in ((broken, key), (certificate, broken), (certificate, certificate)):
        with pytest.raises(ConfigError, match="TLS cannot use them"):
            context(*wrong)
    server = ServerConfig(port=0, certificate=str(broken), key=str(key))
    with pytest.raises(ConfigError, match="TLS cannot use them"):
        app.serve(Config(server, AccessConfig(folder=str(tmp_path))))


def test_a_key_with_a_passphrase_is_refused_and_not_asked_for(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    locked, openssl = tmp_path / "locked.pem", shutil.which("openssl")
    assert openssl
    command = [openssl, "ec", "-in", pair[1], "-aes256", "-passout", "pass:secret", "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(ConfigError, match="TLS cannot use them"):
        context(pair[0], locked)


def test_the_announcement_says_wss(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    from server.interpretation.languages import Languages
    from tests.served import engines

    with app.bound("127.0.0.1", 0) as listener:
        app.announce(listener, context(*pair), Languages(engines()))
        address = app.address_of(listener)
    assert capsys.readouterr().out.startswith(f"listening on https://{address}/ and wss://{address}/v1/live ")


def test_an_open_server_on_a_network_warns(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from server.access.auth import Access

    for host, keys, warns in (("127.0.0.1", None, 0), ("0.0.0.0", {}, 0), ("0.0.0.0", None, 1)):
        caplog.clear()
        with socket.socket() as listener:
            listener.bind((host, 0))
            app.warn_if_open(listener, Access(bytes(32), keys))
        assert [record.levelname for record in caplog.records] == ["WARNING"] * warns
    assert "ANYBODY WHO REACHES 0.0.0.0:" in caplog.text

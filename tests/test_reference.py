"""The reference of the configuration: whole, true, and what the README shows is possible."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from server import config, reference
from server.config import Config, PacksConfig, data_folder
from server.interpretation import pack, packs
from server.wire.schema import from_plain, hints

HOUSE = Path(__file__).parent.parent


def test_what_is_shown_is_a_configuration_that_changes_nothing() -> None:
    assert from_plain(Config, tomllib.loads(reference.toml()), "configuration") == Config()


def test_every_default_that_is_shown_is_the_default() -> None:
    told = re.sub(r"^#(\w+ = )", r"\1", reference.toml(), flags=re.M)
    content = tomllib.loads(told)
    assert from_plain(Config, content, "configuration") == Config()
    shown = {(section, key) for section, keys in content.items() for key in keys}
    assert shown == {(s.name, k.name) for s in fields(Config) for k in fields(hints(Config)[s.name])}


@pytest.mark.parametrize("section", [field.name for field in fields(Config)])
def test_every_key_says_what_it_means(section: str) -> None:
    kind = hints(Config)[section]
    assert set(reference.docs(kind)) == {field.name for field in fields(kind)}
    assert all(text.endswith(".") for text in reference.docs(kind).values())


@pytest.mark.parametrize("path", ["README.md", "README.zh-CN.md", "server/deploy/dragoman.toml"])
def test_what_is_written_elsewhere_is_possible(path: str, tmp_path: Path) -> None:
    text = (HOUSE / path).read_text(encoding="utf-8")
    blocks = [text] if path.endswith(".toml") else re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)
    assert blocks
    for block in blocks:
        (tmp_path / "dragoman.toml").write_text(block, encoding="utf-8")
        config.load(tmp_path / "dragoman.toml")


@pytest.mark.parametrize("path", ["README.md", "README.zh-CN.md"])
def test_the_pack_that_is_shown_is_in_order(path: str, tmp_path: Path) -> None:
    (shown,) = re.findall(
        r"/(robots\.toml) <<'END'\n(.*?)^END", (HOUSE / path).read_text("utf-8"), re.M | re.S
    )
    (tmp_path / shown[0]).write_text(shown[1], encoding="utf-8")
    found = pack.read(tmp_path / shown[0])
    assert (found.name, found.verbatim, len(found.entries)) == ("robots", ("PyTorch",), 1)
    assert found.hot_words and found.replacements and found.prompt


def test_the_folder_of_packs_is_named() -> None:
    named = str(packs.folder().relative_to(data_folder().parent))
    assert named in reference.docs(PacksConfig)["folder"]

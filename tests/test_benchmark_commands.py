"""The commands that documents name as the source of their figures are there, and take what they are given."""

import argparse
import importlib
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md",
    "README.zh-CN.md",
    "embedded/asr-en-zh/README.md",
    "embedded/mt-en-zh-es-de/README.md",
)
COMMAND = re.compile(r"`(DRAGOMAN_DATA=DATA )?python -m (benchmarks\.\w+)([^`]*)`")
FOREIGN = ("translation", "targets", "terms")
"""Those that measure on nothing but what does not come with the project."""


class Understood(Exception):
    """The command line was read."""


def commands() -> Iterator[tuple[str, str, str, str]]:
    for document in DOCUMENTS:
        for found in COMMAND.finditer((HOUSE / document).read_text("utf-8").replace("\n", " ")):
            data, module, given = found.groups("")
            yield document, data, module, given


@pytest.mark.parametrize(("document", "data", "module", "given"), [*commands()])
def test_a_command_of_a_document_is_understood(
    document: str, data: str, module: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = argparse.ArgumentParser.parse_args

    def understood(self: argparse.ArgumentParser, *rest: Any) -> None:
        read(self, *rest)
        raise Understood

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", understood)
    monkeypatch.setattr(sys, "argv", [module, *shlex.split(given)])
    with pytest.raises(Understood):
        importlib.import_module(module).main()
    if document.startswith("README"):
        assert data or module.rpartition(".")[2] not in FOREIGN, "it prints nothing without its data"


@pytest.mark.parametrize("name", ["translation", "targets", "embedded_translator"])
def test_without_its_data_a_benchmark_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRAGOMAN_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", [name])
    with pytest.raises(SystemExit, match="DRAGOMAN_DATA"):
        importlib.import_module(f"benchmarks.{name}").main()


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_both_languages_name_the_same_commands(document: str) -> None:
    named = [found[1:] for found in commands() if found[0] == document]
    assert named == [found[1:] for found in commands() if found[0] == "README.md"]
    assert len(named) >= 9

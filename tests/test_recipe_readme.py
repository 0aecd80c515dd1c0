"""The recipes' commands exist as they are written down, and each program is told of."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
RECIPE = HOUSE / "embedded" / "recipe"
TOLD = [
    RECIPE / "README.md",
    *(HOUSE / "embedded" / name / "README.md" for name in ("asr-en-zh", "mt-en-zh-es-de")),
    *RECIPE.glob("*.py"),
]
COMMAND = re.compile(r"python -m ((?:embedded\.recipe|benchmarks)\.\w+)((?:[^`\n\\]|\\\n)*)")


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Modules and the options that they are given."""
    return [(module, re.findall(r"--[a-z-]+", options)) for module, options in COMMAND.findall(text)]


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_every_command_exists_with_its_options(path: Path) -> None:
    for module, options in commands(path.read_text(encoding="utf-8")):
        program = HOUSE.joinpath(*module.split(".")).with_suffix(".py")
        written = program.read_text(encoding="utf-8")
        assert "def main()" in written
        assert [option for option in options if f'"{option}"' not in written] == [], module


def test_every_program_of_the_recipe_is_in_its_readme() -> None:
    programs = {path.stem for path in RECIPE.glob("*.py") if "def main()" in path.read_text(encoding="utf-8")}
    told = commands((RECIPE / "README.md").read_text(encoding="utf-8"))
    assert {module.split(".")[-1] for module, _ in told} - {"embedded"} == programs


def test_links_lead_somewhere() -> None:
    for path in (HOUSE / "README.md", HOUSE / "README.zh-CN.md", *TOLD[:3]):
        for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            assert link.startswith("http") or (path.parent / link).exists(), f"{path}: {link}"

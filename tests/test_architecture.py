"""The house rules, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = ("streaming", "asr", "mt", "tts", "embedded", "server")
MAY_IMPORT = {
    "streaming": {"streaming"},
    "asr": {"asr", "streaming"},
    "mt": {"mt", "streaming"},
    "tts": {"tts", "streaming"},
    "embedded": {"embedded", "streaming"},
    "server": set(ROOMS),
}
HOME_OF = {
    "faster_whisper": {"asr/whisper.py"},
    "ctranslate2": {"asr/conversion.py", "asr/whisper.py", "mt/conversion.py", "mt/ctranslate.py"},
    "ahocorasick": {"streaming/matching.py"},
    "sentencepiece": {"mt/conversion.py", "mt/ctranslate.py"},
    "torch": {"mt/conversion.py"},
    "transformers": {"mt/conversion.py"},
    "onnxruntime": {"asr/silero.py"},
    "opencc": {"streaming/script.py"},
    "espeakng_loader": {"tts/espeak.py", "tts/espeak_process.py"},
    "av": {"streaming/decode.py"},
    "soxr": {"streaming/decode.py"},
    "sentencex": {"streaming/marks.py"},
    "sqlite3": {"server/rooms/eventlog.py", "server/recordings/jobstore.py"},
    "jwt": {"server/access/auth.py"},
    "prometheus_client": {"server/monitoring/metrics.py"},
}
"""Heavy library → the only files that may import it."""
WAITING = {
    "streaming": {"batching", "pipeline", "simulate"},
    "tts": {"espeak"},
    "server": {"administration", "app", "demo", "house"},
    "server/access": {"door"},
    "server/client": {"client", "notices", "playback", "replay"},
    "server/connections": {"connection", "session"},
    "server/http": {"pages", "uploads"},
    "server/interpretation": {"hub", "models", "packs", "usage"},
    "server/monitoring": {"health", "meter"},
    "server/recordings": {"accurate", "jobs", "jobstore", "recordings", "transcriptions"},
    "server/rooms": {
        *("chores", "conference", "eventlog", "floor", "hall", "inlet", "journal", "operation", "recall"),
        *("promises", "tape", "trade"),
    },
    "server/wire": {"outbox"},
}
"""Folder → the only files of it that may wait, tell the time, or start threads and processes."""
WAITS = {"asyncio", "time", "threading", "concurrent", "multiprocessing", "subprocess", "socket", "random"}
ORDER = (
    {"errors"},
    {"audio", "words", "pace", "queueing", "state"},
    {"captions", "decode", "marks", "matching", "script"},
    {"stages"},
    {"pipeline", "batching", "simulate", "scripted"},
)
"""Inside `streaming` a file imports only from the rows above its own."""
FLOORS = (
    {"wire"},
    {"config"},
    {"access", "interpretation", "records", "http"},
    {"monitoring", "recordings", "rooms"},
    {"house"},
    {"connections", "client"},
)
"""Inside `server` too, for folders and the files beside them; those not named here may import all."""


def sources() -> list[Path]:
    # The recipes are programs that make models, not part of the running house.
    found = [path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py"))]
    return [path for path in found if "recipe" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom(level=level) if level:
                raise AssertionError(f"{path}: imports are absolute")


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


@pytest.mark.parametrize("path", sources(), ids=name)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0]
    for module in imports(path):
        top = module.split(".")[0]
        assert top not in {"tests", "benchmarks"}, f"{name(path)} imports {module}"
        assert top not in ROOMS or top in MAY_IMPORT[room], f"{name(path)} imports {module}"
        assert not module.startswith("embedded.recipe"), f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", sources(), ids=name)
def test_a_heavy_library_lives_in_one_file(path: Path) -> None:
    for module in imports(path):
        homes = HOME_OF.get(module.split(".")[0])
        assert homes is None or name(path) in homes, f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", sources(), ids=name)
def test_what_decides_does_not_wait(path: Path) -> None:
    found = {module.split(".")[0] for module in imports(path)} & WAITS
    may = path.stem in WAITING.get(path.parent.relative_to(HOUSE).as_posix(), ())
    assert may or not found, f"{name(path)} imports {found}"
    assert found or not may, f"{name(path)} waits no longer: strike it off the list"


def test_the_lists_name_files_that_are_there() -> None:
    waiting = {f"{folder}/{stem}.py" for folder, stems in WAITING.items() for stem in stems}
    named = waiting.union(*HOME_OF.values())
    assert [path for path in named if not (HOUSE / path).is_file()] == []


def test_the_common_language_is_read_in_one_direction() -> None:
    rank = {file: i for i, row in enumerate(ORDER) for file in row}
    for path in sorted((HOUSE / "streaming").glob("*.py")):
        if path.stem == "__init__":
            continue
        for module in imports(path):
            parts = module.split(".")
            if parts[0] == "streaming":
                assert rank[parts[1]] < rank[path.stem], f"{name(path)} imports {module}"


def part(module: str) -> str:
    """What `FLOORS` calls a module of the server: the folder or file under `server`."""
    return module.split(".")[1]


def test_the_server_is_read_in_one_direction() -> None:
    rank = {name: i for i, row in enumerate(FLOORS) for name in row}
    highest = len(FLOORS)
    for path in sorted((HOUSE / "server").rglob("*.py")):
        mine = path.relative_to(HOUSE / "server").parts[0].removesuffix(".py")
        for module in imports(path):
            if not module.startswith("server.") or part(module) == mine:
                continue
            theirs = rank.get(part(module), highest)
            assert theirs < rank.get(mine, highest + 1), f"{name(path)} imports {module}"


def test_every_folder_of_the_server_has_its_floor() -> None:
    folders = {path.parent.name for path in (HOUSE / "server").glob("*/__init__.py")}
    assert folders == {name for row in FLOORS for name in row} - {"config", "house"}


def test_no_room_for_odds_and_ends() -> None:
    for path in sources():
        assert path.stem not in {"utils", "util", "helpers", "common", "manager", "misc"}, name(path)


def test_files_are_about_one_screen_of_responsibility() -> None:
    for path in sources():
        assert len(path.read_text().splitlines()) <= 350, f"{name(path)} is too long: find the second noun"

"""Recognizers by name: a folder, the cache, the hub, and what is said where there is none."""

from pathlib import Path
from typing import Any

import pytest
from toy_whisper import write_whisper

import asr
from asr import models
from streaming.errors import ModelError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way to the hub."""
    from huggingface_hub import HfApi, constants

    def unreachable(*arguments: Any, **options: Any) -> Any:
        raise OSError("no route")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(HfApi, "model_info", unreachable)
    return tmp_path / "hub"


def put(cache: Path, repository: str) -> Path:
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / "abc"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    write_whisper(snapshot)
    return snapshot


def test_a_folder_is_found_by_its_path(cache: Path, folder: Path) -> None:
    assert asr.find(str(folder)) == folder


def test_the_cache_is_found_by_name_and_by_repository(cache: Path) -> None:
    assert asr.cached() == []
    snapshot = put(cache, "Systran/faster-whisper-tiny")
    own = put(cache, "someone/whisper-of-their-own")
    assert asr.cached() == ["tiny"]
    assert asr.find("tiny") == asr.find("Systran/faster-whisper-tiny") == snapshot
    assert asr.find("someone/whisper-of-their-own") == own


def test_no_way_to_the_hub_is_said_in_one_line(cache: Path) -> None:
    with pytest.raises(ModelError) as failure:
        asr.find("small")
    assert str(failure.value) == (
        "model 'small' is not in the cache and the hub cannot be reached; put a faster-whisper folder on "
        "this machine and name its path, or set model = 'embedded'"
    )


def test_an_unknown_name_lists_the_known(cache: Path, tmp_path: Path) -> None:
    for name in ("smal", str(tmp_path)):
        with pytest.raises(ModelError, match=r"one of tiny\.en, tiny, .*large-v3-turbo") as failure:
            asr.find(name)
        assert "\n" not in str(failure.value)


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that answers, and downloads only from the cache."""
    import huggingface_hub
    from huggingface_hub import HfApi, snapshot_download

    def local(repository: str, **options: Any) -> str:
        return str(snapshot_download(repository, **{**options, "local_files_only": True}))

    monkeypatch.setattr(HfApi, "model_info", lambda *arguments, **options: None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", local)
    monkeypatch.setattr(models, "_cached", lambda repository: None)
    return cache


def test_what_is_not_in_the_cache_is_downloaded(hub: Path) -> None:
    snapshot = put(hub, "Systran/faster-whisper-tiny")
    assert asr.find("tiny") == snapshot


def test_a_repository_of_something_else_is_refused(hub: Path) -> None:
    (put(hub, "someone/something") / "model.bin").unlink()
    with pytest.raises(
        ModelError, match=r"not a recognizer in faster-whisper's format: it has no model\.bin"
    ):
        asr.find("someone/something")


def test_a_download_that_breaks_is_said_in_one_line(hub: Path) -> None:
    with pytest.raises(ModelError, match="model 'tiny' could not be downloaded: ") as failure:
        asr.find("tiny")
    assert "\n" not in str(failure.value)


def test_a_repository_that_cannot_be_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError

    def invalid(*arguments: Any, **options: Any) -> Any:
        raise HFValidationError("no such name")

    monkeypatch.setattr(HfApi, "model_info", invalid)
    with pytest.raises(ModelError, match="the hub has no model 'a/b/c'"):
        asr.find("a/b/c")

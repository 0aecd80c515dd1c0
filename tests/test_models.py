"""Which model a name means, what `auto` takes, and what fetching says where there is no network."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest

import asr
import embedded
import mt
from asr.presets import FAMILIES
from mt.tiers import Tier
from server import config
from server.interpretation import hub, models
from server.interpretation.engines import Model
from server.interpretation.installed import configured_tiers, installed
from server.interpretation.models import EMBEDDED
from streaming.errors import ConfigError, ModelError


@dataclass(frozen=True)
class About:
    name: str
    pairs: tuple[tuple[str, str], ...]
    family: str = "opus-mt"
    licence: str = "CC-BY-4.0"


@dataclass
class World:
    """What is on this machine and in the network."""

    root: Path
    cached: list[str]
    connected: bool
    said: list[str]

    def model(self, place: str, name: str, pairs: str = "") -> Path:
        folder = self.root / place / name
        folder.mkdir(parents=True)
        (folder / "model.bin").write_text(pairs)
        return folder

    def describe(self, folder: Path) -> About:
        pairs = (folder / "model.bin").read_text().split()
        if not pairs:
            raise ModelError(f"{folder} is no translator")
        return About(folder.name, tuple((pair[:2], pair[3:]) for pair in pairs))

    def find(self, name: str) -> Path:
        if name in self.cached or self.connected:
            return Path("/cache") / name.removeprefix("large-v3-")
        raise ModelError(f"{name} is not here")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, [], False, [])
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr(asr, "cached", lambda: world.cached)
    monkeypatch.setattr(asr, "find", world.find)
    monkeypatch.setattr(mt, "describe", world.describe)
    monkeypatch.setattr(hub, "answers", lambda: world.connected)
    for kind, place in (("recognizers", "asr-*"), ("translators", "mt-*")):
        monkeypatch.setattr(embedded, kind, lambda place=place: sorted((tmp_path / "embedded").glob(place)))
    return world


def test_auto_takes_the_best_recognizer_of_the_cache(world: World) -> None:
    world.cached = ["tiny", "base", "small.en"]
    world.connected = True
    assert models.recognizer_folder("auto", world.said.append) == Path("/cache/base")
    assert not world.said


def test_auto_downloads_where_a_hub_answers_and_says_so(world: World) -> None:
    world.connected = True
    world.model("embedded", "asr-en")
    assert models.recognizer_folder("auto", world.said.append) == Path("/cache/small")
    assert len(world.said) == 1 and "small" in world.said[0]


def test_auto_takes_the_embedded_recognizer_at_last_and_says_so(world: World) -> None:
    path = world.model("embedded", "asr-en-zh")
    assert models.recognizer_folder("auto", world.said.append) == path
    assert len(world.said) == 1 and "synthetic voices" in world.said[0] and "--model" in world.said[0]


def test_a_recognizer_is_told_of_by_the_name_that_people_know(world: World) -> None:
    own, embedded = world.model("own", "mine"), world.model("embedded", "asr-en-zh")
    hub = world.model("models--Systran--faster-whisper-base/snapshots", "6a0b1c")
    world.cached = ["tiny", "base"]
    for wanted, folder, name in (
        ("embedded", embedded, "asr-en-zh"),
        ("auto", embedded, "asr-en-zh"),
        (str(own), own, "mine"),
        ("base", hub, "base"),
        ("auto", hub, "base"),
        ("Systran/faster-whisper-base", hub, "Systran/faster-whisper-base"),
        (str(hub), hub, "6a0b1c"),
    ):
        os.utime(folder / "model.bin", (1.0, 1_700_000_000.0))
        assert models.recognizer_model(wanted, folder) == Model(name, 1_700_000_000.0)


def test_a_recognizer_is_named_by_folder_or_name(world: World) -> None:
    inside, own = world.model("embedded", "asr-en-zh"), world.model("own", "mine")
    elsewhere = world.model("elsewhere", "whisper")
    world.cached = ["tiny"]
    for name, path in (
        ("asr-en-zh", inside),
        ("embedded", inside),
        ("mine", own),
        (str(elsewhere), elsewhere),
        ("tiny", Path("/cache/tiny")),
    ):
        assert models.recognizer_folder(name, world.said.append) == path
    with pytest.raises(ModelError, match="huge is not here"):
        models.recognizer_folder("huge", world.said.append)


def test_auto_takes_every_translator_and_the_embedded_one_for_what_is_left(world: World) -> None:
    own = world.model("own", "opus-mt-en-zh", "en-zh")
    world.model("own", "whisper-of-mine")
    inside = world.model("embedded", "mt-en-zh-es-de", "en-zh zh-en en-es")
    assert models.translator_folders("auto", world.said.append) == [own, inside]
    assert len(world.said) == 1 and "en→es, zh→en" in world.said[0] and "en→zh" not in world.said[0]


def test_auto_leaves_an_embedded_translator_out_that_nobody_needs(world: World) -> None:
    own = world.model("own", "opus-mt-en-zh", "en-zh")
    world.model("embedded", "mt-en-zh", "en-zh")
    assert models.translator_folders("auto", world.said.append) == [own]
    assert not world.said


def test_translators_are_named_in_order_of_preference(world: World) -> None:
    own, inside = world.model("own", "one", "en-zh"), world.model("embedded", "mt-en-zh", "en-zh")
    assert models.translator_folders(("mt-en-zh", "one"), world.said.append) == [inside, own]
    assert models.translator_folders(("embedded",), world.said.append) == [inside]
    with pytest.raises(ModelError, match="dragoman models download two"):
        models.translator_folders(("one", "two"), world.said.append)


def test_a_translator_is_loaded_once_however_often_it_is_named(world: World) -> None:
    one, two = world.model("own", "one", "en-zh"), world.model("own", "two", "en-es")
    inside = world.model("embedded", "mt-de", "de-en")
    names = ("two", "mt-de", str(one / ".." / "two"), "two", "auto")
    assert models.translator_folders(names, world.said.append) == [two, inside, one]


def tiered(**translation: object) -> config.Config:
    return config.load(None, translation=translation)


def test_a_tier_is_named_by_folder_or_name(world: World) -> None:
    own, inside = world.model("own", "one", "en-zh"), world.model("embedded", "mt-en-zh", "en-zh")
    found = tiered(small=("mt-en-zh",), large=("one", str(inside)))
    assert models.tier_folders(found, Tier.SMALL) == [inside]
    assert models.tier_folders(found, Tier.LARGE) == [own, inside]
    assert models.tier_folders(tiered(), Tier.SMALL) == models.tier_folders(tiered(), Tier.LARGE) == []


def test_a_tier_that_is_not_there_is_named_with_its_key(world: World) -> None:
    heard = world.model("own", "whisper-of-mine")
    for key in ("small", "large"):
        with pytest.raises(ModelError, match=rf"^translation\.{key}: there is no translator two: name a fol"):
            models.tier_folders(tiered(**{key: ("two",)}), Tier(key))
        with pytest.raises(ModelError, match=rf"^translation\.{key}: .*whisper-of-mine is no translator"):
            models.tier_folders(tiered(**{key: (str(heard),)}), Tier(key))


def test_auto_takes_the_models_of_other_tiers_last(world: World) -> None:
    large, usual = world.model("own", "a-large", "en-zh"), world.model("own", "usual", "en-zh")
    assert models.tier_folders(tiered(), Tier.MEDIUM) == [large, usual]
    assert models.tier_folders(tiered(large=("a-large",)), Tier.MEDIUM) == [usual, large]
    named = tiered(models=("a-large", "usual"), large=("a-large",))
    assert models.tier_folders(named, Tier.MEDIUM) == [large, usual]


def test_the_list_tells_tiers_where_they_are_configured(world: World) -> None:
    own, elsewhere = world.model("own", "one", "en-zh"), world.model("elsewhere", "huge", "en-zh")
    assert configured_tiers(tiered()) == {}
    found = configured_tiers(tiered(small=("one",), large=(str(elsewhere),)))
    assert found == {own: "small, medium", elsewhere: "large"}
    assert [m.path for m in installed(found)] == [own, elsewhere]


def test_a_machine_without_any_recognizer_says_what_to_do(world: World) -> None:
    with pytest.raises(ModelError, match="name a folder"):
        models.recognizer_folder("auto", world.said.append)


def test_many_pairs_are_counted() -> None:
    assert models.pairs([("en", "zh"), ("en", "es")]) == "en→es, en→zh"
    many = [(a, b) for a in "abcde" for b in "abcde" if a != b]
    assert models.pairs(many) == "20 pairs of 5 languages"


def test_lists_what_is_here(world: World) -> None:
    world.cached = ["turbo", "tiny", "large-v3-turbo"]
    world.model("own", "opus-mt-en-zh", "en-zh")
    recognizer = world.model("embedded", "asr-en-zh")
    (recognizer / "dragoman.json").write_text('{"licence": "Apache-2.0", "languages": ["en", "zh"]}')
    rows = [(m.kind, m.name, m.licence, m.serves) for m in installed()]
    assert rows == [
        ("recognizer", "large-v3-turbo", "MIT", "many languages"),
        ("recognizer", "tiny", "MIT", "many languages"),
        ("translator", "opus-mt-en-zh", "CC-BY-4.0", "en→zh"),
        ("recognizer", "asr-en-zh", "Apache-2.0", "en, zh"),
    ]


def test_downloads_an_opus_mt_pair_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def fetch(repository: str, folder: Path) -> None:
        fetched.append(repository)
        world.model("own", folder.name, "en-zh")

    monkeypatch.setattr(hub, "fetch", fetch)
    for _ in range(2):
        path = models.download("opus-mt-en-zh", world.said.append)
        assert path == world.root / "own" / "opus-mt-en-zh"
    assert fetched == ["gaudi/opus-mt-en-zh-ctranslate2"]


def test_a_repository_without_a_model_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "fetch", lambda repository, folder: folder.mkdir(parents=True))
    with pytest.raises(ModelError, match=r"no model\.bin"):
        models.download("someone/dataset", world.said.append)
    assert not (world.root / "own" / "dataset").exists()


@contextmanager
def answering(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "there"), [(200, True), (403, False), (500, False)])
def test_a_hub_is_there_when_it_answers(monkeypatch: pytest.MonkeyPatch, status: int, there: bool) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with answering(status) as endpoint:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
        assert hub.answers() is there


def test_nobody_is_asked_where_offline_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with answering(200) as endpoint:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
        assert not hub.answers()


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError) as raised:
        hub.fetch("gaudi/opus-mt-en-zh-ctranslate2", tmp_path / "model")
    message = str(raised.value)
    assert "\n" not in message and str(tmp_path / "model") in message and "copy" in message


def test_a_name_that_no_repository_can_have(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the name of a repository"):
        hub.fetch("a/b/c", tmp_path / "model")


@pytest.mark.models
@pytest.mark.skipif(not embedded.recognizers(), reason="no embedded recognizer in this checkout")
def test_languages_that_the_recognizer_does_not_know_are_refused() -> None:
    def load(*languages: str) -> None:
        wanted = {"model": EMBEDDED, "languages": languages, "preset": "fast", "chinese": "traditional"}
        engines = models.load_engines(
            config.load(
                None, recognition=wanted, translation={"preset": "steady"}, speech={"engine": "none"}
            ),
            lambda line: None,
        )
        manner = engines.manner
        assert manner.family in FAMILIES
        assert (manner.preset, manner.languages, manner.chinese) == ("fast", languages, "traditional")
        assert manner.translation == "steady"

    load("en", "zh")
    with pytest.raises(ConfigError, match=r"recognition\.languages: tlh not recognised, only en, zh"):
        load("en", "tlh")


NICEST = 19
"""The niceness beyond which Linux knows none."""


@pytest.mark.models
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness for each thread")
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator in this checkout")
def test_the_threads_of_the_large_translator_give_way() -> None:
    def threads() -> dict[int, int]:
        return {int(t): os.getpriority(os.PRIO_PROCESS, int(t)) for t in os.listdir("/proc/self/task")}

    before = threads()
    room = NICEST - before[os.getpid()]
    if not room:
        pytest.skip("these tests give way as much as anything can: run them with less niceness")
    tiers = models.load_tiers(tiered(large=("embedded",)), lambda line: None)
    own = threads()
    usual = own[os.getpid()]
    assert {own[thread] - usual for thread in own.keys() - before.keys()} == {0, min(models.NICE, room)}
    assert set(tiers.routers) == {Tier.MEDIUM, Tier.LARGE}


@pytest.mark.parametrize("path", ["/models/x", "./x", "../models/x", "~/x"])
def test_of_a_path_nobody_is_told_to_download_it(path: str) -> None:
    with pytest.raises(ModelError, match="a folder with a model was expected there"):
        models.translator_folders([path], print)
    with pytest.raises(ModelError, match=r"a folder with model\.bin was expected"):
        models.recognizer_folder(path, print)

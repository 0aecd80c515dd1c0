"""CTranslate2 and SentencePiece: layouts and families with toy models, text with the embedded ones."""

import json
import shutil
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import ctranslate2
import pytest
import toys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import embedded
import mt
from mt.ctranslate import CTranslateTranslator
from mt.folders import read
from mt.job import Job, _ends
from mt.translation import TranslationStage
from streaming.captions import Transcript, Update
from streaming.errors import LanguageError, ModelError
from streaming.stages import Ask, Translation, TranslationRequest, Write
from streaming.words import Word, units

M2M100 = ("__en__", "__zh__", "__es__")
NLLB = ("ace_Latn", "eng_Latn", "spa_Latn", "zho_Hans", "zho_Hant")
OPUS = (">>cmn_Hant<<", ">>cmn_Hans<<", ">>spa<<", ">>fra<<")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One toy of each family."""
    place = tmp_path_factory.mktemp("toys")
    return {
        "opus": toys.opus(place / "opus-mt-en-zh"),
        "many": toys.opus(place / "opus-mt-en-mul", OPUS),
        "m2m100": toys.shared(place / "toy-m2m100", M2M100),
        "nllb": toys.shared(place / "toy-nllb", NLLB),
        "pair": toys.shared(place / "mt-es-en"),
        "argos": toys.argos(place / "translate-en_es-1_0", "en", "es"),
    }


@pytest.fixture(scope="module")
def loaded(folders: dict[str, Path]) -> dict[str, CTranslateTranslator]:
    return {name: CTranslateTranslator(path, device="cpu") for name, path in folders.items()}


PAIRS = {
    "opus": ("en", "zh"),
    "many": ("en", "fr"),
    "m2m100": ("en", "zh"),
    "nllb": ("zh", "en"),
    "pair": ("es", "en"),
    "argos": ("en", "es"),
}
families = pytest.mark.parametrize("name", PAIRS)


def request(name: str, text: str, prefix: str = "", complete: bool = False) -> TranslationRequest:
    return TranslationRequest(text, prefix, *PAIRS[name], complete)


@pytest.mark.parametrize(
    ("name", "family", "licence", "pairs"),
    [
        ("opus", "opus-mt", "CC-BY-4.0", {("en", "zh")}),
        ("many", "opus-mt", "CC-BY-4.0", {("en", "zh"), ("en", "es"), ("en", "fr")}),
        ("pair", "sentencepiece", "unknown", {("es", "en")}),
        ("argos", "argos", "unknown", {("en", "es")}),
        (
            "m2m100",
            "m2m100",
            "MIT",
            {("en", "zh"), ("en", "es"), ("zh", "en"), ("zh", "es"), ("es", "en"), ("es", "zh")},
        ),
    ],
)
def test_a_folder_says_what_it_is(
    folders: dict[str, Path], name: str, family: str, licence: str, pairs: set[tuple[str, str]]
) -> None:
    info = mt.describe(folders[name])
    assert (info.name, info.family, info.licence) == (folders[name].name, family, licence)
    assert info.pairs == pairs


def test_nllb_is_not_for_commercial_use_and_that_is_said(folders: dict[str, Path]) -> None:
    info = mt.describe(folders["nllb"])
    assert info.family == "nllb"
    assert info.licence.startswith("CC-BY-NC-4.0")
    assert {"ace", "en", "es", "zh"} == {source for source, _ in info.pairs}
    assert read(folders["nllb"]).languages["zh"] == "zho_Hans"


@families
@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("prefix", ["", "hello", "el perro, come", "你好，", "🦄 unknown", "hel"])
def test_the_answer_begins_with_the_prefix(
    loaded: dict[str, CTranslateTranslator], name: str, prefix: str, complete: bool
) -> None:
    (answer,) = loaded[name].translate([request(name, "the quick brown fox", prefix, complete)])
    assert answer.text.startswith(prefix)
    assert len(answer.text) > len(prefix)
    assert not any(mark in answer.text for mark in ("</s>", ">>", "__", "_Latn", "<unk>"))


@families
def test_a_prefix_is_continued_as_if_it_had_been_the_models_own(
    loaded: dict[str, CTranslateTranslator], name: str
) -> None:
    """Greedy decoding after a forced part of its own answer gives that answer."""
    (whole,) = loaded[name].translate([request(name, "hello world")])
    unit = units(whole.text, "en")[0]
    (again,) = loaded[name].translate([request(name, "hello world", unit)])
    assert again.text.startswith(unit)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=12) | st.text("ab 你，。▁_<>/s\u3000", max_size=12), st.booleans())
def test_any_prefix_is_kept(loaded: dict[str, CTranslateTranslator], prefix: str, complete: bool) -> None:
    for name in ("opus", "m2m100"):
        (answer,) = loaded[name].translate([request(name, "the dog", prefix, complete)])
        assert answer.text.startswith(prefix)
        assert "\ufffd" not in answer.text[len(prefix) :]


def verifying(translator: CTranslateTranslator, worth: int) -> CTranslateTranslator:
    """Draft as the translator of a large model does, and verify drafts from so many tokens on."""
    other = copy(translator)
    other._worth, other._drafts = worth, 1
    return other


def grown(
    translator: CTranslateTranslator, pair: tuple[str, str], line: str, held: int
) -> Iterator[tuple[TranslationRequest, Translation, Translation]]:
    """Translate a sentence word by word, plainly and from its draft; both answers are given."""
    parts, written, draft = line.split(), "", ""
    for count in range(1, len(parts) + 1):
        asked = TranslationRequest(" ".join(parts[:count]), written, *pair, draft=draft)
        (plain,) = verifying(translator, 10_000).translate([asked])
        (verified,) = verifying(translator, 1).translate([asked])
        yield asked, plain, verified
        draft = plain.text
        known = "".join(units(draft, pair[1])[: max(0, count - held)])
        written = max(written, known, key=len)


@families
def test_a_draft_changes_nothing(loaded: dict[str, CTranslateTranslator], name: str) -> None:
    for line in ("hello world, how are you today? one two three", "the dog jumps over the lazy fox"):
        for asked, plain, verified in grown(loaded[name], PAIRS[name], line, 3):
            assert verified == plain, asked


@families
def test_any_draft_changes_nothing(loaded: dict[str, CTranslateTranslator], name: str) -> None:
    for draft in ("", "hel", "hello", "hello 🦄", "hello el perro, come", "you", "hello" * 40):
        for attention in (False, True):
            asked = replace(request(name, "the quick brown fox", "hel"), draft=draft, attention=attention)
            (plain,) = verifying(loaded[name], 10_000).translate([asked])
            assert verifying(loaded[name], 1).translate([asked]) == [plain]


@families
def test_a_request_is_answered_alike_in_any_company(
    loaded: dict[str, CTranslateTranslator], name: str
) -> None:
    lines = ["hello world", "the quick brown fox jumps over the lazy dog", "one", "", "你好", "one two three"]
    asked = [
        request(name, line, prefix, len(prefix) > 2) for line in lines for prefix in ("", "el", "el perro")
    ]
    together = loaded[name].translate(asked)
    alone = [loaded[name].translate([one])[0] for one in asked]
    assert together == alone
    assert loaded[name].translate(asked[::-1]) == together[::-1]


@families
def test_an_empty_source_adds_nothing(loaded: dict[str, CTranslateTranslator], name: str) -> None:
    answers = loaded[name].translate([request(name, " ", "el perro"), request(name, "")])
    assert [answer.text for answer in answers] == ["el perro", ""]


@pytest.mark.parametrize(("asked", "computed"), [("default", "int8_float32"), ("float32", "float32")])
def test_a_processor_computes_as_fast_as_it_can_unless_asked_otherwise(
    tmp_path: Path, asked: str, computed: str
) -> None:
    assert "int8_float32" in ctranslate2.get_supported_compute_types("cpu")
    folder = toys.shared(tmp_path / "mt-es-en", quantization="float16")
    assert CTranslateTranslator(folder, device="cpu", compute_type=asked)._model.compute_type == computed


class Spy:
    """Stands before CTranslate2 and remembers what it was given."""

    def __init__(self, path: Path) -> None:
        self.translator = CTranslateTranslator(path, device="cpu")
        self._real, self.translator._model = self.translator._model, self
        self.calls: list[dict[str, Any]] = []

    def translate_batch(self, sources: list[list[str]], **options: Any) -> Any:
        self.calls.append({"source": sources, **options})
        return self._real.translate_batch(sources, **options)

    def score_batch(self, *arguments: Any, **options: Any) -> Any:
        return self._real.score_batch(*arguments, **options)

    def tokens(self, source: str, target: str) -> tuple[list[str], list[str]]:
        self.translator.translate([TranslationRequest("the dog", "", source, target)])
        return self.calls[-1]["source"][0], self.calls[-1]["target_prefix"][0]


def test_the_source_carries_the_marks_of_its_family(folders: dict[str, Path]) -> None:
    source, target = Spy(folders["opus"]).tokens("en", "zh")
    assert (source[-1], target) == ("</s>", [])
    source, target = Spy(folders["many"]).tokens("en", "zh")
    assert (source[0], source[-1], target) == (">>cmn_Hans<<", "</s>", [])
    source, target = Spy(folders["m2m100"]).tokens("en", "zh")
    assert (source[0], source[-1], target) == ("__en__", "</s>", ["__zh__"])
    source, target = Spy(folders["nllb"]).tokens("es", "zh")
    assert (source[0], source[-1], target) == ("spa_Latn", "</s>", ["zho_Hans"])
    source, target = Spy(folders["argos"]).tokens("en", "es")
    assert ("</s>" in source, target) == (False, [])


def test_older_nllb_tokenizers_put_the_language_last(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["nllb"], tmp_path / "old"))
    (folder / "tokenizer_config.json").write_text('{"legacy_behaviour": true}')
    source, target = Spy(folder).tokens("en", "es")
    assert (source[-2:], target) == (["</s>", "eng_Latn"], ["spa_Latn"])


@pytest.mark.parametrize(("large", "drafts"), [(1, 1), (1 << 40, 2)])
def test_drafts_of_small_models_have_the_beam_of_the_end_and_every_answer_is_bounded(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, large: int, drafts: int
) -> None:
    monkeypatch.setattr("mt.ctranslate._LARGE", large)
    spy = Spy(folders["opus"])
    prefix = "hello world " * 20 + "hello"
    asked = [("dog", "", False), ("dog", "", True), ("dog " * 60, "", False), ("dog", prefix, False)]
    spy.translator.translate([TranslationRequest(text, p, "en", "zh", done) for text, p, done in asked])
    calls = [call for call in spy.calls if not call["no_repeat_ngram_size"]]
    beams = [call["beam_size"] for call in calls for _ in call["source"]]
    assert sorted(beams) == [drafts, drafts, drafts, 2]
    for call in calls:
        for source, written in zip(call["source"], call["target_prefix"], strict=True):
            enough = max(len(written), 2 * len(source))
            assert enough < call["max_decoding_length"] < enough + 40


def test_a_finished_sentence_is_searched_as_widely_as_the_card_says(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders["opus"], tmp_path / "opus-mt-en-zh"))
    (folder / "dragoman.json").write_text('{"beam": 4}')
    spy = Spy(folder)
    spy.translator.translate([TranslationRequest("dog", "", "en", "zh", done) for done in (False, True)])
    assert sorted(call["beam_size"] for call in spy.calls if not call["no_repeat_ngram_size"]) == [2, 4]


def test_an_answer_that_loops_is_decoded_again_without_repetition(folders: dict[str, Path]) -> None:
    """Random weights never end by themselves."""
    spy = Spy(folders["opus"])
    asked = [TranslationRequest("hello world", "", "en", "zh"), TranslationRequest("", "ab", "en", "zh")]
    answers = spy.translator.translate(asked)
    first, again = spy.calls
    assert (first["no_repeat_ngram_size"], again["no_repeat_ngram_size"]) == (0, 3)
    assert again["source"] == first["source"]
    assert answers[1].text == "ab"
    tokens = spy.translator._target.encode(answers[0].text, out_type=str)
    triples = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    assert len(set(triples)) >= len(triples) - 1


def test_an_end_that_ctranslate2_adds_is_not_added_twice(tmp_path: Path) -> None:
    folder = toys.opus(tmp_path / "opus-mt-en-es", add_source_eos=True)
    assert not read(folder).ends_source


def test_a_pair_of_another_model_is_refused(loaded: dict[str, CTranslateTranslator]) -> None:
    with pytest.raises(LanguageError, match="opus-mt-en-zh does not translate en → es"):
        loaded["opus"].translate([TranslationRequest("hello", "", "en", "es")])


def test_a_card_wins_over_what_is_guessed(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["m2m100"], tmp_path / "carded"))
    card = {
        "name": "ours",
        "family": "m2m100",
        "licence": "CC0",
        "pairs": [["en", "zh"]],
        "attribution": ["us"],
    }
    (folder / "dragoman.json").write_text(json.dumps(card))
    info = mt.describe(folder)
    assert (info.name, info.licence, info.pairs) == ("ours", "CC0", {("en", "zh")})


def test_the_hubs_cache_names_the_pair_above_the_snapshot(folders: dict[str, Path], tmp_path: Path) -> None:
    place = tmp_path / "models--gaudi--opus-mt-de-en-ctranslate2" / "snapshots" / "0123abc"
    assert mt.describe(Path(shutil.copytree(folders["opus"], place))).pairs == {("de", "en")}


@pytest.fixture
def package(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An `.argosmodel` file, and a cache to unpack it into."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "translate-en_es.argosmodel"
    with ZipFile(path, "w") as archive:
        for file in sorted(folders["argos"].rglob("*")):
            archive.write(file, file.relative_to(folders["argos"].parent))
    yield path


def test_an_argos_file_is_unpacked_once(
    package: Path, tmp_path: Path, loaded: dict[str, CTranslateTranslator]
) -> None:
    assert mt.describe(package).pairs == {("en", "es")}
    assert not (tmp_path / "cache").exists()
    asked = [request("argos", "hello world", "el perro")]
    assert CTranslateTranslator(package, device="cpu").translate(asked) == loaded["argos"].translate(asked)
    (unpacked,) = (tmp_path / "cache").rglob("model.bin")
    before = unpacked.stat().st_ino
    CTranslateTranslator(package, device="cpu")
    assert unpacked.stat().st_ino == before


@pytest.mark.parametrize(
    ("name", "missing", "message"),
    [
        ("opus", "model.bin", "no CTranslate2 model"),
        ("opus", "target.spm", "no SentencePiece model of the target"),
        ("opus", "shared_vocabulary.json", "no vocabulary"),
        ("pair", "sentencepiece.bpe.model", "one SentencePiece model was expected"),
        ("argos", "sentencepiece.model", "no SentencePiece model of an Argos package"),
        ("argos", "model/model.bin", "no CTranslate2 model"),
    ],
)
def test_a_folder_without_a_part_says_which(
    folders: dict[str, Path], tmp_path: Path, name: str, missing: str, message: str
) -> None:
    folder = Path(shutil.copytree(folders[name], tmp_path / folders[name].name))
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=message):
        mt.describe(folder)


def test_a_folder_that_does_not_say_its_languages_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders["pair"], tmp_path / "my-big-model"))
    with pytest.raises(ModelError, match="nothing says which languages it translates"):
        mt.describe(folder)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("{", "not readable as JSON"),
        ('{"pairs": ["en"]}', r'pairs must be written \[\["en", "zh"\], …\]'),
        ('{"pairs": [["en", "fr"]]}', "no language token for fr"),
        ('{"family": "bert"}', "family must be one of"),
        ('{"attention": "yes"}', "attention must be true or false"),
        ('{"beam": 0}', "beam must be a whole number from 1 to 16, not 0"),
        ('{"beam": true}', "beam must be a whole number"),
    ],
)
def test_a_wrong_card_is_refused(folders: dict[str, Path], tmp_path: Path, card: str, message: str) -> None:
    folder = Path(shutil.copytree(folders["m2m100"], tmp_path / "carded"))
    (folder / "dragoman.json").write_text(card)
    with pytest.raises(ModelError, match=message):
        mt.describe(folder)


def test_what_is_no_translator_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a translator's folder was expected"):
        mt.load([tmp_path / "nowhere"])
    file = tmp_path / "broken.argosmodel"
    file.write_bytes(b"PK no zip")
    with pytest.raises(ModelError, match="not an Argos package"):
        mt.load([file])
    folder = Path(shutil.copytree(folders["opus"], tmp_path / "opus-mt-en-de"))
    (folder / "model.bin").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError, match="the translator cannot be loaded"):
        mt.load([folder])


def test_the_door_gives_a_router(folders: dict[str, Path]) -> None:
    router = mt.load([folders["opus"], folders["pair"]], device="cpu", workers=2)
    assert router.pairs == {("en", "zh"), ("es", "en")}
    assert router.route("es", "zh").via == "en"
    (answer,) = router.translate([TranslationRequest("el perro", "你好", "es", "zh")])
    assert answer.text.startswith("你好")


@families
def test_candidates_begin_with_the_prefix_and_the_first_is_the_answer(
    loaded: dict[str, CTranslateTranslator], name: str
) -> None:
    (answer,) = loaded[name].translate([replace(request(name, "the quick fox", "el perro"), candidates=4)])
    assert len(answer.candidates) == 4
    assert answer.candidates[0] == answer.text
    assert all(text.startswith("el perro") for text in answer.candidates)


@families
@pytest.mark.parametrize("prefix", ["", "el", "你好，"])
def test_where_pieces_end_is_told(loaded: dict[str, CTranslateTranslator], name: str, prefix: str) -> None:
    (answer,) = loaded[name].translate([request(name, "the quick brown fox", prefix)])
    assert list(answer.ends) == sorted(answer.ends)
    assert answer.ends[0] >= len(prefix)


def test_the_bytes_of_a_character_end_together() -> None:
    assert _ends(["▁a", "<0xF0>", "<0x9F>", "<0xA6>", "<0x84>", "▁b"], 0) == [1, 2, 2, 2, 2, 4]
    assert _ends(["▁a", "bc"], 5) == [7, 9]


def carded(folder: Path, place: Path, **card: Any) -> CTranslateTranslator:
    """Load a copy of a toy with a card of its own."""
    copy = Path(shutil.copytree(folder, place / folder.name))
    (copy / "dragoman.json").write_text(json.dumps(card))
    return CTranslateTranslator(copy, device="cpu")


@families
def test_attention_is_told_where_the_card_says_that_it_aligns(
    folders: dict[str, Path], loaded: dict[str, CTranslateTranslator], tmp_path: Path, name: str
) -> None:
    asked = replace(request(name, "the quick brown fox", "el"), attention=True)
    assert loaded[name].translate([asked])[0].attention is None
    (answer,) = carded(folders[name], tmp_path, attention=True).translate([asked])
    assert answer.attention
    ends = [end for end, _ in answer.attention]
    assert ends == sorted(ends)
    assert ends[0] > len("el")
    assert all(0 < source <= len("the quick brown fox") for _, source in answer.attention)


def test_the_sentence_before_is_given_to_models_that_profit(folders: dict[str, Path], tmp_path: Path) -> None:
    asked = replace(request("opus", "the dog", "hello"), context=("one two.", "uno"))
    with_context = carded(folders["opus"], tmp_path, context=True)
    (answer,) = with_context.translate([asked])
    assert answer.text.startswith("hello")
    job = Job(with_context._folder, with_context._source, with_context._target, asked)
    assert job.source[:-1] == with_context._source.encode("one two. the dog", out_type=str)
    assert job.prefix == with_context._target.encode("unohello", out_type=str)


@families
@pytest.mark.parametrize("prefix", ["", "你好" * 300, "hello " * 300])
@pytest.mark.parametrize("text", ["🦄" * 300, "x" * 5000, "hello " * 300])
def test_what_is_too_long_for_the_model_does_not_end_the_batch(
    loaded: dict[str, CTranslateTranslator], name: str, text: str, prefix: str
) -> None:
    """The toys have 512 positions, as OPUS-MT has."""
    asked = [request(name, "hello world"), replace(request(name, text, prefix), draft=prefix + "one two")]
    answers = loaded[name].translate(asked)
    assert answers[0] == loaded[name].translate(asked[:1])[0]
    assert answers[1].text.startswith(prefix)


embedded_models = pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")


@pytest.mark.models
@embedded_models
@pytest.mark.parametrize("target", ["zh", "es"])
def test_a_draft_changes_nothing_for_the_embedded_translator(target: str) -> None:
    translator = CTranslateTranslator(embedded.translators()[0], device="cpu")
    line = "The meeting starts at nine o'clock tomorrow morning, and I don't know who will open the door."
    for held in (2, 6):
        for asked, plain, verified in grown(translator, ("en", target), line, held):
            assert verified == plain, asked


@pytest.mark.models
@embedded_models
def test_a_bias_keeps_what_is_shown() -> None:
    """With the greatest bias every token of the draft is accepted, whatever the model would say."""
    translator = CTranslateTranslator(embedded.translators()[0], device="cpu")
    asked = TranslationRequest("The dog eats.", "El", "en", "es", draft="El gato bebe agua")
    (plain,) = translator.translate([asked])
    (biased,) = translator.translate([replace(asked, bias=0.5)])
    assert not plain.text.startswith(asked.draft)
    assert biased.text.startswith(asked.draft)


@pytest.mark.models
@embedded_models
@pytest.mark.parametrize("target", ["zh", "es"])
def test_the_embedded_translator_grows_a_sentence(target: str) -> None:
    router = mt.load(embedded.translators(), device="cpu")
    stage, transcript = TranslationStage(target), Transcript()
    parts = "The meeting starts at nine o'clock tomorrow morning. Please bring your own computer.".split()
    for i, part in enumerate(parts):
        stage.receive(Update(0, "en", (Word(f" {part}", i, i + 1),), final=i == len(parts) - 1))
        while True:
            match stage.next_action():
                case Ask(request):
                    stage.receive_result(router.translate([request])[0], 0.0)
                case Write(item):
                    transcript.add(item)
                case _:
                    break
    caption = transcript.captions[0, target]
    assert caption.final
    assert len(units(caption.committed, target)) >= 6
    if target == "zh":
        assert any("一" <= sign <= "鿿" for sign in caption.committed)

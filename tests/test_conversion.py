"""Converting checkpoints: what is said before anything is loaded, and that nothing changes by it.

Where the extra `convert` is not installed, only what needs no checkpoint is tested.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import checkpoints as made
import ctranslate2
import numpy as np
import pytest
import sentencepiece
import toys

import asr
import embedded
import mt
from mt.alignment import ENOUGH, RIGHT, Head, copied, probes
from mt.ctranslate import CTranslateTranslator
from mt.folders import arranged, read
from mt.job import Job
from server import config
from server.__main__ import main
from server.interpretation import conversion, hub, models
from streaming.audio import AudioChunk
from streaming.errors import ModelError
from streaming.stages import TranslationRequest, Window

extra = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "transformers"))),
    reason="the extra convert is not installed: pip install -e '.[convert]'",
)
quiet = pytest.mark.filterwarnings("ignore")

CARD = "---\nlanguage:\n- en\n- de\nlicense: {}\ntags:\n- translation\n---\n\n# A model\n"


def written(folder: Path, **configuration: Any) -> Path:
    """Write a checkpoint without anything in its weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(configuration))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def said(message: str) -> None:
    """Nobody listens."""


def refused(name: str, place: Path, output: str | None = None) -> str:
    with pytest.raises(ModelError) as raised:
        conversion.convert(name, output, "int8", place / "models", said)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("written_licence", "licence"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("mit", "MIT"),
        ('"mit" # as fairseq', "MIT"),
        ("cc-by-nc-4.0", "CC-BY-NC-4.0 (no commercial use)"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0 (no commercial use)"),
        ("other\nlicense_name: ours-1.0", "OURS-1.0"),
        ("other", "OTHER"),
    ],
)
def test_the_licence_is_read_from_the_checkpoints_card(
    tmp_path: Path, written_licence: str, licence: str
) -> None:
    (tmp_path / "README.md").write_text(CARD.format(written_licence))
    assert conversion.licence_of(tmp_path) == licence


@pytest.mark.parametrize("card", ["", "# A model\nlicense: mit\n", "---\ntags: [a]\n---\nlicense: mit\n"])
def test_a_card_that_names_no_licence(tmp_path: Path, card: str) -> None:
    (tmp_path / "README.md").write_text(card)
    assert conversion.licence_of(tmp_path) is None
    (tmp_path / "README.md").unlink()
    assert conversion.licence_of(tmp_path) is None


def test_an_unknown_architecture_is_named_with_what_is_possible(tmp_path: Path) -> None:
    message = refused(str(written(tmp_path / "bert", model_type="bert")), tmp_path)
    assert "'bert' came" in message
    assert all(kind in message for kind in ("marian", "m2m_100", "t5", "whisper"))


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no config.json" in refused(str(tmp_path / "empty"), tmp_path)
    assert "as owner/name" in refused("nowhere", tmp_path)
    assert "as owner/name" in refused(str(tmp_path / "nowhere"), tmp_path)
    ours = toys.opus(tmp_path / "opus-mt-en-de")
    assert "CTranslate2's format already" in refused(str(ours), tmp_path)
    bare = written(tmp_path / "bare", model_type="marian")
    (bare / "model.safetensors").unlink()
    assert "no weights" in refused(str(bare), tmp_path)
    (bare / "config.json").write_text("{")
    assert "not readable as JSON" in refused(str(bare), tmp_path)
    (bare / "config.json").write_text("[]")
    assert "None came" in refused(str(bare), tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "opus-mt-en-de", model_type="marian")
    (folder / "source.spm").write_bytes(b"")
    message = refused(str(folder), tmp_path)
    assert "needs source.spm and target.spm" in message and message.endswith("there is no target.spm")


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    folder = written(tmp_path / "t5-small", model_type="t5")
    (folder / "spiece.model").write_bytes(b"")
    (tmp_path / "models" / "mine").mkdir(parents=True)
    message = refused(str(folder), tmp_path, output="mine")
    assert f"{tmp_path}/models/mine is there already" in message and "--output" in message


def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "t5-small", model_type="t5")
    (folder / "spiece.model").write_bytes(b"")
    monkeypatch.setattr(conversion, "find_spec", lambda name: None)
    message = refused(str(folder), tmp_path)
    assert "torch and transformers" in message and "pip install 'dragoman[convert]'" in message
    assert not (tmp_path / "models").exists()


def test_without_a_network_a_name_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    message = refused("Helsinki-NLP/opus-mt-en-de", tmp_path)
    assert "no way to the hub" in message and "name that folder" in message
    assert "not the name of a repository" in refused("a/b/c", tmp_path)


def test_a_name_is_fetched_with_safe_weights_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def snapshot(repository: str, allow_patterns: list[str]) -> str:
        asked.append(allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert hub.checkpoint("owner/name") == tmp_path
    assert [pattern[-1] for pattern in asked] == ["*.safetensors", "pytorch_model*.bin"]
    (tmp_path / "model.safetensors").write_bytes(b"")
    asked.clear()
    hub.checkpoint("owner/name")
    assert len(asked) == 1


def test_the_command_line_passes_on_what_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path / "models"))
    folder = written(tmp_path / "bert", model_type="bert")
    assert main(["models", "convert", str(folder)]) == 2
    assert "'bert' came" in capsys.readouterr().err
    assert main(["models", "convert", str(folder), "--quantization", "int3"]) == 2
    assert "int3" in capsys.readouterr().err


def test_a_copy_is_found_where_its_piece_stands_once() -> None:
    source = ["▁on", "▁page", "▁1", "9", "▁7", "▁7", "</s>"]
    assert copied(source, ["<pad>", "Seite", "9", "▁7", "1", "9x"]) == [(3, 2), (2, 4)]
    assert copied(source, []) == []


def test_probes_have_no_digit_twice() -> None:
    for language in ("en", "de", "es", "fr", "zh", "ru", "ja"):
        found = list(probes(language))
        assert len(set(found)) == len(found) == 30
        for text in found:
            digits = [sign for sign in text if sign.isdigit()]
            assert len(digits) == len(set(digits)) == 9
    assert not list(probes("tlh"))


def test_a_head_is_believed_on_enough_copies_only() -> None:
    assert Head(0, 0, RIGHT, ENOUGH).aligns
    assert not Head(0, 0, RIGHT, ENOUGH - 1).aligns
    assert not Head(0, 0, RIGHT - 0.01, ENOUGH).aligns


def test_a_licence_that_forbids_commerce_is_said_when_the_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path))
    toys.shared(tmp_path / "toy-nllb", ("eng_Latn", "spa_Latn"))
    toys.opus(tmp_path / "opus-mt-en-de")
    lines: list[str] = []
    wanted = config.load(None, translation={"models": ("toy-nllb", "opus-mt-en-de")})
    models.load_translator(wanted, lines.append)
    assert [line for line in lines if "commercial" in line] == [
        "the translator toy-nllb is licensed CC-BY-NC-4.0 (no commercial use)"
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


PAIRS = {
    "opus-mt-en-de": ("en", "de"),
    "m2m100": ("en", "zh"),
    "nllb-200": ("es", "zh"),
    "madlad400": ("en", "zh"),
    "t5": ("en", "de"),
}
LICENCES = {
    "opus-mt-en-de": ("cc-by-4.0", "CC-BY-4.0"),
    "m2m100": ("mit", "MIT"),
    "nllb-200": ("cc-by-nc-4.0", "CC-BY-NC-4.0 (no commercial use)"),
    "madlad400": ("apache-2.0", "Apache-2.0"),
    "t5": ("apache-2.0", "Apache-2.0"),
}
LINES = ("hello world, how are you today?", "the quick brown fox jumps over the lazy dog", "5 dogs")


@extra
@quiet
@pytest.mark.parametrize("name", PAIRS)
def test_a_converted_translator_translates_as_the_checkpoint_does(place: Path, name: str) -> None:
    import torch
    import transformers

    from mt.conversion import vocabulary

    torch.set_num_threads(1)
    written_licence, licence = LICENCES[name]
    checkpoint = made.make(name, place, CARD.format(written_licence))
    lines: list[str] = []
    folder = conversion.convert(str(checkpoint), None, "float32", place / "models", lines.append)
    assert folder == place / "models" / name
    assert [path.name for path in folder.parent.glob(".*")] == []
    info = mt.describe(folder)
    assert (info.licence, PAIRS[name] in info.pairs) == (licence, True)
    # Random heads look anywhere, and nobody is told that they align.
    card = json.loads((folder / "dragoman.json").read_text())
    assert card["attention"] is False
    assert "agree" in lines[-1]

    kind = transformers.AutoConfig.from_pretrained(checkpoint)
    model = getattr(transformers, kind.architectures[0]).from_pretrained(checkpoint).eval()
    tokens = vocabulary(transformers.AutoTokenizer.from_pretrained(checkpoint), kind.vocab_size)
    ids = {token: i for i, token in enumerate(tokens)}
    translator = CTranslateTranslator(folder, device="cpu", compute_type="float32")
    for line in LINES:
        asked = TranslationRequest(line, "", *PAIRS[name])
        job = Job(translator._folder, translator._source, translator._target, asked)
        start = torch.tensor([[kind.decoder_start_token_id, *(ids[token] for token in job.prefix)]])
        source = torch.tensor([[ids.get(token, ids["<unk>"]) for token in job.source]])
        with torch.no_grad():
            found = model.generate(
                source,
                decoder_input_ids=start,
                min_new_tokens=1,  # CTranslate2 does not end at once either
                max_new_tokens=12,
                num_beams=1,
                do_sample=False,
                suppress_tokens=[ids["<unk>"]],
            )[0]
            scores = model(input_ids=source, decoder_input_ids=found[None]).logits[0].log_softmax(-1)
        theirs = [tokens[i] for i in found.tolist()[1:] if tokens[i] not in ("</s>", "<pad>")]
        (ours,) = translator._model.translate_batch(
            [job.source],
            target_prefix=[job.prefix],
            beam_size=1,
            max_decoding_length=len(job.prefix) + 12,
            disable_unk=True,
        )
        assert ours.hypotheses[0] == theirs
        # The same tokens could come of outputs that are scaled otherwise; probabilities could not.
        (scored,) = translator._model.score_batch([job.source], [theirs])
        expected = [float(scores[i, ids[token]]) for i, token in enumerate(theirs)]
        assert scored.log_probs[: len(theirs)] == pytest.approx(expected, abs=2e-3)
        (answer,) = translator.translate([asked])
        assert answer.text


@extra
@quiet
def test_a_converted_recognizer_hears_as_the_checkpoint_does(place: Path) -> None:
    import torch
    import transformers

    torch.set_num_threads(1)
    checkpoint = made.make("whisper", place, CARD.format("mit"))
    folder = conversion.convert(str(checkpoint), "tiny-whisper", "float32", place / "models", said)
    assert json.loads((folder / "dragoman.json").read_text()) == {"licence": "MIT"}
    heads = json.loads((folder / "config.json").read_text())["alignment_heads"]
    assert heads and all(len(pair) == 2 for pair in heads)
    model = transformers.WhisperForConditionalGeneration.from_pretrained(checkpoint).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    marks = ("<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>")
    start = tokenizer.convert_tokens_to_ids(list(marks))
    ours = ctranslate2.models.Whisper(str(folder), device="cpu")
    mel = np.random.default_rng(1).normal(0, 0.3, (1, ours.n_mels, 3000)).astype(np.float32)
    (found,) = ours.generate(
        *(ctranslate2.StorageView.from_array(mel), [start]),
        beam_size=1,
        max_length=28,
        suppress_tokens=[],
        suppress_blank=False,
    )
    with torch.no_grad():
        theirs = super(transformers.WhisperForConditionalGeneration, model).generate(
            torch.from_numpy(mel), decoder_input_ids=torch.tensor([start]), max_new_tokens=10, do_sample=False
        )
    assert found.sequences_ids[0][:10] == theirs[0].tolist()[-10:]
    recognizer = asr.load_recognizer(folder, device="cpu")
    audio = AudioChunk(np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32), 0)
    (heard,) = recognizer.recognize([Window(audio, language="en")])
    assert heard.language == "en"


@extra
@quiet
def test_a_checkpoint_that_cannot_be_read_leaves_nothing_behind(place: Path) -> None:
    checkpoint = made.make("opus-mt-en-de", place / "broken")
    (checkpoint / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="the checkpoint cannot be read"):
        conversion.convert(str(checkpoint), None, "int8", place / "none", said)
    assert list((place / "none").iterdir()) == []


@extra
@quiet
def test_a_name_that_says_no_pair_is_refused_before_the_work(place: Path) -> None:
    checkpoint = made.make("opus-mt-en-de", place / "unnamed")
    (checkpoint / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ModelError, match="name the folder like opus-mt-en-zh"):
        conversion.convert(str(checkpoint), "mine", "int8", place / "nameless", said)
    assert list((place / "nameless").iterdir()) == []


@extra
def test_the_head_that_is_put_first_is_the_one_that_is_told(tmp_path: Path) -> None:
    """The order of a layer's heads changes no answer; the attention that is told is another head's."""
    import torch

    from mt.conversion import put_first

    tokens, answers = [f"t{i}" for i in range(20)], {}
    for head in (0, 2):
        spec = toys.specification(tokens)
        attention = spec.decoder.layer[1].attention
        for linear in attention.linear:
            linear.weight, linear.bias = torch.tensor(linear.weight), torch.tensor(linear.bias)
        put_first(attention, head, 4)
        spec.decoder.alignment_layer = np.int16(1)
        spec.validate()
        (tmp_path / f"{head}").mkdir()
        spec.save(str(tmp_path / f"{head}"))
        (answers[head],) = ctranslate2.Translator(str(tmp_path / f"{head}")).translate_batch(
            [tokens[:7]], beam_size=1, return_attention=True, max_decoding_length=9
        )
    assert answers[0].hypotheses == answers[2].hypotheses
    assert not np.allclose(answers[0].attention, answers[2].attention, atol=1e-3)


class Copier:
    """Repeats the source; one of its heads looks at what it copies, the others anywhere."""

    def __init__(self, layer: int, head: int) -> None:
        self.config = SimpleNamespace(pad_token_id=1, decoder_start_token_id=2)
        self._place = layer, head

    def generate(self, source: Any, *, decoder_input_ids: Any, **options: Any) -> Any:
        import torch

        return torch.cat([decoder_input_ids, source], dim=1)

    def __call__(self, input_ids: Any, decoder_input_ids: Any, **options: Any) -> Any:
        import torch

        rows, length = input_ids.shape
        shape = (rows, 4, decoder_input_ids.shape[1], length)
        layers = [torch.rand(shape, generator=torch.Generator().manual_seed(i)) for i in range(3)]
        layer, head = self._place
        first = decoder_input_ids.shape[1] - length
        for place in range(length):
            layers[layer][:, head, first + place - 1, place] = 2.0
        return SimpleNamespace(cross_attentions=layers)


@extra
@pytest.mark.parametrize("place", [(0, 0), (2, 1)])
def test_the_head_that_looks_at_copies_is_found(tmp_path: Path, place: tuple[int, int]) -> None:
    from mt.conversion import measured

    tokens = ["<unk>", "<pad>", "</s>", "__en__", "__zh__", "__tlh__"]
    found = made.pieces(tmp_path / "sentencepiece.bpe.model", 400, byte_fallback=True)
    folder = arranged(tmp_path, tokens := [*tokens, *found[3:]], {"pairs": [["en", "zh"]]})
    best = measured(Copier(*place), tokens, folder)
    assert best and (best.layer, best.head) == place
    assert best.right > 0.99 and best.copies > ENOUGH and best.aligns
    unread = arranged(tmp_path, tokens, {"pairs": [["tlh", "zh"]]})
    assert measured(Copier(*place), tokens, unread) is None


@pytest.mark.parametrize(
    ("marks", "family", "pairs"),
    [
        (("<2en>", "<2zh>", "<2zh_Latn>", "<2qqq>"), "madlad", {("en", "zh"), ("zh", "en")}),
        (("__en__", "__zh__"), "m2m100", {("en", "zh"), ("zh", "en")}),
    ],
)
def test_a_family_is_known_by_its_marks(
    tmp_path: Path, marks: tuple[str, ...], family: str, pairs: set[tuple[str, str]]
) -> None:
    info = mt.describe(toys.shared(tmp_path / "toy", marks))
    assert (info.family, info.pairs) == (family, pairs)


def test_madlad_is_told_the_target_and_t5_what_to_do(tmp_path: Path) -> None:
    folder = read(toys.shared(tmp_path / "madlad", ("<2en>", "<2zh>")))
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder.source_pieces))
    asked = TranslationRequest("hello world", "", "en", "zh")
    text = pieces.encode("hello world", out_type=str)
    job = Job(folder, pieces, pieces, asked)
    assert (job.source, job.prefix) == (["<2zh>", *text, "</s>"], [])
    card = {"family": "t5", "instructions": {"en-zh": "the lazy dog"}}
    other = arranged(folder.weights, [], card)
    assert other.info.pairs == {("en", "zh")}
    job = Job(other, pieces, pieces, asked)
    assert (job.source, job.prefix) == (
        [*pieces.encode("the lazy dog", out_type=str), *text, "</s>"],
        [],
    )
    with pytest.raises(ModelError, match="instructions must be written"):
        arranged(folder.weights, [], {"instructions": ["en"]})


def test_the_embedded_translator_says_that_its_attention_aligns_only_if_it_was_measured_so() -> None:
    for folder in embedded.translators():
        card = json.loads((folder / "dragoman.json").read_text(encoding="utf-8"))
        assert card["attention"] == (card["alignment"]["right"] >= RIGHT)

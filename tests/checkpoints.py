"""Checkpoints of every family in Hugging Face's format: real files, tiny shapes, random weights.

They need the extra `convert`; SentencePiece models are trained on a few lines.
"""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sentencepiece
from toys import LINES

import embedded

TEXTS = [*LINES, *(["0 1 2 3 4 5 6 7 8 9"] * 8)]
SHAPE = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 512,
    "scale_embedding": True,
    "init_std": 0.4,
}
SPECIAL = ("<unk>", "<s>", "</s>")


def pieces(path: Path, size: int, **options: Any) -> list[str]:
    """Train a SentencePiece model and list its pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def numbered(path: Path, tokens: list[str]) -> int:
    """Write a vocabulary; gives its size."""
    path.write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
    return len(tokens)


def changed(path: Path, **entries: Any) -> None:
    """Change entries of a file of JSON, or begin it."""
    about = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**about, **entries}, ensure_ascii=False))


def marian(folder: Path) -> None:
    """OPUS-MT: two SentencePiece models, one vocabulary."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    both = pieces(folder / "source.spm", 90, model_type="bpe") + pieces(folder / "target.spm", 80)
    tokens = ["</s>", "<unk>", *dict.fromkeys(token for token in both if token not in SPECIAL), "<pad>"]
    count = numbered(folder / "vocab.json", tokens)
    changed(folder / "tokenizer_config.json", source_lang="eng", target_lang="deu")
    pad = count - 1
    torch.manual_seed(1)
    MarianMTModel(
        MarianConfig(
            vocab_size=count,
            pad_token_id=pad,
            eos_token_id=0,
            decoder_start_token_id=pad,
            forced_eos_token_id=None,
            bad_words_ids=[[pad]],
            activation_function="swish",
            **SHAPE,
        )
    ).save_pretrained(folder)


def m2m100(folder: Path) -> None:
    """M2M100: one SentencePiece model, a vocabulary without the languages, which come behind it."""
    from transformers import M2M100Tokenizer

    found = pieces(folder / "sentencepiece.bpe.model", 200)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *(token for token in found if token not in SPECIAL)]
    count = numbered(folder / "vocab.json", tokens)
    tokenizer = M2M100Tokenizer(str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"))
    tokenizer.save_pretrained(folder)
    _m2m(folder, count + len(tokenizer.lang_code_to_id) + tokenizer.num_madeup_words)


def nllb(folder: Path) -> None:
    """NLLB-200, of five languages."""
    from transformers import AutoTokenizer

    languages = ["ace_Latn", "eng_Latn", "spa_Latn", "zho_Hans", "zho_Hant"]
    pieces(folder / "sentencepiece.bpe.model", 200, model_type="bpe")
    changed(folder / "config.json", model_type="m2m_100")
    about = {"tokenizer_class": "NllbTokenizer", "additional_special_tokens": languages}
    changed(folder / "tokenizer_config.json", **about)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _m2m(folder, len(tokenizer))


def madlad(folder: Path) -> None:
    """MADLAD-400: T5 1.1, with an output of its own and the target language before the source."""
    marks = ["<2en>", "<2zh>", "<2es>", "<2de>", "<2translate>"]
    pieces(
        folder / "spiece.model",
        360,
        byte_fallback=True,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        user_defined_symbols=marks,
    )
    tokens = {"pad_token": "<s>", "bos_token": "<s>", "extra_ids": 0}
    options = {"feed_forward_proj": "gated-gelu", "pad_token_id": 1, "eos_token_id": 2}
    _t5(folder, tokens, options)
    # As in the hub's configurations: that outputs are not scaled is said by this alone.
    about = json.loads((folder / "config.json").read_text())
    del about["scale_decoder_outputs"]
    (folder / "config.json").write_text(json.dumps({**about, "tie_word_embeddings": False}))


def t5(folder: Path) -> None:
    """T5 1.0: told what to do in words; its embeddings have more rows than it has tokens."""
    pieces(folder / "spiece.model", 100, unk_id=2, bos_id=-1, eos_id=1, pad_id=0)
    tasks = {
        "summarization": {"prefix": "summarize: "},
        "translation_en_to_de": {"prefix": "translate English to German: "},
    }
    options = {"pad_token_id": 0, "eos_token_id": 1, "task_specific_params": tasks}
    _t5(folder, {"extra_ids": 10}, options, rows=6)
    changed(folder / "config.json", tie_word_embeddings=True)


def whisper(folder: Path) -> None:
    """Whisper, with the tokens of the embedded recognizer."""
    import torch
    from transformers import PreTrainedTokenizerFast, WhisperConfig, WhisperForConditionalGeneration

    (source,) = embedded.recognizers()
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    changed(folder / "tokenizer_config.json", tokenizer_class="WhisperTokenizer")
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    start = tokenizer.convert_tokens_to_ids("<|startoftranscript|>")
    about = json.loads((folder / "preprocessor_config.json").read_text())
    shape = {key: value for key, value in SHAPE.items() if key != "max_position_embeddings"}
    torch.manual_seed(1)
    WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(tokenizer),
            num_mel_bins=about["feature_size"],
            decoder_start_token_id=start,
            eos_token_id=end,
            bos_token_id=end,
            pad_token_id=end,
            suppress_tokens=None,
            begin_suppress_tokens=None,
            **{**shape, "scale_embedding": False},
        )
    ).save_pretrained(folder)


MADE: Mapping[str, Callable[[Path], None]] = {
    "opus-mt-en-de": marian,
    "m2m100": m2m100,
    "nllb-200": nllb,
    "madlad400": madlad,
    "t5": t5,
    "whisper": whisper,
}
"""Name of the folder → what makes it."""


def make(name: str, place: Path, card: str = "") -> Path:
    """Make a checkpoint below a folder; `card` is its README.md."""
    folder = place / name
    folder.mkdir(parents=True)
    MADE[name](folder)
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def _m2m(folder: Path, rows: int) -> None:
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    torch.manual_seed(1)
    M2M100ForConditionalGeneration(
        M2M100Config(vocab_size=rows, decoder_start_token_id=2, **SHAPE)
    ).save_pretrained(folder)


def _t5(folder: Path, about: dict[str, Any], options: dict[str, Any], rows: int = 0) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

    changed(folder / "config.json", model_type="t5")
    changed(folder / "tokenizer_config.json", tokenizer_class="T5Tokenizer", **about)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer) + rows,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
        **options,
    )
    torch.manual_seed(1)
    model = T5ForConditionalGeneration(config)
    model.save_pretrained(folder)
    # Saving again by hand keeps the output apart from the embedding where a model has its own.
    weights = {name: torch.randn(value.shape) * 0.3 for name, value in model.state_dict().items()}
    for name in weights:
        if "embed_tokens" in name or (name == "lm_head.weight" and "feed_forward_proj" not in options):
            weights[name] = weights["shared.weight"].clone()
        elif "layer_norm" in name:
            weights[name] = torch.ones_like(weights[name])
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

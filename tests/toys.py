"""Toy translators: the real format, random weights. Their answers are noise; the path to them is real."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece

LINES = [
    "the quick brown fox jumps over the lazy dog",
    "hello world, how are you today?",
    "我们今天去公园散步，天气很好。",
    "你好世界",
    "el perro come pan y bebe agua",
    "one two three four five six seven eight nine ten",
] * 8


def pieces(path: Path, size: int = 90, *, fallback: bool = False) -> list[str]:
    """Train a small SentencePiece model and list its pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,
        byte_fallback=fallback,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())][3:]


def specification(
    tokens: Sequence[str],
    *,
    layers: tuple[int, int] = (2, 2),
    width: int = 32,
    heads: int = 4,
    start: str = "</s>",
    **config: Any,
) -> Any:
    """Describe a random translator to CTranslate2; `layers` of encoder and decoder."""
    vocabulary = ["<unk>", "<s>", "</s>", *tokens]
    spec = ctranslate2.specs.TransformerSpec.from_config(layers, heads)
    random = np.random.default_rng(7)
    inner = 64 if width == 32 else 4 * width

    def matrix(*shape: int) -> Any:
        return random.normal(0, 0.4 if width == 32 else 0.05, shape).astype(np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = matrix(rows, columns), np.zeros(rows, np.float32)

    def attention(layer: Any, shared: bool) -> None:
        norm(layer.layer_norm)
        for i, rows in enumerate((3 * width, width) if shared else (width, 2 * width, width)):
            linear(layer.linear[i], rows, width)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, inner, width)
        linear(layer.linear_1, width, inner)

    embedding = matrix(len(vocabulary), width)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    linear(spec.decoder.projection, len(vocabulary), width)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = matrix(512, width)
        side.scale_embeddings = True
        norm(side.layer_norm)
        for layer in side.layer:
            attention(layer.self_attention, True)
            feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.attention, False)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.decoder_start_token = start
    for name, value in config.items():
        setattr(spec.config, name, value)
    return spec


def weights(folder: Path, tokens: Sequence[str], quantization: str = "int8", **options: Any) -> None:
    """Write a random translator in CTranslate2's format; `options` are those of `specification`."""
    spec = specification(tokens, **options)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def opus(folder: Path, marks: Sequence[str] = (), **config: Any) -> Path:
    """Write a folder as OPUS-MT's converters do."""
    folder.mkdir(parents=True)
    found = pieces(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    weights(folder, [*found, *marks], **config)
    return folder


def shared(folder: Path, marks: Sequence[str] = (), quantization: str = "int8") -> Path:
    """Write a folder with one SentencePiece model, and the language tokens of M2M100 or NLLB."""
    folder.mkdir(parents=True)
    tokens = [*pieces(folder / "sentencepiece.bpe.model", 340, fallback=True), *marks]
    weights(folder, tokens, quantization)
    return folder


def argos(folder: Path, source: str, target: str) -> Path:
    """Write an unpacked Argos package as its index offers them: OpenNMT's vocabulary, one token a line, and
    the sentence splitter that others use."""
    folder.mkdir(parents=True)
    weights(folder / "model", pieces(folder / "sentencepiece.model"))
    written = folder / "model" / "shared_vocabulary.json"
    tokens = json.loads(written.read_text())
    written.with_suffix(".txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    written.unlink()
    metadata = {
        "package_version": "1.0",
        "argos_version": "1.0",
        "from_code": source,
        "from_name": "English",
        "to_code": target,
        "to_name": "Spanish",
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    (folder / "README.md").write_text("# English - Spanish\n\nVersion: 1.0\n")
    splitter = folder / "stanza" / source / "tokenize"
    splitter.mkdir(parents=True)
    (splitter / "combined.pt").write_bytes(b"\0")
    (folder / "stanza" / "resources.json").write_text("{}")
    return folder

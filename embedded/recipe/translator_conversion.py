"""Turns training checkpoints of the embedded translator into a CTranslate2 model folder.

`python -m embedded.recipe.translator_conversion --output embedded/mt-en-zh-es-de` averages the newest
checkpoints (Vaswani et al. 2017, section 6.1), fills CTranslate2's Transformer specification, quantizes
and writes the folder in M2M100's layout: the source is `__en__ pieces </s>`, the target prefix `__zh__`.
The attention head that aligns best, by measurement on the training pairs, becomes the alignment head.
`--verify` translates test sentences with both implementations first and compares them token by token.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import torch
from ctranslate2.specs import TransformerSpec
from torch import Tensor, nn

from embedded.recipe.bitext import Pair
from embedded.recipe.mixture import MIXTURE, NAME, WORK, corpora_in
from embedded.recipe.translator import padded, rows_of
from embedded.recipe.translator_alignment import accuracy, arrange
from embedded.recipe.translator_model import Attention, FeedForward, Shape, TranslatorModel
from embedded.recipe.translator_pieces import END, PAD, Pieces

CARD = {
    "name": "mt-en-zh-es-de",
    "family": "m2m100",
    "licence": "CC-BY-4.0; the training sentences' own licences and authors are named under attribution",
    "attribution": [
        "Tatoeba (tatoeba.org), sentences and translations, CC BY 2.0 FR",
        "Microsoft Docs (github.com/MicrosoftDocs, github.com/dotnet), CC BY 4.0",
    ],
    "pairs": [["en", "zh"], ["zh", "en"], ["en", "es"], ["es", "en"], ["en", "de"], ["de", "en"]],
    "beam": 5,
}
ALIGNS = 0.7
"""Share of copied pieces that a head must look at for policies to read it, as for models of others."""

ALIGNED = 600
"""Pairs that the alignment heads are measured on."""


def averaged(folder: Path, count: int) -> tuple[TranslatorModel, dict[str, Any]]:
    """Return the model whose weights are the mean of the newest `count` checkpoints, and their progress."""
    paths = sorted(folder.glob("weights-*.pt"))[-count:]
    if not paths:
        raise FileNotFoundError(f"no checkpoints in {folder}")
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in paths]
    model = TranslatorModel(Shape(**states[-1]["shape"]))
    mean = {name: sum(s["model"][name].double() for s in states) / len(states) for name in states[0]["model"]}
    model.load_state_dict({name: value.float() for name, value in mean.items()})
    progress: dict[str, Any] = states[-1]["progress"]
    return model.eval(), progress


def mixed(folder: Path) -> list[Pair]:
    """Return training pairs of every direction."""
    named = corpora_in(folder)
    parts = [(named[part.corpus], part.backwards) for part in MIXTURE]
    return [p.reversed() if back else p for pairs, back in parts for p in pairs[:4_000]]


def _array(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    array: np.ndarray[Any, np.dtype[np.float32]] = tensor.detach().float().numpy()
    return array


def _fill_linear(spec: Any, *layers: nn.Linear) -> None:
    """Set weight [out, in] and bias; several layers are stacked along their outputs."""
    spec.weight = np.concatenate([_array(layer.weight) for layer in layers])
    spec.bias = np.concatenate([_array(layer.bias) for layer in layers])


def _fill_norm(spec: Any, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _fill_attention(spec: Any, attention: Attention) -> None:
    _fill_norm(spec.layer_norm, attention.norm)
    if len(spec.linear) == 2:
        _fill_linear(spec.linear[0], attention.query, attention.key_value)
    else:
        _fill_linear(spec.linear[0], attention.query)
        _fill_linear(spec.linear[1], attention.key_value)
    _fill_linear(spec.linear[-1], attention.out)


def _layers(stack: nn.ModuleList) -> list[Any]:
    return list(stack)


def _fill_feed_forward(spec: Any, layer: FeedForward) -> None:
    _fill_norm(spec.layer_norm, layer.norm)
    _fill_linear(spec.linear_0, layer.first)
    _fill_linear(spec.linear_1, layer.second)


def aligning(model: TranslatorModel, pieces: Pieces, pairs: list[Pair]) -> tuple[int, float]:
    """Put the head first that aligns copied pieces best, print how well; return its layer, and how well."""
    marks = frozenset(i for i, token in enumerate(pieces.tokens()) if not any(map(str.isalnum, token)))
    rows = list(zip(*rows_of(pairs, pieces), strict=True))
    measured = accuracy(model, rows, pieces.special() | marks)
    layer = arrange(model, measured)
    right = float(measured.max())
    print(f"alignment: layer {layer}, right {right:.1%} of copied pieces", flush=True)
    return layer, right


def specification(model: TranslatorModel, tokens: list[str], alignment_layer: int) -> TransformerSpec:
    """Return CTranslate2's description of the model, weights included."""
    shape = model.shape
    spec = TransformerSpec.from_config(
        (shape.encoder_layers, shape.decoder_layers),
        shape.heads,
        pre_norm=True,
        alignment_layer=alignment_layer,
        alignment_heads=1,
    )
    embedding = _array(model.embedding.weight)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    _fill_norm(spec.encoder.layer_norm, model.encoder_norm)
    _fill_norm(spec.decoder.layer_norm, model.decoder_norm)
    for layer_spec, layer in zip(spec.encoder.layer, _layers(model.encoder), strict=True):
        _fill_attention(layer_spec.self_attention, layer.attention)
        _fill_feed_forward(layer_spec.ffn, layer.feed_forward)
    for layer_spec, layer in zip(spec.decoder.layer, _layers(model.decoder), strict=True):
        _fill_attention(layer_spec.self_attention, layer.attention)
        _fill_attention(layer_spec.attention, layer.source_attention)
        _fill_feed_forward(layer_spec.ffn, layer.feed_forward)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.decoder_start_token = "</s>"
    return spec


def save(
    model: TranslatorModel,
    pieces_model: Path,
    output: Path,
    quantization: str | None,
    layer: int,
    right: float = 0.0,
) -> None:
    """Write model.bin, config.json, the vocabulary and the card to `output`, which must not exist."""
    spec = specification(model, Pieces(pieces_model).tokens(), layer)
    spec.validate()
    spec.optimize(quantization=quantization)
    output.mkdir(parents=True)
    spec.save(str(output))
    shutil.copyfile(pieces_model, output / "sentencepiece.bpe.model")
    alignment = {"layer": layer, "right": round(right, 3)}
    card = {**CARD, "attention": right >= ALIGNS, "alignment": alignment}
    (output / "dragoman.json").write_text(
        json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def verify(model: TranslatorModel, pieces_model: Path, sentences: list[str], language: str = "zh") -> int:
    """Return how many English sentences PyTorch and unquantized CTranslate2 translate to different tokens."""
    pieces = Pieces(pieces_model)
    sources = pieces.source(sentences, ["en"] * len(sentences))
    tokens = pieces.tokens()
    with tempfile.TemporaryDirectory() as folder:
        save(model, pieces_model, Path(folder, "model"), None, 0)
        translator = ctranslate2.Translator(
            str(Path(folder, "model")), compute_type="float32", intra_threads=1
        )
        results = translator.translate_batch(
            [[tokens[i] for i in row] for row in sources],
            target_prefix=[[f"__{language}__"]] * len(sources),
            beam_size=1,
            max_decoding_length=60,
        )
    source = padded(sources, torch.device("cpu"))
    start = torch.tensor([[END, pieces.language(language)]] * len(sources))
    with torch.no_grad():
        outputs = model.greedy(source, (source != PAD)[:, None, None, :], start, END, steps=59).tolist()
    ours = [[tokens[i] for i in row[1:] if i != END] for row in outputs]
    return sum(result.hypotheses[0] != row for result, row in zip(results, ours, strict=True))


def main() -> None:
    """Read the command line and convert."""
    parser = argparse.ArgumentParser(description="Convert the embedded translator for CTranslate2.")
    parser.add_argument("--work", type=Path, default=WORK, help="folder with checkpoints")
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--average", type=int, default=3, help="newest checkpoints to average")
    parser.add_argument("--quantization", default="int8")
    parser.add_argument("--verify", action="store_true", help="compare with PyTorch on test sentences first")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.work.expanduser() / options.name
    pieces_model = folder / "sentencepiece.bpe.model"
    model, progress = averaged(folder, options.average)
    if options.verify:
        test = Path(os.environ["DRAGOMAN_DATA"], "testsets/tatoeba/eng-cmn_Hans/tatoeba-test-v2021-08-07.eng")
        sentences = test.read_text(encoding="utf-8").splitlines()[:50]
        print(
            f"{verify(model, pieces_model, sentences)} of {len(sentences)} translations differ from PyTorch's"
        )
    fresh = options.output.with_name(options.output.name + ".partial")
    shutil.rmtree(fresh, ignore_errors=True)
    pairs = random.Random(1).sample(mixed(folder), ALIGNED)
    layer, right = aligning(model, Pieces(pieces_model), pairs)
    save(model, pieces_model, fresh, options.quantization, layer, right)
    options.output.mkdir(parents=True, exist_ok=True)
    for file in fresh.iterdir():
        file.replace(options.output / file.name)
    fresh.rmdir()
    minutes = progress["seconds"] / 60
    print(f"{options.output}: step {progress['step']}, {progress['pairs']} pairs, {minutes:.0f} min")


if __name__ == "__main__":
    main()

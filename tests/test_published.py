"""A converted model read back: the numbers that CTranslate2 writes are the numbers that training gets."""

from pathlib import Path

import numpy as np
import pytest
from ctranslate2.specs import TransformerSpec

import embedded
from embedded.recipe import published

WIDTH, WORDS = 8, 11


def filled(spec: TransformerSpec) -> dict[str, np.ndarray]:
    """Give every variable of a specification random numbers; returns them under its names."""
    source = np.random.default_rng(0)
    table = source.normal(size=(WORDS, WIDTH)).astype(np.float32)
    spec.encoder.embeddings[0].weight = table
    spec.decoder.embeddings.weight = table
    spec.decoder.projection.weight = table

    def attention(layer: object, cross: bool = False) -> None:
        norm(layer.layer_norm)
        sizes = [WIDTH, 2 * WIDTH, WIDTH] if cross else [3 * WIDTH, WIDTH]
        for linear, size in zip(layer.linear, sizes, strict=True):
            fill(linear, size, WIDTH)

    def fill(linear: object, rows: int, columns: int) -> None:
        linear.weight = source.normal(size=(rows, columns)).astype(np.float32)
        linear.bias = source.normal(size=rows).astype(np.float32)

    def norm(layer: object) -> None:
        layer.gamma, layer.beta = (source.normal(size=WIDTH).astype(np.float32) for _ in range(2))

    for stack in (spec.encoder, spec.decoder):
        norm(stack.layer_norm)
        for layer in stack.layer:
            attention(layer.self_attention)
            if stack is spec.decoder:
                attention(layer.attention, cross=True)
            norm(layer.ffn.layer_norm)
            fill(layer.ffn.linear_0, 2 * WIDTH, WIDTH)
            fill(layer.ffn.linear_1, WIDTH, 2 * WIDTH)
    return {
        "embedding.weight": table,
        "encoder.0.attention.query.weight": spec.encoder.layer[0].self_attention.linear[0].weight[:WIDTH],
        "encoder.0.attention.key_value.bias": spec.encoder.layer[0].self_attention.linear[0].bias[WIDTH:],
        "decoder.1.source_attention.key_value.weight": spec.decoder.layer[1].attention.linear[1].weight,
        "decoder.0.feed_forward.second.weight": spec.decoder.layer[0].ffn.linear_1.weight,
        "decoder_norm.weight": spec.decoder.layer_norm.gamma,
    }


@pytest.fixture
def converted(tmp_path: Path) -> tuple[Path, dict[str, np.ndarray]]:
    spec = TransformerSpec.from_config((1, 2), 2, pre_norm=True)
    expected = {name: value.copy() for name, value in filled(spec).items()}
    tokens = [f"t{number}" for number in range(WORDS)]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(tmp_path))
    return tmp_path / "model.bin", expected


def test_a_translator_comes_back(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    path, expected = converted
    weights = published.translator_weights(published.variables(path))
    for name, value in expected.items():
        # Eight bits: half a step of 1/127 of a row's largest value.
        step = np.abs(value).max(axis=-1, keepdims=True) / 127 if value.ndim > 1 else 1e-6
        assert np.all(np.abs(weights[name] - value) <= 0.51 * step), name
    assert len(weights) == 1 + 4 + 1 * (8 + 6) + 2 * (8 + 8 + 6)


@pytest.mark.models
@pytest.mark.skipif(not embedded.recognizers(), reason="no embedded models in this checkout")
def test_the_recognizer_comes_back() -> None:
    weights = published.recognizer_weights(published.variables(embedded.recognizers()[0] / "model.bin"))
    width = weights["encoder.layer_norm.weight"].shape[0]
    assert weights["encoder.conv1.weight"].shape == (width, 80, 3)
    assert weights["decoder.layers.0.encoder_attn.v_proj.weight"].shape == (width, width)
    assert "encoder.layers.0.self_attn.q_proj.bias" in weights
    assert not any(name.endswith("k_proj.bias") for name in weights)
    assert all(np.isfinite(value).all() for value in weights.values())


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes((5).to_bytes(4, "little") + bytes(20))
    with pytest.raises(ValueError, match="version 6"):
        published.variables(path)

"""Reads a converted model back, so that training can go on from what was published without its checkpoint.

A CTranslate2 `model.bin` holds, after a version, a name and a revision, every variable with its name,
shape, type and bytes, then aliases. Eight-bit weights stand beside the scale of each row: 127 over its
largest value. Reading is exact to that rounding. What is dropped at conversion must be learnt again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]

VERSION = 6
TYPES: list[Any] = [np.float32, np.int8, np.int16, np.int32, np.float16]


@dataclass(slots=True)
class _Bytes:
    data: bytes
    at: int = 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize(kind)
        return int(value)

    def text(self) -> str:
        return self.take(self.number("H"))[:-1].decode()

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def variables(path: Path) -> Weights:
    """The variables of a `model.bin` as floats, eight-bit ones multiplied out; aliases are left out.

    Raises:
        ValueError: it is not a file of this version, or has a type that is not read here.
    """
    stream = _Bytes(path.read_bytes())
    version = stream.number("I")
    if version != VERSION:
        raise ValueError(f"{path}: version {VERSION} of CTranslate2's format was expected, not {version}")
    stream.text()
    stream.number("I")
    raw: dict[str, npt.NDArray[Any]] = {}
    for _ in range(stream.number("I")):
        name = stream.text()
        shape = [stream.number("I") for _ in range(stream.number("B"))]
        kind = stream.number("B")
        if kind >= len(TYPES):
            raise ValueError(f"{path}: {name} is of a type that is not read here ({kind})")
        raw[name] = np.frombuffer(stream.take(stream.number("I")), dtype=TYPES[kind]).reshape(shape)
    return {name: _floats(name, raw) for name in raw if not name.endswith("_scale") and raw[name].ndim}


def _floats(name: str, raw: dict[str, npt.NDArray[Any]]) -> Array:
    value: Array = raw[name].astype(np.float32)
    scale = raw.get(name + "_scale")
    if scale is None:
        return value
    rows: Array = scale.astype(np.float32).reshape(-1, *[1] * (value.ndim - 1))
    return value / rows


_RECOGNIZER_PARTS = {
    "self_attention/layer_norm": ["self_attn_layer_norm"],
    "self_attention/linear_0": ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    "self_attention/linear_1": ["self_attn.out_proj"],
    "attention/layer_norm": ["encoder_attn_layer_norm"],
    "attention/linear_0": ["encoder_attn.q_proj"],
    "attention/linear_1": ["encoder_attn.k_proj", "encoder_attn.v_proj"],
    "attention/linear_2": ["encoder_attn.out_proj"],
    "ffn/layer_norm": ["final_layer_norm"],
    "ffn/linear_0": ["fc1"],
    "ffn/linear_1": ["fc2"],
    "embeddings": ["embed_tokens"],
    "position_encodings": ["embed_positions"],
    "layer_norm": ["layer_norm"],
    "conv1": ["conv1"],
    "conv2": ["conv2"],
}
_TRANSLATOR_PARTS = {
    "self_attention/layer_norm": ["attention.norm"],
    "self_attention/linear_0": ["attention.query", "attention.key_value"],
    "self_attention/linear_1": ["attention.out"],
    "attention/layer_norm": ["source_attention.norm"],
    "attention/linear_0": ["source_attention.query"],
    "attention/linear_1": ["source_attention.key_value"],
    "attention/linear_2": ["source_attention.out"],
    "ffn/layer_norm": ["feed_forward.norm"],
    "ffn/linear_0": ["feed_forward.first"],
    "ffn/linear_1": ["feed_forward.second"],
}
_ENDS = {"weight": "weight", "gamma": "weight", "encodings": "weight", "bias": "bias", "beta": "bias"}


def recognizer_weights(found: Weights) -> Weights:
    """The variables of a Whisper under the names of `network.Network`."""
    weights: Weights = {}
    for name, value in found.items():
        side, *path, end = name.split("/")
        if end not in _ENDS or side not in ("encoder", "decoder"):
            continue
        stack = f"{side}."
        if path[0].startswith("layer_") and path[0] != "layer_norm":
            stack += f"layers.{path.pop(0).removeprefix('layer_')}."
        targets = _RECOGNIZER_PARTS["/".join(path)]
        weights |= _shared(stack, targets, _ENDS[end], value, whole=False)
    # Whisper's keys have no bias.
    return {name: value for name, value in weights.items() if not name.endswith("k_proj.bias")}


def translator_weights(found: Weights) -> Weights:
    """The variables of a translator under the names of `translator_model.TranslatorModel`."""
    weights: Weights = {"embedding.weight": found["decoder/embeddings/weight"]}
    for name, value in found.items():
        side, *path, end = name.split("/")
        if path == ["layer_norm"]:
            weights[f"{side}_norm.{_ENDS[end]}"] = value
        elif path and path[0].startswith("layer_") and end in _ENDS:
            stack = f"{side}.{path.pop(0).removeprefix('layer_')}."
            weights |= _shared(stack, _TRANSLATOR_PARTS["/".join(path)], _ENDS[end], value, whole=True)
    return weights


def _shared(stack: str, targets: list[str], end: str, value: Array, whole: bool) -> Weights:
    """Rows that conversion stacked, given back; `whole`: the first third is one target, the rest another."""
    if len(targets) == 1:
        return {f"{stack}{targets[0]}.{end}": value}
    count = len(value) // (3 if whole else len(targets))
    edges = [count] if whole else [count * i for i in range(1, len(targets))]
    parts = np.split(value, edges)
    return {f"{stack}{target}.{end}": part for target, part in zip(targets, parts, strict=True)}

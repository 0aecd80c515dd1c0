"""What recognition costs with Whisper's real shapes, told by models of random weights.

The weights say nothing, but every multiplication is there: encoding a window, a decoder step, aligning,
and the whole of what one decision point asks. Models are built in a temporary folder, in int8, one at a
time (large-v3-turbo needs 0.9 GB of disk and 4 GB of memory while it is built).
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import ctranslate2
import numpy as np
from ctranslate2.specs import WhisperSpec

from asr.history import MOST_WORDS
from asr.history import PROMPT as PROMPT_CHARACTERS
from asr.presets import PRESETS, family
from asr.whisper import BEAM, TENTATIVE_BEAM
from benchmarks.families import steps

WINDOWS = (4.0, 6.0, 10.0, 14.0, 30.0)
"""Seconds of windows."""
PROMPT, PREFIX, NEW = PROMPT_CHARACTERS // 4, MOST_WORDS * 4 // 3, 6
"""Tokens at a decision point: text before the window and words committed in it, both as long as they may be
(of English, four characters make about a token, and three words four), and new ones."""
START, LANGUAGE, TASK, PREVIOUS, PLAIN = 50258, 50259, 50359, 50361, 50363
"""Whisper's special tokens; large-v3 has one language more, which moves them by one and costs nothing."""
HEAD = (
    f"| model | {' | '.join(f'encode {w:g} s' for w in WINDOWS)} | step | align | chunk 10 s | chunk 30 s "
    f"| final 10 s | {' | '.join(f'streams/core, {name}' for name in PRESETS)} |",
    f"|---|{'--:|' * (len(WINDOWS) + 5 + len(PRESETS))}",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of a Whisper model."""

    width: int
    heads: int
    encoder: int
    """Layers."""
    decoder: int
    mels: int = 80
    vocabulary: int = 51865
    family: str = "whisper"
    """As the presets know it."""


SHAPES: Final = {
    "tiny": Shape(384, 6, 4, 4),
    "base": Shape(512, 8, 6, 6),
    "small": Shape(768, 12, 12, 12),
    "large-v3-turbo": Shape(1280, 20, 32, 4, 128, 51866, "whisper-large-v3"),
}


def report(names: Sequence[str], runs: int = 3) -> None:
    """Print the cost of each shape, in milliseconds of one core."""
    print(f"milliseconds of one core, least of {runs}; before {NEW} new tokens stand as many as may:")
    print(
        f"{PROMPT} of prompt and {PREFIX} of prefix ({MOST_WORDS} words). A final look: beam of {BEAM}; those"
    )
    print(f"before, of a chunk: beam of {TENTATIVE_BEAM}, or greedy, as the family's default is.")
    print("Streams per core, by preset: of a speaker who never pauses, in windows of 10 s.\n")
    print(*HEAD, sep="\n")
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            write(Path(temporary), SHAPES[name])
            model = ctranslate2.models.Whisper(temporary, compute_type="int8", intra_threads=1)
            print(row(name, model, SHAPES[name], runs), flush=True)


def row(name: str, model: Any, shape: Shape, runs: int) -> str:
    """Measure one model."""
    encodes = [least(partial(encode, model, shape, w), runs) for w in WINDOWS]
    states = encode(model, shape, 10.0)
    few, many = (least(partial(generate, model, states, n), runs) for n in (NEW, NEW + 20))
    aligning = least(partial(align, model, states, 10.0), runs)
    tentative = TENTATIVE_BEAM if family(shape.family).beam else 1
    kinds = ((10.0, tentative), (30.0, tentative), (10.0, BEAM))
    looks = [least(partial(look, model, shape, seconds, beam), runs) for seconds, beam in kinds]
    cells = [*encodes, (many - few) / 20, aligning, *looks]
    numbers = " | ".join(f"{1000 * cell:.0f}" if cell >= 0.0095 else f"{1000 * cell:.1f}" for cell in cells)
    streams = " | ".join(f"{step / looks[0]:.1f}" for step in steps(shape.family).values())
    return f"| {name} | {numbers} | {streams} |"


def look(model: Any, shape: Shape, seconds: float, beam: int) -> None:
    """Do all that one decision point asks."""
    states = encode(model, shape, seconds)
    generate(model, states, NEW, beam)
    align(model, states, seconds)


def encode(model: Any, shape: Shape, seconds: float) -> Any:
    """Encode one window."""
    frames = round(seconds * 100)
    mel = np.random.default_rng(0).standard_normal((1, shape.mels, frames), np.float32)
    return model.encode(ctranslate2.StorageView.from_array(mel))


def generate(model: Any, states: Any, new: int, beam: int = 1) -> None:
    """Decode so many tokens behind a prompt and a prefix."""
    text = list(range(1000, 1000 + max(PROMPT, PREFIX)))
    before = [PREVIOUS, *text[:PROMPT], START, LANGUAGE, TASK, PLAIN]
    count = PREFIX + new
    longest = max(2 * count, len(before) - 1 + count)
    (result,) = model.generate(
        states, [[*before, *text[:PREFIX]]], beam_size=beam, num_hypotheses=beam, max_length=longest
    )
    if len(result.sequences_ids[0]) != count:
        raise RuntimeError(f"{count} tokens were expected, {len(result.sequences_ids[0])} came")


def align(model: Any, states: Any, seconds: float) -> None:
    """Align prefix and new tokens with the window."""
    tokens = list(range(1000, 1000 + PREFIX + NEW))
    model.align(states, [START, LANGUAGE, TASK], [tokens], round(seconds * 100))


def least(work: Callable[[], object], runs: int) -> float:
    """Tell the least processor time of several runs, in seconds, after one that warms up."""
    work()
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def write(folder: Path, shape: Shape) -> None:
    """Write a model of random weights in a shape, in int8."""
    spec = WhisperSpec(shape.encoder, shape.heads, shape.decoder, shape.heads)
    _fill(spec, shape, np.random.default_rng(0))
    special = {50257: "<|endoftext|>", START: "<|startoftranscript|>", LANGUAGE: "<|en|>"}
    special |= {TASK: "<|transcribe|>", PREVIOUS: "<|startofprev|>", PLAIN: "<|notimestamps|>"}
    # CTranslate2 takes a model for multilingual if its vocabulary has an empty token.
    spec.register_vocabulary(["", *(special.get(i, f"<{i}>") for i in range(1, shape.vocabulary))])
    spec.config.suppress_ids = list(range(50257, shape.vocabulary))
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [LANGUAGE]
    half = range(shape.decoder // 2, shape.decoder)
    spec.config.alignment_heads = [[layer, head] for layer in half for head in range(2)]
    spec.validate()
    spec.optimize("int8")
    spec.save(str(folder))


def _fill(spec: Any, shape: Shape, random: np.random.Generator) -> None:
    width, hidden = shape.width, 4 * shape.width
    source = (random.standard_normal(hidden * hidden) * 0.02).astype(np.float32)

    def weights(*size: int) -> Any:
        # A window of one block of noise: making a new block for each layer would take minutes.
        return np.resize(source[random.integers(0, 1000) :], size)

    def normal(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = weights(outputs, inputs), np.zeros(outputs, np.float32)

    def attention(layer: Any, outputs: Sequence[int]) -> None:
        normal(layer.layer_norm)
        for part, count in zip(layer.linear, outputs, strict=True):
            linear(part, count, width)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = weights(width, shape.mels, 3), weights(width)
    encoder.conv2.weight, encoder.conv2.bias = weights(width, width, 3), weights(width)
    encoder.position_encodings.encodings = weights(1500, width)
    decoder.position_encodings.encodings = weights(448, width)
    decoder.embeddings.weight = weights(shape.vocabulary, width)
    linear(decoder.projection, shape.vocabulary, width)
    for side in (encoder, decoder):
        normal(side.layer_norm)
        for layer in side.layer:
            attention(layer.self_attention, (3 * width, width))
            normal(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, hidden, width)
            linear(layer.ffn.linear_1, width, hidden)
    for layer in decoder.layer:
        attention(layer.attention, (width, 2 * width, width))

"""A toy Whisper with random weights: it says nonsense, but every code path to it is the real one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

WIDTH, HIDDEN, POSITIONS, TOKENS = 32, 64, 1500, 448
SENTENCES = [
    "and so my fellow Americans, ask not what your country can do for you.",
    "今天天气很好，我们去公园。",
]
MARKS = ("startofprev", "startoflm", "transcribe", "translate", "nospeech", "notimestamps")


def write_whisper(
    folder: Path, *, mels: int = 80, languages: tuple[str, ...] = ("en", "zh"), seed: int = 0
) -> Path:
    """Write a model folder as faster-whisper loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(languages)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": mels, "n_fft": 400}))
    vocabulary = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    if len(languages) > 1:
        # CTranslate2 takes a model for multilingual if its vocabulary has an empty token.
        vocabulary[vocabulary.index("À")] = ""
    spec = WhisperSpec(1, 2, 1, 2)
    _fill(spec, len(vocabulary), mels, np.random.default_rng(seed))
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = [tokenizer.token_to_id(f"<|{mark}|>") for mark in MARKS]
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{language}|>") for language in languages]
    spec.config.alignment_heads = [[0, 0], [0, 1]]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    return folder


def _tokenizer(languages: tuple[str, ...]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    names = ("endoftext", "startoftranscript", *languages, *MARKS)
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True) for name in names])
    return tokenizer


def _fill(spec: Any, vocabulary: int, mels: int, random: np.random.Generator) -> None:
    def weights(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.3).astype(np.float32)

    def normal(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = weights(outputs, inputs), np.zeros(outputs, np.float32)

    def attention(layer: Any, outputs: tuple[int, ...]) -> None:
        normal(layer.layer_norm)
        for part, count in zip(layer.linear, outputs, strict=True):
            linear(part, count, WIDTH)

    def feed_forward(layer: Any) -> None:
        normal(layer.layer_norm)
        linear(layer.linear_0, HIDDEN, WIDTH)
        linear(layer.linear_1, WIDTH, HIDDEN)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = weights(WIDTH, mels, 3), weights(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = weights(WIDTH, WIDTH, 3), weights(WIDTH)
    encoder.position_encodings.encodings = weights(POSITIONS, WIDTH)
    decoder.position_encodings.encodings = weights(TOKENS, WIDTH)
    decoder.embeddings.weight = weights(vocabulary, WIDTH)
    linear(decoder.projection, vocabulary, WIDTH)
    for side in (encoder, decoder):
        normal(side.layer_norm)
        attention(side.layer[0].self_attention, (3 * WIDTH, WIDTH))
        feed_forward(side.layer[0].ffn)
    attention(decoder.layer[0].attention, (WIDTH, 2 * WIDTH, WIDTH))

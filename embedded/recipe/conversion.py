"""Convert the trained recogniser into a CTranslate2 folder that faster-whisper loads unchanged.

The averaged network becomes a Hugging Face Whisper and goes through CTranslate2's own converter, quantised to
eight bits. The head that was told to look evenly at all of a word becomes the alignment head.

CTranslate2 takes a Whisper for multilingual (language detection, and languages at all in faster-whisper) if
its vocabulary holds an empty token, as OpenAI's does. Ours takes the place of a byte that UTF-8 never uses.

    python -m embedded.recipe.conversion --to embedded/asr-en-zh
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters import TransformersConverter
from tokenizers import Tokenizer
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

from embedded.recipe.network import MOST_FRAMES, MOST_TOKENS, Shape
from embedded.recipe.sentences import LANGUAGES, recipe_folder

NAME = "asr-en-zh"
LICENCE = "CC BY 4.0"
WINDOWS = {
    "window_floor": 4.0,
    "window_margin": 1.0,
    "window_full": 14.0,
    "window_speech": 8.0,
    "beam": 10,
    "prompt": 0,
}
"""What the recogniser gives to the network: seconds of a window at least, of silence behind the speech, and
when a guard fires, for training showed it up to 14 s with all kinds of silence behind; seconds of speech in a
recording's window, for of 12 s without a pause it loses words that it hears in 8 s; hypotheses of a search
that may take its time, which Whisper does with half of; and tokens of the text before, none, for it was shown
single sentences there and falls silent behind several."""
UNUSED_BYTE = "À"
"""Byte 0xC0 in byte-level BPE; no UTF-8 text has it."""
MARKS = '"#()*+/:;<=>@[\\]^_`{|}~「」『』'
"""Marks that are never spoken; Whisper's decoders suppress them and so does this model's configuration."""


def token(tokenizer: Tokenizer, name: str) -> int:
    """The id of a special token, by its name without brackets."""
    number = tokenizer.token_to_id(f"<|{name}|>")
    assert number is not None, name
    return number


def configuration(tokenizer: Tokenizer, shape: Shape) -> WhisperConfig:
    """Hugging Face's description of the network."""
    end = token(tokenizer, "endoftext")
    return WhisperConfig(
        vocab_size=shape.vocabulary,
        num_mel_bins=shape.mels,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.hidden,
        decoder_ffn_dim=shape.hidden,
        max_source_positions=MOST_FRAMES,
        max_target_positions=MOST_TOKENS,
        scale_embedding=False,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=token(tokenizer, "startoftranscript"),
    )


def generation(tokenizer: Tokenizer, heads: list[tuple[int, int]]) -> GenerationConfig:
    """What decoders need to know beside the network: languages, suppressed tokens, alignment heads."""
    # Only single-token marks: the first byte of a mark may begin something that is wanted.
    ids = (tokenizer.encode(mark, add_special_tokens=False).ids for mark in MARKS)
    marks = {encoded[0] for encoded in ids if len(encoded) == 1}
    never = ("startoftranscript", "translate", "transcribe", "startoflm", "startofprev", "nospeech")
    blank = tokenizer.encode(" ", add_special_tokens=False).ids[0]
    end = token(tokenizer, "endoftext")
    return GenerationConfig(
        suppress_tokens=sorted(marks | {token(tokenizer, name) for name in never}),
        # Not the end: this model has learnt to write nothing where nothing is said.
        begin_suppress_tokens=[blank],
        alignment_heads=[list(head) for head in heads],
        lang_to_id={f"<|{language}|>": token(tokenizer, language) for language in LANGUAGES},
        task_to_id={name: token(tokenizer, name) for name in ("translate", "transcribe")},
        no_timestamps_token_id=token(tokenizer, "notimestamps"),
        is_multilingual=True,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=token(tokenizer, "startoftranscript"),
        max_length=MOST_TOKENS,
    )


def whisper_tokenizer(path: Path) -> WhisperTokenizer:
    """Hugging Face's tokenizer over the same file."""
    return WhisperTokenizer(
        tokenizer_object=Tokenizer.from_file(str(path)),
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )


def pretrained(checkpoint: Path, vocabulary: Path, folder: Path) -> None:
    """Write the averaged network of a checkpoint as a Hugging Face Whisper."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    tokenizer = Tokenizer.from_file(str(vocabulary))
    shape = Shape(tokenizer.get_vocab_size())
    model = WhisperForConditionalGeneration(configuration(tokenizer, shape))
    weights = {f"model.{name}": value for name, value in state["average"].items()}
    weights = {name: value for name, value in weights.items() if name.split(".")[1] in ("encoder", "decoder")}
    weights["proj_out.weight"] = weights["model.decoder.embed_tokens.weight"]
    model.load_state_dict(weights)
    heads = [(layer, head) for layer, count in enumerate(shape.guided) for head in range(count)]
    model.generation_config = generation(tokenizer, heads[-1:])
    model.save_pretrained(folder)
    whisper_tokenizer(vocabulary).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=shape.mels).save_pretrained(folder)


class Converter(TransformersConverter):  # type: ignore[misc]
    """CTranslate2's converter, with the empty token."""

    def _load(self) -> Any:
        spec = super()._load()
        spec._vocabulary[spec._vocabulary.index(UNUSED_BYTE)] = ""
        return spec


def finish(folder: Path, vocabulary: Path) -> None:
    """Put beside the converted model what faster-whisper reads there, in its simplest form."""
    shutil.copy(vocabulary, folder / "tokenizer.json")
    features: dict[str, Any] = {"feature_size": 80, "sampling_rate": 16_000, "hop_length": 160}
    features |= {"chunk_length": 30, "n_fft": 400}
    _write(folder / "preprocessor_config.json", features)
    card = {"name": NAME, "licence": LICENCE, "languages": list(LANGUAGES)}
    _write(folder / "dragoman.json", card | WINDOWS)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def convert(work: Path, target: Path) -> None:
    """Convert the newest checkpoint; the files of an older model in the target are replaced at once."""
    vocabulary = work / "asr-vocabulary" / "tokenizer.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        source, converted = Path(temporary) / "source", Path(temporary) / "converted"
        pretrained(work / "asr-training" / "checkpoint.pt", vocabulary, source)
        Converter(str(source)).convert(str(converted), quantization="int8")
        finish(converted, vocabulary)
        target.mkdir(exist_ok=True)
        for path in converted.iterdir():
            path.replace(target / path.name)


def main() -> None:
    """Convert the newest checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--to", type=Path, default=Path("embedded/asr-en-zh"))
    arguments = parser.parse_args()
    convert(arguments.work, arguments.to)
    size = sum(path.stat().st_size for path in arguments.to.iterdir())
    print(f"{arguments.to}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""The recogniser's vocabulary: byte-level BPE of its own with Whisper's special tokens.

English has pieces of its own; each hanzi is one token, so that Chinese text is a syllable a token and no
token spans two hanzi; digits stand alone. Every piece comes from a merge of two others, so that any text at
all can be written in bytes.

    python -m embedded.recipe.vocabulary
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from embedded.recipe.sentences import LANGUAGES, Sentence, read, recipe_folder

ENGLISH_PIECES = 1_500
HANZI = 3_000
ALONE = Regex("[一-鿿　-〿＀-￯0-9]")
ALWAYS = ["，", "。", "？", "！", "、", "“", "”", "‘", "’", "…", "—", "：", "；"]
# faster-whisper suppresses the first token of " -", " '" and " ♩": it must be one that nothing else needs.
PREFIXED = [" -", " '"]

SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]
TIMESTAMPS = [f"<|{index * 0.02:.2f}|>" for index in range(1501)]


def as_bytes(text: str) -> list[str]:
    """The text's bytes in the letters that byte-level BPE writes them with."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return list(level.pre_tokenize_str(text)[0][0])


def splitting() -> pre_tokenizers.PreTokenizer:
    """Hanzi, their marks and digits alone, then as GPT-2 does."""
    alone = pre_tokenizers.Split(ALONE, behavior="isolated")
    return pre_tokenizers.Sequence([alone, pre_tokenizers.ByteLevel(add_prefix_space=False)])


def learnt_pieces(english: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Pieces and merges learnt from English text, the 256 bytes first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitting()
    trainer = trainers.BpeTrainer(
        vocab_size=ENGLISH_PIECES,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(english, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return pieces, [(first, second) for first, second in model["merges"]]


def wanted(sentences: list[Sentence]) -> Iterator[str]:
    """What shall be one token beside the English pieces, most important first."""
    yield from ALWAYS
    count = Counter(c for s in sentences if s.language == "zh" for c in s.text if "一" <= c <= "鿿")
    yield from (hanzi for hanzi, _ in count.most_common(HANZI))
    yield from PREFIXED


def build(sentences: list[Sentence]) -> Tokenizer:
    """The tokenizer; the special tokens follow the text in Whisper's order."""
    pieces, merges = learnt_pieces(" " + s.text for s in sentences if s.language == "en")
    known = set(pieces)

    def merge(first: str, second: str) -> str:
        if first + second not in known:
            known.add(first + second)
            pieces.append(first + second)
            merges.append((first, second))
        return first + second

    for text in wanted(sentences):
        letters = as_bytes(text)
        piece = letters[0]
        for letter in letters[1:]:
            piece = merge(piece, letter)
    merge(*as_bytes(" ♩")[:2])
    tokenizer = Tokenizer(models.BPE(vocab={p: i for i, p in enumerate(pieces)}, merges=merges))
    tokenizer.pre_tokenizer = splitting()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t in SPECIAL + TIMESTAMPS]
    )
    return tokenizer


def main() -> None:
    """Write `asr-vocabulary/tokenizer.json` into the working folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    arguments = parser.parse_args()
    tokenizer = build([s for s in read(arguments.work / "sentences.jsonl") if not s.held_out])
    folder = arguments.work / "asr-vocabulary"
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    print(f"{tokenizer.get_vocab_size()} tokens, text ends at {tokenizer.token_to_id('<|endoftext|>')}")


if __name__ == "__main__":
    main()

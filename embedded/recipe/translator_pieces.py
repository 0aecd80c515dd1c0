"""The shared subword vocabulary of the embedded translator, laid out as M2M100's.

Ids: `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3, then SentencePiece's pieces, then one token for each language.
Every digit is a piece of its own, so that numbers are copied and not remembered; what the pieces do not
cover falls back to bytes. Text is left as it is (no NFKC): Chinese keeps its own punctuation.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from embedded.recipe.bitext import Pair

LANGUAGES = ("en", "zh", "es")
PAD, END = 1, 2


def train_pieces(pairs: Sequence[Pair], model: Path, size: int, limit: int = 500_000, seed: int = 1) -> None:
    """Write a SentencePiece BPE model with `size` pieces, learnt on both sides of up to `limit` pairs."""
    chosen = random.Random(seed).sample(pairs, min(limit, len(pairs)))
    partial = model.with_suffix(".partial")
    with partial.open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(text for pair in chosen for text in (pair.source, pair.target)),
            model_writer=stream,
            model_type="bpe",
            vocab_size=size,
            character_coverage=0.9995,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            bos_id=0,
            pad_id=PAD,
            eos_id=END,
            unk_id=3,
            num_threads=1,
            minloglevel=1,
        )
    partial.rename(model)


class Pieces:
    """Text to token ids and back."""

    def __init__(self, model: Path) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
        self.size = self._pieces.get_piece_size() + len(LANGUAGES)
        """Tokens, language tokens included."""

    def tokens(self) -> list[str]:
        """Return the vocabulary in the order of the ids."""
        count = self._pieces.get_piece_size()
        return [self._pieces.id_to_piece(i) for i in range(count)] + [f"__{name}__" for name in LANGUAGES]

    def language(self, name: str) -> int:
        """Return the id of a language token."""
        return int(self._pieces.get_piece_size()) + LANGUAGES.index(name)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text, without special tokens."""
        ids: list[list[int]] = self._pieces.encode(texts)
        return ids

    def source(self, texts: list[str], languages: list[str]) -> list[list[int]]:
        """Return encoder ids: language, pieces, end."""
        return [
            [self.language(name), *ids, END] for ids, name in zip(self.encode(texts), languages, strict=True)
        ]

    def target(self, texts: list[str], languages: list[str]) -> list[list[int]]:
        """Return decoder ids: end (the start token), language, pieces, end."""
        return [
            [END, self.language(name), *ids, END]
            for ids, name in zip(self.encode(texts), languages, strict=True)
        ]

"""The shared subword vocabulary of the embedded translator, laid out as M2M100's.

Ids: `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3, then SentencePiece's pieces, then one token for each language.
Every digit is a piece of its own, so that numbers are copied and not remembered; what the pieces do not
cover falls back to bytes. Text is left as it is (no NFKC): Chinese keeps its own punctuation.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sentencepiece
import sentencepiece.sentencepiece_model_pb2

from embedded.recipe.bitext import Pair

LANGUAGES = ("en", "zh", "es", "de")
PAD, END = 1, 2
Table = npt.NDArray[np.float32]
pb: Any = sentencepiece.sentencepiece_model_pb2
_WORD = re.compile(r"[^\W\d_]+")


def train_pieces(pairs: Sequence[Pair], model: Path, size: int) -> None:
    """Write a SentencePiece BPE model with `size` pieces, learnt on both sides of the pairs."""
    partial = model.with_suffix(".partial")
    with partial.open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(text for pair in pairs for text in (pair.source, pair.target)),
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


def extended(published: Path, model: Path, texts: Iterable[str], count: int) -> None:
    """Write a SentencePiece model with `count` more pieces, learnt on texts of a new language.

    The new pieces stand behind the old ones and merge after them, so that text of the old languages is cut
    as before and a network that knows the old pieces can go on.
    """
    proto: Any = pb.ModelProto.FromString(published.read_bytes())
    words = Counter(word for text in texts for word in _WORD.findall(text))
    known = {piece.piece for piece in proto.pieces}
    letters = Counter(letter for word, times in words.items() for letter in word * times)
    fresh = [letter for letter, times in letters.items() if letter not in known and times > 50]
    _append(proto, fresh)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
    cut = {tuple(pieces.encode(word, out_type=str)): times for word, times in words.items() if times > 1}
    _append(proto, merges(cut, count - len(fresh)))
    model.write_bytes(proto.SerializeToString())


def _append(proto: Any, pieces: Iterable[str]) -> None:
    lowest = min(piece.score for piece in proto.pieces)
    for number, text in enumerate(pieces, start=1):
        proto.pieces.add(piece=text, score=lowest - number)


def merges(words: dict[tuple[str, ...], int], count: int) -> list[str]:
    """The next `count` merges of byte-pair encoding (Sennrich et al. 2016) over words with their counts."""
    rows = [list(word) for word in words]
    times = list(words.values())
    pairs: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, row in enumerate(rows):
        for pair in pairwise(row):
            pairs[pair] += times[number]
            places[pair].add(number)
    found: dict[str, None] = {}
    while len(found) < count and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        if pairs[best] <= 0:
            break
        found["".join(best)] = None
        for number in places.pop(best):
            for pair in pairwise(rows[number]):
                pairs[pair] -= times[number]
            rows[number] = merged(rows[number], best)
            for pair in pairwise(rows[number]):
                pairs[pair] += times[number]
                places[pair].add(number)
        del pairs[best]
    return list(found)


def merged(row: list[str], pair: tuple[str, str]) -> list[str]:
    """The pieces with every occurrence of the pair made one."""
    out: list[str] = []
    at = 0
    while at < len(row):
        both = tuple(row[at : at + 2]) == pair
        out.append("".join(pair) if both else row[at])
        at += 1 + both
    return out


def inherited(
    table: Table, old: list[str], new: list[str], pieces: sentencepiece.SentencePieceProcessor
) -> Table:
    """Embeddings [new, width] from a table of old tokens; a new token is the mean of the old ones in it."""
    place = {token: number for number, token in enumerate(old)}
    rows = []
    for token in new:
        if token in place:  # and so every language but a new one
            rows.append(table[place[token]])
            continue
        parts = pieces.encode(token.removeprefix("▁"), out_type=str)
        known = [place[part] for part in parts if part in place and part != "▁"]
        rows.append(table[known].mean(axis=0))
    return np.stack(rows)


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

    def special(self) -> frozenset[int]:
        """Return the ids that stand for no text."""
        return frozenset((PAD, END, *map(self.language, LANGUAGES)))

    def language(self, name: str) -> int:
        """Return the id of a language token."""
        return int(self._pieces.get_piece_size()) + LANGUAGES.index(name)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text, without special tokens."""
        ids: list[list[int]] = self._pieces.encode(texts)
        return ids

    def text(self, pieces: list[str]) -> str:
        """Return the text that pieces are written for."""
        return str(self._pieces.decode(pieces))

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

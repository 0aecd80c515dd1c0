"""Which attention head of the embedded translator looks where a word comes from, by measurement.

Pieces that stand exactly once on both sides, digits and names above all, need no aligner: where they come
from is known. The head that finds them most often is put first in its layer, and conversion stores that
layer and one head; policies that read the attention then read the best there is.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from embedded.recipe.translator_model import Attention, TranslatorModel
from embedded.recipe.translator_pieces import PAD

Row = list[int]


def copied(source: Row, target: Row, special: frozenset[int]) -> list[tuple[int, int]]:
    """Places (in the source, in the target) of the pieces that stand exactly once in both."""
    sources, targets = Counter(source), Counter(target)
    places = {piece: place for place, piece in enumerate(source) if sources[piece] == 1}
    return [
        (places[piece], place)
        for place, piece in enumerate(target)
        if piece in places and targets[piece] == 1 and piece not in special
    ]


def accuracy(model: TranslatorModel, rows: Sequence[tuple[Row, Row]], special: frozenset[int]) -> Tensor:
    """How often each head looks at the source of a copied piece as it is written: [layers, heads]."""
    shape = model.shape
    right, count = torch.zeros(shape.decoder_layers, shape.heads), 0
    for source, target in rows:
        known = copied(source, target, special)
        if not known:
            continue
        tokens = torch.tensor([source])
        mask = (tokens != PAD)[:, None, None, :]
        weights: list[Tensor] = []
        with torch.no_grad():
            model.decode(torch.tensor([target]), model.encode(tokens, mask), mask, weights)
        for place, written in known:
            # The state at one token writes the next.
            looked = torch.stack([layer[0, :, written - 1].argmax(-1) for layer in weights])
            right += (looked == place).float()
            count += 1
    return right / max(count, 1)


def put_first(attention: Attention, head: int) -> None:
    """Exchange a head with the first; what the layer computes stays the same."""
    size = attention.out.weight.shape[0] // attention.heads
    order = list(range(attention.heads))
    order[0], order[head] = order[head], order[0]
    index = torch.cat([torch.arange(h * size, (h + 1) * size) for h in order])
    both = torch.cat([index, index + len(index)])
    for layer, rows in ((attention.query, index), (attention.key_value, both)):
        layer.weight.data = layer.weight.data[rows]
        layer.bias.data = layer.bias.data[rows]
    attention.out.weight.data = attention.out.weight.data[:, index]


def arrange(model: TranslatorModel, measured: Tensor) -> int:
    """Put the best head first in its layer; returns the layer."""
    layer, head = divmod(int(measured.argmax()), int(measured.shape[1]))
    put_first(model.decoder[layer].source_attention, head)
    return layer

"""The embedded translator's network: a pre-norm Transformer with a deep encoder and a shallow decoder.

Vaswani et al. 2017, "Attention Is All You Need"; layer norm first as in Xiong et al. 2020; most layers in
the encoder as in Kasai et al. 2021, "Deep Encoder, Shallow Decoder": the encoder runs once over the whole
source, the decoder once for each target token. One embedding matrix serves the source, the target and the
output. Everything is laid out so that CTranslate2 computes the very same function.
"""

# mypy: allow-subclassing-any, allow-untyped-calls

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network."""

    vocabulary: int
    """Tokens, language tokens included."""
    width: int = 320
    """Model dimension."""
    heads: int = 5
    """Attention heads, each `width / heads` wide."""
    inner: int = 1280
    """Width of the feed-forward layers."""
    encoder_layers: int = 5
    decoder_layers: int = 2
    dropout: float = 0.05
    """Share of activations dropped on each residual branch in training."""


def position_encodings(length: int, width: int) -> Tensor:
    """Return sinusoids [length, width] as CTranslate2 makes them: sines, then cosines, positions from 1."""
    rates = torch.exp(torch.arange(width // 2) * (-math.log(10000.0) / (width // 2 - 1)))
    angles = torch.arange(1, length + 1)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Attention(nn.Module):
    """Multi-head attention with its layer norm in front."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm = nn.LayerNorm(shape.width)
        self.query = nn.Linear(shape.width, shape.width)
        self.key_value = nn.Linear(shape.width, 2 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def _split(self, x: Tensor) -> Tensor:
        heads: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return heads

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None,
        mask: Tensor | None,
        causal: bool = False,
        shown: list[Tensor] | None = None,
    ) -> Tensor:
        """Attend from x [batch, target, width] to memory [batch, source, width], or to x itself if None.

        mask: [batch, 1, 1, source], true where attention is allowed.
        shown: takes up where it looked, [batch, heads, target, source]; needs a mask.
        """
        x = self.norm(x)
        key, value = map(self._split, self.key_value(x if memory is None else memory).chunk(2, dim=-1))
        query = self._split(self.query(x))
        if shown is not None and mask is not None:
            scores = (query @ key.transpose(-1, -2)).float() / math.sqrt(query.shape[-1])
            shown.append(scores.masked_fill(~mask, -torch.inf).softmax(-1))
            context = shown[-1].to(value.dtype) @ value
        else:
            context = functional.scaled_dot_product_attention(
                query, key, value, attn_mask=mask, is_causal=causal
            )
        out: Tensor = self.out(context.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between and the layer norm in front."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.first = nn.Linear(shape.width, shape.inner)
        self.second = nn.Linear(shape.inner, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, length, width] to the same shape."""
        out: Tensor = self.second(functional.relu(self.first(self.norm(x))))
        return out


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each on a residual branch."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map [batch, source, width] to the same shape."""
        x = x + self.dropout(self.attention(x, None, mask))
        out: Tensor = x + self.dropout(self.feed_forward(x))
        return out


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the source, and feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.source_attention = Attention(shape)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor, shown: list[Tensor] | None = None) -> Tensor:
        """Map [batch, target, width] to the same shape, looking at memory [batch, source, width]."""
        x = x + self.dropout(self.attention(x, None, None, causal=True))
        x = x + self.dropout(self.source_attention(x, memory, mask, shown=shown))
        out: Tensor = x + self.dropout(self.feed_forward(x))
        return out


class TranslatorModel(nn.Module):
    """The whole network; token ids in, logits over the vocabulary out."""

    positions: Tensor

    def __init__(self, shape: Shape, longest: int = 512) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.encoder = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.encoder_norm = nn.LayerNorm(shape.width)
        self.decoder_norm = nn.LayerNorm(shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        self.register_buffer("positions", position_encodings(longest, shape.width), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2 and name != "embedding.weight":
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)

    def _embed(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) * math.sqrt(self.shape.width) + self.positions[: tokens.shape[1]]
        out: Tensor = self.dropout(x)
        return out

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        """Return the memory [batch, source, width] of source ids [batch, source]; mask as in `Attention`."""
        x = self._embed(source)
        for layer in self.encoder:
            x = layer(x, mask)
        out: Tensor = self.encoder_norm(x)
        return out

    def decode(
        self, target: Tensor, memory: Tensor, mask: Tensor, shown: list[Tensor] | None = None
    ) -> Tensor:
        """Return states [batch, target, width] for target ids [batch, target].

        shown: takes up where each layer looked, [batch, heads, target, source].
        """
        x = self._embed(target)
        for layer in self.decoder:
            x = layer(x, memory, mask, shown)
        out: Tensor = self.decoder_norm(x)
        return out

    def logits(self, states: Tensor) -> Tensor:
        """Return logits [..., vocabulary] for states [..., width]."""
        return functional.linear(states, self.embedding.weight)

    def greedy(self, source: Tensor, mask: Tensor, start: Tensor, end: int, steps: int = 100) -> Tensor:
        """Return the likeliest continuation of start [batch, prefix], token by token, ids [batch, length]."""
        memory = self.encode(source, mask)
        target, done = start, torch.zeros(len(start), dtype=torch.bool, device=start.device)
        for _ in range(steps):
            best = self.logits(self.decode(target, memory, mask)[:, -1]).argmax(-1)
            best = torch.where(done, end, best)
            target = torch.cat([target, best[:, None]], dim=1)
            done |= best == end
            if bool(done.all()):
                break
        return target

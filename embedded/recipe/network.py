"""Whisper's encoder and decoder, small, with what it takes to learn them quickly.

The parameters carry the names of Hugging Face's WhisperForConditionalGeneration, so that CTranslate2 converts
them. Beside Whisper's own there is a frame-level phoneme head on the encoder, and a few cross-attention heads
are told where the words are; the first is dropped at conversion, the last of the second becomes the alignment
head.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedded.recipe.shards import UNKNOWN

MOST_FRAMES = 1_500
"""Encoder frames of 20 ms in Whisper's longest window."""
MOST_TOKENS = 448
PHONEMES = 200
"""Room for phoneme names of all languages together."""
TONES = 6
EVENNESS = 0.3
"""Weight of the last guided head's evenness."""
TINY = 1e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network.

    guided: for each decoder layer, how many of its cross-attention heads are told where the words are.
    """

    vocabulary: int
    width: int = 256
    heads: int = 4
    hidden: int = 1_024
    encoder_layers: int = 5
    decoder_layers: int = 2
    mels: int = 80
    guided: tuple[int, ...] = (1, 2)


class Attention(nn.Module):  # type: ignore[misc]
    """Multi-head attention with Whisper's biases."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.q_proj = nn.Linear(shape.width, shape.width)
        self.k_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.v_proj = nn.Linear(shape.width, shape.width)
        self.out_proj = nn.Linear(shape.width, shape.width)

    def forward(
        self, target: Tensor, source: Tensor, causal: bool = False, shown: int = 0
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from (B, U, width) to (B, T, width); also weights (B, shown, U, T) of the first heads."""
        query, key, value = (
            projection(states).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection, states in ((self.q_proj, target), (self.k_proj, source), (self.v_proj, source))
        )
        # Plain products are three times faster on a CPU than the fused kernel and its way back.
        scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(-1, -2)
        if causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -1e4)
        weights = scores.softmax(-1)
        mixed = weights.to(value.dtype) @ value
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), weights[:, :shown].float() if shown else None


class Layer(nn.Module):  # type: ignore[misc]
    """A pre-norm layer; with cross-attention in the decoder."""

    def __init__(self, shape: Shape, cross: bool, guided: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.guided = guided
        self.dropout = dropout
        self.self_attn = Attention(shape)
        self.self_attn_layer_norm = nn.LayerNorm(shape.width)
        if cross:
            self.encoder_attn = Attention(shape)
            self.encoder_attn_layer_norm = nn.LayerNorm(shape.width)
        self.fc1 = nn.Linear(shape.width, shape.hidden)
        self.fc2 = nn.Linear(shape.hidden, shape.width)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def _add(self, states: Tensor, change: Tensor) -> Tensor:
        return states + (functional.dropout(change, self.dropout, self.training) if self.dropout else change)

    def forward(self, states: Tensor, source: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """States (B, N, width) after the layer, and the guided weights of its cross-attention."""
        normed = self.self_attn_layer_norm(states)
        states = self._add(states, self.self_attn(normed, normed, causal=source is not None)[0])
        weights = None
        if source is not None:
            normed = self.encoder_attn_layer_norm(states)
            shown = self.guided if self.training else 0
            change, weights = self.encoder_attn(normed, source, shown=shown)
            states = self._add(states, change)
        hidden = functional.gelu(self.fc1(self.final_layer_norm(states)))
        return self._add(states, self.fc2(hidden)), weights


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed positions (length, width)."""
    scale = math.log(10_000) / (width // 2 - 1)
    rates = torch.exp(-scale * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Encoder(nn.Module):  # type: ignore[misc]
    """Log-mel spectra to states of 20 ms."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(shape.mels, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(MOST_FRAMES, shape.width)
        self.embed_positions.weight.data = sinusoids(MOST_FRAMES, shape.width)
        self.embed_positions.weight.requires_grad = False
        self.layers = nn.ModuleList(Layer(shape, cross=False) for _ in range(shape.encoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, mel: Tensor) -> Tensor:
        """Normalised log-mel (B, mels, 2T) to states (B, T, width)."""
        states = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        states = states + self.embed_positions.weight[: states.shape[1]]
        for layer in self.layers:
            states, _ = layer(states)
        return self.layer_norm(states)


class Decoder(nn.Module):  # type: ignore[misc]
    """Tokens so far and the encoder's states to the next token."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.embed_positions = nn.Embedding(MOST_TOKENS, shape.width)
        for table in (self.embed_tokens, self.embed_positions):
            nn.init.normal_(table.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(shape, cross=True, guided=guided) for guided in shape.guided)
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, tokens: Tensor, source: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, U, vocabulary) and the weights (B, heads, U, T) of guided heads, a layer each."""
        states = self.embed_tokens(tokens) + self.embed_positions.weight[: tokens.shape[1]]
        shown = []
        for layer in self.layers:
            states, weights = layer(states, source)
            shown += [] if weights is None else [weights]
        return functional.linear(self.layer_norm(states), self.embed_tokens.weight), shown


class Imagination(nn.Module):  # type: ignore[misc]
    """Stands in for the encoder: states made from the names of the sounds alone.

    It costs a tenth of the encoder, so that the decoder can learn to spell from far more sentences than could
    be heard; the encoder learns to make the same states out of speech.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.phonemes = nn.Embedding(256, shape.width)
        self.tones = nn.Embedding(256, shape.width)
        self.near = nn.Conv1d(shape.width, shape.width, 5, padding=2)
        self.layer_norm = nn.LayerNorm(shape.width)
        for table in (self.phonemes, self.tones):
            nn.init.normal_(table.weight, std=0.5)
        self.register_buffer("positions", sinusoids(MOST_FRAMES, shape.width), persistent=False)

    def forward(self, sounds: Tensor) -> Tensor:
        """Phonemes and tones (B, T, 2) to states (B, T, width)."""
        states = self.phonemes(sounds[..., 0]) + self.tones(sounds[..., 1])
        states = states + functional.gelu(self.near(states.transpose(1, 2))).transpose(1, 2)
        return self.layer_norm(states + self.positions[: states.shape[1]])


class Network(nn.Module):  # type: ignore[misc]
    """The recogniser's network: `encoder`, `decoder`, and what only training has."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
        self.sounds = nn.Linear(shape.width, PHONEMES + TONES)
        self.imagination = Imagination(shape)


@dataclass(frozen=True, slots=True)
class Losses:
    """What is learnt from one batch, and how well.

    total: to be minimised.
    tokens: cross-entropy without smoothing.
    right: share of text tokens predicted.
    frames, tones: shares of frames whose phoneme and (in Mandarin, where there is one) tone is predicted.
    guide: as in `attention_loss`.
    apart: mean squared distance of heard from imagined states.
    """

    total: Tensor
    tokens: float
    right: float
    guide: float
    frames: float = 0.0
    tones: float = 0.0
    apart: float = 0.0


def attention_loss(shown: list[Tensor], ranges: Tensor) -> Tensor:
    """How far the guided heads look beside each token's frames (B, U, 2); tokens without are left out.

    Mean -log of the attention mass inside; and the last head, which is to tell when a token begins and ends,
    is drawn towards even attention over all of its frames: else it looks where the token begins, and the
    frames behind could as well be the next token's.
    """
    frames = torch.arange(shown[0].shape[-1], device=ranges.device)
    inside = ((frames >= ranges[..., :1]) & (frames <= ranges[..., 1:])).float()
    known = (ranges[..., 1] >= 0).float()
    mass = torch.cat([(weights * inside[:, None]).sum(-1) for weights in shown], dim=1)
    beside = -torch.log(mass + TINY).mean(1)
    even = inside / inside.sum(-1, keepdim=True).clamp(min=1.0)
    uneven = (even * (torch.log(even + TINY) - torch.log(shown[-1][:, -1] + TINY))).sum(-1)
    return ((beside + EVENNESS * uneven) * known).sum() / (known.sum() + TINY)


def spelling_losses(
    network: Network, states: Tensor, tokens: Tensor, targets: Tensor, ranges: Tensor
) -> Losses:
    """Losses of the decoder on states (B, T, width); the rest as in `losses`."""
    logits, shown = network.decoder(tokens, states)
    logits, expected = logits.float().flatten(0, 1), targets.flatten()
    text = functional.cross_entropy(logits, expected, ignore_index=-100, label_smoothing=0.1)
    guide = attention_loss(shown, ranges)
    with torch.no_grad():
        learnt = expected >= 0
        plain = functional.cross_entropy(logits[learnt], expected[learnt])
        right = (logits.argmax(-1) == expected)[learnt].float().mean()
    return Losses(text + 0.5 * guide, plain.item(), right.item(), guide.item())


def imagined_losses(
    network: Network, tokens: Tensor, targets: Tensor, sounds: Tensor, ranges: Tensor
) -> Losses:
    """Losses of spelling what was never heard; arguments as `spelt` in `losses`."""
    # A few sounds are misheard, so that the decoder does not trust every one.
    wrong = torch.rand(sounds.shape[:2], device=sounds.device) < 0.03
    wrong = wrong | wrong.roll(1, 1) | wrong.roll(2, 1)
    sounds = torch.where(wrong[..., None], sounds.roll(1, 0), sounds)
    return spelling_losses(network, network.imagination(sounds), tokens, targets, ranges)


def losses(network: Network, mel: Tensor, spelt: Sequence[Tensor], strange: bool = False) -> Losses:
    """Losses of a batch.

    mel (B, mels, 2T); spelt: tokens and targets (B, U), -100 is not learnt; sounds (B, T, 2) phonemes and
    tones, UNKNOWN is not learnt; ranges (B, U, 2) first and last frame of the target token, -1 where unknown.
    `strange`: what only training has knows nothing yet, and learns from the encoder without teaching it.
    """
    tokens, targets, sounds, ranges = spelt
    states = network.encoder(mel)
    spelling = spelling_losses(network, states, tokens, targets, ranges)
    taught = states.detach() if strange else states
    # What has no name cannot be imagined: people's speech must not be pulled towards it.
    named = (sounds[..., 0] != UNKNOWN).float()[..., None]
    distance = (taught.float() - network.imagination(sounds).float()) ** 2
    apart = (distance * named).mean() / (named.mean() + 1e-5)
    phonemes, tones = network.sounds(taught).float().flatten(0, 1).split((PHONEMES, TONES), dim=-1)
    phoneme, tone = sounds[..., 0].flatten(), sounds[..., 1].flatten()
    heard = functional.cross_entropy(phonemes, phoneme, ignore_index=UNKNOWN)
    sung = functional.cross_entropy(tones, tone, ignore_index=UNKNOWN)
    with torch.no_grad():
        voiced = (tone > 0) & (tone != UNKNOWN)
        sure = (tones.argmax(-1) == tone)[voiced].float().mean().nan_to_num().item()
        frames = (phonemes.argmax(-1) == phoneme)[phoneme != UNKNOWN].float().mean().item()
    total = spelling.total + heard + 3.0 * sung + 2.0 * apart
    return replace(spelling, total=total, frames=frames, tones=sure, apart=apart.item())

"""The optimisers of both recipes: Muon for the matrices inside layers, AdamW for everything else."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from embedded.recipe.muon import Muon
from embedded.recipe.precision import numbers

Optimizers = list[torch.optim.Optimizer]


def optimizers(network: nn.Module) -> Optimizers:
    """Optimisers over all that is learnt; the caller sets their rate before every step."""
    hidden: list[nn.Parameter] = []
    tables: list[nn.Parameter] = []
    plain: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        # Tables of tokens, positions and sounds are rows of their own, not maps from one space to another.
        matrix = parameter.dim() == 2 and name.startswith(("encoder.", "decoder.")) and "embed" not in name
        (hidden if matrix else tables if parameter.dim() > 1 else plain).append(parameter)
    groups: list[dict[str, Any]] = [{"params": tables, "weight_decay": 0.01}]
    groups.append({"params": plain, "weight_decay": 0.0})
    muon = Muon(hidden, numbers(hidden[0].device), decay=0.01)
    return [muon, torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)]


def step(found: Optimizers, loss: torch.Tensor, network: nn.Module, rate: float) -> None:
    """One step down the loss, its gradient clipped to length 1."""
    for optimizer in found:
        optimizer.zero_grad(set_to_none=True)
        for group in optimizer.param_groups:
            group["lr"] = rate
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for optimizer in found:
        optimizer.step()


def states(found: Optimizers) -> list[dict[str, Any]]:
    """What a checkpoint must keep of them."""
    return [optimizer.state_dict() for optimizer in found]


def restore(found: Optimizers, kept: list[dict[str, Any]]) -> None:
    """Go on from what `states` gave."""
    for optimizer, state in zip(found, kept, strict=True):
        optimizer.load_state_dict(state)

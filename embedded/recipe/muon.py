"""Muon, in numbers that the machine multiplies fast; PyTorch's own computes in bfloat16 on every machine.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks": the momentum of a matrix is
turned into the nearest orthogonal one, by five steps of Newton and Schulz's iteration, before it steps. The
scale is that of Liu et al. 2025, "Muon is Scalable for LLM Training": an update is as large as AdamW's, so
that both take the same learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
STEPS, FACTORS = 5, (3.4445, -4.7750, 2.0315)
"""Of the iteration: chosen by Jordan to be steepest at zero, where small singular values begin."""
TINY = 1e-7


class Muon(torch.optim.Optimizer):  # type: ignore[misc]
    """Steps along orthogonal matrices."""

    def __init__(self, matrices: Iterable[nn.Parameter], numbers: torch.dtype, decay: float) -> None:
        """`numbers` are what the iteration computes in; `decay` is that of the weights."""
        super().__init__(matrices, {"lr": 0.0, "decay": decay})
        self._numbers = numbers

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Any = None) -> None:
        """Step every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._step(matrix, group["lr"], group["decay"])

    def _step(self, matrix: nn.Parameter, rate: float, decay: float) -> None:
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        momentum = state["momentum"]
        momentum.lerp_(matrix.grad, 1 - MOMENTUM)
        update = orthogonal(matrix.grad.lerp(momentum, MOMENTUM).to(self._numbers))
        matrix.mul_(1 - rate * decay)
        matrix.add_(update.to(matrix.dtype), alpha=-0.2 * rate * math.sqrt(max(matrix.shape)))


def orthogonal(matrix: Tensor) -> Tensor:
    """Turn a matrix (N, M) into one whose singular values are all near 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / found.norm().clamp(min=TINY)
    first, second, third = FACTORS
    for _ in range(STEPS):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=second, alpha=third), found, beta=first)
    return found.T if tall else found

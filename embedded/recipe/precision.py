"""Which numbers a machine multiplies faster: those of 16 bits, or those of 32.

Processors with AVX512-BF16 or AMX and all newer GPUs gain by bfloat16; others only imitate it, a hundred
times slower.
"""

import time
from functools import cache

import torch

SIDE, TIMES = 512, 3
"""Of the matrices that are multiplied, and how often, after once to warm up."""


@cache
def numbers(device: torch.device) -> torch.dtype:
    """Multiply matrices both ways, and name the faster numbers."""
    return min((torch.bfloat16, torch.float32), key=lambda kind: _seconds(device, kind))


def mixed(device: torch.device) -> torch.autocast:
    """Compute in the faster numbers what they are good enough for."""
    return torch.autocast(device.type, torch.bfloat16, enabled=numbers(device) is torch.bfloat16)


def _seconds(device: torch.device, kind: torch.dtype) -> float:
    """Measure the fastest of the products of (SIDE, SIDE) matrices."""
    matrix = torch.ones(SIDE, SIDE, dtype=kind, device=device)
    best = float("inf")
    for _ in range(1 + TIMES):
        began = time.perf_counter()
        (matrix @ matrix).sum().item()  # item waits for the device
        best = min(best, time.perf_counter() - began)
    return best

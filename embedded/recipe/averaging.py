"""Average checkpoints of the recogniser.

The mean of the weights in which trainings ended, each on from the one before, has fewer errors than the last
of them (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization",
<https://arxiv.org/abs/1803.05407>).

    python -m embedded.recipe.averaging FIRST.pt SECOND.pt --to FOLDER/asr-training/checkpoint.pt

Training goes on from the mean, with the optimisers and the progress of the last; `conversion` converts it.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch


def averaged(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the last checkpoint with the mean of the averaged weights of all."""
    average = {
        name: torch.stack([state["average"][name] for state in states]).mean(0)
        for name in states[-1]["average"]
    }
    return {**states[-1], "network": average, "average": average}


def main() -> None:
    """Average checkpoints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoints", type=Path, nargs="+", help="the last is that whose training goes on")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in arguments.checkpoints]
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    torch.save(averaged(states), arguments.to)


if __name__ == "__main__":
    main()

"""Loudness: where speech pauses, told by its power."""

import numpy as np
import numpy.typing as npt

from streaming.audio import Samples


def loudness(samples: Samples, stretch: int) -> npt.NDArray[np.float32]:
    """Measure the mean power of each stretch of so many samples, whole ones only."""
    count = len(samples) // stretch
    cut = samples[: count * stretch].reshape(count, stretch)
    power: npt.NDArray[np.float32] = np.square(cut).mean(axis=1)
    return power

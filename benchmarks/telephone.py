"""What a telephone leaves of speech."""

import numpy as np
import soxr

from streaming.audio import SAMPLE_RATE, Samples

RATE = 8_000
LOW, HIGH = 300, 3_400
"""Hz between which it carries sound."""
MU = 255


def telephone(samples: Samples) -> Samples:
    """8 kHz, 300 Hz … 3.4 kHz, companded to 8 bits (ITU-T G.711, µ-law)."""
    narrow = soxr.resample(samples, SAMPLE_RATE, RATE)
    spectrum = np.fft.rfft(narrow)
    frequencies = np.fft.rfftfreq(len(narrow), 1 / RATE)
    spectrum[(frequencies < LOW) | (frequencies > HIGH)] = 0
    band = np.clip(np.fft.irfft(spectrum, len(narrow)), -1, 1)
    small = np.sign(band) * np.log1p(MU * np.abs(band)) / np.log1p(MU)
    coarse = np.round(small * 127) / 127
    wide = np.sign(coarse) * ((1 + MU) ** np.abs(coarse) - 1) / MU
    return np.asarray(soxr.resample(wide, RATE, SAMPLE_RATE), np.float32)

"""Log-mel spectra exactly as faster-whisper computes them, kept in a byte a value.

A spectrum is kept as log10 of the mel power before Whisper's normalisation, because silence, noise, level and
joined sentences are then simple sums, and the normalisation (which looks at the whole window) comes last.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import FeatureExtractor

RATE = 16_000
HOP = 160
MELS = 80
FLOOR = -10.0
"""log10 power of digital silence."""
STEP = 0.055
"""log10 power of one code: half a decibel."""

Wave = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@cache
def filters() -> npt.NDArray[np.float32]:
    """Whisper's mel filters, (MELS, 201)."""
    return np.asarray(FeatureExtractor().mel_filters, dtype=np.float32)


@cache
def hann() -> npt.NDArray[np.float32]:
    """Whisper's analysis window, (400,)."""
    window: npt.NDArray[np.float32] = np.hanning(401)[:-1].astype(np.float32)
    return window


def log_mel(wave: Wave) -> Spectrum:
    """log10 mel power of a 16 kHz wave: (samples // HOP, MELS)."""
    frames = len(wave) // HOP
    padded = np.pad(np.pad(wave, (0, HOP)), 200, mode="reflect")
    cut = np.lib.stride_tricks.sliding_window_view(padded, 400)[: frames * HOP : HOP]
    power = np.abs(np.fft.rfft(cut * hann(), axis=1)) ** 2
    mel = power.astype(np.float32) @ filters().T
    spectrum: Spectrum = np.log10(np.maximum(mel, 1e-10)).astype(np.float32)
    return spectrum


def normalized(spectrum: Spectrum) -> Spectrum:
    """Whisper's normalisation of a whole window, (…, frames, MELS) with one maximum a window."""
    top = spectrum.max(axis=(-2, -1), keepdims=True)
    whole: Spectrum = (np.maximum(spectrum, top - 8.0) + 4.0) / 4.0
    return whole


def to_codes(spectrum: Spectrum) -> Codes:
    """The spectrum in bytes."""
    return np.clip(np.round((spectrum - FLOOR) / STEP), 0, 255).astype(np.uint8)


def from_codes(codes: Codes) -> Spectrum:
    """The spectrum that the bytes stand for."""
    return codes.astype(np.float32) * np.float32(STEP) + np.float32(FLOOR)

"""What throats, rooms, wires and microphones do to a spectrum, cheaply: on log10 mel power, (frames, MELS).

Nearly all of it could be done to waves as well, but spectra are computed once and kept.
"""

from __future__ import annotations

import numpy as np

from embedded.recipe import spectra
from embedded.recipe.spectra import Spectrum

_BITS = np.float32(np.log2(10.0))
_HALF = 63
"""Bands below 4 kHz."""


def added(first: Spectrum, second: Spectrum) -> Spectrum:
    """Two sounds at once: their powers add up."""
    total: Spectrum = np.logaddexp2(first * _BITS, second * _BITS) / _BITS
    return total


def warped(spectrum: Spectrum, factor: float) -> Spectrum:
    """As from a longer or shorter throat: every frequency times `factor` (Jaitly and Hinton 2013, "VTLP")."""
    places = np.clip(np.arange(spectra.MELS) / factor, 0, spectra.MELS - 1)
    low = np.minimum(places.astype(int), spectra.MELS - 2)
    share = (places - low).astype(np.float32)
    moved: Spectrum = spectrum[:, low] * (1 - share) + spectrum[:, low + 1] * share
    return moved


def reverberated(spectrum: Spectrum, seconds: float, level: float) -> Spectrum:
    """As in a room: every sound rings on, `level` log10 below itself, and is 60 dB down after `seconds`."""
    fall = np.float32(0.06 / seconds)
    tail = np.full(spectra.MELS, spectra.FLOOR, dtype=np.float32)
    wet = np.empty_like(spectrum)
    for number, frame in enumerate(spectrum):
        wet[number] = tail
        tail = np.maximum(tail - fall, frame - np.float32(level))
    return added(spectrum, wet)


def banded(spectrum: Spectrum, low: int, high: int) -> Spectrum:
    """As from a small microphone or loudspeaker: little is left outside the bands from `low` to `high`."""
    out = spectrum.copy()
    out[:, :low] -= np.linspace(3.0, 0.5, low, dtype=np.float32)
    out[:, high:] = np.maximum(out[:, high:] - 4.0, spectra.FLOOR)
    return out


def telephoned(spectrum: Spectrum, source: np.random.Generator) -> Spectrum:
    """As over a telephone (ITU-T G.711): hardly anything outside of about 300 Hz to 3.4 kHz, nothing above
    4 kHz; and what its few bits leave out, as noise that follows the voice."""
    out = spectrum.copy()
    loudest = spectrum.max(axis=1, keepdims=True)
    low, high = int(source.integers(5, 9)), int(source.integers(55, 61))
    out[:, :low] -= np.float32(source.uniform(2.5, 5.0))
    out[:, high:] -= np.float32(source.uniform(2.5, 5.0))
    noise = source.normal(-source.uniform(4.0, 6.5), 0.4, out.shape).astype(np.float32)
    out = added(out, loudest + noise)
    out[:, _HALF:] = spectra.FLOOR
    return np.maximum(out, np.float32(spectra.FLOOR))


def coded(spectrum: Spectrum, source: np.random.Generator, depth: float) -> Spectrum:
    """As from a lossy codec: what lies `depth` log10 under a frame's loudest band is dropped, at random."""
    top = spectrum.max(axis=1, keepdims=True)
    quiet = (spectrum < top - depth) & (source.random(spectrum.shape) < 0.6)
    return np.where(quiet, np.float32(spectra.FLOOR), spectrum)


def masked(spectrum: Spectrum, source: np.random.Generator) -> Spectrum:
    """With a few bands and moments missing (Park et al. 2019, "SpecAugment"), mildly."""
    out = spectrum.copy()
    first = int(source.integers(0, spectra.MELS - 8))
    out[:, first : first + int(source.integers(1, 8))] = out.mean()
    first = int(source.integers(0, max(1, len(out) - 8)))
    out[first : first + int(source.integers(1, 8))] = out.mean()
    return out


def random_colour(spectrum: Spectrum, source: np.random.Generator, strength: float) -> Spectrum:
    """A random handful of all these; `strength` is the share of windows that each is done to, about."""
    if source.random() < 2.0 * strength:
        spectrum = warped(spectrum, float(source.uniform(0.86, 1.16)))
    if source.random() < strength:
        spectrum = reverberated(spectrum, float(source.uniform(0.1, 0.8)), float(source.uniform(0.5, 2.0)))
    if source.random() < 0.4 * strength:
        spectrum = banded(spectrum, int(source.integers(1, 8)), int(source.integers(48, 79)))
    if source.random() < 0.5 * strength:
        spectrum = telephoned(spectrum, source)
    if source.random() < 0.4 * strength:
        spectrum = coded(spectrum, source, float(source.uniform(2.0, 4.0)))
    if source.random() < strength:
        spectrum = masked(spectrum, source)
    return spectrum

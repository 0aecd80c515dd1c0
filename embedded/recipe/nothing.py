"""Sounds in which nobody speaks: silence, hiss, hum, tones and tunes, beeps, typing and knocking.

A recogniser that has heard none of them writes words for them. They are heard alone, where nothing is to be
written, and under speech.

    python -m embedded.recipe.nothing
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from embedded.recipe import spectra
from embedded.recipe.sentences import recipe_folder
from embedded.recipe.spectra import RATE, Wave

SECONDS = 12.0
_COUNT = int(SECONDS * RATE)
_TIME = np.arange(_COUNT) / RATE


def hiss(source: np.random.Generator) -> Wave:
    """Steady or swelling noise of any colour, from white to the rumble of a room."""
    spectrum = np.fft.rfft(source.standard_normal(_COUNT))
    frequency = np.maximum(np.fft.rfftfreq(_COUNT, 1 / RATE), 20.0)
    wave = np.fft.irfft(spectrum * frequency ** -source.uniform(0.0, 1.2), _COUNT)
    swell = 1 + source.uniform(0, 0.9) * np.sin(2 * np.pi * source.uniform(0.1, 3) * _TIME)
    return _level(source, wave * swell)


def hum(source: np.random.Generator) -> Wave:
    """Mains or a motor: a low tone and its multiples, and a little hiss."""
    base = source.choice([50.0, 60.0, source.uniform(40, 180)])
    parts = [source.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * _TIME + k) for k in range(1, 14)]
    return _level(source, np.sum(parts, axis=0) + 0.01 * source.standard_normal(_COUNT))


def tune(source: np.random.Generator) -> Wave:
    """Notes of one or several voices, held or plucked, dull or sharp."""
    wave = np.zeros(_COUNT)
    for _ in range(int(source.integers(1, 4))):
        long = source.uniform(0.08, 1.2)
        numbers = (_TIME / long).astype(int)
        notes = source.uniform(80, 900) * 2 ** (source.integers(0, 13, numbers.max() + 1) / 12)
        phase = 2 * np.pi * np.cumsum(notes[numbers]) / RATE
        phase += source.choice([0.0, source.uniform(0, 1)]) * np.sin(2 * np.pi * 5.5 * _TIME)
        fall, sharp = source.choice([0.0, source.uniform(0.5, 8)]), source.uniform(0.7, 2.5)
        voice = np.sum([np.sin(k * phase) / k**sharp for k in range(1, int(source.integers(2, 12)))], axis=0)
        wave += voice * np.exp(-fall * (_TIME - numbers * long) / long)
    return _level(source, wave)


def beeps(source: np.random.Generator) -> Wave:
    """Single or double tones switched on and off, or sliding: telephones, alarms, sirens."""
    tones = source.uniform(200, 3_000, 2)
    slide = source.choice([0.0, source.uniform(50, 600)]) * np.sin(2 * np.pi * source.uniform(0.3, 4) * _TIME)
    wave = np.sum([np.sin(2 * np.pi * np.cumsum(tone + slide) / RATE) for tone in tones], axis=0)
    on = (_TIME * source.uniform(0.5, 6)) % 1 < source.uniform(0.2, 1.0)
    return _level(source, wave * on + 0.001 * source.standard_normal(_COUNT))


def clicks(source: np.random.Generator) -> Wave:
    """Typing, knocking, clapping: short bursts, each ringing a little, over quiet hiss."""
    wave = source.choice([0.0, 0.002, 0.01]) * source.standard_normal(_COUNT)
    at = 0.0
    pace = source.uniform(0.08, 0.8)
    tone, ring = source.uniform(150, 5_000), source.uniform(40, 600)
    while (at := at + float(source.exponential(pace)) + 0.04) < SECONDS - 0.2:
        first, time = int(at * RATE), _TIME[: RATE // 8]
        burst = source.standard_normal(len(time)) * np.exp(-2 * ring * time)
        burst += 0.5 * np.sin(2 * np.pi * tone * source.uniform(0.9, 1.1) * time) * np.exp(-ring * time)
        wave[first : first + len(time)] += source.uniform(0.2, 1.0) * burst
    return _level(source, wave)


def silence(source: np.random.Generator) -> Wave:
    """Nothing at all, or the last bit of a converter."""
    wave: Wave = (source.choice([0.0, 1 / 32768]) * source.standard_normal(_COUNT)).astype(np.float32)
    return wave


Kind = Callable[[np.random.Generator], Wave]
KINDS: tuple[Kind, ...] = (silence, hiss, hiss, hum, tune, tune, beeps, clicks)


def _level(source: np.random.Generator, wave: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Wave:
    loud = 10 ** source.uniform(-3.0, -0.2)
    levelled: Wave = (wave * (loud / (np.abs(wave).max() + 1e-9))).astype(np.float32)
    return levelled


def main() -> None:
    """Write `speech/nothing.npy`, (clips, frames, MELS) bytes, into the working folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--clips", type=int, default=600)
    arguments = parser.parse_args()
    source = np.random.default_rng(5)
    kinds = [KINDS[number % len(KINDS)] for number in range(arguments.clips)]
    codes = np.stack([spectra.to_codes(spectra.log_mel(kind(source))) for kind in kinds])
    target = arguments.work / "speech" / "nothing.npy"
    target.parent.mkdir(parents=True, exist_ok=True)
    np.save(target, codes)
    print(f"{target.name}: {len(codes)} clips of {SECONDS} s")


if __name__ == "__main__":
    main()

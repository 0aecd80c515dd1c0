"""Sound in which nobody says anything that can be understood, made from a seed."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from streaming.audio import SAMPLE_RATE, Samples

Random = np.random.Generator


def room(seconds: float, random: Random, speech: Samples) -> Samples:
    """A room: noise that falls with frequency, the hum of mains, a fan that swells, now and then a knock."""
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * time) / k**2 for k in (1, 2, 3, 5))
    noise = shaped(count, random, lambda f: 1 / np.sqrt(np.maximum(f, 20)))
    swell = 1 + 0.5 * np.sin(2 * np.pi * time / 17)
    wave = 0.01 * noise * swell + 0.003 * hum
    for start in random.integers(0, max(1, count - SAMPLE_RATE), round(seconds / 8)):
        length = int(random.integers(800, 4000))
        knock = random.standard_normal(length) * np.exp(-np.arange(length) / (length / 6))
        wave[start : start + length] += random.uniform(0.02, 0.2) * np.convolve(knock, np.ones(9) / 9, "same")
    return level(wave, -38)


def tones(seconds: float, random: Random, speech: Samples) -> Samples:
    """Notes like music, chords, beeps and the tones of a telephone keypad."""
    parts, length = list[npt.NDArray[np.float64]](), 0
    while length < seconds * SAMPLE_RATE:
        time = np.arange(round(random.uniform(0.1, 1.2) * SAMPLE_RATE)) / SAMPLE_RATE
        match random.integers(0, 4):
            case 0:
                pitch = 110 * 2 ** (random.integers(0, 36) / 12)
                part = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6)) * np.exp(-3 * time)
            case 1:
                root = 110 * 2 ** (random.integers(0, 24) / 12)
                part = sum(np.sin(2 * np.pi * root * r * time) for r in (1, 1.26, 1.498)) * np.exp(-time)
            case 2:
                part = np.sin(2 * np.pi * random.uniform(400, 3000) * time)
            case _:
                low, high = random.choice([697, 770, 852, 941]), random.choice([1209, 1336, 1477])
                part = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
        fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
        parts += [part * fade, np.zeros(round(random.uniform(0, 0.3) * SAMPLE_RATE))]
        length += len(parts[-1]) + len(parts[-2])
    return level(np.concatenate(parts)[: round(seconds * SAMPLE_RATE)].astype(np.float64), -26)


def babble(seconds: float, random: Random, speech: Samples) -> Samples:
    """A crowd far away: twelve sources of noise with the spectrum of speech and syllables of their own."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.abs(np.fft.rfft(speech[: 1 << 19], 1 << 19))
    smooth = np.convolve(spectrum, np.ones(1025) / 1025, "same")
    bins = np.linspace(0, SAMPLE_RATE / 2, len(smooth))
    wave = np.zeros(count)
    for _ in range(12):
        source = shaped(count, random, lambda f: np.interp(f, bins, smooth))
        syllables = np.abs(shaped(count, random, lambda f: np.exp(-(((f - 4) / 2) ** 2))))
        wave += random.uniform(0.3, 1) * source * syllables
    return level(wave, -28)


def reversed_voices(seconds: float, random: Random, speech: Samples) -> Samples:
    """A crowd nearer by: eight voices at once, all of them backwards, faster or slower than they were."""
    count = round(seconds * SAMPLE_RATE)
    wave = np.zeros(count)
    for _ in range(8):
        rate = random.uniform(0.85, 1.2)
        voice = soxr.resample(speech[::-1], SAMPLE_RATE * rate, SAMPLE_RATE)
        shift = int(random.integers(0, len(voice)))
        wave += random.uniform(0.5, 1) * np.resize(np.roll(voice, shift), count)
    return level(wave, -28)


def typing(seconds: float, random: Random, speech: Samples) -> Samples:
    """A keyboard: bursts of clicks over a quiet room."""
    count = round(seconds * SAMPLE_RATE)
    wave = 0.002 * shaped(count, random, lambda f: 1 / np.sqrt(np.maximum(f, 20)))
    position = 0.0
    while (position := position + random.exponential(0.14) + (random.random() < 0.05) * 2) < seconds - 0.1:
        start, length = int(position * SAMPLE_RATE), int(random.integers(160, 700))
        ring = np.sin(2 * np.pi * random.uniform(900, 4500) * np.arange(length) / SAMPLE_RATE)
        click = (random.standard_normal(length) + ring) * np.exp(-np.arange(length) / (length / 8))
        wave[start : start + length] += random.uniform(0.05, 0.3) * click
    return np.asarray(np.clip(wave, -1, 1), np.float32)


KINDS: Final[Mapping[str, Callable[[float, Random, Samples], Samples]]] = {
    "room": room,
    "tones": tones,
    "babble": babble,
    "reversed voices": reversed_voices,
    "typing": typing,
}
"""By name; each is given seconds, a source of chance, and clean speech to be made unintelligible."""


def shaped(
    count: int, random: Random, gain: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """Noise whose spectrum is a function of the frequency in Hz; its root mean square is 1."""
    size = 1 << max(1, count - 1).bit_length()
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE).astype(np.float64)
    spectrum = np.fft.rfft(random.standard_normal(size)) * gain(frequencies)
    wave = np.fft.irfft(spectrum, size)[:count]
    return np.asarray(wave / max(1e-12, float(np.sqrt(np.mean(wave**2)))), np.float64)


def level(wave: npt.NDArray[np.float64], decibels: float) -> Samples:
    """Bring a wave to a root mean square, in decibels of full scale."""
    power = max(1e-12, float(np.sqrt(np.mean(wave**2))))
    return np.asarray(np.clip(wave * 10 ** (decibels / 20) / power, -1, 1), np.float32)

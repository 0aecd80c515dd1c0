"""Windows as a streaming recogniser sees them, made up from spoken sentences.

A window is one sentence or a few; it may be cut in mid-word, and then only the words heard in full are
wanted; it may begin in mid-sentence with the earlier words as context; it may hold nothing but silence or
noise. Behind the content lies digital silence, as much as the batch happens to need: Whisper's encoder sees
its padding, and the live recogniser pads its windows too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embedded.recipe import colour, spectra
from embedded.recipe.shards import Shard, Spoken

MARKS = ",.?!，。？！、"
LONGEST = 12.0
"""Seconds of content in the longest window that is made up."""


@dataclass(slots=True)
class Window:
    """A window under construction.

    spectrum: log10 mel power before normalisation (frames, MELS).
    sounds: phoneme and tone (frames // 2, 2).
    sentences: text of each, with the words in it: first and last character, start and end in seconds.
    context: what was said before.
    """

    language: str
    spectrum: spectra.Spectrum
    sounds: npt.NDArray[np.uint8]
    sentences: list[tuple[str, list[tuple[int, int, float, float]]]] = field(default_factory=list)
    context: str = ""
    ended: float = 0.0

    @property
    def empty(self) -> bool:
        """True where there is no speech at all."""
        return not self.sounds.any()


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How hard the windows are: everything grows with training.

    longest: seconds of content.
    joined, cut, context, noise: shares of the windows.
    usual: share of espeak-ng's windows in usual voices.
    colour: as in `colour.random_colour`.
    """

    longest: float = LONGEST
    joined: float = 0.3
    cut: float = 0.3
    context: float = 0.25
    noise: float = 0.35
    usual: float = 0.4
    colour: float = 0.25

    @staticmethod
    def at(step: int) -> Difficulty:
        """Short whole sentences first, everything after some 700 steps."""
        share = min(1.0, max(0.0, (step - 250) / 450))
        return Difficulty(
            2.2 + share * (LONGEST - 2.2), 0.3 * share, 0.3 * share, 0.25 * share, 0.2 + 0.15 * share
        )


SHARES = {"": 0.35, "flite": 0.9, "festival": 0.06, "real": 0.1, "spelt": 0.05, "formulas": 0.05}
"""How often the shards of one origin are drawn, of those that there are."""
LANGUAGES = {"en": 0.8, "zh": 0.2}
"""How often the languages are drawn: English has many voices and accents, Mandarin one."""
NOTHING = 0.1
"""Share of windows without speech."""
BABBLE, CROWD = 0.3, (4, 13)
"""Share of those in which voices say nothing that can be understood; of how many at once, from and to."""


def origin(folder: Path) -> str:
    """Where a shard's speech comes from: `flite` of `train-en-flite-0000`, nothing of `train-en-0000`."""
    name = folder.name.split("-")[2]
    return "" if name.isdigit() else name


class Composer:
    """Makes windows of random sentences."""

    def __init__(self, folder: Path, names: Mapping[str, int]) -> None:
        """`names` are those of the sounds, with their codes, as `shards.numbered` gives them."""
        self._folder = folder
        self._names = names
        self._shards: dict[str, dict[str, list[Shard]]] = {}
        clips = folder / "nothing.npy"
        self._clips = np.load(clips, mmap_mode="r") if clips.exists() else None
        self._read: set[Path] = set()
        frames = np.random.default_rng(1).gamma
        bands = np.linspace(1.0, 4.0, spectra.MELS)
        self._flutter = np.log10(frames(bands, 1 / bands, (8_192, spectra.MELS))).astype(np.float32)

    def refresh(self) -> int:
        """Take up shards that have been written meanwhile; how many there are."""
        for folder in sorted(self._folder.glob("train-*")):
            if folder not in self._read and folder.suffix != ".part":
                self._read.add(folder)
                shard = Shard(folder, self._names)
                origins = self._shards.setdefault(shard.language, {})
                origins.setdefault(origin(folder), []).append(shard)
        return len(self._read)

    def window(self, source: np.random.Generator, difficulty: Difficulty, audible: bool = True) -> Window:
        """One random window; without its spectrum where it need not be audible."""
        language = drawn(source, {name: LANGUAGES[name] for name in sorted(self._shards)})
        if audible and source.random() < NOTHING:
            if source.random() < BABBLE:
                return self.babble(source, language, difficulty)
            return self._nothing(source, language)
        longest = 100 * difficulty.longest
        shard = self._shard(source, language, longest, audible)
        index = shard.choose(source, difficulty.usual if audible else 0.0, longest)
        count = 1 + (source.random() < difficulty.joined) + (source.random() < difficulty.joined / 2)
        chosen = [shard.spoken(index + i, audible) for i in range(count)]
        while len(chosen) > 1 and sum(len(s.codes) for s in chosen) > longest:
            chosen.pop()
        begin = 0
        timed = chosen[0].words[0][3] >= 0
        if timed and source.random() < 0.4 * difficulty.context and len(chosen[0].words) > 2:
            begin = int(source.integers(1, len(chosen[0].words) - 1))
        window = joined(source, chosen, begin)
        if source.random() < difficulty.context:
            dropped = chosen[0].text[: chosen[0].words[begin][0]].strip()
            window.context = dropped or shard.labels[index - 1]["text"]
        if timed and source.random() < difficulty.cut:
            cut(source, window)
        if audible:
            self._colour(source, window, difficulty)
        return window

    def babble(self, source: np.random.Generator, language: str, difficulty: Difficulty) -> Window:
        """One voice backwards, as a language that nobody knows; or a crowd, some of it backwards."""
        frames = int(50 * source.uniform(1.0, difficulty.longest)) * 2
        voices = 1 if source.random() < 0.5 else int(source.integers(*CROWD))
        spectrum = np.full((frames, spectra.MELS), spectra.FLOOR, dtype=np.float32)
        for _ in range(voices):
            backwards = voices == 1 or source.random() < 0.5
            spectrum = colour.added(spectrum, self.voice(source, language, frames, backwards))
        window = Window(language, spectrum, np.zeros((frames // 2, 2), dtype=np.uint8))
        self._colour(source, window, difficulty)
        return window

    def voice(
        self, source: np.random.Generator, language: str, frames: int, backwards: bool
    ) -> spectra.Spectrum:
        """So many frames of one voice, one sentence after another; from anywhere in the first."""
        shard = self._shard(source, language, 100 * LONGEST, True)
        index = shard.choose(source, 0.0, 100 * LONGEST)
        parts: list[spectra.Spectrum] = []
        missing = frames + int(source.integers(0, 100))
        while missing > 0:
            spoken = spectra.from_codes(shard.spoken(index + len(parts)).codes)
            parts.append(spoken[::-1] if backwards else spoken)
            missing -= len(spoken)
        return np.concatenate(parts)[-frames:]

    def _shard(self, source: np.random.Generator, language: str, longest: float, audible: bool) -> Shard:
        """A random shard that holds something of `longest` frames at most.

        Raises: ValueError where the language has none.
        """
        # People's sounds have no names but those that `forced` finds, some wrong: nobody spells by them.
        origins = {n: shards for n, shards in self._shards[language].items() if audible or n != "real"}
        short = {n: [s for s in shards if s.shortest <= longest] for n, shards in origins.items()}
        shares = {n: share for n, share in SHARES.items() if short.get(n)}
        if not shares:
            raise ValueError(f"no utterance in {language} is as short as {longest / 100:.1f} s: more shards")
        shards = short[drawn(source, shares)]
        size = np.array([len(shard.labels) for shard in shards])
        return shards[source.choice(len(shards), p=size / size.sum())]

    def _nothing(self, source: np.random.Generator, language: str) -> Window:
        frames = int(50 * source.uniform(1.0, LONGEST)) * 2
        if self._clips is not None and source.random() < 0.8:
            clip = self._clip(source, frames)
            return Window(language, clip, np.zeros((frames // 2, 2), dtype=np.uint8))
        spectrum = np.full((frames, spectra.MELS), spectra.FLOOR, dtype=np.float32)
        window = Window(language, spectrum, np.zeros((frames // 2, 2), dtype=np.uint8))
        kind = source.random()
        if kind < 0.5:
            window.spectrum = self._noise(source, frames, source.uniform(-9.0, 1.0))
        elif kind < 0.75:  # tones: a few narrow bands that come and go
            window.spectrum = self._noise(source, frames, source.uniform(-9.5, -6.0))
            for _ in range(int(source.integers(1, 5))):
                band, first = int(source.integers(2, 78)), int(source.integers(0, frames - 20))
                last = first + int(source.integers(20, frames))
                shape = source.uniform(-3.0, 1.0) - np.array([1.5, 0.0, 1.5], dtype=np.float32)
                part = window.spectrum[first:last, band - 1 : band + 2]
                np.maximum(part, shape, out=part)
        return window

    def _clip(self, source: np.random.Generator, frames: int) -> spectra.Spectrum:
        """A part of a clip without speech, or all of it and silence behind."""
        assert self._clips is not None
        clip = spectra.from_codes(self._clips[source.integers(len(self._clips))])
        first = int(source.integers(0, max(1, len(clip) - frames)))
        part = clip[first : first + frames]
        missing = np.full((frames - len(part), spectra.MELS), spectra.FLOOR, dtype=np.float32)
        return np.concatenate([part, missing])

    def _noise(self, source: np.random.Generator, frames: int, level: float) -> spectra.Spectrum:
        """Steady noise with a random colour, log10 mel power (frames, MELS)."""
        first = int(source.integers(0, max(1, len(self._flutter) - frames)))
        flutter = self._flutter[np.arange(first, first + frames) % len(self._flutter)]
        place = np.linspace(-1.0, 1.0, spectra.MELS, dtype=np.float32)
        colour = source.normal(-0.4, 0.8) * place + source.normal(0.0, 0.5) * place**2
        return (flutter + colour + level).astype(np.float32)

    def _colour(self, source: np.random.Generator, window: Window, difficulty: Difficulty) -> None:
        """A random level, a random tone control, often noise, and what `colour` knows."""
        window.spectrum = colour.random_colour(window.spectrum, source, difficulty.colour)
        place = np.linspace(-1.0, 1.0, spectra.MELS, dtype=np.float32)
        tilt = source.normal(0.0, 0.25) * place + source.normal(0.0, 0.2) * np.cos(
            3 * place + source.uniform(0, 6)
        )
        window.spectrum = window.spectrum + (tilt + source.uniform(-2.5, 0.5)).astype(np.float32)
        if source.random() < difficulty.noise:
            level, frames = float(window.spectrum.max() - source.uniform(2.0, 8.0)), len(window.spectrum)
            if self._clips is not None and source.random() < 0.4:
                noise = self._clip(source, frames)
                noise = noise + np.float32(level - noise.max())
            else:
                noise = self._noise(source, frames, level)
            window.spectrum = colour.added(window.spectrum, noise)
        np.maximum(window.spectrum, spectra.FLOOR, out=window.spectrum)


def drawn(source: np.random.Generator, shares: Mapping[str, float]) -> str:
    """Draw a name in proportion to its share."""
    names, share = list(shares), np.array(list(shares.values()))
    return names[source.choice(len(names), p=share / share.sum())]


def joined(source: np.random.Generator, chosen: list[Spoken], begin: int) -> Window:
    """Sentences in a row with pauses around them, the first from its word `begin` on."""
    parts: list[spectra.Spectrum] = []
    sounds: list[npt.NDArray[np.uint8]] = []
    sentences = []
    at = 0  # mel frames so far

    def pause(seconds: float) -> None:
        nonlocal at
        half = int(seconds * 50)
        parts.append(np.full((2 * half, chosen[0].codes.shape[1]), spectra.FLOOR, dtype=np.float32))
        sounds.append(np.zeros((half, 2), dtype=np.uint8))
        at += 2 * half

    pause(source.choice([0.0, source.uniform(0.0, 0.3), source.uniform(0.0, 1.5)], p=[0.2, 0.5, 0.3]))
    for number, spoken in enumerate(chosen):
        first = begin if number == 0 else 0
        frame = 2 * round(50 * spoken.words[first][2]) if first else 0
        offset = at / 100 - frame / 100
        letters = spoken.words[first][0] if first else 0
        words = [
            (a - letters, b - letters, *((s + offset, e + offset) if e >= 0 else (s, e)))
            for a, b, s, e in spoken.words[first:]
        ]
        sentences.append((spoken.text[letters:], words))
        parts.append(spectra.from_codes(spoken.codes[frame:]))
        sounds.append(spoken.sounds[frame // 2 :])
        at += len(spoken.codes) - frame
        if number + 1 < len(chosen):
            pause(source.uniform(0.1, 0.9))
    ended = at / 100
    pause(source.choice([0.0, source.uniform(0.0, 0.5), source.uniform(0.0, 2.0)], p=[0.3, 0.5, 0.2]))
    return Window(chosen[0].language, np.concatenate(parts), np.concatenate(sounds), sentences, "", ended)


def cut(source: np.random.Generator, window: Window) -> None:
    """Cut a window at a random moment; only words that ended before are wanted, and no mark unheard."""
    first = window.sentences[0][1][0][2]
    half = int(50 * source.uniform(first + 0.1, max(window.ended, first + 0.2)))
    moment = half / 50
    window.spectrum, window.sounds = window.spectrum[: 2 * half], window.sounds[:half]
    kept = []
    for text, words in window.sentences:
        heard = [word for word in words if word[3] <= moment + 0.03]
        if heard:
            piece = text[: heard[-1][1]]
            kept.append((piece if len(heard) == len(words) else piece.rstrip(MARKS), heard))
    window.sentences = kept

"""Spoken sentences in files: many utterances a shard, their spectra, sounds and word times.

python -m embedded.recipe.shards --processes 2
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedded.recipe import formulas, spectra
from embedded.recipe.sentences import LANGUAGES, Language, Sentence, read, recipe_folder
from embedded.recipe.synthesis import (
    Kind,
    UnspokenError,
    Utterance,
    Voice,
    Word,
    espeak,
    random_voice,
    usual,
)

SHARD = 2_000
"""Utterances in a shard."""
SAME_VOICE = 40
"""Utterances in a row that share a voice, so that neighbours can be joined."""

UNKNOWN = 255
"""The code of a phoneme or tone that nobody knows."""

MEASURED: list[tuple[Language, Kind]] = [
    ("en", "seen"),
    ("en", "unseen"),
    ("zh", "seen"),
    ("en", "usual"),
    ("zh", "usual"),
]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken sentence of a shard.

    words: first and last character, start and end in seconds, each.
    codes: (frames, MELS) bytes of `spectra`; (frames, 0) where only the sounds' names are wanted.
    sounds: phoneme and tone (frames // 2, 2), the phoneme of the common table.
    """

    text: str
    language: str
    words: list[tuple[int, int, float, float]]
    codes: spectra.Codes
    sounds: npt.NDArray[np.uint8]


class Shard:
    """The utterances of one shard, read where they lie."""

    def __init__(self, folder: Path, names: Mapping[str, int]) -> None:
        """`names` are those of the sounds, with their codes; sounds of other names are not learnt."""
        content = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        self.language: str = content["language"]
        self.labels: list[dict[str, Any]] = content["utterances"]
        self._usual = np.array([usual(label["voice"]["name"]) for label in self.labels])
        self._frames = np.array([label["frames"] for label in self.labels])
        self.shortest = int(self._frames.min())
        """Frames of the shortest utterance."""
        self._mel = np.load(folder / "mel.npy", mmap_mode="r")
        self._phonemes = np.load(folder / "phonemes.npy", mmap_mode="r")
        self._tones = np.load(folder / "tones.npy", mmap_mode="r")
        self._table = np.full(256, UNKNOWN, dtype=np.uint8)
        for code, name in enumerate(content["phonemes"]):
            self._table[code] = names.get(name, UNKNOWN)

    def choose(self, source: np.random.Generator, share: float, longest: float) -> int:
        """A random utterance of at most `longest` frames; this share in usual voices, learnt sooner."""
        fitting = np.flatnonzero(self._frames <= longest)
        common = fitting[self._usual[fitting]]
        return int(source.choice(common if len(common) and source.random() < share else fitting))

    def spoken(self, index: int, audible: bool = True) -> Spoken:
        """An utterance; without its spectrum where it need not be audible."""
        label = self.labels[index % len(self.labels)]
        first, count = label["at"], label["frames"]
        part = slice(first // 2, (first + count) // 2)
        codes = self._mel[first : first + count] if audible else np.empty((count, 0), dtype=np.uint8)
        sounds = np.stack([self._table[self._phonemes[part]], self._tones[part]], axis=1)
        return Spoken(label["text"], self.language, label["words"], codes, sounds)


def numbered(folder: Path, known: Mapping[str, int]) -> dict[str, int]:
    """Number the sounds of all shards that are learnt from; those that are known keep their codes."""
    names = dict(known)
    for shard in sorted(folder.glob("train-*")):
        if shard.suffix == ".part":
            continue
        for name in json.loads((shard / "labels.json").read_text(encoding="utf-8"))["phonemes"]:
            names.setdefault(name, len(names))
    return names


def utterances(sentences: list[Sentence], seed: int, kind: Kind) -> Iterator[tuple[Utterance, Voice]]:
    """The sentences in random voices; those espeak-ng cannot speak are left out."""
    source = random.Random(seed)
    voice = Voice("en-us")
    for index, sentence in enumerate(sentences):
        if index % SAME_VOICE == 0:
            voice = random_voice(sentence.language, source, kind)
        try:
            yield espeak().speak(sentence, voice), voice
        except UnspokenError:
            continue


def phoneme_frames(
    phonemes: list[tuple[str, float]], frames: int, names: dict[str, int]
) -> npt.NDArray[np.uint8]:
    """The phoneme of every encoder frame of 20 ms, (frames,); `names` grows with new phonemes."""
    target = np.full(frames, 0 if phonemes else UNKNOWN, dtype=np.uint8)
    for name, at in phonemes:
        target[round(at * 50) :] = names.setdefault(name, len(names))
    return target


def tone_frames(
    utterance: Utterance, words: list[Word], phonemes: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """The tone of every encoder frame of 20 ms, (frames,): 0 for none, UNKNOWN where nobody knows."""
    if utterance.language == "en":
        return np.zeros(len(phonemes), dtype=np.uint8)
    # Numbers and English words have more or fewer syllables than letters.
    if len(utterance.tones) != len(words):
        return np.where(phonemes == 0, 0, UNKNOWN).astype(np.uint8)
    target = np.zeros(len(phonemes), dtype=np.uint8)
    for word, tone in zip(words, utterance.tones, strict=True):
        target[round(50 * word.start) : round(50 * word.end)] = tone
    return np.where(phonemes == 0, 0, target).astype(np.uint8)


def speak_shard(folder: Path, sentences: list[Sentence], seed: int, kind: Kind, keep_waves: bool) -> str:
    """Let espeak-ng speak sentences into a shard."""
    return write_shard(folder, sentences[0].language, utterances(sentences, seed, kind), keep_waves)


def write_shard(
    folder: Path, language: Language, spoken: Iterable[tuple[Utterance, Voice]], keep_waves: bool
) -> str:
    """Write a shard: spectra, phonemes and labels of many utterances in three files."""
    if folder.exists():
        return f"{folder.name}: kept"
    began = time.monotonic()
    names: dict[str, int] = {"": 0}
    mels, targets, tones, waves, labels, at = [], [], [], [], [], 0
    for utterance, voice in spoken:
        wave = utterance.wave[: len(utterance.wave) // 320 * 320]
        mels.append(spectra.to_codes(spectra.log_mel(wave)))
        targets.append(phoneme_frames(utterance.phonemes, len(wave) // 320, names))
        tones.append(tone_frames(utterance, utterance.words, targets[-1]))
        if keep_waves:
            waves.append((wave * 32767).astype(np.int16))
        words = [[w.first, w.last, w.start, w.end] for w in utterance.words]
        label = {"text": utterance.text, "at": at, "frames": len(wave) // 160, "words": words}
        labels.append(label | {"voice": asdict(voice)})
        at += len(wave) // 160
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    np.save(part / "mel.npy", np.concatenate(mels))
    np.save(part / "phonemes.npy", np.concatenate(targets))
    np.save(part / "tones.npy", np.concatenate(tones))
    if keep_waves:
        np.save(part / "wave.npy", np.concatenate(waves))
    content = {"language": language, "phonemes": list(names), "utterances": labels}
    (part / "labels.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.rename(folder)
    return f"{folder.name}: {len(labels)} utterances, {at / 6000:.0f} min in {time.monotonic() - began:.0f} s"


def jobs(work: Path, english: int, chinese: int) -> Iterator[tuple[Path, list[Sentence], int, Kind, bool]]:
    """Every shard there shall be: what is measured with first, then both languages in turn."""
    everything = read(work / "sentences.jsonl")
    folder = work / "speech"
    for number, (language, kind) in enumerate(MEASURED):
        some = [s for s in everything if s.language == language and s.held_out][:600]
        yield folder / f"heldout-{language}-{kind}", some, 7_000_000 + number, kind, True
    for code, name in enumerate(LANGUAGES):
        yield folder / f"train-{name}-formulas-0000", formulas.spoken(name), 8_000_000 + code, "seen", False
    count = dict(zip(LANGUAGES, (english, chinese), strict=True))
    learnt = {name: [s for s in everything if s.language == name and not s.held_out] for name in LANGUAGES}
    for number in range(max(count.values())):
        for code, name in enumerate(LANGUAGES):
            first = number * SHARD
            # A language with fewer sentences is spoken again in other voices.
            chosen = [learnt[name][i % len(learnt[name])] for i in range(first, first + SHARD)]
            if number < count[name]:
                yield folder / f"train-{name}-{number:04d}", chosen, 10 * number + code, "seen", False


def main() -> None:
    """Write the shards into the working folder; those that exist are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--english", type=int, default=50, help="shards of English")
    parser.add_argument("--chinese", type=int, default=35, help="shards of Chinese")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.processes) as pool:
        running = [
            pool.submit(speak_shard, *job)
            for job in jobs(arguments.work, arguments.english, arguments.chinese)
        ]
        for done in as_completed(running):
            print(done.result(), flush=True)


if __name__ == "__main__":
    main()

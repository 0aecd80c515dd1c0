"""Speech of another synthesiser, flite, to measure with: voices that sound unlike any that was trained on.

flite reports no times, so its shard has none. Debian's package `flite` has the voices.

    python -m embedded.recipe.flite
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from embedded.recipe.sentences import Sentence, read, recipe_folder
from embedded.recipe.spectra import RATE, Wave

VOICES = ("slt", "rms", "awb", "kal16")


def speak(text: str, voice: str) -> Wave:
    """The text in a voice of flite, 16 kHz."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["flite", "-voice", voice, "-t", text, "-o", file.name]
        subprocess.run(command, check=True, capture_output=True)
        wave, rate = soundfile.read(file.name, dtype="float32")
    return np.asarray(soxr.resample(wave, rate, RATE), dtype=np.float32)


def utterances(sentences: list[Sentence]) -> Iterator[tuple[str, str, Wave]]:
    """Text, voice and wave of every sentence; the voices take turns."""
    for number, sentence in enumerate(sentences):
        voice = VOICES[number % len(VOICES)]
        wave = speak(sentence.text, voice)
        yield sentence.text, voice, wave[: len(wave) // 320 * 320]


def main() -> None:
    """Write `speech/heldout-en-flite` into the working folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--sentences", type=int, default=600)
    arguments = parser.parse_args()
    everything = read(arguments.work / "sentences.jsonl")
    chosen = [s for s in everything if s.language == "en" and s.held_out][: arguments.sentences]
    folder = arguments.work / "speech" / "heldout-en-flite"
    folder.mkdir(parents=True, exist_ok=True)
    labels, waves, at = [], [], 0
    for text, voice, wave in utterances(chosen):
        frames = len(wave) // 160
        labels.append({"text": text, "at": at, "frames": frames, "words": [], "voice": {"name": voice}})
        waves.append((wave * 32767).astype(np.int16))
        at += frames
    np.save(folder / "wave.npy", np.concatenate(waves))
    content = {"language": "en", "phonemes": [], "utterances": labels}
    (folder / "labels.json").write_text(json.dumps(content), encoding="utf-8")
    print(f"{folder.name}: {len(labels)} utterances, {at / 6000:.0f} min")


if __name__ == "__main__":
    main()

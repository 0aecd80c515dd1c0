"""Speak the sample sentences into recordings that come with the project, with the times of every word.

Tests and a newcomer's first try need speech whose words and times are known: `samples/english.flac` and
`samples/chinese.flac` beside the text they were spoken from. The sentences are never trained on.

    python -m embedded.recipe.samples
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import soundfile

from embedded.recipe.sentences import SAMPLES, Language, Sentence
from embedded.recipe.spectra import RATE
from embedded.recipe.synthesis import Voice, espeak

LEAD, PAUSE, TAIL = 0.5, 0.6, 1.0
"""Seconds of silence before, between and after the sentences."""
VOICES: dict[str, tuple[Language, Voice]] = {
    "english": ("en", Voice("en-us+m3", rate=150)),
    "chinese": ("zh", Voice("cmn+f2", rate=150)),
}


def record(name: str, folder: Path) -> str:
    """Speak `name.txt` into `name.flac` and write `name.json`; returns what was done."""
    language, voice = VOICES[name]
    texts = (SAMPLES / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    parts = [np.zeros(int(LEAD * RATE), dtype=np.float32)]
    sentences, words = [], []
    for text in filter(None, texts):
        utterance = espeak().speak(Sentence(text, language, held_out=True), voice)
        at = sum(map(len, parts)) / RATE
        spoken = [
            {"text": text[w.first : w.last], "start": round(at + w.start, 3), "end": round(at + w.end, 3)}
            for w in utterance.words
        ]
        sentences.append({"text": text, "start": spoken[0]["start"], "end": spoken[-1]["end"]})
        words += spoken
        parts += [utterance.wave, np.zeros(int(PAUSE * RATE), dtype=np.float32)]
    parts[-1] = np.zeros(int(TAIL * RATE), dtype=np.float32)
    wave = np.concatenate(parts)
    duration = round(len(wave) / RATE, 3)
    soundfile.write(folder / f"{name}.flac", wave, RATE, subtype="PCM_16", compression_level=1.0)
    content = {"language": language, "duration": duration, "sentences": sentences, "words": words}
    (folder / f"{name}.json").write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return f"{name}: {len(sentences)} sentences, {len(words)} words, {duration} s"


def main() -> None:
    """Write the recordings beside their sentences."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=SAMPLES)
    arguments = parser.parse_args()
    for name in VOICES:
        print(record(name, arguments.to))


if __name__ == "__main__":
    main()

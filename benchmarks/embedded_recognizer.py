"""Measure the embedded recogniser alone, without streaming: what it hears and when.

Every window is the recording followed by two seconds of digital silence, as the live recogniser pads its
windows. The held-out sentences come from the recipe's working folder (`python -m embedded.recipe.shards`
writes them first); real recordings come from DRAGOMAN_DATA. What is not there is left out.

    python -m benchmarks.embedded_recognizer --model embedded/asr-en-zh
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from tokenizers import Tokenizer as Vocabulary

from benchmarks.machine import describe
from benchmarks.scoring import Errors, errors, normalized

RATE = 16_000
MARGIN = 2.0
"""Seconds of digital silence behind the content of a window."""
LONGEST = 26.0
"""Seconds of content in one window; longer recordings are cut at their quietest places."""

Wave = npt.NDArray[np.float32]
Interval = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """Something to recognise.

    wave: 16 kHz samples.
    text: what is said; empty where nothing is.
    words: (text, start, end) in seconds, where known.
    """

    wave: Wave
    text: str
    language: str
    words: tuple[Interval, ...] = ()


class Recognizer:
    """The model through CTranslate2 alone."""

    def __init__(self, folder: Path, threads: int, beam: int) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=threads)
        self._vocabulary = Vocabulary.from_file(str(folder / "tokenizer.json"))
        self._features = FeatureExtractor()
        self._beam = beam

    def tokenizer(self, language: str) -> Tokenizer:
        """Text and tokens of a language."""
        return Tokenizer(self._vocabulary, True, "transcribe", language)

    def encoded(self, wave: Wave) -> tuple[Any, int]:
        """The encoder's output for the wave and its margin, and the number of frames of 20 ms."""
        padded = np.pad(wave, (0, int(MARGIN * RATE)))
        mel = self._features(padded, padding=0)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[-1] // 2 * 2], dtype=np.float32)
        return self._model.encode(ctranslate2.StorageView.from_array(mel)), mel.shape[-1] // 2

    def tokens(self, states: Any, language: str) -> list[int]:
        """Text tokens heard in one window."""
        tokenizer = self.tokenizer(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        # Room for fast speech and no more, so that a model that repeats itself comes to an end.
        result = self._model.generate(states, [prompt], beam_size=self._beam, max_length=224)[0]
        return [token for token in result.sequences_ids[0] if token < tokenizer.eot]

    def text(self, wave: Wave, language: str) -> str:
        """What is heard in a recording of any length."""
        heard = []
        for part in windows(wave):
            heard.append(self.tokenizer(language).decode(self.tokens(self.encoded(part)[0], language)))
        return " ".join(heard)

    def words(self, wave: Wave, language: str) -> list[Interval]:
        """What is heard in one window, with the time of every word, as faster-whisper finds it."""
        states, frames = self.encoded(wave)
        tokenizer = self.tokenizer(language)
        tokens = self.tokens(states, language)
        if not tokens:
            return []
        found = self._model.align(states, tokenizer.sot_sequence, [tokens], frames, median_filter_width=7)[0]
        rows, columns = (np.array(side) for side in zip(*found.alignments, strict=True))
        jumps = np.pad(np.diff(rows), (1, 0), constant_values=1).astype(bool)
        starts = columns[jumps] / 50
        texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        edges = np.cumsum([0, *map(len, groups)])
        last = len(starts) - 1
        words: list[Interval] = []
        for number, text in enumerate(texts[:-1]):
            begin, end = (float(starts[min(edges[number + side], last)]) for side in (0, 1))
            if words and not any(letter.isalnum() for letter in text):
                words[-1] = (words[-1][0] + text, *words[-1][1:])
            else:
                words.append((text, begin, end))
        return words

    def language(self, wave: Wave) -> str:
        """The likeliest language."""
        [found] = self._model.detect_language(self.encoded(wave)[0])
        return str(found[0][0]).strip("<|>")


def windows(wave: Wave) -> Iterator[Wave]:
    """The recording in pieces that fit, cut where it is quietest."""
    longest, hop = int(LONGEST * RATE), RATE // 50
    while len(wave) > longest:
        late = wave[longest // 2 : longest]
        power = np.convolve(
            (late[: len(late) // hop * hop].reshape(-1, hop) ** 2).mean(1), np.ones(10), "same"
        )
        place = longest // 2 + int(power.argmin()) * hop
        yield wave[:place]
        wave = wave[place:]
    yield wave


def read(path: Path) -> Wave:
    """Any recording that libsndfile reads, at 16 kHz, one channel."""
    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(wave.mean(1), rate, RATE), dtype=np.float32)


def held_out(folder: Path, limit: int) -> list[Recording]:
    """Sentences of a shard that the recipe kept out of training."""
    if not (folder / "labels.json").exists():
        return []
    content = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    waves = np.load(folder / "wave.npy", mmap_mode="r")
    found = []
    for label in content["utterances"][:: max(1, len(content["utterances"]) // limit)][:limit]:
        wave = waves[160 * label["at"] : 160 * (label["at"] + label["frames"])]
        text = label["text"]
        words = tuple((text[first:last], start, end) for first, last, start, end in label["words"])
        found.append(Recording(wave.astype(np.float32) / 32768, text, content["language"], words))
    return found


def manifest(data: Path, start: str, language: str) -> list[Recording]:
    """Recordings of the manifest whose path begins so."""
    if not (data / "manifest.jsonl").exists():
        return []
    rows = [json.loads(line) for line in (data / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = [row for row in rows if row["path"].startswith(start) and row["lang"] == language]
    return [Recording(read(data / row["path"]), row["text"], language) for row in chosen]


def chapters(data: Path, name: str) -> list[Recording]:
    """The sentences of a chapter read aloud."""
    path = data / "ljspeech-long" / f"{name}.flac"
    if not path.exists():
        return []
    wave = read(path)
    rows = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return [
        Recording(wave[int(row["start"] * RATE) : int(row["end"] * RATE)], row["text"], "en") for row in rows
    ]


def nothing() -> dict[str, Wave]:
    """A minute each of silence, noise and tones like music."""
    source = np.random.default_rng(0)
    seconds = np.arange(60 * RATE) / RATE
    notes = 220 * 2 ** (source.integers(0, 24, 120) / 12)
    phase = np.cumsum(np.repeat(notes, RATE // 2)) / RATE
    tones = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 5)) * np.exp(-3 * (seconds % 0.5))
    return {
        "silence": np.zeros(60 * RATE, dtype=np.float32),
        "noise": (0.05 * source.standard_normal(60 * RATE)).astype(np.float32),
        "tones": (0.1 * tones).astype(np.float32),
    }


def error_rate(recognizer: Recognizer, recordings: list[Recording], show: int) -> float:
    """Word (character) error rate over recordings."""
    total = Errors(0, 0)
    for number, recording in enumerate(recordings):
        heard = recognizer.text(recording.wave, recording.language)
        language = recording.language
        total += errors(normalized(recording.text, language), normalized(heard, language))
        if number < show:
            print(f"    said  {recording.text[:160]}\n    heard {heard.strip()[:160]}")
    return total.rate


def boundary_errors(recognizer: Recognizer, recordings: list[Recording]) -> list[float]:
    """Seconds between the word starts and ends heard and the true ones, of words heard rightly."""
    found: list[float] = []
    for recording in recordings:
        heard = recognizer.words(recording.wave, recording.language)
        if [h[0].strip() for h in heard] == [w[0] for w in recording.words]:
            pairs = zip(heard, recording.words, strict=True)
            for (_, *times), (_, *true) in pairs:
                found += [abs(time - truth) for time, truth in zip(times, true, strict=True)]
    return found


def speed(recognizer: Recognizer, recording: Recording) -> float:
    """Real-time factor of one window of 10 s."""
    wave = np.resize(recording.wave, int((10 - MARGIN) * RATE))
    recognizer.text(wave, recording.language)
    began = time.perf_counter()
    for _ in range(5):
        recognizer.text(wave, recording.language)
    return (time.perf_counter() - began) / 50


def sections(work: Path, data: Path, limit: int) -> Iterator[tuple[str, list[Recording]]]:
    """Everything whose error rate is measured."""
    yield "English, held-out sentences, usual voices", held_out(work / "heldout-en-usual", limit)
    yield "English, held-out sentences, voices seen", held_out(work / "heldout-en-seen", limit)
    yield "English, held-out sentences, voices not seen", held_out(work / "heldout-en-unseen", limit)
    yield "English, held-out sentences, flite", held_out(work / "heldout-en-flite", limit)
    yield "Mandarin (CER), held-out sentences, usual voices", held_out(work / "heldout-zh-usual", limit)
    yield "Mandarin (CER), held-out sentences, voices seen", held_out(work / "heldout-zh-seen", limit)
    yield "AN4 test, real speakers", manifest(data, "an4/wav/an4test", "en")[:limit]
    yield "JFK, one real speaker", manifest(data, "whispercpp-samples", "en")
    yield "LJ001, one real reader", chapters(data, "LJ001")[:limit]
    yield "Mandarin (CER), short real clips", manifest(data, "zh-samples", "zh")
    yield "Mandarin (CER), a minute, one voice", manifest(data, "azure-samples", "zh")


def main() -> None:
    """Print every figure with the machine that it was measured on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=Path("embedded/asr-en-zh"))
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "dragoman" / "recipe")
    parser.add_argument("--limit", type=int, default=600, help="recordings of each kind")
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many results of each kind")
    arguments = parser.parse_args()
    recognizer = Recognizer(arguments.model, arguments.threads, arguments.beam)
    data = Path(os.environ.get("DRAGOMAN_DATA", "data")) / "speech"
    print(describe())
    for title, recordings in sections(arguments.work / "speech", data, arguments.limit):
        if recordings:
            rate = error_rate(recognizer, recordings, arguments.show)
            print(f"{title:52} {rate:7.1%}  of {len(recordings)}", flush=True)
    for kind, wave in nothing().items():
        heard = " ".join(
            recognizer.text(wave[i : i + 10 * RATE], "en") for i in range(0, len(wave), 10 * RATE)
        )
        print(f"{'Text from 60 s of ' + kind:52} {heard.strip()[:80]!r}")
    for language, name in (("English", "heldout-en-usual"), ("Mandarin", "heldout-zh-usual")):
        known = held_out(arguments.work / "speech" / name, min(arguments.limit, 200))
        if not known:
            continue
        right = sum(recognizer.language(r.wave) == r.language for r in known)
        print(f"{language + ', language detected':52} {right / len(known):7.1%}  of {len(known)}")
        apart = boundary_errors(recognizer, known)
        median = f"{1000 * statistics.median(apart):4.0f} ms" if apart else "   none"
        print(f"{language + ', word boundary error, median':52} {median}  of {len(apart)}")
        if language == "English":
            print(f"{'Real-time factor, window of 10 s':52} {speed(recognizer, known[0]):7.3f}", flush=True)


if __name__ == "__main__":
    main()

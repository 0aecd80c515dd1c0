"""What recognition is measured on: recordings with their text and, where somebody knows them, word times.

Three sources of word times: the synthesiser that spoke them; for real speakers the recogniser itself,
which is made to align the true text of each sentence (`alignment.py`; good only as far as the recogniser
understands the speaker); or none, and then such a recording tells errors and cost but no lag.
"""

import json
import math
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import embedded
from benchmarks.telephone import telephone
from streaming.audio import SAMPLE_RATE, AudioChunk, Samples
from streaming.decode import decode
from streaming.words import Word

REFERENCES = Path(__file__).with_name("references.json")
"""Translations of real recordings, written for the project: paths below the folder of recordings."""
PAUSE = 0.7
"""Seconds of silence between what is joined."""
HURRIED = 0.25
"""Likewise, of a speaker who hardly stops: utterances hold several sentences."""
NONSTOP = 600.0
"""Seconds, in each language, of a speaker who never stops."""
VOICES: Mapping[str, Sequence[str]] = {
    "en": ("en-us+m3", "en-us+f1", "en+m1"),
    "zh": ("cmn+f1", "cmn+m3", "cmn"),
}
"""Of the synthesiser, by language."""
FASTEST = 18.0
"""Letters a second that readers say at most. A recording whose text is longer has been cut short: many of
LJ001 have, with half of their words or less, while none of the same reader's LJ003 is faster than 16."""
BETWEEN = 0.3
"""Seconds between the recordings of a chapter."""
CHUNK = 0.1
"""Seconds of audio that arrive at once."""
SYNTHESISER, ALIGNED, UNKNOWN = "synthesiser", "forced alignment", "-"
"""Where word times come from."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A part of a talk whose words are known, and when they are spoken."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A recording with what is said in it."""

    name: str
    language: str
    samples: Samples
    text: str
    sentences: tuple[Sentence, ...] = ()
    """Empty where only the whole text is known."""
    words: tuple[Word, ...] = ()
    times: str = UNKNOWN
    """Where the word times come from."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / SAMPLE_RATE

    def chunks(self) -> Iterator[AudioChunk]:
        """Its audio as it arrives."""
        size = round(CHUNK * SAMPLE_RATE)
        for offset in range(0, len(self.samples), size):
            yield AudioChunk(self.samples[offset : offset + size], offset)


def data() -> Path | None:
    """Name the folder of recordings that are not the project's own, if there is one."""
    named = Path(os.environ.get("DRAGOMAN_DATA", "data"))
    return named / "speech" if (named / "speech" / "manifest.jsonl").exists() else None


def named(name: str, most: float = math.inf) -> list[Talk]:
    """Read one set of talks by its name, of each `most` seconds; empty where its recordings are not here."""
    return [beginning(talk, most) for talk in SETS[name]()]


def described(name: str, found: Sequence[Talk]) -> str:
    """Say what a set of talks holds, or that it is missing."""
    if not found:
        missing = "not here, or in no language that the model knows, left out"
        return f"{name}: {missing}; DRAGOMAN_DATA names the folder of recordings"
    minutes = sum(talk.seconds for talk in found) / 60
    return f"{name}: {len(found)} {'recording' if len(found) == 1 else 'recordings'}, {minutes:.1f} min"


def beginning(talk: Talk, seconds: float) -> Talk:
    """Keep the sentences of a talk that end within so many seconds; all of it where they are not known."""
    kept = tuple(sentence for sentence in talk.sentences if sentence.end <= seconds)
    if not kept or len(kept) == len(talk.sentences):
        return talk
    end = min(kept[-1].end + PAUSE / 2, talk.sentences[len(kept)].start)
    return replace(
        talk,
        samples=talk.samples[: round(end * SAMPLE_RATE)],
        text=" ".join(sentence.text for sentence in kept),
        sentences=kept,
        words=tuple(word for word in talk.words if word.end <= end),
    )


def samples() -> list[Talk]:
    """Read the recordings that come with the project."""
    return [_sample(path) for path in embedded.samples()]


def an4() -> list[Talk]:
    """Join the AN4 test strings (real speakers: letters, numbers, dates) into one talk a speaker pair."""
    rows = [row for row in _manifest() if row["path"].startswith("an4/wav/an4test")]
    return [_joined(f"an4-{at // 26}", "en", rows[at : at + 26]) for at in range(0, len(rows), 26)]


def chapter(name: str) -> list[Talk]:
    """Read a chapter of LJ Speech: one reader, sentence times; without recordings that were cut short."""
    folder = data()
    rows = whole(folder / "ljspeech-long" / f"{name}.json") if folder else []
    if folder is None or not rows:
        return []
    samples = read(folder / "ljspeech-long" / f"{name}.flac")
    parts = [samples[round(row.start * SAMPLE_RATE) : round(row.end * SAMPLE_RATE)] for row in rows]
    joined, starts = join(parts, BETWEEN)
    sentences = tuple(
        Sentence(row.text, start, start + row.end - row.start)
        for row, start in zip(rows, starts, strict=True)
    )
    return [Talk(name, "en", joined, " ".join(s.text for s in sentences), sentences)]


def whole(path: Path) -> list[Sentence]:
    """List the sentences of a chapter that were recorded to their ends; none where it is not here."""
    if not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    found = [Sentence(row["text"], row["start"], row["end"]) for row in rows]
    return [each for each in found if len(each.text) <= FASTEST * (each.end - each.start)]


def mandarin() -> list[Talk]:
    """Read the real Mandarin recordings: a minute of one speaker, and short clips joined."""
    rows = [row for row in _manifest() if row["lang"] == "zh"]
    long = [row for row in rows if row["dur"] > 30]
    short = [row for row in rows if row["dur"] <= 30]
    folder = data()
    talks = [Talk("mandarin-minute", "zh", read(folder / row["path"]), row["text"]) for row in long if folder]
    return [*talks, *([_joined("mandarin-clips", "zh", short)] if short else [])]


def telephoned() -> list[Talk]:
    """Read the recordings that come with the project as a telephone carries them."""
    return [replace(talk, samples=telephone(talk.samples)) for talk in samples()]


def nonstop() -> list[Talk]:
    """Speak sentences without any pause between them, for twenty minutes in all, a talk for each language."""
    first = {language: voices[:1] for language, voices in VOICES.items()}
    return [beginning(talk, NONSTOP) for talk in synthesised(0.0, 400, first)]


def synthesised(
    pause: float = PAUSE, count: int = 90, voices: Mapping[str, Sequence[str]] = VOICES
) -> list[Talk]:
    """Speak sentences of the Tatoeba test set, which no recipe trains on, a talk for each voice."""
    folder = data()
    pair = folder.parent / "testsets" / "tatoeba" / "eng-cmn_Hans" if folder else None
    if pair is None or not pair.exists():
        return []
    from embedded.recipe.sentences import plain_chinese, plain_english

    english = _plain(pair / "tatoeba-test-v2021-08-07.eng", plain_english, count)
    chinese = _plain(pair / "tatoeba-test-v2021-08-07.cmn_Hans", plain_chinese, count)
    return [
        spoken(f"synthesised-{voice}", language, texts[number :: len(names)], voice, pause)
        for language, texts in (("en", english), ("zh", chinese))
        for names in [voices[language]]
        for number, voice in enumerate(names)
    ]


SETS: dict[str, Callable[[], list[Talk]]] = {
    "samples": samples,
    "synthesised": synthesised,
    "hurried": lambda: synthesised(HURRIED),
    "nonstop": nonstop,
    "telephone": telephoned,
    "an4": an4,
    "lj001": lambda: chapter("LJ001"),
    "mandarin": mandarin,
}


def read(path: Path) -> Samples:
    """Read a whole recording."""
    return np.concatenate([chunk.samples for chunk in decode(path, step=10.0)])


def join(parts: Sequence[Samples], pause: float = PAUSE) -> tuple[Samples, list[float]]:
    """Join parts with pauses, one before the first and one after the last; gives also their starts."""
    silence = np.zeros(round(pause * SAMPLE_RATE), np.float32)
    pieces, starts, position = [silence], list[float](), len(silence)
    for part in parts:
        starts.append(position / SAMPLE_RATE)
        pieces += [part, silence]
        position += len(part) + len(silence)
    return np.concatenate(pieces), starts


def referenced(language: str, target: str) -> tuple[Talk, tuple[str, ...]] | None:
    """Join real recordings whose translation somebody wrote for the project; gives the talk and those."""
    folder, rows = data(), json.loads(REFERENCES.read_text(encoding="utf-8"))
    rows = [row for row in rows if row["language"] == language and target in row["translations"]]
    if not rows or not folder or not all((folder / row["path"]).exists() for row in rows):
        return None
    texts = {row["path"]: row["text"] for row in _manifest()}
    parts = [_part(row, folder, texts) for row in rows]
    wave, starts = join([samples for _, samples in parts])
    sentences = tuple(
        Sentence(text, start, start + len(samples) / SAMPLE_RATE)
        for (text, samples), start in zip(parts, starts, strict=True)
    )
    text = " ".join(sentence.text for sentence in sentences)
    talk = Talk(f"recordings-{language}", language, wave, text, sentences)
    return talk, tuple(row["translations"][target] for row in rows)


def _part(row: dict[str, Any], folder: Path, texts: Mapping[str, str]) -> tuple[str, Samples]:
    """Read a recording, or of a chapter the sentence that some of its pieces make."""
    if "parts" not in row:
        return texts[row["path"]], read(folder / row["path"])
    (talk,) = chapter(Path(row["path"]).stem)
    pieces = talk.sentences[slice(*row["parts"])]
    begin, end = (round(time * SAMPLE_RATE) for time in (pieces[0].start, pieces[-1].end))
    return " ".join(piece.text for piece in pieces), talk.samples[begin:end]


def _sample(path: Path) -> Talk:
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    sentences = tuple(Sentence(s["text"], s["start"], s["end"]) for s in about["sentences"])
    words = tuple(Word(w["text"], w["start"], w["end"]) for w in about["words"])
    text = " ".join(sentence.text for sentence in sentences)
    return Talk(path.stem, about["language"], read(path), text, sentences, words, SYNTHESISER)


def _manifest() -> list[dict[str, Any]]:
    folder = data()
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines() if folder else []
    return [json.loads(line) for line in lines]


def _joined(name: str, language: str, rows: Sequence[dict[str, Any]]) -> Talk:
    folder = data()
    parts = [read(folder / row["path"]) for row in rows if folder]
    wave, starts = join(parts)
    sentences = tuple(
        Sentence(row["text"].lower(), start, start + len(part) / SAMPLE_RATE)
        for row, start, part in zip(rows, starts, parts, strict=True)
    )
    return Talk(name, language, wave, " ".join(s.text for s in sentences), sentences)


def _plain(path: Path, plain: Callable[[str], str | None], count: int) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    random.Random(0).shuffle(lines)
    return [text for line in lines if (text := plain(line)) and len(text) > 6][:count]


def spoken(name: str, language: Any, texts: Sequence[str], voice: str, pause: float = PAUSE) -> Talk:
    """Speak sentences as one talk; those that the voice cannot say are left out."""
    from embedded.recipe import sentences as recipe
    from embedded.recipe.synthesis import UnspokenError, Voice, espeak

    spoken = []
    for text in texts:
        try:
            sentence = recipe.Sentence(text, language, held_out=True)
            spoken.append(espeak().speak(sentence, Voice(voice, rate=150)))
        except UnspokenError:
            continue
    wave, starts = join([utterance.wave.astype(np.float32) for utterance in spoken], pause)
    words = tuple(
        Word(utterance.text[word.first : word.last], start + word.start, start + word.end)
        for utterance, start in zip(spoken, starts, strict=True)
        for word in utterance.words
    )
    found = tuple(
        Sentence(utterance.text, start, start + len(utterance.wave) / SAMPLE_RATE)
        for utterance, start in zip(spoken, starts, strict=True)
    )
    return Talk(name, language, wave, " ".join(s.text for s in found), found, words, SYNTHESISER)

"""People's speech to learn from, where its licence allows it, and synthesised speech of the same kind.

CMU AN4 (its training part; free for any purpose): 74 people spell, count and give dates. LJ Speech, chapter
LJ003 (public domain): one reader. Nobody tells when they say what: only the text is learnt from these shards,
and `forced` makes others with times. What AN4's speakers were asked to say is imitated at random and spoken
by espeak-ng as well.

    python -m embedded.recipe.recorded
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from embedded.recipe.flite import resampled
from embedded.recipe.sentences import Sentence, data_folder, read, recipe_folder
from embedded.recipe.shards import SHARD, speak_shard, write_shard
from embedded.recipe.spectra import RATE, Wave
from embedded.recipe.synthesis import Utterance, Voice, Word, spans

PLAIN = re.compile(r"[A-Za-z0-9 ,'.?!-]+")
"""What the embedded recogniser writes in English."""
DIGITS = "oh zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
DAYS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
).split()
MONTHS = "January February March April May June July August September October November December".split()
COMMANDS = "enter erase help repeat rubout start stop go yes no".split()


def written(words: str) -> str:
    """A transcript in capitals as a sentence: letters stay capitals, months and the first word begin so."""
    months = {month.upper(): month for month in MONTHS}
    parts = [months.get(w, w if len(w) == 1 else w.lower()) for w in words.split()]
    text = " ".join(parts)
    return text[:1].upper() + text[1:] + "."


def number(source: random.Random) -> str:
    """A number under a hundred in words."""
    kind = source.random()
    if kind < 0.5:
        return source.choice(DIGITS)
    if kind < 0.7:
        return source.choice(TEENS)
    return source.choice(TENS) + (" " + source.choice(DIGITS[2:]) if source.random() < 0.6 else "")


def imitated(source: random.Random, names: list[str]) -> str:
    """Something like what AN4's speakers say."""
    kind = source.random()
    if kind < 0.35:
        return written(" ".join(source.choice(names).upper()))
    if kind < 0.5:
        return written(" ".join(source.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=source.randint(1, 6))))
    if kind < 0.75:
        return written(" ".join(number(source) for _ in range(source.randint(1, 7))).upper())
    if kind < 0.87:
        day = source.choice(DAYS) if source.random() < 0.7 else "twenty " + source.choice(DAYS[:9])
        year = "nineteen " + number(source) if source.random() < 0.7 else ""
        return written(f"{source.choice(MONTHS)} {day} {year}".strip().upper())
    letters = " ".join(source.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=source.randint(0, 4)))
    return written(f"{source.choice(COMMANDS)} {letters} {number(source)}".upper())


def untimed(text: str, wave: Wave) -> Utterance:
    """A recording of which nobody knows when what is said."""
    return Utterance(text, "en", wave, [Word(*place, -1.0, -1.0) for place in spans(text, "en")], [], [])


def an4(speech: Path) -> Iterator[tuple[Utterance, Voice]]:
    """The training part of AN4; the voice is the speaker."""
    for line in (speech / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["path"].startswith("an4/wav/an4_clstk") and row["text"].strip():
            wave, rate = soundfile.read(speech / row["path"], dtype="float32")
            yield untimed(written(row["text"]), resampled(wave, rate)), Voice(row["path"].split("/")[3])


def chapter(speech: Path, name: str) -> Iterator[tuple[Utterance, Voice]]:
    """The sentences of a chapter read aloud, and parts of sentences as the reader paused."""
    wave, rate = soundfile.read(speech / "ljspeech-long" / f"{name}.flac", dtype="float32")
    rows = json.loads((speech / "ljspeech-long" / f"{name}.json").read_text(encoding="utf-8"))
    wave = resampled(wave, rate)
    for row in rows:
        text = row["text"].replace('"', "").replace(";", ",").replace(":", ",")
        if PLAIN.fullmatch(text) and row["end"] - row["start"] < 12:
            part = wave[int(row["start"] * RATE) : int(row["end"] * RATE)]
            yield untimed(text, np.ascontiguousarray(part)), Voice(name)


def main() -> None:
    """Write the shards into the working folder; those that exist are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--imitated", type=int, default=2, help="shards of espeak-ng's speech")
    arguments = parser.parse_args()
    folder, speech = arguments.work / "speech", data_folder() / "speech"
    print(write_shard(folder / "train-en-real-an4", "en", an4(speech), False))
    print(write_shard(folder / "train-en-real-LJ003", "en", chapter(speech, "LJ003"), False))
    english = [s.text for s in read(arguments.work / "sentences.jsonl") if s.language == "en"]
    found = {word for text in english[:40_000] for word in re.findall(r"(?<=[a-z] )[A-Z][a-z]{2,9}", text)}
    for shard in range(arguments.imitated):
        source = random.Random(shard)
        texts = [imitated(source, sorted(found)) for _ in range(SHARD)]
        said = [Sentence(text, "en", held_out=False) for text in texts]
        print(speak_shard(folder / f"train-en-spelt-{shard:04d}", said, 900 + shard, "seen", False))


if __name__ == "__main__":
    main()

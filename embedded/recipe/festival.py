"""Speech of a third synthesiser, Festival: two diphone voices and one of hidden Markov models.

Festival, too, knows when it says what, and its phones are flite's. Debian's packages `festival`,
`festvox-kallpc16k`, `festvox-kdlpc16k` and `festvox-us-slt-hts` have the voices.

    python -m embedded.recipe.festival
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from embedded.recipe.flite import SOUNDS, resampled
from embedded.recipe.sentences import Sentence, read, recipe_folder
from embedded.recipe.shards import SAME_VOICE, SHARD, write_shard
from embedded.recipe.synthesis import Utterance, Voice, Word, spans

VOICES = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")
_SPEAK = """
(define (tell kind name start end) (format t "%s\\t%s\\t%f\\t%f\\n" kind name start end))
(define (tell_words token)
  (mapcar
    (lambda (word) (tell "word" (item.name word) (item.feat word "word_start") (item.feat word "word_end")))
    (item.daughters token)))
(define (speak text path)
  (let ((spoken (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave spoken path 'riff)
    (mapcar
      (lambda (phone)
        (tell "phone" (item.name phone) (item.feat phone "segment_start") (item.feat phone "segment_end")))
      (utt.relation.items spoken 'Segment))
    (let ((token (utt.relation.first spoken 'Token)))
      (while token
        (tell "token" "" 0 0)
        (tell_words token)
        (set! token (item.next token))))
    (tell "end" "" 0 0)))
"""
"""Festival's own language: speaks a text into a file and tells the phones, and each token's words."""


@dataclass(slots=True)
class Told:
    """What Festival tells of a sentence: the phones, and when each token's words begin and end, seconds."""

    phones: list[tuple[str, float]] = field(default_factory=list)
    tokens: list[list[tuple[float, float]]] = field(default_factory=list)

    def words(self, text: str) -> list[Word]:
        """The text's words with their times; none where Festival's words are not the text's."""
        places = spans(text, "en")
        times = [(min(s for s, _ in words), max(e for _, e in words)) for words in self.tokens if words]
        if not len(places) == len(times) == len(self.tokens):
            return []
        return [Word(*place, round(s, 3), round(e, 3)) for place, (s, e) in zip(places, times, strict=True)]


def told(lines: list[str]) -> Iterator[Told]:
    """Read what Festival tells, a sentence after the other."""
    found = Told()
    for line in lines:
        kind, name, *times = line.split("\t")
        start, end = map(float, times)
        match kind:
            case "phone":
                found.phones.append((SOUNDS[name], start))
            case "token":
                found.tokens.append([])
            case "word" if end > start:  # marks are words that take no time
                found.tokens[-1].append((start, end))
            case "end":
                yield found
                found = Told()


def speak(sentences: list[Sentence], voice: str) -> Iterator[Utterance]:
    """The sentences, without quotes as the recipe's English is, in a voice; those that it does not speak word
    by word are left out.

    Raises: FileNotFoundError where Festival is not installed, CalledProcessError where the voice is not.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.wav" for number in range(len(sentences))]
        asked = [f'(speak "{s.text}" "{path}")' for s, path in zip(sentences, paths, strict=True)]
        script = Path(folder) / "speak.scm"
        script.write_text("\n".join([_SPEAK, f"(voice_{voice})", *asked]), encoding="utf-8")
        done = subprocess.run(["festival", "-b", script], capture_output=True, check=True, encoding="utf-8")
        for sentence, path, found in zip(sentences, paths, told(done.stdout.splitlines()), strict=True):
            if words := found.words(sentence.text):
                wave, rate = soundfile.read(path, dtype="float32")
                yield Utterance(sentence.text, "en", resampled(wave, rate), words, found.phones, [])


def utterances(sentences: list[Sentence], seed: int) -> Iterator[tuple[Utterance, Voice]]:
    """The sentences; the voices take turns."""
    source = random.Random(seed)
    for first in range(0, len(sentences), SAME_VOICE):
        voice = source.choice(VOICES)
        for utterance in speak(sentences[first : first + SAME_VOICE], voice):
            yield utterance, Voice(f"festival-{voice}")


def main() -> None:
    """Write shards of Festival's speech into the working folder; those that exist are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--shards", type=int, default=2)
    arguments = parser.parse_args()
    english = [s for s in read(arguments.work / "sentences.jsonl") if s.language == "en" and not s.held_out]
    middle = len(english) // 2  # espeak-ng speaks the first of them, flite the last
    for number in range(arguments.shards):
        chosen = english[middle + number * SHARD :][:SHARD]
        folder = arguments.work / "speech" / f"train-en-festival-{number:04d}"
        print(write_shard(folder, "en", utterances(chosen, 200 + number), False), flush=True)


if __name__ == "__main__":
    main()

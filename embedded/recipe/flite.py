"""Speech of a second synthesiser, flite, whose voices sound unlike espeak-ng's and more like people.

flite, too, knows when it says what; its phones are given espeak-ng's names, so that the encoder learns one
set of sounds. One voice, `rms`, is only measured with. Debian's package `libflite1` has the library.

    python -m embedded.recipe.flite
"""

from __future__ import annotations

import argparse
import ctypes
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from embedded.recipe import formulas
from embedded.recipe.sentences import Sentence, read, recipe_folder
from embedded.recipe.shards import SAME_VOICE, SHARD, write_shard
from embedded.recipe.spectra import RATE, Wave
from embedded.recipe.synthesis import UnspokenError, Utterance, Voice, Word, spans

SEEN = ("slt", "awb", "kal16")
UNSEEN = ("rms",)
"""Voices that are only measured with."""
PACES = (0.86, 1.18)
"""How fast what is learnt from is played: three voices are too few to know a fourth by."""

SOUNDS = dict(
    pair.split("=")
    for pair in (
        "aa=A: ae=a ah=V ao=O: aw=aU ax=@ ay=aI b=b ch=tS d=d dh=D eh=E er=3: ey=eI f=f g=g hh=h ih=I iy=i: "
        "jh=dZ k=k l=l m=m n=n ng=N ow=oU oy=OI p=p r=r s=s sh=S t=t th=T uh=U uw=u: v=v w=w y=j z=z zh=Z "
        "pau="
    ).split()
)
_FIRST = b"R:SylStructure.daughter1.daughter1"
_LAST = b"R:SylStructure.daughtern.daughtern"


class _Wave(ctypes.Structure):
    """cst_wave of cst_wave.h."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("rate", ctypes.c_int),
        ("count", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class Flite:
    """The flite library and its voices.

    Raises: OSError where the library is not installed.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        for part in ("usenglish", "cmulex"):
            ctypes.CDLL(f"libflite_{part}.so.1", mode=ctypes.RTLD_GLOBAL)
        library.flite_init()
        place, text = ctypes.c_void_p, ctypes.c_char_p
        for name, result, *taken in (
            ("flite_synth_text", place, text, place),
            ("utt_wave", ctypes.POINTER(_Wave), place),
            ("utt_relation", place, place, text),
            ("relation_head", place, place),
            ("item_next", place, place),
            ("item_prev", place, place),
            ("item_as", place, place, text),
            ("item_daughter", place, place),
            ("path_to_item", place, place, text),
            ("item_feat_float", ctypes.c_float, place, text),
            ("item_feat_string", text, place, text),
            ("delete_utterance", None, place),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, taken
        self._library: Any = library
        self._voices: dict[str, Any] = {}

    def _voice(self, name: str) -> Any:
        if name not in self._voices:
            library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
            register = getattr(library, f"register_cmu_us_{name}")
            register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
            self._voices[name] = register(None)
        return self._voices[name]

    def speak(self, sentence: Sentence, voice: str) -> Utterance:
        """The sentence in a voice.

        Raises: UnspokenError where flite's words are not the text's; leave the sentence out.
        """
        spoken = self._library.flite_synth_text(sentence.text.encode(), self._voice(voice))
        try:
            wave = self._library.utt_wave(spoken).contents
            audio = np.ctypeslib.as_array(wave.samples, (wave.count,)).astype(np.float32) / 32768.0
            places = spans(sentence.text, "en")
            times = [self._times(token) for token in self._items(spoken, b"Token")]
            if len(times) != len(places) or not all(start < end for start, end in times):
                raise UnspokenError(sentence.text)
            words = [Word(*place, *time) for place, time in zip(places, times, strict=True)]
            sounds = [self._sound(segment) for segment in self._items(spoken, b"Segment")]
            return Utterance(sentence.text, "en", resampled(audio, wave.rate), words, sounds, [])
        finally:
            self._library.delete_utterance(spoken)

    def _items(self, spoken: Any, relation: bytes) -> Iterator[Any]:
        item = self._library.relation_head(self._library.utt_relation(spoken, relation))
        while item:
            yield item
            item = self._library.item_next(item)

    def _sound(self, segment: Any) -> tuple[str, float]:
        name = self._library.item_feat_string(segment, b"name").decode()
        return SOUNDS[name], self._began(segment)

    def _began(self, segment: Any) -> float:
        before = self._library.item_prev(segment)
        return float(self._library.item_feat_float(before, b"end")) if before else 0.0

    def _times(self, token: Any) -> tuple[float, float]:
        """When a word between blanks is spoken; (0, 0) where it is not."""
        words = []
        word = self._library.item_daughter(token)
        while word:
            words.append(self._library.item_as(word, b"Word"))
            word = self._library.item_next(word)
        first = self._library.path_to_item(words[0], _FIRST) if words else None
        last = self._library.path_to_item(words[-1], _LAST) if words else None
        if not first or not last:
            return 0.0, 0.0
        start = self._began(self._library.item_as(first, b"Segment"))
        return round(start, 3), round(float(self._library.item_feat_float(last, b"end")), 3)


def resampled(audio: Wave, rate: int) -> Wave:
    """The audio at 16 kHz."""
    return audio if rate == RATE else np.asarray(soxr.resample(audio, rate, RATE), dtype=np.float32)


def played(utterance: Utterance, pace: float) -> Utterance:
    """As from a tape that runs `pace` times as fast: throat, pitch and tempo are another speaker's (Ko et al.
    2015, "Audio augmentation for speech recognition")."""
    words = [Word(w.first, w.last, round(w.start / pace, 3), round(w.end / pace, 3)) for w in utterance.words]
    sounds = [(name, at / pace) for name, at in utterance.phonemes]
    wave = np.asarray(soxr.resample(utterance.wave, RATE * pace, RATE), dtype=np.float32)
    return replace(utterance, wave=wave, words=words, phonemes=sounds)


def utterances(
    sentences: list[Sentence], voices: tuple[str, ...], seed: int, paces: tuple[float, float] = (1.0, 1.0)
) -> Iterator[tuple[Utterance, Voice]]:
    """The sentences; the voices take turns, and are played between `paces` times as fast as they speak. What
    flite does not speak word by word is left out."""
    flite, source, voice, pace = Flite(), random.Random(seed), voices[0], 1.0
    for index, sentence in enumerate(sentences):
        if index % SAME_VOICE == 0:
            voice, pace = source.choice(voices), source.uniform(*paces)
        try:
            yield played(flite.speak(sentence, voice), pace), Voice(f"flite-{voice}", round(160 * pace))
        except UnspokenError:
            continue


def main() -> None:
    """Write shards of flite's speech into the working folder; those that exist are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    parser.add_argument("--shards", type=int, default=18)
    arguments = parser.parse_args()
    english = [s for s in read(arguments.work / "sentences.jsonl") if s.language == "en"]
    held_out = [s for s in english if s.held_out][:600]
    learnt = [s for s in english if not s.held_out][::-1]  # other sentences than espeak-ng's first
    folder = arguments.work / "speech"
    for name, voices in (("flite", SEEN), ("flite-unseen", UNSEEN)):
        print(write_shard(folder / f"heldout-en-{name}", "en", utterances(held_out, voices, 1), True))
    for number in range(arguments.shards):
        chosen = learnt[number * SHARD : (number + 1) * SHARD]
        spoken = utterances(chosen, SEEN, 100 + number, PACES)
        print(write_shard(folder / f"train-en-flite-{number:04d}", "en", spoken, False), flush=True)
    spoken = utterances(formulas.spoken("en"), SEEN, 99, PACES)
    print(write_shard(folder / "train-en-formulas-0001", "en", spoken, False), flush=True)


if __name__ == "__main__":
    main()

"""Speech that knows when it says what: espeak-ng through its library.

espeak-ng reports every word and every phoneme with its position in the audio. The recogniser's encoder learns
the phonemes frame by frame from them, and its cross-attention learns where the words are, which is what makes
training it from nothing possible on two cores.

The library keeps its state, and a pointer to who receives its speech, in globals: there is one `Espeak` a
process.
"""

from __future__ import annotations

import ctypes
import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import espeakng_loader
import numpy as np
import soxr

from embedded.recipe import spectra
from embedded.recipe.sentences import Language, Sentence

ENGLISH = (
    ["en-us"] * 6 + ["en"] * 3 + ["en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan"]
)
VARIANTS = ["", ""] + [
    "+" + name
    for name in (
        "m1 m2 m3 m4 m5 m7 m8 f1 f2 f3 f5 adam Alex Alicia Andrea Annie belinda benjamin boris caleb "
        "david ed edward Gene ian john max Michael mike2 paul pedro quincy rob robert sandro shelby "
        "steph victor zac klatt klatt2 klatt4"
    ).split()
]
UNSEEN = ["en-us+m6", "en+f4", "en-us+Andy", "en+linda", "en-us+travis", "en-us+steph2", "en-us+klatt3"]
"""English voices that are only measured with."""

Kind = Literal["seen", "unseen", "usual"]
"""Voices: any of those trained on, those left out, or those met most."""
WORD, PHONEME = 1, 7
RATE, PITCH, RANGE = 1, 3, 4
TONES = {"55": 1, "35": 2, "214": 3, "21": 3, "51": 4}


class Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


@dataclass(frozen=True, slots=True)
class Voice:
    """How a sentence is spoken.

    name: espeak-ng's voice and variant, such as `en-us+f2`.
    rate: words a minute.
    pitch: 0 to 99.
    range: of the pitch, 0 to 99.
    """

    name: str
    rate: int = 160
    pitch: int = 50
    range: int = 50


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the text and in the audio.

    first, last: characters `text[first:last]`, with the marks that follow the word.
    start, end: seconds from the start of the audio; negative where nobody knows.
    """

    first: int
    last: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """One spoken sentence.

    wave: 16 kHz samples.
    words: in order.
    phonemes: (name, start in seconds), in order; silence is "".
    tones: of every Mandarin syllable, 1 to 5; nothing for English.
    """

    text: str
    language: Language
    wave: spectra.Wave
    words: list[Word]
    phonemes: list[tuple[str, float]]
    tones: list[int]


class UnspokenError(Exception):
    """espeak-ng did not speak the sentence as it is written."""


class Espeak:
    """The espeak-ng library; `espeak` gives the one of this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._audio: list[bytes] = []
        self._events: list[tuple[int, int, int, str]] = []
        self._voice = ""
        self._callback = Callback(self._receive)  # the library keeps only a pointer
        data = espeakng_loader.get_data_path().encode()
        self._rate: int = self._library.espeak_Initialize(2, 0, data, 1)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def _receive(self, wave: Any, samples: int, events: Any) -> int:
        if wave and samples:
            self._audio.append(ctypes.string_at(wave, samples * 2))
        index = 0
        while events[index].type:
            event = events[index]
            if event.type in (WORD, PHONEME):
                name = "" if event.type == WORD else event.id.decode(errors="ignore")
                self._events.append((event.type, event.text_position - 1, event.sample, name))
            index += 1
        return 0

    def tones(self, text: str) -> list[int]:
        """The tone of every Mandarin syllable, 1 to 5 (5 is the neutral one)."""
        if self._voice.split("+")[0] != "cmn":
            self._choose("cmn")
        rest = ctypes.c_char_p(text.encode())
        found: list[int] = []
        while rest.value is not None:
            spelt = self._library.espeak_TextToPhonemes(ctypes.byref(rest), 1, 0)
            found += [TONES.get(digits, 5) for digits in re.findall(r"\d+", spelt.decode())]
        return found

    def _choose(self, name: str) -> None:
        if name != self._voice:
            if self._library.espeak_SetVoiceByName(name.encode()):
                raise ValueError(f"espeak-ng has no voice {name}")
            self._voice = name

    def speak(self, sentence: Sentence, voice: Voice) -> Utterance:
        """The sentence in a voice.

        Raises: UnspokenError where a word is missing or spelt out; leave the sentence out.
        """
        self._choose(voice.name)
        for parameter, value in ((RATE, voice.rate), (PITCH, voice.pitch), (RANGE, voice.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._audio.clear()
        self._events.clear()
        encoded = sentence.text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, 1, None, None)
        audio = np.frombuffer(b"".join(self._audio), dtype=np.int16).astype(np.float32) / 32768.0
        if len(audio) < self._rate // 10:
            raise UnspokenError(sentence.text)
        events = [(kind, place, sample / self._rate, name) for kind, place, sample, name in self._events]
        wave = soxr.resample(audio, self._rate, spectra.RATE, quality="MQ")
        words = word_times(sentence, events, len(audio) / self._rate)
        tones = self.tones(sentence.text) if sentence.language == "zh" else []
        return Utterance(sentence.text, sentence.language, wave, words, phoneme_times(events), tones)


@cache
def espeak() -> Espeak:
    """Give the one of this process."""
    return Espeak()


def spans(text: str, language: Language) -> list[tuple[int, int]]:
    """Where the words of a text are: between blanks in English, each hanzi in Chinese, marks with them."""
    if language == "en":
        return [match.span() for match in re.finditer(r"\S+", text)]
    return [match.span() for match in re.finditer(r"(?:[一-鿿]|[0-9A-Za-z]+)[^一-鿿0-9A-Za-z]*", text)]


def plain(phoneme: str) -> str:
    """A phoneme's name without stress; "" for silence."""
    name = phoneme.lstrip("',%=")
    return "" if name.startswith("_") else name


def phoneme_times(events: list[tuple[int, int, float, str]]) -> list[tuple[str, float]]:
    """The phonemes in order; language switches in brackets are not sounds."""
    return [(plain(name), at) for kind, _, at, name in events if kind == PHONEME and not name.startswith("(")]


def word_times(sentence: Sentence, events: list[tuple[int, int, float, str]], duration: float) -> list[Word]:
    """Every word of the text with its time; words spoken as one share their time by length.

    Raises: UnspokenError where hanzi were spelt in English, as espeak-ng does with some.
    """
    places = spans(sentence.text, sentence.language)
    starts: list[float | None] = [None] * len(places)
    for kind, place, at, name in events:
        index = next((i for i, (_, last) in enumerate(places) if place < last), len(places) - 1)
        if kind == WORD and starts[index] is None:
            starts[index] = at
        if name == "(en)" and not re.match("[0-9A-Za-z]", sentence.text[places[index][0] :]):
            raise UnspokenError(sentence.text)
    if not places or starts[0] is None:
        raise UnspokenError(sentence.text)
    pauses = [at for kind, _, at, name in events if kind == PHONEME and name in ("_:", "_", "_!")]
    words: list[Word] = []
    index = 0
    while index < len(places):
        after = next((i for i in range(index + 1, len(places)) if starts[i] is not None), len(places))
        start = starts[index] or 0.0
        until = (starts[after] or duration) if after < len(places) else duration
        until = min([until, *(p for p in pauses if start + 0.03 < p < until)])
        together = (sentence.text[first:last] for first, last in places[index:after])
        letters = [max(1, sum(map(str.isalnum, text))) for text in together]
        edges = start + (until - start) * np.cumsum([0, *letters]) / sum(letters)
        words += [
            Word(*places[index + i], round(float(edges[i]), 3), round(float(edges[i + 1]), 3))
            for i in range(after - index)
        ]
        index = after
    if any(word.end <= word.start for word in words):
        raise UnspokenError(sentence.text)
    return words


def random_voice(language: Language, source: random.Random, kind: Kind = "seen") -> Voice:
    """A voice with random rate and pitch."""
    accents = ENGLISH if language == "en" else ["cmn"]
    name = source.choice(accents) + source.choice(VARIANTS)
    while kind == "usual" and not usual(name):
        name = source.choice(accents) + source.choice(VARIANTS)
    if kind == "unseen":
        name = source.choice(UNSEEN)
    return Voice(name, source.randint(130, 200), source.randint(30, 70), source.randint(35, 65))


def usual(name: str) -> bool:
    """True for the voices that are met most: plain accents in espeak-ng's basic variants."""
    accent, _, variant = name.partition("+")
    return accent in ("en-us", "en", "cmn") and re.fullmatch("([mf][1-8])?", variant) is not None

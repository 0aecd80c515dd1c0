"""Word times where nobody has them: the recogniser itself aligns the true text of each sentence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from tokenizers import Tokenizer as Vocabulary

from asr.pieces import pieces, token_times
from benchmarks.talks import ALIGNED, Sentence, Talk
from streaming.audio import SAMPLE_RATE
from streaming.words import Word

MARGIN = 1.0
"""Seconds of digital silence behind a sentence."""
LONGEST = 28.0
"""Seconds above which a sentence is given no times."""
SHORTEST = 0.04
"""Seconds that any word takes: an alignment with a shorter one has lost the audio, and its sentence is given
no times."""


class Aligner:
    """A Whisper folder that is told what was said and tells when (dynamic time warping over the
    cross-attention of its alignment heads, as in Whisper's own word timestamps)."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), intra_threads=1)
        self._vocabulary = Vocabulary.from_file(str(folder / "tokenizer.json"))
        self._features = FeatureExtractor(feature_size=self._model.n_mels)

    def align(self, talk: Talk) -> Talk:
        """Give a talk word times, unless it has them or no sentence times to start from."""
        if talk.words or not talk.sentences:
            return talk
        tokenizer = Tokenizer(
            self._vocabulary, self._model.is_multilingual, task="transcribe", language=talk.language
        )
        words = [word for part in talk.sentences for word in self._words(talk, part, tokenizer)]
        return replace(talk, words=tuple(words), times=ALIGNED)

    def _words(self, talk: Talk, part: Sentence, tokenizer: Any) -> list[Word]:
        wave = talk.samples[round(part.start * SAMPLE_RATE) : round(part.end * SAMPLE_RATE)]
        tokens = tokenizer.encode(part.text if talk.language == "zh" else f" {part.text}")
        unknown = [Word(f" {part.text}", part.start, part.start)]
        if not tokens or len(wave) > LONGEST * SAMPLE_RATE:
            return unknown
        padded = np.pad(wave, (0, round(MARGIN * SAMPLE_RATE)))
        mel = self._features(padded)[np.newaxis, :, : len(padded) // 320 * 2]
        encoded = self._model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel)))
        frames = max(2, len(wave) // 320 * 2)
        (path,) = self._model.align(encoded, tokenizer.sot_sequence, [tokens], frames)
        times = token_times(path, len(tokens))
        words, first = list[Word](), 0
        for piece in pieces(tokenizer, tokens):
            begin, end = times[first], times[first + piece.spoken]
            words.append(Word(piece.text, part.start + begin, part.start + max(begin, end)))
            first += piece.tokens
        spoken = [word for word in words if any(letter.isalnum() for letter in word.text)]
        return unknown if any(word.end - word.start < SHORTEST for word in spoken) else words

"""Whisper on CTranslate2 as a Recognizer.

faster-whisper gives the mel features, the tokenizer and the names of models; the model itself is driven
directly, because faster-whisper always pads to 30 s. The encoder's cost grows faster than its window
(30 s cost 6 to 8 times as much as 10 s), so windows are as short as the weights bear: stock weights need
2 s of silence behind the speech and 10 s in all, weights made for it less (`dragoman.json`). The silence
is added to the waveform: zeros in the normalised spectrum would be noise.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from streaming.audio import SAMPLE_RATE, Samples
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import Recognition, Window
from streaming.words import UNSPACED, Word

LONGEST = 30.0
"""Seconds that Whisper was trained on, and the most it takes."""
SHORTEST = 0.2
"""Seconds below which the model is not asked: it invents, and alignment may fail."""
_GRID = 2.0
_MEL_FRAMES = 100
_FRAME = 0.02
_TOKENS_PER_SECOND, _SPARE_TOKENS, _MOST_TOKENS = 15, 16, 224
_BEAM = 5
_BEFORE = frozenset("\"'“¿¡([{-「『《（")
_AFTER = frozenset("\"'.。,，!！?？:：;；…”)]}、」』》）")
_NUMBERS = ("window_floor", "window_margin", "window_full")


@dataclass(frozen=True, slots=True)
class Card:
    """What a model's folder says about itself in `dragoman.json`; the defaults are for stock weights."""

    languages: tuple[str, ...] = ()
    """Empty: those of the tokenizer."""
    window_floor: float = 10.0
    """Seconds of the shortest window."""
    window_margin: float = 2.0
    """Seconds of silence behind the speech, at least."""
    window_full: float = LONGEST
    """Seconds of the window that is safest, for hypotheses that cannot be believed."""
    prompt: int = 64
    """Tokens of text before the window, at most: longer ones favour loops, and a model that was taught with
    shorter ones falls silent behind them."""
    hot_words: int = 96
    """Tokens of terms that stand before that text, at most; none for a model that takes no such text."""
    family: str = "whisper"
    """By which commit policies are chosen; see `presets`."""


class WhisperRecognizer:
    """A Whisper folder in faster-whisper's format; stateless, safe to call from several threads."""

    def __init__(
        self, folder: Path, *, device: str = "auto", compute_type: str = "default", workers: int = 1
    ) -> None:
        """Load the model; `workers` is the number of calls that run side by side, a core each.

        Raises:
            ModelError: the folder does not hold such a model.
        """
        self._model = _load(folder, device, compute_type, workers)
        self._card = read_card(folder)
        self._tokenizers = _tokenizers(folder, self._card, self._model.is_multilingual)
        self._features = _features(folder)
        bands = len(self._features.mel_filters)
        if bands != self._model.n_mels:
            expected = f"the model has {self._model.n_mels} mel bands"
            raise ModelError(f"{folder.name}: {expected}, preprocessor_config.json says {bands}")

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it recognises."""
        return tuple(self._tokenizers)

    @property
    def family(self) -> str:
        """Which models it is like, as the table of presets knows them."""
        # large-v3 and its turbo are the stock models of 128 bands.
        stock = self._card.family == "whisper" and self._model.n_mels == 128
        return "whisper-large-v3" if stock else self._card.family

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        """Hear the words of each window that follow its prefix.

        Raises:
            LanguageError: a language that this model was not made for.
        """
        return [self._recognize(window) for window in windows]

    def _recognize(self, window: Window) -> Recognition:
        allowed = self._allowed(window)
        content = window.audio.duration
        if content < SHORTEST:
            return Recognition((), window.language or allowed[0], 1.0 if window.language else 0.0)
        if content > LONGEST:
            raise EngineError(f"a window may hold {LONGEST:.0f} s, {content:.1f} s came")
        seconds = window_seconds(content, self._card, self._model.n_mels, window.full)
        encoded = self._encode(window.audio.samples, seconds)
        heard, probability = self._language(encoded, window, allowed)
        language = window.language or heard
        tokenizer = self._tokenizers[language]
        prefix = tokenizer.encode("".join(word.text for word in window.prefix))
        result = self._generate(encoded, tokenizer, prefix, window, language)
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        words = self._words(encoded, tokenizer, tokens, len(prefix), window)
        length = len(result.sequences_ids[0])
        return Recognition(
            words,
            language,
            1.0 if window.language else probability,
            result.no_speech_prob,
            result.scores[0] * length / (length + 1) if length else 0.0,
            heard if window.listen else None,
            probability if window.listen else 0.0,
        )

    def _allowed(self, window: Window) -> tuple[str, ...]:
        asked = (window.language,) if window.language and not window.listen else window.languages
        allowed = tuple(language for language in asked or self.languages if language in self._tokenizers)
        if not allowed:
            spoken = ", ".join(self.languages)
            raise LanguageError(f"the recognizer does not know {', '.join(asked)}; it knows {spoken}")
        return allowed

    def _encode(self, samples: Samples, seconds: float) -> Any:
        import ctranslate2

        padded = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        padded[: len(samples)] = samples
        # The extractor appends 160 samples of its own and drops the last frame: 100 frames a second remain.
        mel = self._features(padded)[np.newaxis, :, : round(seconds * _MEL_FRAMES)]
        return self._model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel)))

    def _language(self, encoded: Any, window: Window, allowed: Sequence[str]) -> tuple[str, float]:
        if len(allowed) == 1 or (window.language and not window.listen):
            return window.language or allowed[0], 1.0
        found = {token[2:-2]: p for token, p in self._model.detect_language(encoded)[0]}
        total = sum(found.get(language, 0.0) for language in allowed)
        best = max(allowed, key=lambda language: found.get(language, 0.0))
        return best, found.get(best, 0.0) / total if total else 0.0

    def _generate(
        self, encoded: Any, tokenizer: Any, prefix: list[int], window: Window, language: str
    ) -> Any:
        before = [*_prompt(window, tokenizer, language, self._card), *tokenizer.sot_sequence]
        heard = window.audio.end - _frontier(window)
        new = math.ceil(max(heard, 0.0) * _TOKENS_PER_SECOND) + _SPARE_TOKENS
        most = min(len(prefix) + new, _MOST_TOKENS)
        # CTranslate2 caps at min(max_length / 2, max_length - what stands before the text), prefix included.
        longest = max(2 * most, len(before) + 1 + most)
        return self._model.generate(
            encoded,
            [[*before, tokenizer.no_timestamps, *prefix]],
            beam_size=_BEAM if window.beam else 1,
            max_length=longest,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]

    def _words(
        self, encoded: Any, tokenizer: Any, tokens: list[int], known: int, window: Window
    ) -> tuple[Word, ...]:
        audio = window.audio
        pieces = _pieces(tokenizer, tokens[known:])
        if not pieces:
            return ()
        if not window.align:
            return spread([text for text, _ in pieces], _frontier(window), audio.end)
        frames = max(2, 2 * int(audio.duration * _MEL_FRAMES / 2))
        (path,) = self._model.align(encoded, tokenizer.sot_sequence, [tokens], frames)
        times, probabilities = _token_times(path, len(tokens)), path.text_token_probs
        words, first = [], known
        for text, count in pieces:
            start, end = times[first], times[first + count]
            sure = float(np.mean(probabilities[first : first + count]))
            words.append(Word(text, audio.start + start, audio.start + max(start, end), sure))
            first += count
        return tuple(words)


def window_seconds(content: float, card: Card, mels: int, full: bool = False) -> float:
    """Tell how long a window is padded for so many seconds of content."""
    seconds = max(card.window_full if full else card.window_floor, content + card.window_margin)
    seconds = min(LONGEST, math.ceil(round(seconds / _GRID, 6)) * _GRID)
    # CTranslate2 takes an encoder output of as many frames as there are mel bands for a spectrum, silently.
    return seconds + _GRID if round(seconds / _FRAME) == mels else seconds


def read_card(folder: Path) -> Card:
    """Read what a folder says about its model.

    Raises:
        ModelError: `dragoman.json` is not what it should be.
    """
    path = folder / "dragoman.json"
    if not path.exists():
        return Card()
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        numbers = {name: float(about[name]) for name in _NUMBERS if name in about}
        return Card(
            tuple(about.get("languages", ())),
            prompt=int(about.get("prompt", Card().prompt)),
            hot_words=int(about.get("hot_words", Card().hot_words)),
            family=str(about.get("name", Card().family)),
            **numbers,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is not what it should be: {error}") from error


def repositories() -> dict[str, str]:
    """List the names of models that faster-whisper knows, with their repositories on the hub."""
    # Its public functions give the names only, and download without any sign of progress.
    from faster_whisper.utils import _MODELS

    return dict(_MODELS)


def spread(texts: Sequence[str], start: float, end: float) -> tuple[Word, ...]:
    """Spread words over a time by their length, where nobody needs to know better."""
    edges = [*accumulate((len(text) for text in texts), initial=0)]
    times = [start + (end - start) * edge / edges[-1] for edge in edges]
    return tuple(Word(text, *pair) for text, pair in zip(texts, pairwise(times), strict=True))


def join_punctuation(pieces: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Join marks to the word that they belong to; pairs of text and number of tokens."""
    joined: list[tuple[str, int]] = []
    opening = ("", 0)
    for text, count in pieces:
        text, count = opening[0] + text, opening[1] + count
        opening = ("", 0)
        if text.startswith(" ") and text.strip() and set(text.strip()) <= _BEFORE:
            opening = (text, count)
        elif joined and set(text) <= _AFTER:
            joined[-1] = (joined[-1][0] + text, joined[-1][1] + count)
        else:
            joined.append((text, count))
    return [*joined, opening] if opening[1] else joined


def _pieces(tokenizer: Any, tokens: list[int]) -> list[tuple[str, int]]:
    """Split tokens into words, without blanks at the end; bytes that are no character yet stay with them."""
    if not tokens:
        return []
    texts, groups = tokenizer.split_to_word_tokens(tokens)
    pieces = [(text, len(group)) for text, group in zip(texts, groups, strict=True)]
    while pieces and not pieces[-1][0].strip():
        pieces.pop()
    return join_punctuation(pieces)


def _token_times(path: Any, count: int) -> list[float]:
    """Read from an alignment when each token starts, and the end after them, in seconds."""
    starts: dict[int, int] = {}
    for token, frame in path.alignments:
        starts.setdefault(token, frame)
    last = path.alignments[-1][1] if path.alignments else 0
    return [starts.get(token, last) * _FRAME for token in range(count + 1)]


def _frontier(window: Window) -> float:
    """Tell where the words after the prefix begin, in seconds."""
    return max(window.audio.start, window.prefix[-1].end) if window.prefix else window.audio.start


def _prompt(window: Window, tokenizer: Any, language: str, card: Card) -> list[int]:
    """Write what stands before the window as Whisper was taught it: hot words, then the text before.

    Each has tokens of its own, so that neither crowds out the other; hot words beyond theirs are left out
    whole, the text before loses its beginning.
    """
    space = "" if language in UNSPACED else " "
    text = window.prompt.strip()
    scrolling = tokenizer.encode(space + text)[-card.prompt :] if text and card.prompt else []
    static: list[int] = []
    for term in window.hot_words if card.prompt else ():
        tokens = tokenizer.encode(f"{space}{term.strip()},")
        if len(static) + len(tokens) > card.hot_words:
            break
        static += tokens
    return [tokenizer.sot_prev, *static, *scrolling] if static or scrolling else []


def _load(folder: Path, device: str, compute_type: str, workers: int) -> Any:
    import ctranslate2

    if not (folder / "model.bin").is_file():
        raise ModelError(f"{folder} holds no model: model.bin was expected, as faster-whisper writes it")
    try:
        return ctranslate2.models.Whisper(
            str(folder), device=device, compute_type=compute_type, intra_threads=1, inter_threads=workers
        )
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{folder.name} cannot be loaded as a Whisper model: {error}") from error


def _tokenizers(folder: Path, card: Card, multilingual: bool) -> dict[str, Any]:
    import tokenizers
    from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"{folder} holds no tokenizer.json: copy it from the model that was converted")
    try:
        shared = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not multilingual:
        return {"en": Tokenizer(shared, False)}
    known = [code for code in _LANGUAGE_CODES if shared.token_to_id(f"<|{code}|>") is not None]
    languages = [code for code in card.languages or known if code in known]
    if not languages:
        raise ModelError(f"{folder.name}: its tokenizer knows none of the languages it is said to speak")
    return {code: Tokenizer(shared, True, task="transcribe", language=code) for code in languages}


def _features(folder: Path) -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    path = folder / "preprocessor_config.json"
    names = ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft")
    try:
        about = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    return FeatureExtractor(**{name: about[name] for name in names if name in about})

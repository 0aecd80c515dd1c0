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
from pathlib import Path
from typing import Any

import numpy as np

from asr.card import LONGEST, Card, read_card, window_seconds
from asr.pieces import FRAME, pieces, spread, token_times
from asr.search import shares
from streaming.audio import SAMPLE_RATE, Samples
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import Recognition, Window
from streaming.words import UNSPACED, Word

SHORTEST = 0.2
"""Seconds below which the model is not asked: it invents, and alignment may fail."""
_MEL_FRAMES = 100
_TOKENS_PER_SECOND, _SPARE_TOKENS, _MOST_TOKENS, _TOKEN_STEP = 15, 16, 224, 32
BEAM, TENTATIVE_BEAM = 5, 3
"""Hypotheses that are searched at an utterance's end, and before it: three say as well as five what is
divided, and cost less."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A window on its way through the model."""

    window: Window
    heard: str
    """The language that is heard."""
    probability: float
    frames: int = 0
    """Of the encoder; 0: too short to be asked about."""
    encoded: Any = None
    before: tuple[int, ...] = ()
    """Tokens before the text."""
    prefix: tuple[int, ...] = ()
    """Tokens of the text that is committed."""
    beam: int = 1
    """Hypotheses that are searched."""

    @property
    def longest(self) -> int:
        """Bound what is generated: room for fast speech, in steps, so that more windows are alike."""
        heard = max(self.window.audio.end - _frontier(self.window), 0.0)
        new = math.ceil(heard * _TOKENS_PER_SECOND) + _SPARE_TOKENS
        most = min(math.ceil((len(self.prefix) + new) / _TOKEN_STEP) * _TOKEN_STEP, _MOST_TOKENS)
        # CTranslate2 caps at min(max_length / 2, max_length - what stands before the text), prefix included.
        return max(2 * most, len(self.before) + most)

    @property
    def kind(self) -> tuple[int, int, bool, int, int]:
        """Windows of one kind can be decoded together, with the same outcome as alone: CTranslate2 wants
        encoder outputs of one length and the start of the transcript in one place."""
        return self.frames, len(self.before), bool(self.prefix), self.beam, self.longest


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

    @property
    def longest(self) -> float:
        """Seconds of speech that it hears whole."""
        return self._card.window_speech

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        """Hear the words of each window that follow its prefix.

        Raises:
            LanguageError: a language that this model was not made for.
        """
        jobs = [self._prepare(window) for window in windows]
        results: dict[int, Any] = {}
        for alike in _alike(jobs):
            together = [jobs[i] for i in alike]
            results.update(zip(alike, self._generate(together), strict=True))
        return [self._recognition(job, results.get(i)) for i, job in enumerate(jobs)]

    def _prepare(self, window: Window) -> _Job:
        """Encode a window, and write what the decoder begins with."""
        allowed = self._allowed(window)
        content = window.audio.duration
        if content < SHORTEST:
            return _Job(window, window.language or allowed[0], 1.0 if window.language else 0.0)
        if content > LONGEST:
            raise EngineError(f"a window may hold {LONGEST:.0f} s, {content:.1f} s came")
        seconds = window_seconds(content, self._card, self._model.n_mels, window.full)
        encoded = self._encode(window.audio.samples, seconds)
        heard, probability = self._language(encoded, window, allowed)
        tokenizer = self._tokenizers[window.language or heard]
        prompt = _prompt(window, tokenizer, window.language or heard, self._card)
        before = (*prompt, *tokenizer.sot_sequence, tokenizer.no_timestamps)
        prefix = tuple(tokenizer.encode("".join(word.text for word in window.prefix)))
        frames, beam = round(seconds / FRAME), self._beam(window)
        return _Job(window, heard, probability, frames, encoded, before, prefix, beam)

    def _recognition(self, job: _Job, result: Any) -> Recognition:
        """Read words from what was generated; `None`: nothing was."""
        window = job.window
        language = window.language or job.heard
        if result is None:
            return Recognition((), language, job.probability)
        tokenizer = self._tokenizers[language]
        ids = result.sequences_ids[0]
        tokens = [token for token in ids if token < tokenizer.eot]
        return Recognition(
            self._words(job, tokenizer, tokens, result),
            language,
            1.0 if window.language else job.probability,
            result.no_speech_prob,
            _mean_log_probability(result, len(job.prefix)) if ids else 0.0,
            job.heard if window.listen else None,
            job.probability if window.listen else 0.0,
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
        found = {_ours(token[2:-2]): p for token, p in self._model.detect_language(encoded)[0]}
        total = sum(found.get(language, 0.0) for language in allowed)
        best = max(allowed, key=lambda language: found.get(language, 0.0))
        return best, found.get(best, 0.0) / total if total else 0.0

    def _generate(self, jobs: Sequence[_Job]) -> list[Any]:
        """Decode windows that are alike: the weights are read once for all of them."""
        found: list[Any] = self._model.generate(
            _joined([job.encoded for job in jobs]),
            [[*job.before, *job.prefix] for job in jobs],
            beam_size=jobs[0].beam,
            num_hypotheses=jobs[0].beam,
            max_length=jobs[0].longest,
            # What Whisper never begins with, a blank alone or the end, may well follow committed words.
            suppress_blank=not jobs[0].prefix,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return found

    def _beam(self, window: Window) -> int:
        if not window.beam:
            return 1
        if window.unhurried:
            return self._card.beam
        return BEAM if window.final else TENTATIVE_BEAM

    def _words(self, job: _Job, tokenizer: Any, tokens: list[int], result: Any) -> tuple[Word, ...]:
        window, audio, known = job.window, job.window.audio, len(job.prefix)
        said = pieces(tokenizer, tokens[known:])
        if not said:
            return ()
        if not window.align:  # a pass of its own, which would tell how probable each word is
            sure = math.exp(_mean_log_probability(result, known))
            return spread([piece.text for piece in said], _frontier(window), audio.end, sure)
        frames = max(2, 2 * int(audio.duration * _MEL_FRAMES / 2))
        (path,) = self._model.align(job.encoded, tokenizer.sot_sequence, [tokens], frames)
        times, probabilities = token_times(path, len(tokens)), path.text_token_probs
        shared = _shares(result, tokenizer, known)
        words, first = [], known
        for piece, share in zip(said, shared, strict=True):
            start, end = times[first], times[first + piece.spoken]
            sure = float(np.mean(probabilities[first : first + piece.tokens]))
            words.append(Word(piece.text, audio.start + start, audio.start + max(start, end), sure, share))
            first += piece.tokens
        return tuple(words)


def repositories() -> dict[str, str]:
    """List the names of models that faster-whisper knows, with their repositories on the hub."""
    # Its public functions give the names only, and download without any sign of progress.
    from faster_whisper.utils import _MODELS

    return dict(_MODELS)


def _mean_log_probability(result: Any, known: int) -> float:
    """Average how probable a search finds what it wrote behind the `known` tokens, the end included."""
    # CTranslate2 divides by all tokens, but what was given costs nothing.
    count = len(result.sequences_ids[0])
    return float(result.scores[0] * count / (count - known + 1))


def _shares(result: Any, tokenizer: Any, known: int) -> list[float]:
    """Tell how far the search agrees with each word behind the `known` tokens."""
    said, likely = list[list[str]](), list[float]()
    for ids, score in zip(result.sequences_ids, result.scores, strict=True):
        if ids:  # CTranslate2 divides by the length, and nothing by nothing
            tokens = [token for token in ids if token < tokenizer.eot]
            said.append([piece.text for piece in pieces(tokenizer, tokens[known:])])
            likely.append(score * len(ids))
    return shares(said, likely) if said else []


def _alike(jobs: Sequence[_Job]) -> list[list[int]]:
    """Group the jobs that have something to decode by kind."""
    groups: dict[object, list[int]] = {}
    for i, job in enumerate(jobs):
        if job.frames:
            groups.setdefault(job.kind, []).append(i)
    return [*groups.values()]


def _joined(encoded: Sequence[Any]) -> Any:
    """Make one batch of encoder outputs of the same length."""
    if len(encoded) == 1:
        return encoded[0]
    import ctranslate2

    on_host = [np.array(output.to_device(ctranslate2.Device.cpu)) for output in encoded]
    return ctranslate2.StorageView.from_array(np.concatenate(on_host))


def _frontier(window: Window) -> float:
    """Tell where the words after the prefix begin, in seconds."""
    return max(window.audio.start, window.prefix[-1].end) if window.prefix else window.audio.start


def _prompt(window: Window, tokenizer: Any, language: str, card: Card) -> list[int]:
    """Write what stands before the window as Whisper was taught it: preface, hot words, then the text before.

    Each has tokens of its own, so that none crowds out another; hot words for which there is no room are left
    out whole, texts lose their beginning.
    """
    if not card.prompt:
        return []
    space = "" if language in UNSPACED else " "

    def end(text: str, most: int) -> list[int]:
        found: list[int] = tokenizer.encode(space + text.strip()) if text.strip() else []
        return found[max(0, len(found) - most) :]

    terms: list[int] = []
    for term in window.hot_words:
        tokens = tokenizer.encode(f"{space}{term.strip()},")
        if len(terms) + len(tokens) <= card.hot_words:
            terms += tokens
    before = [*end(window.preface, card.preface), *terms, *end(window.prompt, card.prompt)]
    return [tokenizer.sot_prev, *before] if before else []


def _load(folder: Path, device: str, compute_type: str, workers: int) -> Any:
    import ctranslate2

    if not (folder / "model.bin").is_file():
        raise ModelError(f"{folder} holds no model: model.bin was expected, as faster-whisper writes it")
    # Stock weights are saved in float16, which processors do in float32; `auto` is int8 wherever they can.
    if compute_type == "default" and (device == "cpu" or not ctranslate2.get_cuda_device_count()):
        compute_type = "auto"
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
    known = {_ours(code): code for code in _LANGUAGE_CODES if shared.token_to_id(f"<|{code}|>") is not None}
    languages = [code for code in map(_ours, card.languages or known) if code in known]
    if not languages:
        raise ModelError(f"{folder.name}: its tokenizer knows none of the languages it is said to speak")
    return {code: Tokenizer(shared, True, task="transcribe", language=known[code]) for code in languages}


def _ours(code: str) -> str:
    """Bring a code of Whisper's to the one used here: Javanese alone is called otherwise."""
    return "jv" if code == "jw" else code


def _features(folder: Path) -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    path = folder / "preprocessor_config.json"
    names = ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft")
    try:
        about = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    return FeatureExtractor(**{name: about[name] for name in names if name in about})

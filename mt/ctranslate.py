"""CTranslate2 and SentencePiece as a Translator, for one folder."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import ctranslate2
import sentencepiece

from mt.folders import ModelFolder, ModelInfo, Pairs, describe, read
from mt.languages import normalized
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import Translation, TranslationRequest

_END = "</s>"
_BATCH = 32
_ROOM = 16
"""Target tokens that any sentence may have, and how finely lengths are grouped."""
_LOOP = 3
"""Tokens that may not come twice in the second attempt at an answer that looped."""
_BEAM = {False: 1, True: 2}
"""Beam by whether the sentence is complete: an open one is translated again at the next word."""


class CTranslateTranslator:
    """Translates with one folder's model; safe to be shared by threads."""

    def __init__(
        self, folder: Path, *, device: str = "auto", compute_type: str = "default", workers: int = 1
    ) -> None:
        """Load a folder or `.argosmodel` file; `workers` translations may run at the same time.

        Raises:
            ModelError: it is not a translator, or its weights cannot be read.
        """
        self._folder = read(unpacked(folder) if folder.is_file() else folder)
        try:
            self._model: Any = ctranslate2.Translator(
                str(self._folder.weights),
                device=device,
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=1,
            )
            self._source = _pieces(self._folder.source_pieces)
            self._target = _pieces(self._folder.target_pieces)
        except (RuntimeError, ValueError, IndexError, OSError) as error:
            raise ModelError(f"{folder}: the translator cannot be loaded: {error}") from error

    @property
    def info(self) -> ModelInfo:
        """What this translator is."""
        return self._folder.info

    @property
    def pairs(self) -> Pairs:
        """Source and target languages that it serves."""
        return self._folder.info.pairs

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request; the answer begins with its target prefix.

        Raises:
            LanguageError: a pair that this model does not serve.
            EngineError: CTranslate2 failed.
        """
        jobs = [_Job(self._folder, self._source, self._target, request) for request in requests]
        try:
            self._decode(jobs, repeat=0)
            # An answer that ran into its bound is a loop. Forbidding repetition to all would harm those
            # sentences that repeat with reason.
            self._decode([job for job in jobs if len(job.answer) >= job.longest], repeat=_LOOP)
            self._score([job for job in jobs if job.scored])
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"{self.info.name}: translation failed: {error}") from error
        return [Translation(job.text(self._target), job.score) for job in jobs]

    def _decode(self, jobs: Sequence["_Job"], repeat: int) -> None:
        """Answer the jobs; no sequence of `repeat` tokens may come twice, 0: any may."""
        groups: dict[tuple[int, int], list[_Job]] = defaultdict(list)
        for job in jobs:
            groups[job.beam, job.longest].append(job)
        started = [(group, self._start(group, *key, repeat)) for key, group in groups.items()]
        for group, results in started:
            for job, result in zip(group, results, strict=True):
                job.answer = result.result().hypotheses[0]

    def _score(self, jobs: Sequence["_Job"]) -> None:
        """Score whole answers: decoding itself gives no probability to a prefix that it was told."""
        if not jobs:
            return
        found = self._model.score_batch(
            [job.source for job in jobs], [job.answer for job in jobs], max_batch_size=_BATCH
        )
        for job, scores in zip(jobs, found, strict=True):
            job.score = sum(scores.log_probs) / max(1, len(scores.log_probs))

    def _start(self, jobs: list["_Job"], beam: int, longest: int, repeat: int) -> list[Any]:
        results: list[Any] = self._model.translate_batch(
            [job.source for job in jobs],
            target_prefix=[job.prefix for job in jobs],
            beam_size=beam,
            max_decoding_length=longest,
            no_repeat_ngram_size=repeat,
            max_batch_size=_BATCH,
            disable_unk=True,
            asynchronous=True,
        )
        return results


class _Job:
    """A request as tokens.

    Jobs are grouped by beam and length bound, both of which follow from the request alone: what a
    request is answered must not depend on its neighbours in the batch.
    """

    def __init__(
        self, folder: ModelFolder, source_pieces: Any, target_pieces: Any, request: TranslationRequest
    ) -> None:
        source, target = normalized(request.source_language), normalized(request.target_language)
        if (source, target) not in folder.info.pairs:
            raise LanguageError(f"{folder.info.name} does not translate {source} → {target}")
        pieces: list[str] = source_pieces.encode(request.source.strip(), out_type=str)
        written: list[str] = target_pieces.encode(request.target_prefix, out_type=str)
        marked, self._marks = _marked(folder, pieces, source, target)
        # Nothing is made of nothing: CTranslate2 answers an empty source with an empty target.
        self.source = marked if pieces else []
        self.prefix = [*self._marks, *written]
        self.beam = _BEAM[request.complete]
        # The bound counts the prefix. Twice the source leaves room for any pair, and ends a loop.
        self.longest = _rounded(len(self._marks) + max(len(written), 2 * len(pieces)) + _ROOM)
        self.answer: list[str] = self.prefix
        self.scored = request.scored and bool(pieces)
        self.score: float | None = None
        self._text = request.target_prefix

    def text(self, pieces: Any) -> str:
        """Write the answer: the prefix as it was given, then what decoding adds to it."""
        skip = len(self._marks)
        prefix, answer = self.answer[skip : len(self.prefix)], self.answer[skip:]
        # The prefix is not taken from the tokens: normalization may write it differently.
        known, whole = self._decoded(pieces, prefix), self._decoded(pieces, answer)
        if not whole.startswith(known):
            raise EngineError(f"an answer beginning with {known!r} was expected, {whole!r} came")
        # Byte pieces that make no character are left out.
        return self._text + whole[len(known) :].replace("\ufffd", "")

    def _decoded(self, pieces: Any, tokens: list[str]) -> str:
        """Decode pieces; tokens that are no text (marks, unknown characters) are left out."""
        unknown = pieces.unk_id()
        known = [token for token in tokens if pieces.piece_to_id(token) != unknown]
        return str(pieces.decode([token for token in known if token not in self._marks]))


def _marked(folder: ModelFolder, pieces: list[str], source: str, target: str) -> tuple[list[str], list[str]]:
    """Add the family's language tokens: source tokens, and the tokens before the target."""
    end = [_END] if folder.ends_source else []
    match folder.info.family:
        case "m2m100" | "nllb":
            mark = [folder.languages[source]]
            tokens = [*pieces, *end, *mark] if folder.language_last else [*mark, *pieces, *end]
            return tokens, [folder.languages[target]]
        case "opus-mt":
            mark = [folder.languages[target]] if target in folder.languages else []
            return [*mark, *pieces, *end], []
        case _:
            return [*pieces, *end], [folder.languages[target]] if target in folder.languages else []


def _rounded(length: int) -> int:
    return -(-length // _ROOM) * _ROOM


def _pieces(path: Path) -> Any:
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def unpacked(package: Path) -> Path:
    """Unpack an `.argosmodel` file into the user's cache, once, and name the folder.

    Raises:
        ModelError: it is not an Argos package.
    """
    describe(package)
    stat = package.stat()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dragoman" / "argos"
    place = cache / f"{package.stem}-{stat.st_size}-{stat.st_mtime_ns}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Renamed when complete, so that a broken-off unpacking is never taken for a package.
        with tempfile.TemporaryDirectory(dir=cache) as partial:
            _extract(package, Path(partial, "package"))
            try:
                Path(partial, "package").rename(place)
            except OSError:
                if not place.exists():
                    raise
    return next(place.rglob("metadata.json")).parent


def _extract(package: Path, folder: Path) -> None:
    try:
        with ZipFile(package) as archive:
            archive.extractall(folder)
    except (OSError, BadZipFile) as error:
        raise ModelError(f"{package}: cannot be unpacked: {error}") from error

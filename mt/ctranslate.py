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

from mt.drafts import resume
from mt.folders import BEAM, ModelInfo, Pairs, describe, read
from mt.job import Job
from streaming.errors import EngineError, ModelError
from streaming.stages import Translation, TranslationRequest

_BATCH = 32
_LOOP = 3
"""Tokens that may not come twice in the second attempt at an answer that looped."""
_LARGE, _WORTH = 40 << 20, {False: 40, True: 12}
"""Bytes of weights of a large model, and the target tokens from which on it pays to score what is expected
and to go on from there in one pass (`python -m benchmarks.drafts`). With 6 layers of 512 (60 MB) that is 1.4
times as fast at 8 tokens and 2.7 times at 24 if the draft holds, and a tenth slower if it fails. A model as
the embedded one (13 MB, two decoder layers) gains 1.4-fold at 24 tokens, but loses a quarter if it fails."""
_DRAFTS = {False: BEAM, True: 1}
"""Beam of open sentences, by whether the model is large: a small one is decoded faster than it is scored, and
its likeliest next tokens are far from its best sentence; a large one goes on from its draft, greedily."""
_FEW = 3
"""Requests that are resumed one by one; more of them are cheaper decoded side by side, as 16 sequences
cost not three times the steps of one."""


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
        # Many are saved in float16, which processors do in float32; `auto` is int8 wherever they can.
        if compute_type == "default" and (device == "cpu" or not ctranslate2.get_cuda_device_count()):
            compute_type = "auto"
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
            weights = (self._folder.weights / "model.bin").stat().st_size
            self._worth, self._drafts = _WORTH[weights >= _LARGE], _DRAFTS[weights >= _LARGE]
            self._vocabulary = int(self._target.get_piece_size())
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

    def pieces(self, text: str) -> int:
        """Count the pieces of a source text."""
        return len(self._source.encode(text))

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Translate each request; the answer begins with its target prefix.

        Raises:
            LanguageError: a pair that this model does not serve.
            EngineError: CTranslate2 failed.
        """
        jobs = [Job(self._folder, self._source, self._target, request, self._drafts) for request in requests]
        try:
            asked = [job for job in jobs if job.source]
            resumed = self._resume(_worth_resuming(asked, self._worth))
            self._decode([job for job in asked if job not in resumed], repeat=0)
            # An answer that ran into its bound is a loop. Forbidding repetition to all would harm those
            # sentences that repeat with reason.
            self._decode([job for job in asked if len(job.answers[0]) >= job.longest], repeat=_LOOP)
            self._score([job for job in asked if job.scored])
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"{self.info.name}: translation failed: {error}") from error
        return [job.translation() for job in jobs]

    def _resume(self, jobs: Sequence[Job]) -> set[Job]:
        """Answer those jobs of which most is known already, in two passes; the others are left."""
        scored = [self._model.score_batch([job.source], [job.draft], asynchronous=True)[0] for job in jobs]
        started = {}
        answered = set()
        for job, score in zip(jobs, scored, strict=True):
            found = resume(score.result().log_probs, len(job.prefix), self._vocabulary, job.bias)
            if found is None:
                continue
            answered.add(job)
            if found.ended and not (job.attention and found.kept > len(job.prefix)):
                job.answers = [job.draft]
            else:
                started[job] = self._continue(job, job.draft[: found.kept - found.ended])
        for job, result in started.items():
            _take(job, result.result())
        return answered

    def _continue(self, job: Job, prefix: list[str]) -> Any:
        """Go on from a prefix that is read in one pass. `min_alternative_expansion_prob` must never be
        given: where it leaves no alternative, CTranslate2 divides by zero and the process ends."""
        return self._model.translate_batch(
            [job.source],
            target_prefix=[prefix],
            beam_size=1,
            max_decoding_length=job.longest,
            return_alternatives=True,
            num_hypotheses=1,
            return_attention=job.attention,
            disable_unk=True,
            asynchronous=True,
        )[0]

    def _decode(self, jobs: Sequence[Job], repeat: int) -> None:
        """Answer the jobs; no sequence of `repeat` tokens may come twice, 0: any may."""
        groups: dict[tuple[int, int, int, bool], list[Job]] = defaultdict(list)
        for job in jobs:
            groups[job.beam, job.longest, job.candidates, job.attention].append(job)
        started = [(group, self._start(group, repeat)) for group in groups.values()]
        for group, results in started:
            for job, result in zip(group, results, strict=True):
                _take(job, result.result())

    def _score(self, jobs: Sequence[Job]) -> None:
        """Score whole answers: decoding itself gives no probability to a prefix that it was told."""
        if not jobs:
            return
        found = self._model.score_batch(
            [job.source for job in jobs], [job.answers[0] for job in jobs], max_batch_size=_BATCH
        )
        for job, scores in zip(jobs, found, strict=True):
            job.score = sum(scores.log_probs) / max(1, len(scores.log_probs))

    def _start(self, jobs: list[Job], repeat: int) -> list[Any]:
        alike = jobs[0]
        results: list[Any] = self._model.translate_batch(
            [job.source for job in jobs],
            target_prefix=[job.prefix for job in jobs],
            beam_size=alike.beam,
            num_hypotheses=alike.candidates,
            max_decoding_length=alike.longest,
            no_repeat_ngram_size=repeat,
            return_attention=alike.attention,
            max_batch_size=_BATCH,
            disable_unk=True,
            asynchronous=True,
        )
        return results


def _worth_resuming(jobs: Sequence[Job], worth: int) -> list[Job]:
    """Choose the jobs whose draft is to be verified; a bias has no other way to be heard."""
    can = [job for job in jobs if job.beam == 1 and len(job.draft) < job.longest]
    few = len(jobs) <= _FEW
    return [job for job in can if job.bias or (few and len(job.draft) >= worth)]


def _take(job: Job, result: Any) -> None:
    job.answers = result.hypotheses
    job.rows = result.attention[0] if job.attention and result.attention else ()


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

"""Recordings of any container and codec as a stream of AudioChunk.

FFmpeg's libraries (through PyAV) read and decode, soxr resamples. The times are those of the container, as
players show them: where sound begins late, or a part of it is missing, there is silence. Of several tracks
the one is heard that players play.

Nothing is held but the chunk in the making, so a recording of three hours needs no more memory than one of
three seconds.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from io import SEEK_SET, FileIO
from os.path import exists, isdir
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streaming.audio import SAMPLE_RATE, AudioChunk, Samples, rounded
from streaming.errors import AudioError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer


_NOTHING: Samples = np.zeros(0, np.float32)
_GAP, _LONGEST_GAP = 0.1, 3600.0
"""Seconds of sound that a container lacks: less is rounding, and more are time stamps that are broken."""


class Resampler:
    """A stream of samples brought to 16 kHz; any division into pieces gives the same samples.

    Resampling piece by piece without this state would click at every edge. It computes in double precision,
    for where it begins must not show: a session that is taken up again hears the same samples, rounded.
    """

    def __init__(self, rate: int) -> None:
        """Prepare for samples of this rate, in Hz."""
        import soxr

        self._stream = None
        if rate != SAMPLE_RATE:
            self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, "float32", quality="VHQ")

    def feed(self, samples: Samples, last: bool = False) -> Samples:
        """Resample the next mono samples; ``last`` gives out what was held back for the filter."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), np.float32)


def decode(path: str | Path, step: float = 0.1) -> Generator[AudioChunk]:
    """Read a recording as consecutive chunks of ``step`` seconds: mono, 16 kHz, the last one shorter.

    Samples are multiples of 1/32768, so that a recording sounds exactly the same to the stages whether
    it is decoded here or was sent over the wire as 16-bit PCM.

    Raises:
        AudioError: no such file, no audio in it, or audio that cannot be decoded.
    """
    size = max(1, round(step * SAMPLE_RATE))
    offset = 0
    for samples in _divide(_resampled(path), size):
        yield AudioChunk(rounded(samples), offset)
        offset += len(samples)
    if not offset:
        raise AudioError(f"{path}: no sound could be read from it")


def duration(path: str | Path) -> float | None:
    """Tell how long a recording is, in seconds; `None` where the container does not say.

    Raises:
        AudioError: no such file, or no audio in it.
    """
    import av

    with _opened(path) as (container, track):
        if track.duration is not None and track.time_base is not None:
            end = ((track.start_time or 0) + track.duration) * track.time_base
            return float(end - _begin(container))
        return container.duration / av.time_base if container.duration else None


class _File(FileIO):
    """A file that answers a place that is not there as C does: PyAV would print an exception and go on."""

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place; -1: there is none."""
        try:
            return super().seek(offset, whence)
        except OSError:
            return -1


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple["InputContainer", "AudioStream"]]:
    """Open a recording, which is one file: FFmpeg may open nothing that a playlist in it names; gives it with
    the track that is heard."""
    import av

    name = Path(path).absolute()
    options = {"protocol_whitelist": "none"}
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_File(name))
            container = stack.enter_context(
                av.open(file, mode="r", metadata_errors="ignore", options=options)
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise AudioError(_why(path, name, error)) from error
        if not container.streams.audio:
            raise AudioError(f"{path}: there is no audio in it")
        # That of a codec which is not known has no context; phones add such tracks beside the usual one.
        tracks = [track for track in container.streams.audio if track.codec_context]
        if not tracks:
            raise AudioError(f"{path}: its audio is of a kind that cannot be decoded")
        yield container, next(filter(_is_default, tracks), tracks[0])


def _is_default(track: "AudioStream") -> bool:
    from av.stream import Disposition

    return bool(track.disposition & Disposition.default)


def _begin(container: "InputContainer") -> Fraction:
    """Give the second of a container's clock at which players begin."""
    import av

    return Fraction(container.start_time or 0, av.time_base)


def _why(path: str | Path, name: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: no permission to read it"
    if isdir(name):
        return f"{path}: a recording was expected, this is a directory"
    if not exists(name):  # pathlib's raises an error where a name is too long to be that of a file
        return f"{path}: no such file"
    if name.is_file() and not name.stat().st_size:
        return f"{path}: the file is empty"
    return f"{path}: this is not audio, or it is broken"


def _resampled(path: str | Path) -> Iterator[Samples]:
    resampler, rate = None, 0
    for samples, new_rate in _mono(path):
        if resampler is None or new_rate != rate:
            if resampler:
                yield resampler.feed(_NOTHING, last=True)
            resampler, rate = Resampler(new_rate), new_rate
        yield resampler.feed(samples)
    if resampler:
        yield resampler.feed(_NOTHING, last=True)


def _mono(path: str | Path) -> Iterator[tuple[Samples, int]]:
    """Give each frame as the mean of its channels, with its rate.

    The mean cannot clip, as FFmpeg's own down-mix of float samples can.
    """
    import av
    from av import AudioResampler

    converter, form = None, None
    given = 0.0
    for frame, start in _frames(path):
        if _GAP < start - given <= _LONGEST_GAP:
            yield from _silence(start - given, frame.rate)
            given = start
        given += frame.samples / frame.rate
        if converter is None or form != (frame.format.name, frame.layout.name, frame.rate):
            form = (frame.format.name, frame.layout.name, frame.rate)
            converter = AudioResampler(format="flt")  # of planes PyAV reads no more than eight
        try:
            packed = converter.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            count = frame.layout.nb_channels
            raise AudioError(f"{path}: sound of {count} channels cannot be read ({error})") from error
        for converted in packed:
            channels = converted.to_ndarray().reshape(-1, converted.layout.nb_channels)
            mono = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1, dtype=np.float32)
            yield np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0), frame.rate


def _silence(seconds: float, rate: int) -> Iterator[tuple[Samples, int]]:
    """Give silence, a second at a time."""
    left = round(seconds * rate)
    while left > 0:
        yield np.zeros(min(rate, left), np.float32), rate
        left -= rate


def _frames(path: str | Path) -> Iterator[tuple["AudioFrame", float]]:
    """Decode frame by frame, with the second at which a player plays it, 0 where the container does not say;
    a damaged packet is left out, as players do."""
    import av

    with _opened(path) as (container, track):
        packets = container.demux(track)
        begin = float(_begin(container))
        try:
            for packet in packets:
                with suppress(av.error.InvalidDataError):
                    for frame in packet.decode():
                        yield frame, (frame.time or 0.0) - begin
        except (av.FFmpegError, OSError, ValueError) as error:
            raise AudioError(f"{path}: the recording breaks off, it is broken ({error})") from error


def _divide(pieces: Iterable[Samples], size: int) -> Iterator[Samples]:
    """Divide a stream of samples anew into pieces of one size, the last one shorter."""
    held: list[Samples] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count < size:
            continue
        joined = np.concatenate(held)
        whole = count - count % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)

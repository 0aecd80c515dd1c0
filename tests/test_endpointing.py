"""Endpointing: the table, and that chunks do not matter."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.endpointing import FRAME, GROUP, LONGEST, PRE_ROLL, EndpointingStage
from asr.silero import SileroDetector
from streaming import simulate
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance, Samples
from streaming.stages import Detection, DetectionRequest, Node

Span = tuple[int, int]


class Levels:
    """A detector that takes the first sample of a frame for its probability, and counts its frames."""

    def __init__(self) -> None:
        self.requests: list[int] = []
        self.states: list[object] = []

    def detect(self, requests: Sequence[DetectionRequest]) -> list[Detection]:
        self.requests += [len(request.samples) for request in requests]
        self.states += [request.state for request in requests]
        return [
            Detection(tuple(r.samples[::FRAME].tolist()), (r.state or 0) + 1)  # type: ignore[operator]
            for r in requests
        ]


def frames(*runs: tuple[float, float]) -> Samples:
    """Audio of (probability, seconds) runs, in whole frames."""
    counts = [(level, round(seconds * SAMPLE_RATE / FRAME)) for level, seconds in runs]
    return np.concatenate([np.full(count * FRAME, level, np.float32) for level, count in counts])


def chunks(samples: Samples, sizes: Iterable[int]) -> list[AudioChunk]:
    found, position = [], 0
    for size in sizes:
        found.append(AudioChunk(samples[position : position + size], position))
        position += size
    found.append(AudioChunk(samples[position:], position))
    return [chunk for chunk in found if len(chunk.samples)]


def heard(samples: Samples, sizes: Iterable[int] = (), detector: Any = None) -> list[Any]:
    seen: list[Any] = []
    node = Node("endpointing", EndpointingStage(), "detector")
    engines = {"detector": (detector or Levels()).detect}
    simulate.run(node, engines, chunks(samples, sizes), lambda name, item, time: seen.append(item))
    return seen


def utterances(items: Iterable[Any]) -> list[Span]:
    """Fold what was written into the spans of utterances, checking that nothing is lost inside them, and that
    no more of one than what leads into it was written before."""
    found: list[Span] = []
    span: Span | None = None
    for item in items:
        if isinstance(item, AudioChunk):
            assert span is None or span[1] == item.offset
            assert span or not found or item.offset >= found[-1][1] - PRE_ROLL
            span = (span[0] if span else item.offset, item.offset + len(item.samples))
            continue
        assert isinstance(item, EndOfUtterance)
        assert span is not None
        assert item.time == span[1] / SAMPLE_RATE
        found.append(span)
        span = None
    assert span is None
    return found


def seconds(spans: Iterable[Span]) -> list[tuple[float, float]]:
    return [(round(a / SAMPLE_RATE, 2), round(b / SAMPLE_RATE, 2)) for a, b in spans]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(0.0, 5.0)], []),
        ([(0.49, 5.0)], []),
        # A note of four frames is no speech; five frames are.
        ([(0.0, 1.0), (0.9, 0.128), (0.0, 1.0)], []),
        ([(0.0, 0.992), (0.9, 0.16), (0.0, 1.024)], [(0.69, 1.76)]),
        # Speech begins 0.3 s early and ends 0.6 s late (in frames: 0.608).
        ([(0.0, 0.992), (0.9, 2.016), (0.0, 2.016)], [(0.69, 3.62)]),
        # What is neither speech nor silence neither begins an utterance nor ends it.
        ([(0.0, 0.992), (0.9, 0.512), (0.4, 2.016), (0.0, 2.016)], [(0.69, 4.13)]),
        # A pause of half a second does not end an utterance, until it has lasted 15 s.
        ([(0.9, 3.008), (0.0, 0.512), (0.9, 1.024), (0.0, 1.024)], [(0.0, 5.15)]),
        ([(0.9, 16.0), (0.0, 0.512), (0.9, 1.024), (0.0, 1.024)], [(0.0, 16.32), (16.21, 18.14)]),
        # After 25 s a tenth of a second will do; what leads into the next utterance is no longer than that.
        ([(0.9, 26.016), (0.0, 0.128), (0.9, 1.024), (0.0, 1.024)], [(0.0, 26.14), (26.02, 27.78)]),
        # Speech that is heard late begins 0.3 s early, however short the silence before it was.
        ([(0.9, 3.008), (0.0, 0.64), (0.9, 1.024), (0.0, 1.024)], [(0.0, 3.62), (3.35, 5.28)]),
        # What is neither speech nor silence goes on over a forced end.
        ([(0.9, 29.088), (0.4, 4.0), (0.9, 3.008), (0.0, 1.024)], [(0.0, 29.98), (29.98, 36.7)]),
        # A pause that a forced end falls into ends what follows as soon as it would have without one.
        ([(0.9, 29.92), (0.0, 2.048)], [(0.0, 29.98), (29.98, 30.05)]),
        # Where the audio ends with a forced end, nothing follows.
        ([(0.9, 29.984)], [(0.0, 29.98)]),
        ([(0.9, 29.952), (0.0, 0.032)], [(0.0, 29.98)]),
        # Whatever is left at the end is speech to the end.
        ([(0.0, 0.992), (0.9, 0.512)], [(0.69, 1.5)]),
    ],
)
def test_the_table(runs: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    assert seconds(utterances(heard(frames(*runs)))) == expected


def test_endless_speech_is_cut_and_nothing_is_lost() -> None:
    spans = utterances(heard(frames((0.9, 70.016))))
    assert [b for _, b in spans[:-1]] == [a for a, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, len(frames((0.9, 70.016))))
    assert all((b - a) / SAMPLE_RATE <= LONGEST for a, b in spans)


@given(
    st.floats(28.0, 30.0),
    st.lists(
        st.tuples(st.sampled_from([0.36, 0.4, 0.9]), st.integers(1, 20), st.integers(0, 3)),
        min_size=1,
        max_size=60,
    ),
)
@settings(max_examples=60)
def test_nothing_that_is_kept_without_a_forced_end_is_lost_over_it(
    before: float, runs: list[tuple[float, int, int]]
) -> None:
    """No pause is as long as the least patience, so that nothing but the longest utterance ends one."""
    frame = FRAME / SAMPLE_RATE
    follows = [pair for level, voiced, silent in runs for pair in ((level, voiced), (0.0, silent))]
    samples = frames((0.9, before), *((level, count * frame) for level, count in follows))
    spans = utterances(heard(samples))
    assert [b for _, b in spans[:-1]] == [a for a, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, len(samples))
    assert all((b - a) / SAMPLE_RATE <= LONGEST for a, b in spans)


def test_speech_is_passed_on_as_soon_as_it_is_judged() -> None:
    stage = EndpointingStage()
    detector = Levels()
    late: list[float] = []
    received = 0.0

    def emit(name: str, item: Any, time: float) -> None:
        if isinstance(item, AudioChunk) and item.duration < 0.2:
            late.append(received - item.end)

    samples = frames((0.9, 3.008))
    node = Node("endpointing", stage, "detector")

    def source() -> Iterable[AudioChunk]:
        nonlocal received
        for chunk in chunks(samples, [160] * (len(samples) // 160)):
            received = chunk.end
            yield chunk

    simulate.run(node, {"detector": detector.detect}, source(), emit)
    assert late
    assert max(late) <= 0.01


def test_requests_lie_on_a_grid_of_the_session() -> None:
    detector = Levels()
    heard(frames((0.9, 1.0)), [777, 3, 5000], detector)
    assert set(detector.requests) == {GROUP}
    assert detector.states == [None, *range(1, len(detector.states))]


def test_audio_after_the_last_whole_frame_is_neither_lost_nor_made_up() -> None:
    samples = np.full(GROUP * 4 + 700, 0.9, np.float32)
    assert utterances(heard(samples)) == [(0, len(samples))]


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.4, 0.9]), st.floats(0.0, 3.0)), min_size=1, max_size=8),
    st.lists(st.integers(1, 20_000), max_size=30),
    st.integers(0, 600),
)
@settings(max_examples=40)
def test_any_split_of_the_audio_gives_the_same(
    runs: list[tuple[float, float]], sizes: list[int], rest: int
) -> None:
    samples = np.concatenate([frames(*runs), np.full(rest, 0.9, np.float32)])
    whole = heard(samples)
    for cut in (sizes, [320] * (len(samples) // 320)):
        again = heard(samples, cut)
        assert utterances(again) == utterances(whole)
        assert [len(i.samples) for i in again if isinstance(i, AudioChunk)] == [
            len(i.samples) for i in whole if isinstance(i, AudioChunk)
        ]


def test_single_samples_give_the_same() -> None:
    samples = frames((0.0, 0.5), (0.9, 0.5), (0.0, 1.0))
    assert utterances(heard(samples, [1] * len(samples))) == utterances(heard(samples))


@pytest.fixture(scope="module")
def silero() -> SileroDetector:
    return SileroDetector()


TIME = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(10 * SAMPLE_RATE),
        0.1 * np.random.default_rng(0).standard_normal(10 * SAMPLE_RATE),
        0.3 * np.sin(2 * np.pi * 440 * TIME),
    ],
    ids=["zeros", "noise", "tone"],
)
def test_what_is_not_speech_gives_nothing(silero: SileroDetector, samples: Any) -> None:
    assert heard(samples.astype(np.float32), [], silero) == []


@pytest.mark.data
def test_recorded_speech_is_cut_into_utterances(silero: SileroDetector, data: Path) -> None:
    samples, rate = soundfile.read(data / "speech" / "vad-60s.wav", dtype="float32")
    assert rate == SAMPLE_RATE
    spans = utterances(heard(samples, [], silero))
    assert spans == utterances(heard(samples, [320] * (len(samples) // 320), silero))
    assert 4 <= len(spans) <= 12
    assert 0.6 * 60 <= sum(b - a for a, b in spans) / SAMPLE_RATE <= 60
    assert spans[0][0] >= 0
    assert all(b - a > PRE_ROLL for a, b in spans)

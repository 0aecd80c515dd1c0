"""What the benchmark of recognition counts, on tables whose answers are known."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.presets import FAMILIES
from benchmarks import families, recognition, scoring, trial, windows
from benchmarks.hour import Committed, Minute, trends, verdict
from benchmarks.recognition import row
from benchmarks.talks import Talk
from benchmarks.trial import Figures, Log
from streaming.audio import SAMPLE_RATE
from streaming.captions import Update
from streaming.words import Word


def words(*items: tuple[str, float]) -> tuple[Word, ...]:
    """Words of half a second that end when it is said."""
    return tuple(Word(text, end - 0.5, end) for text, end in items)


@pytest.mark.parametrize(
    ("said", "written", "language", "rate"),
    [
        ("Ask not, what.", "ask not what", "en", 0.0),
        ("a b c d", "a x c", "en", 0.5),
        ("a b", "a b c d", "en", 1.0),
        ("今天，天气好。", "今天天汽好", "zh", 0.2),
        ("It's ten", "its ten", "en", 0.0),
        ("今天天气好", "今天天氣好", "zh", 0.0),
    ],
)
def test_error_rates(said: str, written: str, language: str, rate: float) -> None:
    found = scoring.errors(scoring.normalized(said, language), scoring.normalized(written, language))
    assert found.rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], []),
        ([(1.0, ["a"])], [("a", 1.0)]),
        ([(1.0, ["a", "x"]), (2.0, ["a", "b"])], [("a", 1.0), ("b", 2.0)]),
        # What was shown, taken back and shown again was seen the first time.
        ([(1.0, ["a", "b"]), (2.0, ["a"]), (3.0, ["a", "b"])], [("a", 1.0), ("b", 1.0)]),
        # A word that moved to another place was not seen there.
        ([(1.0, ["b"]), (2.0, ["a", "b"])], [("a", 2.0), ("b", 2.0)]),
        ([(1.0, ["a", "b"]), (2.0, [])], []),
    ],
)
def test_first_seen(states: list[tuple[float, list[str]]], expected: list[tuple[str, float]]) -> None:
    assert scoring.first_seen(states) == expected


def test_lags_are_of_words_that_are_right() -> None:
    truth = words(("One", 1.0), ("two,", 2.0), ("three", 3.0))
    assert scoring.lags(truth, [("one", 1.5), ("too", 2.5), ("three", 4.0)], "en") == [0.5, 1.0]
    unknown = (truth[0], Word("two", 1.0, 1.0), truth[2])
    assert scoring.lags(unknown, [("one", 1.5), ("two", 2.5), ("three", 4.0)], "en") == [0.5, 1.0]
    assert scoring.lags((), [("one", 1.5)], "en") == []
    assert scoring.lags(truth, [], "en") == []


@pytest.mark.parametrize(
    ("values", "rise"), [([1.0, 2.0, 3.0], 2.0), ([5.0] * 9, 0.0), ([3.0, 2.0, 1.0, 0.0], -3.0)]
)
def test_a_line_has_its_slope_and_no_error(values: list[float], rise: float) -> None:
    found, error = scoring.slope(values)
    assert found == pytest.approx(rise)
    assert error == pytest.approx(0.0, abs=1e-9)


@given(st.lists(st.floats(0, 9), min_size=4, max_size=4), st.floats(-1, 1), st.integers(5, 20))
def test_what_differs_by_place_has_no_part_in_the_slope(levels: list[float], step: float, count: int) -> None:
    found, error = scoring.slope([levels[i % 4] + step * i for i in range(count + 4)], 4)
    assert found == pytest.approx(step * (count + 3), abs=1e-9)
    assert error == pytest.approx(0.0, abs=1e-9)


def test_places_that_were_seen_once_have_no_slope() -> None:
    assert math.isnan(scoring.slope([1.0, 2.0, 3.0, 4.0], 4)[0])


def test_noise_has_no_slope_worth_the_name() -> None:
    found, error = scoring.slope([1.0, 0.9, 1.1, 1.0, 0.9, 1.1, 1.0])
    assert abs(found) < error
    assert math.isnan(scoring.slope([1.0, 2.0])[0])


def spoken() -> tuple[Talk, Log]:
    """A talk of three words in two utterances, and how it was shown."""
    truth = words((" one", 1.0), (" two", 2.0), (" three", 5.0))
    talk = Talk("talk", "en", np.zeros(6 * SAMPLE_RATE, np.float32), "one two three", words=truth)
    one, two, three = truth
    log = Log(processor=0.6)
    log.entries = [
        (1.2, Update(0, "en", (), (Word(" won", 0.5, 1.0),))),
        (1.8, Update(0, "en", (), (one,))),
        (2.4, Update(0, "en", (one,), (two,))),
        (3.0, Update(0, "en", (two,), (), final=True)),
        (5.5, Update(1, "en", (three,), (), final=True)),
    ]
    return talk, log


def test_figures_follow_from_a_log() -> None:
    found = trial.figures(*spoken())
    assert found.errors == scoring.Errors(0, 3)
    assert found.lags == pytest.approx((1.4, 1.0, 0.5))
    assert found.seen == pytest.approx((0.8, 0.4, 0.5))
    assert (found.erased, found.length) == (1, 3)
    assert found.erasure == pytest.approx(1 / 3)
    assert found.cost == pytest.approx(0.1)


def test_figures_add_up() -> None:
    talk, log = spoken()
    twice = trial.figures(talk, log) + trial.figures(talk, log)
    assert twice.errors == scoring.Errors(0, 6)
    assert len(twice.lags) == 6
    assert twice.cost == pytest.approx(0.1)


def test_a_row_says_the_gap_in_points() -> None:
    offline = Figures(scoring.Errors(10, 100), (), (), 0, 0, 10.0, 1.0)
    found = Figures(scoring.Errors(12, 100), (0.5, 1.5), (0.2,), 1, 10, 10.0, 2.0)
    cells = [cell.strip() for cell in row("talk en", "way", 0.8, found, offline, 90.0).split("|")]
    expected = "talk en, way, 0.8 s, 12.00 %, +2.00, 1.00, 1.50, 1.50, 1.50, 0.20, 0.100, 0, 0.2000, 90"
    assert cells[1:-1] == expected.split(", ")


@pytest.mark.parametrize("step", [1, 7, 140])
def test_loops_in_committed_text_are_counted(step: int) -> None:
    plain = words(*((f" w{i}", i + 1.0) for i in range(60)))
    loop = words(*((" again", 61.0 + i) for i in range(20)))
    for said, loops in (((*plain,), 0), ((*plain, *loop, *plain), 1)):
        committed = Committed()
        for first in range(0, len(said), step):
            committed.add(said[first : first + step])
        committed.end()
        assert (committed.words, committed.loops) == (len(said), loops)


def test_windows_without_recordings_say_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Such are a set that is not here, and a talk of which no sentence is known."""
    talk, _ = spoken()
    windows.report(Path("nowhere"), {"lj001": [], "mine": [talk]})
    printed = capsys.readouterr().out
    assert "lj001: not here" in printed
    assert "mine: 1 recording, 0.1 min" in printed
    assert "no utterance of at most 8 s" in printed
    assert "|" not in printed


def minutes(count: int, memory: Callable[[int], float], cost: Callable[[int], float]) -> list[Minute]:
    """Minutes with a lag that wavers by chance, after five in which everything grows."""
    warm = [Minute(6.0 + i, [0.2 * i], 100.0 * i) for i in range(5)]
    return warm + [Minute(60 * cost(i), [1.0 + 0.1 * (i % 3)], memory(i)) for i in range(count)]


@pytest.mark.parametrize(
    ("memory", "cost", "expected"),
    [
        (lambda i: 500.0, lambda i: 0.1 + 0.01 * (i % 3), "nothing grows"),
        # Certain, but an allocator's step; and large, but no more than what minutes differ by.
        (lambda i: 500.0 + 0.1 * i, lambda i: 0.1, "nothing grows"),
        (lambda i: 500.0, lambda i: 0.1 + (i == 54), "nothing grows"),
        (lambda i: 500.0 - i, lambda i: 0.1 - 0.001 * i, "nothing grows"),
        (lambda i: 500.0 + i, lambda i: 0.1, "GROWS: memory, MB"),
        (lambda i: 500.0 + i, lambda i: 0.1 + 0.001 * i, "GROWS: core-s/s; memory, MB"),
    ],
)
def test_what_grows_is_told_from_noise(
    memory: Callable[[int], float], cost: Callable[[int], float], expected: str
) -> None:
    assert verdict(trends(minutes(55, memory, cost), 60)) == expected


def test_what_grows_is_told_from_what_is_read() -> None:
    """The second half of the recordings costs half as much again."""
    steady = minutes(55, lambda i: 500.0, lambda i: 0.1 + 0.05 * ((i + 5) % 22 > 11))
    rising = minutes(55, lambda i: 500.0, lambda i: 0.1 + 0.05 * ((i + 5) % 22 > 11) + 0.0001 * i)
    assert verdict(trends(steady, 22)) == "nothing grows"
    assert verdict(trends(rising, 22)) == "GROWS: core-s/s"
    assert verdict(trends(rising, 60)) == "nothing grows"


def test_a_few_minutes_have_no_verdict() -> None:
    found = trends(minutes(9, lambda i: 500.0 + 10 * i, lambda i: 0.1), 26)
    assert verdict(found).startswith("not known, too few minutes")
    assert all("too few minutes" in trend.row() for trend in found)


def test_each_family_says_what_it_does_and_whether_that_was_measured() -> None:
    lines = dict(line.split(" -> ") for line in families.table())
    assert list(lines) == list(FAMILIES)
    steps = "step fast 0.4 s, balanced 0.6 s, steady 1.5 s"
    assert lines["whisper"].startswith(f"hybrid, beam, {steps}: measured with tiny.en and base")
    assert lines["whisper-large-v3"].startswith(f"agreement, greedy, a beam at the end, {steps}: assumed")
    ours = "hybrid, beam, step fast 0.33 s, balanced 0.5 s, steady 1.2 s: measured"
    assert lines["asr-en-zh"] == ours


def test_the_table_begins_with_the_families(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Here(ThreadPoolExecutor):
        def __init__(self, *asked: object, **options: object) -> None:
            super().__init__(1)

    monkeypatch.setattr(recognition, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(recognition, "prepare", lambda *asked: ({}, {}, {}))
    recognition.table(Path("nowhere"), [], "whisper", ["no way"], math.inf)
    printed = capsys.readouterr().out
    assert 0 < printed.index(families.described("whisper")) < printed.index(recognition.HEAD[0])

"""Latency metrics: by hand on small cases, and against the golden scores of a public scorer."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import corpus_bleu

from benchmarks import latency
from benchmarks.latency import Emissions, Emitted, mean

GOLDEN = DATA / "omnisteval-examples" / "examples"
SHORT = GOLDEN / "short_form_degenerate_policy_example"
LONG = GOLDEN / "speech_resegmentation_example"
STREAM = GOLDEN / "simulstream_example"
METRICS = {
    "AL": latency.average_lagging,
    "LAAL": latency.length_adaptive_lagging,
    "AP": latency.average_proportion,
    "DAL": latency.differentiable_lagging,
}


@pytest.mark.parametrize(
    ("delays", "source", "reference", "al", "laal"),
    [
        # Wait-3 on six words, written one by one, then the rest.
        ((3, 4, 5, 6, 6, 6), 6, 6, 3.0, 3.0),
        # Everything at the end.
        ((6, 6, 6), 6, 3, 6.0, 6.0),
        # Twice as many units as the reference: only LAAL gives no credit for it.
        ((1, 2, 3, 4), 4, 2, -0.5, 1.0),
        # After the end.
        ((7, 8), 6, 2, 7.0, 7.0),
    ],
)
def test_lagging(delays: tuple[int, ...], source: int, reference: int, al: float, laal: float) -> None:
    emissions = Emissions(delays, source, reference)
    assert latency.average_lagging(emissions) == pytest.approx(al)
    assert latency.length_adaptive_lagging(emissions) == pytest.approx(laal)


def test_yaal_leaves_out_what_came_after_the_end() -> None:
    emissions = Emissions((3, 4, 5, 6, 6, 6), 6, 6)
    assert latency.yaal(emissions) == pytest.approx(3.0)
    assert latency.yaal(Emissions((6, 6), 6, 2)) is None
    assert latency.long_yaal(Emissions((6, 9), 6, 2, recording_end=8)) == pytest.approx(6.0)


def test_nothing_written_has_no_lag() -> None:
    nothing = Emissions((), 6, 6)
    assert all(metric(nothing) is None for metric in METRICS.values())
    assert latency.yaal(nothing) is None
    assert math.isnan(mean(latency.average_lagging, [nothing]))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 9), st.integers(1, 12))
def test_waiting_longer_never_lags_less(steps: list[int], source: int, reference: int) -> None:
    delays = tuple(float(min(source, sum(steps[: i + 1]))) for i in range(len(steps)))
    later = tuple(min(float(source), delay + 1) for delay in delays)
    dal = latency.differentiable_lagging
    a, b = dal(Emissions(delays, source, reference)), dal(Emissions(later, source, reference))
    assert a is not None and b is not None and a <= b + 1e-9


def texts(segments: list[list[Emitted]]) -> list[str]:
    return [" ".join(unit.text for unit in segment) for segment in segments]


def emitted(text: str) -> list[Emitted]:
    return [Emitted(word, i) for i, word in enumerate(text.split())]


def test_a_translation_is_divided_among_its_sentences() -> None:
    references = ["Good morning, dear friends.", "We begin now.", "Thank you!"]
    found = latency.resegment(
        references, emitted("Good day, my dear friend. We start now, well. Thanks!"), "en"
    )
    assert texts(found) == ["Good day, my dear friend.", "We start now, well.", "Thanks!"]
    characters = [Emitted(sign, i) for i, sign in enumerate("大家早安。我们开始。")]
    assert texts(latency.resegment(["早上好。", "我们现在开始。"], characters, "zh")) == [
        "大 家 早 安 。",
        "我 们 开 始 。",
    ]


def test_nothing_is_lost_or_turned_around() -> None:
    words = emitted("a b c d. x y z! more words, than there are")
    for references in (["q"], ["a b", "z x y"], ["more", "", "there"]):
        found = latency.resegment(references, words, "en")
        assert [unit for segment in found for unit in segment] == words
    assert latency.resegment(["a b"], [], "en") == [[]]
    assert latency.resegment(["", ""], words, "en") == [[], []]


def golden(folder: Path, results: str) -> dict[str, float]:
    """Read the expected scores; tests that need them are skipped where there are none."""
    if not folder.exists():
        pytest.skip("no golden scores: set DRAGOMAN_DATA to a folder that holds omnisteval-examples")
    rows = [line.split("\t") for line in (folder / results / "scores.tsv").read_text().splitlines()[1:]]
    return {name: float(value) for name, value in rows if value not in ("YES", "NO")}


def lines(path: Path) -> Iterator[Any]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.data
@pytest.mark.parametrize(("suffix", "key"), [("CU", "delays"), ("CA", "elapsed")])
def test_short_form_reproduces_the_golden_scores(suffix: str, key: str) -> None:
    expected = golden(SHORT, "evaluation_output")
    references = (SHORT / "references.txt").read_text(encoding="utf-8").splitlines()
    sentences = [
        Emissions(tuple(row[key]), row["source_length"], len(reference.strip().split(" ")))
        for row, reference in zip(lines(SHORT / "instances.log"), references, strict=True)
    ]
    for name, metric in {**METRICS, "YAAL": latency.yaal}.items():
        assert mean(metric, sentences) == pytest.approx(expected[f"{name} ({suffix})"], abs=1e-4)
    if suffix == "CU":
        assert latency.degeneracy(sentences) == pytest.approx(expected["Degeneracy Test Value"], abs=1e-4)


@pytest.mark.data
@pytest.mark.parametrize(("suffix", "key"), [("CU", "emission_cu"), ("CA", "emission_ca")])
def test_long_form_reproduces_the_golden_scores(suffix: str, key: str) -> None:
    expected = golden(STREAM, "segmentation_output")
    sentences = [
        Emissions(
            tuple(row.get(key) or ()),
            row["source_length"],
            len(row["reference"].split(" ")),
            row.get("time_to_recording_end") or math.inf,
        )
        for row in lines(STREAM / "segmentation_output" / "instances.resegmented.jsonl")
    ]
    for name, metric in {**METRICS, "YAAL": latency.long_yaal}.items():
        assert mean(metric, sentences) == pytest.approx(expected[f"Long{name} ({suffix})"], abs=1e-4)


@pytest.mark.data
def test_resegmentation_reproduces_the_golden_segments_and_scores() -> None:
    expected = golden(LONG, "segmentation_output")
    sentences = yaml.safe_load((LONG / "ref_segments.yaml").read_text())
    references = (LONG / "references.txt").read_text(encoding="utf-8").splitlines()
    logs = {Path(row["source"][0]).name: row for row in lines(LONG / "instances.log")}
    found: dict[str, list[Emissions]] = {"CU": [], "CA": []}
    written = []
    for recording in dict.fromkeys(sentence["wav"] for sentence in sentences):
        log = logs[recording]
        places = [i for i, sentence in enumerate(sentences) if sentence["wav"] == recording]
        here = [references[i].strip() for i in places]
        elapsed = latency.incremental(log["delays"], log["elapsed"])
        for suffix, times in (("CU", log["delays"]), ("CA", elapsed)):
            words = map(Emitted, log["prediction"].split(), times)
            segments = latency.resegment(here, list(words), "de")
            for place, segment in zip(places, segments, strict=True):
                begin = 1000 * sentences[place]["offset"]
                delays = tuple(unit.time - begin for unit in segment)
                length, count = 1000 * sentences[place]["duration"], len(references[place].strip().split(" "))
                found[suffix].append(Emissions(delays, length, count, log["source_length"] - begin))
        written += texts(segments)
    rows = lines(LONG / "segmentation_output" / "instances.resegmented.jsonl")
    assert written == [row["prediction"] for row in rows]
    assert corpus_bleu(written, [references]).score == pytest.approx(expected["BLEU"], abs=1e-3)
    for suffix, emissions in found.items():
        for name, metric in {**METRICS, "YAAL": latency.long_yaal}.items():
            assert mean(metric, emissions) == pytest.approx(expected[f"Long{name} ({suffix})"], abs=1e-3)

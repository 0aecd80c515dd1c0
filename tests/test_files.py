"""Recordings in either mode: utterances in order, with their translations, all of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile

from mt.router import Router
from server.interpretation.engines import Engines
from server.interpretation.graph import Interpretation
from server.recordings import files
from server.recordings.files import Approach
from server.records.record import Record, UtteranceRecord
from streaming.audio import SAMPLE_RATE
from streaming.errors import AudioError
from streaming.scripted import ScriptedDetector, ScriptedRecognizer, ScriptedTranslator, speak
from streaming.stages import Notice, Recognition, Window

SAID = ["alpha", "bravo", "charlie", "", "delta", "echo", "", "foxtrot", "golf"]
SENTENCES = ["alpha bravo charlie", "delta echo", "foxtrot golf"]


class EnglishTranslator(ScriptedTranslator):
    """Serves English as a source alone."""

    pairs = frozenset({("en", "es"), ("en", "zh")})


def engines() -> Engines:
    return Engines(ScriptedDetector(), ScriptedRecognizer(), Router([EnglishTranslator()]))


def recorded(tmp_path: Path, words: list[str]) -> Path:
    soundfile.write(tmp_path / "said.wav", speak(words), SAMPLE_RATE)
    return tmp_path / "said.wav"


@pytest.fixture(params=["accurate", "live"], autouse=True)
def approach(request: pytest.FixtureRequest) -> Approach:
    return Approach(request.param)


@pytest.fixture
def interpret(approach: Approach) -> "partial[Record]":
    return partial(files.interpret, approach=approach, workers=2)


@pytest.fixture
def run(interpret: "partial[Record]") -> Callable[..., Record]:
    def run(path: Path, *targets: str, source: str | None = "en") -> Record:
        return interpret(path, Interpretation(source, targets), engines(), lambda seconds: None)

    return run


def test_everything_said_is_recorded_with_its_translations(
    tmp_path: Path, run: Callable[..., Record]
) -> None:
    record = run(recorded(tmp_path, SAID), "es", "zh")
    assert record.language == "en"
    assert record.duration == pytest.approx(len(speak(SAID)) / SAMPLE_RATE)
    assert [utterance.text for utterance in record.utterances] == [
        "alpha bravo charlie",
        "delta echo",
        "foxtrot golf",
    ]
    assert record.utterances[1].translations["es"] == "atled ohce"
    assert all(len(utterance.translations["zh"]) >= 2 for utterance in record.utterances)
    ends = [0.0, *(utterance.end for utterance in record.utterances)]
    assert all(
        end <= u.start < u.end <= record.duration for end, u in zip(ends, record.utterances, strict=False)
    )


def test_utterances_and_progress_are_told_as_they_come(tmp_path: Path, interpret: "partial[Record]") -> None:
    told: list[tuple[str, float]] = []
    seconds = [0.0]

    def tell(utterance: UtteranceRecord) -> None:
        told.append((utterance.text, seconds[-1]))

    interpret(recorded(tmp_path, SAID), Interpretation("en", ("es",)), engines(), seconds.append, tell)
    assert [text for text, _ in told] == SENTENCES
    assert told[0][1] < told[1][1] < told[2][1]
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(len(speak(SAID)) / SAMPLE_RATE)


def test_the_language_that_was_heard_is_recorded(tmp_path: Path, run: Callable[..., Record]) -> None:
    assert run(recorded(tmp_path, ["alpha", "bravo"]), source=None).language == "en"


def test_what_is_spoken_in_a_target_language_is_not_translated_into_it(
    tmp_path: Path, interpret: "partial[Record]"
) -> None:
    told: list[float] = [0.0]
    utterances: list[float] = []
    wanted = Interpretation(None, ("en", "es"))
    path = recorded(tmp_path, SAID)
    record = interpret(path, wanted, engines(), told.append, lambda _: utterances.append(told[-1]))
    assert utterances[0] < utterances[1] < record.duration - 0.5
    assert [utterance.text for utterance in record.utterances] == SENTENCES
    assert all(set(utterance.translations) == {"es"} for utterance in record.utterances)


def test_a_pair_that_no_model_serves_is_left_out_and_said_once(
    tmp_path: Path, interpret: "partial[Record]"
) -> None:
    notices: list[tuple[Notice, float | None]] = []
    wanted, path = Interpretation(None, ("es", "de")), recorded(tmp_path, SAID)
    record = interpret(path, wanted, engines(), lambda _: None, on_notice=lambda *told: notices.append(told))
    assert [u.translations["de"] for u in record.utterances] == ["", "", ""]
    assert record.utterances[1].translations["es"] == "atled ohce"
    assert [notice.code for notice, _ in notices] == ["unsupported_language"]


def test_silence_has_no_utterances(tmp_path: Path, run: Callable[..., Record]) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(5 * SAMPLE_RATE), SAMPLE_RATE)
    record = run(tmp_path / "silence.wav", "zh", source=None)
    assert record == Record(None, 5.0, ())


def test_the_container_does_not_matter(tmp_path: Path, run: Callable[..., Record]) -> None:
    soundfile.write(tmp_path / "said.flac", speak(SAID), SAMPLE_RATE)
    assert run(tmp_path / "said.flac", "es") == run(recorded(tmp_path, SAID), "es")


def test_a_recording_that_cannot_be_read_is_the_callers_fault(
    tmp_path: Path, run: Callable[..., Record]
) -> None:
    with pytest.raises(AudioError, match="no such file"):
        run(tmp_path / "missing.wav")


class DeafRecognizer(ScriptedRecognizer):
    """Is never sure that anybody spoke."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        heard = super().recognize(windows)
        return [replace(one, no_speech_probability=0.99, mean_log_probability=-2.0) for one in heard]


def test_what_is_withheld_is_told_with_its_time(tmp_path: Path, interpret: "partial[Record]") -> None:
    told: list[tuple[str, float | None]] = []
    scripted = replace(engines(), recognizer=DeafRecognizer())
    path, wanted = recorded(tmp_path, SAID), Interpretation("en")
    interpret(path, wanted, scripted, lambda _: None, on_notice=lambda n, at: told.append((n.code, at)))
    assert told and {code for code, _ in told} == {"no_speech"}
    times = [at for _, at in told if at is not None]
    assert len(times) == len(told) and times == sorted(times) and times[-1] > times[0]


@pytest.mark.parametrize("approach", ["accurate"], indirect=True)
def test_what_is_withheld_is_told_in_order_though_it_is_heard_side_by_side(
    tmp_path: Path, interpret: "partial[Record]"
) -> None:
    others = Event()

    class SlowAtFirst(DeafRecognizer):
        def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
            start = windows[0].audio.start
            if start > 3:  # the third utterance: who hears it is done with the second
                others.set()
            elif start < 1 and not others.wait(10):
                raise TimeoutError("the other utterances were not heard meanwhile")
            return super().recognize(windows)

    told: list[float | None] = []
    path, scripted = recorded(tmp_path, SAID), replace(engines(), recognizer=SlowAtFirst())
    interpret(path, Interpretation("en"), scripted, lambda _: None, on_notice=lambda _, at: told.append(at))
    assert len(told) == 3 and told == sorted(told, key=lambda at: at or 0)

"""The accurate way: side by side yet in order, a sentence a record, and able to go on where it stopped."""

import threading
from collections.abc import Sequence

import pytest

from server.interpretation.graph import RECOGNIZER, Interpretation
from server.interpretation.manner import USUAL
from server.recordings import accurate
from server.recordings.accurate import Passage
from server.recordings.files import batch_methods
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.scripted import ScriptedRecognizer, speak
from streaming.simulate import Engines
from streaming.stages import Recognition, Window
from streaming.words import Word
from tests.served import cut, engines

SAID = ["alpha", "bravo", "", "charlie", "", "delta", "echo", "", "foxtrot"]


def methods(**own: object) -> Engines:
    return {**batch_methods(engines(), lambda notice: None, "accurate"), **own}  # type: ignore[dict-item]


def run(said: Sequence[str] = SAID, own: Engines | None = None, **options: int) -> list[Passage]:
    wanted = Interpretation("en", ("es",))
    chunks = cut(speak(said), [1600])
    found = accurate.interpret(
        chunks, wanted, own or methods(), USUAL, workers=options.pop("workers", 3), **options
    )
    return [passage for passage in found if passage.number is not None]


class Recognizer(ScriptedRecognizer):
    """Notes what it was asked, and hears some sentences word for word."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[Window] = []

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]:
        self.windows += windows
        return super().recognize(windows)


def test_each_utterance_is_one_final_window() -> None:
    recognizer = Recognizer()
    found = run(own=methods(**{RECOGNIZER: recognizer.recognize}))
    assert [record.text for passage in found for record in passage.records] == [
        "alpha bravo",
        "charlie",
        "delta echo",
        "foxtrot",
    ]
    assert [passage.number for passage in found] == [0, 1, 2, 3]
    assert len(recognizer.windows) == 4
    assert all(window.final and not window.prefix for window in recognizer.windows)


def test_utterances_are_recognised_side_by_side_and_given_in_order() -> None:
    gathering = threading.Barrier(3)
    scripted = ScriptedRecognizer()

    def together(windows: Sequence[Window]) -> list[Recognition]:
        gathering.wait(10)  # nobody is answered until three are asking
        return scripted.recognize(windows)

    said = ["alpha", "", "bravo", "", "charlie", "", "delta", "", "echo", "", "foxtrot"]
    found = run(said, methods(**{RECOGNIZER: together}), workers=3)
    assert [record.text for passage in found for record in passage.records] == [w for w in said if w]


def test_going_on_gives_the_rest_of_the_same() -> None:
    whole = run()
    for count in range(len(whole) + 1):
        recognizer = Recognizer()
        rest = run(own=methods(**{RECOGNIZER: recognizer.recognize}), skip=count)
        assert rest == whole[count:]
        assert len(recognizer.windows) == len(rest)


def test_a_sentence_is_a_record_with_its_own_translation() -> None:
    said = " Good morning, everybody. Shall we begin? Yes."

    def hear(windows: Sequence[Window]) -> list[Recognition]:
        (window,) = windows
        start, step = window.audio.start, window.audio.duration / 7
        words = [f" {word}" for word in said.split()]
        timed = tuple(Word(w, start + step * i, start + step * (i + 1)) for i, w in enumerate(words))
        return [Recognition(timed, "en")]

    (passage,) = run(["alpha"] * 12, methods(**{RECOGNIZER: hear}))
    assert [record.text for record in passage.records] == [
        "Good morning, everybody.",
        "Shall we begin?",
        "Yes.",
    ]
    (translation,) = passage.records[1].translations.values()
    # As the words stand: how they are set is the affair of phrasing.
    assert translation.casefold().replace(" ", "") == "llahsew?nigeb"
    assert passage.records[0].end <= passage.records[1].start


def test_an_engine_that_fails_ends_the_run_and_its_threads() -> None:
    def fail(windows: Sequence[Window]) -> list[Recognition]:
        raise RuntimeError("unlucky")

    with pytest.raises(RuntimeError, match="unlucky"):
        run(own=methods(**{RECOGNIZER: fail}))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("utterance")]


def test_a_run_that_is_given_up_leaves_no_threads() -> None:
    found = accurate.interpret(cut(speak(SAID), [1600]), Interpretation("en"), methods(), USUAL, workers=2)
    assert isinstance(next(found), Passage)
    found.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("utterance")]


def test_only_the_utterances_at_work_are_held() -> None:
    """However long the recording, audio is read no further ahead than the workers need."""
    read = [0.0]

    def chunks() -> object:
        for turn in range(40):
            for chunk in cut(speak(["alpha", "bravo"]), [1600]):
                at = turn * 40000 + chunk.offset
                read[0] = at / SAMPLE_RATE
                yield AudioChunk(chunk.samples, at)

    ahead = [
        read[0] - passage.end
        for passage in accurate.interpret(chunks(), Interpretation("en"), methods(), USUAL, workers=2)  # type: ignore[arg-type]
    ]
    assert len(ahead) > 40 and max(ahead) < 15

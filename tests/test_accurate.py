"""The accurate way: side by side yet in order, a sentence a record, and able to go on where it stopped."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.presets import PUNCTUATED
from server.interpretation.graph import RECOGNIZER, Interpretation
from server.interpretation.manner import USUAL, Manner
from server.interpretation.pack import Pack
from server.interpretation.packs import Packs
from server.recordings import accurate
from server.recordings.accurate import Passage, _begun, left_off
from server.recordings.files import batch_methods
from server.records.record import UtteranceRecord
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.simulate import Engines
from streaming.stages import Recognition, Window
from streaming.words import Word
from tests.served import cut, engines

LONG = VOCABULARY[:20]
"""Words without a pause, 6 s and a little more."""
SAID = ["alpha", "bravo", "", "charlie", "", "delta", "echo", "", "foxtrot"]


def methods(**own: object) -> Engines:
    return {**batch_methods(engines(), lambda notice, moment: None, "accurate"), **own}  # type: ignore[dict-item]


def run(
    said: Sequence[str] = SAID,
    own: Engines | None = None,
    *,
    manner: Manner = USUAL,
    workers: int = 3,
    last: Passage | None = None,
    source: str | None = "en",
    targets: tuple[str, ...] = ("es",),
) -> list[Passage]:
    wanted = Interpretation(source, targets)
    chunks = cut(speak(said), [1600])
    found = accurate.interpret(chunks, wanted, own or methods(), manner, workers=workers, last=last)
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
        rest = run(
            own=methods(**{RECOGNIZER: recognizer.recognize}), last=whole[count - 1] if count else None
        )
        assert rest == whole[count:]
        assert len(recognizer.windows) == len(rest)


def test_going_on_hears_the_rest_in_the_windows_of_one_run() -> None:
    """Also where the silence before an utterance leads into it."""
    spoken = np.concatenate([speak([word], lead=0.4, tail=0.3) for word in ("alpha", "bravo", "charlie")])

    def heard(last: Passage | None) -> tuple[list[Passage], list[tuple[int, int]]]:
        recognizer = Recognizer()
        own = methods(**{RECOGNIZER: recognizer.recognize})
        found = accurate.interpret(
            cut(spoken, [1600]), Interpretation("en"), own, USUAL, workers=1, last=last
        )
        passages = [passage for passage in found if passage.number is not None]
        return passages, [(w.audio.offset, len(w.audio.samples)) for w in recognizer.windows]

    passages, windows = heard(None)
    assert all(following[0] < first[0] + first[1] for first, following in pairwise(windows))
    for count in range(1, 3):
        assert heard(left_off(passages[:count])) == (passages[count:], windows[count:])


def spoken_by_sentence(windows: Sequence[Window]) -> list[Recognition]:
    """Hears the scripted words in any language, those from "delta" on in French, and ends sentences."""
    (found,) = bilingual(windows)
    ended = (replace(w, text=f"{w.text}.") if w.text.endswith(("bravo", "echo")) else w for w in found.words)
    return [replace(found, words=tuple(ended))]


@settings(max_examples=30, deadline=None)
@given(
    said=st.lists(st.sampled_from([*VOCABULARY[:6], "", ""]), min_size=1, max_size=24),
    family=st.sampled_from(["whisper", "asr-en-zh"]),
    longest=st.sampled_from([2.0, 8.0, 28.0]),
    source=st.sampled_from([None, "en"]),
    workers=st.integers(1, 4),
    stops=st.data(),
)
def test_however_often_a_job_is_stopped_its_result_is_that_of_one_that_was_not(
    said: list[str], family: str, longest: float, source: str | None, workers: int, stops: st.DataObject
) -> None:
    own, manner = methods(**{RECOGNIZER: spoken_by_sentence}), Manner(family=family, longest=longest)

    def heard(last: Passage | None) -> list[Passage]:
        return run(said, own, manner=manner, workers=workers, last=last, source=source)

    whole, kept = heard(None), list[Passage]()
    for count in range(len(whole)):
        assert heard(left_off(whole[:count])) == whole[count:]
    while len(kept) < len(whole):
        kept += heard(left_off(kept))[: stops.draw(st.integers(1, len(whole) - len(kept)), "passages")]
    assert kept == whole


def test_no_utterance_is_longer_than_the_recognizer_hears_whole() -> None:
    recognizer = Recognizer()
    whole = run(LONG, methods(**{RECOGNIZER: recognizer.recognize}), manner=Manner(longest=3.0))
    assert 1 < len(whole) == len(recognizer.windows)
    assert max(window.audio.duration for window in recognizer.windows) <= 3.0


def test_going_on_with_another_recognizer_says_nothing_twice() -> None:
    """It may hear longer utterances whole, or only shorter ones, than the one before."""
    for before, after in ((3.0, 4.0), (4.0, 3.0)):
        first = run(LONG, manner=Manner(longest=before))[:1]
        recognizer = Recognizer()
        own = methods(**{RECOGNIZER: recognizer.recognize})
        rest = run(LONG, own, manner=Manner(longest=after), last=first[0])
        assert [passage.number for passage in rest] == [*range(1, len(rest) + 1)]
        starts = [window.audio.start for window in recognizer.windows]
        assert min(starts, default=first[0].end) >= first[0].end


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


def bilingual(windows: Sequence[Window]) -> list[Recognition]:
    """Hears the scripted words in any language, and is sure that those from "delta" on are French."""
    (window,) = windows
    (result,) = ScriptedRecognizer().recognize(windows)
    spoken = "fr" if result.words and result.words[0].text.strip() in VOCABULARY[3:] else "en"
    asked = window.language or spoken
    words = tuple(replace(word, text=f" {asked}:{word.text.strip()}") for word in result.words)
    heard = spoken if window.listen else None
    return [Recognition(words, asked, 0.99, heard=heard, heard_probability=0.95)]


def spoken_and_said(passages: Sequence[Passage]) -> list[tuple[str, str]]:
    return [(record.language, record.text) for passage in passages for record in passage.records]


def test_an_utterance_in_another_language_is_heard_and_translated_in_it() -> None:
    said = ["alpha", "bravo", "alpha", "bravo", "", "delta", "echo", "delta", "echo", "", "charlie", "bravo"]
    own = methods(**{RECOGNIZER: bilingual})
    passages = run(said, own, source=None, targets=("es", "en"))
    assert spoken_and_said(passages) == [
        ("en", "en:alpha en:bravo en:alpha en:bravo"),
        ("fr", "fr:delta fr:echo fr:delta fr:echo"),
        ("en", "en:charlie en:bravo"),
    ]
    assert [list(record.translations) for passage in passages for record in passage.records] == [
        ["es"],
        ["es", "en"],
        ["es"],
    ]
    assert {passage.language for passage in passages} == {"en"}
    for count in range(len(passages)):
        assert (
            run(said, own, source=None, targets=("es", "en"), last=passages[count]) == passages[count + 1 :]
        )


def test_a_language_that_is_given_is_not_doubted() -> None:
    assert spoken_and_said(run(["delta", "echo", "delta", "echo"], methods(**{RECOGNIZER: bilingual}))) == [
        ("en", "en:delta en:echo en:delta en:echo")
    ]


def test_replacements_are_of_words_in_the_script_that_is_written() -> None:
    def hear(windows: Sequence[Window]) -> list[Recognition]:
        (window,) = windows
        return [Recognition((Word("神經往絡", window.audio.start, window.audio.end),), "zh")]

    pack = Pack("medicine", Path(), replacements={"zh": {"神经往络": "神经网络"}})
    wanted = Interpretation("zh", packs=Packs([pack]))
    own, manner = methods(**{RECOGNIZER: hear}), Manner(chinese="simplified")
    passages = accurate.interpret(cut(speak(["alpha"]), [1600]), wanted, own, manner, workers=1)
    assert spoken_and_said([*passages]) == [("zh", "神经网络")]


@pytest.mark.parametrize(("family", "said"), [("whisper", []), ("asr-en-zh", ["Alpha"])])
def test_how_sure_first_words_must_be_depends_on_the_recognizer(family: str, said: list[str]) -> None:
    def hear(windows: Sequence[Window]) -> list[Recognition]:
        (window,) = windows
        return [Recognition((Word(" alpha", window.audio.start, window.audio.end, 0.3),), "en", 0.9)]

    own = methods(**{RECOGNIZER: hear})
    sound = cut(speak(["alpha"]), [1600])
    passages = accurate.interpret(sound, Interpretation(None), own, Manner(family), workers=1)
    assert [record.text for passage in passages for record in passage.records] == said


@pytest.mark.parametrize(("family", "preface"), [("whisper", PUNCTUATED["zh"]), ("asr-en-zh", "")])
def test_stock_recognizers_are_shown_how_chinese_is_punctuated(family: str, preface: str) -> None:
    prefaces = []

    def hear(windows: Sequence[Window]) -> list[Recognition]:
        prefaces.extend(window.preface for window in windows)
        return [Recognition((), "zh") for _ in windows]

    own = methods(**{RECOGNIZER: hear})
    sound = cut(speak(["alpha"]), [1600])
    assert list(accurate.interpret(sound, Interpretation("zh"), own, Manner(family), workers=1))
    assert set(prefaces) == {preface}


def test_a_recognizer_that_hears_sentences_alone_begins_them_with_a_capital() -> None:
    whole = run(manner=Manner(family="asr-en-zh"))
    texts = [record.text for passage in whole for record in passage.records]
    assert texts == ["Alpha bravo", "charlie", "delta echo", "foxtrot"]
    assert run(manner=Manner(family="asr-en-zh"), last=whole[1]) == whole[2:]


def test_a_sentence_that_was_begun_before_a_pause_without_words_gains_no_capital() -> None:
    """However often a job is stopped, it writes what it would have written undisturbed."""

    def said(number: int, text: str) -> Passage:
        words = (Word(text, float(number), number + 0.3, 0.9),) if text else ()
        return Passage(number + 1.0, number, (UtteranceRecord("en", words),) if words else (), "en")

    heard = [said(n, text) for n, text in enumerate([" we meet on", "", " monday", " at nine.", "", " then"])]
    whole = [*_begun(heard, None)]
    assert [p.records[0].text for p in whole if p.records] == ["We meet on", "monday", "at nine.", "Then"]
    for count in range(len(heard) + 1):
        first = [*_begun(heard[:count], None)]
        assert [*first, *_begun(heard[count:], left_off(first))] == whole

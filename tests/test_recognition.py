"""Recognition with scripted recognizers: what is committed, when, and what is asked."""

import math
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr import presets
from asr.commit import LocalAgreement
from asr.history import CONTENT, KEPT_SECONDS, KEPT_WORDS, MOST_WORDS, PROMPT
from asr.recognition import OVERDUE, STEP, TOO_LONG, RecognitionStage
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance, Samples
from streaming.captions import Transcript, Update
from streaming.scripted import VOCABULARY, ScriptedRecognizer, speak
from streaming.stages import DONE, READ, Ask, Notice, Recognition, Window, Write
from streaming.words import Word, text_of

Hear = Callable[[Window], Recognition]
few = settings(max_examples=30)


class Listener:
    """Drives a stage by hand and remembers what it asked and wrote."""

    def __init__(self, stage: RecognitionStage, hear: Hear | None = None, cost: float = 0.0) -> None:
        self.stage = stage
        self.windows: list[Window] = []
        self.out: list[Update | Notice] = []
        self._hear = hear or (lambda window: ScriptedRecognizer().recognize([window])[0])
        self._cost = cost

    def give(self, *items: AudioChunk | EndOfUtterance) -> "Listener":
        for item in items:
            self.stage.receive(item)
            self._work()
        return self

    def finish(self) -> "Listener":
        self.stage.finish()
        assert self._work() is DONE
        return self

    @property
    def updates(self) -> list[Update]:
        return [item for item in self.out if isinstance(item, Update)]

    @property
    def notices(self) -> list[Notice]:
        return [item for item in self.out if isinstance(item, Notice)]

    def committed(self) -> list[str]:
        """The words of each utterance; folding checks that nothing is retracted."""
        transcript = Transcript()
        for update in self.updates:
            transcript.add(update)
        return transcript.committed("en")

    def _work(self) -> Any:
        while True:
            match self.stage.next_action():
                case Write(item):
                    self.out.append(item)
                case Ask(window):
                    self.windows.append(window)
                    self.stage.receive_result(self._hear(window), self._cost)
                case signal:
                    assert signal in (READ, DONE)
                    return signal


def stage(**options: Any) -> RecognitionStage:
    return RecognitionStage(LocalAgreement(), **{"language": "en", **options})


def audio(samples: Samples, offset: int = 0, sizes: Iterable[int] = ()) -> list[AudioChunk]:
    found, position = [], 0
    for size in sizes:
        found.append(AudioChunk(samples[position : position + size], offset + position))
        position += size
    found.append(AudioChunk(samples[position:], offset + position))
    return [chunk for chunk in found if len(chunk.samples)]


def silence(seconds: float, start: float = 0.0) -> AudioChunk:
    return AudioChunk(np.zeros(round(seconds * SAMPLE_RATE), np.float32), round(start * SAMPLE_RATE))


def words(*texts: str, start: float = 0.0, step: float = 0.3) -> tuple[Word, ...]:
    return tuple(
        Word(f" {text}", start + i * step, start + (i + 1) * step, 0.9) for i, text in enumerate(texts)
    )


def script(*hypotheses: Sequence[Word] | Recognition) -> Hear:
    """A recognizer that says these, one after the other, and then nothing."""
    left = list(hypotheses)

    def hear(window: Window) -> Recognition:
        said = left.pop(0) if left else ()
        return (
            said if isinstance(said, Recognition) else Recognition(tuple(said), window.language or "en", 0.9)
        )

    return hear


# When it asks, and for what.


def test_windows_end_at_fixed_points_of_the_utterance() -> None:
    samples = speak(VOCABULARY[:6], lead=0.1)
    for sizes in ([], [1000] * 60, [50_000, 7]):
        listener = Listener(stage())
        listener.give(*audio(samples, 3_200, sizes), EndOfUtterance(9.0)).finish()
        ends = [round(window.audio.end - 0.2, 3) for window in listener.windows]
        assert ends == [0.8, 1.6, 2.4, round(len(samples) / SAMPLE_RATE, 3)]
        assert [window.final for window in listener.windows] == [False, False, False, True]
        assert {window.audio.offset for window in listener.windows} == {3_200}


def test_nothing_is_asked_before_the_first_point() -> None:
    listener = Listener(stage()).give(silence(0.79))
    assert not listener.windows
    listener.give(silence(0.01, 0.79))
    assert len(listener.windows) == 1


def test_each_utterance_has_points_of_its_own() -> None:
    listener = Listener(stage())
    listener.give(silence(1.0), EndOfUtterance(1.0), silence(1.0, 5.0), EndOfUtterance(6.0)).finish()
    assert [(w.audio.start, w.audio.end) for w in listener.windows] == [(0, 0.8), (0, 1), (5, 5.8), (5, 6)]


def test_a_slow_recognizer_is_asked_less_often() -> None:
    fast, slow = (Listener(stage(), script(), cost).give(silence(12.0)) for cost in (0.0, 1.0))
    assert len(fast.windows) == 15
    assert fast.stage.skipped == 0
    assert len(slow.windows) == 9
    assert slow.stage.skipped == 6


def test_end_of_an_utterance_that_never_began_is_nothing() -> None:
    listener = Listener(stage()).give(EndOfUtterance(1.0), silence(0.0)).finish()
    assert not listener.windows
    assert not listener.out


def test_an_answer_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing that was asked"):
        stage().receive_result(Recognition((), "en"), 0.0)


# What it commits and shows.


def test_agreed_words_are_committed_and_the_rest_is_tentative() -> None:
    hear = script(words("a", "b", "x"), words("a", "b", "c", "d"), words("c", "d", start=0.6))
    listener = Listener(stage(), hear).give(silence(2.0), EndOfUtterance(2.0)).finish()
    shown = [(text_of(u.committed), text_of(u.tentative), u.final) for u in listener.updates]
    assert shown == [("", "a b x", False), ("a b", "c d", False), ("c d", "", True)]


def test_an_update_is_written_only_when_something_changes() -> None:
    hear = script(words("a", "b"), words("a", "c"), words("a", "c", step=0.2), words(), words())
    listener = Listener(stage(), hear).give(silence(4.0))
    shown = [(text_of(u.committed), text_of(u.tentative)) for u in listener.updates]
    assert shown == [("", "a b"), ("a", "c"), ("", "a c"), ("", "")]


def test_what_was_shown_gets_a_final_update_even_if_it_came_to_nothing() -> None:
    hear = script(words("a"), (), ())
    listener = Listener(stage(), hear).give(silence(1.7), EndOfUtterance(1.7)).finish()
    assert [(len(u.tentative), u.final) for u in listener.updates] == [(1, False), (0, False), (0, True)]


def test_an_utterance_without_words_writes_nothing_and_uses_no_number() -> None:
    hear = script((), (), words("a"), words("a"))
    listener = Listener(stage(), hear)
    listener.give(silence(1.0), EndOfUtterance(1.0), silence(1.0, 3.0), EndOfUtterance(4.0)).finish()
    assert [(u.utterance, text_of(u.committed), u.final) for u in listener.updates] == [
        (0, "", False),
        (0, "a", True),
    ]


def test_utterances_are_numbered() -> None:
    listener = Listener(stage())
    for i in range(3):
        listener.give(*audio(speak(["alpha"]), i * 100_000), EndOfUtterance(1.0))
    assert [u.utterance for u in listener.updates if u.final] == [0, 1, 2]
    assert listener.committed() == ["alpha", "alpha", "alpha"]


def test_the_stream_may_end_inside_an_utterance() -> None:
    listener = Listener(stage()).give(*audio(speak(["alpha", "bravo"], tail=0.0))).finish()
    assert listener.committed() == ["alpha bravo"]
    assert listener.updates[-1].final


def test_times_are_put_in_order_and_into_the_audio() -> None:
    wild = (Word(" a", -1.0, 0.3), Word(" b", 0.5, 99.0), Word(" c", 0.4, 0.45), Word(" d", 50.0, 60.0))
    listener = Listener(stage(), script(wild, wild)).give(silence(1.7))
    (shown,) = (update.committed + update.tentative for update in listener.updates[:1])
    assert [(w.start, w.end) for w in shown] == [(0.0, 0.3), (0.5, 0.5), (0.5, 0.5), (0.8, 0.8)]


# How the window is kept short.


def test_the_window_is_cut_at_committed_words() -> None:
    talk = [*VOCABULARY, *VOCABULARY, *VOCABULARY]
    listener = Listener(stage()).give(*audio(speak(talk)), EndOfUtterance(99.0)).finish()
    assert listener.committed() == [" ".join(talk)]
    assert max(window.audio.duration for window in listener.windows) <= CONTENT + STEP + 0.01
    for window in listener.windows:
        assert len(window.prompt) <= PROMPT
        if window.audio.start == 0.0:
            assert window.prompt == ""
            continue
        said = window.prompt + "".join(word.text for word in window.prefix)
        assert " ".join(talk).startswith(said.strip()) or " ".join(talk).find(said.strip()) > 0
        assert all(window.audio.start - 1e-3 <= word.start for word in window.prefix)
    cut = [b for a, b in pairwise(listener.windows) if a.audio.start != b.audio.start]
    assert len(cut) >= 3
    for window in cut:
        assert 0 < len(window.prefix) <= KEPT_WORDS
        assert window.prefix[-1].end - window.audio.start <= KEPT_SECONDS + 1e-3


def test_a_pause_keeps_the_prompt() -> None:
    listener = Listener(stage())
    listener.give(*audio(speak(["alpha", "bravo"])), EndOfUtterance(2.0))
    listener.give(*audio(speak(["charlie"]), 100_000), EndOfUtterance(8.0))
    window = next(window for window in listener.windows if window.audio.start > 5.0)
    assert window.prompt == " alpha bravo"
    assert window.prefix == ()


def test_a_long_prompt_is_cut_between_words() -> None:
    listener = Listener(stage())
    talk = list(VOCABULARY)
    for i in range(3):
        listener.give(*audio(speak(talk), i * 1_000_000), EndOfUtterance(1.0))
    prompt = listener.windows[-1].prompt
    assert PROMPT - 10 < len(prompt) <= PROMPT
    assert set(prompt.split()) <= set(VOCABULARY)


def test_what_never_agrees_is_committed_when_overdue() -> None:
    turn = 0

    def hear(window: Window) -> Recognition:
        nonlocal turn
        turn += 1
        start, count = window.audio.start, int(window.audio.duration / 0.5)
        if window.prefix:
            start = window.prefix[-1].end
            count = int((window.audio.end - start) / 0.5)
        return Recognition(words(*[f"{turn}x"] * min(count, 7), start=start, step=0.5), "en")

    listener = Listener(stage(), hear).give(silence(29.0), EndOfUtterance(29.0)).finish()
    committed = [u for u in listener.updates if u.committed and not u.final]
    assert committed
    waiting = max(w.audio.end - (w.prefix[-1].end if w.prefix else w.audio.start) for w in listener.windows)
    assert waiting <= OVERDUE + STEP + 0.01
    assert max(window.audio.duration for window in listener.windows) <= TOO_LONG


def test_a_word_that_never_ends_does_not_block() -> None:
    turn = 0

    def hear(window: Window) -> Recognition:
        nonlocal turn
        turn += 1
        return Recognition((Word(f" {turn}x", window.audio.start + 0.1, window.audio.end),), "en")

    listener = Listener(stage(), hear).give(silence(29.0))
    assert max(window.audio.duration for window in listener.windows) <= TOO_LONG + STEP
    assert any(update.committed for update in listener.updates)


def test_long_wordless_noise_does_not_grow_the_window() -> None:
    listener = Listener(stage(), script()).give(silence(29.0))
    assert max(window.audio.duration for window in listener.windows) <= OVERDUE + STEP
    assert not listener.out


class Forgetful(LocalAgreement):
    """A policy that says when it was told to forget."""

    forgotten = 0

    def forget(self) -> None:
        super().forget()
        self.forgotten += 1


def test_the_policy_forgets_with_the_utterance() -> None:
    policy = Forgetful()
    Listener(RecognitionStage(policy, "en")).give(silence(2.0), EndOfUtterance(2.0), silence(2.0, 3.0))
    assert policy.forgotten == 1


# Guards.


LOOP = words("so", *["you"] * 20, step=0.04)


def test_a_loop_is_asked_again_in_full_without_prompt() -> None:
    hear = script(words("alpha"), LOOP, words("so", "you", "know", start=3.0))
    listener = Listener(stage(hot_words={"en": ["beta"]}), hear)
    listener.give(silence(0.5), EndOfUtterance(0.5), silence(1.6, 3.0))
    _, first, again, later = listener.windows
    assert (first.prompt, first.hot_words, first.full) == (" alpha", ("beta",), False)
    assert (again.prompt, again.hot_words, again.full) == ("", (), True)
    assert again.audio.end == first.audio.end
    assert (later.prompt, later.hot_words, later.full) == ("", ("beta",), False)
    assert text_of(listener.updates[1].tentative) == "so you know"
    assert not listener.notices


def test_a_loop_that_stays_is_cut_and_said_once() -> None:
    listener = Listener(stage(), script(LOOP, LOOP, LOOP, LOOP)).give(silence(1.6))
    assert [window.full for window in listener.windows] == [False, True, False, True]
    assert [notice.code for notice in listener.notices] == ["loop"]
    assert text_of((*listener.updates[-1].committed, *listener.updates[-1].tentative)) == "so you"


def test_words_on_silence_are_dropped_without_asking_again() -> None:
    invented = Recognition(words("Thank", "you."), "en", 1.0, 0.9, -1.4)
    listener = Listener(stage(), script(invented, invented)).give(silence(1.0), EndOfUtterance(1.0)).finish()
    assert len(listener.windows) == 2
    assert [notice.code for notice in listener.notices] == ["no_speech"]
    assert not listener.updates


def test_asking_again_counts_as_one_cost() -> None:
    listener = Listener(stage(), script(*[LOOP] * 100), 0.3).give(silence(8.0))
    assert listener.stage.skipped == 0
    listener = Listener(stage(), script(*[LOOP] * 100), 0.5).give(silence(8.0))
    assert listener.stage.skipped > 0


def test_guards_are_counted_for_the_session() -> None:
    invented = Recognition(words("Thank", "you."), "en", 1.0, 0.9, -0.1)
    listener = Listener(stage(), script(LOOP, LOOP, invented)).give(silence(1.6))
    assert listener.stage.alarms == {"loop": 2, "closing": 1}
    assert [notice.code for notice in listener.notices] == ["loop", "closing"]


def test_what_people_repeat_is_heard_twice_and_committed() -> None:
    said = words(*["no"] * 9, step=0.08)
    listener = Listener(stage(), script(said, said)).give(silence(0.8), EndOfUtterance(0.8)).finish()
    assert [window.full for window in listener.windows] == [False, True, False]
    assert not listener.notices
    assert text_of(listener.updates[0].tentative) == " ".join(["no"] * 9)


def test_a_loop_that_is_committed_bit_by_bit_is_stopped() -> None:
    def hear(window: Window) -> Recognition:
        start = window.prefix[-1].end if window.prefix else window.audio.start
        return Recognition(words(*["you"] * 6, start=start, step=(window.audio.end - start) / 6), "en")

    listener = Listener(stage(), hear).give(silence(9.0), EndOfUtterance(9.0)).finish()
    assert listener.stage.alarms["loop"]
    assert sum(len(update.committed) for update in listener.updates) <= 16


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("family", presets.FAMILIES)
@pytest.mark.parametrize(
    ("said", "pace"),
    [
        ("no", 0.4),
        ("one two", 0.4),
        ("U S A", 0.3),
        ("Four more years!", 0.3),
        ("let it be", 0.3),
        ("we shall overcome some day.", 0.3),
    ],
)
def test_a_chant_at_the_pace_of_speech_is_committed_whole(
    said: str, pace: float, family: str, preset: presets.Name
) -> None:
    """However long it lasts, and if windows begin anew within it."""
    parts = said.split() * 20
    truth = words(*parts, step=pace)
    end = truth[-1].end + 0.5
    crowd = np.random.default_rng(0).normal(0.0, 0.1, round(end * SAMPLE_RATE)).astype(np.float32)

    def hear(window: Window) -> Recognition:
        first = sum(word.start + word.end < 2 * window.audio.start for word in truth)
        last = sum(word.end <= window.audio.end for word in truth)
        return Recognition(truth[first + len(window.prefix) : last], "en")

    suited, chosen = presets.family(family), presets.PRESETS[preset]
    heard = RecognitionStage(
        chosen.policy(suited.policy), "en", step=chosen.step * suited.stride, by_sentence=suited.by_sentence
    )
    listener = Listener(heard, hear).give(AudioChunk(crowd, 0), EndOfUtterance(end)).finish()
    assert [word for update in listener.updates for word in update.committed] == list(truth)
    assert not listener.notices


def test_silence_behind_a_sentence_adds_no_mark() -> None:
    tea = words("tea.")
    hear = script(tea, tea, [replace(tea[0], text=".", start=0.9, end=1.0)])
    listener = Listener(stage(by_sentence=True), hear).give(silence(2.0), EndOfUtterance(2.0)).finish()
    assert "".join(word.text for update in listener.updates for word in update.committed) == " tea."


def test_a_loop_of_sentences_is_stopped_though_each_leaves_the_window() -> None:
    def hear(window: Window) -> Recognition:
        start = window.prefix[-1].end if window.prefix else window.audio.start
        step = (window.audio.end - start) / 8
        return Recognition(words(*["thank", "you."] * 4, start=start, step=step), "en")

    listener = Listener(stage(by_sentence=True), hear).give(silence(12.0), EndOfUtterance(12.0)).finish()
    assert all(len(window.prefix) < 3 for window in listener.windows)
    assert [notice.code for notice in listener.notices] == ["loop"]
    assert sum(len(update.committed) for update in listener.updates) <= 24


def test_what_is_overdue_is_said() -> None:
    turn = iter(range(99))

    def hear(window: Window) -> Recognition:
        start = window.audio.start
        return Recognition((Word(f" {next(turn)}x", start, start + 1.0),), "en")

    listener = Listener(stage(), hear).give(silence(13.0))
    assert listener.stage.alarms == {"overdue": 1}
    assert [notice.code for notice in listener.notices] == ["overdue"]


def test_a_broken_character_waits_and_is_left_out_in_the_end() -> None:
    half = (Word("今", 0.0, 0.2), Word("\ufffd", 0.2, 0.4), Word("气", 0.4, 0.6))
    listener = Listener(stage(language="zh"), script(half, half, half[1:]))
    listener.give(silence(1.6))
    assert [text_of(u.tentative) for u in listener.updates] == ["今", ""]
    assert not listener.notices
    listener.give(EndOfUtterance(1.6)).finish()
    assert [notice.code for notice in listener.notices] == ["broken"]
    assert "".join(text_of(update.committed) for update in listener.updates) == "今气"


# What is left out under load.


@pytest.mark.parametrize(
    ("cost", "beam", "align"), [(0.0, True, True), (1.0, True, True), (2.0, True, False), (9.0, False, False)]
)
def test_under_load_the_alignment_goes_before_the_beam(cost: float, beam: bool, align: bool) -> None:
    listener = Listener(stage(), script(), cost).give(silence(10.0), EndOfUtterance(10.0)).finish()
    last = listener.windows[-1]
    assert (last.final, last.beam, last.align) == (True, beam, align)
    assert all(window.align and not window.beam for window in listener.windows[:-1])
    assert (listener.stage.skipped > 0) is (cost > 0)


def test_a_beam_may_be_wanted_while_words_are_tentative() -> None:
    listener = Listener(stage(beam=True)).give(silence(2.0))
    assert all(window.beam for window in listener.windows)


@given(st.lists(st.floats(0.0, 3.0), max_size=12))
@few
def test_load_takes_no_committed_word(costs: list[float]) -> None:
    left = list(costs)
    listener = Listener(stage())
    samples = speak(VOCABULARY)
    for chunk in audio(samples, 0, [16_000] * (len(samples) // 16_000)):
        listener._cost = left.pop(0) if left else 0.0
        listener.give(chunk)
    listener.give(EndOfUtterance(1.0)).finish()
    assert listener.committed() == [" ".join(VOCABULARY)]


# An hour.


def steady(window: Window) -> Recognition:
    """Hears a word of the vocabulary every 0.4 s, for 30 s out of every 32."""
    first = window.prefix[-1].end - 0.01 if window.prefix else window.audio.start
    slots = range(math.ceil(first / 0.4), math.floor(window.audio.end / 0.4))
    heard = (Word(f" {VOCABULARY[i % 21]}", i * 0.4, (i + 1) * 0.4, 0.9) for i in slots if i % 80 < 75)
    return Recognition(tuple(heard), "en")


def test_an_hour_costs_what_a_minute_costs() -> None:
    """Windows, prefixes and prompts stay bounded, and no minute is dearer than another."""
    listener = Listener(stage(hot_words={"en": ("alpha", "bravo")}), steady)
    windows, minutes = 0, []
    for minute in range(60):
        listener.windows.clear()
        for turn in range(2):
            start = 64.0 * minute + 32.0 * turn
            listener.give(silence(30.0, start), EndOfUtterance(start + 30.0))
        assert max(window.audio.duration for window in listener.windows) <= CONTENT + STEP + 0.01
        assert max(len(window.prefix) for window in listener.windows) <= MOST_WORDS
        assert max(len(window.prompt) for window in listener.windows) <= PROMPT
        assert {window.hot_words for window in listener.windows} == {("alpha", "bravo")}
        windows += len(listener.windows)
        minutes.append(sum(window.audio.duration + len(window.prefix) for window in listener.windows))
    assert windows == 60 * 2 * 38
    assert minutes[1:] == pytest.approx([minutes[1]] * 59, rel=0.02)
    assert sum(len(update.committed) for update in listener.updates) == 60 * 2 * 75


# Languages.


def spoken(language: str, probability: float, *texts: str) -> Recognition:
    return Recognition(words(*texts or ("a", "b")), language, probability)


def test_nothing_is_shown_before_the_language_is_known() -> None:
    hear = script(spoken("de", 0.9), spoken("en", 0.9), spoken("en", 0.9, "a", "b", "c"), spoken("en", 1.0))
    listener = Listener(stage(language=None, languages=["en", "de"]), hear).give(silence(3.3))
    assert [window.language for window in listener.windows] == [None, None, None, "en"]
    assert {window.languages for window in listener.windows} == {("en", "de")}
    assert listener.updates[0].language == "en"
    assert text_of(listener.updates[0].committed) == "a b"


def test_a_language_stays_for_the_session() -> None:
    hear = script(spoken("zh", 0.9), spoken("en", 0.9))
    listener = Listener(stage(language=None), hear)
    listener.give(silence(0.5), EndOfUtterance(0.5), silence(0.5, 60.0), EndOfUtterance(60.5))
    assert [window.language for window in listener.windows] == [None, "zh"]
    assert [update.language for update in listener.updates] == ["zh", "zh"]


def test_a_doubtful_language_holds_for_its_utterance_only() -> None:
    hear = script(spoken("haw", 0.2), spoken("en", 0.9))
    listener = Listener(stage(language=None), hear)
    listener.give(silence(0.5), EndOfUtterance(0.5), silence(0.5, 9.0), EndOfUtterance(9.5))
    assert [update.language for update in listener.updates] == ["haw", "en"]
    assert [window.language for window in listener.windows] == [None, None]


def listening(heard: str, probability: float, *texts: str) -> Callable[[Window], Recognition]:
    """A recognizer that writes the language it is given, and says which one it hears."""

    def hear(window: Window) -> Recognition:
        language = window.language or heard
        said = words(*texts or ("a", "b"), start=window.audio.start)
        if window.listen or not window.language:
            return Recognition(said, language, probability, heard=heard, heard_probability=probability)
        return Recognition(said, language)

    return hear


def bilingual(*turns: tuple[str, float, float]) -> Listener:
    """Utterances: the language heard, how surely, and seconds."""
    listener = Listener(stage(language=None, languages=["en", "zh"]))
    position = 0.0
    for language, probability, seconds in turns:
        listener._hear = listening(language, probability)
        listener.give(silence(seconds, position), EndOfUtterance(position + seconds))
        position += seconds + 1.0
    return listener


def finals(listener: Listener) -> list[str]:
    return [update.language for update in listener.updates if update.final]


@pytest.mark.parametrize(
    ("turns", "languages"),
    [
        ([("en", 0.9, 3.0), ("zh", 0.9, 3.0), ("en", 0.9, 3.0)], ["en", "zh", "en"]),
        ([("en", 0.9, 3.0), ("zh", 0.7, 3.0)], ["en", "en"]),
        ([("en", 0.9, 3.0), ("zh", 0.99, 0.5), ("zh", 0.99, 1.0)], ["en", "en", "zh"]),
        ([("en", 0.9, 3.0), ("en", 0.3, 3.0)], ["en", "en"]),
    ],
)
def test_the_language_may_change_where_an_utterance_begins(
    turns: list[tuple[str, float, float]], languages: list[str]
) -> None:
    listener = bilingual(*turns)
    assert finals(listener) == languages
    for update in listener.updates:
        assert update.language == languages[update.utterance]


def test_a_change_is_heard_again_without_the_text_before() -> None:
    listener = bilingual(("en", 0.9, 3.0), ("zh", 0.9, 3.0))
    changed = [w for w in listener.windows if w.audio.start > 3.5]
    assert [(w.language, w.listen, bool(w.prompt)) for w in changed[:4]] == [
        ("en", True, True),
        ("en", True, True),
        ("en", True, True),
        ("zh", False, False),
    ]
    assert all((w.language, w.listen) == ("zh", False) for w in changed[3:])


def test_the_same_language_makes_nobody_wait() -> None:
    listener = bilingual(("en", 0.9, 3.0), ("en", 0.9, 3.0))
    second = [w for w in listener.windows if w.audio.start > 3.5]
    assert [w.listen for w in second] == [True, False, False, False]


def test_what_is_given_is_never_changed() -> None:
    listener = Listener(stage(language="en", languages=["en", "zh"]), listening("zh", 0.99))
    listener.give(silence(3.0), EndOfUtterance(3.0), silence(3.0, 4.0), EndOfUtterance(7.0))
    assert not any(window.listen for window in listener.windows)
    assert finals(listener) == ["en", "en"]


def test_a_pause_keeps_everything() -> None:
    """Law 12: a pause ends an utterance, never the language, the hot words or the text before."""
    listener = Listener(
        stage(language=None, languages=["en", "zh"], hot_words={"zh": ("alpha",), "en": ("bravo",)})
    )
    listener._hear = listening("zh", 0.9, "a")
    listener.give(silence(3.0), EndOfUtterance(3.0), silence(0.5, 600.0), EndOfUtterance(600.5))
    last = listener.windows[-1]
    assert (last.language, last.hot_words, last.languages) == ("zh", ("alpha",), ("en", "zh"))
    assert set(last.prompt.split()) == {"a"}


def test_hot_words_are_those_of_the_language() -> None:
    listener = Listener(stage(language=None, hot_words={"en": ["alpha"], "zh": ["好"]}))
    listener.give(*audio(speak(VOCABULARY[:9])))
    assert [window.hot_words for window in listener.windows] == [(), (), (), ("alpha",), ("alpha",)]


def test_a_stage_can_be_kept_and_taken_up_again() -> None:
    samples = speak(VOCABULARY)
    half = len(samples) // 2
    whole = Listener(stage(chinese="traditional")).give(*audio(samples), EndOfUtterance(1.0)).finish()
    first = Listener(stage(chinese="traditional")).give(*audio(samples[:half]))
    second = Listener(pickle.loads(pickle.dumps(first.stage)))
    second.give(*audio(samples[half:], half), EndOfUtterance(1.0)).finish()
    assert first.updates + second.updates == whole.updates


def test_chinese_is_written_as_configured() -> None:
    heard = tuple(Word(text, i / 5, (i + 1) / 5) for i, text in enumerate(("头", "发", "OK")))
    for form, written in (("traditional", "頭髮OK"), ("simplified", "头发OK"), ("as_heard", "头发OK")):
        listener = Listener(stage(language="zh", chinese=form), script(heard, heard, ()))
        listener.give(silence(1.6))
        assert "".join(text_of(update.committed) for update in listener.updates) == written
        assert [word.text for word in listener.windows[-1].prefix] == []


@pytest.mark.parametrize(
    ("language", "said", "written"),
    [
        (
            "zh",
            ("我们", "用", " Visual", " Studio", "开", "会", "，", "OK", "吗"),
            "我們用 Visual Studio開會，OK嗎",
        ),
        ("en", (" The", " dish", " is", " called", " 麻", "婆", "豆", "腐"), "The dish is called 麻婆豆腐"),
    ],
)
def test_two_languages_in_one_sentence_stay_as_spoken(
    language: str, said: tuple[str, ...], written: str
) -> None:
    heard = tuple(Word(text, i / 5, (i + 1) / 5) for i, text in enumerate(said))
    listener = Listener(stage(language=language, chinese="traditional"), script(heard, heard))
    listener.give(silence(1.6), EndOfUtterance(1.6)).finish()
    assert not listener.notices
    assert {update.language for update in listener.updates} == {language}
    assert text_of(word for update in listener.updates for word in update.committed) == written


def test_a_doubtful_language_must_do_after_a_while() -> None:
    listener = Listener(stage(language=None), script(*[spoken("cy", 0.3)] * 9)).give(silence(7.0))
    assert {update.language for update in listener.updates} == {"cy"}
    assert listener.windows[-1].language == "cy"


def test_noise_does_not_choose_a_language() -> None:
    nothing = Recognition((), "nn", 0.9)
    listener = Listener(stage(language=None), script(*[nothing] * 8, spoken("en", 0.9)))
    listener.give(silence(6.0), EndOfUtterance(6.0), silence(0.5, 9.0), EndOfUtterance(9.5))
    assert [update.language for update in listener.updates] == ["en"]


# Laws.


talks = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=40)


@few
@given(talks, st.lists(st.integers(1, 30_000), max_size=40))
def test_any_split_of_the_audio_gives_the_same_updates(talk: list[str], sizes: list[int]) -> None:
    samples = speak(talk)
    whole = Listener(stage()).give(*audio(samples), EndOfUtterance(1.0)).finish()
    split = Listener(stage()).give(*audio(samples, 0, sizes), EndOfUtterance(1.0)).finish()
    assert split.updates == whole.updates
    assert whole.committed() == [" ".join(talk)]


noise = st.lists(
    st.lists(
        st.builds(
            lambda text, start, length: Word(text, start, start + length),
            st.sampled_from([" a", " b", " c.", " 好", "d"]),
            st.floats(-5, 40),
            st.floats(0, 10),
        ),
        max_size=12,
    ),
    max_size=30,
)


@few
@given(noise, st.lists(st.floats(0.1, 6.0), min_size=1, max_size=5))
def test_no_hypotheses_break_the_laws(hypotheses: list[list[Word]], utterances: list[float]) -> None:
    listener = Listener(stage(), script(*hypotheses))
    position, latest = 0.0, 0.0
    transcript = Transcript()
    done = 0
    for seconds in utterances:
        chunk = silence(seconds, round(position * SAMPLE_RATE) / SAMPLE_RATE)
        listener.give(chunk, EndOfUtterance(chunk.end))
        for update in listener.updates[done:]:
            transcript.add(update)
            shown = update.committed + update.tentative
            assert all(latest <= word.start <= word.end <= chunk.end for word in shown)
            assert all(a.start <= b.start for a, b in pairwise(shown))
            latest = update.committed[-1].start if update.committed else latest
        done = len(listener.updates)
        position = chunk.end + 0.5
    ended = {u.utterance for u in listener.updates if u.final}
    assert ended == {u.utterance for u in listener.updates}


def test_an_utterance_ends_with_the_surer_of_its_last_two_hypotheses() -> None:
    sure, unsure = words("four", "eight"), muttered("three", sure=0.5)
    listener = Listener(stage(), script(sure, unsure)).give(silence(1.2), EndOfUtterance(1.2))
    assert text_of(listener.updates[-1].committed) == "four eight"


def test_while_an_utterance_goes_on_its_last_hypothesis_is_shown() -> None:
    sure, unsure = words("four", "eight"), muttered("three", sure=0.5)
    listener = Listener(stage(), script(sure, unsure)).give(silence(2 * STEP + 0.1))
    assert [text_of(update.tentative) for update in listener.updates] == ["four eight", "three"]


def test_what_was_heard_in_another_language_does_not_end_an_utterance() -> None:
    german = Recognition(words("vier", "acht"), "de", 0.4)
    english = Recognition(muttered("three", sure=0.5), "en", 0.9)
    listener = Listener(stage(language=None), script(german, english))
    listener.give(silence(1.2), EndOfUtterance(1.2))
    assert [(text_of(u.committed), u.language) for u in listener.updates] == [("three", "en")]


# What is not understood.


def muttered(*texts: str, sure: float, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(replace(word, probability=sure) for word in words(*texts, start=start))


def test_what_is_not_understood_twice_is_heard_seldom_and_withheld() -> None:
    heard = [muttered("a", "crowd", sure=0.1)] * 2 + [muttered("a", "crowd", "or", "two", sure=0.3)] * 20
    listener = Listener(stage(beam=True), script(*heard)).give(silence(6.0), EndOfUtterance(6.0))
    assert all(update.final for update in listener.updates)
    ends = [window.audio.end for window in listener.windows if not window.final]
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    assert gaps[0] == pytest.approx(STEP)
    assert all(gap > 2 * STEP for gap in gaps[1:])
    assert [window.beam for window in listener.windows] == [True, True, *[False] * (len(ends) - 2), True]
    assert [notice.code for notice in listener.notices] == ["unsure"]


def test_a_word_that_silence_is_heard_as_is_not_committed() -> None:
    spoken = words("good", "morning.")
    invented = Word(" The", 2.6, 2.9, 0.006)
    stream = stage()
    listener = Listener(stream, script(spoken, spoken, (), (invented,)))
    listener.give(silence(3.0), EndOfUtterance(3.0))
    assert text_of(word for update in listener.updates for word in update.committed) == "good morning."
    assert stream.alarms["unsure"] == 1
    assert [notice.code for notice in listener.notices] == ["unsure"]


def test_speech_behind_what_was_not_understood_is_committed_whole() -> None:
    speech = words("now", "we", "begin", "again", start=2.0)
    heard = [muttered("a", "crowd", sure=0.1)] * 2 + [speech] * 20
    listener = Listener(stage(), script(*heard)).give(silence(7.0))
    assert listener.committed() == [text_of(speech).strip()]


def test_a_whole_utterance_is_not_lost_because_its_beginning_was_doubted() -> None:
    heard = [muttered("a", sure=0.1)] * 2 + [muttered("a", "late", "word", sure=0.3)] * 9
    listener = Listener(stage(), script(*heard)).give(silence(2.0), EndOfUtterance(2.0)).finish()
    assert listener.committed() == ["a late word"]


def test_doubt_outlasts_an_utterance_that_grew_too_long_and_no_pause() -> None:
    heard = [muttered("a", "crowd", sure=0.1)] * 60
    for begins, doubted in ((9.0, True), (10.5, False)):
        listener = Listener(stage(beam=True), script(*heard))
        listener.give(silence(9.0), EndOfUtterance(9.0), silence(4.0, start=begins))
        first = next(window for window in listener.windows if window.audio.start >= begins)
        assert first.beam is not doubted

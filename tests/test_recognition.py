"""Recognition with scripted recognizers: what is committed, when, and what is asked."""

import math
import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.commit import LocalAgreement
from asr.history import CONTENT, KEPT_SECONDS, KEPT_WORDS, MOST_WORDS, PROMPT
from asr.recognition import OVERDUE, STEP, TOO_LONG, RecognitionStage
from streaming.audio import SAMPLE_RATE, EndOfUtterance
from streaming.captions import Transcript
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Recognition, Window
from streaming.words import Word, text_of
from tests.recognition_listener import Listener, audio, muttered, script, silence, stage, words

few = settings(max_examples=30)


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


def test_an_utterance_ends_with_the_surer_of_its_last_two_hypotheses() -> None:
    sure, unsure = words("four", "eight"), muttered("three", sure=0.5)
    listener = Listener(stage(), script(sure, unsure)).give(silence(1.2), EndOfUtterance(1.2))
    assert text_of(listener.updates[-1].committed) == "four eight"


def test_clear_words_are_not_lost_where_the_last_search_finds_nothing() -> None:
    listener = Listener(stage(), script(words("four", "eight"), ())).give(silence(1.2), EndOfUtterance(1.2))
    assert text_of(listener.updates[-1].committed) == "four eight"


def test_words_before_those_that_a_guard_withheld_are_not_gone_back_to() -> None:
    closing = (Word(" Thank", 0.0, 0.3, 0.1), Word(" you.", 0.3, 0.6, 0.9))
    hear = script(words("four", "eight"), closing)
    listener = Listener(stage(), hear).give(silence(1.2), EndOfUtterance(1.2))
    assert text_of(listener.updates[-1].committed) == ""
    assert listener.stage.alarms["closing"] == 1


def test_while_an_utterance_goes_on_its_last_hypothesis_is_shown() -> None:
    sure, unsure = words("four", "eight"), muttered("three", sure=0.5)
    listener = Listener(stage(), script(sure, unsure)).give(silence(2 * STEP + 0.1))
    assert [text_of(update.tentative) for update in listener.updates] == ["four eight", "three"]


def test_a_stage_can_be_kept_and_taken_up_again() -> None:
    samples = speak(VOCABULARY)
    half = len(samples) // 2
    whole = Listener(stage(chinese="traditional")).give(*audio(samples), EndOfUtterance(1.0)).finish()
    first = Listener(stage(chinese="traditional")).give(*audio(samples[:half]))
    second = Listener(pickle.loads(pickle.dumps(first.stage)))
    second.give(*audio(samples[half:], half), EndOfUtterance(1.0)).finish()
    assert first.updates + second.updates == whole.updates


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

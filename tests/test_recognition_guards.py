"""Recognition that cannot be believed: what is asked again, withheld, and said about it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from asr import presets
from asr.recognition import STEP, RecognitionStage
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.stages import Recognition, Window
from streaming.words import Word, text_of
from tests.recognition_listener import Listener, muttered, script, silence, stage, words

# What sounds invented.


LOOP = words("so", *["you"] * 20, step=0.04)


def test_a_loop_is_asked_again_in_full_without_prompt() -> None:
    hear = script(words("alpha"), LOOP, words("so", "you", "know", start=3.0))
    listener = Listener(stage(hot_words={"en": ["beta"]}, prefaces={"en": "Letters."}), hear)
    listener.give(silence(0.5), EndOfUtterance(0.5), silence(1.6, 3.0))
    _, first, again, later = listener.windows
    assert (first.prompt, first.hot_words, first.full) == (" alpha", ("beta",), False)
    assert (again.prompt, again.hot_words, again.full) == ("", (), True)
    assert [window.preface for window in (first, again, later)] == ["Letters.", "", "Letters."]
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
    committed = [word for update in listener.updates for word in update.committed]
    assert [replace(word, text=word.text.lower()) for word in committed] == [
        replace(word, text=word.text.lower()) for word in truth
    ]
    assert not listener.notices


def test_silence_behind_a_sentence_adds_no_mark() -> None:
    tea = words("tea.")
    hear = script(tea, tea, [replace(tea[0], text=".", start=0.9, end=1.0)])
    listener = Listener(stage(by_sentence=True), hear).give(silence(2.0), EndOfUtterance(2.0)).finish()
    assert "".join(word.text for update in listener.updates for word in update.committed) == " Tea."


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


# What is not understood.


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


def test_what_is_not_understood_at_first_is_only_late() -> None:
    said = words("good", "morning.")
    heard = stage()
    listener = Listener(heard, script(muttered("a", sure=0.1), said, said))
    listener.give(silence(2.4), EndOfUtterance(2.4))
    assert heard.alarms["unsure"] == 1
    assert listener.committed() == ["good morning."]
    assert not listener.notices


def test_what_a_recognizer_copies_from_itself_is_not_believed() -> None:
    """As base does over voices that are played backwards: "I love you." is not believed once, then often."""

    def hear(window: Window) -> Recognition:
        start = window.prefix[-1].end if window.prefix else window.audio.start
        count = round((window.audio.end - start) / 1.5)
        said = words(*["I", "love", "you."] * count, start=start, step=0.5)
        own = [] if window.prefix or window.prompt else [0.02, 0.1, 0.1]
        heard = zip(said, [*own, *[0.9] * len(said)], strict=False)
        copied = tuple(replace(word, probability=probability) for word, probability in heard)
        return Recognition(copied, "en", 1.0, no_speech_probability=0.4)

    listener = Listener(stage(first=0.38), hear)
    for start in range(0, 60, 10):
        listener.give(silence(9.0, start), EndOfUtterance(start + 9.0))
    assert not any(update.committed for update in listener.updates)
    assert "unsure" in {notice.code for notice in listener.notices}


def test_a_word_that_silence_is_heard_as_is_not_committed() -> None:
    spoken = words("good", "morning.")
    invented = Word(" The", 2.6, 2.9, 0.006)
    stream = stage()
    listener = Listener(stream, script(spoken, spoken, (), (invented,)))
    listener.give(silence(3.0), EndOfUtterance(3.0))
    assert text_of(word for update in listener.updates for word in update.committed) == "good morning."
    assert stream.alarms["unsure"] == 1
    assert not listener.notices


GUESS = (Word(" The", 2.6, 2.9, 0.006),)


@pytest.mark.parametrize(
    ("heard", "code"),
    [
        (Recognition(GUESS, "en", 1.0, 0.9, -1.6), "no_speech"),
        (Recognition((Word(" Thank", 2.0, 2.4), Word(" you.", 2.4, 2.9)), "en", 1.0, 0.9, -0.1), "closing"),
        (Recognition(GUESS, "en"), "unsure"),
    ],
)
@pytest.mark.parametrize(
    ("shown", "said"),
    [
        # The words before are committed, and nothing stood behind them.
        ((words("good", "morning."), words("good", "morning."), ()), False),
        # What stood behind them is gone.
        ((words("good", "morning."), words("good", "morning."), words("all", start=2.0)), True),
        # Nothing but this was said.
        (((), (), ()), True),
    ],
    ids=["behind", "shown", "alone"],
)
def test_what_silence_is_heard_as_is_said_only_if_somebody_misses_it(
    shown: tuple[Sequence[Word], ...], said: bool, heard: Recognition, code: str
) -> None:
    stream = stage()
    listener = Listener(stream, script(*shown, heard))
    listener.give(silence(3.0), EndOfUtterance(3.0))
    assert stream.alarms[code] == 1
    assert [notice.code for notice in listener.notices] == ([code] if said else [])


def test_an_invented_end_of_what_is_committed_with_it_is_not_said() -> None:
    spoken = words("good", "morning.")
    stream = stage()
    listener = Listener(stream, script(spoken, (*spoken, *GUESS))).give(silence(1.0), EndOfUtterance(1.0))
    assert listener.committed() == ["good morning."]
    assert stream.alarms["unsure"] == 1
    assert not listener.notices


def test_a_loop_at_an_end_is_said() -> None:
    spoken = words("good", "morning.")
    listener = Listener(stage(), script(spoken, spoken, (), LOOP, LOOP))
    listener.give(silence(3.0), EndOfUtterance(3.0))
    assert [notice.code for notice in listener.notices] == ["loop"]


def test_speech_behind_what_was_not_understood_is_committed_whole() -> None:
    speech = words("now", "we", "begin", "again", start=2.0)
    heard = [muttered("a", "crowd", sure=0.1)] * 2 + [speech] * 20
    listener = Listener(stage(), script(*heard)).give(silence(7.0))
    assert listener.committed() == [text_of(speech).strip()]


def test_a_whole_utterance_is_not_lost_because_its_beginning_was_doubted() -> None:
    heard = [muttered("a", sure=0.1)] * 2 + [muttered("a", "late", "word", sure=0.45)] * 9
    listener = Listener(stage(), script(*heard)).give(silence(2.0), EndOfUtterance(2.0)).finish()
    assert listener.committed() == ["a late word"]


def test_doubt_outlasts_an_utterance_that_grew_too_long_and_no_pause() -> None:
    heard = [muttered("a", "crowd", sure=0.1)] * 60
    for begins, doubted in ((9.0, True), (10.5, False)):
        listener = Listener(stage(beam=True), script(*heard))
        listener.give(silence(9.0), EndOfUtterance(9.0), silence(4.0, start=begins))
        first = next(window for window in listener.windows if window.audio.start >= begins)
        assert first.beam is not doubted

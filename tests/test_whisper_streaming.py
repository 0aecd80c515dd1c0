"""The baseline that we are measured against commits as its paper says."""

import numpy as np

from benchmarks.whisper_streaming import Agreement, WhisperStreamingStage
from streaming.audio import SAMPLE_RATE, AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.stages import DONE, READ, Ask, Recognition, Window, Write
from streaming.words import Word, text_of

SENTENCE = tuple(Word(f" w{i}" + ("." if i % 5 == 4 else ""), 0.5 * i, 0.5 * i + 0.4) for i in range(44))


def test_two_hypotheses_must_agree_word_for_word() -> None:
    agreement = Agreement()
    assert agreement.take(SENTENCE[:3]) == ()
    assert agreement.take((*SENTENCE[:2], Word(" W2", 1.0, 1.4))) == SENTENCE[:2]
    assert agreement.tentative == (Word(" W2", 1.0, 1.4),)


def test_words_that_were_committed_are_not_new() -> None:
    agreement = Agreement()
    agreement.take(SENTENCE[:3])
    assert agreement.take(SENTENCE[:3]) == SENTENCE[:3]
    assert agreement.take(SENTENCE[:4]) == ()
    assert agreement.tentative == SENTENCE[3:4]


def test_an_overlap_is_removed() -> None:
    agreement = Agreement()
    agreement.take(SENTENCE[:3])
    agreement.take(SENTENCE[:3])
    shifted = (Word(" w2", 1.35, 1.5), Word(" w3", 1.6, 1.9))
    agreement.take(shifted)
    assert text_of(agreement.tentative) == "w3"


def test_a_long_buffer_is_cut_at_a_committed_segment_and_prompts() -> None:
    windows, updates = run(22.0)
    assert text_of(word for update in updates for word in update.committed) == text_of(SENTENCE)
    assert [window.audio.end for window in windows[:3]] == [1.0, 2.0, 3.0]
    assert max(window.audio.duration for window in windows) <= 17.0
    assert windows[-1].audio.start > 0
    assert windows[-1].prompt.endswith(".")
    assert len(windows[-1].prompt) <= 200
    assert all(window.beam and window.unhurried for window in windows)  # as wide as the card says
    assert updates[-1].final


def run(seconds: float) -> tuple[list[Window], list[Update]]:
    """Run the stage on one utterance, with a recogniser that hears `SENTENCE`."""
    stage, windows, updates = WhisperStreamingStage("en"), list[Window](), list[Update]()
    for position in range(0, round(seconds * 10)):
        stage.receive(AudioChunk(np.zeros(SAMPLE_RATE // 10, np.float32), position * SAMPLE_RATE // 10))
    stage.receive(EndOfUtterance(seconds))
    stage.finish()
    while (action := stage.next_action()) is not DONE:
        match action:
            case Ask(window):
                windows.append(window)
                audio = window.audio
                heard = tuple(w for w in SENTENCE if audio.start <= w.start and w.end <= audio.end)
                stage.receive_result(Recognition(heard, "en"), 0.0)
            case Write(update):
                updates.append(update)
            case _:
                raise AssertionError(READ)
    return windows, updates

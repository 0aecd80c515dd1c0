"""What recognition remembers, and how much of it."""

import numpy as np
import pytest

from asr.history import CONTENT, KEPT_SECONDS, KEPT_WORDS, MOST_WORDS, PROMPT, History
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.words import Word


def history(
    seconds: float, start: float = 0.0, *, content: float = CONTENT, by_sentence: bool = False
) -> History:
    found = History(content, by_sentence=by_sentence)
    samples = np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32)
    found.append(AudioChunk(samples, round(start * SAMPLE_RATE)))
    return found


def words(count: int, length: float, start: float = 0.0) -> list[Word]:
    return [Word(f" w{i}", start + i * length, start + (i + 1) * length) for i in range(count)]


@pytest.mark.parametrize(
    ("length", "kept"),
    [(0.1, KEPT_WORDS), (0.2, KEPT_WORDS), (0.5, 6), (1.0, 3), (2.0, 1), (4.0, 0)],
)
def test_few_words_are_kept_before_the_frontier(length: float, kept: int) -> None:
    remembered = history(10.0)
    said = words(int(8.5 / length), length)
    remembered.commit(said)
    remembered.trim(10.0, "en")
    assert list(remembered.prefix) == said[len(said) - kept :]
    start = said[-kept].start if kept else said[-1].end
    window = remembered.window(10 * SAMPLE_RATE)
    assert window.start == pytest.approx(start, abs=1e-4)
    assert window.samples[0] == window.offset
    assert remembered.frontier - window.start <= KEPT_SECONDS + 1e-3
    assert remembered.prompt == "".join(word.text for word in said[: len(said) - kept])[-PROMPT:]


def test_a_window_that_may_hold_less_is_cut_sooner_and_keeps_less() -> None:
    remembered = history(CONTENT, content=CONTENT / 2)
    remembered.commit(words(30, 0.1))
    remembered.trim(CONTENT / 2, "en")
    assert len(remembered.prefix) == 30
    remembered.trim(CONTENT / 2 + 0.1, "en")
    assert len(remembered.prefix) == KEPT_WORDS / 2
    remembered.commit(words(5, 0.5, 3.0))
    remembered.trim(CONTENT, "en")
    assert len(remembered.prefix) == KEPT_SECONDS / 2 / 0.5


def test_a_short_window_is_left_alone() -> None:
    remembered = history(CONTENT)
    remembered.commit(words(20, 0.3))
    remembered.trim(CONTENT, "en")
    assert remembered.window(SAMPLE_RATE).start == 0.0
    assert len(remembered.prefix) == 20
    assert remembered.prompt == ""


def test_a_window_of_many_words_is_cut() -> None:
    remembered = history(CONTENT)
    remembered.commit(words(MOST_WORDS, 0.1))
    remembered.trim(5.0, "en")
    assert len(remembered.prefix) == MOST_WORDS
    remembered.commit(words(1, 0.1, 4.9))
    remembered.trim(5.0, "en")
    assert len(remembered.prefix) == KEPT_WORDS


def test_an_utterance_begins_where_its_audio_does() -> None:
    remembered = history(1.0, 7.0)
    assert (remembered.is_open, remembered.frontier, remembered.end) == (True, 7.0, 8 * SAMPLE_RATE)
    remembered.commit(words(2, 0.3, 7.0))
    remembered.close()
    assert (remembered.is_open, remembered.prefix, remembered.prompt) == (False, (), " w0 w1")
    remembered.append(AudioChunk(np.zeros(160, np.float32), 20 * SAMPLE_RATE))
    assert (remembered.frontier, remembered.prompt) == (20.0, " w0 w1")
    assert remembered.window(remembered.end).offset == 20 * SAMPLE_RATE


def test_the_frontier_never_goes_back() -> None:
    remembered = history(5.0)
    remembered.commit(words(1, 2.0))
    remembered.skip(1.0)
    assert remembered.frontier == 2.0
    remembered.skip(3.0)
    remembered.commit(words(1, 1.0))
    assert remembered.frontier == 3.0


@pytest.mark.parametrize("text", [" word", "字"])
def test_the_prompt_is_bounded(text: str) -> None:
    remembered = history(5.0)
    for _ in range(3):
        remembered.commit([Word(text, 0.0, 1.0)] * 100)
        remembered.close()
    assert PROMPT - len(text) < len(remembered.prompt) <= PROMPT
    assert set(remembered.prompt.split(text)) == {""}


def test_a_window_begins_anew_in_the_pause_behind_a_sentence() -> None:
    """Alignments are off by a little: the pause counts, not the time of the word."""
    remembered = History(by_sentence=True)
    samples = np.ones(4 * SAMPLE_RATE, np.float32)
    samples[round(1.1 * SAMPLE_RATE) : round(1.25 * SAMPLE_RATE)] = 0.0
    remembered.append(AudioChunk(samples, 0))
    said = [Word(" One", 0.0, 0.5), Word(" two.", 0.5, 1.0), Word(" Three", 1.0, 2.0)]
    remembered.commit(said)
    remembered.trim(3.0, "en")
    assert list(remembered.prefix) == said[2:]
    assert 1.1 < remembered.window(4 * SAMPLE_RATE).start < 1.25
    assert remembered.prompt == " One two."
    assert remembered.frontier == 2.0


def test_a_quiet_place_within_the_last_word_is_no_pause() -> None:
    """Behind it would be the word's own end, which would be heard once more ("eight" as "eight T")."""
    remembered = History(by_sentence=True)
    samples = np.ones(3 * SAMPLE_RATE, np.float32)
    samples[round(0.78 * SAMPLE_RATE) : round(0.9 * SAMPLE_RATE)] = 0.0
    samples[round(1.2 * SAMPLE_RATE) :] = 0.1
    remembered.append(AudioChunk(samples, 0))
    remembered.commit([Word(" Eight.", 0.5, 1.0)])
    remembered.trim(3.0, "en")
    assert 1.2 < remembered.window(3 * SAMPLE_RATE).start < 1.4


@pytest.mark.parametrize(("end", "by_sentence"), [(",", True), (".", False)])
def test_within_a_sentence_a_short_window_is_left_alone(end: str, by_sentence: bool) -> None:
    remembered = history(4.0, by_sentence=by_sentence)
    remembered.commit([Word(f" one{end}", 0.0, 1.0)])
    remembered.trim(3.0, "en")
    assert len(remembered.prefix) == 1
    assert remembered.window(4 * SAMPLE_RATE).start == 0.0


@pytest.mark.parametrize(
    ("texts", "language", "kept"),
    [
        ([" वह", " है।"], "hi", 0),
        ([" وأنت", " بخير؟"], "ar", 0),
        ([" the", " end.”", " Then"], "en", 1),
        ([" by", " Dr."], "en", 2),
        ([" by", " J.", " Smith"], "en", 3),
        ([" it", " is", " no.", " 5"], "en", 4),
        ([" he", " said", " no."], "en", 0),
    ],
)
def test_a_sentence_ends_as_its_language_writes_it(texts: list[str], language: str, kept: int) -> None:
    remembered = history(6.0, by_sentence=True)
    remembered.commit([Word(text, i, i + 1) for i, text in enumerate(texts)])
    remembered.trim(5.0, language)
    assert len(remembered.prefix) == kept


def test_a_sentence_that_ends_with_the_audio_is_cut_at_its_end() -> None:
    remembered = history(1.0, by_sentence=True)
    remembered.commit([Word(" one.", 0.98, 1.0)])
    remembered.trim(1.0, "en")
    assert remembered.prefix == ()
    assert remembered.window(SAMPLE_RATE).start == 1.0


@pytest.mark.parametrize(("quiet", "cut"), [(1.0, 2.0), (0.8, 2.0), (0.1, 2.13)])
def test_where_there_is_no_pause_a_sentence_is_cut_at_its_end(quiet: float, cut: float) -> None:
    """In a crowd the quietest place may lie within a word."""
    remembered = History(by_sentence=True)
    samples = np.ones(3 * SAMPLE_RATE, np.float32)
    samples[round(2.08 * SAMPLE_RATE) : round(2.18 * SAMPLE_RATE)] = quiet
    remembered.append(AudioChunk(samples, 0))
    remembered.commit([Word(" one.", 1.0, 2.0)])
    remembered.trim(3.0, "en")
    assert remembered.window(3 * SAMPLE_RATE).start == pytest.approx(cut, abs=0.05)


def test_recent_words_are_known_when_they_have_left_the_window() -> None:
    remembered = history(20.0, by_sentence=True)
    said = [Word(f" {half}.", half / 2, (half + 1) / 2) for half in range(24)]
    for word in said:
        remembered.commit([word])
        remembered.trim(word.end, "en")
    assert remembered.prefix == ()
    assert list(remembered.recent) == said[-round(2 * CONTENT) :]
    remembered.close()
    assert remembered.recent == ()

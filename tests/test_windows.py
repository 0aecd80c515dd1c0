"""Windows for training: what is cut off is not wanted, and what nobody times is not cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.recipe import spectra
from embedded.recipe.shards import Shard, Spoken, phoneme_frames, write_shard
from embedded.recipe.synthesis import Utterance, Voice, Word
from embedded.recipe.windows import Composer, Difficulty, Window, cut, joined, origin

TEXT = "We left early, Tom."
WORDS = [(0, 2, 0.1, 0.3), (3, 7, 0.3, 0.7), (8, 14, 0.7, 1.2), (15, 19, 1.4, 1.8)]


def spoken(timed: bool = True) -> Spoken:
    frames = 200
    words = WORDS if timed else [(first, last, -1.0, -1.0) for first, last, _, _ in WORDS]
    codes = np.full((frames, spectra.MELS), 90, dtype=np.uint8)
    return Spoken(TEXT, "en", words, codes, np.ones((frames // 2, 2), dtype=np.uint8))


@given(st.integers(0, 10_000))
def test_a_cut_window_wants_whole_words_heard(seed: int) -> None:
    source = np.random.default_rng(seed)
    window = joined(source, [spoken(), spoken()], begin=0)
    whole = [text for text, _ in window.sentences]
    cut(source, window)
    seconds = len(window.spectrum) / 100
    assert len(window.sounds) * 2 == len(window.spectrum)
    for (text, words), before in zip(window.sentences, whole, strict=False):
        assert before.startswith(text)
        assert all(end <= seconds + 0.05 for _, _, _, end in words)
        assert text == before or not text.endswith((",", "."))


@given(st.integers(0, 10_000), st.integers(0, 3))
def test_a_window_that_begins_in_a_sentence_wants_the_rest(seed: int, begin: int) -> None:
    window = joined(np.random.default_rng(seed), [spoken()], begin)
    [(text, words)] = window.sentences
    assert text == TEXT[WORDS[begin][0] :]
    assert [text[first:last] for first, last, _, _ in words] == [TEXT[a:b] for a, b, _, _ in WORDS[begin:]]
    assert all(
        end - start == pytest.approx(e - s)
        for (*_, start, end), (*_, s, e) in zip(words, WORDS[begin:], strict=True)
    )


def test_what_nobody_timed_stays_without_times() -> None:
    window = joined(np.random.default_rng(0), [spoken(timed=False), spoken(timed=False)], begin=0)
    assert all(end < 0 for _, words in window.sentences for *_, end in words)


def test_silence_is_empty() -> None:
    nothing = np.zeros((10, 2), dtype=np.uint8)
    assert Window("en", np.zeros((20, spectra.MELS), dtype=np.float32), nothing).empty


def test_sounds_last_until_the_next() -> None:
    names: dict[str, int] = {"": 0}
    frames = phoneme_frames([("a", 0.02), ("", 0.06), ("b", 0.08)], 6, names)
    assert frames.tolist() == [0, 1, 1, 0, 2, 2]
    assert phoneme_frames([], 3, names).tolist() == [255, 255, 255]


def test_windows_become_harder() -> None:
    easy, hard = Difficulty.at(0), Difficulty.at(5_000)
    assert easy.longest < hard.longest
    assert easy.cut == 0 < hard.cut


@pytest.mark.parametrize(
    ("name", "expected"),
    [("train-en-0003", ""), ("train-en-flite-0000", "flite"), ("train-en-real-LJ003", "real")],
)
def test_origin(name: str, expected: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert origin(tmp_path_factory.getbasetemp() / name) == expected


def write(folder: Path, name: str, spoken: list[tuple[float, str]]) -> None:
    """Write a shard of hiss, in seconds and voices."""
    said = []
    for seconds, voice in spoken:
        wave = np.random.default_rng(1).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)
        said.append((Utterance(name, "en", wave, [Word(0, 2, -1.0, -1.0)], [], []), Voice(voice)))
    write_shard(folder / name, "en", said, keep_waves=False)


def first_windows(folder: Path) -> list[str]:
    """The texts of some windows as training begins from nothing."""
    composer, source = Composer(folder, {"": 0}), np.random.default_rng(3)
    composer.refresh()
    windows = [composer.window(source, Difficulty.at(0)) for _ in range(40)]
    return [text for window in windows for text, _ in window.sentences]


def test_training_from_nothing_passes_over_a_shard_in_which_all_is_long(tmp_path: Path) -> None:
    write(tmp_path, "train-en-0000", [(1.0, "en-us")])
    write(tmp_path, "train-en-real-LJ003", [(3.0, "LJ003"), (2.5, "LJ003")])
    assert set(first_windows(tmp_path)) == {"train-en-0000"}


def test_a_language_without_anything_short_is_an_error_and_not_a_search_without_end(tmp_path: Path) -> None:
    write(tmp_path, "train-en-real-LJ003", [(3.0, "LJ003")])
    with pytest.raises(ValueError, match="no utterance in en is as short"):
        first_windows(tmp_path)


def test_what_is_chosen_fits_and_is_in_usual_voices_as_often_as_wanted(tmp_path: Path) -> None:
    write(
        tmp_path,
        "train-en-0000",
        [(1.0, "en-us"), (4.0, "en-us"), (1.5, "en-us+croak"), (3.0, "en-us+croak")],
    )
    shard, source = Shard(tmp_path / "train-en-0000", {"": 0}), np.random.default_rng(5)
    assert shard.shortest == 100
    assert {shard.choose(source, 0.0, 200) for _ in range(60)} == {0, 2}
    assert {shard.choose(source, 1.0, 200) for _ in range(60)} == {0}
    assert {shard.choose(source, 0.0, 400) for _ in range(60)} == {0, 1, 2, 3}


@pytest.mark.parametrize("backwards", [False, True])
def test_a_voice_runs_backwards_and_goes_on_as_long_as_wanted(tmp_path: Path, backwards: bool) -> None:
    swelling = np.random.default_rng(1).normal(0, 0.1, 32_000) * np.geomspace(0.01, 1.0, 32_000)
    said = Utterance("Ah.", "en", swelling.astype(np.float32), [Word(0, 2, -1.0, -1.0)], [], [])
    write_shard(tmp_path / "train-en-0000", "en", [(said, Voice("en-us"))], keep_waves=False)
    composer = Composer(tmp_path, {"": 0})
    composer.refresh()
    voice = composer.voice(np.random.default_rng(2), "en", 450, backwards)
    assert voice.shape == (450, spectra.MELS)
    begin, end = np.array_split(voice[-200:].mean(axis=1), 2)
    assert bool(end.mean() < begin.mean()) == backwards


def test_babble_is_heard_and_wants_nothing(tmp_path: Path) -> None:
    write(tmp_path, "train-en-0000", [(1.0, "en-us"), (1.5, "en-us")])
    composer, source = Composer(tmp_path, {"": 0}), np.random.default_rng(4)
    composer.refresh()
    windows = [composer.babble(source, "en", Difficulty()) for _ in range(20)]
    assert all(window.empty and not window.sentences for window in windows)
    assert all(len(window.spectrum) == 2 * len(window.sounds) for window in windows)
    assert all(window.spectrum.mean() > spectra.FLOOR + 2 for window in windows)

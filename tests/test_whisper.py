"""Whisper on CTranslate2: window arithmetic and traps on a toy, words on the embedded models."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES
from hypothesis import given
from hypothesis import strategies as st
from toy_whisper import write_whisper

import asr
from asr.card import LONGEST, Card, read_card, window_seconds
from asr.pieces import FRAME, join_punctuation, pieces
from asr.whisper import SHORTEST, WhisperRecognizer
from mt.languages import is_code, known, normalized
from streaming.audio import SAMPLE_RATE, AudioChunk
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import Recognition, Window
from streaming.words import Word

STOCK = Card()
NEVER_TRANSLATED = {"br", "haw", "la"}
"""Languages that Whisper hears and no family of translators has a code for."""
SHORT = Card(("en",), 4.0, 1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def recognizer(folder: Path) -> WhisperRecognizer:
    return WhisperRecognizer(folder, device="cpu", compute_type="float32", workers=2)


def noise(seconds: float, offset: int = 0) -> AudioChunk:
    samples = np.random.default_rng(1).standard_normal(round(seconds * SAMPLE_RATE)) * 0.1
    return AudioChunk(samples.astype(np.float32), offset)


def hear(recognizer: WhisperRecognizer, window: Window) -> Recognition:
    (answer,) = recognizer.recognize([window])
    return answer


class Spy:
    """Stands before the model and remembers what it is asked."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.mels: list[Any] = []
        self.encoded: list[Any] = []
        self.prompts: list[list[int]] = []
        self.options: list[dict[str, Any]] = []
        self.sequences: list[list[int]] = []
        self.frames: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, features: Any) -> Any:
        self.mels.append(np.array(features))
        encoded = self._model.encode(features)
        self.encoded.append(np.array(encoded))
        return encoded

    def generate(self, features: Any, prompts: list[list[int]], **options: Any) -> Any:
        self.prompts += prompts
        self.options.append(options)
        results = self._model.generate(features, prompts, **options)
        self.sequences += [result.sequences_ids[0] for result in results]
        return results

    def align(self, features: Any, start: Sequence[int], tokens: Any, frames: int) -> Any:
        self.frames.append(frames)
        return self._model.align(features, start, tokens, frames)


@pytest.fixture
def spy(recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch) -> Spy:
    found = Spy(recognizer._model)
    monkeypatch.setattr(recognizer, "_model", found)
    return found


# The window.


@pytest.mark.parametrize(
    ("content", "card", "mels", "seconds"),
    [
        (0.8, STOCK, 80, 10.0),
        (8.0, STOCK, 80, 10.0),
        (8.01, STOCK, 80, 12.0),
        (10.0, STOCK, 80, 12.0),
        (27.0, STOCK, 80, 30.0),
        (30.0, STOCK, 80, 30.0),
        (0.8, SHORT, 80, 4.0),
        (3.0, SHORT, 80, 4.0),
        (3.2, SHORT, 80, 6.0),
        # 2.00 s would be 100 frames, and CTranslate2 takes 100 frames of 100 bands for a spectrum.
        (0.5, Card((), 2.0, 1.0), 100, 4.0),
        (0.5, Card((), 2.0, 1.0), 80, 2.0),
    ],
)
def test_a_window_is_as_short_as_the_weights_bear(
    content: float, card: Card, mels: int, seconds: float
) -> None:
    assert window_seconds(content, card, mels) == seconds


def test_a_full_window_is_as_long_as_the_weights_were_trained_on() -> None:
    assert window_seconds(3.0, STOCK, 80, full=True) == 30.0
    assert window_seconds(3.0, Card((), 4.0, 1.0, 12.0), 80, full=True) == 12.0
    assert window_seconds(14.0, Card((), 4.0, 1.0, 12.0), 80, full=True) == 16.0


@pytest.mark.parametrize("mels", [80, 100, 128])
def test_no_window_is_taken_for_a_spectrum(mels: int) -> None:
    for card in (STOCK, SHORT, Card((), 2.0, 1.0)):
        for content in np.arange(0.2, 28.0, 0.1).tolist():
            seconds = window_seconds(content, card, mels)
            assert round(seconds * 50) != mels
            assert content <= seconds <= 30.0
            assert seconds - content >= card.window_margin - 1e-9


@given(
    st.floats(SHORTEST, LONGEST),
    st.builds(
        lambda floor, margin, full: Card((), floor, margin, full),
        st.floats(0.0, LONGEST),
        st.floats(0.0, 4.0),
        st.floats(0.0, LONGEST),
    ),
    st.integers(1, 300),
    st.booleans(),
)
def test_no_content_has_a_window_that_is_taken_for_a_spectrum(
    content: float, card: Card, mels: int, full: bool
) -> None:
    seconds = window_seconds(content, card, mels, full)
    assert round(seconds / FRAME) != mels
    assert content <= seconds
    assert seconds <= LONGEST + 2.0 * (mels == 1500)


@pytest.mark.parametrize(
    ("content", "full", "frames"), [(3.0, False, 1000), (9.0, False, 1200), (3.0, True, 3000)]
)
def test_the_waveform_is_padded_with_silence(
    recognizer: WhisperRecognizer, spy: Spy, content: float, full: bool, frames: int
) -> None:
    hear(recognizer, Window(noise(content), language="en", full=full))
    (mel,), (encoded,) = spy.mels, spy.encoded
    assert mel.shape == (1, 80, frames)
    assert encoded.shape == (1, frames // 2, 32)
    # Silence is the floor of the spectrum, eight bels below the loudest, and not its zero.
    tail = mel[0, :, round(content * 100) + 4 :]
    assert np.allclose(tail, mel.max() - 2.0, atol=1e-5)


def test_what_is_too_short_does_not_reach_the_model(recognizer: WhisperRecognizer, spy: Spy) -> None:
    for seconds in (0.0, 0.01, 0.19):
        assert hear(recognizer, Window(noise(seconds), language="zh")) == Recognition((), "zh", 1.0)
    assert hear(recognizer, Window(noise(0.1))).language_probability == 0.0
    assert not spy.mels
    hear(recognizer, Window(noise(0.2), language="zh"))
    assert spy.mels


def test_what_is_too_long_is_refused(recognizer: WhisperRecognizer) -> None:
    with pytest.raises(EngineError, match=r"may hold 30 s, 31.0 s came"):
        hear(recognizer, Window(noise(31.0), language="en"))


# The tokens.


def names(folder: Path, tokens: list[int]) -> list[str]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return [tokenizer.id_to_token(token) for token in tokens]


def test_the_prompt_stands_before_and_the_prefix_behind(
    folder: Path, recognizer: WhisperRecognizer, spy: Spy
) -> None:
    prefix = (Word(" my", 0.0, 0.4), Word(" country", 0.4, 1.0))
    heard = hear(recognizer, Window(noise(3.0), prefix, "and so my fellow", "en"))
    tokens = names(folder, spy.prompts[0])
    start = tokens.index("<|startoftranscript|>")
    assert tokens[0] == "<|startofprev|>"
    assert "".join(tokens[1:start]) == "ĠandĠsoĠmyĠfellow"
    assert tokens[start : start + 4] == [
        "<|startoftranscript|>",
        "<|en|>",
        "<|transcribe|>",
        "<|notimestamps|>",
    ]
    assert "".join(tokens[start + 4 :]) == "ĠmyĠcountry"
    # The answer begins with the prefix; the hypothesis does not.
    forced = spy.prompts[0][start + 4 :]
    assert spy.sequences[0][: len(forced)] == forced
    assert "country" not in "".join(word.text for word in heard.words[:1])


def test_chinese_has_no_blank_before_the_prompt(
    folder: Path, recognizer: WhisperRecognizer, spy: Spy
) -> None:
    hear(recognizer, Window(noise(1.0), prompt="今天", language="zh"))
    assert not names(folder, spy.prompts[0])[1].startswith("Ġ")


def test_a_long_prompt_loses_its_beginning(folder: Path, recognizer: WhisperRecognizer, spy: Spy) -> None:
    hear(recognizer, Window(noise(1.0), prompt="x" * 300 + "y", language="en"))
    before = names(folder, spy.prompts[0])
    assert before.index("<|startoftranscript|>") == 65
    assert before[64].endswith("y")


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (3, 3)])
def test_a_model_may_want_less_of_the_prompt(folder: Path, tmp_path: Path, most: int, kept: int) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    (own / "dragoman.json").write_text(json.dumps({"prompt": most}))
    recognizer = WhisperRecognizer(own, device="cpu")
    spy = Spy(recognizer._model)
    recognizer._model = spy
    hear(recognizer, Window(noise(1.0), prompt="x" * 300 + "y", language="en"))
    before = names(own, spy.prompts[0])
    assert before.index("<|startoftranscript|>") == (kept + 1 if kept else 0)


def test_hot_words_stand_before_the_prompt(folder: Path, recognizer: WhisperRecognizer, spy: Spy) -> None:
    hear(recognizer, Window(noise(1.0), prompt="my country", language="en", hot_words=("so", "fellow")))
    before = names(folder, spy.prompts[0])
    assert "".join(before[1 : before.index("<|startoftranscript|>")]) == "Ġso,Ġfellow,ĠmyĠcountry"


def test_hot_words_and_prompt_have_room_of_their_own(
    folder: Path, recognizer: WhisperRecognizer, spy: Spy
) -> None:
    terms = ("a" * 40, "b" * 40, "c" * 40)
    hear(recognizer, Window(noise(1.0), prompt="x" * 300, language="en", hot_words=terms))
    before = names(folder, spy.prompts[0])
    start = before.index("<|startoftranscript|>")
    # 96 tokens hold two of these terms, and none is cut; 64 hold the end of the text before.
    assert "".join(before[1 : start - 64]) == f"Ġ{'a' * 40},Ġ{'b' * 40},"
    assert set(before[start - 64 : start]) == {"x"}


def test_a_preface_stands_first_and_loses_its_beginning(
    folder: Path, recognizer: WhisperRecognizer, spy: Spy
) -> None:
    terms = ("so",)
    for preface in ("my country.", "y" * 300 + "z"):
        hear(recognizer, Window(noise(1.0), prompt="x", language="en", hot_words=terms, preface=preface))
    short, long = (names(folder, prompt) for prompt in spy.prompts)
    assert "".join(short[1 : short.index("<|startoftranscript|>")]) == "ĠmyĠcountry.Ġso,Ġx"
    rest = "".join(long[49 : long.index("<|startoftranscript|>")])
    assert (long[1:49], rest) == ([*"y" * 47, "z"], "Ġso,Ġx")


def test_a_hot_word_for_which_there_is_no_room_keeps_none_out(
    folder: Path, recognizer: WhisperRecognizer, spy: Spy
) -> None:
    hear(recognizer, Window(noise(1.0), language="en", hot_words=("x" * 100, "so", "y" * 100, "my")))
    before = names(folder, spy.prompts[0])
    assert "".join(before[1 : before.index("<|startoftranscript|>")]) == "Ġso,Ġmy,"


def test_a_model_without_prompt_takes_no_hot_words(folder: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    (own / "dragoman.json").write_text(json.dumps({"prompt": 0}))
    recognizer = WhisperRecognizer(own, device="cpu")
    spy = Spy(recognizer._model)
    recognizer._model = spy
    hear(recognizer, Window(noise(1.0), prompt="x", language="en", hot_words=("y",), preface="z"))
    assert names(own, spy.prompts[0])[0] == "<|startoftranscript|>"


def test_words_are_spread_where_nobody_asks_for_their_times(recognizer: WhisperRecognizer, spy: Spy) -> None:
    window = Window(noise(3.0, 16_000), (Word(" my", 1.0, 2.0),), language="en")
    aligned, spread = hear(recognizer, window), hear(recognizer, replace(window, align=False))
    assert len(spy.frames) == 1
    assert [word.text for word in spread.words] == [word.text for word in aligned.words]
    assert spread.words[0].start == 2.0
    assert spread.words[-1].end == pytest.approx(4.0)
    assert all(a.end == b.start for a, b in pairwise(spread.words))


@pytest.mark.parametrize("prefix", [(), (Word(" my country", 0.0, 0.5),)])
def test_what_is_new_is_as_probable_as_the_search_finds_it(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch, prefix: tuple[Word, ...]
) -> None:
    """CTranslate2 counts the tokens that were given to a mean in which they have no share."""
    results: list[Any] = []

    class Scores(Spy):
        def generate(self, features: Any, prompts: list[list[int]], **options: Any) -> Any:
            results.extend(found := super().generate(features, prompts, **options))
            return found

    monkeypatch.setattr(recognizer, "_model", Scores(recognizer._model))
    window = Window(noise(1.0), prefix, language="en", final=True, align=False)
    heard = hear(recognizer, window)
    (result,) = results
    count = len(result.sequences_ids[0])
    known = len(recognizer._tokenizers["en"].encode("".join(word.text for word in prefix)))
    (sure,) = {word.probability for word in heard.words}
    assert 0.0 < sure < 0.9
    assert sure == pytest.approx(np.exp(result.scores[0] * count / (count - known + 1)))
    assert heard.mean_log_probability == pytest.approx(np.log(sure))


@pytest.mark.parametrize("prefix", [0, 5, 40])
@pytest.mark.parametrize("prompt", ["", "x" * 300])
def test_there_is_room_for_prefix_and_new_tokens(
    recognizer: WhisperRecognizer, spy: Spy, prefix: int, prompt: str
) -> None:
    # CTranslate2 caps at min(max_length / 2, max_length - what stands before the text), prefix included.
    committed = tuple(Word(" x", 0.0, 0.0) for _ in range(prefix))
    hear(recognizer, Window(noise(2.0), committed, prompt, "en"))
    longest = spy.options[0]["max_length"]
    tokens = spy.prompts[0]
    forced = len(tokens) - tokens.index(tokens[-1]) if not prefix else 2 * prefix
    before = len(tokens) - (forced if prefix else 0)
    assert min(longest // 2, longest - before) >= min(prefix + 2 * 15 + 16, 224)
    assert longest <= 448


def test_a_blank_or_the_end_may_follow_committed_words(recognizer: WhisperRecognizer, spy: Spy) -> None:
    """Whisper begins no text with them; but "C X" goes on with a blank where " X" is no piece of its own."""
    prefix = (Word(" C", 0.0, 0.5),)
    windows = [Window(noise(1.0), known, language="en") for known in ((), prefix)]
    recognizer.recognize(windows)
    assert [options["suppress_blank"] for options in spy.options] == [True, False]


def test_the_beam_is_for_windows_that_want_it(recognizer: WhisperRecognizer, spy: Spy) -> None:
    for beam, final in ((False, False), (True, False), (True, True)):
        hear(recognizer, Window(noise(1.0), language="en", beam=beam, final=final))
    assert [options["beam_size"] for options in spy.options] == [1, 3, 5]


def test_a_search_that_may_take_its_time_is_as_wide_as_the_folder_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (write_whisper(tmp_path) / "dragoman.json").write_text(json.dumps({"beam": 7}))
    own = WhisperRecognizer(tmp_path, device="cpu")
    monkeypatch.setattr(own, "_model", spy := Spy(own._model))
    wanted = ((False, False), (True, False), (True, True))
    windows = [Window(noise(1.0), language="en", beam=True, final=f, unhurried=u) for f, u in wanted]
    own.recognize(windows)  # together, and yet each its own way
    assert [options["beam_size"] for options in spy.options] == [3, 5, 7]


def test_words_lie_within_the_audio(recognizer: WhisperRecognizer, spy: Spy) -> None:
    audio = noise(3.01, 16_000)
    heard = hear(recognizer, Window(audio, language="en"))
    assert heard.words
    assert spy.frames == [300]
    assert all(1.0 <= word.start <= word.end <= audio.end for word in heard.words)
    assert all(0.0 < word.probability < 1.0 for word in heard.words)
    assert heard.mean_log_probability < 0.0
    assert 0.0 <= heard.no_speech_probability <= 1.0


def test_an_incomplete_character_is_a_word_of_its_own(recognizer: WhisperRecognizer) -> None:
    tokenizer = recognizer._tokenizers["zh"]
    tokens = tokenizer.encode("今天𠮷")
    assert [piece.text for piece in pieces(tokenizer, tokens)] == ["今天", "𠮷"]
    assert [piece.text for piece in pieces(tokenizer, tokens[:-1])] == ["今天", "\ufffd"]
    assert pieces(tokenizer, []) == []


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        ([" a", ",", " b", "."], [" a,", " b."]),
        ([" a", "...", '"'], [' a..."']),
        ([" said", ' "', "yes", "."], [" said", ' "yes.']),
        (["好", "，", "我"], ["好，", "我"]),
        ([",", " b"], [",", " b"]),
        ([" a", ' "'], [" a", ' "']),
        ([], []),
    ],
)
def test_marks_join_their_words(pieces: list[str], joined: list[str]) -> None:
    found = join_punctuation([(text, 2) for text in pieces])
    assert [piece.text for piece in found] == joined
    assert sum(piece.tokens for piece in found) == 2 * len(pieces)


def test_marks_behind_a_word_are_not_spoken() -> None:
    (hello, you) = join_punctuation([(" Hello", 2), (",", 1), (" “", 1), ("you", 1), ("!", 1), ("”", 1)])
    assert (hello.tokens, hello.spoken) == (3, 2)
    assert (you.tokens, you.spoken) == (4, 2)


# Languages.


def test_detection_is_restricted(recognizer: WhisperRecognizer) -> None:
    free = hear(recognizer, Window(noise(2.0)))
    assert free.language in ("en", "zh")
    assert 0.5 <= free.language_probability <= 1.0
    other = "en" if free.language == "zh" else "zh"
    only = hear(recognizer, Window(noise(2.0), languages=(other, "de")))
    assert (only.language, only.language_probability) == (other, 1.0)
    both = hear(recognizer, Window(noise(2.0), languages=("de", "zh", "en")))
    assert (both.language, both.language_probability) == (free.language, free.language_probability)


def test_probability_is_shared_among_the_allowed(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(write_whisper(tmp_path, languages=("en", "zh", "de")), device="cpu")
    pairs = [("en", "zh"), ("en", "de"), ("zh", "de")]
    heard = [hear(recognizer, Window(noise(2.0), languages=pair)) for pair in pairs]
    assert all(answer.language_probability >= 0.5 for answer in heard)


def test_it_can_listen_for_another_language(recognizer: WhisperRecognizer) -> None:
    free = hear(recognizer, Window(noise(2.0)))
    for language in ("en", "zh"):
        given = Window(noise(2.0), language=language, languages=("en", "zh"))
        listening = hear(recognizer, replace(given, listen=True))
        assert (listening.heard, listening.heard_probability) == (free.language, free.language_probability)
        assert (listening.language, listening.language_probability) == (language, 1.0)
        assert listening.words == hear(recognizer, given).words
        assert hear(recognizer, given).heard is None


@pytest.mark.parametrize("window", [Window(noise(1.0), language="de"), Window(noise(1.0), languages=("de",))])
def test_an_unknown_language_is_named(recognizer: WhisperRecognizer, window: Window) -> None:
    assert recognizer.languages == ("en", "zh")
    with pytest.raises(LanguageError, match="does not know de; it knows en, zh"):
        hear(recognizer, window)


def test_its_languages_have_the_codes_that_all_use(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(write_whisper(tmp_path, languages=_LANGUAGE_CODES), device="cpu")
    assert [code for code in recognizer.languages if normalized(code) != code or not is_code(code)] == []
    assert {code for code in recognizer.languages if not known(code)} == NEVER_TRANSLATED
    assert [normalized(code) for code in _LANGUAGE_CODES] == list(recognizer.languages)


def test_a_language_is_found_and_written_by_the_code_that_all_use(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(write_whisper(tmp_path, languages=("en", "jw")), device="cpu")
    found = [hear(recognizer, Window(noise(2.0), languages=pair)) for pair in (("jv", "en"), ("en", "jv"))]
    assert found[0] == found[1]
    assert hear(recognizer, Window(noise(2.0), languages=("jv", "xx"))).language == "jv"
    listening = Window(noise(2.0), language="en", languages=("en", "jv"), listen=True)
    shares = {a.heard: a.heard_probability for a in [hear(recognizer, listening)]}
    assert set(shares) <= {"en", "jv"} and 0.5 <= max(shares.values()) < 1.0
    assert recognizer._tokenizers["jv"].language_code == "jw"


def test_an_english_model_knows_english(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(write_whisper(tmp_path, languages=("en",)), device="cpu")
    assert recognizer.languages == ("en",)
    assert hear(recognizer, Window(noise(1.0))).language == "en"
    with pytest.raises(LanguageError, match="knows en"):
        hear(recognizer, Window(noise(1.0), language="zh"))


# Folders.


def test_a_folder_says_how_short_its_windows_may_be(tmp_path: Path) -> None:
    assert read_card(tmp_path) == STOCK
    about = {"name": "x", "licence": "MIT", "window_floor": 4, "window_margin": 1.0, "languages": ["zh"]}
    about |= {"window_speech": 9, "beam": 8}
    (write_whisper(tmp_path) / "dragoman.json").write_text(json.dumps(about))
    assert read_card(tmp_path) == Card(("zh",), 4.0, 1.0, window_speech=9.0, beam=8, family="x")
    recognizer = asr.load_recognizer(tmp_path, device="cpu")
    assert isinstance(recognizer, WhisperRecognizer)
    assert recognizer.languages == ("zh",)
    assert recognizer.longest == 9.0


@pytest.mark.parametrize("text", ["{", "[]", '{"window_floor": "long"}'])
def test_a_bad_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dragoman.json").write_text(text)
    with pytest.raises(ModelError, match="is not what it should be"):
        read_card(tmp_path)


def test_a_model_with_128_bands_is_served(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(write_whisper(tmp_path, mels=128), device="cpu")
    assert hear(recognizer, Window(noise(2.0), language="en")).words


def test_families_are_told_apart(tmp_path: Path) -> None:
    for name, mels, card, family in (
        ("small", 80, None, "whisper"),
        ("turbo", 128, None, "whisper-large-v3"),
        ("own", 80, {"name": "asr-en-zh"}, "asr-en-zh"),
    ):
        path = write_whisper(tmp_path / name, mels=mels)
        if card:
            (path / "dragoman.json").write_text(json.dumps(card))
        assert asr.load_recognizer(path, device="cpu").family == family


def break_model(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"nothing")


def break_bands(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text('{"feature_size": 128}')


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "model.bin").unlink(), "model.bin was expected"),
        (break_model, "cannot be loaded as a Whisper model"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "holds no tokenizer.json"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "preprocessor_config.json").write_text("{"), "is not JSON"),
        (break_bands, "the model has 80 mel bands, preprocessor_config.json says 128"),
        (
            lambda folder: (folder / "dragoman.json").write_text('{"languages": ["tlh"]}'),
            "none of the languages",
        ),
    ],
)
def test_a_broken_folder_is_refused(tmp_path: Path, harm: Any, message: str) -> None:
    harm(write_whisper(tmp_path))
    with pytest.raises(ModelError, match=message):
        asr.load_recognizer(tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("device", "gpus", "asked", "expected"),
    [
        ("auto", 0, "default", "auto"),
        ("auto", 1, "default", "default"),
        ("cpu", 1, "default", "auto"),
        ("cuda", 1, "default", "default"),
        ("cpu", 0, "float32", "float32"),
    ],
)
def test_a_processor_computes_as_fast_as_it_can_unless_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, gpus: int, asked: str, expected: str
) -> None:
    write_whisper(tmp_path)
    real, found = ctranslate2.models.Whisper, list[str]()

    def load(path: str, *, compute_type: str, **_: Any) -> Any:
        found.append(compute_type)
        return real(path, device="cpu")

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: gpus)
    monkeypatch.setattr(ctranslate2.models, "Whisper", load)
    asr.load_recognizer(tmp_path, device=device, compute_type=asked)
    assert found == [expected]


def test_answers_belong_to_their_windows(recognizer: WhisperRecognizer) -> None:
    windows = [
        Window(noise(s, o), language=c) for s, o, c in ((1.0, 0, "en"), (2.0, 8_000, "zh"), (0.1, 9, "en"))
    ]
    assert recognizer.recognize(windows) == [hear(recognizer, window) for window in windows]
    assert recognizer.recognize([]) == []


# Batches.


def test_windows_that_are_alike_are_decoded_together(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    generate = recognizer._generate

    def count(jobs: Any) -> Any:
        sizes.append(len(jobs))
        return generate(jobs)

    monkeypatch.setattr(recognizer, "_generate", count)
    short, long = noise(3.0), noise(9.0)
    windows = [
        Window(short, language="en"),
        Window(noise(0.1), language="en"),
        Window(short, language="zh"),
        Window(long, language="en"),
        Window(short, language="en", beam=True),
        Window(short, prompt="my country", language="en"),
        Window(noise(3.1), language="en", final=True),
    ]
    recognizer.recognize(windows)
    assert sizes == [3, 1, 1, 1]


def test_ctranslate2_is_new_enough() -> None:
    """Older ones crash when they align less than two frames."""
    assert tuple(map(int, ctranslate2.__version__.split(".")[:3])) >= (4, 8, 1)

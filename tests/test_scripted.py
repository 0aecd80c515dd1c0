import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio import AudioChunk
from streaming.scripted import (
    VOCABULARY,
    ScriptedRecognizer,
    ScriptedSynthesizer,
    ScriptedTranslator,
    heard,
    speak,
)
from streaming.stages import SpeechRequest, TranslationRequest, Window
from streaming.words import text_of

sentences = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=6)


@given(sentences)
def test_what_was_spoken_is_heard(words: list[str]) -> None:
    assert text_of(heard(AudioChunk(speak(words)))) == " ".join(words)


def test_a_cut_word_is_heard_in_part() -> None:
    samples = speak(["alpha", "november"], tail=0.0)
    cut = AudioChunk(samples[: len(samples) - 3000])
    assert [word.text for word in heard(cut)] == [" alpha", " nov"]


def test_the_hypothesis_continues_the_prefix() -> None:
    audio = AudioChunk(speak(["alpha", "bravo", "charlie"]))
    first, *_ = heard(audio)
    (answer,) = ScriptedRecognizer().recognize([Window(audio, prefix=(first,))])
    assert text_of(answer.words) == "bravo charlie"


@given(sentences, st.sampled_from(["es", "zh"]), st.integers(0, 6))
def test_a_translation_begins_with_its_prefix(words: list[str], language: str, known: int) -> None:
    translator = ScriptedTranslator()
    (early,) = translator.translate([TranslationRequest(" ".join(words[:known]), "", "en", language)])
    request = TranslationRequest(" ".join(words), early.text, "en", language)
    (late,) = translator.translate([request])
    assert late.text.startswith(early.text)


def test_a_synthesizer_speaks() -> None:
    (sound,) = ScriptedSynthesizer().synthesize([SpeechRequest("hola", "es")])
    assert sound.duration == 0.2
    assert np.abs(sound.samples).max() > 0

"""How what is configured and what is asked for becomes stages."""

from typing import Any

import pytest

import mt.presets
from asr.presets import FAMILIES, PRESETS, Name
from server.interpretation.graph import Interpretation, branch, hearing
from server.interpretation.manner import Manner
from streaming.audio import AudioChunk, EndOfUtterance
from streaming.captions import Update
from streaming.scripted import VOCABULARY, ScriptedTranslator, speak
from streaming.stages import READ, Ask, Recognition, Window, Write
from streaming.words import Word
from tests.recognition_listener import Listener, audio


def first_window(stage: Any) -> Window:
    """Speak until the stage asks."""
    stage.receive(AudioChunk(speak(VOCABULARY)))
    action = stage.next_action()
    assert isinstance(action, Ask)
    return action.request


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_preset_sets_the_step_and_the_family_its_stride(name: Name, family: str) -> None:
    window = first_window(hearing(Interpretation("en"), Manner(family, preset=name)))
    assert window.audio.duration == pytest.approx(PRESETS[name].step * FAMILIES[family].stride, abs=1e-4)


@pytest.mark.parametrize("name", PRESETS)
def test_the_preset_sets_how_long_windows_grow(name: Name) -> None:
    preset = PRESETS[name]
    listener = Listener(hearing(Interpretation("en"), Manner("whisper", preset=name)))
    listener.give(*audio(speak([*VOCABULARY, *VOCABULARY, *VOCABULARY])), EndOfUtterance(99.0)).finish()
    longest = max(window.audio.duration for window in listener.windows)
    assert preset.content < longest <= preset.content + preset.step + 0.01


@pytest.mark.parametrize(("family", "by_sentence"), [("whisper", False), ("asr-en-zh", True)])
def test_the_family_decides_whether_windows_hold_one_sentence(family: str, by_sentence: bool) -> None:
    stage = hearing(Interpretation("en"), Manner(family))
    first_window(stage)
    stage.receive_result(Recognition((Word(" One.", 0.0, 0.1, 1.0),), "en", 1.0), 0.0)
    assert isinstance(stage.next_action(), Write)
    action = stage.next_action()
    assert isinstance(action, Ask)
    assert (action.request.audio.start > 0.0, action.request.prefix == ()) == (by_sentence, by_sentence)


@pytest.mark.parametrize(
    ("family", "beam"), [("whisper", True), ("whisper-large-v3", False), ("asr-en-zh", True)]
)
def test_the_family_decides_on_the_beam(family: str, beam: bool) -> None:
    assert first_window(hearing(Interpretation("en"), Manner(family))).beam is beam


@pytest.mark.parametrize(
    ("asked", "configured", "language", "allowed"),
    [
        (Interpretation(), (), None, ()),
        (Interpretation(), ("en", "zh"), None, ("en", "zh")),
        (Interpretation(languages=("de", "en")), ("en", "zh"), None, ("de", "en")),
        (Interpretation(languages=("de",)), (), "de", ("de",)),
        (Interpretation("fr"), ("en", "zh"), "fr", ("en", "zh")),
    ],
)
def test_a_session_narrows_the_languages(
    asked: Interpretation, configured: tuple[str, ...], language: str | None, allowed: tuple[str, ...]
) -> None:
    window = first_window(hearing(asked, Manner(languages=configured)))
    assert (window.language, window.languages) == (language, allowed)


@pytest.mark.parametrize(("family", "shown"), [("whisper", False), ("asr-en-zh", True)])
def test_how_sure_first_words_must_be_depends_on_the_recognizer(family: str, shown: bool) -> None:
    stage = hearing(Interpretation("en"), Manner(family))
    first_window(stage)
    stage.receive_result(Recognition((Word(" hello", 0.0, 0.3, 0.3),), "en"), 0.0)
    assert isinstance(stage.next_action(), Write) is shown


@pytest.mark.parametrize(
    ("manner", "heard", "written"),
    [
        (Manner(chinese="traditional"), "汉语", "漢語"),
        (Manner(chinese="as_heard"), "漢语", "漢语"),
        (Manner(), "漢語", "汉语"),
    ],
)
def test_chinese_is_written_as_configured(manner: Manner, heard: str, written: str) -> None:
    stage = hearing(Interpretation("zh"), manner)
    first_window(stage)
    stage.receive_result(Recognition((Word(heard, 0.0, 0.3),), "zh"), 0.0)
    action: Any = stage.next_action()
    assert action.item.tentative[0].text == written


@pytest.mark.parametrize("name", mt.presets.PRESETS)
def test_the_preset_of_translation_sets_how_much_is_read_before_anything_is_written(
    name: mt.presets.Name,
) -> None:
    stage: Any = branch("es", Interpretation("en", ("es",)), Manner(translation=name)).stage
    read, committed = 0, False
    while not committed:
        stage.receive(Update(0, "en", (Word(f" {VOCABULARY[read]}", read, read + 1),)))
        read += 1
        while (action := stage.next_action()) is not READ:
            match action:
                case Ask(request):
                    stage.receive_result(ScriptedTranslator().translate([request])[0], 0.0)
                case Write(item):
                    committed = committed or bool(item.committed)
    # The kth word of wait-k frees the first one; what is agreed on is no later here.
    assert read == mt.presets.PRESETS[name].floor

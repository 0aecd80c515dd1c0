"""Languages in recognition: found, kept, changed at a border, and written as configured."""

from collections.abc import Callable

import pytest

from streaming.audio import EndOfUtterance
from streaming.scripted import VOCABULARY, speak
from streaming.stages import Recognition, Window
from streaming.words import Word, text_of
from tests.recognition_listener import Listener, audio, muttered, script, silence, stage, words


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


def test_what_was_heard_in_another_language_does_not_end_an_utterance() -> None:
    german = Recognition(words("vier", "acht"), "de", 0.4)
    english = Recognition(muttered("three", sure=0.5), "en", 0.9)
    listener = Listener(stage(language=None), script(german, english))
    listener.give(silence(1.2), EndOfUtterance(1.2))
    assert [(text_of(u.committed), u.language) for u in listener.updates] == [("three", "en")]


def after_english(hear: Callable[[Window], Recognition]) -> Listener:
    """A session that has heard three seconds of English."""
    listener = Listener(stage(language=None, languages=["en", "zh"], step=0.5), listening("en", 0.95))
    listener.give(silence(3.0), EndOfUtterance(3.0))
    listener._hear = hear
    return listener


def test_noise_before_speech_does_not_keep_its_language_from_being_heard() -> None:
    def hear(window: Window) -> Recognition:
        if window.audio.duration < 2.5:
            return Recognition((), window.language or "zh", heard="zh", heard_probability=0.6)
        return listening("zh", 0.99)(window)

    assert finals(after_english(hear).give(silence(6.0, 4.0), EndOfUtterance(10.0))) == ["en", "zh"]


@pytest.mark.parametrize("sure", [0.1, 0.2, 0.3, 0.9])
def test_what_is_not_understood_in_the_wrong_language_makes_nobody_wait(sure: float) -> None:
    """The hypotheses in the old language are improbable, and prove nothing about those in the new one."""

    def hear(window: Window) -> Recognition:
        right = window.language == "zh"
        said = muttered("a", "b", sure=0.9 if right else sure, start=window.audio.start)
        return Recognition(said, window.language or "zh", heard="zh", heard_probability=0.9)

    listener = after_english(hear).give(silence(6.0, 4.0), EndOfUtterance(10.0))
    later = [window for window in listener.windows if window.audio.start > 3.5]
    assert next(window.audio.duration for window in later if window.language == "zh") == 2.0
    assert finals(listener) == ["en", "zh"]


def test_doubt_does_not_outlive_a_change_of_language() -> None:
    """Two hypotheses that were understood would be needed to leave it."""

    def hear(window: Window) -> Recognition:
        right = window.language == "zh"
        said = muttered("a", "b", sure=0.9 if right else 0.1, start=window.audio.start)
        probability = 0.9 if window.audio.duration > 1.5 else 0.5
        return Recognition(said, window.language or "zh", heard="zh", heard_probability=probability)

    listener = after_english(hear).give(silence(2.6, 4.0))
    assert listener.windows[-1].language == "zh"
    assert text_of(listener.updates[-1].tentative) == "a b"


def test_words_that_nobody_spoke_do_not_change_the_language() -> None:
    def hear(window: Window) -> Recognition:
        said = words("Thank", "you.", start=window.audio.start)
        return Recognition(said, window.language or "zh", 1.0, 0.9, -1.6, "zh", 0.95)

    listener = after_english(hear).give(silence(3.0, 4.0), EndOfUtterance(7.0))
    listener._hear = listening("en", 0.7)
    listener.give(silence(1.5, 9.0), EndOfUtterance(10.5))
    assert finals(listener) == ["en", "en"]


def test_a_crowd_that_sounds_like_another_language_does_not_change_it() -> None:
    def hear(window: Window) -> Recognition:
        said = muttered("a", "b", sure=0.1, start=window.audio.start)
        return Recognition(said, window.language or "zh", heard="zh", heard_probability=0.9)

    listener = after_english(hear).give(silence(4.0, 4.0), EndOfUtterance(8.0))
    listener._hear = listening("en", 0.7)
    listener.give(silence(1.5, 9.0), EndOfUtterance(10.5))
    assert finals(listener) == ["en", "en"]

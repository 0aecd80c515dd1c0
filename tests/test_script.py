"""Chinese in one script."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.script import Script
from streaming.script import Form
from streaming.words import Word

FORMS: tuple[Form, ...] = ("simplified", "traditional", "as_heard")


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, i, i + 1, 0.5) for i, text in enumerate(texts))


@pytest.mark.parametrize(
    ("form", "heard", "written"),
    [
        ("simplified", "漢語和汉语", "汉语和汉语"),
        ("traditional", "漢語和汉语", "漢語和漢語"),
        ("as_heard", "漢語和汉语", "漢語和汉语"),
        ("traditional", "头发", "頭髮"),
        ("traditional", "发展", "發展"),
        ("traditional", "我用 Python 写 API。", "我用 Python 寫 API。"),
        ("simplified", "今天,天氣好.你說:去嗎?", "今天，天气好。你说：去吗？"),
        ("simplified", "用 Python, 在 3.30, 上网.com", "用 Python, 在 3.30, 上网.com"),
        ("as_heard", "今天,好.", "今天,好."),
    ],
)
def test_words_are_written_in_one_script(form: Form, heard: str, written: str) -> None:
    script = Script(form)
    for pieces in ((heard,), tuple(heard)):
        found = script.write(words(*pieces), "zh")
        assert "".join(word.text for word in found) == written
        assert [(word.start, word.end, word.probability) for word in found] == [
            (word.start, word.end, word.probability) for word in words(*pieces)
        ]


def test_the_text_before_decides_what_a_character_is() -> None:
    script = Script("traditional")
    assert script.write(words("发"), "zh", "理")[0].text == "髮"
    assert script.write(words("发"), "zh", "出")[0].text == "發"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_other_languages_are_left_alone(language: str) -> None:
    assert Script("simplified").write(words("漢"), language) == words("漢")


@given(st.sampled_from(FORMS), st.lists(st.text(st.sampled_from("头发里面只台乾隆后干OK ，。"), max_size=4)))
def test_no_word_is_lost(form: Form, texts: list[str]) -> None:
    found = Script(form).write(words(*texts), "zh", "皇")
    assert len(found) == len(texts)
    assert all(a.end == b.start for a, b in pairwise(found))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.words import Word, capitalized, common_prefix, text_of, units


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("We have three questions.", "en", ["We", " have", " three", " questions."]),
        ("  two  spaces ", "en", ["  two", "  spaces "]),
        ("我们有三个问题。", "zh", ["我", "们", "有", "三", "个", "问", "题", "。"]),
        ("用 Python 3.11 写", "zh", ["用", " Python", " 3.11", " 写"]),
        ("涨了12.5%，很多", "zh", ["涨", "了", "12.5%", "，", "很", "多"]),
        ("A-B测试", "zh", ["A-B", "测", "试"]),
        ("", "en", []),
        ("", "zh", []),
    ],
)
def test_units_of_a_language(text: str, language: str, expected: list[str]) -> None:
    assert units(text, language) == expected


@given(st.text(), st.sampled_from(["en", "zh", "ja", "de"]))
def test_units_join_to_the_text(text: str, language: str) -> None:
    joined = "".join(units(text, language))
    assert joined == (text if text.strip() else "")


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_common_prefix(a: list[int], b: list[int]) -> None:
    assert common_prefix(a, a) == len(a)
    count = common_prefix(a, b)
    assert a[:count] == b[:count]
    assert count == min(len(a), len(b)) or a[count] != b[count]


def test_common_prefix_takes_an_equality() -> None:
    assert common_prefix(["A", "b", "c"], ["a", "B", "d"], lambda x, y: x.lower() == y.lower()) == 2


def test_words_join_by_concatenation() -> None:
    words = [Word(" 用", 0, 1), Word(" Python", 1, 2), Word("写", 2, 3)]
    assert text_of(words) == "用 Python写"


def test_a_word_starts_before_it_ends() -> None:
    with pytest.raises(ValueError, match="starts before it ends"):
        Word("late", 2.0, 1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" good", " Good"),
        ("¿qué?", "¿Qué?"),
        ("ßa", "ßa"),
        ("3 dogs", "3 dogs"),
        ("...", "..."),
        ("", ""),
        ("iPhone is", "iPhone is"),
        ("“mRNA-Impfstoffe", "“mRNA-Impfstoffe"),
        ("e-Mail", "E-Mail"),
        ("we saw IBM", "We saw IBM"),
    ],
)
def test_the_first_letter_becomes_a_capital(text: str, expected: str) -> None:
    assert capitalized(text) == expected

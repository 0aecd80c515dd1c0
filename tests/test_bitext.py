"""The forms of a live source."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.recipe.bitext import Pair, is_open, key, live, plain, prefix, renumbered

PAIRS = [
    Pair("Tom was born in 1984 in Boston.", "Tom nació en 1984 en Boston.", "en", "es"),
    Pair("How are you today, my friend?", "你今天怎么样，我的朋友？", "en", "zh"),
    Pair("我们五点以前结束。", "We finish before five.", "zh", "en"),
]


@given(st.sampled_from(PAIRS), st.integers(0, 10_000))
def test_an_open_source_has_an_open_target(pair: Pair, seed: int) -> None:
    found = live(pair, random.Random(seed))
    assert found.target
    assert is_open(found.target) or not is_open(found.source)


@given(st.sampled_from(PAIRS), st.integers(0, 10_000))
def test_a_prefix_begins_as_the_sentence_does(pair: Pair, seed: int) -> None:
    found = prefix(pair, random.Random(seed))
    assert pair.source.startswith(found.source)
    assert pair.target.startswith(found.target)
    assert found == pair or len(found.target) < len(pair.target)


@given(st.integers(0, 10_000))
def test_numbers_are_copied_digit_by_digit(seed: int) -> None:
    found = renumbered(PAIRS[0], random.Random(seed))
    (year,) = [word for word in found.source.split() if word.isdigit()]
    assert len(year) == 4
    assert year in found.target.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 3.5 km, Tom!", "it's 3.5 km tom"),
        ("你好，世界。", "你好世界"),
        ("¿Qué?", "qué"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_copies_share_a_key() -> None:
    assert key("Hello, world!") == key("hello world")

"""Commit policies."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.commit import LocalAgreement, same
from streaming.words import Word


def words(text: str | Sequence[str]) -> tuple[Word, ...]:
    texts = [f" {part}" for part in text.split()] if isinstance(text, str) else text
    return tuple(Word(part, i, i + 1) for i, part in enumerate(texts))


def commits(policy: LocalAgreement, *hypotheses: str | Sequence[str]) -> list[int]:
    """Feed hypotheses of the uncommitted words, committing what the policy says."""
    counts = []
    for hypothesis in hypotheses:
        counts.append(policy.commit(words(hypothesis)))
        policy.advance(counts[-1])
    return counts


@pytest.mark.parametrize(
    ("hypotheses", "counts"),
    [
        (["a b c"], [0]),
        (["a b c", "a b c d"], [0, 3]),
        (["a b x", "a b c d"], [0, 2]),
        (["x", "a b"], [0, 0]),
        (["a b c", "a b c d", "d e f"], [0, 3, 1]),
        (["a b c d", "a b x y", "x y z", "z"], [0, 2, 2, 1]),
        (["hello world", "hello world and"], [0, 2]),
        (["hello world.", "hello world and"], [0, 2]),
        (["hello world", "hello world."], [0, 1]),
        (["hello world.", "hello world."], [0, 2]),
        (["Hello World", "hello, world, and"], [0, 2]),
        (["a", ""], [0, 0]),
        (["a", "", "a"], [0, 0, 0]),
    ],
)
def test_two_hypotheses_agree(hypotheses: list[str], counts: list[int]) -> None:
    assert commits(LocalAgreement(), *hypotheses) == counts


def test_three_hypotheses_agree() -> None:
    assert commits(LocalAgreement(3), "a b c", "a b c", "a b d") == [0, 0, 2]
    assert commits(LocalAgreement(1), "a b c", "d") == [3, 1]


def test_characters_of_chinese_agree_exactly() -> None:
    assert commits(LocalAgreement(), ["今", "天", "气"], ["今", "天", "汽", "车"]) == [0, 2]
    assert commits(LocalAgreement(), ["今", "天。"], ["今", "天，", "好"]) == [0, 2]


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("Hello", "hello,", True),
        ("recognise", "recognize", True),
        ("colour", "color", False),
        ("translation", "translators", False),
        ("translation", "translator", True),
        ("don't", "dont", True),
        ("cat", "car", False),
        ("100000", "100001", False),
        ("2024", "2024.", True),
        ("3", "3.5", False),
        ("5", "5%", False),
        ("covid19", "covid18", False),
        ("перевод", "перевода", True),
        ("我们今天去公园", "我们明天去公园", False),
        ("，", "。", True),
        ("，", "好", False),
    ],
)
def test_words_are_compared_as_they_are_heard(a: str, b: str, alike: bool) -> None:
    (x,), (y,) = words([f" {a}"]), words([b])
    assert same(x, y) is same(y, x) is alike


def test_words_committed_by_others_are_forgotten() -> None:
    policy = LocalAgreement()
    policy.commit(words("a b c d"))
    policy.advance(3)
    assert policy.commit(words("d e")) == 1


def test_an_utterance_is_forgotten() -> None:
    policy = LocalAgreement()
    policy.commit(words("a b"))
    policy.forget()
    assert policy.commit(words("a b c")) == 0


@given(st.lists(st.lists(st.sampled_from([" a", " b", " c.", " c"]), max_size=5), max_size=6))
def test_a_policy_never_commits_more_than_there_is(hypotheses: list[list[str]]) -> None:
    policy = LocalAgreement()
    for hypothesis in hypotheses:
        count = policy.commit(words(hypothesis))
        assert 0 <= count <= len(hypothesis)
        policy.advance(count)

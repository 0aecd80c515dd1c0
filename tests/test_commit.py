"""Commit policies."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.commit import PATIENCE, SETTLED, AlignAtt, CommitPolicy, Hybrid, LocalAgreement, same, surer
from streaming.words import Word, text_of


def words(text: str | Sequence[str]) -> tuple[Word, ...]:
    texts = [f" {part}" for part in text.split()] if isinstance(text, str) else text
    return tuple(Word(part, i, i + 1) for i, part in enumerate(texts))


def commits(policy: CommitPolicy, *hypotheses: str | Sequence[str]) -> list[int]:
    """Feed hypotheses of the uncommitted words, committing what the policy says."""
    counts = []
    for hypothesis in hypotheses:
        counts.append(policy.commit(words(hypothesis), 99.0))
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


@pytest.mark.parametrize(
    ("span", "ends", "counts"),
    [
        (0.0, [0.3, 0.6, 0.9, 1.2], [0, 3, 0, 0]),
        (0.6, [0.3, 0.6, 0.9, 1.2], [0, 0, 2, 0]),
        (0.6, [0.3, 0.9, 1.2, 1.8], [0, 3, 0, 0]),
        (0.6, [0.3, 0.6, 1.2, 1.5], [0, 0, 2, 0]),
        (0.6, [0.3, 0.6, 0.8, 1.0], [0, 0, 0, 2]),
        (1.0, [0.3, 0.6, 0.9, 1.2], [0, 0, 0, 0]),
    ],
)
def test_hypotheses_agree_over_a_span(span: float, ends: list[float], counts: list[int]) -> None:
    """However many they are: fewer where they are further apart."""
    policy, found = LocalAgreement(span), []
    said = words("a b c d")
    for hypothesis, end in zip((said[:3], said[:3], (*said[:2], *words("x")), said[:3]), ends, strict=True):
        found.append(policy.commit(hypothesis[sum(found) :], end))
        policy.advance(found[-1])
    assert found == counts


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
    policy.commit(words("a b c d"), 99.0)
    policy.advance(3)
    assert policy.commit(words("d e"), 99.0) == 1


def test_an_utterance_is_forgotten() -> None:
    policy = LocalAgreement()
    policy.commit(words("a b"), 99.0)
    policy.forget()
    assert policy.commit(words("a b c"), 99.0) == 0


def heard(*items: tuple[str, float, float]) -> tuple[Word, ...]:
    """Words one after the other: text, end, probability."""
    ends = [0.0, *(end for _, end, _ in items)]
    return tuple(Word(f" {text}", start, end, p) for (text, end, p), start in zip(items, ends, strict=False))


def shared(*items: tuple[str, float]) -> tuple[Word, ...]:
    """Words of a fifth of a second, as sure as can be by themselves: text, share of the search."""
    return tuple(Word(f" {text}", i / 5, (i + 1) / 5, 1.0, share) for i, (text, share) in enumerate(items))


@pytest.mark.parametrize(
    ("words", "end", "count"),
    [
        (heard(("a", 0.5, 0.9), ("b", 1.0, 0.9)), 1.4, 2),
        (heard(("a", 0.5, 0.9), ("b", 1.0, 0.9)), 1.38, 1),
        (heard(("a", 0.5, 0.9), ("cu", 1.4, 0.9)), 1.4, 1),
        (heard(("a", 0.5, 0.9), ("b", 1.0, 0.2)), 2.0, 1),
        (heard(("a", 0.5, 0.2), ("b", 1.0, 0.9)), 2.0, 2),
        (heard(("a", 0.5, 0.1), ("b", 1.0, 0.1)), 2.0, 0),
        (heard(("a", 0.5, 0.9), ("b", 0.5, 0.9), ("c", 0.5, 0.9)), 2.0, 3),
        (heard(("a", 0.5, 0.9), *[("b", 0.5, 0.9)] * 3, ("c", 0.9, 0.9)), 2.0, 1),
        ((), 2.0, 0),
    ],
)
def test_words_before_the_last_frames_are_safe(words: tuple[Word, ...], end: float, count: int) -> None:
    assert AlignAtt(20).commit(words, end) == count


def test_a_tail_on_which_the_search_is_divided_is_held_back() -> None:
    assert AlignAtt(20).commit(shared(("a", 0.2), ("b", 0.3), ("c", 0.2)), 3.0) == 2


def test_fewer_frames_are_held_back() -> None:
    words = heard(("a", 0.5, 0.9), ("b", 1.0, 0.9))
    assert [AlignAtt(frames).commit(words, 1.2) for frames in (0, 10, 11, 35, 36)] == [2, 2, 1, 1, 0]


def test_alignment_needs_agreement_or_confidence() -> None:
    policy = Hybrid(20)
    first = heard(("a", 0.5, 0.9), ("b", 1.0, 0.7), ("c", 1.5, 0.9))
    assert policy.commit(first, 1.5) == 1
    policy.advance(1)
    assert policy.commit((*first[1:], Word(" d", 1.5, 2.6, 0.9)), 2.6) == 2
    policy.forget()
    assert policy.commit(first[1:], 1.5) == 0


@pytest.mark.parametrize(("probability", "share", "count"), [(0.7, 0.9, 1), (0.6, 0.9, 0), (0.7, 0.8, 0)])
def test_a_clear_word_needs_no_second_look_once_the_audio_goes_on(
    probability: float, share: float, count: int
) -> None:
    clear = (replace(*heard(("a", 0.5, probability)), shared=share),)
    assert [Hybrid(20).commit(clear, 0.5 + SETTLED + more) for more in (-0.1, 0.0)] == [0, count]


def test_words_on_which_the_search_is_divided_wait() -> None:
    policy = Hybrid(20)
    divided = shared(("a", 1.0), ("b", 0.98), ("c", 0.6), ("d", 0.9))
    assert policy.commit(divided, 0.9) == 1
    policy.advance(1)
    assert policy.commit(divided[1:], 1.4) == 1
    policy.advance(1)
    assert policy.commit(divided[2:], 1.8) == 0
    assert policy.commit(divided[2:], 1.9) == 2


def test_what_is_agreed_is_not_jumped_over() -> None:
    policy = Hybrid(20)
    divided = shared(("a", 0.5), ("b", 1.0))
    assert [policy.commit(divided, end) for end in (1.0, 1.5)] == [0, 0]


def test_what_never_settles_does_not_hold_up_what_follows() -> None:
    policy = Hybrid(20)
    said = heard(("movable", 1.0, 0.5), ("type", 1.5, 0.9), ("was", 2.3, 0.9))
    other = heard(("move", 0.95, 0.5), ("of", 1.0, 0.5), ("type", 1.5, 0.9), ("was", 2.3, 0.9))
    ends = (1.0 + PATIENCE - 0.7, 1.0 + PATIENCE - 0.1, 1.0 + PATIENCE + 0.5)
    assert [policy.commit(*heard) for heard in zip((said, other, said), ends, strict=True)] == [0, 0, 2]
    policy.advance(2)
    assert policy.commit(said[2:], ends[-1] + 0.1) == 1


@pytest.mark.parametrize(("probability", "count"), [(0.5, 1), (0.2, 0)])
def test_what_waited_long_is_committed_unless_it_is_doubtful(probability: float, count: int) -> None:
    last = heard(("so", 0.5, probability))
    assert [Hybrid(20).commit(last, 0.5 + PATIENCE + more) for more in (-0.1, 0.0)] == [0, count]


def test_agreement_does_not_make_an_end_safe() -> None:
    words = heard(("a", 1.5, 0.7), ("b", 1.9, 0.7))
    policy = Hybrid(20)
    assert [policy.commit(words, 2.0), policy.commit(words, 2.0)] == [0, 1]


policies = st.sampled_from(
    [LocalAgreement, lambda: LocalAgreement(1.0), lambda: AlignAtt(20), lambda: Hybrid(20)]
)
hypotheses = st.lists(
    st.lists(
        st.builds(
            lambda text, start, length, p: Word(text, start, start + length, p),
            st.sampled_from([" a", " b", " c.", " c"]),
            st.floats(0, 5),
            st.floats(0, 1),
            st.floats(0, 1),
        ),
        max_size=5,
    ),
    max_size=6,
)


@given(policies, hypotheses)
def test_a_policy_never_commits_more_than_there_is(
    make: Callable[[], CommitPolicy], hypotheses: list[list[Word]]
) -> None:
    policy = make()
    for i, hypothesis in enumerate(hypotheses):
        count = policy.commit(hypothesis, 4.0 + 0.5 * i)
        assert 0 <= count <= len(hypothesis)
        policy.advance(count)


def probable(text: str, *values: float, end: float = 2.0) -> tuple[Word, ...]:
    """Words of half a second each, the last of which ends at `end`, as probable as the values say."""
    texts = text.split()
    begin = end - len(texts) / 2
    return tuple(
        Word(f" {part}", begin + i / 2, begin + i / 2 + 0.5, value)
        for i, (part, value) in enumerate(zip(texts, values, strict=True))
    )


@pytest.mark.parametrize(
    ("earlier", "last", "better"),
    [
        (probable("four eight", 0.7, 0.9), probable("three", 0.5), "four eight"),
        (probable("five nine", 0.8, 0.6), probable("five nine", 0.8, 0.7), "five nine"),
        (probable("two", 0.5), probable("four eight", 0.7, 0.9), "four eight"),
        # One word that is improbable weighs more than others that are probable.
        (probable("you why", 0.7, 0.7), probable("he why", 0.05, 0.99), "you why"),
        # What the end of its audio cut says nothing, and neither does what was heard before more was said.
        (probable("four eight", 0.7, 0.9, end=2.45), probable("three", 0.5), "three"),
        (
            probable("four eight", 0.7, 0.9),
            probable("four eight two", 0.7, 0.9, 0.3, end=2.6),
            "four eight two",
        ),
        ((), probable("three", 0.1), "three"),
        # The last search may have ended at once, over what was clear before, or was not.
        (probable("four eight", 0.7, 0.9), (), "four eight"),
        (probable("four eight", 0.4, 0.9), (), ""),
        (probable("four eight", 0.7, 0.9, end=2.45), (), ""),
    ],
)
def test_of_two_hypotheses_of_the_same_words_the_more_probable_ends_an_utterance(
    earlier: tuple[Word, ...], last: tuple[Word, ...], better: str
) -> None:
    assert text_of(surer(earlier, 2.5, last)) == better


def test_a_search_is_no_less_probable_than_what_was_not_searched() -> None:
    searched = tuple(replace(word, shared=0.2) for word in probable("four eight", 0.9, 0.9))
    assert surer(probable("three", 0.5), 2.5, searched) == searched


def test_improbable_words_that_agree_wait_until_they_last() -> None:
    said = [replace(word, probability=0.6) for word in shared(("god", 1.0), ("more", 1.0))]
    policy = Hybrid(frames=0)
    assert [policy.commit(said, end) for end in (1.0, 1.5)] == [0, 0]
    assert policy.commit(said, 2.0) == 2
    policy, clear = Hybrid(frames=0), [replace(word, probability=0.7) for word in said]
    assert [policy.commit(clear, end) for end in (0.5, 0.75)] == [0, 2]

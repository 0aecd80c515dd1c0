"""Agreement of drafts, and of the beam's candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.agreement import LocalAgreement, RelaxedAgreement
from mt.policy import Evidence, Needs

texts = st.lists(st.sampled_from("abc"), max_size=8).map(tuple)


def evidence(draft: str, *earlier: str) -> Evidence:
    return Evidence(9, tuple(draft), tuple(tuple(text) for text in earlier))


@pytest.mark.parametrize(
    ("policy", "draft", "earlier", "allowed"),
    [
        (LocalAgreement(2, 0), "abcd", ["abxd"], 2),
        (LocalAgreement(2, 1), "abcd", ["abxd"], 1),
        (LocalAgreement(2, 0), "abcd", ["abcde"], 4),
        (LocalAgreement(2, 0), "abcd", [], 0),
        (LocalAgreement(3, 0), "abcd", ["abcd", "axcd"], 1),
        (LocalAgreement(3, 0), "abcd", ["abcd"], 0),
        (LocalAgreement(2, 5), "abcd", ["abcd"], 0),
        # n = 1 is hold-n alone.
        (LocalAgreement(1, 1), "abcd", [], 3),
    ],
)
def test_what_drafts_agree_on(policy: LocalAgreement, draft: str, earlier: list[str], allowed: int) -> None:
    assert policy.allowed(evidence(draft, *earlier)) == allowed


@pytest.mark.parametrize(
    ("share", "candidates", "allowed"),
    [
        (1.0, ["abcd", "abcx", "abxx", "axxx"], 1),
        (0.75, ["abcd", "abcx", "abxx", "axxx"], 2),
        (0.5, ["abcd", "abcx", "abxx", "axxx"], 3),
        (0.1, ["abcd", "xxxx", "xxxx", "xxxx"], 4),
        (0.75, ["abcd", "abcd"], 0),
        (0.5, [], 0),
    ],
)
def test_what_enough_candidates_agree_on(share: float, candidates: list[str], allowed: int) -> None:
    beam = tuple(tuple(text) for text in candidates)
    assert RelaxedAgreement(4, share).allowed(Evidence(9, tuple("abcd"), candidates=beam)) == allowed


def test_what_they_need() -> None:
    assert LocalAgreement(3).needs == Needs(earlier=2)
    assert RelaxedAgreement(5).needs == Needs(candidates=5)


@given(texts, texts, st.integers(0, 3))
def test_what_is_allowed_is_in_both_drafts(
    draft: tuple[str, ...], earlier: tuple[str, ...], hold: int
) -> None:
    allowed = LocalAgreement(2, hold).allowed(Evidence(3, draft, (earlier,)))
    assert draft[:allowed] == earlier[:allowed]
    assert 0 <= allowed <= len(draft)


@given(st.lists(texts, min_size=1, max_size=4), st.floats(0.1, 1.0))
def test_a_greater_share_never_allows_more(candidates: list[tuple[str, ...]], share: float) -> None:
    shown = Evidence(3, candidates[0], candidates=tuple(candidates))
    allowed = RelaxedAgreement(4, share).allowed(shown)
    assert RelaxedAgreement(4, 1.0).allowed(shown) <= allowed <= len(candidates[0])

"""Policies composed."""

from hypothesis import given
from hypothesis import strategies as st

from mt.agreement import LocalAgreement, RelaxedAgreement
from mt.attention import AttentionBoundary
from mt.policy import Attentive, Every, Evidence, Needs
from mt.presets import PRESETS
from mt.wait_k import WaitK, wait_k

texts = st.lists(st.sampled_from("abc"), max_size=8).map(tuple)
pieces_of_evidence = st.builds(
    Evidence,
    st.integers(0, 12),
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(texts, max_size=4).map(tuple),
    st.none(),
)


@given(pieces_of_evidence)
def test_every_allows_what_all_allow(evidence: Evidence) -> None:
    policies = (WaitK(2), LocalAgreement(2, 0), RelaxedAgreement(4, 0.5))
    allowed = Every(policies).allowed(evidence)
    assert allowed == min(policy.allowed(evidence) for policy in policies)


def test_every_needs_what_any_needs() -> None:
    policies = (WaitK(2), LocalAgreement(3, 0), RelaxedAgreement(4, 0.5), AttentionBoundary())
    assert Every(policies).needs == Needs(earlier=2, candidates=4, attention=True)


def test_attention_decides_where_it_is_told() -> None:
    policy = Attentive(AttentionBoundary(1), LocalAgreement(2, 0))
    drafts = (tuple("abx"),)
    assert policy.allowed(Evidence(3, tuple("abc"), drafts, attended=(0, 2, 2))) == 1
    assert policy.allowed(Evidence(3, tuple("abc"), drafts)) == 2
    assert policy.needs == Needs(earlier=1, attention=True)


@given(pieces_of_evidence, st.sampled_from(sorted(PRESETS)), st.sampled_from(["es", "zh"]))
def test_behind_each_preset_stands_wait_k(evidence: Evidence, name: str, target: str) -> None:
    preset = PRESETS[name]
    floor = wait_k("en", target, preset.floor).bound(evidence.read)
    assert preset.policy("en", target).allowed(evidence) <= floor


def test_presets_go_from_early_to_late() -> None:
    floors = [PRESETS[name].floor for name in ("fast", "balanced", "steady")]
    assert floors == sorted(floors)

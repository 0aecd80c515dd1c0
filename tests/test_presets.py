"""Presets."""

import pytest

from asr.commit import AlignAtt, Hybrid, LocalAgreement
from asr.presets import POLICIES, PRESETS, kind


@pytest.mark.parametrize(
    ("name", "made"), [("agreement", LocalAgreement), ("alignment", AlignAtt), ("hybrid", Hybrid)]
)
def test_a_preset_builds_policies(name: str, made: type) -> None:
    for preset in PRESETS.values():
        first, second = preset.policy(name), preset.policy(name)  # type: ignore[arg-type]
        assert isinstance(first, made)
        assert first is not second


def test_presets_lie_on_one_curve() -> None:
    fast, balanced, steady = (PRESETS[name] for name in ("fast", "balanced", "steady"))
    assert fast.step < balanced.step < steady.step
    assert fast.frames < balanced.frames < steady.frames


def test_every_family_has_a_policy() -> None:
    assert {kind(family) for family in POLICIES} <= {"agreement", "alignment", "hybrid"}
    assert kind("whisper-large-v3") == "agreement"
    assert kind("of somebody's own") == kind("whisper")

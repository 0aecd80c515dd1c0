"""Presets."""

import pytest

from asr.commit import AlignAtt, Hybrid, LocalAgreement
from asr.presets import FAMILIES, PRESETS, Kind, family


@pytest.mark.parametrize(
    ("kind", "made"), [("agreement", LocalAgreement), ("alignment", AlignAtt), ("hybrid", Hybrid)]
)
def test_a_preset_builds_policies(kind: Kind, made: type) -> None:
    for preset in PRESETS.values():
        first, second = preset.policy(kind), preset.policy(kind)
        assert isinstance(first, made)
        assert first is not second


def test_presets_lie_on_one_curve() -> None:
    fast, balanced, steady = PRESETS["fast"], PRESETS["balanced"], PRESETS["steady"]
    assert fast.step < balanced.step < steady.step
    assert fast.frames < balanced.frames < steady.frames


def test_every_family_has_a_policy() -> None:
    assert {name: family(name) for name in FAMILIES} == FAMILIES
    assert family("of somebody's own") == family("whisper")

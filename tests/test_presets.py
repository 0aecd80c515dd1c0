"""Presets."""

from collections.abc import Mapping

import pytest

from asr.commit import AlignAtt, Hybrid, LocalAgreement
from asr.presets import CHEAP, FAMILIES, WHISPER, Kind, Name, Preset, family


@pytest.mark.parametrize(
    ("kind", "made"), [("agreement", LocalAgreement), ("alignment", AlignAtt), ("hybrid", Hybrid)]
)
def test_a_preset_builds_policies(kind: Kind, made: type) -> None:
    for preset in (*WHISPER.values(), *CHEAP.values()):
        first, second = preset.policy(kind), preset.policy(kind)
        assert isinstance(first, made)
        assert first is not second


@pytest.mark.parametrize("presets", [WHISPER, CHEAP])
def test_presets_lie_on_one_curve(presets: Mapping[Name, Preset]) -> None:
    fast, balanced, steady = presets["fast"], presets["balanced"], presets["steady"]
    assert fast.step <= balanced.step < steady.step
    assert fast.frames < balanced.frames < steady.frames
    assert fast.span <= balanced.span <= steady.span
    assert fast.sure <= balanced.sure <= steady.sure


def test_every_family_has_a_policy() -> None:
    assert {name: family(name) for name in FAMILIES} == FAMILIES
    assert family("of somebody's own") == family("whisper")

"""Presets: how early and how steadily words are committed, by name.

A preset is a step between decision points and how much of the end is held back; which policy does it
depends on the model, because no policy is best for all (measured, see `benchmarks/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asr.commit import AlignAtt, CommitPolicy, Hybrid, LocalAgreement

Kind: TypeAlias = Literal["agreement", "alignment", "hybrid"]
"""A commit policy."""
Name: TypeAlias = Literal["fast", "balanced", "steady"]
"""A preset."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How words are committed."""

    step: float
    """Seconds of audio between decision points."""
    frames: int
    """Frames of 20 ms at the end that are held back, by policies that look at the alignment."""
    agreeing: int = 2
    """Hypotheses that must agree, by policies that compare."""
    sure: float = 0.6
    """Probability of a word that needs no agreement."""

    def policy(self, kind: Kind) -> CommitPolicy:
        """Build a policy of this kind; one stream's own."""
        match kind:
            case "agreement":
                return LocalAgreement(self.agreeing)
            case "alignment":
                return AlignAtt(self.frames)
            case "hybrid":
                return Hybrid(self.frames, self.agreeing, self.sure)


PRESETS: Final[Mapping[str, Preset]] = {
    "fast": Preset(0.5, 10),
    "balanced": Preset(0.8, 20),
    "steady": Preset(1.2, 25, sure=1.0),
}
"""By name."""

POLICIES: Final[Mapping[str, Kind]] = {
    "whisper": "hybrid",
    "whisper-large-v3": "agreement",
    "asr-en-zh": "hybrid",
}
"""Family of recognizers → its policy. Stock Whisper up to large-v2 gains by alignment; large-v3-turbo lost by
it where it was measured (by WhisperLiveKit: 5.3 → 18.1 % errors), so it agrees until we have measured it."""


def kind(family: str) -> Kind:
    """Name the policy of a family; unknown ones are taken for Whisper's."""
    return POLICIES.get(family, "hybrid")

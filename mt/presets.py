"""Presets: how early a translation is committed, by name; which policy does it follows from the model.

Behind each stands wait-k as a floor, so that no translator, however sure of itself, speaks before it has
heard enough; above it the adaptive policy decides, which costs less lag at equal safety than a larger k
would: the median sentence needs to wait for one word, one in ten for seven or more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from mt.agreement import LocalAgreement
from mt.attention import AttentionBoundary
from mt.policy import Attentive, Every, ReadWritePolicy
from mt.wait_k import UNITS_PER_WORD, wait_k

PolicyFor: TypeAlias = Callable[[str, str], ReadWritePolicy]
"""Source and target language → policy."""
Name: TypeAlias = Literal["fast", "balanced", "steady"]
"""A preset."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How a translation is committed; lags are in English words and become units of the pair."""

    floor: int
    """The k of wait-k."""
    newest: int
    """Words at the end of the source that nothing committed may attend to, where the model tells."""
    hold: int
    """Words of the draft that are held back from what two drafts agree on, where it does not tell."""

    def policy(self, source: str, target: str) -> ReadWritePolicy:
        """Build the policy for a pair."""
        attention = AttentionBoundary(_units(self.newest, source))
        agreement = LocalAgreement(2, _units(self.hold, target))
        return Every((wait_k(source, target, self.floor), Attentive(attention, agreement)))


def _units(words: int, language: str) -> int:
    return round(words * UNITS_PER_WORD.get(language, 1.0))


PRESETS: Final[Mapping[Name, Preset]] = {
    "fast": Preset(floor=2, newest=1, hold=0),
    "balanced": Preset(floor=3, newest=2, hold=0),
    "steady": Preset(floor=4, newest=3, hold=1),
}
"""By name."""

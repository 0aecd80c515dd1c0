"""Presets: how early and how steadily words are committed, by name.

A preset is a step between decision points, how much of the end is held back and how long windows grow. Which
policy does it, and whether a beam is worth its cost while words are tentative, depends on the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from asr.commit import AlignAtt, CommitPolicy, Hybrid, LocalAgreement
from asr.guards import GUESSED
from asr.history import CONTENT

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
    span: float = 0.0
    """Seconds of audio over which hypotheses must agree, by policies that compare; two must at least."""
    content: float = CONTENT
    """Seconds of audio above which a window is cut."""

    def policy(self, kind: Kind) -> CommitPolicy:
        """Build a policy of this kind; one stream's own."""
        match kind:
            case "agreement":
                return LocalAgreement(self.span)
            case "alignment":
                return AlignAtt(self.frames)
            case "hybrid":
                return Hybrid(self.frames, self.span)


@dataclass(frozen=True, slots=True)
class Family:
    """What suits the models of a family."""

    policy: Kind
    beam: bool = False
    """Search while words are tentative: dearer, and small models need it."""
    by_sentence: bool = False
    """Windows hold one sentence: for models that were taught on short ones."""
    stride: float = 1.0
    """Factor of the presets' steps: below 1 where hypotheses are cheap, so that words come sooner."""
    prefaces: Mapping[str, str] = field(default_factory=dict)
    """Texts that stand before every prompt where the user has none, by language."""
    first: float = 0.38
    """Sureness that words need while nobody has been understood lately. With Whisper's base and tiny.en, 2 of
    100 hypotheses of speech have less (of 1,505, some of them before they were whole, some in as much noise),
    and of voices that are played backwards 1 of 100 has more (of 617)."""


PRESETS: Final[Mapping[Name, Preset]] = {
    "fast": Preset(0.4, 10),
    "balanced": Preset(0.6, 17),
    "steady": Preset(1.5, 20, content=6.0),
}
"""By name. `steady` is for many streams on few cores too: it decides less than half as often, and windows
that are cut sooner take 7 to 10 % off the cost that remains."""

PUNCTUATED: Final = {"zh": "以下是普通话的句子，带有标点符号。"}
"""Without it Whisper writes Chinese with hardly a full stop, and translation waits for one: of a minute with
10 sentences base ended 1, and 9 behind this text, with as many errors (20 and 21 of 100 characters)."""

FAMILIES: Final[Mapping[str, Family]] = {
    "whisper": Family("hybrid", beam=True, prefaces=PUNCTUATED),
    "whisper-large-v3": Family("agreement", prefaces=PUNCTUATED),
    "asr-en-zh": Family("hybrid", beam=True, by_sentence=True, stride=5 / 6, first=GUESSED),
}
"""By name. Stock Whisper up to large-v2 gains by alignment; large-v3-turbo lost by it where it was measured
(by WhisperLiveKit: 5.3 → 18.1 % errors), so it agrees until we have measured it. A beam takes most of the
errors away that streaming adds, and costs a twentieth more with tiny.en and next to nothing with the
embedded recognizer."""


def family(name: str) -> Family:
    """Say what suits a family; unknown ones are taken for Whisper's."""
    return FAMILIES.get(name, FAMILIES["whisper"])

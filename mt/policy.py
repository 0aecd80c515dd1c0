"""Policies: how much of a translation may be committed while its source sentence is open.

A policy is a pure function of what is known of one open sentence at one moment. It is never asked about
a finished sentence: then everything is written. The policies and where they come from:

| policy              | allows                                         | paper                  |
|---------------------|------------------------------------------------|------------------------|
| `WaitK`             | as much as has been read, less k               | Ma 2019                |
| `LocalAgreement`    | on what the last drafts agree, less a hold     | Liu 2020, Polák 2022   |
| `RelaxedAgreement`  | on what enough of the beam's candidates agree  | Wang 2024              |
| `AttentionBoundary` | what attends to source that is not the newest  | Papi 2023              |

They compose: `Every` allows what all of its policies allow, `Attentive` takes the attention where the
model tells it.
"""

from dataclasses import dataclass
from typing import Protocol

Units = tuple[str, ...]
"""A text in the units of its language (see `streaming.words.units`)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an open sentence."""

    read: int
    """Source units."""
    draft: Units = ()
    """The newest answer; it begins with what is committed."""
    earlier: tuple[Units, ...] = ()
    """Answers to the sentence when it was shorter, the newest first."""
    candidates: tuple[Units, ...] = ()
    """The beam's hypotheses, the draft first; empty: none were wanted."""
    attended: tuple[int, ...] | None = None
    """For each unit of the draft the last source unit that it attends to, from 0; `None`: not known."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a policy must be shown."""

    earlier: int = 0
    """Answers to the shorter sentence."""
    candidates: int = 1
    """Hypotheses of the beam, 1: the draft alone."""
    attention: bool = False
    """Which source each unit attends to, if the model tells."""


class ReadWritePolicy(Protocol):
    """Decides between reading more source and writing target."""

    @property
    def needs(self) -> Needs:
        """What the evidence must hold."""

    def allowed(self, evidence: Evidence) -> int:
        """Count the leading target units that may be committed; what is committed already stays so."""


@dataclass(frozen=True, slots=True)
class Every:
    """What each of several policies allows: wait-k as a floor under an adaptive policy, for example."""

    policies: tuple[ReadWritePolicy, ...]

    @property
    def needs(self) -> Needs:
        """What any of them needs."""
        needs = [policy.needs for policy in self.policies]
        return Needs(
            max(need.earlier for need in needs),
            max(need.candidates for need in needs),
            any(need.attention for need in needs),
        )

    def allowed(self, evidence: Evidence) -> int:
        """Count the units that all of them allow."""
        return min(policy.allowed(evidence) for policy in self.policies)


@dataclass(frozen=True, slots=True)
class Attentive:
    """One policy where the model tells its attention, another where it does not."""

    attentive: ReadWritePolicy
    otherwise: ReadWritePolicy

    @property
    def needs(self) -> Needs:
        """What either of them needs."""
        return Every((self.attentive, self.otherwise)).needs

    def allowed(self, evidence: Evidence) -> int:
        """Count the units that the policy for this evidence allows."""
        policy = self.otherwise if evidence.attended is None else self.attentive
        return policy.allowed(evidence)

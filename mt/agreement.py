"""Agreement: what several translations of one open sentence have in common may be committed."""

from dataclasses import dataclass

from mt.policy import Evidence, Needs
from streaming.words import common_prefix


@dataclass(frozen=True, slots=True)
class LocalAgreement:
    """LocalAgreement-n with hold: the prefix on which the last n drafts agree, less the draft's end.

    Liu et al. 2020, "Low-latency sequence-to-sequence speech recognition and translation by partial
    hypothesis selection" (both the agreement and hold-n); Polák et al. 2022, "CUNI-KIT system for
    simultaneous speech translation task at IWSLT 2022". Each draft is a translation of a longer source,
    so that what survives does not hang on the words that came last.
    """

    n: int = 2
    """Drafts that must agree; 1: hold-n alone."""
    hold: int = 1
    """Units at the end of what is agreed on that are not committed: it is the end that changes."""

    @property
    def needs(self) -> Needs:
        """The drafts before the newest."""
        return Needs(earlier=self.n - 1)

    def allowed(self, evidence: Evidence) -> int:
        """Count the units that survive."""
        if len(evidence.earlier) < self.n - 1:
            return 0
        agreed = [common_prefix(evidence.draft, draft) for draft in evidence.earlier[: self.n - 1]]
        return max(0, min(agreed, default=len(evidence.draft)) - self.hold)


@dataclass(frozen=True, slots=True)
class RelaxedAgreement:
    """RALCP: the prefix on which at least a share of the beam's candidates agree.

    Wang et al. 2024, "Simultaneous machine translation with large language models" (relaxed agreement
    longest common prefix). It needs no earlier draft, so it costs no waiting, but a beam.
    """

    candidates: int = 4
    """Width of the beam."""
    share: float = 0.6
    """Of the candidates, those that must agree on the whole prefix."""

    @property
    def needs(self) -> Needs:
        """The beam."""
        return Needs(candidates=self.candidates)

    def allowed(self, evidence: Evidence) -> int:
        """Count the units that enough candidates begin with."""
        agreed = sorted((common_prefix(evidence.draft, other) for other in evidence.candidates), reverse=True)
        needed = max(1, -int(-self.share * self.candidates // 1))
        return agreed[needed - 1] if len(agreed) >= needed else 0

"""Attention: a translation may be committed up to the first unit that looks at the end of the source."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from mt.policy import Evidence, Needs


@dataclass(frozen=True, slots=True)
class AttentionBoundary:
    """AlignAtt on text: everything before the first unit that attends to the newest source units.

    Papi et al. 2023, "AlignAtt: Using attention-based audio-translation alignments as a guide for
    simultaneous speech translation". A unit that attends to the newest source may change with the next
    word; one that attends further back has what it needs. For models that were converted with a layer
    whose attention aligns; where none is told, nothing is allowed.
    """

    hold: int = 1
    """Source units at the end that count as newest."""

    @property
    def needs(self) -> Needs:
        """The attention."""
        return Needs(attention=True)

    def allowed(self, evidence: Evidence) -> int:
        """Count the units before the boundary."""
        if evidence.attended is None:
            return 0
        newest = evidence.read - self.hold
        return next(
            (i for i, source in enumerate(evidence.attended) if source >= newest), len(evidence.draft)
        )


def attended(
    target: Sequence[str], source: Sequence[str], attention: Sequence[tuple[int, int]]
) -> tuple[int, ...]:
    """Tell for each target unit the last source unit that its pieces attend to.

    `attention` says for each of the model's pieces where it ends in the target, and where the piece that
    it attends to most ends in the source; both are counted in characters. A unit without pieces of its
    own is written before those that are told, so it attends to the beginning.
    """
    target_ends, source_ends = _ends(target), _ends(source)
    found = [0] * len(target)
    for written, read in attention:
        # What ends behind the target is the full stop that the translator invented.
        if target_ends and written <= target_ends[-1]:
            unit = _unit(target_ends, written)
            found[unit] = max(found[unit], _unit(source_ends, read))
    return tuple(found)


def _ends(units: Sequence[str]) -> list[int]:
    ends, position = [], 0
    for unit in units:
        position += len(unit)
        ends.append(position)
    return ends


def _unit(ends: Sequence[int], position: int) -> int:
    """Find the unit that holds the character before a position."""
    return min(bisect_left(ends, position), max(0, len(ends) - 1))

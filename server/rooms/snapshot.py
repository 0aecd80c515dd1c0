"""Snapshots: the state of a speaker's stages, from which a new process goes on exactly there.

Stages are small and pure, so their state is what Python pickles. That is read by the very code that wrote
it and by no other: a snapshot of other code gives its position alone, and fresh stages begin there.
"""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

import asr
import mt
import streaming
import tts
from streaming import state
from streaming.captions import Caption, Update
from streaming.stages import Node


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One recognition, and all that follows it, at one moment of its audio."""

    position: int
    """Samples at 16 kHz that have had their effect."""
    states: Mapping[str, bytes] = field(default_factory=dict)
    """Node's name → its stage, pickled; empty: fresh stages."""
    open: Update | None = None
    """What has been committed of the utterance that is not finished, in the speaker's own numbers."""
    shown: Mapping[tuple[int, str], Caption] = field(default_factory=dict)
    """Captions that are not final, by utterance and language."""
    number: int = 0
    """Number of the last event when recognition was captured."""
    first: int = 0
    """Number of the line's utterance that the stages call 0: fresh stages count from 0 again."""
    next: int = 0
    """Number of the line's utterance that comes next, or is open."""


def pack(snapshot: Snapshot) -> bytes:
    """Write a snapshot."""
    head = {"version": version(), "position": snapshot.position, "next": snapshot.next}
    return json.dumps(head).encode() + b"\n" + pickle.dumps(snapshot)


def unpack(data: bytes) -> Snapshot:
    """Read a snapshot; of one that other code wrote, where to begin afresh."""
    head, body = data.split(b"\n", 1)
    about = json.loads(head)
    if about["version"] != version():
        return Snapshot(about["position"], first=about["next"], next=about["next"])
    snapshot: Snapshot = pickle.loads(body)
    return snapshot


def restore(node: Node, snapshot: Snapshot) -> None:
    """Put the stages of a snapshot into a graph, by the names of its nodes."""
    if node.name in snapshot.states:
        node.stage = state.load(snapshot.states[node.name], node.stage)
    for successor in node.successors:
        restore(successor, snapshot)


@cache
def version() -> str:
    """Name the code that stages and snapshots consist of: any change of it is another version."""
    digest = sha256()
    for room in (streaming, asr, mt, tts):
        for path in sorted(Path(str(room.__file__)).parent.glob("*.py")):
            digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:16]

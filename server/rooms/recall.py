"""Rooms made to survive, and taken up again after a restart, from the log."""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping

from server.interpretation.graph import TRANSLATION
from server.interpretation.packs import Packs
from server.rooms.conference import Conference, OnFloor
from server.rooms.eventlog import PAGE
from server.rooms.journal import entry_of
from server.rooms.lease import Lease, leases
from server.rooms.operation import Operation
from server.rooms.room import Plan, Room
from server.rooms.services import Services
from server.rooms.snapshot import Snapshot, unpack
from server.rooms.trade import NO_PACKS
from server.wire.messages import Done, Start
from server.wire.schema import from_plain
from streaming.audio import SAMPLE_RATE
from streaming.errors import PackError

log = logging.getLogger(__name__)


async def create(plan: Plan, services: Services, on_floor: OnFloor) -> Conference:
    """Make a room that survives."""
    await services.log.save(plan.id, "room", plan.written)
    await services.log.save(plan.id, "open", b"")
    return Conference(Room(plan), services, on_floor)


async def restore(stream: str, services: Services, on_floor: OnFloor) -> Conference:
    """Take a room up from the log."""
    states = await services.log.states(stream)
    plan: Plan = from_plain(Plan, json.loads(states["room"]), "room")
    conference = Conference(Room(plan), services, on_floor, await services.log.last(stream))
    await _recall(conference, states)
    return conference


async def _recall(conference: Conference, states: Mapping[str, bytes]) -> None:
    """Take up what has been told, and the floors as their snapshots have them."""
    snapshots = {
        name.removeprefix("line:"): unpack(content)
        for name, content in states.items()
        if name.startswith("line:")
    }
    over = await _read(conference, snapshots)
    floors = leases(states)
    over |= {name for name, lease in floors.items() if lease.failure}
    conference.clock = (_time(conference, floors, snapshots), asyncio.get_running_loop().time())
    _expect(conference, snapshots.values())
    for name, lease in floors.items():
        conference.room.know(name)
        packs = await _packs(conference, lease.form)
        conference.trade.keep(name, packs)  # of one that is over too
        if name not in over:
            _reopen(conference, name, lease, packs, snapshots)
    conference.revising.resume()
    conference.correcting.resume()
    conference.changed()


async def _read(conference: Conference, snapshots: Mapping[str, Snapshot]) -> set[str]:
    """Read all events; gives the floors that are over."""
    after, over = 0, set[str]()
    while events := await conference.services.log.read(conference.name, after, PAGE):
        for event in events:
            entry = entry_of(event)
            conference.audience.recall(entry)
            conference.revising.recall(entry)
            conference.correcting.recall(entry)
            conference.scribe.recall(event, snapshots)
            if isinstance(entry.message, Done):
                over.add(entry.line)
        after = events[-1].number
    return over


def _time(conference: Conference, floors: Mapping[str, Lease], snapshots: Mapping[str, Snapshot]) -> float:
    """Tell how far the room's time has come: nothing that has been said, or heard in silence, is after it."""
    times = [caption.end for caption in conference.scribe.showing.shown.values()]
    times += [lease.begin + lease.received / lease.form.sample_rate for lease in floors.values()]
    for line, snapshot in snapshots.items():
        if lease := floors.get(line.split(".")[0]):
            times.append(lease.begin + snapshot.position / SAMPLE_RATE)
    return max(times, default=0.0)


async def _packs(conference: Conference, form: Start) -> Packs:
    try:
        return await conference.trade.take(form)
    except PackError as error:  # the speaker goes on without: nobody is there to be told
        log.warning("room %s: %s", conference.name, error)
        return NO_PACKS


def _reopen(
    conference: Conference, name: str, lease: Lease, packs: Packs, snapshots: Mapping[str, Snapshot]
) -> None:
    booth, form, room = lease.booth, lease.form, conference.room
    if booth:
        room.enter_booth(name, booth, form.name)
    elif name not in {speaker.speaker for speaker in room.state.speakers}:
        room.join(name, form.name, form.voices)
    floor = conference.host(name, lease, packs, snapshots)
    conference.account.admit(floor.place, booth, known=True)
    for line in floor.lines:
        conference.scribe.listen_again(line)
    conference.detach(floor, None)


def _expect(conference: Conference, snapshots: Iterable[Snapshot]) -> None:
    """Translate what has been translated for a while: its listeners are coming back."""
    if conference.room.plan.private:
        return
    nodes = {name for snapshot in snapshots for name in snapshot.states}
    languages = {name.removeprefix(f"{TRANSLATION}.") for name in nodes if name.startswith(f"{TRANSLATION}.")}
    # No snapshot tells of one that was first read after it, nor does one that another version wrote.
    for language in languages | conference.scribe.translating:
        conference.room.listen(language)
        Operation(conference).depart(language)

"""The hall: what is over and too old is deleted, and what is open is not."""

import os
import time
from pathlib import Path

from server.config import Config, LimitsConfig
from server.house import House, everybody
from server.interpretation.languages import Languages
from server.interpretation.packs import Shelf
from server.rooms.eventlog import Event, EventLog
from server.rooms.hall import Hall
from server.rooms.room import Plan
from server.rooms.services import Services
from server.rooms.snapshot import Snapshot, pack, unpack, version
from server.rooms.tape import Tapes
from tests.served import engines

DAY = 86_400.0


async def test_what_is_over_is_deleted_when_it_is_old(tmp_path: Path) -> None:
    now = time.time()
    async with EventLog() as log, Tapes(tmp_path) as tapes:
        house, languages = House(engines(), Config(), everybody()), Languages(engines())
        services = Services(
            *(log, {}, house.translators, languages, Shelf(()), tapes),
            *(house.admission, house, LimitsConfig()),
            grace=0.0,
            days=10.0,
        )
        async with Hall(services) as hall:
            for name, kept in (("open", None), ("usual", None), ("longer", 30.0), ("shorter", 1.0)):
                await hall.create(Plan(name, retention_days=kept))
            for name in ("usual", "longer", "shorter"):
                (tmp_path / name).mkdir()
                await hall.end(name)
            for days, left in (
                (0.5, {"open", "usual", "longer", "shorter"}),
                (5, {"open", "usual", "longer"}),
                (11, {"open", "longer"}),
                (31, {"open"}),
            ):
                await hall.tidy(now + days * DAY)
                assert set(await log.streams("room")) == left
                assert set(os.listdir(tmp_path)) == left - {"open"}
        assert await log.read("usual") == []
        assert [type(event) for event in await log.read("open")] == [Event]


def test_a_snapshot_is_read_by_the_code_that_wrote_it() -> None:
    snapshot = Snapshot(16_000, {"recognition": b"x"}, number=7)
    assert unpack(pack(snapshot)) == snapshot


def test_a_snapshot_of_other_code_says_where_to_begin_afresh() -> None:
    data = pack(Snapshot(16_000, {"recognition": b"x"}, number=7, next=2))
    other = data.replace(version().encode(), b"0" * len(version()), 1)
    assert unpack(other) == Snapshot(16_000, first=2, next=2)

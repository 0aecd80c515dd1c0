"""The fault benchmark, in short: cuts, kills of clients and of the server change nothing."""

from benchmarks.faults import Plan, compare, told


async def test_nothing_is_lost_and_nothing_said_twice() -> None:
    broken, differences = await compare(Plan(seed=3, cuts=25, kills=1, words=60))
    assert differences == []
    assert broken.cuts >= 10
    assert broken.restarts == 1
    assert told(broken.events)

"""A floor's microphone: what is silenced goes by position, so audio that is sent twice is silenced alike."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.microphone import Microphone, Switch

SOUND = np.arange(1, 101, dtype=np.float32).reshape(-1, 1)


@given(st.lists(st.integers(0, 120), max_size=6), st.lists(st.integers(1, 99), max_size=6))
def test_a_microphone_silences_by_position_however_audio_is_cut(places: list[int], cuts: list[int]) -> None:
    microphone = Microphone()
    expected = SOUND.copy()
    for i, position in enumerate(sorted(places)):
        microphone.set(position, i % 2 == 1)
        expected[position:] = 0.0 if i % 2 == 0 else SOUND[position:]
    edges = [0, *sorted(set(cuts)), 100]
    parts = [microphone.apply(SOUND[a:b], a) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts), expected)
    assert microphone.open == (len(places) % 2 == 0)
    again = Microphone(microphone.switches)
    np.testing.assert_array_equal(again.apply(SOUND, 0), expected)


def test_a_switch_is_never_before_the_last_one() -> None:
    microphone = Microphone([Switch(50, False)])
    microphone.set(20, True)
    assert microphone.switches[-1] == Switch(50, True)


def test_a_microphone_that_is_open_copies_nothing() -> None:
    microphone = Microphone([Switch(0, False), Switch(50, True)])
    assert microphone.apply(SOUND[50:], 50) is not None
    assert np.shares_memory(microphone.apply(SOUND[50:], 50), SOUND)
    assert not microphone.apply(SOUND[:50], 0).any()

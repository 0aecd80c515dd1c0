"""What is done to spectra stays within what a spectrum can be, and does what it says."""

import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import embedded
from benchmarks.telephone import telephone
from embedded.recipe import colour, nothing, spectra

BLIP = np.full((60, spectra.MELS), spectra.FLOOR, dtype=np.float32)
BLIP[10:12, 30:33] = 0.0


@given(st.integers(0, 10_000))
def test_every_colour_keeps_the_shape(seed: int) -> None:
    found = colour.random_colour(BLIP, np.random.default_rng(seed), 1.0)
    assert found.shape == BLIP.shape
    assert np.isfinite(found).all()


def test_a_longer_throat_speaks_lower() -> None:
    assert colour.warped(BLIP, 0.8)[10].argmax() < 30 < colour.warped(BLIP, 1.2)[10].argmax()
    assert np.allclose(colour.warped(BLIP, 1.0), BLIP)


def test_a_room_rings_on_and_never_before() -> None:
    wet = colour.reverberated(BLIP, 0.5, 1.0)
    assert np.allclose(wet[:10], spectra.FLOOR, atol=0.5)
    assert wet[13, 31] > wet[20, 31] > wet[40, 31] > spectra.FLOOR


def test_powers_add_up() -> None:
    both = colour.added(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))
    assert np.isclose(both[0, 0], np.log10(2))


def test_a_small_loudspeaker_has_no_treble() -> None:
    assert colour.banded(np.zeros_like(BLIP), 4, 60)[:, 60:].max() < -3


def test_a_telephone_is_imitated_as_telephones_are() -> None:
    english = next(path for path in embedded.samples() if path.stem == "english")
    wave, _ = soundfile.read(english, 160_000, dtype="float32")
    plain, real = (spectra.normalized(spectra.log_mel(audio)[None]) for audio in (wave, telephone(wave)))
    imitated = colour.telephoned(spectra.log_mel(wave), np.random.default_rng(1))
    away = np.abs(spectra.normalized(imitated[None]) - real).mean()
    assert away < 0.5 * np.abs(plain - real).mean()


def test_sounds_without_speech_are_sounds() -> None:
    for kind in nothing.KINDS:
        wave = kind(np.random.default_rng(1))
        assert wave.dtype == np.float32
        assert np.abs(wave).max() <= 1.0

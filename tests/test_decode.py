"""Recordings of every common kind become the same 16 kHz mono samples."""

import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.stream import Disposition
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.audio import SAMPLE_RATE, Samples, from_pcm16, to_pcm16
from streaming.decode import Resampler, decode, duration
from streaming.errors import AudioError


def tone(rate: int, seconds: float = 1.5, hertz: float = 440.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def whole(path: Path, step: float = 0.1) -> Samples:
    return np.concatenate([chunk.samples for chunk in decode(path, step)])


def encode(path: Path, codec: str, samples: Samples, rate: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
        frame.rate = rate
        resampler = av.AudioResampler(format=stream.format.name, rate=rate, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def loudest_frequency(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_reads_what_soundfile_writes(tmp_path: Path, name: str, rate: int) -> None:
    soundfile.write(tmp_path / name, tone(rate), rate)
    samples = whole(tmp_path / name)
    assert len(samples) == pytest.approx(1.5 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loudest_frequency(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples[4000:20000]).max() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.m4a", "aac", 44_100),
        ("a.mp4", "aac", 48_000),
        ("a.aac", "aac", 16_000),
        ("a.webm", "libopus", 48_000),
        ("a.opus", "libopus", 48_000),
    ],
)
def test_reads_what_ffmpeg_writes(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    encode(tmp_path / name, codec, tone(rate), rate)
    samples = whole(tmp_path / name)
    assert len(samples) == pytest.approx(1.5 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loudest_frequency(samples) == pytest.approx(440, abs=2)


def test_gives_16_bit_samples_at_16_khz_unchanged(tmp_path: Path) -> None:
    written = np.random.default_rng(1).integers(-32768, 32767, 20_001, np.int16)
    soundfile.write(tmp_path / "a.wav", written, SAMPLE_RATE)
    assert to_pcm16(whole(tmp_path / "a.wav")) == written.tobytes()


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_nothing_is_held_back_at_the_end(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", tone(rate), rate)
    assert len(whole(tmp_path / "a.wav")) == 1.5 * SAMPLE_RATE


def test_the_rate_may_change_in_the_middle(tmp_path: Path) -> None:
    for rate in (44_100, 16_000):
        encode(tmp_path / f"{rate}.aac", "aac", tone(rate), rate)
    joined = (tmp_path / "44100.aac").read_bytes() + (tmp_path / "16000.aac").read_bytes()
    (tmp_path / "joined.aac").write_bytes(joined)
    samples = whole(tmp_path / "joined.aac")
    alone = [len(whole(tmp_path / f"{rate}.aac")) for rate in (44_100, 16_000)]
    assert len(samples) == pytest.approx(sum(alone), abs=2)
    assert loudest_frequency(samples[-SAMPLE_RATE:]) == pytest.approx(440, abs=2)


def test_samples_survive_the_wire(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(44_100), 44_100)
    samples = whole(tmp_path / "a.wav")
    assert np.array_equal(from_pcm16(to_pcm16(samples)), samples)


def test_stereo_becomes_the_mean_and_never_clips(tmp_path: Path) -> None:
    left, right = tone(16_000, hertz=300) * 1.9, tone(16_000, hertz=300) * 1.5
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    assert np.allclose(whole(tmp_path / "a.wav"), (left + right) / 2, atol=2 / 32768)


@pytest.mark.parametrize("count", [3, 6, 7, 8, 9, 16, 64])
def test_any_number_of_channels_becomes_their_mean(tmp_path: Path, count: int) -> None:
    channels = np.full((SAMPLE_RATE, count), 0.25, np.float32)
    channels[:, 0] = -0.5
    soundfile.write(tmp_path / "a.wav", channels, SAMPLE_RATE, subtype="FLOAT")
    mean = (0.25 * (count - 1) - 0.5) / count
    assert np.allclose(whole(tmp_path / "a.wav"), np.full(SAMPLE_RATE, mean), atol=2 / 32768)


def test_planes_of_eight_channels_become_their_mean(tmp_path: Path) -> None:
    """FLAC's frames are planar, as those of film sound are."""
    with av.open(str(tmp_path / "a.mka"), "w") as container:
        stream = container.add_stream("flac", rate=48_000, layout="7.1")
        samples = np.full((8, 4_096), 8_192, np.int16).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="s16", layout="7.1")
        frame.rate = 48_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    assert np.median(whole(tmp_path / "a.mka")) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("count", [65, 255])
def test_more_channels_than_ffmpeg_converts_are_an_error(tmp_path: Path, count: int) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((100, count)), SAMPLE_RATE)
    with pytest.raises(AudioError, match=rf"a\.wav: sound of {count} channels cannot be read"):
        whole(tmp_path / "a.wav")


def test_numbers_that_are_not_finite_become_silence_or_full_scale(tmp_path: Path) -> None:
    samples = np.array([0.0, np.nan, np.inf, -np.inf, 0.25], np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    assert whole(tmp_path / "a.wav").tolist() == [0.0, 0.0, 32767 / 32768, -1.0, 0.25]


@pytest.mark.parametrize("step", [0.02, 0.1, 0.33, 1.0, 60.0])
def test_chunks_follow_one_another_and_have_one_size(tmp_path: Path, step: float) -> None:
    soundfile.write(tmp_path / "a.wav", tone(44_100), 44_100)
    chunks = list(decode(tmp_path / "a.wav", step))
    assert chunks[0].offset == 0
    assert all(a.offset + len(a.samples) == b.offset for a, b in pairwise(chunks))
    assert all(len(chunk.samples) == round(step * SAMPLE_RATE) for chunk in chunks[:-1])
    assert 0 < len(chunks[-1].samples) <= round(step * SAMPLE_RATE)
    assert np.array_equal(whole(tmp_path / "a.wav", step), whole(tmp_path / "a.wav"))


@settings(max_examples=50)
@given(data=st.data(), rate=st.sampled_from([8_000, 11_025, 16_000, 44_100, 48_000]))
def test_any_division_resamples_to_the_same(data: st.DataObject, rate: int) -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, 3_000).astype(np.float32)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=40)))
    resampler = Resampler(rate)
    pieces = [resampler.feed(piece) for piece in np.split(samples, cuts)]
    pieces.append(resampler.feed(np.zeros(0, np.float32), last=True))
    assert np.array_equal(np.concatenate(pieces), Resampler(rate).feed(samples, last=True))


def test_single_samples_resample_to_the_same() -> None:
    samples = tone(48_000, 0.05)
    resampler = Resampler(48_000)
    pieces = [resampler.feed(samples[i : i + 1], last=i == len(samples) - 1) for i in range(len(samples))]
    assert np.array_equal(np.concatenate(pieces), Resampler(48_000).feed(samples, last=True))


def test_a_long_recording_is_never_held_whole(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 16_000, 1) as file:
        for _ in range(300):
            file.write(np.zeros(16_000, np.int16))
    next(decode(tmp_path / "a.wav"))  # what is imported stays
    tracemalloc.start()
    count = sum(len(chunk.samples) for chunk in decode(tmp_path / "a.wav"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300 * 16_000
    assert peak < 1_000_000


def test_damaged_packets_are_left_out(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", tone(16_000, 6.0), 16_000)
    data = bytearray((tmp_path / "a.mp3").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 500] = b"\x55" * 500
    (tmp_path / "a.mp3").write_bytes(data)
    assert len(whole(tmp_path / "a.mp3")) > 5 * SAMPLE_RATE


def film(path: Path, samples: Samples, starts: Sequence[float]) -> None:
    """Write pictures from 0 s on, and the samples at each of the starts."""
    with av.open(str(path), "w") as container:
        pictures, sound = (
            container.add_stream("mpeg4", rate=10),
            container.add_stream("pcm_s16le", rate=16_000),
        )
        pictures.width = pictures.height = 16
        pictures.pix_fmt = "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        container.mux([*pictures.encode(picture), *pictures.encode(None)])
        for start in starts:
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
            frame.rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            frame.pts = round(start * SAMPLE_RATE)
            container.mux(sound.encode(frame))


@pytest.mark.parametrize("starts", [[2.0], [0.0, 3.0], [0.0, 0.5], [2.0, 2.55, 4.0]])
def test_sound_stands_where_players_play_it(tmp_path: Path, starts: list[float]) -> None:
    film(tmp_path / "a.mkv", tone(SAMPLE_RATE, 0.5), starts)
    loud = np.abs(whole(tmp_path / "a.mkv")) > 0
    assert len(loud) == pytest.approx((starts[-1] + 0.5) * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)
    expected = np.zeros_like(loud)
    for start in starts:
        expected[round(start * SAMPLE_RATE) :][: SAMPLE_RATE // 2] = True
    assert np.count_nonzero(loud != expected) < 0.12 * SAMPLE_RATE


def test_a_broken_time_stamp_makes_no_hours_of_silence(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv", tone(SAMPLE_RATE, 0.5), [0.0, 5_000.0])
    assert len(whole(tmp_path / "a.mkv")) == SAMPLE_RATE


def test_tells_how_long_a_recording_is(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(44_100), 44_100)
    assert duration(tmp_path / "a.wav") == pytest.approx(1.5)


def test_a_recording_whose_sound_begins_late_is_as_long_as_it_is_heard(tmp_path: Path) -> None:
    film(tmp_path / "a.mov", tone(SAMPLE_RATE, 0.5), [2.0])
    assert duration(tmp_path / "a.mov") == len(whole(tmp_path / "a.mov")) / SAMPLE_RATE == 2.5


def tracks(path: Path, levels: Sequence[float], default: int) -> None:
    """Write a track of each level, all beside each other."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in levels]
        for number, stream in enumerate(streams):
            stream.disposition = Disposition.default if number == default else Disposition(0)
        for stream, level in zip(streams, levels, strict=True):
            samples = np.full((1, 4_000), round(level * 32768), np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.rate = SAMPLE_RATE
            container.mux([*stream.encode(frame), *stream.encode(None)])


def unknown(path: Path, count: int) -> None:
    """Give the first tracks of a QuickTime film a codec that nobody knows."""
    path.write_bytes(path.read_bytes().replace(b"sowt", b"zzzz", count))


@pytest.mark.parametrize(("default", "heard"), [(0, 0.25), (1, 0.5), (2, 0.75), (9, 0.25)])
def test_of_several_tracks_the_one_that_players_play_is_heard(
    tmp_path: Path, default: int, heard: float
) -> None:
    tracks(tmp_path / "a.mkv", [0.25, 0.5, 0.75], default)
    assert set(whole(tmp_path / "a.mkv").tolist()) == {heard}


def test_a_track_that_cannot_be_decoded_is_passed_over(tmp_path: Path) -> None:
    tracks(tmp_path / "a.mov", [0.25, 0.5], 0)
    unknown(tmp_path / "a.mov", 1)
    assert set(whole(tmp_path / "a.mov").tolist()) == {0.5}
    assert duration(tmp_path / "a.mov") == 0.25


def undecodable(path: Path) -> None:
    tracks(path, [0.25, 0.5], 0)
    unknown(path, 2)


def silent_film(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def broken(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(5_000))


def headless(path: Path) -> None:
    encode(path, "aac", tone(16_000), 16_000)
    path.write_bytes(path.read_bytes()[:2_000])


def cut(path: Path) -> None:
    """Write the beginning of a recording whose first page of sound is not whole."""
    soundfile.write(path, tone(16_000), 16_000)
    path.write_bytes(path.read_bytes()[:-1_000])


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("missing.wav", lambda path: None, "no such file"),
        ("a" * 300 + ".wav", lambda path: None, "no such file"),
        ("folder", Path.mkdir, "directory"),
        ("empty.wav", Path.touch, "empty"),
        ("empty.mp3", Path.touch, "empty"),
        ("text.wav", lambda path: path.write_text("not a recording\n" * 50), "not audio"),
        ("noise.flac", broken, "no sound"),
        ("headless.m4a", headless, "not audio"),
        ("film.mp4", silent_film, "no audio"),
        ("cut.ogg", cut, "broken"),
        ("undecodable.mov", undecodable, "cannot be decoded"),
        ("nothing.wav", lambda path: soundfile.write(path, np.zeros(0, np.float32), 16_000), "no sound"),
    ],
)
def test_says_what_is_wrong_in_one_line(  # type: ignore[no-untyped-def]
    tmp_path: Path, name: str, make, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / name)
    with pytest.raises(AudioError) as raised:
        list(decode(tmp_path / name))
    message = str(raised.value)
    assert says in message
    assert name in message
    assert "\n" not in message
    assert capfd.readouterr().err == ""


def test_an_address_is_not_fetched() -> None:
    with pytest.raises(AudioError, match="no such file"):
        list(decode("http://127.0.0.1:9/a.wav"))


def test_a_playlist_opens_nothing(tmp_path: Path) -> None:
    """What is uploaded must not be able to name other recordings of the machine."""
    soundfile.write(tmp_path / "secret.wav", np.zeros(16_000), 16_000)
    (tmp_path / "list.txt").write_text("ffconcat version 1.0\nfile secret.wav\n")
    with pytest.raises(AudioError, match="not audio"):
        whole(tmp_path / "list.txt")

"""espeak-ng itself, in its process."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

import tts
from streaming.audio import AudioChunk
from streaming.errors import EngineError, LanguageError, ModelError
from streaming.stages import SpeechRequest
from tts import espeak
from tts.espeak import EspeakSynthesizer

pytest.importorskip("espeakng_loader", reason="espeak is an extra: pip install dragoman[tts]")


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[EspeakSynthesizer]:
    loaded = tts.load("espeak")
    assert isinstance(loaded, EspeakSynthesizer)
    yield loaded
    loaded.close()


def about(seconds: float | list[float]) -> object:
    """espeak-ng's wave generator goes on where it was: no two answers have quite the same length."""
    return pytest.approx(seconds, rel=0.03)


def say(synthesizer: EspeakSynthesizer, text: str, language: str = "en", rate: float = 1.0) -> AudioChunk:
    (audio,) = synthesizer.synthesize([SpeechRequest(text, language, rate=rate)])
    return audio


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Good morning, everyone, and welcome."),
        ("zh", "大家早上好，欢迎光临。"),
        ("zh-CN", "大家早上好，欢迎光临。"),
        ("es", "Buenos días a todos y bienvenidos."),
    ],
)
def test_it_speaks(synthesizer: EspeakSynthesizer, language: str, text: str) -> None:
    audio = say(synthesizer, text, language)
    assert audio.offset == 0
    assert audio.samples.dtype == np.float32
    assert 1.0 < audio.duration < 5.0
    assert 0.02 < float(np.sqrt(np.mean(audio.samples**2))) < 0.5
    assert float(np.abs(audio.samples).max()) <= 1.0


def test_the_pitch_of_the_voice_survives_resampling(synthesizer: EspeakSynthesizer) -> None:
    """Most of a voice's energy lies below 4 kHz; a wrong rate would move it, a click would spread it."""
    samples = say(synthesizer, "The meeting starts at nine.").samples
    power = np.abs(np.fft.rfft(samples)) ** 2
    below = power[: len(power) // 2].sum() / power.sum()
    assert below > 0.8


def test_answers_belong_to_their_requests(synthesizer: EspeakSynthesizer) -> None:
    texts = ["one", "one two three four five six seven", "one two"]
    together = synthesizer.synthesize([SpeechRequest(text, "en") for text in texts])
    durations = [audio.duration for audio in together]
    assert durations[0] < durations[2] < durations[1]
    assert durations == about([say(synthesizer, text).duration for text in texts])


def test_threads_do_not_mix_their_answers(synthesizer: EspeakSynthesizer) -> None:
    texts = ["one", "one two three four five six seven", "one two"] * 5
    alone = [say(synthesizer, text).duration for text in texts]
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(lambda text: say(synthesizer, text).duration, texts)) == about(alone)


def test_a_higher_rate_is_faster(synthesizer: EspeakSynthesizer) -> None:
    text = "one two three four five six"
    assert say(synthesizer, text, rate=1.5).duration < 0.85 * say(synthesizer, text).duration


def test_a_voice_may_be_named(synthesizer: EspeakSynthesizer) -> None:
    voices = synthesizer.synthesize(
        [SpeechRequest("bath", "en", voice) for voice in ("en-us", "en-gb-scotland", None)]
    )
    named, other, usual = (audio.duration for audio in voices)
    assert named == about(usual)
    assert other != about(usual)


def test_a_language_without_a_voice_is_named(synthesizer: EspeakSynthesizer) -> None:
    with pytest.raises(LanguageError, match="espeak cannot speak xx: there is no voice 'xx'"):
        say(synthesizer, "hello", "xx")
    assert say(synthesizer, "hello").duration > 0.2


def test_a_killed_process_is_replaced(synthesizer: EspeakSynthesizer) -> None:
    before = synthesizer.process_id
    expected = say(synthesizer, "hello").duration
    os.kill(before, signal.SIGKILL)
    assert say(synthesizer, "hello").duration == about(expected)
    assert synthesizer.process_id != before


def test_a_request_that_kills_the_process_is_told_and_the_next_one_works(
    synthesizer: EspeakSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = espeak._exchange

    def deadly(process: "subprocess.Popen[bytes]", frame: bytes) -> object:
        if b"deadly" in frame:
            os.kill(process.pid, signal.SIGKILL)
        return real(process, frame)

    monkeypatch.setattr(espeak, "_exchange", deadly)
    with pytest.raises(EngineError, match="espeak died twice of a text of 12 characters"):
        say(synthesizer, "deadly words")
    assert say(synthesizer, "hello").duration > 0.2


def test_a_hung_process_is_ended(synthesizer: EspeakSynthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "LIMIT", 1.5)
    os.kill(synthesizer.process_id, signal.SIGSTOP)
    assert say(synthesizer, "hello").duration > 0.2


def test_the_process_ends_with_its_parent() -> None:
    program = "import os, tts; s = tts.load(); print(s.process_id, flush=True); os._exit(0)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(int(found.stdout))
        ended, _, _ = select.select([handle], [], [], 30.0)
        os.close(handle)
        assert ended, "it still runs"


def test_the_library_stays_out_of_the_process() -> None:
    program = (
        "import tts; from streaming.stages import SpeechRequest\n"
        "(sound,) = tts.load().synthesize([SpeechRequest('hello', 'en')])\n"
        "assert sound.duration > 0.2 and 'libespeak-ng' not in open('/proc/self/maps').read()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(ModelError, match=r"pip install dragoman\[tts\]"):
        tts.load("espeak")


def test_an_unknown_synthesizer_is_named() -> None:
    with pytest.raises(ModelError, match="there is no synthesizer 'parrot'; there is espeak"):
        tts.load("parrot")

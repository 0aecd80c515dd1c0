"""Guards: signs that a hypothesis was invented and not heard; each says why it fired.

Recognizers loop, and a loop is perfectly stable: LocalAgreement would confirm it, and the prompt would
feed it back. The thresholds let through what people do say: "no, no, no", digits, short chants.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from streaming.stages import Recognition
from streaming.words import UNSPACED, Word, text_of, units

NO_SPEECH = "no_speech"
"""Code of the alarm that asking again does not help."""
_LONGEST_PERIOD = 30
_LEAST_BYTES = 100
_MOST_COMPRESSION = 2.4
_MOST_UNITS = {False: 8.0, True: 12.0}
"""Units a second that nobody speaks: words, and characters in languages without spaces."""
_SLACK = 6
_NO_SPEECH, _UNSURE = 0.6, -1.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """A guard that fired."""

    code: str
    """``no_speech``, ``loop``, ``compression`` or ``rate``."""
    message: str
    """One sentence."""
    keep: int
    """Leading words that may be believed."""


def inspect(recognition: Recognition, seconds: float) -> Alarm | None:
    """Look for the first reason not to believe a hypothesis that was heard in `seconds` of audio."""
    words = recognition.words
    if not words:
        return None
    if is_silence(recognition):
        return Alarm(NO_SPEECH, "the hypothesis was dropped: the recognizer heard no speech", 0)
    if (keep := loop_start(words)) is not None:
        return Alarm("loop", "the recognizer repeated itself; the repetition was dropped", keep)
    if (ratio := compression(words)) > _MOST_COMPRESSION:
        return Alarm("compression", f"the hypothesis was dropped: it compresses {ratio:.1f} times", 0)
    if too_fast(words, recognition.language, seconds):
        message = f"the hypothesis was dropped: {len(words)} words in {seconds:.1f} s"
        return Alarm("rate", message, 0)
    return None


def loop_start(words: Sequence[Word]) -> int | None:
    """Find words that repeat; count the leading words up to the end of the first repeated instance."""
    heard = [word.text.strip().casefold() for word in words]
    found = [keep for period in range(1, _LONGEST_PERIOD + 1) if (keep := _loop(heard, period)) is not None]
    return min(found, default=None)


def compression(words: Sequence[Word]) -> float:
    """Measure how much zlib shortens a text; 0 for one too short to tell."""
    text = text_of(words).encode()
    return len(text) / len(zlib.compress(text)) if len(text) >= _LEAST_BYTES else 0.0


def too_fast(words: Sequence[Word], language: str, seconds: float) -> bool:
    """Tell whether nobody can say that many words in that time."""
    count = len(units(text_of(words), language))
    return count > _SLACK + _MOST_UNITS[language in UNSPACED] * seconds


def is_silence(recognition: Recognition) -> bool:
    """Tell whether the recognizer took the audio for silence and was unsure of what it wrote."""
    unsure = recognition.mean_log_probability < _UNSURE
    return recognition.no_speech_probability > _NO_SPEECH and unsure


def _loop(heard: Sequence[str], period: int) -> int | None:
    """Count the words before the second instance of a loop of this period."""
    least = {1: 8, 2: 5}.get(period, 4)
    run = 0
    for i in range(period, len(heard)):
        run = run + 1 if heard[i] == heard[i - period] else 0
        if run >= (least - 1) * period:
            return i + 1 - run
    return None

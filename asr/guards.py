"""Guards: signs that a hypothesis was invented and not heard; each says why it fired.

Recognizers loop, and a loop is perfectly stable: LocalAgreement would confirm it, and the prompt would
feed it back. Over what is not speech they say what stood at the end of the films they learnt from. The
thresholds let through what people do say: "no, no, no", digits, chants; a real "thank you".
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from asr.closings import is_closing
from asr.evidence import Evidence
from streaming.stages import Recognition
from streaming.words import UNSPACED, Word, text_of, units

BROKEN, UNSURE = "broken", "unsure"
"""Codes of the alarm that is no news while the utterance goes on, as the next hypothesis has the bytes; and
of the one that may mean that nobody speaks."""
REPEATED = ("loop", "compression")
"""Codes of the alarms that fire over what feeds on the text before it."""
SILENT = ("no_speech", "closing", UNSURE)
"""Codes of the alarms that fire over the silence behind what was said."""
GUESSED = 0.25
"""Sureness of words below which nothing was understood, and probability of a word that the recognizer did not
believe itself. Utterances that are understood lie above 0.34 (the least sure of 204, of the embedded
recognizer), voices that are played backwards between 0.2 and 0.4, as it has been trained: see `doubt`."""
_INVENTED = 0.05
"""Probability of words that end an utterance and were invented: a search hardly ever gives back an empty
text, so that over the silence behind a sentence it writes what it does not believe itself (" The", 0.006).
Of the words of 630 spoken utterances 1 in 200 is so improbable, and 9 of 10 of these are wrong."""
_LONGEST_PERIOD = 30
_REMEMBERED = 3.0
"""Seconds before a hypothesis in which a loop may have begun: what takes longer has the pace of a chant."""
_COLLAPSED = 0.04
"""Seconds: nobody says a word in less, but alignments of a loop crowd its words so."""
_LEAST_CHARACTERS = 100
_MOST_COMPRESSION = 2.4
"""Times that zlib shortens what nobody says unless it is a chant. Of 2,315 texts of 400 characters and more,
as much as is said in 30 s, the most regular one gives 2.2 (TICO-19 in English, Spanish, French and Chinese);
three instances of 40 characters give 2.4, four of 31 words 3 or more."""
_LETTER = 0.02
"""Seconds: nobody says a letter in less. A word that repeats itself within may be as long as it likes."""
_MOST_UNITS = {False: 8.0, True: 12.0}
"""Units a second that nobody speaks: words, and characters in languages without spaces."""
_SLACK = 6
_NO_SPEECH, _UNSURE = 0.6, -1.0
_BELIEVED = 1.5
"""Factor of the probability of speech: two thirds are as good as certainty."""
_BROKEN = "\ufffd"
_MARKS = ".,;:?!…。，；：？！、"
_NOTHING_SAID = Evidence()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A guard that fired."""

    code: str
    """``no_speech``, ``closing``, ``unsure``, ``loop``, ``compression``, ``rate`` or ``broken``."""
    message: str
    """One sentence."""
    keep: int
    """Leading words that may be believed."""
    again: bool = True
    """Asking again, with the longest window and without a prompt, may help."""


def inspect(
    recognition: Recognition,
    seconds: float,
    before: Sequence[Word] = (),
    *,
    again: bool = False,
    least: float = GUESSED,
    final: bool = False,
    evidence: Evidence = _NOTHING_SAID,
) -> Alarm | None:
    """Look for the first reason not to believe a hypothesis that was heard in `seconds` of audio.

    `before` are the words committed before it, because loops are committed bit by bit; `again`: it has
    been asked for twice, and what a speaker may have said after all is let through. `least` is the sureness
    of words that were understood; `final`: the utterance is over; `evidence`: of what was said before.
    """
    words = recognition.words
    if not words:
        return None
    if is_silence(recognition):
        return Alarm("no_speech", "the hypothesis was dropped: the recognizer heard no speech", 0, False)
    if is_invented(recognition, evidence):
        message = f"{text_of(words)!r} was dropped: recognizers say it where nobody speaks"
        return Alarm("closing", message, 0, False)
    if sureness(recognition, before, evidence) < least:
        return Alarm(UNSURE, "the hypothesis was dropped: the recognizer understood nothing", 0, False)
    if (keep := loop_start(words, before, sure=again)) is not None:
        return Alarm("loop", "the recognizer repeated itself; the repetition was dropped", keep)
    ratio = compression(words)
    if ratio > _MOST_COMPRESSION and (not again or _unspeakable(words) or _is_crammed(words)):
        return Alarm("compression", f"the hypothesis was dropped: it compresses {ratio:.1f} times", 0)
    if too_fast(words, recognition.language, seconds):
        message = f"the hypothesis was dropped: {len(words)} words in {seconds:.1f} s"
        return Alarm("rate", message, 0)
    if (whole := whole_words(words)) < len(words):
        return Alarm(BROKEN, "a character was held back whose bytes are not complete", whole, False)
    if final and (kept := uninvented(words)) < len(words):
        return Alarm(UNSURE, "the end was dropped: the recognizer did not believe it itself", kept, False)
    return None


def loop_start(words: Sequence[Word], before: Sequence[Word] = (), *, sure: bool = False) -> int | None:
    """Find words that repeat; count the leading words up to the end of the first repeated instance.

    People repeat themselves too, but take time for it: `sure` finds only loops that nobody can have
    spoken, because their words take no time or there are twice as many.
    """
    if not words:
        return None
    known = [word for word in before if word.start >= words[0].start - _REMEMBERED]
    all_words = [*known, *words]
    heard = [word.text.strip().casefold() for word in all_words]
    found = []
    for period in range(1, _LONGEST_PERIOD + 1):
        run = _loop(heard, period, _least(period), len(known))
        if run and sure and not _unspeakable(all_words[run[0] : run[1]]):
            run = _loop(heard, period, 2 * _least(period), len(known))
        if run:
            found.append(max(0, run[0] + period - len(known)))
    return min(found, default=None)


def compression(words: Sequence[Word]) -> float:
    """Measure how much zlib shortens a text; 0 for one too short to tell.

    A character counts as one byte, whatever the script: in UTF-8 letters of three bytes begin alike, and
    ordinary Hindi would compress as a loop does in English.
    """
    text = text_of(words)
    if len(text) < _LEAST_CHARACTERS:
        return 0.0
    numbers = {character: number % 256 for number, character in enumerate(dict.fromkeys(text))}
    return len(text) / len(zlib.compress(bytes(numbers[character] for character in text)))


def too_fast(words: Sequence[Word], language: str, seconds: float) -> bool:
    """Tell whether nobody can say that many words in that time."""
    count = len(units(text_of(words), language))
    return count > _SLACK + _MOST_UNITS[language in UNSPACED] * seconds


def is_silence(recognition: Recognition) -> bool:
    """Tell whether the recognizer took the audio for silence and was unsure of what it wrote."""
    unsure = recognition.mean_log_probability < _UNSURE
    return recognition.no_speech_probability > _NO_SPEECH and unsure


def is_invented(recognition: Recognition, evidence: Evidence = _NOTHING_SAID) -> bool:
    """Tell whether the recognizer wrote what films end with, and took the audio for silence or did not
    believe one of the words."""
    if not is_closing(text_of(recognition.words), recognition.language):
        return False
    doubted = min(evidence.probabilities(recognition.words)) < GUESSED
    return doubted or recognition.no_speech_probability > _NO_SPEECH


def sureness(
    recognition: Recognition, before: Sequence[Word] = (), evidence: Evidence = _NOTHING_SAID
) -> float:
    """Average the probabilities of a hypothesis that has words together with those of the words before it,
    and take into account how probable it is that somebody speaks, where that is in question."""
    speech = min(1.0, _BELIEVED * (1 - recognition.no_speech_probability))
    return speech * evidence.sureness(recognition.words, before)


def whole_words(words: Sequence[Word]) -> int:
    """Count the words before the first with a character whose bytes are not complete."""
    return next((i for i, word in enumerate(words) if _BROKEN in word.text), len(words))


def uninvented(words: Sequence[Word]) -> int:
    """Count the words before the end that was invented."""
    return 1 + max((i for i, word in enumerate(words) if not _is_invented(word)), default=-1)


def believed(words: Sequence[Word], alarm: Alarm | None, *, final: bool) -> tuple[Word, ...]:
    """Keep the words that may be believed; behind a broken character nothing is lost at the end."""
    if alarm is None:
        return tuple(words)
    if alarm.code == BROKEN and final:
        return tuple(word for word in words if _BROKEN not in word.text)
    return tuple(words[: alarm.keep])


def unmarked(words: Sequence[Word], before: Sequence[Word]) -> tuple[Word, ...]:
    """Leave out marks at the beginning that stand behind no word, or behind another mark: silence after a
    sentence is heard as a full stop by a search that never gives back an empty text."""
    if before and before[-1].text[-1:] not in _MARKS:
        return tuple(words)
    first = next((i for i, word in enumerate(words) if word.text.strip(_MARKS + " ")), len(words))
    return tuple(words[first:])


def _is_invented(word: Word) -> bool:
    """Tell whether a word at an end is improbable, all the more if nobody can have said it."""
    collapsed = word.end - word.start < _COLLAPSED
    return word.probability < (GUESSED if collapsed else _INVENTED)


def _least(period: int) -> int:
    """Tell how many instances make a loop."""
    return {1: 8, 2: 5}.get(period, 4)


def _loop(heard: Sequence[str], period: int, least: int, known: int) -> tuple[int, int] | None:
    """Find where the first loop of a period begins and ends that reaches beyond the words known before."""
    run = 0
    for i in range(period, len(heard) + 1):
        if i < len(heard) and heard[i] == heard[i - period]:
            run += 1
            continue
        if run >= (least - 1) * period and i > known:
            return i - run - period, i
        run = 0
    return None


def _is_crammed(words: Sequence[Word]) -> bool:
    """Tell whether there are more letters than anybody says while the words last, however few words."""
    return len(text_of(words)) * _LETTER > words[-1].end - words[0].start


def _unspeakable(words: Sequence[Word]) -> bool:
    """Tell whether a quarter of the words take less time than anybody needs."""
    return 4 * sum(word.end - word.start < _COLLAPSED for word in words) >= len(words)

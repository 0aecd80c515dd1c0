"""What a model's folder says about itself, and how long its windows are."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from asr.pieces import FRAME
from streaming.errors import ModelError

LONGEST = 30.0
"""Seconds that Whisper was trained on, and the most it takes."""
_GRID = 2.0
_NUMBERS = ("window_floor", "window_margin", "window_full", "window_speech")


@dataclass(frozen=True, slots=True)
class Card:
    """What a model's folder says about itself in `dragoman.json`; the defaults are for stock weights."""

    languages: tuple[str, ...] = ()
    """Empty: those of the tokenizer."""
    window_floor: float = 10.0
    """Seconds of the shortest window."""
    window_margin: float = 2.0
    """Seconds of silence behind the speech, at least."""
    window_full: float = LONGEST
    """Seconds of the window that is safest, for hypotheses that cannot be believed."""
    window_speech: float = LONGEST - 2.0
    """Seconds of speech in a recording's window: a model that was taught with shorter ones forgets what is
    behind. Stock weights hear all that leaves room for the silence."""
    beam: int = 5
    """Hypotheses that a search keeps where there is time for it; Whisper's own, small models gain by more."""
    prompt: int = 64
    """Tokens of text before the window, at most: longer ones favour loops, and a model that was taught with
    shorter ones falls silent behind them."""
    hot_words: int = 96
    """Tokens of terms that stand before that text, at most; none for a model that takes no such text."""
    preface: int = 48
    """Tokens of text that stands before those terms, at most; none for such a model either."""
    family: str = "whisper"
    """By which commit policies are chosen; see `presets`."""


def window_seconds(content: float, card: Card, mels: int, full: bool = False) -> float:
    """Tell how long a window is padded for so many seconds of content."""
    seconds = max(card.window_full if full else card.window_floor, content + card.window_margin)
    seconds = min(LONGEST, math.ceil(round(seconds / _GRID, 6)) * _GRID)
    # CTranslate2 takes an encoder output of as many frames as there are mel bands for a spectrum, silently.
    return seconds + _GRID if round(seconds / FRAME) == mels else seconds


def read_card(folder: Path) -> Card:
    """Read what a folder says about its model.

    Raises:
        ModelError: `dragoman.json` is not what it should be.
    """
    path = folder / "dragoman.json"
    if not path.exists():
        return Card()
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        numbers = {name: float(about[name]) for name in _NUMBERS if name in about}
        return Card(
            tuple(about.get("languages", ())),
            beam=int(about.get("beam", Card().beam)),
            prompt=int(about.get("prompt", Card().prompt)),
            hot_words=int(about.get("hot_words", Card().hot_words)),
            preface=int(about.get("preface", Card().preface)),
            family=str(about.get("name", Card().family)),
            **numbers,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is not what it should be: {error}") from error

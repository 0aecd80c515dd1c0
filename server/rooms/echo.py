"""Echoes: after a restart audio is interpreted once more, and what comes out has partly been said before.

Decisions are deterministic, so a second hearing says what the first has said: that is left out, by what
the text says and not by counting. Where it says something else after all (points of decision were skipped
under load, the model is another one), the text that was told stays, and only what follows it in time is
added: nothing that anybody has read is ever taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from streaming.captions import Caption, Update
from streaming.words import Word

Key = tuple[int, str]
"""Utterance and language."""


@dataclass(slots=True)
class _Echo:
    told: Caption
    """What the log holds."""
    heard: str
    """What the second hearing has said so far."""
    apart: bool = False
    """It has said something else."""


class Echoes:
    """Brings a second hearing into line with what has been told."""

    def __init__(self, told: Mapping[Key, Caption], at_snapshot: Mapping[Key, Caption]) -> None:
        """`told` is what the log holds now; `at_snapshot` what it held where the second hearing begins."""
        self._echoes = {
            key: _Echo(caption, at_snapshot[key].committed if key in at_snapshot else "")
            for key, caption in told.items()
            if caption.committed or caption.final
        }

    def reconcile(self, update: Update) -> Update | None:
        """Give what an update says beyond what has been told; `None`: nothing."""
        key = (update.utterance, update.language)
        echo = self._echoes.get(key)
        if echo is None:
            return update
        if echo.told.final:
            return None
        if echo.apart:
            return replace(update, committed=_after(update.committed, echo.told.end))
        return self._compare(echo, key, update)

    def _compare(self, echo: _Echo, key: Key, update: Update) -> Update | None:
        added = "".join(word.text for word in update.committed)
        echo.heard = echo.heard + added if echo.heard else added.lstrip()
        told = echo.told.committed
        if echo.heard.startswith(told):
            del self._echoes[key]
            return replace(update, committed=_last(update.committed, len(echo.heard) - len(told)))
        if told.startswith(echo.heard) and not update.final:
            return None
        echo.apart = True
        return replace(update, committed=_after(update.committed, echo.told.end))


def _after(words: tuple[Word, ...], time: float) -> tuple[Word, ...]:
    # By their middles: two hearings seldom agree on where a word begins.
    return tuple(word for word in words if (word.start + word.end) / 2 >= time)


def _last(words: tuple[Word, ...], letters: int) -> tuple[Word, ...]:
    """Give the words that hold the last so many letters; the first of them may be a part."""
    kept: list[Word] = []
    for word in reversed(words):
        if letters <= 0:
            break
        kept.append(replace(word, text=word.text[-letters:]))
        letters -= len(word.text)
    return tuple(reversed(kept))

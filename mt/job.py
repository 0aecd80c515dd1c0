"""Jobs: requests as the tokens of one model, and its answers as text."""

import re
from collections.abc import Sequence
from typing import Any

from mt.folders import BEAM, ModelFolder
from mt.languages import normalized
from streaming.errors import EngineError, LanguageError
from streaming.stages import Translation, TranslationRequest
from streaming.words import UNSPACED

_END = "</s>"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>$")
_ROOM = 16
"""Target tokens that any sentence may have, and how finely lengths are grouped."""
_MOST_SOURCE, _MOST = 250, 496
"""Tokens of a source and of a target that models with 512 positions can take; a sentence has half as many.
More, such as a word of a thousand letters, would end the batch with an error, and its neighbours' sessions
with it: what is longer is not translated."""


class Job:
    """A request as tokens.

    What decides how it is decoded follows from the request alone: what a request is answered must not
    depend on its neighbours in the batch.
    """

    def __init__(
        self,
        folder: ModelFolder,
        source_pieces: Any,
        target_pieces: Any,
        request: TranslationRequest,
        drafts: int = BEAM,
    ) -> None:
        """`drafts` is the beam of open sentences."""
        source, target = normalized(request.source_language), normalized(request.target_language)
        if (source, target) not in folder.info.pairs:
            raise LanguageError(f"{folder.info.name} does not translate {source} → {target}")
        self._request = request
        self._target_pieces = target_pieces
        self._before = ("", "")
        if request.context and folder.context:
            self._before = _context(request.context[0], source), _context(request.context[1], target)
        text = request.source.strip()
        pieces: list[str] = source_pieces.encode(self._before[0] + text, out_type=str)
        if len(pieces) > _MOST_SOURCE and self._before[0]:
            self._before = ("", "")
            pieces = source_pieces.encode(text, out_type=str)
        self._source_pieces = pieces[:_MOST_SOURCE]
        written = self._encoded(request.target_prefix)
        asks = source_pieces.encode(folder.instructions.get((source, target), ""), out_type=str)
        marked, self._marks, self._first = _marked(folder, asks, self._source_pieces, source, target)
        can = text and self._source_pieces and len(written) + _ROOM <= _MOST
        self.source = marked if can else []
        """Source tokens; without any the answer is the prefix."""
        self.prefix = [*self._marks, *written]
        """Target tokens that are given."""
        self.draft = self._drafted()
        """Those, and after them what is expected."""
        self.candidates = request.candidates
        self.bias = request.bias
        # A draft is favoured token by token, which no beam does.
        narrow = 1 if request.bias else drafts
        self.beam = max(folder.beam if request.complete else narrow, request.candidates)
        self.attention = request.attention and folder.attention
        self.scored = request.scored
        self.score: float | None = None
        """Mean log-probability per token of the whole answer, where it was asked for."""
        # The bound counts the prefix. Twice the source leaves room for any pair, and ends a loop.
        needed = len(self._marks) + max(len(written), 2 * len(self._source_pieces)) + _ROOM
        self.longest = min(_rounded(needed), _MOST)
        self.answers: list[list[str]] = [self.prefix]
        """Target tokens of each hypothesis, the best first."""
        self.rows: Sequence[Sequence[float]] = ()
        """For each token of the first the share of its attention that each source token gets."""

    def translation(self) -> Translation:
        """Write the answer."""
        candidates = tuple(map(self._text, self.answers)) if self.candidates > 1 else ()
        text = candidates[0] if candidates else self._text(self.answers[0])
        ends = tuple(_ends(self.answers[0][len(self.prefix) :], len(self._request.target_prefix)))
        attention = self._attention(ends) if self.attention else None
        return Translation(text, candidates=candidates, ends=ends, attention=attention, score=self.score)

    def _text(self, answer: list[str]) -> str:
        """Write a hypothesis: the prefix as it was given, then what decoding adds to it."""
        skip = len(self._marks)
        # The prefix is not taken from the tokens: normalization may write it differently.
        known, whole = self._decoded(self.prefix[skip:]), self._decoded(answer[skip:])
        if not whole.startswith(known):
            raise EngineError(
                f"an answer of {len(whole)} characters does not begin with the {len(known)} given"
            )
        # Byte pieces that make no character are left out.
        added = whole[len(known) :].replace("\ufffd", "")
        return self._request.target_prefix + added if self._request.target_prefix else added.lstrip()

    def _attention(self, ends: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Tell for each new piece where it ends, and where the source piece ends that it attends to most."""
        source_ends = _ends(self._source_pieces, -len(self._before[0]))
        columns = slice(self._first, self._first + len(source_ends))
        found = []
        # The language's mark and the end of the source draw attention that belongs to no word.
        for end, row in zip(ends, self.rows[len(self.prefix) :], strict=False):
            shares = row[columns]
            best = max(range(len(shares)), key=shares.__getitem__, default=0)
            found.append((end, max(0, source_ends[best]) if source_ends else 0))
        return tuple(found)

    def _encoded(self, text: str) -> list[str]:
        pieces: list[str] = self._target_pieces.encode(self._before[1] + text, out_type=str)
        return pieces

    def _drafted(self) -> list[str]:
        request = self._request
        if not request.draft.startswith(request.target_prefix):
            return self.prefix
        draft = [*self._marks, *self._encoded(request.draft.rstrip())]
        # A prefix that was cut within a piece has tokens of its own, and the draft's do not continue them.
        return draft if draft[: len(self.prefix)] == self.prefix else self.prefix

    def _decoded(self, tokens: list[str]) -> str:
        """Decode pieces; tokens that are no text (marks, unknown characters) are left out."""
        unknown = self._target_pieces.unk_id()
        known = [token for token in tokens if self._target_pieces.piece_to_id(token) != unknown]
        return str(self._target_pieces.decode([token for token in known if token not in self._marks]))


def _marked(
    folder: ModelFolder, asks: list[str], pieces: list[str], source: str, target: str
) -> tuple[list[str], list[str], int]:
    """Add the family's language tokens, or the instruction that `asks` for the pair: source tokens, the
    tokens before the target, and where in the source the pieces begin."""
    end = [_END] if folder.ends_source else []
    match folder.info.family:
        case "m2m100" | "nllb":
            mark, target_mark = [folder.languages[source]], [folder.languages[target]]
            if folder.language_last:
                return [*pieces, *end, *mark], target_mark, 0
            return [*mark, *pieces, *end], target_mark, 1
        case "t5":
            return [*asks, *pieces, *end], [], len(asks)
        case "opus-mt" | "madlad":
            mark = [folder.languages[target]] if target in folder.languages else []
            return [*mark, *pieces, *end], [], len(mark)
        case _:
            return [*pieces, *end], [folder.languages[target]] if target in folder.languages else [], 0


def _context(text: str, language: str) -> str:
    text = text.strip()
    return text if language in UNSPACED or not text else f"{text} "


def _ends(pieces: Sequence[str], begin: int) -> list[int]:
    """Tell where each piece ends in a text that begins at `begin`, in characters."""
    ends: list[int] = []
    for piece in pieces:
        # Of a character in bytes the first one counts; those that follow begin with the bits 10.
        byte = _BYTE.match(piece)
        surface = int(int(byte[1], 16) >> 6 != 0b10) if byte else len(piece)
        # The space before the first word of a text is not written.
        begin += surface - (piece.startswith("▁") and not ends and begin <= 0)
        ends.append(begin)
    return ends


def _rounded(length: int) -> int:
    return -(-length // _ROOM) * _ROOM

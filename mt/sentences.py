"""Sentences: where one ends in source words that keep coming.

Translators are trained on sentences, so a sentence is the longest thing they are given. The question is
asked of a growing list of committed words, and the answer never depends on how far the list has grown
beyond the end that is found: any grouping of the words gives the same sentences.

Recognizers write a full stop wherever their window ends, so a mark alone proves nothing: a word must
have been committed after it.
"""

import re
from collections.abc import Sequence

from streaming.words import UNSPACED, Word, text_of, units

LONGEST = 40
"""Words of a sentence without an end, for languages with spaces."""
LONGEST_UNSPACED = 80
"""Characters of a sentence without an end, for languages without spaces."""

_CLOSING = "\"'”’»)\\]）」』】》"
_END = re.compile(rf"[。！？!?.…।؟][{_CLOSING}]*$")
_WIDE_END = re.compile(rf"[。！？!?…][{_CLOSING}]*$|(?<![\x00-\x7f])\.[{_CLOSING}]*$")
_CLAUSE = re.compile(rf"[,;:，、；：،—–][{_CLOSING}]*$")
_INITIAL = re.compile(r"(?:^|[\s.(])[^\W\d_]\.$")
_CONTINUATION = "。！？!?.…।؟，、；：”’»）」』】》)]"
_OPEN_END = re.compile(rf"\s*[。！？!?.…।؟]+[{_CLOSING}]*\s*$")
_CONTEXT = 6


def sentence_end(words: Sequence[Word], language: str) -> int | None:
    """Count the words of the first sentence; `None` while it is open.

    A sentence ends at a terminal mark that a word follows, or where it gets too long: after its last
    clause mark, else at the bound. The end of an utterance is the caller's to know.
    """
    limit = LONGEST_UNSPACED if language in UNSPACED else LONGEST
    size = 0
    for index, word in enumerate(words):
        if index and _ends(words[max(0, index - _CONTEXT) : index], word, language):
            return index
        size += len(units(word.text, language))
        if size >= limit:
            return _cut(words[: index + 1])
    return None


def without_end(text: str) -> str:
    """Remove the terminal mark that a translator puts after an unfinished sentence."""
    return _OPEN_END.sub("", text)


def _ends(words: Sequence[Word], following: Word, language: str) -> bool:
    text = text_of(words)
    if following.text.lstrip()[:1] in _CONTINUATION:
        return False
    if language in UNSPACED:
        return bool(_WIDE_END.search(text))
    # Without a space between them the two are one word that recognition wrote in two parts.
    if not following.text[:1].isspace() or not _END.search(text) or _INITIAL.search(text):
        return False
    return _segments(text, following.text, language)


def _segments(text: str, following: str, language: str) -> bool:
    """Whether the language's own rules (abbreviations, ordinals, quotes) see two sentences here."""
    import sentencex

    return bool(sentencex.segment(language, text + following)[-1].strip() == following.strip())


def _cut(words: Sequence[Word]) -> int:
    marks = [index for index, word in enumerate(words, 1) if _CLAUSE.search(word.text)]
    return marks[-1] if marks else len(words)

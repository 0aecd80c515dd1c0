"""Sentences: where one ends in source words that keep coming.

Translators are trained on sentences, so a sentence is the longest thing they are given. The question is
asked of a growing list of committed words, and the answer never depends on how far the list has grown
beyond the end that is found: any grouping of the words gives the same sentences. Nor does an end ever lie
behind words that were part of an open sentence before: much of their translation is committed by then.

Recognizers write a full stop wherever their window ends, so a mark alone proves nothing: a word must
have been committed after it. Other recognizers write no marks at all; then a pause ends a sentence. What goes
on and on ends where it may best be divided, and the longer it has become, the less that takes.
"""

from collections.abc import Iterator, Sequence

from streaming.marks import ends_clause, ends_sentence, has_end
from streaming.words import UNSPACED, Word, text_of, units

LONGEST, LONGEST_UNSPACED = 40, 80
"""Words of a sentence without an end, and characters where words are not spaced."""
_LONG, _LONGER = 0.6, 0.8
"""Shares of that from which a sentence ends at a clause mark or a short pause, and before a conjunction."""
PAUSE = 0.6
"""Seconds between two words that end a sentence where no marks are written."""
_SHORTEST = 3
"""Words before such a pause: fewer are a speaker who is looking for the next one."""

# Words that begin a clause, at least where one must be found; a few for each language are enough.
_CONJUNCTIONS = {
    "en": "and but because so which that when while where if although however then or".split(),
    "es": "y pero porque que cuando mientras donde si aunque entonces o e".split(),
    "de": "und aber weil denn dass wenn während wo obwohl sondern oder dann".split(),
    "fr": "et mais parce car que quand pendant où si bien alors ou".split(),
    "it": "e ma perché che quando mentre dove se anche allora o".split(),
    "pt": "e mas porque que quando enquanto onde se embora então ou".split(),
    "ru": "и но потому что когда пока где если хотя или тогда".split(),
    "zh": ["但是", "因为", "所以", "而且", "如果", "然后", "虽然", "不过", "以及", "并且", "但", "而"],
    "ja": ["しかし", "そして", "だから", "また", "でも", "それで"],
}
_CONTEXT = 6
"""Words before an end that are looked at."""


def sentence_end(words: Sequence[Word], language: str, punctuated: bool = True) -> int | None:
    """Count the words of the first sentence; `None` while it is open.

    A sentence ends at a terminal mark that a word follows, or where it gets too long. If no marks have
    been `punctuated` so far, it also ends at a pause. The end of an utterance is the caller's to know.
    """
    limit = LONGEST_UNSPACED if language in UNSPACED else LONGEST
    size = 0
    for index, word in enumerate(words):
        punctuated = punctuated or is_punctuated(words[max(0, index - 1) : index])
        if index and ends_sentence(text_of(words[max(0, index - _CONTEXT) : index]), word.text, language):
            return index
        if not punctuated and index >= _SHORTEST and word.start - words[index - 1].end >= PAUSE:
            return index
        if index and _divides(words[index - 1], word, language, size / limit):
            return index
        size += len(units(word.text, language))
        if size >= limit:
            return index + 1
    return None


def sentences(words: tuple[Word, ...], language: str) -> Iterator[tuple[Word, ...]]:
    """Divide a whole utterance into its sentences."""
    while words:
        end = sentence_end(words, language) or len(words)
        yield words[:end]
        words = words[end:]


def is_punctuated(words: Sequence[Word]) -> bool:
    """Whether marks are written in these words, so that their absence elsewhere means something."""
    return any(has_end(word.text) or ends_clause(word.text) for word in words)


def _divides(last: Word, following: Word, language: str, share: float) -> bool:
    """Whether a sentence that has grown to a share of the longest ends between two words."""
    if share < _LONG:
        return False
    if ends_clause(last.text) or following.start - last.end >= PAUSE / 2:
        return True
    return share >= _LONGER and following.text.strip().casefold() in _CONJUNCTIONS.get(language, [])

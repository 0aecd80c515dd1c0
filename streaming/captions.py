"""Captions: committed text only grows, tentative text is replaced whole.

Everything that is shown, logged or spoken hangs on this one invariant, so it is kept here, in one
place, and every reader of captions (client, log, tests) folds them with `Transcript`.
"""

from dataclasses import dataclass, field, replace

from streaming.errors import RetractionError
from streaming.words import Word


@dataclass(frozen=True, slots=True)
class Update:
    """What a stage adds to an utterance in one language."""

    utterance: int
    """Number of the utterance in its session, from 0."""
    language: str
    """Language of the words."""
    committed: tuple[Word, ...] = ()
    """Newly committed words; they follow those committed before."""
    tentative: tuple[Word, ...] = ()
    """The whole tentative tail; it replaces the one before."""
    final: bool = False
    """The utterance is finished: nothing follows, and nothing is tentative."""

    def __post_init__(self) -> None:
        if self.final and self.tentative:
            raise ValueError("a final update has no tentative words")

    @property
    def seconds(self) -> float:
        """Audio time that the newly committed words span."""
        return self.committed[-1].end - self.committed[0].start if self.committed else 0.0


def merge(a: Update, b: Update) -> Update:
    """Join two consecutive updates of one utterance: folding the result equals folding both."""
    if (a.utterance, a.language) != (b.utterance, b.language) or a.final:
        raise ValueError("only consecutive updates of one utterance and language can be merged")
    return Update(b.utterance, b.language, a.committed + b.committed, b.tentative, b.final)


@dataclass(frozen=True, slots=True)
class Caption:
    """An utterance in one language as a viewer is shown it."""

    utterance: int
    """Number of the utterance in its session, from 0."""
    language: str
    """Language of the text."""
    committed: str = ""
    """Text that will never change, only grow."""
    tentative: str = ""
    """Text that may be replaced; it follows `committed`, its own leading space included."""
    start: float = 0.0
    """Seconds since the session began."""
    end: float = 0.0
    """Seconds: end of the last word shown."""
    final: bool = False
    """The utterance is finished."""
    speaker: str = ""
    """Who speaks, where there are several; the translations of an utterance have its speaker."""
    words: tuple[Word, ...] = field(default=(), compare=False)
    """The words that this caption has newly committed, for those who want them."""

    @property
    def text(self) -> str:
        """Committed and tentative text together."""
        return self.committed + self.tentative


def fold(caption: Caption | None, update: Update) -> Caption:
    """Add an update to the caption of its utterance; `None` is the empty caption.

    Raises:
        RetractionError: the utterance was final already.
    """
    if caption is None:
        caption = Caption(update.utterance, update.language)
        shown = update.committed or update.tentative
        start = end = shown[0].start if shown else 0.0
    else:
        start, end = caption.start, caption.end
    if caption.final:
        raise RetractionError(f"utterance {caption.utterance} was final in {caption.language}")
    added = "".join(word.text for word in update.committed)
    committed = caption.committed + added if caption.committed else added.lstrip()
    tail = "".join(word.text for word in update.tentative)
    words = update.committed + update.tentative
    return Caption(
        utterance=update.utterance,
        language=update.language,
        committed=committed,
        tentative=tail if committed else tail.lstrip(),
        start=start,
        end=max(end, words[-1].end) if words else end,
        final=update.final,
        speaker=caption.speaker,
        words=update.committed,
    )


@dataclass(slots=True)
class Transcript:
    """The captions of a session, newest state each, checked for retraction as they come."""

    captions: dict[tuple[int, str], Caption] = field(default_factory=dict)
    """By utterance and language."""

    def add(self, update: Update) -> Caption:
        """Fold an update in and return the utterance's caption."""
        return self.show(fold(self.captions.get((update.utterance, update.language)), update))

    def show(self, caption: Caption) -> Caption:
        """Take a whole caption, as it comes over the wire.

        Raises:
            RetractionError: committed text was taken back, or a final utterance changed.
        """
        key = (caption.utterance, caption.language)
        known = self.captions.get(key)
        if known and not caption.committed.startswith(known.committed):
            raise RetractionError(
                f"utterance {caption.utterance} in {caption.language}: "
                f"{len(known.committed)} committed characters became others"
            )
        if known and known.final and caption != known:
            raise RetractionError(f"utterance {caption.utterance} was final in {caption.language}")
        self.captions[key] = caption
        return caption

    def revise(self, utterance: int, language: str, text: str) -> None:
        """Take a revision: the one way in which a finished utterance changes."""
        known = self.captions.get((utterance, language), Caption(utterance, language))
        self.captions[utterance, language] = replace(known, committed=text, tentative="", final=True)

    def committed(self, language: str) -> list[str]:
        """The committed text of each utterance in one language, in order, empty ones left out."""
        found = sorted((c for c in self.captions.values() if c.language == language), key=_number)
        return [caption.committed for caption in found if caption.committed]


def _number(caption: Caption) -> int:
    return caption.utterance

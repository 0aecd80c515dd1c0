"""Stages: four methods, four answers.

Endpointing, recognition, translation and speech have one shape. A stage is told things
(`receive`, `receive_result`, `finish`) and asked one question (`next_action`); it never waits, never
looks at a clock and never touches a model. The drivers do that: `pipeline` on asyncio, `simulate` in a
plain loop. The idea is that of sans-I/O protocol cores and of SimulEval's read and write actions
(Ma et al. 2020, "SimulEval: An evaluation toolkit for simultaneous translation").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from streaming.audio import AudioChunk, Samples
from streaming.words import Word

In = TypeVar("In", contravariant=True)
Request = TypeVar("Request", covariant=True)
Result = TypeVar("Result", contravariant=True)
Out = TypeVar("Out", covariant=True)
T = TypeVar("T", covariant=True)


class Signal(Enum):
    """The two actions that carry nothing."""

    READ = "read"
    DONE = "done"


READ: Final = Signal.READ
"""More input is needed."""
DONE: Final = Signal.DONE
"""Finished, and everything has been written."""


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """Run the engine on this."""

    request: T


@dataclass(frozen=True, slots=True)
class Write(Generic[T]):
    """Pass this on."""

    item: T


Action: TypeAlias = Signal | Ask[Request] | Write[Out]


class Stage(Protocol[In, Request, Result, Out]):
    """A synchronous, pure step of interpretation."""

    def receive(self, item: In) -> None:
        """Store an item; decide nothing."""

    def receive_result(self, result: Result, cost: float) -> None:
        """Store the answer to the last `Ask`; `cost` is the seconds it took, waiting included."""

    def finish(self) -> None:
        """No more input will come."""

    def next_action(self) -> Action[Request, Out]:
        """Say what to do now; asked again after each action until it says READ or DONE."""


@dataclass(slots=True, eq=False)
class Node:
    """A stage in the graph: a line with forks."""

    name: str
    """What it is called where its output is listened to, e.g. ``recognition`` or ``translation.zh``."""
    stage: Stage[Any, Any, Any, Any]
    engine: str
    """The engine that answers its requests: a key of the mapping that the driver is given."""
    successors: "list[Node]" = field(default_factory=list)
    """Each of them receives everything that this stage writes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a stage says to people, not to the stages after it: drivers do not pass it on."""

    code: str
    """A stable name, e.g. ``loop``."""
    message: str
    """One sentence."""
    language: str = ""
    """What is not served, where it is a language."""


# What stages ask and engines answer. An engine takes a batch and returns answers of the same length and
# order; it remembers nothing between calls.


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRequest:
    """Ask of a SpeechDetector: how probably is there speech in each frame?"""

    samples: Samples
    """A whole number of frames of 512 samples, shape ``(frames * 512,)``."""
    state: object | None = None
    """What the detector answered last on this stream; `None` at its beginning."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Answer of a SpeechDetector."""

    probabilities: tuple[float, ...]
    """One for each frame, 0 … 1."""
    state: object
    """To be given back with the next request of this stream."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Ask of a Recognizer: what is said in this audio, after the words already committed?"""

    audio: AudioChunk
    """The audio, without any padding."""
    prefix: tuple[Word, ...] = ()
    """Committed words that are spoken within the window: the hypothesis continues them."""
    prompt: str = ""
    """Committed text before the window."""
    language: str | None = None
    """`None`: detect it."""
    languages: tuple[str, ...] = ()
    """Languages that detection may choose from; empty: any."""
    listen: bool = False
    """Say as well which of `languages` is heard, whatever `language` says."""
    final: bool = False
    """The utterance ends with this window."""
    beam: bool = False
    """Search for the likeliest words instead of taking the likeliest next token."""
    unhurried: bool = False
    """Nobody waits for the answer: search as widely as the model gains by it."""
    align: bool = True
    """Find the times of the words; otherwise they are spread over the audio after the prefix, and each is as
    probable as they all are on average."""
    full: bool = False
    """Pad to the model's whole 30 s, as it was trained (after a guard has fired)."""
    hot_words: tuple[str, ...] = ()
    """Terms that are likely to be said; they stand before the prompt and do not scroll."""
    preface: str = ""
    """Text that tells what the talk is about; it stands before the hot words and does not scroll."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """Answer of a Recognizer."""

    words: tuple[Word, ...]
    """The hypothesis after the prefix, with absolute times."""
    language: str
    """The language that was given or detected."""
    language_probability: float = 1.0
    """0 … 1."""
    no_speech_probability: float = 0.0
    """0 … 1."""
    mean_log_probability: float = 0.0
    """Per token, natural logarithm."""
    heard: str | None = None
    """The language that is heard, if the window asked to listen."""
    heard_probability: float = 0.0
    """0 … 1."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the trade that stands in a source, and what it is called in the target language."""

    source: str
    """As it stands in the source."""
    targets: tuple[str, ...]
    """Renderings that are accepted; the first one is preferred."""
    verbatim: bool = False
    """It is not translated: its letters stay as they are, capitals included."""


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """Ask of a Translator: continue this translation."""

    source: str
    """The sentence as far as it is known."""
    target_prefix: str
    """Committed target text: the answer begins with it."""
    source_language: str
    target_language: str
    complete: bool = False
    """The sentence is finished."""
    draft: str = ""
    """An answer to a shorter source, or to a part of this one: what to expect. It saves time and, without
    a bias, changes nothing."""
    bias: float = 0.0
    """How much the draft is favoured over what the model would say now, 0 … 0.5."""
    candidates: int = 1
    """Hypotheses wanted."""
    attention: bool = False
    """Whether to tell what the answer attends to."""
    context: tuple[str, str] | None = None
    """The sentence before, and its translation, for models that profit from it."""
    terms: tuple[Term, ...] = ()
    """Terms that stand in the source: whoever promises to keep them does, others may ignore them."""
    scored: bool = False
    """The answer's score is wanted; it costs another pass over the answer."""
    tentative: bool = False
    """The answer is only ever shown, never committed."""
    confidence: float = 1.0
    """Mean probability with which the source's words were recognised, 0 … 1."""


@dataclass(frozen=True, slots=True)
class Translation:
    """Answer of a Translator."""

    text: str
    """The whole translation; it begins with the request's target prefix."""
    candidates: tuple[str, ...] = ()
    """Where more than one was wanted: hypotheses, the best first; each begins with the prefix."""
    ends: tuple[int, ...] = ()
    """Where the model's pieces after the prefix end in the text, in characters; empty: not told. A prefix
    that ends elsewhere is one that the model would not have written."""
    attention: tuple[tuple[int, int], ...] | None = None
    """For each piece after the prefix: where it ends in the text, and where the piece that it attends to
    most ends in the source, in characters; `None`: the model does not tell."""
    score: float | None = None
    """Mean log-probability per token of the whole text, target prefix included; `None`: not asked for."""
    whole: tuple[str, ...] = ()
    """Parts of the text, terms and numbers, that are committed whole or not at all."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Ask of a Synthesizer: say this."""

    text: str
    language: str
    voice: str | None = None
    """A voice of the engine; `None`: its own choice for the language."""
    rate: float = 1.0
    """Speed relative to the voice's normal one."""


class SpeechDetector(Protocol):
    """An engine that tells speech from everything else."""

    def detect(self, requests: Sequence[DetectionRequest]) -> list[Detection]: ...


class Recognizer(Protocol):
    """An engine that hears words."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that it hears; empty: any."""

    @property
    def family(self) -> str:
        """Which models it is like: commit policies are chosen by it."""

    @property
    def longest(self) -> float:
        """Seconds of speech that it hears whole: of a longer window it may forget a part."""

    def recognize(self, windows: Sequence[Window]) -> list[Recognition]: ...


class Translator(Protocol):
    """An engine that translates."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]: ...


class Synthesizer(Protocol):
    """An engine that speaks; the answer's samples begin at offset 0."""

    def synthesize(self, requests: Sequence[SpeechRequest]) -> list[AudioChunk]: ...

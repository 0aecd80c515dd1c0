"""The graph of stages that interprets one speaker: the same for live sessions, recordings and benchmarks."""

from dataclasses import dataclass

from asr.endpointing import EndpointingStage
from asr.presets import PRESETS, Name, family
from asr.recognition import RecognitionStage
from asr.script import Form
from mt.translation import TranslationStage
from streaming.stages import Node
from tts.speech import SpeechStage

DETECTOR, RECOGNIZER, TRANSLATOR, SYNTHESIZER = "detector", "recognizer", "translator", "synthesizer"
ENDPOINTING, RECOGNITION, TRANSLATION, SPEECH = "endpointing", "recognition", "translation", "speech"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a speaker's session asks for."""

    source: str | None = None
    """Language spoken; `None`: detect it."""
    targets: tuple[str, ...] = ()
    """Languages to translate into."""
    speak: tuple[str, ...] = ()
    """Those targets that are also spoken."""
    languages: tuple[str, ...] = ()
    """Languages that may be spoken, where it is detected; empty: those of the server."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How this server recognises."""

    family: str = "whisper"
    """The recognizer's."""
    preset: Name = "balanced"
    languages: tuple[str, ...] = ()
    """Languages that detection may choose from; empty: any."""
    chinese: Form = "as_heard"
    """The script in which Chinese is written."""


def graph(wanted: Interpretation, position: int = 0, *, manner: Manner = Manner()) -> Node:
    """Build fresh stages: endpointing → recognition → {translation per language → speech}.

    `position` is that of the first sample that will come.
    """
    recognition = Node(RECOGNITION, hearing(wanted, manner), RECOGNIZER)
    recognition.successors.extend(branch(target, target in wanted.speak) for target in wanted.targets)
    return Node(ENDPOINTING, EndpointingStage(position), DETECTOR, [recognition])


def hearing(wanted: Interpretation, manner: Manner) -> RecognitionStage:
    """Build the stage of recognition: as configured, and as suits the recognizer."""
    preset, suited = PRESETS[manner.preset], family(manner.family)
    return RecognitionStage(
        preset.policy(suited.policy),
        wanted.source,
        wanted.languages or manner.languages,
        preset.step,
        beam=suited.beam,
        chinese=manner.chinese,
    )


def branch(target: str, spoken: bool = False) -> Node:
    """Build fresh stages for one language: translation → speech."""
    translation = Node(f"{TRANSLATION}.{target}", TranslationStage(target), TRANSLATOR)
    if spoken:
        translation.successors.append(Node(f"{SPEECH}.{target}", SpeechStage(target), SYNTHESIZER))
    return translation

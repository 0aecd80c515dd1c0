"""The graph of stages that interprets one speaker: the same for live sessions, recordings and benchmarks."""

from dataclasses import dataclass

from asr.commit import LocalAgreement
from asr.endpointing import EndpointingStage
from asr.recognition import RecognitionStage
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


def graph(wanted: Interpretation, position: int = 0) -> Node:
    """Build fresh stages: endpointing → recognition → {translation per language → speech}.

    `position` is that of the first sample that will come.
    """
    recognition = Node(RECOGNITION, RecognitionStage(LocalAgreement(), language=wanted.source), RECOGNIZER)
    recognition.successors.extend(branch(target, target in wanted.speak) for target in wanted.targets)
    return Node(ENDPOINTING, EndpointingStage(position), DETECTOR, [recognition])


def branch(target: str, spoken: bool = False) -> Node:
    """Build fresh stages for one language: translation → speech."""
    translation = Node(f"{TRANSLATION}.{target}", TranslationStage(target), TRANSLATOR)
    if spoken:
        translation.successors.append(Node(f"{SPEECH}.{target}", SpeechStage(target), SYNTHESIZER))
    return translation

"""The graph of stages that interprets one speaker: the same for live sessions, recordings and benchmarks."""

from dataclasses import dataclass, field

from asr.commit import LocalAgreement
from asr.endpointing import EndpointingStage
from asr.recognition import RecognitionStage
from asr.replacements import ReplacingStage
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from server.packs import Packs
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
    packs: Packs = field(default_factory=Packs, compare=False)
    """The words of the trade."""


def graph(wanted: Interpretation) -> Node:
    """Build fresh stages: endpointing → recognition → {translation per language → speech}."""
    hearing = RecognitionStage(LocalAgreement(), language=wanted.source)
    recognition = Node(RECOGNITION, ReplacingStage(hearing, wanted.packs.replacements), RECOGNIZER)
    for target in wanted.targets:
        stage = TerminologyStage(TranslationStage(target), target, wanted.packs.glossary)
        translation = Node(f"{TRANSLATION}.{target}", stage, TRANSLATOR)
        if target in wanted.speak:
            translation.successors.append(Node(f"{SPEECH}.{target}", SpeechStage(target), SYNTHESIZER))
        recognition.successors.append(translation)
    return Node(ENDPOINTING, EndpointingStage(), DETECTOR, [recognition])

"""The graph of stages that interprets one speaker: the same for live sessions, recordings and benchmarks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import mt.presets
from asr.endpointing import EndpointingStage
from asr.presets import PRESETS, family
from asr.recognition import RecognitionStage
from asr.replacements import ReplacingStage
from mt.terminology import TerminologyStage, Terms
from mt.tiers import Tier
from mt.translation import TranslationStage
from server.interpretation.manner import USUAL, Manner
from server.interpretation.packs import Packs
from streaming.stages import Node
from tts.speech import SpeechStage

DETECTOR, RECOGNIZER, TRANSLATOR, SYNTHESIZER = "detector", "recognizer", "translator", "synthesizer"
TRANSLATORS: Final[Mapping[Tier, str]] = {
    Tier.SMALL: "small_translator",
    Tier.MEDIUM: TRANSLATOR,
    Tier.LARGE: "large_translator",
}
"""The engine of each tier."""
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
    packs: Packs = field(default_factory=Packs, compare=False)
    """The words of the trade."""
    terms: Terms | None = field(default=None, compare=False)
    """What is called how in translations; `None`: as the packs say."""


def graph(wanted: Interpretation, position: int = 0, *, manner: Manner = USUAL) -> Node:
    """Build fresh stages: endpointing → recognition → {translation per language → speech}.

    `position` is that of the first sample that will come.
    """
    stage = ReplacingStage(hearing(wanted, manner), wanted.packs.replacements)
    recognition = Node(RECOGNITION, stage, RECOGNIZER)
    recognition.successors.extend(branch(target, wanted, manner) for target in wanted.targets)
    return Node(ENDPOINTING, EndpointingStage(position), DETECTOR, [recognition])


def hearing(wanted: Interpretation, manner: Manner) -> RecognitionStage:
    """Build the stage of recognition: as configured, and as suits the recognizer."""
    preset, suited = PRESETS[manner.preset], family(manner.family)
    return RecognitionStage(
        preset.policy(suited.policy),
        wanted.source,
        wanted.languages or manner.languages,
        preset.step * suited.stride,
        content=preset.content,
        hot_words=wanted.packs.all_hot_words,
        prefaces={**suited.prefaces, **wanted.packs.prompts},
        beam=suited.beam,
        by_sentence=suited.by_sentence,
        chinese=manner.chinese,
        first=suited.first,
    )


def branch(target: str, wanted: Interpretation, manner: Manner = USUAL) -> Node:
    """Build fresh stages for one language: translation → speech."""
    policy = mt.presets.PRESETS[manner.translation].policy
    translating = TranslationStage(target, policy, look_ahead=manner.look_ahead)
    terms = wanted.packs.glossary if wanted.terms is None else wanted.terms
    stage = TerminologyStage(translating, target, terms)
    translation = Node(f"{TRANSLATION}.{target}", stage, TRANSLATOR)
    if target in wanted.speak:
        translation.successors.append(Node(f"{SPEECH}.{target}", SpeechStage(target), SYNTHESIZER))
    return translation

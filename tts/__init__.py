"""Speech: the committed translation, spoken."""

from streaming.errors import ModelError
from streaming.stages import Synthesizer


def load(name: str = "espeak") -> Synthesizer:
    """Start the synthesizer of this name.

    Raises:
        ModelError: there is none of this name, or its extra is not installed.
    """
    match name:
        case "espeak":
            from tts.espeak import EspeakSynthesizer

            return EspeakSynthesizer()
        case _:
            raise ModelError(f"there is no synthesizer {name!r}; there is espeak")

"""When people say what: the sounds of a transcript, laid along its recording by the encoder's own head.

Synthesisers tell when they say what, people do not. Once the recogniser hears people at all, the head that
names the sound of every frame finds the most probable path through the sounds of the text (`viterbi`), and
people's speech teaches the encoder and the attention as a synthesiser's does. espeak-ng says which sounds
those are.

    python -m embedded.recipe.recognizer --minutes 200
    python -m embedded.recipe.forced
    python -m embedded.recipe.recognizer --minutes 300
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from embedded.recipe import spectra
from embedded.recipe.flite import PACES, played
from embedded.recipe.network import PHONEMES, Network, Shape
from embedded.recipe.recorded import an4, chapter
from embedded.recipe.sentences import Sentence, data_folder, recipe_folder
from embedded.recipe.shards import write_shard
from embedded.recipe.synthesis import UnspokenError, Utterance, Voice, espeak
from embedded.recipe.viterbi import Scores, best, states, told

SURE = 0.12
"""Geometric mean of the path's probabilities from which it is believed: another recording's text has 0.11 at
most, of sixty."""
FLOOR = -12.0
"""Logarithm under which no frame's probability counts: one odd frame must not bend the whole path."""


class Aligner:
    """The encoder and its head that names sounds, as a checkpoint of the training has them."""

    def __init__(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        average = state["average"]
        self._network = Network(Shape(len(average["decoder.embed_tokens.weight"])))
        self._network.load_state_dict(average)
        self._network.eval()
        self._codes: dict[str, int] = state["progress"]["names"]

    def heard(self, wave: spectra.Wave) -> Scores:
        """Logarithms of the sounds' probabilities, (frames, PHONEMES), a frame each 20 ms."""
        frames = len(wave) // 320
        padded = np.concatenate([wave[: 320 * frames], np.zeros(8_000, dtype=np.float32)])
        mel = spectra.normalized(spectra.log_mel(padded)).T[None]
        with torch.inference_mode():
            encoded = self._network.encoder(torch.from_numpy(np.ascontiguousarray(mel)))
            named = self._network.sounds(encoded)[0, :frames, :PHONEMES].log_softmax(-1)
        scores: Scores = np.maximum(named.numpy().astype(np.float64), FLOOR)
        return scores

    def timed(self, utterance: Utterance) -> tuple[Utterance, float]:
        """The recording with the times of its words and sounds, and how probable they are.

        Raises: UnspokenError where espeak-ng does not speak the text or the recording is too short for it.
        """
        spoken = espeak().speak(Sentence(utterance.text, "en", held_out=False), Voice("en-us"))
        steps = [state for state in states(spoken) if state.sound in self._codes]
        scores = self.heard(utterance.wave)[:, [self._codes[state.sound] for state in steps]]
        try:
            path = best(scores, np.array([state.word < 0 for state in steps]))
        except ValueError as error:
            raise UnspokenError(utterance.text) from error
        probable = float(np.exp(scores[np.arange(len(path)), path].mean()))
        return told(utterance, steps, path), probable


def aligned(
    recorded: Iterable[tuple[Utterance, Voice]], aligner: Aligner
) -> Iterator[tuple[Utterance, Voice]]:
    """The recordings whose times are believed."""
    for utterance, voice in recorded:
        try:
            timed, probable = aligner.timed(utterance)
        except UnspokenError:
            continue
        if probable >= SURE:
            yield timed, voice


def repeated(spoken: list[tuple[Utterance, Voice]], times: int) -> Iterator[tuple[Utterance, Voice]]:
    """All recordings once as they are, then again and again, each a little faster or slower."""
    source = random.Random(0)
    for number in range(times):
        for utterance, voice in spoken:
            yield played(utterance, source.uniform(*PACES) if number else 1.0), voice


def main() -> None:
    """Write shards of people's speech with times into the working folder; those that exist are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=recipe_folder())
    arguments = parser.parse_args()
    aligner = Aligner(arguments.work / "asr-training" / "checkpoint.pt")
    folder, speech = arguments.work / "speech", data_folder() / "speech"
    for name, recorded, times in (("an4", an4(speech), 2), ("LJ003", chapter(speech, "LJ003"), 16)):
        spoken = repeated(list(aligned(recorded, aligner)), times)
        print(write_shard(folder / f"train-en-real-{name}-timed", "en", spoken, False), flush=True)


if __name__ == "__main__":
    main()

"""Print what verifying a draft costs and saves, in processor time, against decoding plainly.

    python -m benchmarks.drafts

Plain decoding forces the committed prefix token by token and goes on from there. A verified draft takes
two parallel passes, one that scores it and one that reads it, and then only the steps of what is new: in
the column `holds` all but the last token, in the column `fails` everything after the committed prefix.
The models have random weights in the shapes of the embedded translator and of OPUS-MT, so the figures are
of speed alone. `mt.ctranslate` takes the length from which on it verifies from here.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2

from benchmarks.machine import describe
from tests import toys

SHAPES = {
    "5+2 layers of 320": ((5, 2), 320, 5, 10_000),
    "6+6 layers of 512": ((6, 6), 512, 8, 32_000),
}
LENGTHS = (8, 16, 24, 32, 48)
NEW = 4
"""Tokens that the last word adds."""


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """Measure the processor time of one run."""
    run()
    began = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - began) / repeats


def rows(model: Any, tokens: Sequence[str], repeats: int) -> list[str]:
    """Measure each length; the prefix that is committed is three quarters of the draft."""
    found = []
    for length in LENGTHS:
        source, draft = [*tokens[:length], "</s>"], list(tokens[100 : 100 + length])
        committed = draft[: length * 3 // 4]
        options = {
            "beam_size": 1,
            "max_decoding_length": length + NEW,
            "min_decoding_length": length + NEW,
        }

        def resumed(prefix: list[str], source: Any = source, options: Any = options) -> Any:
            return model.translate_batch(
                [source], target_prefix=[prefix], return_alternatives=True, num_hypotheses=1, **options
            )

        whole = partial(model.translate_batch, [source], target_prefix=[committed], **options)
        plain = seconds(whole, repeats)
        score = seconds(partial(model.score_batch, [source], [draft]), repeats)
        holds = score + seconds(partial(resumed, draft[:-1]), repeats)
        fails = score + plain
        found.append(
            f"| {length} | {1000 * plain:.1f} | {1000 * holds:.1f} | {plain / holds:.2f} "
            f"| {1000 * fails:.1f} | {plain / fails:.2f} |"
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the verification of drafts.")
    parser.add_argument("--repeats", type=int, default=8)
    arguments = parser.parse_args()
    print(f"random weights, int8, one thread, on {describe()}; milliseconds of processor time\n")
    for name, (layers, width, heads, size) in SHAPES.items():
        tokens = [f"t{i}" for i in range(size)]
        with tempfile.TemporaryDirectory() as place:
            toys.weights(Path(place), tokens, layers=layers, width=width, heads=heads)
            model = ctranslate2.Translator(place, device="cpu", compute_type="int8", intra_threads=1)
        print(f"{name}\n\n| target tokens | plain | holds | gain | fails | gain |\n{'|---' * 6}|")
        print("\n".join(rows(model, tokens, arguments.repeats)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()

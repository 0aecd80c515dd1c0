"""Print everything that the embedded models are held to, in one table, with the machine it was measured on.

    python -m benchmarks.embedded [--limit 120] [--recognizer FOLDER] [--translator FOLDER ...]

Recognition is measured as in `embedded_recognizer`, translation as in `embedded_translator`; their
docstrings say where the speech and the sentences come from. What is not there is left out of the table.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import embedded
from benchmarks import embedded_recognizer, embedded_translator
from benchmarks.embedded_recognizer import WORK, Recognizer
from benchmarks.embedded_translator import TEST_SETS, Translation
from benchmarks.figures import HEADER, Figure
from benchmarks.machine import describe


def translated(folder: Path, sentences: int, beam: int) -> Iterator[Figure]:
    """BLEU and chrF of one translator on every test set of its directions."""
    data = os.environ.get("DRAGOMAN_DATA")
    if not data:
        return
    translation = Translation(folder, threads=1, beam=beam)
    for test in TEST_SETS:
        if (test.source_language, test.target_language) in translation.pairs:
            yield from embedded_translator.figures(translation, test, Path(data), sentences)


def main() -> None:
    """Print the table, row by row as it is measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recognizer", type=Path, nargs="*", default=embedded.recognizers())
    parser.add_argument("--translator", type=Path, nargs="*", default=embedded.translators())
    parser.add_argument("--work", type=Path, default=WORK, help="the recipes' working folder")
    parser.add_argument("--limit", type=int, default=600, help="recordings of each kind")
    parser.add_argument("--sentences", type=int, default=1000, help="sentences of each test set")
    parser.add_argument("--beam", type=int, default=5, help="of the recogniser")
    parser.add_argument("--translator-beam", type=int, default=0, help="0: as wide as the folder says")
    options = parser.parse_args()
    print(f"{describe()}; one thread, int8\n\n{HEADER}")
    for folder in options.recognizer:
        recognizer = Recognizer(folder, threads=1, beam=options.beam)
        for figure in embedded_recognizer.figures(recognizer, options.work, options.limit):
            print(figure.row(), flush=True)
    for folder in options.translator:
        for figure in translated(folder, options.sentences, options.translator_beam):
            print(figure.row(), flush=True)


if __name__ == "__main__":
    main()

"""Formulas: what is said wherever people meet, and hardly anywhere in a corpus of single sentences.

Greetings, thanks and the phrases of meetings are the first thing that anybody tries. The sentences are the
project's own (`formulas.tsv`): a row is a sentence in each language, in which {slots} are filled.
"""

import random
import re
from itertools import product
from pathlib import Path

from embedded.recipe.bitext import Pair, kept
from embedded.recipe.sentences import (
    Language,
    Sentence,
    data_folder,
    distinct,
    plain_chinese,
    plain_english,
)
from embedded.recipe.sentences import forbidden as never_learnt

FILE = Path(__file__).with_name("formulas.tsv")
LANGUAGES = ("en", "zh", "es", "de")
MOST = 60
"""Sentences of one row, at most: a row with three slots would crowd out all others."""
SPOKEN = 3_000
"""Formulas that a synthesiser speaks, about: each several times."""

Row = dict[str, str]
"""A text by language."""


def formulas(language: str, forbidden: frozenset[str]) -> list[Pair]:
    """Return the formulas, English to `language`, without held-out sentences."""
    return kept((Pair(row["en"], row[language], "en", language) for row in sentences()), forbidden)


def spoken(language: Language) -> list[Sentence]:
    """Return the formulas to be spoken, each several times, in random order, without held-out sentences."""
    plain = plain_english if language == "en" else plain_chinese
    texts = [text for row in sentences() if (text := plain(row[language]))]
    found = [s for s in distinct(texts, language, never_learnt(data_folder())) if not s.held_out]
    again = found * (SPOKEN // len(found))
    return random.Random(language).sample(again, len(again))


def sentences() -> list[Row]:
    """Return every sentence in all languages, its slots filled."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    slots: dict[str, list[Row]] = {}
    for name, *texts in (row for row in rows if len(row) > len(LANGUAGES)):
        slots.setdefault(name, []).append(dict(zip(LANGUAGES, texts, strict=True)))
    whole = [dict(zip(LANGUAGES, row, strict=True)) for row in rows if len(row) == len(LANGUAGES)]
    return [sentence for row in whole for sentence in _filled(row, slots)]


def _filled(row: Row, slots: dict[str, list[Row]]) -> list[Row]:
    names = re.findall(r"{(\w+)}", row["en"])
    choices = [*product(*(slots[name] for name in names))]
    if len(choices) > MOST:
        choices = random.Random(row["en"]).sample(choices, MOST)
    return [
        {
            language: text.format(**{n: value[language] for n, value in zip(names, choice, strict=True)})
            for language, text in row.items()
        }
        for choice in choices
    ]

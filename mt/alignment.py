"""Alignment: which of a model's heads looks where a word comes from, by what is copied.

Pieces with a digit that stand once on both sides need no aligner: where they come from is known. Sentences
with numbers are translated, and each head of each layer is asked how often it looks there while the copy
is written. What comes out decides whether policies may read the model's attention.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RIGHT, ENOUGH = 0.7, 60
"""Share of copies that a head must find to be believed, and the copies on which that must be seen. The
embedded translator's head of 23 % did harm: agreement alone kept more of the quality at the same lag."""
_DIGITS = "1987364520"
_PROBES = {
    "en": (
        "On page {} the doctor found {} mistakes, and on page {} he found none.",
        "Train {} to Berlin has {} seats and leaves from platform {}.",
        "In {} we sold {} books to {} schools.",
    ),
    "de": (
        "Auf Seite {} fand der Arzt {} Fehler, und auf Seite {} fand er keine.",
        "Der Zug {} nach Berlin hat {} Plätze und fährt von Gleis {}.",
        "Im Jahr {} haben wir {} Bücher an {} Schulen verkauft.",
    ),
    "es": (
        "En la página {} el médico encontró {} errores, y en la página {} no encontró ninguno.",
        "El tren {} a Berlín tiene {} asientos y sale de la vía {}.",
        "En {} vendimos {} libros a {} escuelas.",
    ),
    "fr": (
        "À la page {}, le médecin a trouvé {} erreurs, et à la page {} il n'en a trouvé aucune.",
        "Le train {} pour Berlin a {} places et part du quai {}.",
        "En {}, nous avons vendu {} livres à {} écoles.",
    ),
    "zh": (
        "医生在第{}页发现了{}个错误，在第{}页没有发现错误。",
        "开往柏林的{}次列车有{}个座位，从{}站台出发。",
        "{}年我们向{}所学校出售了{}本书。",
    ),
    "ru": (
        "На странице {} врач нашёл {} ошибок, а на странице {} он не нашёл ни одной.",
        "В поезде {} до Берлина {} мест, он отправляется с платформы {}.",
        "В {} году мы продали {} книг в {} школ.",
    ),
    "ja": (
        "医者は{}ページで{}個の間違いを見つけ、{}ページでは見つけませんでした。",
        "ベルリン行きの列車{}は{}席あり、{}番線から出ます。",
        "{}年に私たちは{}冊の本を{}校に売りました。",
    ),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A head that looks at the source, and how well it does."""

    layer: int
    head: int
    right: float
    """Share of the copies that it looks at while they are written."""
    copies: int
    """On how many that was seen."""

    @property
    def aligns(self) -> bool:
        """Whether policies may read it."""
        return self.copies >= ENOUGH and self.right >= RIGHT


def probes(language: str) -> Iterator[str]:
    """Give sentences of a language in which no digit comes twice; none where nobody wrote any."""
    for template in _PROBES.get(language, ()):
        for turn in range(len(_DIGITS)):
            digits = _DIGITS[turn:] + _DIGITS[:turn]
            yield template.format(digits[:4], digits[4:6], digits[6:9])


def copied(source: Sequence[str], target: Sequence[str]) -> list[tuple[int, int]]:
    """Give the places (in the source, in the target) of pieces with a digit that stand once in both.

    The two sides may have pieces of different models, so the mark of a word's beginning does not count.
    """
    written, heard = ([piece.removeprefix("▁") for piece in side] for side in (target, source))
    once, places = Counter(written), Counter(heard)
    return [
        (heard.index(piece), place)
        for place, piece in enumerate(written)
        if any(sign.isdigit() for sign in piece) and once[piece] == 1 == places[piece]
    ]

"""Inventions: numbers of a translation that its source does not have, and when one may be taken out.

A number that cannot be found in a source is worded otherwise there more often than it is invented, and a hole
is worse than a number nobody has verified. So one goes only from the translation of a source that speaks of
no number whatever, and only where nothing is broken by it.
"""

import re

from mt.measures import MEASURES
from mt.numbers import LANGUAGES, Number, numbers
from mt.quantities import NAME


def speaks_of_numbers(text: str, language: str) -> bool:
    """Whether anything in a text may be a number in another language."""
    if language not in LANGUAGES:
        return True
    return bool(_LIKE_NUMBERS[language].search(text) or numbers(text, language))


_LIKE_NUMBERS = {
    "en": re.compile(
        r"\b(?:one|once|twice|thrice|both|pairs?|couples?|twins?|doubl\w+|tripl\w+|quadrupl\w+|thirds?|fourths?|fifths?"
        r"|half\w*|quarter\w*|scores?|hundreds?|thousands?|[mbtz]illions?|teen\w*|\w+teens?|\w+ties|\w+fold"
        r"|weeks?|weekly|months?|years?|centur\w+|millenni\w+|decad\w+|daily|hours?"
        r"|January|February|March|April|May|June|July|August|September|October|November|December)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile("[零〇一二三四五六七八九十百千万亿两半双俩仨几数倍廿卅整月年]"),
    "es": re.compile(
        r"\b(?:una?|ambos|ambas|pare?s?|parejas?|dobles?|duplic\w+|tripl\w+|cuadrupl\w+|medi[oa]s?|mitad\w*|terci[oa]s?"
        r"|cuartos?|quintos?|miles|cient\w+|millones|semanas?|mes(?:es)?|años?|siglos?|milenios?|hor(?:a|as)"
        r"|\w+(?:enas?|enta|ésimo|ésima)"
        r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:beide\w*|paar\w*|doppel\w*|verdoppel\w*|verdreifach\w*|\w+fach\w*|halb\w*|hälften?|\w*drittel\w*"
        r"|\w*viertel\w*|hundert\w*|tausend\w*|million\w*|milliard\w*|woche\w*|wöchentlich|mona\w+|jahr\w*|stunden?"
        r"|\w+zi?ger\w*|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b",
        re.IGNORECASE,
    ),
}


def removable(text: str, number: Number, language: str) -> bool:
    """Whether a number can be taken out of a text without breaking a word or leaving a unit alone."""
    before, after = text[: number.start], text[number.end :]
    if number.kind == NAME:
        return False
    if _JOINED_BEFORE.search(before) or _JOINED_BEHIND.match(after):
        return False
    return not (bound := _BOUND.get(language)) or not bound.match(after)


_JOINED_BEFORE = re.compile(r"(?:[^\W\u4e00-\u9fff]|[-–/'’+]|\w[.,:])$")
_JOINED_BEHIND = re.compile(r"[^\W\u4e00-\u9fff]|[-–/'’%°]|[.,:]\w")
_BOUND = {
    "en": re.compile(
        r" (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|o[’']clock|degrees?|times)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile("个?(?:[秒分刻点时天周月年日号岁度世倍成折]|小时|钟头|星期|礼拜)"),
    "es": re.compile(
        r" (?:segundos?|minutos?|horas?|días?|semanas?|meses|años?|grados?|veces)\b", re.IGNORECASE
    ),
    "de": re.compile(
        r" (?:Sekunden?|Minuten?|Stunden?|Tagen?|Wochen?|Monaten?|Jahren?|Uhr|Grad|Mal)\b", re.IGNORECASE
    ),
}
"""What is nothing without a number."""


def without(text: str, number: Number) -> str:
    """Take a number out of a text, and the measure word with it."""
    end = number.end
    if text[end : end + 1] in tuple(MEASURES):
        end += 1
    return text[: number.start] + text[end:]

"""Signs: which numbers are surely below zero, and what in a translation may say that one is.

A hyphen is a sign only where it can hardly be anything else: no range (3-5), no name (COVID-19, 歼-20), no
date, no dash of a dialogue or list, no sum. What is below zero may be said in many ways (零下五度, five
degrees of frost, a loss of 5%), so a translation has lost a sign only if nothing in it may stand for one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from mt.quantities import Number
from mt.units import UNITS

_LIKE_MINUS = re.compile(r"[-−–—]\s?[\d$€£¥]")
_WORDED = {
    "en": re.compile(
        r"minus|negativ|below|under|sub-?zero|los[est]|drop|fell|fall|decreas|declin|down|defici|debt|reduc|shr[aiu]nk"
        r"|cold|freez|frost|short|behind|subtract|except|less|without|low|cut|worse|owe|overdraw|contract|slid|slip"
        r"|plung|tumbl|slump|before|\bBC",
        re.IGNORECASE,
    ),
    "zh": re.compile("[负減减降跌亏虧损下低欠少冰阴倒缩除差退落萎输前冷冻扣]|赤字"),
    "es": re.compile(
        r"menos|negativ|baj|pérd|p[ei]erd|ca[yíe]|desc|desplom|dismin|reduc|déficit|deud|rest|inferior|hel|fr[íi]|sin\b"
        r"|salvo|excepto|antes|a\. ?C|merm|retroc|contra",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"minus|negativ|unter|verl|s[aiu]nk|fiel|fall|rück|abnahme|abnehm|abgenommen|weniger|defizit|schuld|abzügl|kalt"
        r"|kält|frost|fr[io]er|ohne|außer|niedr|tief|gering|schrumpf|v\. ?Chr|runter|kürz|einbuß",
        re.IGNORECASE,
    ),
}
"""What may say that something is less than nothing."""

_DEGREES = {"%", "°C", "°F"}
_DEGREE = re.compile(r"\s?(?:°|℃|℉|度(?!假)|(?:degrees?|grados?|Grad)\b)")
_ENDED = re.compile(r"\s*(?:[.,;:!?。，；！？)）](?!\d)|$)")
_HYPHEN = re.compile(r"(?P<before>.*?)(?P<sign>[-−])$", re.DOTALL)
_DASH = re.compile("[-−–—]$")
_LOOSE = re.compile(r"(?<!\w)[-–—]|[-–—](?!\w)")
_COUNTED = re.compile(r"[\d)\]%°]\s*$")
_FLOOR = re.compile("[楼层樓層]")
_SAID = {
    "en": re.compile(r"(?P<before>.*)\b(?:minus|negative) $", re.DOTALL | re.IGNORECASE),
    "de": re.compile(r"(?P<before>.*)\bminus $", re.DOTALL | re.IGNORECASE),
    "es": re.compile(
        r"(?P<before>(?:|.*\b(?:a|de|hasta|los|unos|entre|son|es|eran?|hacen?|hacía|marcan?) ))menos $",
        re.DOTALL | re.IGNORECASE,
    ),
    "zh": re.compile(
        r"(?P<before>.*)(?:零下|(?:^|(?<=[是为到至了约在达从的和或温率值：:，,、=（(]))负)$", re.DOTALL
    ),
}
_SUM = re.compile(r"\b(?:or|and|plus|oder|und|o|y|más) $", re.IGNORECASE)


def signed(text: str, found: Sequence[Number], language: str) -> list[Number]:
    """Say of the numbers of a text which are surely below zero, and of which it cannot be told."""
    if not (_LIKE_MINUS.search(text) or "−" in text or _worded(text, language)):
        return list(found)
    ends = {number.end for number in found}
    return [
        replace(number, negative=True if _is_negative(text, number, ends, language) else None)
        for number in found
    ]


def _worded(text: str, language: str) -> bool:
    return language not in _WORDED or bool(_WORDED[language].search(text))


def _is_negative(text: str, number: Number, ends: set[int], language: str) -> bool:
    if number.kind and number.kind not in UNITS:
        return False
    before, after = text[: number.start], text[number.end :]
    degrees = number.kind in _DEGREES or bool(_DEGREE.match(after))
    if sign := _HYPHEN.match(before):
        return _is_sign(text, sign, ends, degrees)
    said = _SAID[language].match(before) if language in _SAID else None
    if said is None or _is_sum(said["before"], ends):
        return False
    if language == "zh":
        return not _FLOOR.match(after)
    if language == "es":
        return degrees
    return degrees or bool(number.kind) or bool(_ENDED.match(after))


def _is_sign(text: str, sign: "re.Match[str]", ends: set[int], degrees: bool) -> bool:
    """Whether what stands before a number is a minus, and no hyphen or dash."""
    before = sign["before"]
    if _is_sum(before, ends) or _is_latin(before[-1:]) or _DASH.search(before):
        return False
    if sign["sign"] == "−" or degrees:
        return True
    return bool(before.strip()) and before[-1:].isspace() and len(_LOOSE.findall(text)) == 1


def _is_latin(character: str) -> bool:
    return character.isalnum() and character < "⺀"


def _is_sum(before: str, ends: set[int]) -> bool:
    """Whether a number stands before a minus, or what joins two (plus or minus)."""
    return len(before.rstrip()) in ends or bool(_COUNTED.search(before) or _SUM.search(before))

"""Measures: the units and measure words beside numerals."""

import re
from functools import cache

from mt.figures import Numeral
from mt.units import UNITS

MEASURES = (
    "个名位本台只天年月日号岁次人元块张件条封辆家所层页斤公米克升度分秒点周期章届级种小倍"
    "棵朵头匹把支枝根座栋双套杯碗瓶盒箱包袋篇首幅部册艘架颗粒滴道门堂课节批组队排串束群句段片"
)
"""Chinese measure words: a numeral before one of them counts something."""


def with_unit(text: str, numeral: Numeral, language: str) -> tuple[int, int, str]:
    """Find the unit before or after a numeral: start, end and unit of both together."""
    before, after = text[: numeral.start], text[numeral.end :]
    pattern, kinds = _after(language)
    if match := pattern.match(after):
        kind = kinds[match[1].lower()]
        signs = [sign for sign, meant in _all_before(language) if meant == kind and before.endswith(sign)]
        return numeral.start - len(signs[0] if signs else ""), numeral.end + match.end(), kind
    for sign, kind in _all_before(language):
        if before.endswith(sign):
            return numeral.start - len(sign), numeral.end, kind
    return numeral.start, numeral.end, ""


@cache
def _after(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    kinds = {
        word.lower(): kind
        for kind, by in UNITS.items()
        for word in (by[language].after if language in by else ("%",) if kind == "%" else ())
    }
    words = "|".join(re.escape(word) for word in sorted(kinds, key=len, reverse=True))
    gap = r"[ \u00a0\u202f-]?(?:de )?" if language == "es" else r"[ \u00a0\u202f-]?"
    end = "" if language == "zh" else r"(?!\w)"
    return re.compile(rf"{gap}({words}){end}", re.IGNORECASE), kinds


@cache
def _all_before(language: str) -> list[tuple[str, str]]:
    """List signs and words before numbers, longer ones first."""
    found = [
        (sign, kind)
        for kind, by in UNITS.items()
        if language in by
        for sign in (*by[language].before, by[language].prefix)
        if sign
    ]
    return sorted(found, key=lambda pair: -len(pair[0]))

"""Chinese numerals: in words (三千五百万), in digits with 万 and 亿 (3500万), and one by one (二〇二四)."""

import re
from collections.abc import Iterator
from decimal import Decimal

from mt.figures import LONGEST, SPACED_DIGITS, Numeral, digit_string, digit_value
from mt.scales import abbreviated_scale

_HAN = {sign: i for i, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
_HAN_GROUPS = {"万": 10**4, "亿": 10**8}
_SIGN = "零〇一二两三四五六七八九"
_SPELLED = rf"(?=[{_SIGN}]*幺)[{_SIGN}幺]{{3,40}}"
"""Signs said one by one; 幺 is a one there alone."""
_DIGITS = rf"(?:{SPACED_DIGITS['zh']})"
_NOUGHTS = r"(?!(?<=[百千万亿])0+(?!\d))"
"""Behind a scale nothing but noughts is no part of the number (7万000): nobody writes them."""
_HAN_NUMBER = re.compile(
    rf"(?<!胡说)(?P<some>[几数](?=[十百千万亿]))?(?P<ordinal>第)?(?P<body>(?:{_NOUGHTS}{_DIGITS}(?:百|千)?(?:万亿|[万亿])?){{1,8}}|{_SPELLED}|[{_SIGN}十百千万亿]{{1,40}})"
    rf"(?:点(?P<fraction>[{_SIGN}]+)(?![十百千分刻])(?P<scale>万亿|[万亿])?)?"
    r"(?:(?:[多余来]|个(?=亿))(?P<over>万亿|[万亿]))?"
)
_IDIOMS = frozenset(
    "万一 千万 十分 一一 万万 万千 百万 千百 亿万 一千零一夜 三三两两 五五 五一 六一 八一 三八".split()
)
"""Strings that look like numbers and are words."""
_HALF = re.compile("[个年天月岁倍块米]半(?![天夜])")
_VERY = re.compile("分(?!钟|之)")
_CLOCK_BEFORE = re.compile(rf"(?:(?<![这那哪有每])[一1]|[{_SIGN[3:]}十02-9])[点时][过差]?$")
_CLOCK_BEHIND = re.compile(rf"分[到就]?[{_SIGN}十\d]{{1,3}}[点时]")
_VERY_WHAT = re.compile("分(?:重要|清楚|清晰|明[显确]|关键|必要|危险|困难|简单|值得|有[趣用效]|满意|高兴)")
_PAIR = re.compile("[一二两三四五六七八九]{2}")


_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f](?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[ \u00a0\u202f](?=\d)")


def closed_up(text: str) -> tuple[str, list[int]]:
    """Leave out spaces around figures (10 万, 3 月); tell where each character, and the end, stood."""
    left_out = {match.start() for match in _SPACE.finditer(text)}
    origin = [i for i in range(len(text) + 1) if i not in left_out]
    return "".join(text[i] for i in origin[:-1]), origin


def chinese_numerals(text: str) -> Iterator[Numeral]:
    """Find the numbers of a Chinese text, in order."""
    for match in _HAN_NUMBER.finditer(text):
        body, following = match["body"], text[match.end() : match.end() + 1]
        digits = body[0].isdecimal()
        if not digits and (body in _IDIOMS or (body == "十" and _means_very(text, match))):
            continue
        if match["some"] or following == "几" or _alternatives(body):
            continue
        value = _han_value(body)
        if value is None:
            continue
        if match["fraction"]:
            if digits or len(body) > 6:
                continue
            value += Decimal("0." + han_digits(match["fraction"]))
            value *= _group(match["scale"] or "")
        value *= _group(match["over"] or "")  # 三百多万
        if _HALF.match(text, match.end()) and not match["ordinal"]:
            value += Decimal("0.5")
        end = match.end()
        also: tuple[Decimal, ...] = ()
        if digits and (scale := abbreviated_scale(text, match.start(), end)):
            end, also = scale.end, () if scale.sure else (value,)
            value *= scale.factor
        yield Numeral(
            match.start(), end, value, digits, bool(match["ordinal"]), also=also, spelled=_spelled(match)
        )


def _spelled(match: re.Match[str]) -> str:
    """Tell the digits of a number that is a string of them."""
    body = match["body"]
    if match["ordinal"] or match["fraction"] or match["over"]:
        return ""
    if len(body) < 3 or any(sign not in _HAN for sign in body):
        return digit_string(body)
    return han_digits(body)


def han_digits(signs: str) -> str:
    """Write signs that are read one by one in digits."""
    return "".join(str(_HAN.get(sign, sign)) for sign in signs)


def _means_very(text: str, ten: re.Match[str]) -> bool:
    """Whether 十分 is a word, not the minutes of a time (五点十分, 差十分六点)."""
    before, end = text[max(0, ten.start() - 4) : ten.start()], ten.end()
    if not _VERY.match(text, end):
        return False
    if _CLOCK_BEFORE.search(before):
        return bool(_VERY_WHAT.match(text, end))
    return not (before.endswith("差") and _CLOCK_BEHIND.match(text, end))


def chinese_approximations(text: str) -> Iterator[tuple[int, int, tuple[Decimal, ...]]]:
    """Find numbers that are one or another (三四百, 十五六): start, end, and what they may be elsewhere.

    Another language says the scale once (three or four hundred) or has other scales (30 to 40 thousand).
    """
    for match in _HAN_NUMBER.finditer(text):
        values = [value for body in _alternatives(match["body"]) if (value := _han_value(body))]
        if values:
            yield match.start(), match.end(), tuple(part for value in values for part in _scaled_down(value))


def _alternatives(body: str) -> list[str]:
    """Tell the numbers between which two neighbouring signs leave the choice: 三四百 is 三百 or 四百.

    Signs alone may also be read one by one, as those of a year are, but not two that count on, nor 两.
    """
    pair = _PAIR.search(body)
    if pair is None or body in _IDIOMS:
        return []
    signs = pair.group()
    counts_on = body == "三五" or (len(body) == 2 and _HAN[signs[1]] - _HAN[signs[0]] == 1)
    if all(sign in _HAN for sign in body) and "两" not in body and not counts_on:
        return []
    return [body[: pair.start()] + sign + body[pair.end() :] for sign in signs]


def _scaled_down(value: Decimal) -> Iterator[Decimal]:
    yield value
    while value % 10 == 0:
        value /= 10
        yield value


def _group(written: str) -> int:
    factor = 1
    for sign in written:
        factor *= _HAN_GROUPS[sign]
    return factor


def _han_value(body: str) -> Decimal | None:
    """Read `三千五百万`, `3500万`, `1亿2000万` or `二〇二四`; `None`: no number at all."""
    if all(sign in _HAN for sign in body):
        return Decimal(han_digits(body))
    total = group = current = Decimal(0)
    last_scale = 0
    seen = False
    for part in re.findall(rf"{_DIGITS}|\D", body):
        if len(part) > LONGEST:
            return None
        if part[0].isdecimal():
            current, seen = digit_value(part, "zh"), True
        elif part in _HAN:
            current, seen = Decimal(_HAN[part]), True
            last_scale = 0 if part in "零〇" else last_scale
        elif part in _HAN_SCALES:
            if not current and part != "十" and not group:
                return None  # 百 and 千 alone are no numbers
            group += (current or 1) * _HAN_SCALES[part]
            current, last_scale, seen = Decimal(0), _HAN_SCALES[part], True
        else:
            factor = _HAN_GROUPS[part]
            if not (group or current or total):
                return None
            if factor > 10**4 and total and total < factor and not (group or current):
                total *= factor  # 万亿
            elif factor > 10**4:
                total = (
                    (total + group + current) * factor
                    if total < factor
                    else total + (group + current) * factor
                )
            else:
                total += (group + current) * factor
            group, current, last_scale = Decimal(0), Decimal(0), factor
    if current and last_scale >= 100 and body[-1] in _HAN and body[-2:-1] not in "零〇":
        current *= last_scale // 10  # 两百五 is 250, 三万五 is 35,000
    return total + group + current if seen else None

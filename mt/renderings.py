"""Renderings: numbers written as a language writes them."""

from decimal import Decimal

from mt.dates import written_date, written_decade, written_time
from mt.quantities import Number
from mt.units import SCALES, UNITS


def written(number: Number, language: str) -> str:
    """Write a number in a language."""
    return ("-" if number.negative else "") + _unsigned(number, language)


def _unsigned(number: Number, language: str) -> str:
    if number.name:
        return number.name
    match number.kind:
        case "date":
            return written_date(number.value, language)
        case "time":
            return written_time(number.value, number.half_day, language)
        case "decade":
            return written_decade(number.value[0] or Decimal(0), language)
        case "ordinal":
            return _written_ordinal(int(number.value[0] or 0), language)
    unit = UNITS.get(number.kind, {}).get(language)
    digits = number.digits or bool(unit or number.negative)
    figure = _figure(number.value[0] or Decimal(0), language, digits)
    if not unit:
        return figure
    of = " de" if language == "es" and figure.endswith(("llones", "llón")) and number.kind != "%" else ""
    return unit.written.replace("{}", figure + of)


def _figure(value: Decimal, language: str, digits: bool) -> str:
    if not digits and value <= 10 and value == value.to_integral_value() and language in _SMALL_WORDS:
        return _SMALL_WORDS[language][int(value)]
    for factor, word in SCALES.get(language, ()) if value < _READABLE else ():
        share = value / factor
        if share >= 1 and share == round(share, 2):
            gap = "" if language == "zh" else " "
            singular = _SINGULAR.get(word, word) if share == 1 else word
            return f"{_separated(share, language, gap == '')}{gap}{singular}"
    return _separated(value, language, language == "zh")


_READABLE = 10**20
"""A number from here on is a string of digits to people, and is written as one."""
_SMALL_WORDS = {
    "en": "zero one two three four five six seven eight nine ten".split(),
    "zh": list("零一二三四五六七八九十"),
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez".split(),
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn".split(),
}
_SINGULAR = {
    "millones": "millón",
    "billones": "billón",
    "Millionen": "Million",
    "Milliarden": "Milliarde",
    "Billionen": "Billion",
}


def _separated(value: Decimal, language: str, closed: bool) -> str:
    """Write digits; thousands are separated from five digits on, so that no year ever is."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    point = "." if fraction else ""
    if len(whole) > 4 and not closed and value < _READABLE:
        whole = f"{int(whole):,}"
    if language in ("es", "de"):
        return whole.replace(",", ".") + ("," + fraction if point else "")
    return whole + point + fraction


def _written_ordinal(value: int, language: str) -> str:
    if language == "en":
        ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{value}{ending}"
    return {"zh": f"第{value}", "es": f"{value}.º", "de": f"{value}."}.get(language, str(value))

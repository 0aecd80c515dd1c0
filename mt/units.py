"""Units, months and the other words beside numbers: how each language reads and writes them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure or a currency in one language."""

    before: tuple[str, ...]
    """Signs that stand before the number."""
    after: tuple[str, ...]
    """Words and signs that stand after it; longer ones first."""
    written: str
    """How it is written, ``{}`` being the number."""
    prefix: str = ""
    """Words before the number, with the number following at once, as 百分之."""


def _unit(written: str, after: str, before: str = "", prefix: str = "") -> Unit:
    words = sorted(after.split("|"), key=len, reverse=True)
    return Unit(tuple(filter(None, before.split("|"))), tuple(filter(None, words)), written, prefix)


UNITS: Mapping[str, Mapping[str, Unit]] = {
    "%": {
        "en": _unit("{}%", "%|percent|per cent"),
        "zh": _unit("{}%", "%|％", prefix="百分之"),
        "es": _unit("{} %", "%|por ciento|por cien"),
        "de": _unit("{} %", "%|Prozent"),
    },
    "USD": {
        "en": _unit("${}", "dollars|dollar|USD|US dollars|American dollars|bucks", "US$|$"),
        "zh": _unit("{}美元", "块美元|美元|美金", "US$|$"),
        "es": _unit("{} dólares", "dólares|dólar|USD|$", "US$|$"),
        "de": _unit("{} Dollar", "Dollar|US-Dollar|USD|$", "$"),
    },
    "HKD": {
        "en": _unit("HK${}", "Hong Kong dollars|HKD", "HK$"),
        "zh": _unit("{}港元", "港元|港币|港幣", "HK$"),
        "es": _unit("{} dólares de Hong Kong", "dólares de Hong Kong|HKD", "HK$"),
        "de": _unit("{} Hongkong-Dollar", "Hongkong-Dollar|HKD", "HK$"),
    },
    "AUD": {
        "en": _unit("A${}", "Australian dollars|AUD", "A$|AU$"),
        "zh": _unit("{}澳元", "澳元|澳币", "A$|AU$"),
        "es": _unit("{} dólares australianos", "dólares australianos|AUD", "A$|AU$"),
        "de": _unit("{} australische Dollar", "australische Dollar|australischen Dollar|AUD", "A$|AU$"),
    },
    "CAD": {
        "en": _unit("C${}", "Canadian dollars|CAD", "C$|CA$"),
        "zh": _unit("{}加元", "加元|加币", "C$|CA$"),
        "es": _unit("{} dólares canadienses", "dólares canadienses|CAD", "C$|CA$"),
        "de": _unit("{} kanadische Dollar", "kanadische Dollar|kanadischen Dollar|CAD", "C$|CA$"),
    },
    "EUR": {
        "en": _unit("€{}", "euros|euro|EUR|€", "€"),
        "zh": _unit("{}欧元", "欧元", "€"),
        "es": _unit("{} euros", "euros|euro|EUR|€", "€"),
        "de": _unit("{} Euro", "Euro|EUR|€", "€"),
    },
    "GBP": {
        "en": _unit("£{}", "pounds sterling|GBP", "£"),
        "zh": _unit("{}英镑", "英镑", "£"),
        "es": _unit("{} libras esterlinas", "libras esterlinas|GBP|£", "£"),
        "de": _unit("{} Pfund Sterling", "Pfund Sterling|GBP|£", "£"),
    },
    # Money or weight; of Chinese, where they are two words, only the number is written.
    "lb": {
        "en": _unit("{} pounds", "pounds|pound|lbs"),
        "zh": _unit("{}", "磅"),
        "es": _unit("{} libras", "libras|libra"),
        "de": _unit("{} Pfund", "Pfund"),
    },
    "CNY": {
        "en": _unit("{} yuan", "yuan|RMB|CNY", "¥|CN¥|RMB "),
        "zh": _unit("{}元", "元人民币|人民币|元|块钱|块", "¥|￥"),
        "es": _unit("{} yuanes", "yuanes|yuan|CNY"),
        "de": _unit("{} Yuan", "Yuan|CNY"),
    },
    "JPY": {
        "en": _unit("{} yen", "yen|JPY"),
        "zh": _unit("{}日元", "日元|日圆"),
        "es": _unit("{} yenes", "yenes|yen|JPY"),
        "de": _unit("{} Yen", "Yen|JPY"),
    },
    "km": {
        "en": _unit("{} km", "km|kilometers|kilometer|kilometres|kilometre"),
        "zh": _unit("{}公里", "公里|千米|km"),
        "es": _unit("{} km", "km|kilómetros|kilómetro"),
        "de": _unit("{} km", "km|Kilometern|Kilometer|Stundenkilometern|Stundenkilometer"),
    },
    "m": {
        "en": _unit("{} meters", "meters|meter|metres|metre"),
        "zh": _unit("{}米", "米"),
        "es": _unit("{} metros", "metros|metro"),
        "de": _unit("{} Meter", "Metern|Meter"),
    },
    "cm": {
        "en": _unit("{} cm", "cm|centimeters|centimeter|centimetres|centimetre"),
        "zh": _unit("{}厘米", "厘米|公分|cm"),
        "es": _unit("{} cm", "cm|centímetros|centímetro"),
        "de": _unit("{} cm", "cm|Zentimetern|Zentimeter"),
    },
    "mm": {
        "en": _unit("{} mm", "mm|millimeters|millimeter|millimetres|millimetre"),
        "zh": _unit("{}毫米", "毫米|mm"),
        "es": _unit("{} mm", "mm|milímetros|milímetro"),
        "de": _unit("{} mm", "mm|Millimetern|Millimeter"),
    },
    "kg": {
        "en": _unit("{} kg", "kg|kilograms|kilogram|kilos|kilo"),
        "zh": _unit("{}公斤", "公斤|千克|kg"),
        "es": _unit("{} kg", "kg|kilogramos|kilogramo|kilos|kilo"),
        "de": _unit("{} kg", "kg|Kilogramm|Kilo"),
    },
    "g": {
        "en": _unit("{} grams", "grams|gram"),
        "zh": _unit("{}克", "克"),
        "es": _unit("{} gramos", "gramos|gramo"),
        "de": _unit("{} Gramm", "Gramm"),
    },
    "mg": {
        "en": _unit("{} mg", "mg|milligrams|milligram"),
        "zh": _unit("{}毫克", "毫克|mg"),
        "es": _unit("{} mg", "mg|miligramos|miligramo"),
        "de": _unit("{} mg", "mg|Milligramm"),
    },
    "ml": {
        "en": _unit("{} ml", "ml|milliliters|milliliter|millilitres|millilitre"),
        "zh": _unit("{}毫升", "毫升|ml"),
        "es": _unit("{} ml", "ml|mililitros|mililitro"),
        "de": _unit("{} ml", "ml|Millilitern|Milliliter"),
    },
    "l": {
        "en": _unit("{} liters", "liters|liter|litres|litre"),
        "zh": _unit("{}升", "升"),
        "es": _unit("{} litros", "litros|litro"),
        "de": _unit("{} Liter", "Litern|Liter"),
    },
    "°C": {
        "en": _unit("{} °C", "°C|° C|degrees Celsius|degrees centigrade"),
        "zh": _unit("{}°C", "°C|° C|摄氏度|℃", prefix="摄氏"),
        "es": _unit("{} °C", "°C|° C|grados Celsius|grados centígrados"),
        "de": _unit("{} °C", "°C|° C|Grad Celsius"),
    },
    "°F": {
        "en": _unit("{} °F", "°F|° F|degrees Fahrenheit"),
        "zh": _unit("{}°F", "°F|华氏度|℉", prefix="华氏"),
        "es": _unit("{} °F", "°F|° F|grados Fahrenheit"),
        "de": _unit("{} °F", "°F|° F|Grad Fahrenheit"),
    },
}
"""Unit → language → how it is read and written. No unit is converted."""

ALIKE = frozenset({"lb", "GBP"})
"""Units that one language may name as another does."""

MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": tuple(
        "January February March April May June July August September October November December".split()
    ),
    "es": tuple(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
    ),
    "de": tuple("Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()),
}
"""Names of the months."""

SCALES: Mapping[str, tuple[tuple[int, str], ...]] = {
    "en": ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")),
    "es": ((10**12, "billones"), (10**6, "millones")),
    "de": ((10**12, "Billionen"), (10**9, "Milliarden"), (10**6, "Millionen")),
    "zh": ((10**8, "亿"), (10**4, "万")),
}
"""Words for large numbers, largest first, as they are written after digits."""

"""Number words of English, Spanish and German, cardinal and ordinal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Words:
    """The number words of a language."""

    plain: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    ordinals: Mapping[str, int] = field(default_factory=dict)
    joints: Mapping[str, int] = field(default_factory=dict)
    """Words between the parts of a number, and the least place that is open to them."""
    articles: frozenset[str] = frozenset()
    """Words that mean one inside a number, and are no number alone."""
    halves: frozenset[str] = frozenset()
    """Words that mean a half before a scale."""
    and_half: tuple[str, ...] = ()
    """Words that add a half to the number before them."""
    points: frozenset[str] = frozenset()
    """Words between whole and fraction."""
    vague: frozenset[str] = frozenset()
    """Words that, alone, are a number only to one who looks for it: `cuarto` is a room as well."""


def cardinal(word: str, language: str) -> Decimal | None:
    """Read a word that is no scale."""
    if language == "de":
        stem = _GERMAN_BEHIND.sub("", word)
        return _german_half(stem) if stem.endswith("halb") else _german_compound(stem)
    known = WORDS[language].plain.get(word)
    return None if known is None else Decimal(known)


_GERMAN_BEHIND = re.compile(
    r"(?:mal|(?:jährig|stündig|tägig|wöchig|monatig|minütig|sekündig|stöckig|geschossig|köpfig|stellig|teilig|fach)"
    r"(?:e[nrsm]?)?)$"
)


def vague(word: str, language: str) -> bool:
    """Whether a word, alone, is a number only to one who looks for it, as a vierjähriges child is."""
    if word in WORDS.get(language, Words()).vague:
        return True
    return language == "de" and not word.endswith("mal") and bool(_GERMAN_BEHIND.search(word))


def ordinal(word: str, language: str) -> Decimal | None:
    """Read an ordinal word, whatever its ending."""
    if language == "de":
        return _german_ordinal(word)
    known = WORDS[language].ordinals.get(word)
    return None if known is None else Decimal(known)


def _numbered(written: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + i * step for i, word in enumerate(written.split())}


_DECADES = _numbered("twenties thirties forties fifties sixties seventies eighties nineties", 20, 10)
_ENGLISH = Words(
    plain=_numbered(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    )
    | _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
    | _DECADES,
    scales={"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    ordinals=_numbered("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1)
    | _numbered("thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth", 13)
    | _numbered("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth", 20, 10)
    | _numbered("firstly secondly thirdly fourthly", 1)
    | {"hundredth": 100, "thousandth": 1000, "millionth": 10**6},
    joints={"and": 100},
    articles=frozenset({"a"}),
    halves=frozenset({"half"}),
    and_half=("and", "a", "half"),
    points=frozenset({"point"}),
    vague=frozenset({"hundred", "thousand", *_DECADES}),
)
_SPANISH_ORDINALS = (
    _numbered("primer segund tercer cuart quint sext séptim octav noven décim undécim duodécim", 1)
    | _numbered("decimotercer decimocuart decimoquint decimosext decimoséptim decimoctav decimonoven", 13)
    | _numbered("vigésim trigésim cuadragésim quincuagésim sexagésim septuagésim octogésim nonagésim", 20, 10)
)
_SPANISH = Words(
    plain=_numbered(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro "
        "veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    | _numbered("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | _numbered("cien doscientos trescientos cuatrocientos quinientos seiscientos", 100, 100)
    | {"setecientos": 700, "ochocientos": 800, "novecientos": 900, "ciento": 100}
    | {"un": 1, "una": 1, "veintiún": 21, "veintiuna": 21}
    | _numbered("doscientas trescientas cuatrocientas quinientas seiscientas setecientas", 200, 100)
    | {"ochocientas": 800, "novecientas": 900},
    scales={"mil": 1000, "millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12},
    ordinals={stem + end: n for stem, n in _SPANISH_ORDINALS.items() for end in ("o", "a", "os", "as")}
    | {"primer": 1, "tercer": 3, "decimotercer": 13},
    joints={"y": 10},
    articles=frozenset({"un"}),
    halves=frozenset({"medio"}),
    and_half=("y", "medio"),
    points=frozenset({"coma", "punto"}),
    vague=frozenset({"mil", "cuarto", "cuartos"}),
)
_TENS = _numbered("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig", 20, 10) | {
    "dreissig": 30
}
_GERMAN = Words(
    plain=_numbered("null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf")
    | _numbered("dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn", 13)
    | _TENS
    | {f"{ten}er": n for ten, n in _TENS.items()}
    | {"zwo": 2},
    scales={"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6}
    | {"milliarde": 10**9, "milliarden": 10**9, "billion": 10**12, "billionen": 10**12},
    articles=frozenset({"eine", "einer"}),
    halves=frozenset({"halbe", "halben"}),
    points=frozenset({"komma"}),
    # One may also `achten`, pay attention.
    vague=frozenset({"hundert", "tausend", "achte", "achten"}),
)
WORDS = {"en": _ENGLISH, "es": _SPANISH, "de": _GERMAN}
"""Language → its number words."""


_LONGEST = 80
"""Letters beyond which no German word is a number below a million."""


def _german_compound(word: str) -> Decimal | None:
    """Read a German number written as one word: `dreitausendzweihundertfünfundvierzig`."""
    if word in _GERMAN.plain:
        return Decimal(_GERMAN.plain[word])
    if len(word) > _LONGEST:
        return None
    for scale, factor in (("tausend", 1000), ("hundert", 100)):
        left, found, right = word.partition(scale)
        if found:
            high = Decimal(1) if left in ("", "ein") else _german_compound(left)
            low = _german_compound(right.removeprefix("und")) if right else Decimal(0)
            return None if high is None or low is None else high * factor + low
    ones, found, tens = word.partition("und")
    one = 1 if ones == "ein" else _GERMAN.plain.get(ones, 0)
    ten = _TENS.get(tens, 0)
    return Decimal(one + ten) if found and 0 < one < 10 and ten else None


def _german_half(word: str) -> Decimal | None:
    """Read a German number with a half: `dreieinhalb`."""
    stem = word.removesuffix("einhalb")
    whole = Decimal(1) if word in ("eineinhalb", "anderthalb") else _german_compound(stem)
    return None if whole is None else whole + Decimal("0.5")


_ENDING = re.compile(r"(?:e[nrsm]?|ens)$")
_IRREGULAR = {"erst": 1, "dritt": 3, "siebt": 7, "acht": 8}


def _german_ordinal(word: str) -> Decimal | None:
    """Read a German ordinal: `dritten` is three, `einundzwanzigstes` twenty-one."""
    stem = _ENDING.sub("", word)
    if stem == word:
        return None
    if stem in _IRREGULAR:
        return Decimal(_IRREGULAR[stem])
    ends = (end for end in ("st", "t") if stem.endswith(end))
    return next((n for end in ends if (n := _german_compound(stem.removesuffix(end)))), None)

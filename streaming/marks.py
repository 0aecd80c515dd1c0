"""Marks: where a text that is written with them ends a sentence, and where a clause.

All rooms ask here, so that recognition, translation, captions, subtitles and voices divide a text alike.
What follows a mark decides with it: a full stop may be an abbreviation's, an initial's or an ordinal's.
`sentencex` knows the abbreviations of some two hundred languages; where it takes ordinary words for them, or
lacks what is common, the tables below have the last word.
"""

import re

from streaming.words import UNSPACED, units

_CLAUSES = ",;:，、；：،؛၊—–"
_ENDS = "。！？｡．!?.…।॥؟۔։።፧။។"
_CLOSING = "\"'”’»)]）」』】》〉〕"
_SPACE = " \t\n\u00a0\u2009\u202f"
_CLOSING_SPACED = _CLOSING + "“‘«" + _SPACE
"""In „this“ and »this« of German “ and « close, and French puts a space before »; elsewhere they open."""
_AROUND = '"“”„«»‘’‚‹›()[]'
_END_UNSPACED = re.compile(rf"([{_ENDS}](?<![.．])|(?<![\x00-\x7f])[.．])[{re.escape(_CLOSING)}]*$")
"""Behind a number or a Latin letter a full stop is theirs."""
_CONTINUES = re.compile(rf"\s*(?!(?<=\s)[”»’]\w)[{_ENDS}{_CLAUSES[:-2]}{re.escape(_CLOSING[2:])}]")
"""Goes on, whatever ends before it; dashes and quotation marks may begin a sentence, ”so” and »so« too."""
_INITIAL = re.compile(r"(?:^|[\s(])[^\W\d_]\.$")
_DOTTED = re.compile(r"\.[^\W\d_]\.$")
"""As a.m. and z.B. end; of English alone the library knows what begins a sentence behind it."""
_CONTEXT = 6
"""Words before a mark that are looked at: no abbreviation has more."""
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof mme mlle sras srtas srta dña dres profa excmo excma ilmo ilma rvdo mons ff aa jj oo "
    "approx aprox डॉ प्रो पं рис".split()
)
"""What the library lacks in a language, and what is no word of another."""
_NUMBERED = frozenset("no nos n nr núm núms p pp pag pág págs vol vols fig figs ch chap cap eq tel".split())
"""Abbreviations where a number follows, whatever they are elsewhere."""
_WORDS = {
    "en": "me no ok ill i may art id sec miss".split(),
    "es": "bien auto no mar extra sobre contra mono entre di poli micro doc multi pro crio hipo etc".split(),
    "de": "mich mag bart ass art ok op usw etc".split(),
    "fr": "vol sec art etc".split(),
    "it": "no me te mai via ore".split(),
    "nl": "me hand".split(),
}
"""What the library takes for abbreviations, and what ends sentences oftener."""
_COUNTED = ("Jahrhundert", "Jahrtausend", "Weltkrieg", "Stock", "Etage", "Klasse", "Auflage", "Geburtstag")
"""What German ordinals count, besides the months, which the library knows."""


def ends_sentence(before: str, after: str, language: str) -> bool:
    """Tell whether a sentence ends between a text and what follows with its space, empty while unknown."""
    if _CONTINUES.match(after):
        return False
    if language in UNSPACED:
        return bool(_END_UNSPACED.search(before))
    # Without a space between them the two are one word that was written in two parts.
    if not has_end(before) or (after and not after[0].isspace()):
        return False
    said, following = _bare(before.split())[-_CONTEXT:], [*_bare(after.split()), "Xx"][0]
    last, number = said[-1].casefold().removesuffix("."), following[0].isdigit()
    if not number and last in _WORDS.get(language, ()):
        return not following[0].islower()
    if last in _ABBREVIATIONS or (number and last in _NUMBERED):
        return False
    if language == "de" and last.isdigit() and following.startswith(_COUNTED):
        return False
    return _segments(" ".join(said), following, language)


def has_end(text: str) -> bool:
    """Tell whether a text ends with the mark of a sentence's end, be it only an abbreviation's."""
    return text.rstrip(_CLOSING_SPACED).endswith(tuple(_ENDS))


def ends_clause(text: str) -> bool:
    """Tell whether a voice pauses behind a text within a sentence; a single full stop does not say so."""
    bare = text.rstrip(_CLOSING_SPACED)
    return bare.endswith((*_CLAUSES, *_ENDS)) and (bare.endswith("..") or not bare.endswith("."))


def without_end(text: str) -> str:
    """Remove the mark of a sentence's end, and what closes behind it."""
    return text.rstrip(_CLOSING_SPACED).rstrip(_ENDS + _SPACE) if has_end(text) else text


def divided(text: str, language: str) -> list[str]:
    """Divide a text into its sentences, each with the space before it."""
    found = [""]
    for unit in units(text, language):
        if ends_sentence(found[-1], unit, language):
            found.append("")
        found[-1] += unit
    return found


def _bare(words: list[str]) -> list[str]:
    """Take off what stands around words: a quotation mark without its other would mislead the library."""
    return [bare for word in words if (bare := word.strip(_AROUND))]


def _segments(said: str, following: str, language: str) -> bool:
    """Whether the library sees two sentences here; it knows an ellipsis only as three full stops."""
    import sentencex

    said, following = said.replace("…", "..."), following.replace("…", "...")
    if _INITIAL.search(said) or (language != "en" and _DOTTED.search(said)):
        return False
    return bool(sentencex.segment(language, f"{said} {following}")[-1].strip() == following)

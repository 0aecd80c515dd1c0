"""Phrasing: what a translator wrote, set as the language is written.

Chinese gets full-width punctuation and quotation marks, and a space between Chinese and Latin words, none
inside Chinese; languages with spaces get none before a mark, a capital at the beginning, and Spanish its
opening ¿ and ¡. Only the text after the committed prefix is touched, so what was committed stays as it is.
"""

import re
import unicodedata

from streaming.marks import ends_sentence
from streaming.words import UNSPACED, capitalized

_WIDE = {",": "，", ".": "。", "!": "！", "?": "？", ":": "：", ";": "；"}
_NARROW = {
    "，": ", ",
    "。": ". ",
    "！": "! ",
    "？": "? ",
    "：": ": ",
    "；": "; ",
    "、": ", ",
    "（": " (",
    "）": ") ",
}
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
"""Chinese and Japanese characters, for a set of a regular expression."""
_IS_HAN = re.compile(f"[{HAN}]")
_HAN_OR_MARK = re.compile(f"[{HAN}，。！？：；、（）“”《》…—]")
_BEFORE_MARK = re.compile(r"\s+(?=[,;:!?…)\]]|\.(?!\w))")
_AFTER_OPENING = re.compile(r"(?<=[(\[¿¡])\s+")
_SPANISH_PAIRS = (("¿", "?"), ("¡", "!"))
_STOP = re.compile(r"(?P<marks>[.!?…]+)[\"»”)]*\s+")
_ELLIPSIS = re.compile(r"[.。](?:\s*[.。]){2,}|…(?:\s*…)*")
_VERBATIM = re.compile(r"[A-Za-z]\w*://[!-~]*[\w/]|(?<![A-Za-z])(?:[A-Za-z]\.){2,}(?![A-Za-z])", re.ASCII)
"""Addresses and abbreviations (U.S.), whose marks are their own."""
_WITH_NARROW_SPACE = frozenset({"fr"})
"""Languages that put a space before tall marks."""


def phrased(prefix: str, rest: str, language: str, *, complete: bool = False, capital: bool = False) -> str:
    """Set `rest` after a prefix that stays as it is, and return both together.

    `complete` says that the sentence ends here; `capital` that it begins with a capital where there are
    any.
    """
    rest = _without_controls(rest)
    if language in UNSPACED:
        return prefix + _unspaced(prefix, rest, complete)
    text = prefix + _spaced(prefix, rest, language)
    if capital and not prefix:
        text = capitalized(text)
    return _paired(text, len(prefix), complete) if language == "es" else text


def spaced_after(text: str, following: str, language: str) -> str:
    """Give the space that stands between a text and a word after it."""
    if not text or text[-1].isspace() or text[-1] in "(¿¡«„“[":
        return ""
    if language in UNSPACED:
        return " " if text[-1].isascii() and following[:1].isascii() else ""
    return " "


def _without_controls(text: str) -> str:
    """Leave out control characters and turn line ends into spaces; joiners and marks of direction stay."""
    if text.isprintable():
        return text
    return "".join(
        " " if character in "\t\n\r" else character
        for character in text
        if character in "\t\n\r" or unicodedata.category(character) != "Cc"
    )


def _unspaced(prefix: str, rest: str, complete: bool) -> str:
    chinese = bool(_IS_HAN.search(prefix + rest))
    if chinese:
        rest = _ELLIPSIS.sub("……", rest)
    verbatim = [match.span() for match in _VERBATIM.finditer(prefix + rest)]
    out: list[str] = []
    opened = prefix.count("“") - prefix.count("”")
    brackets = prefix.count("（") - prefix.count("）")
    for i, character in enumerate(rest):
        before, place = out[-1] if out else prefix[-1:], len(prefix) + i
        if any(start < place < end for start, end in verbatim):
            out.append(character)
            continue
        if any(place == end for _, end in verbatim):
            before = "N"  # whatever mark it ends with, it is a word
        following = rest[i + 1 :].lstrip()[:1]
        if following == "." and rest[i + 1 :].lstrip()[1:2].isalpha():
            following = "N"  # .NET is a word
        if chinese:
            following = _to_be(following, rest[i + 1 :].lstrip()[1:], brackets)
        if character.isspace():
            if before and not before.isspace() and following and not _closed(before, following):
                out.append(" ")
            continue
        if character == '"' and chinese:
            character, opened = ("”", opened - 1) if opened > 0 else ("“", opened + 1)
        elif character == "(" and (_IS_HAN.match(following) or (_IS_HAN.match(before) and following == "")):
            character, brackets = "（", brackets + 1
        elif character == ")" and brackets > 0:
            character, brackets = "）", brackets - 1
        elif character in _WIDE and chinese and _stands_wide(character, before, rest[i + 1 :], complete):
            character = _WIDE[character]
        if before and _parted(before, character):
            out.append(" ")
        out.append(character)
    return "".join(out)


def _to_be(mark: str, after: str, brackets: int) -> str:
    """Name what a mark will be written as, for the space before it."""
    if mark == '"':
        return "“"
    if mark == "(" and _IS_HAN.match(after.lstrip()[:1]):
        return "（"
    return "）" if mark == ")" and brackets > 0 else mark


def _closed(before: str, following: str) -> bool:
    """Whether no space stands between two characters of a Chinese text."""
    if _parted(before, following):
        return False
    return bool(_HAN_OR_MARK.match(before) or _HAN_OR_MARK.match(following) or following in _WIDE)


def _parted(before: str, after: str) -> bool:
    """Whether a space stands between a Chinese and a Latin word; numbers stay close, as in 3月5日."""
    return (_IS_HAN.match(before) is not None and _is_letter(after)) or (
        _is_letter(before) and _IS_HAN.match(after) is not None
    )


def _is_letter(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


def _stands_wide(mark: str, before: str, after: str, complete: bool) -> bool:
    """Whether a mark belongs to the Chinese text, not to a number, an address or a Latin name."""
    before, following = before.strip(), after[:1]
    if mark == "." and following.isascii() and following.isalnum():
        return False  # .NET
    if not before or not (before.isalnum() or before in "”）》%°") or _HAN_OR_MARK.match(following):
        return bool(before) and before not in _WIDE
    if before.isascii() and (following.isascii() and following.isalnum()):
        return False
    if not following and not complete and before.isdigit():
        return False  # 3. may still become 3.5
    return True


def _spaced(prefix: str, rest: str, language: str) -> str:
    for wide, narrow in _NARROW.items():
        if wide in rest:
            rest = rest.replace(wide, narrow)
    rest = re.sub(r"\s+", " ", rest)
    if not prefix or prefix[-1].isspace():
        rest = rest.lstrip()
    if language not in _WITH_NARROW_SPACE:
        rest = _BEFORE_MARK.sub("", rest) if prefix or rest[:1] != " " else rest
    rest = _AFTER_OPENING.sub("", rest)
    if language == "de" and '"' in rest:
        rest = _german_quotes(prefix, rest)
    return rest.rstrip() if not rest.isspace() else ""


def _german_quotes(prefix: str, rest: str) -> str:
    opened = prefix.count("„") > prefix.count("“")
    out = []
    for character in rest:
        if character == '"':
            character, opened = ("“" if opened else "„"), not opened
        out.append(character)
    return "".join(out)


def _paired(text: str, fixed: int, complete: bool) -> str:
    """Give Spanish questions and exclamations both their marks, as far as they begin after what is fixed."""
    start, parts = 0, []
    ends = [match.end() for match in _STOP.finditer(text) if _stops(match)] + [len(text)]
    for end in ends:
        parts.append(_paired_sentence(text[start:end], max(0, fixed - start), complete and end == len(text)))
        start = end
    return "".join(parts)


def _stops(match: re.Match[str]) -> bool:
    """Whether what a pair of marks may stand around ends here: a question does, though its sentence go on."""
    if "?" in match["marks"] or "!" in match["marks"]:
        return True
    return ends_sentence(match.string[: match.end()], " " + match.string[match.end() :], "es")


def _paired_sentence(sentence: str, fixed: int, complete: bool) -> str:
    body = sentence.rstrip(' "»”)')
    for opening, closing in _SPANISH_PAIRS:
        if body.endswith(closing) and opening not in sentence and not fixed:
            lead = len(sentence) - len(sentence.lstrip(' "«“('))
            return sentence[:lead] + opening + sentence[lead:]
        if complete and opening in body and not body.endswith(("?", "!")) and closing not in body:
            stem = body[:-1] if body.endswith(".") else body
            if len(stem) >= fixed:
                return stem + closing + sentence[len(body) :]
    return sentence

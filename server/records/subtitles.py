"""Cues as files: SubRip, WebVTT and TTML."""

import html
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from server.records.cues import TICK, Cue
from streaming.words import Word

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
xmlns:tts="http://www.w3.org/ns/ttml#styling" xml:lang={language} ttp:timeBase="media" \
ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text">
  <head>
    <styling>
      <style xml:id="plain" tts:fontSize="100%" tts:textAlign="center" tts:color="white"/>
    </styling>
    <layout>
      <region xml:id="bottom" tts:origin="10% 80%" tts:extent="80% 15%" tts:displayAlign="after"/>
    </layout>
  </head>
  <body style="plain" region="bottom">
    <div>
{paragraphs}    </div>
  </body>
</tt>
"""


def srt(cues: Iterable[Cue]) -> str:
    """Write cues as SubRip."""
    blocks = (
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{_plain(cue)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue], *, words: bool = False) -> str:
    """Write cues as WebVTT; `words`: with the time of each word whose time is known."""
    blocks = (
        f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n"
        f"{_word_timed(cue) if words and cue.words else _escaped(cue)}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def ttml(cues: Iterable[Cue], language: str) -> str:
    """Write cues as TTML 2 in the text profile of IMSC 1."""
    paragraphs = "".join(
        f'      <p begin="{clock(cue.start, ".")}" end="{clock(cue.end, ".")}">'
        f"{'<br/>'.join(escape(_NOT_XML.sub('', line)) for line in cue.lines)}</p>\n"
        for cue in cues
    )
    return _TTML.format(language=quoteattr(language), paragraphs=paragraphs)


def clock(seconds: float, point: str, digits: int = 3) -> str:
    """Write a time as ``hh:mm:ss``, the point that is asked for, and a fraction."""
    unit = 10**digits
    whole, fraction = divmod(round(seconds * unit), unit)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{fraction:0{digits}d}"


def _plain(cue: Cue) -> str:
    # SubRip has no way to escape; only its own arrow could be mistaken for a time.
    return "\n".join(line.replace("-->", "→") for line in cue.lines)


def _escaped(cue: Cue) -> str:
    return "\n".join(_escape(line) for line in cue.lines)


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def _word_timed(cue: Cue) -> str:
    """Write a cue with timestamps, which must grow and lie within it."""
    latest = cue.start
    lines = []
    for words in cue.words:
        written = ""
        for word in words:
            begin = round(word.start, 3)
            if latest + TICK <= begin < cue.end:
                latest = begin
                written += f"{_space(word, written)}<{clock(begin, '.')}>{_text(word)}"
            else:
                written += f"{_space(word, written)}{_text(word)}"
        lines.append(written)
    return "\n".join(lines)


def _text(word: Word) -> str:
    return _escape(" ".join(word.text.split()))


def _space(word: Word, written: str) -> str:
    return " " if written and word.text[0].isspace() else ""

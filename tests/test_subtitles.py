"""Cues as files: SubRip, WebVTT and TTML, escaped."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from server.records.cues import Cue
from server.records.subtitles import srt, ttml, vtt
from streaming.words import Word


def test_srt() -> None:
    found = [Cue(0.5, 2.0, ("One", "two --> three")), Cue(3661.25, 3662.0, ("four",))]
    assert srt(found) == (
        "1\n00:00:00,500 --> 00:00:02,000\nOne\ntwo → three\n"
        "\n2\n01:01:01,250 --> 01:01:02,000\nfour\n"
    )  # fmt: skip


def test_vtt_escapes_what_would_be_markup() -> None:
    assert vtt([Cue(0.5, 2.0, ("a < b & c", "x --> y"))]) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\na &lt; b &amp; c\nx --&gt; y\n"
    )
    assert vtt([]) == "WEBVTT\n"


def test_words_have_their_times_if_asked_for() -> None:
    words = ((Word(" One", 0.5, 0.9), Word(" two,", 1.0, 1.2)), (Word(" three", 1.25, 2.0),))
    timed = Cue(0.5, 2.0, ("One two,", "three"), words)
    assert vtt([timed], words=True) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nOne <00:00:01.000>two,\n<00:00:01.250>three\n"
    )
    assert "<" not in vtt([timed])


def test_word_times_lie_within_their_cue_and_grow() -> None:
    words = ((Word(" a", 0.0, 0.1), Word(" b", 1.5, 1.6), Word(" c", 1.5, 1.6), Word(" d", 9.0, 9.0)),)
    written = vtt([Cue(1.0, 2.0, ("a b c d",), words)], words=True)
    assert written.endswith("a <00:00:01.500>b c d\n")


def test_ttml_is_well_formed_and_says_its_language() -> None:
    written = ttml([Cue(0.5, 2.0, ("a < b & c", "\x07d")), Cue(2.0, 3661.0, ("e",))], "zh")
    root = ElementTree.fromstring(written.encode())
    space = "{http://www.w3.org/ns/ttml}"
    first, second = root.iter(f"{space}p")
    assert (first.get("begin"), first.get("end")) == ("00:00:00.500", "00:00:02.000")
    assert [*first.itertext()] == ["a < b & c", "d"]
    assert second.get("end") == "01:01:01.000"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh"


@given(st.text())
def test_ttml_is_well_formed_whatever_was_said(line: str) -> None:
    text = line.encode("utf-8", "replace").decode()
    ElementTree.fromstring(ttml([Cue(0.0, 1.0, (text,))], "en").encode())

"""Captions on a terminal: committed plain, tentative dim, nothing that a terminal would obey."""

import io
import re

from server.client.terminal import GrowingView, LineView
from streaming.captions import Caption

DIM, PLAIN = "\x1b[2m", "\x1b[0m"


def screen(written: str) -> list[str]:
    """Replay what was written on a screen; styles are left out."""
    rows = [""]
    for step in re.split(r"(\x1b\[\d*[A-Z]|\r|\n)", re.sub(r"\x1b\[\d*m", "", written)):
        if step == "\n":
            rows.append("")
        elif up := re.fullmatch(r"\x1b\[(\d+)A", step):
            keep = len(rows) - 1 - int(up[1])
            rows = [*rows[:keep], rows[keep], *rows[keep + 1 :]]
            cursor = keep
        elif step == "\x1b[J":
            rows = [*rows[:cursor], ""]
        elif step != "\r":
            rows[-1] += step
    return [row for row in rows if row]


def growing(columns: int = 40, languages: int = 2) -> tuple[GrowingView, io.StringIO]:
    out = io.StringIO()
    return GrowingView(out, languages, lambda: columns), out


def test_tentative_text_is_dim() -> None:
    view, out = growing()
    view.show(Caption(0, "en", "Good", " morning"), 1.0)
    assert out.getvalue() == f"en  Good{DIM} morning{PLAIN}\n"


def test_captions_grow_in_place() -> None:
    view, out = growing()
    view.show(Caption(0, "en", "Good", " mourning"), 1.0)
    view.show(Caption(0, "en", "Good morning", " every"), 2.0)
    view.show(Caption(0, "zh", "早", "上"), 2.1)
    assert screen(out.getvalue()) == ["en  Good morning every", "zh  早上"]


def test_an_utterance_that_is_final_in_every_language_stays_above_in_full() -> None:
    view, out = growing(columns=12)
    view.show(Caption(0, "en", "Good morning, everyone.", final=True), 1.0)
    view.show(Caption(1, "en", "Today"), 2.0)
    assert screen(out.getvalue())[0] != "en  Good morning, everyone."
    view.show(Caption(0, "zh", "大家早上好。", final=True), 3.0)
    assert screen(out.getvalue()) == ["en  Good morning, everyone.", "zh  大家早上好。", "en  Today"]


def test_an_utterance_in_a_target_language_does_not_wait_for_a_translation_for_ever() -> None:
    view, out = growing(columns=12)
    view.show(Caption(0, "zh", "大家早上好大家早上好。", final=True), 1.0)
    for number in (1, 2):
        view.show(Caption(number, "en", "Yes", final=True), 2.0)
        view.show(Caption(number, "zh", "是", final=True), 2.0)
    assert screen(out.getvalue()) == ["zh  大家早上好大家早上好。", "en  Yes", "zh  是", "en  Yes", "zh  是"]


def test_what_was_not_finished_is_left_in_full() -> None:
    view, out = growing(columns=12)
    view.show(Caption(0, "en", "Good morning,", " everyone"), 1.0)
    view.close()
    assert screen(out.getvalue()) == ["en  Good morning, everyone"]


def test_what_is_newest_is_seen_where_the_terminal_is_narrow() -> None:
    view, out = growing(columns=15)
    view.show(Caption(0, "zh", "一二三四五六七", "八"), 1.0)
    assert screen(out.getvalue()) == ["zh  四五六七八"]


def test_nothing_that_a_terminal_would_obey_is_shown() -> None:
    view, out = growing()
    view.show(Caption(0, "en", "a\x1b[2Jb\rc\n"), 1.0)
    assert screen(out.getvalue()) == ["en  a[2Jbc"]


def test_a_pipe_gets_a_line_whenever_committed_text_has_grown() -> None:
    out = io.StringIO()
    view = LineView(out)
    view.show(Caption(0, "en", "", "Good"), 0.5)
    view.show(Caption(0, "en", "Good", " mourning"), 1.0)
    view.show(Caption(0, "en", "Good", " morning"), 1.5)
    view.show(Caption(0, "en", "Good morning.", final=True), 2.0)
    view.close()
    assert out.getvalue().splitlines() == ["    1.0 s  en  Good", "    2.0 s  en  Good morning."]

"""Chinese written for English sentences that have none: which sentences, and how much of it is kept."""

from pathlib import Path

from embedded.recipe.backtranslation import LONGEST, Backtranslator, probable, untranslated
from embedded.recipe.bitext import Pair

TRANSLATOR = Path(__file__).parents[1] / "embedded" / "mt-en-zh-es-de"


def pair(source: str) -> Pair:
    return Pair(source, "target", "en", "xx")


def test_only_short_sentences_without_chinese_are_translated() -> None:
    known, new, longer = "Known.", "New.", "x" * (LONGEST + 1)
    named = {
        "everyday-zh": [pair(known)],
        "pivoted-zh": [pair("Pivoted.")],
        "everyday-es": [pair(known), pair(new), pair("Pivoted.")],
        "everyday-de": [pair(new), pair(longer), pair("Other.")],
    }
    assert untranslated(named) == [new, "Other."]


def test_the_most_probable_third_is_kept_and_what_says_nothing_is_not() -> None:
    found = [(f"{n}", "好。" if n != 1 else "", -float(n)) for n in range(9)]
    assert probable(reversed(found)) == [Pair("0", "好。", "en", "zh"), Pair("2", "好。", "en", "zh")]


def test_what_means_something_else_is_less_probable() -> None:
    translator = Backtranslator(TRANSLATOR, threads=1)
    (good, likely), (_, unlikely) = translator.translate(
        ["I like tea.", "Pharmacokinetic juxtaposition bewilders octogenarians."]
    )
    assert "茶" in good
    assert unlikely < likely < 0

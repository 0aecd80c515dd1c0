"""Text that is as bad as it comes, through the real stages and the embedded translator, terms enforced."""

from collections.abc import Iterator, Sequence
from functools import cache

import pytest

import embedded
import mt
from mt.faithful import FaithfulTranslator
from mt.glossary import Entry, Glossary, missing
from mt.presets import PRESETS
from mt.sentences import LONGEST
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from streaming.captions import Transcript, Update
from streaming.errors import LanguageError
from streaming.stages import READ, Ask, Translation, TranslationRequest, Translator, Write
from streaming.words import Word

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(not embedded.translators(), reason="no embedded translator"),
]

NONE = Glossary()
HUGE = Glossary(
    [
        Entry({"en": (f"term {i} of {i % 997}",), "es": (f"término {i}",), "zh": (f"术语{i}",)})
        for i in range(20_000)
    ]
)
CONFLICTING = Glossary(
    [
        Entry({"en": ("server",), "es": ("servidor",), "zh": ("服务器",)}, "a.csv:2"),
        Entry({"en": ("server", "servers"), "es": ("camarero",), "zh": ("侍者",)}, "b.csv:2"),
    ],
    verbatim=["Server Room"],
)


@cache
def translator() -> FaithfulTranslator:
    return FaithfulTranslator(mt.load(embedded.translators(), device="cpu"))


class Copies:
    """Answers with the source as it is, odd signs and all; the embedded translator writes none itself."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """Continue each prefix with what the source has beyond it."""
        return [Translation(r.target_prefix + r.source[len(r.target_prefix) :]) for r in requests]


def translated(
    text: str,
    target: str,
    glossary: Glossary = NONE,
    step: int = 3,
    source: str = "en",
    engine: Translator | None = None,
) -> str:
    """Say a text a few words at a time; gives what was committed, which nothing took back."""
    stage = TerminologyStage(
        TranslationStage(target, PRESETS["balanced"].policy, look_ahead=True), target, glossary
    )
    transcript = Transcript()
    for update in spoken(text, step, source):
        stage.receive(update)
        while (action := stage.next_action()) is not READ:
            match action:
                case Ask(request):
                    (answer,) = (engine or translator()).translate([request])
                    assert not missing(request.terms, answer.text, target)
                    stage.receive_result(answer, 0.0)
                case Write(item):
                    transcript.add(item)
    return " ".join(transcript.committed(target))


def spoken(text: str, step: int, language: str) -> Iterator[Update]:
    words = [Word(f" {part}", i, i + 0.9) for i, part in enumerate(text.split(" "))]
    for at in range(0, len(words), step):
        ahead = tuple(words[at + step : at + step + 2])
        yield Update(0, language, tuple(words[at : at + step]), ahead, at + step >= len(words))


targets = pytest.mark.parametrize("target", ["es", "zh"])


@targets
def test_an_empty_glossary_changes_nothing(target: str) -> None:
    line = "The old man reads a book in the garden every morning."
    other = Glossary([Entry({"en": ("submarine",), "es": ("submarino",), "zh": ("潜艇",)})])
    assert translated(line, target) == translated(line, target, other) != ""


@targets
def test_a_huge_glossary_finds_its_terms(target: str) -> None:
    found = translated("We talk about term 17777 of 828 in the garden today.", target, HUGE)
    assert {"es": "término 17777", "zh": "术语17777"}[target] in found.casefold()


@targets
def test_of_conflicting_terms_the_first_is_used_and_a_name_stays(target: str) -> None:
    found = translated(
        "The server is in the Server Room and the servers are in the house.", target, CONFLICTING
    )
    assert "Server Room" in found
    assert {"es": "servidor", "zh": "服务器"}[target] in found.casefold()
    (conflict,) = CONFLICTING.conflicts("en", target)
    assert "b.csv:2" in str(conflict) and "a.csv:2" in str(conflict)


@targets
def test_two_thousand_words_without_a_mark_are_all_translated(target: str) -> None:
    line = "we go to the house and the man reads a good book in the garden " * 150
    text = line.strip()[: line.find(" ", 9000)]
    found = translated(text, target, step=100)
    # A terse model is no fault of ours; a text that breaks off is, or that is said in a breath.
    told = {"es": ("casa", "libro"), "zh": ("家", "房", "屋", "书")}[target]
    assert sum(found.count(word) for word in told) >= len(text.split()) / LONGEST


@targets
@pytest.mark.parametrize(
    "text",
    [
        "🦄 🦄🦄 👩‍👩‍👧 ok 🇨🇳",
        "The 🦄 reads a 👩‍👩‍👧 book.",
        "שלום עולם، مرحبا بالعالم.",
        "He said שלום and left.",
        "a\x00b \x07 the \u202e\u200b house\x1b[31m is red.",
        "\ufffd \ud7ff . . . ! ?",
        " ",
        "  The   house\t\n is\r red. ",
    ],
)
def test_odd_signs_end_nothing(text: str, target: str) -> None:
    found = translated(text, target, CONFLICTING, step=2)
    assert bool(found) == bool(text.strip())


@targets
def test_signs_of_control_are_left_out_and_others_stay(target: str) -> None:
    found = translated("a\x00b \x07the 🦄 שלום\x1b[31m red.", target, engine=FaithfulTranslator(Copies()))
    assert not any(sign in found for sign in "\x00\x07\x1b")
    assert "🦄" in found and "שלום" in found


@targets
def test_a_term_among_odd_signs_is_kept(target: str) -> None:
    found = translated("🦄 שלום the \u200bserver\x07 is red. 🦄", target, CONFLICTING, step=1)
    assert {"es": "servidor", "zh": "服务器"}[target] in found.casefold()


def test_a_pair_that_nobody_has_is_named_with_what_there_is() -> None:
    asked = [TranslationRequest("hello", "", "en", "tlh"), TranslationRequest("hello", "", "en", "es")]
    with pytest.raises(LanguageError, match=r"no model translates en → tlh; there is .*en→es"):
        translator().translate(asked)
    with pytest.raises(LanguageError, match="no model translates"):
        translated("nuqneH qaleghneS", "es", source="tlh")

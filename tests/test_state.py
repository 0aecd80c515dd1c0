"""A stage's state: small whatever it shares, and complete without it."""

from asr.replacements import Replacements, ReplacingStage
from mt.glossary import Entry, Glossary
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from streaming.captions import Update
from streaming.stages import Ask
from streaming.state import dump, load
from streaming.words import Word


def terms(count: int) -> Glossary:
    return Glossary([Entry({"en": (f"term{i}",), "es": (f"voz{i}",)}) for i in range(count)])


def stage(glossary: Glossary) -> TerminologyStage:
    return TerminologyStage(TranslationStage("es"), "es", glossary)


def heard(text: str, start: float, final: bool = False) -> Update:
    return Update(0, "en", (Word(text, start, start + 1),), (), final)


def test_a_large_glossary_is_no_part_of_the_state() -> None:
    few, many = stage(terms(1)), stage(terms(10_000))
    for each in (few, many):
        each.receive(heard("term0", 0.0))
    assert len(dump(many)) == len(dump(few))


def test_a_stage_goes_on_where_it_was_with_what_is_shared_now() -> None:
    before, after = terms(1), terms(2)
    first = stage(before)
    first.receive(heard("term0", 0.0))
    second = load(dump(first), stage(after))
    assert second._glossary is after
    second.receive(heard(" term1", 1.0, final=True))
    action = second.next_action()
    assert isinstance(action, Ask)
    assert action.request.source == "term0 term1"
    assert {term.source for term in action.request.terms} == {"term0", "term1"}


def test_replacements_are_shared_as_well() -> None:
    mishearings = Replacements({"en": {"ana": "Anna"}})
    kept = ReplacingStage(None, mishearings)  # type: ignore[arg-type]
    assert load(dump(kept), ReplacingStage(None, mishearings))._replacements is mishearings  # type: ignore[arg-type]

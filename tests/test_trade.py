"""The operator's terms beside those of packs: a text has one term in each place."""

import pytest

from mt.glossary import Entry, Glossary
from mt.terminology import TerminologyStage
from mt.translation import TranslationStage
from server.interpretation.packs import Shelf
from server.rooms.room import Plan, Room
from server.rooms.trade import NO_PACKS, RoomTerms, Trade
from server.wire.room_messages import Term
from streaming import state
from streaming.captions import Update
from streaming.scripted import ScriptedTranslator
from streaming.stages import Ask, TranslationRequest, Write
from streaming.words import Word

PACK = Glossary(
    [
        Entry({"en": ("rate",), "zh": ("比率",)}),
        Entry({"en": ("neural network",), "zh": ("神经网络",)}),
        Entry({"en": ("IT",), "zh": ("信息技术",)}),
    ],
    ["PyTorch"],
)


@pytest.mark.parametrize(
    ("operator", "source", "expected"),
    [
        ([("learning rate", "学习率")], "The learning rate is high.", ["学习率"]),
        ([("learning rate", "学习率")], "This rate is a learning rate.", ["比率", "学习率"]),
        ([("network", "网")], "A neural network is a network.", ["神经网络", "网"]),
        ([("network", "网")], "A neural network.", ["神经网络"]),
        ([("rate", "率")], "RATE, Rate and rate", ["率", "率", "率"]),
        ([("it", "它")], "IT is it", ["它", "它"]),
        ([("pytorch", "火炬")], "We like PyTorch.", ["火炬"]),
        ([("disk", "硬盘")], "PyTorch for IT, not it", ["PyTorch", "信息技术"]),
        ([], "The rate of IT.", ["比率", "信息技术"]),
    ],
)
def test_of_the_terms_in_one_place_the_longest_is_meant(
    operator: list[tuple[str, str]], source: str, expected: list[str]
) -> None:
    room = Room(Plan("hall"))
    room.terms = tuple(Term(*pair, "zh") for pair in operator)
    terms = PACK.terms(source, "en", "zh")
    request = Trade(room, Shelf(())).prepared(TranslationRequest(source, "", "en", "zh", terms=terms))
    assert [term.targets[0] for term in request.terms] == expected
    assert all(term.source in source for term in request.terms)


@pytest.mark.parametrize(
    ("packs", "operator", "said", "growing"),
    [
        (Glossary(), [("learning rate", "学习率")], "a learning", "learning"),
        (PACK, [("learning rate", "学习率")], "a learning", "learning"),
        (PACK, [("learning rate", "学习率")], "a neural", "neural"),
        (PACK, [("deep neural", "深")], "a deep neural", "deep neural"),
        (PACK, [("learning rate", "学习率")], "a rate", ""),
        (PACK, [], "a learning", ""),
    ],
)
def test_terms_of_packs_and_of_the_operator_are_waited_for(
    packs: Glossary, operator: list[tuple[str, str]], said: str, growing: str
) -> None:
    room = Room(Plan("hall"))
    room.terms = tuple(Term(*pair, "zh") for pair in operator)
    terms = RoomTerms(packs, room)
    assert said[terms.growing(said, "en", "zh") :] == growing
    assert terms.growing(said, "en", "es") == len(said), "of another language"


def asked(stage: TerminologyStage, word: str, at: int) -> list[str]:
    """Say a word, and tell what the translator is asked."""
    found = []
    stage.receive(Update(0, "en", (Word(f" {word}", at, at + 1),)))
    while isinstance(action := stage.next_action(), Ask | Write):
        if isinstance(action, Ask):
            found.append(action.request.source)
            stage.receive_result(ScriptedTranslator().translate([action.request])[0], 0.0)
    return found


def test_a_term_that_comes_while_somebody_speaks_is_waited_for_from_then_on() -> None:
    room = Room(Plan("hall"))
    trade = Trade(room, Shelf(()))

    def fresh() -> TerminologyStage:
        return TerminologyStage(TranslationStage("es"), "es", trade.terms(NO_PACKS))

    stage = fresh()
    assert asked(stage, "learning", 0) == ["learning"]
    room.terms = (Term("learning rate", "tasa"),)
    assert asked(stage, "learning", 1) == []
    stage = state.load(state.dump(stage), fresh())
    assert asked(stage, "rate", 2) == ["learning learning rate"]
    assert asked(stage, "learning", 3) == []
    room.terms = ()
    assert asked(stage, "works", 4) == ["learning learning rate learning works"]

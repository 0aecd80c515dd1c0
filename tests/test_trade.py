"""The operator's terms beside those of packs: a text has one term in each place."""

import pytest

from mt.glossary import Entry, Glossary
from server.interpretation.packs import Shelf
from server.rooms.room import Plan, Room
from server.rooms.trade import Trade
from server.wire.room_messages import Term
from streaming.stages import TranslationRequest

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

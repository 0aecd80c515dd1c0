"""Terms and numbers reach translation whole, and leave it whole."""

from collections.abc import Sequence
from itertools import cycle
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedded
import mt
from mt.agreement import LocalAgreement, RelaxedAgreement
from mt.attention import AttentionBoundary
from mt.faithful import FaithfulTranslator
from mt.glossary import Entry, Glossary, missing
from mt.policy import Every, Evidence, Needs, ReadWritePolicy
from mt.presets import PRESETS
from mt.terminology import MOST_HELD, TerminologyStage
from mt.translation import TranslationStage
from mt.wait_k import WaitK
from streaming.captions import Transcript, Update
from streaming.stages import DONE, READ, Ask, Term, Translation, TranslationRequest, Write
from streaming.words import Word

GLOSSARY = Glossary(
    [
        Entry({"en": ("neural network",), "es": ("red neuronal",), "zh": ("神经网络",)}),
        Entry({"en": ("neural",), "es": ("nervioso",), "zh": ("神经",)}),
        Entry({"en": ("red",), "es": ("rojo",), "zh": ("红",)}),
    ]
)


class Spanish:
    """Translates word by word into capitals, so no term comes out right by itself."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [Translation(self._answer(request), score=-1.0) for request in requests]

    def _answer(self, request: TranslationRequest) -> str:
        done = len(request.target_prefix.split())
        rest = request.source.upper().split()[done:]
        return " ".join([request.target_prefix, *rest]) if request.target_prefix else " ".join(rest)


def words(text: str, start: int = 0) -> tuple[Word, ...]:
    return tuple(Word(f" {part}", start + i, start + i + 1) for i, part in enumerate(text.split()))


def said(texts: Sequence[str], language: str = "en") -> list[Update]:
    """Make an update of each text; the last one is final."""
    updates, at = [], 0
    for i, text in enumerate(texts):
        updates.append(Update(0, language, words(text, at), (), i + 1 == len(texts)))
        at += len(text.split())
    return updates


def run(updates: Sequence[Update]) -> tuple[list[TranslationRequest], Transcript, list[Update]]:
    stage = TerminologyStage(TranslationStage("es"), "es", GLOSSARY)
    translator, asked, transcript, out = FaithfulTranslator(Spanish()), [], Transcript(), []
    for item in updates:
        stage.receive(item)
        while (action := stage.next_action()) is not READ and action is not DONE:
            match action:
                case Ask(request):
                    asked.append(request)
                    stage.receive_result(translator.translate([request])[0], 0.0)
                case Write(update):
                    out.append(update)
                    transcript.add(update)
    stage.finish()
    assert stage.next_action() is DONE and stage.skipped == 0
    return asked, transcript, out


def test_a_term_that_may_grow_waits_for_the_word_that_decides() -> None:
    asked, _, _ = run(said(["the", "neural", "network", "works", "well"]))
    assert [request.source for request in asked] == [
        "the",
        "the neural network",
        "the neural network works",
        "the neural network works well",
    ]
    assert asked[1].terms == (Term("neural network", ("red neuronal",)),)


def test_a_term_that_did_not_grow_is_the_shorter_one() -> None:
    asked, _, _ = run(said(["the", "neural", "system", "works"]))
    assert asked[1].source == "the neural system" and asked[1].terms == (Term("neural", ("nervioso",)),)


def test_a_number_that_may_grow_waits() -> None:
    asked, _, _ = run(said(["we", "have", "twenty", "thousand", "dogs"]))
    assert [request.source for request in asked] == ["we", "we have", "we have twenty thousand dogs"]


def test_what_is_held_back_is_tentative_and_the_end_of_an_utterance_frees_it() -> None:
    stage = TerminologyStage(TranslationStage("es"), "es", GLOSSARY)
    received: list[Update] = []
    stage._stage.receive = received.append  # type: ignore[method-assign]
    stage.receive(Update(0, "en", words("a neural"), words("net", 2)))
    stage.receive(Update(0, "en", (), (), True))
    assert [[w.text for w in u.committed] for u in received] == [[" a"], [" neural"]]
    assert [[w.text for w in u.tentative] for u in received] == [[" neural", " net"], []]


def test_what_is_held_back_is_said_when_no_more_comes() -> None:
    stage, transcript = TerminologyStage(TranslationStage("es"), "es", GLOSSARY), Transcript()
    stage.receive(Update(3, "en", words("the price is what a neural")))
    stage.finish()
    while (action := stage.next_action()) is not DONE:
        match action:
            case Ask(request):
                stage.receive_result(Spanish().translate([request])[0], 0.0)
            case Write(update):
                transcript.add(update)
    assert transcript.committed("es") == ["THE PRICE IS WHAT A NEURAL"]


def test_a_number_without_end_is_not_held_for_ever() -> None:
    digits = [Word("二", i, i + 1) for i in range(MOST_HELD + 1)]
    asked, _, _ = run([*(Update(0, "zh", (digit,)) for digit in digits), Update(0, "zh", (), (), True)])
    assert len(asked[0].source) == MOST_HELD + 1 and not asked[0].complete


def test_no_commit_divides_what_is_whole() -> None:
    stage = TranslationStage("es", lambda source, target: WaitK(1))
    stage.receive(Update(0, "en", words("a b")))
    assert isinstance(stage.next_action(), Ask)
    stage.receive_result(Translation("uno red neuronal dos", whole=("red neuronal",)), 0.0)
    action = stage.next_action()
    assert isinstance(action, Write)
    assert [word.text for word in action.item.committed] == [" uno"]
    assert [word.text for word in action.item.tentative] == [" red", " neuronal", " dos"]


def test_terms_are_committed_whole_in_a_talk() -> None:
    _, transcript, _ = run(said("we all like the neural network of the house and the garden".split()))
    assert "red neuronal" in transcript.committed("es")[0]


@pytest.mark.parametrize("language", ["en", "zh"])
@given(data=st.data())
def test_every_grouping_of_the_words_sends_the_same_ones_on(language: str, data: st.DataObject) -> None:
    vocabulary = {
        "en": ["the", "neural", "network", "twenty", "thousand", "and", "red", "5", "."],
        "zh": ["神", "神经", "网络", "三", "千", "万", "红", "的", "5"],
    }[language]
    parts = data.draw(st.lists(st.sampled_from(vocabulary), min_size=1, max_size=12))
    space = " " if language == "en" else ""
    all_words = [Word(space + part, i, i + 1) for i, part in enumerate(parts)]
    whole: list[Word] = []
    stage = TerminologyStage(TranslationStage("es"), "es", GLOSSARY)
    stage._stage.receive = lambda update: whole.extend(update.committed)  # type: ignore[method-assign]
    at = 0
    while at < len(all_words):
        size = data.draw(st.integers(1, 4))
        stage.receive(Update(0, language, tuple(all_words[at : at + size])))
        before = "".join(word.text for word in whole)
        assert "".join(word.text for word in all_words).startswith(before)
        at += size
    stage.receive(Update(0, language, (), (), True))
    assert whole == all_words


class Wandering:
    """Translates word by word into capitals, in an order that changes with every word, and invents a number
    now and then; only the prefix stays."""

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: TranslationRequest) -> Translation:
        seed = crc32(f"{request.source}/{request.target_prefix}".encode())
        texts = tuple(self._turned(request, seed + i) for i in range(request.candidates))
        source, attention = len(request.source), None
        if request.attention:
            attention = tuple((i + 1, 1 + (seed + 7 * i) % source) for i in range(len(texts[0])))
        return Translation(
            *(texts[0], texts if request.candidates > 1 else ()),
            attention=attention,
            score=-(seed % 97) / 97,
        )

    def _turned(self, request: TranslationRequest, seed: int) -> str:
        parts = request.source.upper().removesuffix("?").split()
        rest = parts[len(request.target_prefix.split()) :] + ["7"] * (seed % 3 == 0)
        turn = seed % max(1, len(rest))
        mark = "?" * request.source.endswith("?")
        return " ".join([*request.target_prefix.split(), *rest[turn:], *rest[:turn]]) + mark


class Fickle:
    """Allows much and little by turns."""

    needs = Needs()

    def allowed(self, evidence: Evidence) -> int:
        return len(evidence.draft) if evidence.read % 2 else 1


TRADE = Glossary(
    [
        Entry({"en": ("neural network",), "es": ("red neuronal profunda",)}),
        Entry({"en": ("neural",), "es": ("nervioso simple",)}),
        Entry({"en": ("machine learning",), "es": ("aprendizaje automático",)}),
    ]
)
RENDERINGS = [form for entry in TRADE.entries for form in entry.forms["es"]]
"""No word of theirs is one that the scripted translator would write by itself."""


@given(
    st.lists(
        st.sampled_from("a neural network machine learning of house twenty thousand 5".split()), min_size=2
    ).map(lambda found: found[:14]),
    st.lists(st.integers(1, 4), max_size=10),
    st.sampled_from([*range(9)]),
    st.booleans(),
    st.booleans(),
)
def test_no_policy_takes_back_or_divides_a_term_of_a_translator_that_changes_its_mind(
    parts: list[str], sizes: list[int], which: int, look_ahead: bool, asking: bool
) -> None:
    policy = [*policies("es"), Fickle(), Every((WaitK(1), Fickle()))][which]
    translator = FaithfulTranslator(Wandering())
    inner = TranslationStage("es", lambda source, target: policy, look_ahead=look_ahead)
    stage, spoken = TerminologyStage(inner, "es", TRADE), words(" ".join(parts) + "?" * asking)
    transcript, at = Transcript(), 0
    for size in [*sizes, len(spoken)]:
        heard, ahead = spoken[at : at + size], spoken[at + size : at + size + 2]
        at += size
        stage.receive(Update(0, "en", heard, ahead, at >= len(spoken)))
        while (action := stage.next_action()) is not READ:
            committed = (transcript.committed("es") or [""])[0]
            match action:
                case Ask(request):
                    assert request.target_prefix == committed
                    (answer,) = translator.translate([request])
                    assert answer.text.startswith(committed)
                    assert not missing(request.terms, answer.text, "es")
                    stage.receive_result(answer, 0.0)
                case Write(update):
                    transcript.add(update)
                    assert (transcript.committed("es") or [""])[0].startswith(committed)
        if at >= len(spoken):
            break
    (text,) = transcript.committed("es")
    assert not missing(TRADE.terms(" ".join(parts), "en", "es"), text, "es")
    # Whatever was committed of a rendering was committed as a whole: no part of one stands alone.
    for rendering in RENDERINGS:
        text = text.casefold().replace(rendering, "")
    assert not set(text.split()) & set(" ".join(RENDERINGS).split())


def policies(target: str) -> list[ReadWritePolicy]:
    """One of each kind, and the presets."""
    alone: list[ReadWritePolicy] = [
        WaitK(2),
        LocalAgreement(2, 0),
        RelaxedAgreement(3, 0.6),
        AttentionBoundary(1),
    ]
    return [*alone, *(preset.policy("en", target) for preset in PRESETS.values())]


SENTENCES = (
    "My brother and I read 1,500 red books.",
    "We want to buy a red house, 🦄 שלום",
    "All our friends like the neural network.",
)


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")
@pytest.mark.parametrize("target", ["es", "zh"])
def test_no_policy_takes_back_what_the_embedded_translator_committed_with_terms(target: str) -> None:
    translator = FaithfulTranslator(mt.load(embedded.translators(), device="cpu"))
    for policy, text in zip(policies(target), cycle(SENTENCES), strict=False):
        stage = TerminologyStage(
            TranslationStage(target, lambda *pair, policy=policy: policy, look_ahead=True), target, GLOSSARY
        )
        spoken, committed = words(text), ""
        for at, size in zip((0, 4, 6), (4, 2, len(spoken)), strict=True):
            heard, ahead = spoken[at : at + size], spoken[at + size : at + size + 2]
            stage.receive(Update(0, "en", heard, ahead, not ahead))
            while (action := stage.next_action()) is not READ:
                match action:
                    case Ask(request):
                        assert request.target_prefix == committed.strip()
                        (answer,) = translator.translate([request])
                        assert answer.text.startswith(request.target_prefix)
                        assert not missing(request.terms, answer.text, target)
                        stage.receive_result(answer, 0.0)
                    case Write(update):
                        committed += "".join(word.text for word in update.committed)
        assert committed.strip() and not missing(GLOSSARY.terms(text, "en", target), committed, target)

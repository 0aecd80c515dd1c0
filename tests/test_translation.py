"""Translation inside the sentence, with translators whose answers are known."""

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, pairwise
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedded
import mt
from mt.agreement import LocalAgreement, RelaxedAgreement
from mt.attention import AttentionBoundary
from mt.policy import Every, Evidence, Needs, ReadWritePolicy
from mt.presets import PRESETS
from mt.router import Router
from mt.translation import TranslationStage
from mt.wait_k import WaitK
from streaming.captions import Transcript, Update
from streaming.errors import EngineError
from streaming.stages import DONE, READ, Ask, Translation, TranslationRequest, Write
from streaming.words import UNSPACED, Word, units

Translate = Callable[[TranslationRequest], str]
Step = list[TranslationRequest | Update]

SIGNS = "天地玄黄宇宙洪荒日月盈昃辰宿列张"


def by_word(request: TranslationRequest) -> str:
    """Translate word by word; more source only adds to the answer."""
    if request.target_language not in UNSPACED:
        return request.source.upper()
    signs = (SIGNS[crc32(word.strip(".?").encode()) % len(SIGNS)] for word in request.source.split())
    marks = ("。" if word[-1] in ".?" else "" for word in request.source.split())
    return "".join(sign + mark for sign, mark in zip(signs, marks, strict=True))


def erratic(request: TranslationRequest) -> str:
    """Answer differently at every word, but keep the prefix."""
    seed = crc32(request.source.encode())
    parts = ["gro", " uno", " dos.", "e", " tres,", " ", " cuatro", "."]
    return request.target_prefix + "".join(parts[(seed >> shift) % 8] for shift in range(seed % 9))


def waiting(target: str, k: int = 3) -> TranslationStage:
    """A stage whose policy is wait-k alone."""
    return TranslationStage(target, lambda source, target: WaitK(k))


def words(text: str, start: int = 0) -> list[Word]:
    return [Word(f" {part}", start + i, start + i + 0.9) for i, part in enumerate(text.split())]


def update(
    text: str, start: int = 0, *, final: bool = False, number: int = 0, language: str = "en"
) -> Update:
    return Update(number, language, tuple(words(text, start)), final=final)


def drive(
    stage: TranslationStage, updates: Iterable[Update], translate: Translate = by_word, cost: float = 0.0
) -> list[Step]:
    """Feed updates one by one; list what the stage asked and wrote after each, and at the end."""
    steps = drive_on(stage, updates, translate, cost)
    stage.finish()
    steps.append(_settled(stage, translate, cost))
    assert stage.next_action() is DONE
    return steps


def drive_on(
    stage: TranslationStage, updates: Iterable[Update], translate: Translate = by_word, cost: float = 0.0
) -> list[Step]:
    """Feed updates one by one, and leave the stage as it then is."""
    steps = []
    for item in updates:
        stage.receive(item)
        steps.append(_settled(stage, translate, cost))
        assert stage.next_action() is READ
    return steps


def _settled(stage: TranslationStage, translate: Translate, cost: float) -> Step:
    step: Step = []
    while True:
        match stage.next_action():
            case Ask(request):
                step.append(request)
                stage.receive_result(answered(request, translate), cost)
            case Write(item):
                step.append(item)
            case _:
                return step


def answered(request: TranslationRequest, translate: Translate) -> Translation:
    """Answer with all that was wanted: other candidates, and attention to the same place in the source."""
    text = translate(request)
    others = [
        translate(replace(request, source=f"{request.source} {i}")) for i in range(1, request.candidates)
    ]
    attention = tuple((i + 1, min(i + 1, len(request.source))) for i in range(len(text)))
    return Translation(
        text,
        candidates=(text, *others) if others else (),
        attention=attention if request.attention else None,
    )


def written(steps: Iterable[Step]) -> list[Update]:
    return [item for step in steps for item in step if isinstance(item, Update)]


def asked(steps: Iterable[Step]) -> list[TranslationRequest]:
    return [item for step in steps for item in step if isinstance(item, TranslationRequest)]


def check_prefixes(steps: Iterable[Step]) -> None:
    """See that each request begins with all that was committed of its sentence: nothing was taken back."""
    committed, request = "", None
    for item in chain.from_iterable(steps):
        if isinstance(item, TranslationRequest):
            committed = "" if request and request.complete else committed
            request = item
            assert item.target_prefix == committed.lstrip()
        else:
            committed += "".join(word.text for word in item.committed)


def captions(steps: Iterable[Step], target: str) -> list[str]:
    transcript = Transcript()
    for item in written(steps):
        transcript.add(item)
    return transcript.committed(target)


def grouped(parts: Sequence[str], sizes: Sequence[int]) -> list[Update]:
    """Divide words into updates of these sizes; the last one is final."""
    updates, at = [], 0
    for size in sizes:
        updates.append(update(" ".join(parts[at : at + size]), at))
        at += size
    return [*updates, update(" ".join(parts[at:]), at, final=True)]


def test_a_sentence_grows_inside_the_sentence() -> None:
    steps = drive(waiting("es"), [*map(update, ["a", "b", "c", "d"], range(4)), Update(0, "en", final=True)])
    shown = [
        ("".join(w.text for w in u.committed), "".join(w.text for w in u.tentative)) for u in written(steps)
    ]
    assert shown == [("", " A"), ("", " A B"), (" A", " B C"), (" B", " C D"), (" C D", "")]
    assert written(steps)[-1].final
    assert [(r.source, r.target_prefix, r.complete) for r in asked(steps)] == [
        ("a", "", False),
        ("a b", "", False),
        ("a b c", "", False),
        ("a b c d", "A", False),
        ("a b c d", "A B", True),
    ]


def test_words_carry_the_time_of_the_source_that_was_read() -> None:
    steps = drive(waiting("es"), [update("a b c", 2), update("dd.", 5), update("e", 6, final=True)])
    times = [(word.text, word.start, word.end) for item in written(steps) for word in item.committed]
    assert times == [
        (" A", 2, 4.9),
        (" B", 2, 5.9),
        (" C", 2, 5.9),
        (" DD.", 2, 5.9),
        (" E", 6, 6.9),
    ]


def test_a_terminal_mark_is_not_shown_while_the_sentence_is_open() -> None:
    steps = drive(waiting("es"), [update("a b c."), Update(0, "en", final=True)])
    assert "".join(word.text for word in written(steps)[0].tentative) == " B C"
    assert captions(steps, "es") == ["A B C."]


def test_sentences_of_an_utterance_are_joined_by_a_space_where_there_are_spaces() -> None:
    updates = [update("a bb. c dd. e f", final=True)]
    assert captions(drive(TranslationStage("es"), updates), "es") == ["A BB. C DD. E F"]
    chinese = captions(drive(TranslationStage("zh"), updates), "zh")
    assert len(chinese[0]) == 8 and " " not in chinese[0]


def test_several_sentences_in_one_update_are_translated_in_order_and_apart() -> None:
    steps = drive(TranslationStage("es"), [update("a bb. c dd. e"), Update(0, "en", final=True)])
    assert [(r.source, r.target_prefix, r.complete) for r in asked(steps)] == [
        ("a bb.", "", True),
        ("c dd.", "", True),
        ("e", "", False),
        ("e", "", True),
    ]


def test_an_utterance_in_the_target_language_passes_unwritten() -> None:
    steps = drive(TranslationStage("en"), [update("a b c"), Update(0, "en", final=True)])
    assert steps == [[], [], []]


def test_tentative_source_is_not_translated() -> None:
    steps = drive(
        TranslationStage("es"), [Update(0, "en", (), tuple(words("a b c"))), Update(0, "en", final=True)]
    )
    assert steps == [[], [], []]


def test_an_utterance_that_ends_between_sentences_is_closed() -> None:
    stage = waiting("es", 1)
    long = " ".join(["w"] * 40)
    steps = drive(stage, [update(long), Update(0, "en", final=True)])
    assert steps[1] == [Update(0, "es", final=True)]


def test_nothing_is_written_when_nothing_changed() -> None:
    steps = drive(TranslationStage("es"), [update("a"), update("b", 1)], translate=lambda request: "X")
    assert len(asked(steps)) == 3
    assert [item.tentative == () for item in written(steps)] == [False, True]


def test_utterances_follow_one_another() -> None:
    updates = [update("a b", final=True), update("c", 5, number=1), Update(1, "en", final=True)]
    steps = drive(TranslationStage("es"), updates)
    assert captions(steps, "es") == ["A B", "C"]
    assert [item.utterance for item in written(steps) if item.final] == [0, 1]


def test_what_is_open_when_the_source_ends_is_finished() -> None:
    steps = drive(TranslationStage("es"), [update("a b c")])
    assert captions(steps, "es") == ["A B C"]
    assert written(steps)[-1].final


def test_a_translator_that_forgets_the_prefix_is_named() -> None:
    stage = waiting("es", 1)
    stage.receive(update("a b"))
    assert isinstance(stage.next_action(), Ask)
    stage.receive_result(Translation("A B"), 0.0)
    stage.receive(update("c", 2))
    while not isinstance(stage.next_action(), Ask):
        pass
    with pytest.raises(EngineError, match=r"of 5 characters does not begin with the 3 given \(en→es\)"):
        stage.receive_result(Translation("B A C"), 0.0)


def test_a_policy_that_changes_its_mind_retracts_nothing() -> None:
    class Fickle:
        needs = Needs()

        def allowed(self, evidence: Evidence) -> int:
            return 3 if evidence.read == 3 else 1

    updates = [update("a b c"), update("dd", 3), Update(0, "en", final=True)]
    assert captions(drive(TranslationStage("es", lambda source, target: Fickle()), updates), "es") == [
        "A B C DD"
    ]


def test_a_slow_translator_is_asked_less_often_and_nothing_is_lost() -> None:
    parts = [f"w{i}" for i in range(30)]
    updates = [update(part, i) for i, part in enumerate(parts)] + [Update(0, "en", final=True)]
    slow = TranslationStage("es")
    steps = drive(slow, updates, cost=3.0)
    assert len(asked(steps)) < 20
    assert slow.skipped > 0
    assert asked(steps)[-1].complete
    assert captions(steps, "es") == [" ".join(parts).upper()]


def test_a_translator_that_keeps_up_is_asked_at_every_word() -> None:
    updates = [update(f"w{i}", i) for i in range(30)]
    assert len(asked(drive(TranslationStage("es"), updates, cost=0.1))) == 31


parts_of_talks = st.lists(st.sampled_from(["a", "bb", "ccc", "ddd.", "ee?", "ff,"]), min_size=1, max_size=100)
sizes_of_updates = st.lists(st.integers(0, 7), max_size=40)


def test_a_stage_goes_on_where_a_copy_of_it_was_stored() -> None:
    stage = TranslationStage("es", PRESETS["fast"].policy, look_ahead=True)
    updates = with_tentative([update(f"w{i}", i) for i in range(8)])
    drive_on(stage, updates[:4])
    stored = pickle.loads(pickle.dumps(stage))
    assert drive(stored, updates[4:]) == drive(stage, updates[4:])


policies = st.sampled_from(
    [
        WaitK(1),
        WaitK(3, 1.6),
        LocalAgreement(2, 0),
        LocalAgreement(3, 1),
        RelaxedAgreement(3, 0.6),
        AttentionBoundary(1),
        Every((WaitK(2), LocalAgreement(2, 0))),
        *(preset.policy("en", "es") for preset in PRESETS.values()),
    ]
)
translators = st.sampled_from([by_word, erratic])


def staged(target: str, policy: ReadWritePolicy, look_ahead: bool = False) -> TranslationStage:
    return TranslationStage(target, lambda source, target: policy, look_ahead=look_ahead)


def with_tentative(updates: Sequence[Update]) -> list[Update]:
    """Let each update hold the words of the next two as tentative."""
    ahead = [item.committed for item in updates]
    return [
        item if item.final else replace(item, tentative=tuple(chain.from_iterable(ahead[i + 1 : i + 3])))
        for i, item in enumerate(updates)
    ]


@given(parts_of_talks, sizes_of_updates, st.sampled_from(["es", "zh"]), policies)
def test_any_grouping_of_the_source_gives_the_same_text(
    parts: list[str], sizes: list[int], target: str, policy: ReadWritePolicy
) -> None:
    alone = captions(drive(staged(target, policy), grouped(parts, [])), target)
    assert captions(drive(staged(target, policy), grouped(parts, sizes)), target) == alone


@given(parts_of_talks, sizes_of_updates, st.integers(1, 6), translators, policies)
def test_wait_k_holds_in_what_is_written(
    parts: list[str], sizes: list[int], k: int, translate: Translate, policy: ReadWritePolicy
) -> None:
    """Law 4, measured on the open sentence: what the updates committed, against what had been read."""
    stage = staged("es", Every((WaitK(k), policy)))
    committed, request = "", None
    for item in chain.from_iterable(drive(stage, grouped(parts, sizes), translate)):
        if isinstance(item, TranslationRequest):
            committed = "" if request and request.complete else committed
            request = item
            assert request.target_prefix == committed.lstrip()
            continue
        committed += "".join(word.text for word in item.committed)
        if request and not request.complete:
            assert len(units(committed, "es")) <= max(0, len(request.source.split()) - k + 1)


@given(parts_of_talks, sizes_of_updates, st.sampled_from(["es", "zh"]), policies, translators, st.booleans())
def test_nothing_is_retracted_and_every_utterance_is_finished(
    parts: list[str],
    sizes: list[int],
    target: str,
    policy: ReadWritePolicy,
    translate: Translate,
    look_ahead: bool,
) -> None:
    updates = with_tentative(grouped(parts, sizes))
    steps = drive(staged(target, policy, look_ahead), updates, translate)
    check_prefixes(steps)
    transcript, shown = Transcript(), written(steps)
    for item in shown:
        transcript.add(item)
    assert not shown or shown[-1].final
    committed = [word for item in shown for word in item.committed]
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(committed))
    assert all("".join(units(word.text, target)) == word.text for word in committed)
    if translate is by_word:
        assert captions(steps, target) == captions(drive(waiting(target), updates), target)


@given(parts_of_talks, sizes_of_updates, policies, translators)
def test_tentative_source_never_reaches_what_is_committed(
    parts: list[str], sizes: list[int], policy: ReadWritePolicy, translate: Translate
) -> None:
    updates = grouped(parts, sizes)

    def commits(stage: TranslationStage, items: list[Update]) -> list[tuple[Word, ...]]:
        return [item.committed for item in written(drive(stage, items, translate)) if item.committed]

    assert commits(staged("es", policy, True), with_tentative(updates)) == commits(
        staged("es", policy), updates
    )


def test_tentative_source_is_looked_at_where_that_is_wanted() -> None:
    first = Update(0, "en", tuple(words("a b")), tuple(words("c d", 2)))
    steps = drive(staged("es", WaitK(2), True), [first, update("c", 2), Update(0, "en", final=True)])
    assert [(r.source, r.target_prefix, r.draft, r.bias > 0) for r in asked(steps)] == [
        ("a b", "", "", False),
        ("a b c d", "A", "A B", True),
        ("a b c", "A", "A B C D", False),
        ("a b c", "A B", "A B C", False),
    ]
    shown = ["".join(w.text for w in u.tentative) for u in written(steps)]
    assert shown == [" B", " B C D", " C", ""]


def test_a_request_says_what_it_is_for_and_how_sure_its_words_are() -> None:
    def heard(text: str, start: int, probability: float) -> tuple[Word, ...]:
        return tuple(replace(word, probability=probability) for word in words(text, start))

    first = Update(0, "en", heard("a b", 0, 0.9), heard("c d", 2, 0.3))
    steps = drive(staged("es", WaitK(2), True), [first, Update(0, "en", final=True)])
    found = [(r.source, r.tentative, round(r.confidence, 6)) for r in asked(steps)]
    assert found == [("a b", False, 0.9), ("a b c d", True, 0.6), ("a b", False, 0.9)]


def test_what_is_tentative_of_the_next_sentence_is_not_looked_at() -> None:
    first = Update(0, "en", tuple(words("a b")), tuple(words("cc. d", 2)))
    steps = drive(staged("es", WaitK(2), True), [first])
    assert [r.source for r in asked(steps)] == ["a b", "a b cc.", "a b"]


def test_a_slow_translator_is_not_asked_to_look_ahead() -> None:
    updates = with_tentative([update(f"w{i}", i) for i in range(30)])
    slow = asked(drive(staged("es", WaitK(2), True), updates, cost=3.0))
    assert len([request for request in slow if request.bias]) <= 5


def test_only_tentative_words_are_shown_and_taken_back() -> None:
    steps = drive(staged("es", WaitK(2), True), [Update(0, "en", (), tuple(words("a b")))])
    assert [item.tentative != () for item in written(steps)] == [True, False]
    assert written(steps)[-1].final
    assert captions(steps, "es") == []


def test_the_sentence_before_is_told() -> None:
    steps = drive(TranslationStage("es"), [update("a bb. c dd. e", final=True)])
    assert [request.context for request in asked(steps)] == [None, ("a bb.", "A BB."), ("c dd.", "C DD.")]


def test_a_number_and_a_term_are_committed_whole() -> None:
    def terms(text: str, language: str) -> list[tuple[int, int]]:
        place = text.find("B C")
        return [(place, place + 3)] if place >= 0 else []

    updates = [update(part, i) for i, part in enumerate("a b c d e".split())]
    stage = TranslationStage("es", lambda source, target: WaitK(2), unbreakable=terms)
    states = ["".join(word.text for word in item.committed) for item in written(drive(stage, updates))]
    assert [state for state in states if state] == [" A", " B C", " D", " E"]
    numbers = [update(part, i) for i, part in enumerate("in 1 000 people".split())]
    states = [
        "".join(word.text for word in item.committed)
        for item in written(drive(staged("es", WaitK(1)), numbers))
    ]
    assert [state for state in states if state] == [" IN", " 1 000 PEOPLE"]


def test_a_commit_ends_where_a_piece_of_the_model_ends() -> None:
    stage = waiting("zh", 1)
    committed = []
    for count, part in enumerate("abcdef"):
        stage.receive(update(part, count))
        while not isinstance(action := stage.next_action(), Ask):
            if isinstance(action, Write):
                committed.append("".join(word.text for word in action.item.committed))
        stage.receive_result(Translation(SIGNS[: count + 1], ends=(2, 5)), 0.0)
    assert [text for text in committed if text] == [SIGNS[:2], SIGNS[2:5]]


def test_a_sentence_that_goes_on_and_on_is_never_cut_behind_what_is_translated() -> None:
    text = "Well, this is one " + " ".join(["long"] * 30) + " sentence and here it goes on " + "and on " * 20
    steps = drive(waiting("de"), [update(part, at) for at, part in enumerate(text.split())])
    assert captions(steps, "de") == [text.upper().strip()]
    assert sum(request.complete for request in asked(steps)) > 1
    ends = [word.end for item in written(steps) for word in item.committed]
    assert ends == sorted(ends)


def test_speech_without_marks_is_cut_at_its_pauses() -> None:
    spoken = [Word(f" w{i}", i + (i >= 5), i + (i >= 5) + 0.9) for i in range(10)]
    steps = drive(TranslationStage("es"), [Update(0, "en", tuple(spoken), final=True)])
    assert [request.source for request in asked(steps) if request.complete] == [
        "w0 w1 w2 w3 w4",
        "w5 w6 w7 w8 w9",
    ]
    marked = [Word(" well.", -2.0, -1.9), *spoken]
    steps = drive(TranslationStage("es"), [Update(0, "en", tuple(marked), final=True)])
    assert len(asked(steps)) == 2


@pytest.mark.parametrize("target", ["es", "zh"])
@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize(
    "text",
    [
        " ".join(["word"] * 2000),
        "🦄 🦄🦄 👩‍👩‍👧 ok 🇨🇳",
        "שלום עולם، مرحبا بالعالم.",
        "a\x00b \x07 \u202e\u200b c\x1b[31m",
        "\ufffd \ud7ff . . . ! ?",
        "1 2 3 4 5 6 7 8 9 10 " * 20,
    ],
)
def test_bad_input_is_translated_as_it_is(text: str, name: str, target: str) -> None:
    preset = PRESETS[name]
    updates = with_tentative(grouped(text.split(), [3] * 100))
    steps = drive(TranslationStage(target, preset.policy, look_ahead=True), updates)
    for one in captions(steps, target):
        if target == "es":
            assert one.split() == text.upper().split()
    assert written(steps)[-1].final


@pytest.mark.models
@pytest.mark.skipif(not embedded.translators(), reason="no embedded translator")
@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.sampled_from("the meeting starts at nine. 1,500 copies, 🦄 שלום we".split()),
        min_size=4,
        max_size=12,
    ),
    st.lists(st.integers(1, 4), max_size=8),
    st.sampled_from(["es", "zh", "de"]),
    policies,
    st.booleans(),
)
def test_embedded_translators_retract_nothing_by_any_policy(
    parts: list[str], sizes: list[int], target: str, policy: ReadWritePolicy, look_ahead: bool
) -> None:
    stage, transcript = staged(target, policy, look_ahead), Transcript()
    steps: Step = []
    for item in with_tentative(grouped(parts, sizes)):
        stage.receive(item)
        while (action := stage.next_action()) is not READ and action is not DONE:
            match action:
                case Ask(request):
                    steps.append(request)
                    stage.receive_result(translator_of_all().translate([request])[0], 0.0)
                case Write(update):
                    steps.append(update)
                    transcript.add(update)
    check_prefixes([steps])
    assert all(caption.final for caption in transcript.captions.values())


@cache
def translator_of_all() -> Router:
    return mt.load(embedded.translators(), device="cpu")

"""Guards: they fire on what nobody says, and on nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.closings import is_closing
from asr.guards import believed, compression, inspect, loop_start, too_fast, unmarked
from streaming.stages import Recognition
from streaming.words import Word

TALK = (
    "The delegates agreed that the committee should meet again in spring to discuss the budget, the new "
    "building and whether the library ought to stay open on Sundays, as many citizens have asked."
)
CHINESE = "委员会同意在春天再次开会讨论预算和新大楼，以及图书馆是否应该像许多市民所要求的那样在星期天开放。"
HINDI = (
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की "
    "देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए। प्रत्येक व्यक्ति को इस घोषणा में सन्निहित सभी "
    "अधिकारों और स्वतन्त्रताओं को प्राप्त करने का हक़ है।"
)
TAMIL = (
    "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும், உரிமைகளிலும் சமமானவர்கள், அவர்கள் "
    "நியாயத்தையும் மனச்சாட்சியையும் இயற்பண்பாகப் பெற்றவர்கள். அவர்கள் ஒருவருடனொருவர் சகோதர உணர்வுப் பாங்கில் "
    "நடந்துகொள்ளல் வேண்டும்."
)
GEORGIAN = (
    "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით. მათ მინიჭებული აქვთ "
    "გონება და სინდისი და ერთმანეთის მიმართ უნდა იქცეოდნენ ძმობის სულისკვეთებით."
)


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(f" {part}", i, i + 1) for i, part in enumerate(text.split()))


def characters(text: str) -> tuple[Word, ...]:
    return tuple(Word(part, i, i + 1) for i, part in enumerate(text))


@pytest.mark.parametrize(
    ("heard", "keep"),
    [
        (words("so " + "you " * 8), 2),
        (words("we " + "thank you " * 5), 3),
        (words("I think that it is " * 4), 5),
        (words("I think that it is " * 4 + "not so"), 5),
        (words(TALK + " " + "and then we saw it again " * 4), len(TALK.split()) + 6),
        (characters("好" + "谢谢" * 5), 2),
        (characters("今天" + "我们去公园" * 4), 7),
    ],
)
def test_loops_are_found(heard: tuple[Word, ...], keep: int) -> None:
    assert loop_start(heard) == keep


@pytest.mark.parametrize(
    "heard",
    [
        (),
        words("no no no"),
        words("no no no no no no no"),
        words("two two two two five"),
        words("row row row your boat row row row your boat row row row your boat"),
        words("four more years " * 3),
        words("bye bye bye bye see you"),
        words(TALK),
        characters(CHINESE),
        characters("哈哈哈哈哈哈"),
        characters("谢谢谢谢"),
    ],
)
def test_what_people_say_is_no_loop(heard: tuple[Word, ...]) -> None:
    assert loop_start(heard) is None
    assert inspect(Recognition(heard, "en"), 60.0) is None


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_words_before_a_loop_are_kept(letters: list[str]) -> None:
    keep = loop_start(words(" ".join(letters)))
    assert keep is None or 0 < keep < len(letters)


def test_text_compresses_within_reason() -> None:
    assert compression(words("a a a")) == 0.0
    assert 1.0 < compression(words(TALK)) < 1.8
    assert compression(characters(CHINESE)) == 0.0
    assert compression(characters(CHINESE * 3)) > 2.4
    assert compression((Word("ha" * 200, 0, 1),)) > 2.4


@pytest.mark.parametrize(
    ("text", "language"), [(HINDI, "hi"), (TAMIL, "ta"), (GEORGIAN, "ka")], ids=["hi", "ta", "ka"]
)
def test_no_script_is_taken_for_a_loop(text: str, language: str) -> None:
    """In UTF-8, letters of three bytes compress 2.4 to 2.9 times."""
    assert 1.0 < compression(words(text)) < 1.8
    assert inspect(Recognition(words(text), language), 60.0) is None


def test_no_count_of_characters_is_too_much_to_compress() -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 600)))
    assert 0.0 < compression(characters(many)) < 2.4


def test_nobody_speaks_that_fast() -> None:
    assert not too_fast(words("a quick answer came at once"), "en", 0.5)
    assert not too_fast(words(TALK), "en", 8.0)
    assert too_fast(words(TALK), "en", 2.0)
    assert not too_fast(characters(CHINESE), "zh", 8.0)
    assert too_fast(characters(CHINESE), "zh", 2.0)


@pytest.mark.parametrize(
    ("recognition", "seconds", "code", "keep"),
    [
        (Recognition(words("so " + "you " * 9), "en"), 9.0, "loop", 2),
        (Recognition((Word("ha" * 200, 0, 1),), "en"), 9.0, "compression", 0),
        (Recognition(words(TALK), "en"), 1.0, "rate", 0),
        (Recognition(words("Thank you."), "en", 1.0, 0.8, -1.5), 9.0, "no_speech", 0),
    ],
)
def test_a_guard_says_why_it_fired(recognition: Recognition, seconds: float, code: str, keep: int) -> None:
    alarm = inspect(recognition, seconds)
    assert alarm is not None
    assert (alarm.code, alarm.keep) == (code, keep)
    assert "\n" not in alarm.message


@pytest.mark.parametrize(("no_speech", "sure"), [(0.8, -0.5), (0.3, -1.5)])
def test_both_signs_of_silence_are_needed(no_speech: float, sure: float) -> None:
    assert inspect(Recognition(words("Thanks to all"), "en", 1.0, no_speech, sure), 9.0) is None


@pytest.mark.parametrize(
    ("text", "language", "no_speech", "dropped"),
    [
        ("Thank you.", "en", 0.8, True),
        ("Thank you for watching!", "en", 0.8, True),
        ("Subtitles by the Amara.org community", "en", 0.8, True),
        ("谢谢观看。", "zh", 0.8, True),
        ("字幕由 Amara.org 社区提供", "zh", 0.8, True),
        ("Thank you.", "en", 0.3, False),
        ("谢谢大家。", "zh", 0.3, False),
        ("Thank you for coming.", "en", 0.8, False),
        ("谢谢你们来。", "zh", 0.8, False),
        ("Thank you.", "tlh", 0.8, False),
    ],
)
def test_closing_phrases_are_dropped_only_where_nobody_speaks(
    text: str, language: str, no_speech: float, dropped: bool
) -> None:
    alarm = inspect(Recognition(words(text), language, 1.0, no_speech, -0.2), 9.0)
    assert (alarm is not None and (alarm.code, alarm.again) == ("closing", False)) is dropped


@pytest.mark.parametrize(("first", "dropped"), [(0.15, True), (0.6, False)])
@pytest.mark.parametrize(("text", "language"), [(words("Thank you."), "en"), (characters("谢谢大家"), "zh")])
def test_closing_phrases_are_dropped_where_the_recognizer_does_not_believe_them(
    text: tuple[Word, ...], language: str, first: float, dropped: bool
) -> None:
    heard = tuple(replace(word, probability=0.9 if i else first) for i, word in enumerate(text))
    alarm = inspect(Recognition(heard, language, 1.0, 0.4, -0.2), 9.0)
    assert (alarm is not None and alarm.code == "closing") is dropped


@pytest.mark.parametrize(("no_speech", "dropped"), [(0.0, False), (0.3, False), (0.6, True), (0.9, True)])
def test_words_must_be_surer_where_it_is_likely_that_nobody_speaks(no_speech: float, dropped: bool) -> None:
    heard = tuple(replace(word, probability=0.5) for word in words("We have one in four"))
    alarm = inspect(Recognition(heard, "en", 1.0, no_speech, -0.5), 9.0, least=0.38)
    assert (alarm is not None and alarm.code == "unsure") is dropped


@pytest.mark.parametrize(
    "text", ["subtitles by " * 9 + "!x", "字幕由" * 39 + "x\n", "thank you " * 11 + "sir"]
)
def test_looking_for_closings_takes_no_time(text: str) -> None:
    """Nested repetition makes careless patterns exponential."""
    is_closing(text, "zh" if text.startswith("字") else "en")
    assert not is_closing(text * 9, "en")


def spoken(text: str, seconds: float = 0.25) -> tuple[Word, ...]:
    """Words, or characters, of that length each."""
    parts = [f" {part}" for part in text.split()] if text.isascii() else list(text)
    return tuple(Word(part, i * seconds, (i + 1) * seconds) for i, part in enumerate(parts))


@pytest.mark.parametrize(
    "text",
    [
        "no, no, no",
        "no no no no no no no no no no no no",
        "ha " * 15,
        "bye bye bye bye bye bye bye bye bye",
        "zero zero zero zero zero zero zero zero zero zero",
        "one two one two one two one two one two",
        "U S A U S A U S A U S A U S A",
        "let it be let it be let it be let it be",
        "four more years " * 6,
        "four more years " * 7,
        "Hallelujah " * 10,
        "Barcelona " * 12,
        "ninety nine point nine " * 5,
        "we will rock you, " * 6,
        "very very very very very very very very very good",
        "对对对",
        "对对对对对对对对对对对对",
        "哈哈哈哈哈哈哈哈哈哈",
        "加油加油加油加油加油加油",
        "好的好的好的好的好的",
        "一二一二一二一二一二",
        "为人民服务" * 7,
        "我们要和平我们要工作" * 4,
        "我们要和平我们要工作我们要面包我们要玫瑰" * 6,
    ],
)
def test_legitimate_repetitions_pass(text: str) -> None:
    """A repetition is heard twice, and believed if its words take the time that people need."""
    heard = spoken(text)
    language = "en" if text.isascii() else "zh"
    assert inspect(Recognition(heard, language), heard[-1].end, again=True) is None


LONG = (
    "our plan for this year is what we have said in each of the talks that were given to all who asked us "
    "how it ends and when it begins too and so on it goes "
)


@pytest.mark.parametrize(
    "heard",
    [
        # A period of more words than loops are looked for in, a third of them crowded by the alignment.
        tuple(
            replace(word, end=word.start) if i % 3 == 0 else word
            for i, word in enumerate(spoken(LONG * 3, 0.3))
        ),
        # A word that is a loop itself.
        (Word("ha" * 200, 0.0, 1.0),),
    ],
)
def test_what_compresses_and_nobody_can_have_spoken_is_dropped(heard: tuple[Word, ...]) -> None:
    alarm = inspect(Recognition(heard, "en"), 60.0, again=True)
    assert alarm is not None
    assert (alarm.code, alarm.keep) == ("compression", 0)


def test_a_laugh_may_be_as_long_as_it_takes() -> None:
    laugh = Recognition((Word("ha" * 60, 0.0, 9.0),), "en")
    assert inspect(laugh, 9.0) is not None
    assert inspect(laugh, 9.0, again=True) is None


@pytest.mark.parametrize(
    ("words", "keep"),
    [
        (spoken("so " + "you " * 10, 0.02), 2),
        (spoken("so " + "you " * 20), 2),
        (spoken("what we thank you thank you thank you thank you thank you", 0.03), 4),
        (spoken("好" + "谢谢" * 6, 0.02), 2),
        (spoken("I think that it is " * 8), 5),
    ],
)
def test_loops_that_nobody_can_have_spoken_stay_loops(words: tuple[Word, ...], keep: int) -> None:
    assert loop_start(words, sure=True) == keep


@pytest.mark.parametrize("committed", range(1, 8))
def test_a_loop_is_found_that_was_committed_bit_by_bit(committed: int) -> None:
    loop = spoken("so " + "you " * 9)
    assert loop_start(loop[committed:], loop[:committed]) == max(0, 2 - committed)


def test_a_loop_that_is_over_is_no_loop_of_what_follows() -> None:
    loop = spoken("so " + "you " * 9)
    assert loop_start(spoken("and then"), loop) is None


def test_broken_characters_are_held_back_with_what_follows() -> None:
    heard = Recognition((Word("今天", 0, 1), Word("\ufffd", 1, 2), Word("好", 2, 3)), "zh")
    alarm = inspect(heard, 9.0)
    assert alarm is not None
    assert (alarm.code, alarm.again) == ("broken", False)
    assert [word.text for word in believed(heard.words, alarm, final=False)] == ["今天"]
    assert [word.text for word in believed(heard.words, alarm, final=True)] == ["今天", "好"]
    assert believed(heard.words, None, final=False) == heard.words


@pytest.mark.parametrize(
    ("before", "heard", "dropped"),
    [
        ((), (0.2, 0.24, 0.28), True),
        ((), (0.12,), True),
        ((), (0.26,), False),
        ((), (0.05, 0.9), False),
        # One doubtful word behind others that were heard well is no reason to drop it.
        ((0.8, 0.9), (0.1,), False),
        ((0.2, 0.2, 0.2), (0.35,), True),
    ],
)
def test_what_was_not_understood_is_dropped(
    before: tuple[float, ...], heard: tuple[float, ...], dropped: bool
) -> None:
    known, new = ([Word(f" w{p}", 0, 1, p) for p in values] for values in (before, heard))
    alarm = inspect(Recognition(tuple(new), "en"), 9.0, known)
    assert (alarm.code, alarm.keep, alarm.again) == ("unsure", 0, False) if alarm else not dropped


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ((0.006,), 0),
        ((0.9, 0.01, 0.04), 1),
        # Only the end is invented: what stands before a word that is believed was spoken.
        ((0.01, 0.9), 2),
        ((0.9, 0.06), 2),
    ],
)
def test_what_a_search_invents_behind_the_last_word_is_dropped(heard: tuple[float, ...], kept: int) -> None:
    new = tuple(Word(f" w{p}", 0, 1, p) for p in heard)
    known = words("good morning everyone")
    recognition = Recognition(new, "en")
    alarm = inspect(recognition, 9.0, known, final=True)
    assert believed(new, alarm, final=True) == new[:kept]
    assert (alarm.code if alarm else None) == ("unsure" if kept < len(new) else None)
    # While somebody speaks, the next hypothesis decides.
    assert inspect(recognition, 9.0, known) is None


@pytest.mark.parametrize(
    ("seconds", "probability", "kept"), [(0.02, 0.15, 0), (0.02, 0.3, 1), (0.06, 0.15, 1), (0.06, 0.04, 0)]
)
def test_an_improbable_end_that_nobody_can_have_said_is_dropped(
    seconds: float, probability: float, kept: int
) -> None:
    new = (Word(" a", 5.0, 5.0 + seconds, probability),)
    alarm = inspect(Recognition(new, "en"), 9.0, words("in this city"), final=True)
    assert believed(new, alarm, final=True) == new[:kept]


def test_nothing_heard_is_no_alarm() -> None:
    assert inspect(Recognition((), "en", 1.0, 0.9, -2.0), 9.0) is None


@pytest.mark.parametrize(
    ("before", "heard", "kept"),
    [
        (["喝茶。"], ["。"], []),
        ([" tea."], ["."], []),
        ([" tea."], ["?", "!", " More"], [" More"]),
        ([], ["。", "茶"], ["茶"]),
        ([], [" ."], []),
        ([" tea"], ["."], ["."]),
        ([" tea,"], [" milk."], [" milk."]),
        (["喝茶。"], ["3.5", "。"], ["3.5", "。"]),
    ],
)
def test_a_mark_belongs_behind_a_word(before: list[str], heard: list[str], kept: list[str]) -> None:
    words, said = ([Word(text, 0.0, 0.2) for text in texts] for texts in (heard, before))
    assert [word.text for word in unmarked(words, said)] == kept

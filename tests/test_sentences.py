"""Where sentences end in words that keep coming."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.sentences import LONGEST, LONGEST_UNSPACED, is_punctuated, sentence_end
from streaming.words import UNSPACED, Word


def words(text: str, language: str = "en") -> list[Word]:
    """Write a text as recognition would: words with their space, or `|` between unspaced words."""
    if language in UNSPACED:
        parts = text.split("|")
    else:
        parts = [f" {part}" for part in text.split()]
    return [Word(part, i, i + 1) for i, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("We are done. Now", 3),
        ("We are done.", None),
        ("We are done", None),
        ("Really?! Yes", 1),
        ('He said "stop." Then', 3),
        ("Dr. Smith went", None),
        ("I met J. Smith today", None),
        ("see e.g. this one", None),
        ("It cost 3.5 percent", None),
        ("It is no. 5 today", None),
        ("I have 5. Then four", 3),
        ("One. Two. Three", 1),
        ("Look at this . And that", 4),
        ("Tell me. I know", 2),
        ("He is ill. Tom too", 3),
        ("I said no. Five came", 3),
        ('He is here. "Do you', 3),
    ],
)
def test_english(text: str, end: int | None) -> None:
    assert sentence_end(words(text), "en") == end


@pytest.mark.parametrize(
    ("text", "language", "end"),
    [
        ("¿Qué dices? Nada", "es", 2),
        ("El Sr. López vino", "es", None),
        ("am 3. Mai kommt", "de", None),
        ("M. Dupont est là", "fr", None),
        ("क्या है। हाँ", "hi", 2),
        ("डॉ. शर्मा हैं", "hi", None),
        ("یہ ہے۔ وہ", "ur", 2),
        ("im 19. Jahrhundert war", "de", None),
        ("Er sieht mich. Tom auch", "de", 3),
        ("Er sagte „Ja.“ Dann", "de", 3),
        ("« Oui. » Alors", "fr", 3),
        ("Está bien. Tom viene", "es", 2),
        ("con Dña. María", "es", None),
        ("你|好。|我", "zh", 2),
        ("你|好。", "zh", None),
        ("他|说|好。|”|我", "zh", 4),
        ("是|3.|5|吗", "zh", None),
        ("真的|吗？！|对", "zh", 2),
        ("今日|は。|いい", "ja", 2),
    ],
)
def test_other_languages(text: str, language: str, end: int | None) -> None:
    assert sentence_end(words(text, language), language) == end


def test_a_word_written_in_two_parts_is_no_end() -> None:
    parts = [Word(" really?", 0, 1), Word("Yes", 1, 2), Word(" is", 2, 3)]
    assert sentence_end(parts, "en") is None


def test_a_long_sentence_ends_at_a_clause_mark() -> None:
    parts = [f"w{i}" for i in range(LONGEST)]
    parts[10] += ","
    parts[26] += ","
    parts[30] += ","
    assert sentence_end(words(" ".join(parts)), "en") == 27
    assert sentence_end(words(" ".join(parts[:27])), "en") is None


def test_a_long_sentence_without_clauses_is_cut_at_the_bound() -> None:
    assert sentence_end(words(" ".join(["word"] * (LONGEST + 3))), "en") == LONGEST


def test_the_bound_counts_characters_where_there_are_no_spaces() -> None:
    text = "|".join(["一二"] * (LONGEST_UNSPACED // 2 + 1))
    assert sentence_end(words(text, "zh"), "zh") == LONGEST_UNSPACED // 2
    assert sentence_end(words(text, "zh")[: LONGEST_UNSPACED // 2 - 1], "zh") is None


def paused(text: str, **pauses: float) -> list[Word]:
    """Write a text whose words follow at once, but for a pause before some."""
    found, time = [], 0.0
    for part in text.split():
        time += pauses.get(part, 0.0)
        found.append(Word(f" {part}", time, time + 0.3))
        time += 0.3
    return found


def test_a_pause_ends_a_sentence_where_no_marks_are_written() -> None:
    said = paused("we are done now we go on", now=0.7)
    assert sentence_end(said, "en", punctuated=False) == 3
    assert sentence_end(said[:3], "en", punctuated=False) is None
    assert sentence_end(said, "en", punctuated=True) is None
    assert sentence_end(paused("we are done now", now=0.5), "en", punctuated=False) is None


def test_a_pause_after_very_few_words_is_a_speaker_who_thinks() -> None:
    assert sentence_end(paused("well now we go", now=2.0), "en", punctuated=False) is None


def test_a_mark_says_that_marks_are_written() -> None:
    assert sentence_end(paused("well, we are done now we go", now=0.7), "en", punctuated=False) is None
    assert is_punctuated(words("well, yes"))
    assert not is_punctuated(words("well yes"))


def test_a_long_sentence_ends_at_a_short_pause() -> None:
    parts = [f"w{i}" for i in range(LONGEST)]
    assert sentence_end(paused(" ".join(parts), w30=0.3, w35=0.5, w5=0.5), "en") == 30


def test_a_very_long_sentence_ends_before_a_conjunction() -> None:
    parts = [f"w{i}" for i in range(LONGEST)]
    parts[25] = parts[34] = "because"
    assert sentence_end(paused(" ".join(parts)), "en") == 34
    assert sentence_end(paused(" ".join(parts)), "fi") == LONGEST


PARTS = ["Two", "3.", "Dr.", "four,", "J.", "”", "and"]


@given(
    st.lists(st.sampled_from([*PARTS, "five.", "six?"]), max_size=20)
    | st.lists(st.sampled_from([*PARTS, *["one"] * 20]), min_size=45, max_size=60)
)
def test_an_end_never_lies_in_what_was_open_before(parts: list[str]) -> None:
    spoken = [Word(f" {part}", i, i + 1 - 0.2 * len(part)) for i, part in enumerate(parts)]
    for whole, punctuated in ((words(" ".join(parts)), True), (spoken, False)):
        end = sentence_end(whole, "en", punctuated)
        for count in range(len(whole)):
            found = sentence_end(whole[:count], "en", punctuated)
            assert found == end or (found is None and (end is None or count <= end))
        if end:
            assert sentence_end(whole[: end + 1], "en", punctuated) == end

"""Terms found in sources, looked for in translations, and never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.glossary import Conflict, Entry, Glossary, joined, missing, rendering, split_forms, uncut
from mt.phrasing import phrased
from streaming.stages import Term


def entry(place: str = "", **forms: str) -> Entry:
    return Entry({code: split_forms(written) for code, written in forms.items()}, place)


SOFTWARE = Glossary(
    [
        entry(en="server|servers", es="servidor|servidores", zh="服务器"),
        entry(en="neural network", es="red neuronal", zh="神经网络"),
        entry(en="IT", zh="信息技术"),
    ],
    ["PyTorch"],
)


def test_terms_of_a_text_are_named_once_with_their_renderings() -> None:
    assert SOFTWARE.terms("A server, the Server and pytorch", "en", "es") == (
        Term("server", ("servidor", "servidores")),
        Term("Server", ("servidor", "servidores")),
        Term("pytorch", ("PyTorch",), verbatim=True),
    )


def test_an_inflected_form_prefers_the_rendering_of_its_own_number() -> None:
    (term,) = SOFTWARE.terms("two servers", "en", "es")
    assert term.targets == ("servidores", "servidor")


def test_a_direction_that_an_entry_does_not_have_is_none_of_its() -> None:
    assert SOFTWARE.terms("IT", "en", "es") == ()
    assert [term.targets for term in SOFTWARE.terms("信息技术", "zh", "en")] == [("IT",)]


def test_language_codes_may_say_more() -> None:
    assert SOFTWARE.terms("用服务器", "zh-CN", "en") == (Term("服务器", ("server", "servers")),)


def test_an_empty_glossary_has_nothing() -> None:
    empty = Glossary()
    assert not empty and empty.terms("server", "en", "zh") == () and empty.growing("server", "en", "zh") == 6


def test_the_first_entry_wins_and_the_conflict_says_where_both_are() -> None:
    glossary = Glossary([entry("a.csv:3", en="Cell", zh="细胞"), entry("b.csv:9", en="cell", zh="单元")])
    assert glossary.terms("cell", "en", "zh")[0].targets == ("细胞",)
    (conflict,) = glossary.conflicts("en", "zh")
    assert isinstance(conflict, Conflict)
    assert str(conflict).startswith("b.csv:9: 'cell' (en→zh) is '单元' here and '细胞' at a.csv:3")
    assert glossary.conflicts("zh", "en") == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Los Servidores van", "es", "Servidores"),
        ("el servidorcito", "es", None),
        ("用服务器吧", "zh", None),
    ],
)
def test_a_rendering_is_found_at_word_ends(text: str, language: str, expected: str | None) -> None:
    assert rendering(Term("servers", ("servidores", "servidor")), text, language) == expected


def test_a_chinese_rendering_is_found_anywhere() -> None:
    assert rendering(Term("server", ("服务器",)), "用服务器吧", "zh") == "服务器"


@pytest.mark.parametrize(
    "target",
    ["3D打印", "T细胞", "AI模型", "CT扫描", "DNA测序", "第 3 节", "使用 Python", "人工 智能"],
)
def test_a_chinese_rendering_is_found_as_it_is_set(target: str) -> None:
    text = phrased("", f"我们讲{target}的事。", "zh", complete=True)
    found = rendering(Term("topic", (target,)), text, "zh")
    assert found is not None and found in text and found == phrased("", target, "zh")


@pytest.mark.parametrize(("target", "language"), [("T细胞", "zh"), ("a b", "zh"), ("T cell", "es")])
def test_no_other_space_is_ignored(target: str, language: str) -> None:
    assert rendering(Term("cell", (target,)), "T  细胞 ab Tcell", language) is None


def test_what_is_not_translated_keeps_its_capitals() -> None:
    term = Term("pytorch", ("PyTorch",), verbatim=True)
    assert missing([term], "usa pytorch", "es") == [term]
    assert missing([term], "usa PyTorch", "es") == []
    assert missing([term], "用PyTorch吧", "zh") == []


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("la red neuronal es", 6, 2),
        ("la red neuronal es", 3, 3),
        ("la red neuronal es", 15, 15),
        ("la red neuronal es", 18, 18),
        ("red neuronal", 4, 0),
        ("red neuronal y red neuronal", 20, 14),
    ],
)
def test_an_end_is_moved_out_of_what_is_whole(text: str, end: int, expected: int) -> None:
    assert uncut(text, end, ["red neuronal", ""]) == expected


@given(
    st.text("ab ", max_size=12),
    st.integers(0, 12),
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
)
def test_nothing_whole_is_cut_and_no_end_moves_on(text: str, end: int, whole: list[str]) -> None:
    end = min(end, len(text))
    cut = uncut(text, end, whole)
    assert 0 <= cut <= end
    for part in whole:
        first = text.find(part, max(0, cut - len(part) + 1), cut + len(part) - 1)
        assert not 0 <= first < cut < first + len(part)


@given(
    st.lists(st.text("aAb ", min_size=1, max_size=4), max_size=5),
    st.text("aAb ", max_size=16),
    st.sampled_from(["en", "zh"]),
)
def test_terms_joined_with_none_are_what_they_were(forms: list[str], text: str, language: str) -> None:
    glossary = Glossary([Entry({language: (form,), "es": (str(i),)}) for i, form in enumerate(forms)])
    terms = glossary.terms(text, language, "es")
    assert joined(terms, (), text, language) == joined((), terms, text, language) == terms


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("server|servers", ("server", "servers")),
        (" a | |b|a ", ("a", "b")),
        ("cafe\u0301", ("café",)),
        ("", ()),
        (" | ", ()),
    ],
)
def test_forms_are_read_each_once_and_composed(written: str, forms: tuple[str, ...]) -> None:
    assert split_forms(written) == forms

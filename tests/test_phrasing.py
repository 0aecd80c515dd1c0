"""Text set as its language is written, without touching what was committed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.phrasing import phrased, spaced_after


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "使用Python写代码", "使用 Python 写代码"),
        ("zh", "版本是3.5,你好吗?", "版本是3.5，你好吗？"),
        ("zh", '他说:"很好",是的.', "他说：“很好”，是的。"),
        ("zh", "我 们 在 2024 年", "我们在2024年"),
        ("zh", "看(是的)和(yes)", "看（是的）和(yes)"),
        ("zh", "在14:30开始,1,234人", "在14:30开始，1,234人"),
        ("zh", "用 .NET 写", "用 .NET 写"),
        ("zh", "北京...", "北京……"),
        ("zh", "等等. . .好", "等等……好"),
        ("zh", "他说…", "他说……"),
        ("zh", "见 https://a.com/b?c=d.", "见 https://a.com/b?c=d。"),
        ("zh", "见http://x.cn:8080/a,好", "见 http://x.cn:8080/a，好"),
        ("zh", "https://a.cn/ 好", "https://a.cn/ 好"),
        ("zh", "U.S. 的", "U.S. 的"),
        ("zh", "在U.S.的,p.m.", "在 U.S. 的，p.m."),
        ("zh", "Wait... U.S.", "Wait... U.S."),
        ("es", "usamos .NET , en casa .", "usamos .NET, en casa."),
        ("zh", "Hello, world.", "Hello, world."),
        ("zh", "用Python.", "用 Python。"),
        ("en", "Hello , world !", "Hello, world!"),
        ("en", "it is .5  percent", "it is .5 percent"),
        ("en", "你好，ok。yes", "你好, ok. yes"),
        ("es", "que es esto?", "¿que es esto?"),
        ("es", "Bueno. Que es esto?", "Bueno. ¿Que es esto?"),
        ("es", "Vamos! que es esto?", "¡Vamos! ¿que es esto?"),
        ("es", "Bueno. (“Que es esto?”)", "Bueno. (“¿Que es esto?”)"),
        ("es", "El Sr. Pérez viene?", "¿El Sr. Pérez viene?"),
        (
            "es",
            "Bien. La Dra. J. Ruiz de EE. UU. Vivas viene?",
            "Bien. ¿La Dra. J. Ruiz de EE. UU. Vivas viene?",
        ),
        ("es", "Lo dijo D. Juan a Uds. María!", "¡Lo dijo D. Juan a Uds. María!"),
        ("es", "Está en la pág. 5 o aprox. en la núm. 7?", "¿Está en la pág. 5 o aprox. en la núm. 7?"),
        ("es", "Son las 3 p. m. ya?", "¿Son las 3 p. m. ya?"),
        ("es", "Sillas, mesas, etc. Quién viene?", "Sillas, mesas, etc. ¿Quién viene?"),
        ("es", "Está bien. Viene Pedro? En la pág. 5?", "Está bien. ¿Viene Pedro? ¿En la pág. 5?"),
        ("es", "Bueno. que es esto?", "Bueno. ¿que es esto?"),
        ("es", "Y… viene Pedro?", "¿Y… viene Pedro?"),
        ("es", "No sé... Viene Pedro?", "No sé... ¿Viene Pedro?"),
        ("es", "¿Qué es esto.", "¿Qué es esto?"),
        ("es", "¡ Hola !", "¡Hola!"),
        ("es", "si !", "¡si!"),
        ("de", 'Er sagte "ja" und "nein".', "Er sagte „ja“ und „nein“."),
        ("fr", "Oui !", "Oui !"),
        ("ar", "مرحبا ، نعم", "مرحبا ، نعم"),
        ("en", "a\tb\x00c\x07", "a bc"),
        ("zh", "", ""),
        ("en", "   ", ""),
        ("en", "👩‍🚀 ok", "👩‍🚀 ok"),
    ],
)
def test_a_text_is_set_as_its_language_is_written(language: str, text: str, expected: str) -> None:
    assert phrased("", text, language, complete=True) == expected


@pytest.mark.parametrize(
    ("prefix", "rest", "language", "expected"),
    [
        ("使用", "Python", "zh", "使用 Python"),
        ("在 U.S", ". 的", "zh", "在 U.S. 的"),
        ("在 U.S.", "的", "zh", "在 U.S. 的"),
        ("见 https", "://a.cn/b:c", "zh", "见 https://a.cn/b:c"),
        ("使用 Python", "写", "zh", "使用 Python 写"),
        ("他说“好", '"', "zh", "他说“好”"),
        ("Hello", " , world", "en", "Hello, world"),
        ("¿Qué", " es esto", "es", "¿Qué es esto?"),
        ("Qué es", " esto?", "es", "Qué es esto?"),
        ("Er sagt „ja", '"', "de", "Er sagt „ja“"),
    ],
)
def test_what_follows_a_committed_text_knows_it(prefix: str, rest: str, language: str, expected: str) -> None:
    assert phrased(prefix, rest, language, complete=True) == expected


def test_an_open_sentence_is_not_closed() -> None:
    assert phrased("", "¿Qué es", "es") == "¿Qué es"
    assert phrased("", "大约3.", "zh") == "大约3."


def test_the_first_letter_is_a_capital_where_it_is_asked_for() -> None:
    assert phrased("", "¿qué?", "es", capital=True) == "¿Qué?"
    assert phrased("no", " más", "es", capital=True) == "no más"


def test_a_word_gets_the_space_that_stands_before_it() -> None:
    assert [spaced_after(text, "x", "es") for text in ("", "a", "a ", "¿")] == ["", " ", "", ""]
    assert [spaced_after(text, "3", "zh") for text in ("有", "a", "5%")] == ["", " ", " "]


ALPHABET = st.text('ab A1,.?!:"() 中文，。“”¿¡\u00a0\t', max_size=24)


@given(
    ALPHABET, ALPHABET, st.sampled_from(["zh", "en", "es", "de", "fr", "ja"]), st.booleans(), st.booleans()
)
def test_a_committed_prefix_stays_as_it_is(
    prefix: str, rest: str, language: str, complete: bool, capital: bool
) -> None:
    assert phrased(prefix, rest, language, complete=complete, capital=capital).startswith(prefix)


@given(ALPHABET, st.sampled_from(["zh", "en", "es", "de"]), st.lists(st.integers(0, 24), max_size=5))
def test_committed_text_only_grows_as_the_answer_does(text: str, language: str, cuts: list[int]) -> None:
    committed = ""
    for cut in sorted(cuts):
        grown = phrased(committed, text[:cut][len(committed) :], language)
        assert grown.startswith(committed)
        committed = grown[: (len(committed) + len(grown)) // 2]


@given(ALPHABET, st.sampled_from(["zh", "en", "es"]))
def test_a_text_that_is_set_stays_set(text: str, language: str) -> None:
    once = phrased("", text, language, complete=True)
    assert phrased("", once, language, complete=True) == once

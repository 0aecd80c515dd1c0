"""Translations that keep terms and numbers, whatever the translator inside does."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedded
import mt
from benchmarks.terms import CHINESE, ENGLISH, chinese_number, english_number, exact, suite
from mt.faithful import TOGETHER, TRIALS, FaithfulTranslator
from mt.glossary import Entry, Glossary, missing, split_forms
from streaming.stages import Term, Translation, TranslationRequest

SERVER = Term("server", ("servidor", "servidores"))


class Says:
    """Answers with a text, continued from any prefix; likes a prefix the better, the shorter it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[TranslationRequest] = []
        self.calls = 0

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.calls += 1
        self.asked.extend(requests)
        return [self._answer(request) for request in requests]

    def _answer(self, request: TranslationRequest) -> Translation:
        prefix = request.target_prefix
        text = self.text if self.text.startswith(prefix) else f"{prefix} {self.text.split(' ', 1)[-1]}"
        return Translation(text, score=-float(len(prefix)) if request.scored else None)


def request(source: str, prefix: str = "", *terms: Term, target: str = "es") -> TranslationRequest:
    return TranslationRequest(source, prefix, "en", target, True, terms=terms)


def test_a_translation_that_is_right_costs_nothing_more() -> None:
    says = Says("El servidor tiene 3 discos.")
    (answer,) = FaithfulTranslator(says).translate([request("The server has 3 disks.", "", SERVER)])
    assert answer == Translation("El servidor tiene 3 discos.", whole=("servidor", "3"))
    assert says.calls == 1 and len(says.asked) == 1


def test_chinese_is_read_in_the_characters_that_translators_were_taught() -> None:
    says = Says("We have 30,000 servers.")
    asked = TranslationRequest(
        "我們有三萬臺伺服器", "", "zh-TW", "en", True,
        context=("學生", "students"), terms=(Term("伺服器", ("servers",)),),
    )  # fmt: skip
    (answer,) = FaithfulTranslator(says).translate([asked])
    (read,) = says.asked
    assert (read.source, read.context, read.terms[0].source) == (
        "我们有三万台伺服器",
        ("学生", "students"),
        "伺服器",
    )
    assert answer == Translation("We have 30,000 servers.", whole=("servers", "30,000"))


def test_other_languages_are_read_as_they_are() -> None:
    says = Says("x")
    FaithfulTranslator(says).translate([TranslationRequest("學生", "", "ja", "en", True)])
    assert says.asked[0].source == "學生"


def test_a_missing_term_is_tried_in_every_place_and_the_score_decides() -> None:
    says = Says("El equipo va.")
    (answer,) = FaithfulTranslator(says).translate([request("The server runs.", "", SERVER)])
    prefixes = [asked.target_prefix for asked in says.asked[1:]]
    assert prefixes == ["Servidor", "El servidor", "El equipo servidor", "El equipo va servidor"]
    assert all(asked.scored for asked in says.asked[1:])
    assert answer.text == "Servidor equipo va."


def test_no_place_is_inside_a_number() -> None:
    says = Says("Cuesta 10 000 euros y 2 Mio de veras.")
    FaithfulTranslator(says).translate([request("It costs €7.")])
    places = [asked.target_prefix.removesuffix(" 7 euros") for asked in says.asked[1:]]
    assert "Cuesta" in places and "Cuesta 10 000 euros" in places
    assert not {"Cuesta 10", "Cuesta 10 000"} & set(places)


def test_committed_text_stays_and_the_term_comes_after_it() -> None:
    says = Says("El equipo va bien.")
    (answer,) = FaithfulTranslator(says).translate([request("The server runs well.", "El equipo va", SERVER)])
    assert answer.text.startswith("El equipo va servidor")


def test_a_term_of_latin_and_chinese_letters_is_known_and_kept_whole() -> None:
    term = Term("3D printing", ("3D打印",))
    says = Says("3D打印很便宜。")
    (answer,) = FaithfulTranslator(says).translate([request("3D printing is cheap.", "", term, target="zh")])
    assert answer == Translation("3D 打印很便宜。", whole=("3D 打印", "3D")) and says.calls == 1


def test_a_term_of_latin_and_chinese_letters_is_put_where_it_is_missing() -> None:
    term, says = Term("3D printing", ("3D打印",)), Says("三维打印很便宜。")
    (answer,) = FaithfulTranslator(says).translate([request("3D printing is cheap.", "", term, target="zh")])
    assert "3D 打印" in answer.text and answer.whole[0] == "3D 打印"


@pytest.mark.parametrize("name", ["iPhone", "eBay", "macOS", "npm", "pip", "@vue", "3dsMax", "e-on"])
@pytest.mark.parametrize("said", ["{} is expensive.", "“{}” is expensive.", "{}."])
def test_a_name_in_lower_case_may_begin_a_sentence(name: str, said: str) -> None:
    says, source = Says(said.format(name)), f"{name}很贵。"
    terms = Glossary(verbatim=[name]).terms(source, "zh", "en")
    (answer,) = FaithfulTranslator(says).translate(
        [TranslationRequest(source, "", "zh", "en", True, terms=terms)]
    )
    assert answer.text == said.format(name) and says.calls == 1


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("pipes and pip.", "Pipes and pip."),
        ("we like pip.", "We like pip."),
        ("a pip is good.", "A pip is good."),
        ("¿pip? ja", "¿pip? ja"),
    ],
)
def test_only_a_name_that_comes_first_stays_in_lower_case(said: str, right: str) -> None:
    asked = TranslationRequest("pip", "", "zh", "en", True, terms=(Term("pip", ("pip",), verbatim=True),))
    (answer,) = FaithfulTranslator(Says(said)).translate([asked])
    assert answer.text == right


def test_a_number_that_was_invented_goes_even_without_decoding() -> None:
    says = Says("Tiene 4000 discos.")
    (answer,) = FaithfulTranslator(says).translate([request("It has disks.")])
    assert answer.text == "Tiene discos."
    assert says.calls == 1


def test_a_wrong_number_is_put_right() -> None:
    (answer,) = FaithfulTranslator(Says("Tiene 4000 discos.")).translate([request("It has 5,000 disks.")])
    assert "5000" in answer.text and "4000" not in answer.text


def test_a_wrong_number_that_was_committed_is_not_taken_back() -> None:
    (answer,) = FaithfulTranslator(Says("Tiene 4000 discos.")).translate(
        [request("It has 5,000 disks.", "Tiene 4000")]
    )
    assert answer.text.startswith("Tiene 4000") and "5000" in answer.text


def test_a_number_inside_a_term_is_the_terms() -> None:
    term = Term("Python 3", ("Python tres",))
    says = Says("Usa Python tres.")
    (answer,) = FaithfulTranslator(says).translate([request("It uses Python 3.", "", term)])
    assert answer.text == "Usa Python tres." and says.calls == 1


def test_numbers_of_a_language_that_cannot_be_read_are_left_alone() -> None:
    says = Says("Il a vingt livres.")
    (answer,) = FaithfulTranslator(says).translate([request("He has 20 books.", target="fr")])
    assert answer.text == "Il a vingt livres." and says.calls == 1


@pytest.mark.parametrize(
    ("source", "target", "right"),
    [
        ("This is the third time.", "es", "Es la tercera vez."),
        ("This is the third time.", "de", "Das ist das dritte Mal."),
        ("This is the third time.", "fr", "C'est la troisième fois."),
        ("This is the third time.", "ja", "これは三回目です。"),
        ("The meeting starts at 3 p.m.", "de", "Die Sitzung beginnt um 15 Uhr."),
        ("The train leaves at 3:30.", "zh", "火车三点半开。"),
        ("It costs between ten and twenty dollars.", "es", "Cuesta de diez a veinte dólares."),
        ("There were a thousand people.", "es", "Había mil personas."),
        ("Three or four hundred people came.", "zh", "来了三四百人。"),
    ],
)
def test_numbers_said_another_way_are_left_alone(source: str, target: str, right: str) -> None:
    says = Says(right)
    (answer,) = FaithfulTranslator(says).translate([request(source, target=target)])
    assert answer.text == right and says.calls == 1


def test_what_was_said_of_the_first_text_is_not_said_of_another() -> None:
    class Scored(Says):
        def _answer(self, request: TranslationRequest) -> Translation:
            return replace(super()._answer(request), score=-1.0)

    right, wrong = request("The server.", "", SERVER), request("The server runs.", "", SERVER)
    assert FaithfulTranslator(Scored("El servidor.")).translate([right])[0].score == -1.0
    assert FaithfulTranslator(Scored("El equipo.")).translate([wrong])[0].score is None


def test_answers_keep_their_order_and_trials_come_in_bounded_batches() -> None:
    sizes: list[int] = []

    class Counting(Says):
        def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
            sizes.append(len(requests))
            return super().translate(requests)

    words = " ".join("abcdefghijklmnopqrst")
    requests = [request(f"The server {i + 10}.", "", SERVER) for i in range(12)]
    answers = FaithfulTranslator(Counting(words)).translate(requests)
    assert all(
        str(i + 10) in answer.text and "servidor" in answer.text.lower() for i, answer in enumerate(answers)
    )
    assert max(sizes[1:]) == TOGETHER


WORDS = ["El", "equipo", "va", "bien", "4000", "servidor", "12", "a", "ser", "20%", "."]


@given(
    st.lists(st.sampled_from(WORDS), max_size=10),
    st.integers(0, 6),
    st.lists(st.sampled_from(["server", "network", "12", "4,000", "three", "20 percent"]), max_size=6),
)
def test_whatever_is_answered_the_prefix_stays_and_the_rest_is_faithful(
    said: list[str], committed: int, wanted: list[str]
) -> None:
    glossary = Glossary(
        [Entry({"en": ("server",), "es": ("servidor",)}), Entry({"en": ("network",), "es": ("red",)})]
    )
    source, prefix = " and ".join(wanted) or "nothing", " ".join(said[:committed])
    asked = TranslationRequest(source, prefix, "en", "es", True, terms=glossary.terms(source, "en", "es"))
    (answer,) = FaithfulTranslator(Says(" ".join(said))).translate([asked])
    assert answer.text.startswith(prefix)
    assert missing(asked.terms, answer.text, "es") == []
    for part in answer.whole:
        assert part in answer.text


@given(
    st.text(max_size=30) | st.from_regex(r"[0-9]{50,70}(st|万)? ?", fullmatch=True),
    st.text(max_size=30),
    st.text(max_size=8),
    st.sampled_from(["zh", "es", "de", "ja"]),
)
def test_no_text_is_too_odd(source: str, answer: str, prefix: str, target: str) -> None:
    asked = TranslationRequest(source, prefix, "en", target, True)
    (given_back,) = FaithfulTranslator(Says(prefix + answer)).translate([asked])
    assert given_back.text.startswith(prefix)


def test_a_translator_that_is_lost_is_asked_a_bounded_number_of_times() -> None:
    terms = [Term(f"word{i}", (f"palabra{i}",)) for i in range(12)]
    says = Says("nada " * 60)
    (answer,) = FaithfulTranslator(says).translate([request("All of the words.", "", *terms)])
    assert 1 < len(says.asked) <= 1 + TRIALS
    assert not missing(terms, answer.text, "es")


def test_a_source_without_end_is_mended_without_decoding() -> None:
    says = Says("El equipo va.")
    source = "so " * 2000 + "the server has 25 disks"
    (answer,) = FaithfulTranslator(says).translate([request(source, "", SERVER)])
    assert says.calls == 1 and "servidor" in answer.text and "25" in answer.text


@pytest.fixture(scope="module")
def translator() -> FaithfulTranslator:
    if not embedded.translators():
        pytest.skip("no embedded translator in this checkout")
    return FaithfulTranslator(mt.load(embedded.translators()[:1]))


@pytest.mark.models
@pytest.mark.parametrize("target", ["zh", "es"])
def test_the_embedded_translator_uses_the_terms(translator: FaithfulTranslator, target: str) -> None:
    columns = (
        ("server|servers", "服务器", "servidor|servidores"),
        ("coffee break", "茶歇", "pausa para el café"),
    )
    forms = [dict(zip(("en", "zh", "es"), map(split_forms, row), strict=True)) for row in columns]
    glossary = Glossary([Entry(row) for row in forms], ["PyTorch"])
    sources = ["The servers are down.", "After the coffee break we use PyTorch.", "My server is old."]
    requests = [
        TranslationRequest(source, "", "en", target, True, terms=glossary.terms(source, "en", target))
        for source in sources
    ]
    for asked, answer in zip(requests, translator.translate(requests), strict=True):
        assert asked.terms and missing(asked.terms, answer.text, target) == []


@pytest.mark.models
@pytest.mark.parametrize("direction", ["en→zh", "zh→en"])
def test_the_embedded_translator_keeps_numbers(translator: FaithfulTranslator, direction: str) -> None:
    source, target = direction.split("→")
    templates, write = (ENGLISH, english_number) if source == "en" else (CHINESE, chinese_number)
    cases = suite(templates, write, 24, seed=11)
    requests = [TranslationRequest(case.source, "", source, target, True) for case in cases]
    assert exact(cases, [answer.text for answer in translator.translate(requests)], target) >= 0.99

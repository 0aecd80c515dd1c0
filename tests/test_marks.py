"""Where sentences and clauses end, in the languages of the world."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.marks import divided, ends_clause, ends_sentence, has_end, without_end


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We are done.| Now we go.", "en"),
        ("Really?!| Yes.", "en"),
        ('He said "stop."| Then he left.', "en"),
        ('He is here.| "Do you see him?"', "en"),
        ("(Is it?)| It is.", "en"),
        ("Tell me.| I know.", "en"),
        ("He is ill.| Tom is here.", "en"),
        ("OK.| I come in May.| Tom too.", "en"),
        ("He said no.| Five came.", "en"),
        ("Did he say no?| 5 came!| Is he a prof?| Yes.", "en"),
        ("It is no. 5, vol. 2, at approx. 3.5 percent.", "en"),
        ("Dr. Smith met Mr. J. Miller at St. Mary's.", "en"),
        ("See e.g. Smith, i.e. the U.S. President.", "en"),
        ("We met at 3 p.m.| We went.", "en"),
        ("Well… then go.| Wait…| Then he came.", "en"),
        ("Well... then go.| Wait...| Then he came.", "en"),
        ("I have 5.| Then four.", "en"),
        ("你好。|我来了！|真的？！|是。", "zh"),
        ("他说“好。”|我来。", "zh"),
        ("他说“好。”|“行。”", "zh"),
        ("版本3.5在U.S.用。|好", "zh"),
        ("今日はいい。|「はい。」|そうです｡|ね", "ja"),
        ("Está bien.| Tom viene.| ¿Qué dices?| ¡Nada!", "es"),
        ("Dijo que no.| ¿Te vas en auto?", "es"),
        ("El Sr. Pérez y la Dra. J. Ruiz de EE. UU. Vivas.", "es"),
        ("Lo dijo Dña. María en la pág. 5 o aprox. en la núm. 7.", "es"),
        ("Sillas, mesas, etc.| Quién viene, etc. y nada.", "es"),
        ("No sé...| Viene Pedro.| Y… viene.", "es"),
        ("Er sieht mich.| Tom auch.| Am 3. Mai.", "de"),
        ("„Ja.“| Er ging.| »Nein.«| Sie blieb.", "de"),
        ("Im 19. Jahrhundert sagte Dr. Müller z. B. das.", "de"),
        ("Das war 2019.| Dann, ca. 5 Jahre, d.h. lange.", "de"),
        ("Quoi ?| Rien !| « Oui. »| Alors il vient.", "fr"),
        ("M. Dupont et Mme. Petit, p. ex. Paul.", "fr"),
        ("Il a pris un vol.| Tom aussi, vol. 2.", "fr"),
        ("क्या है।| हाँ॥| डॉ. शर्मा कहाँ हैं?| यहाँ।", "hi"),
        ("كيف حالك؟| أنا بخير.| د. محمد هنا!| نعم", "ar"),
        ("یہ ہے۔| وہ ہے؟| ہاں", "ur"),
        ("Dimmi di no.| Il sig. Rossi.", "it"),
        ("Անունս է։| Դու", "hy"),
        ("ስሜ ነው።| አንተ", "am"),
    ],
)
def test_sentences(text: str, language: str) -> None:
    assert divided(text.replace("|", ""), language) == text.split("|")


SENTENCES = {
    "en": ["We go home.", "Is it 3.5?", 'He said "stop."', "Tell me!", "It costs $5, he says."],
    "zh": ["你好。", "他说“好。”", "用 Python 3.11 吗？", "走！", "我们，你们。"],
    "es": ["Está bien.", "¿Qué dices?", "¡No!", "Cuesta 3,5 euros.", "Dijo «sí.»"],
    "de": ["Er sieht mich.", "„Ja.“", "Kommst du?", "Das kostet 3,5 Euro!", "Gut, sagt er."],
    "fr": ["Il vient.", "Quoi ?", "« Oui. »", "C'est 3,5 !", "Bon, dit-il."],
    "hi": ["यह घर है।", "क्या है?", "हाँ!", "वह, मैं।"],
    "ar": ["كيف حالك؟", "أنا بخير.", "نعم!", "هذا، ذلك."],
    "ja": ["今日はいい。", "「はい。」", "そうですか？", "3.5です。"],
}


LANGUAGES = ("en", "zh", "de", "ar", "xx")


@given(st.sampled_from(sorted(SENTENCES)), st.data())
def test_what_was_joined_is_divided_where_it_was(language: str, data: st.DataObject) -> None:
    space = "" if language in ("zh", "ja") else " "
    joined = data.draw(st.lists(st.sampled_from(SENTENCES[language]), min_size=1, max_size=8))
    found = divided(space.join(joined), language)
    assert [sentence.strip() for sentence in found] == joined


@given(st.text(), st.sampled_from(LANGUAGES))
def test_nothing_is_lost(text: str, language: str) -> None:
    assert "".join(divided(text, language)) == (text if text.strip() else "")


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("I am done.", "en", True),
        ("I said no.", "en", True),
        ("I met Dr.", "en", False),
        ("see e.g.", "en", False),
        ("by J.", "en", False),
        ("done,", "en", False),
        ("वह है।", "hi", True),
        ("كيف حالك؟", "ar", True),
        ("Está bien.", "es", True),
        ("habla la Sra.", "es", False),
        ("大约3.", "zh", False),
        ("好。", "zh", True),
    ],
)
def test_what_is_known_before_the_next_word_is(text: str, language: str, ends: bool) -> None:
    assert ends_sentence(text, "", language) is ends


@given(st.text('.?!… "”»)«“a5,।؟', max_size=24), st.text(' ".”a5', max_size=4), st.sampled_from(LANGUAGES))
def test_whatever_a_recognizer_writes_is_decided_on(before: str, after: str, language: str) -> None:
    assert ends_sentence(before, after, language) in (True, False)


def test_what_is_quoted_again_and_again_still_ends() -> None:
    """Recognizers loop; what stands around words must not hide all of them."""
    assert ends_sentence('Yes. " " " " " " "', " And", "en")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        *[
            ("today.", True),
            ('"Why?"', True),
            ("好。”", True),
            ("„Ja.“", True),
            ("Oui. »", True),
            ("है।", True),
        ],
        *[("؟", True), ("Dr.", True), ("today,", False), ("today", False), ("", False)],
    ],
)
def test_a_mark_ends_a_sentence_whatever_follows(text: str, ends: bool) -> None:
    assert has_end(text) is ends


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        *[("so,", True), ("so،", True), ("但是，", True), ("so –", True), ('"so,"', True), ("Stop!”", True)],
        *[("well...", True), ("well…", True), ("well.", False), ("Dr.", False), ("well", False), ("", False)],
    ],
)
def test_a_voice_pauses_behind_a_clause(text: str, ends: bool) -> None:
    assert ends_clause(text) is ends


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hello world.", "Hello world"),
        ("你好。", "你好"),
        ("你好。”", "你好"),
        ("Well…", "Well"),
        ("Wait . .", "Wait"),
        ("Bonjour !", "Bonjour"),
        ("« Oui. »", "« Oui"),
        ("„Ja“.", "„Ja“"),
        ("यह है।", "यह है"),
        ("यह है॥", "यह है"),
        ("یہ ہے۔", "یہ ہے"),
        ("Hello,", "Hello,"),
        ("3.5", "3.5"),
        ("", ""),
    ],
)
def test_the_mark_after_an_open_sentence_is_removed(text: str, rest: str) -> None:
    assert without_end(text) == rest

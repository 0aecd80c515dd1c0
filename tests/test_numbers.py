"""Quantities, dates and times: found, compared across languages, and written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.numbers import LANGUAGES, growing, invented, missing, numbers, overgrown, written

SAME = [
    {"en": "$3.5 million", "zh": "350万美元", "es": "3,5 millones de dólares", "de": "3,5 Millionen Dollar"},
    {"en": "12.5%", "zh": "12.5%", "es": "12,5 %", "de": "12,5 %"},
    {"en": "March 5, 2024", "zh": "2024年3月5日", "es": "5 de marzo de 2024", "de": "5. März 2024"},
    {"en": "12,345", "zh": "12345", "es": "12.345", "de": "12.345"},
    {"en": "120 million", "zh": "1.2亿", "es": "120 millones", "de": "120 Millionen"},
    {"en": "1 million", "zh": "100万", "es": "1 millón", "de": "1 Million"},
    {"en": "5 km", "zh": "5公里", "es": "5 km", "de": "5 km"},
    {"en": "€20", "zh": "20欧元", "es": "20 euros", "de": "20 Euro"},
    {"en": "1998", "zh": "1998", "es": "1998", "de": "1998"},
    {"en": "21st", "zh": "第21"},
    {"en": "2:30 p.m.", "zh": "14点30分", "es": "14:30", "de": "14:30"},
]
"""The same number as each language writes it."""


@pytest.mark.parametrize("forms", SAME, ids=lambda forms: str(forms["en"]))
def test_a_number_is_the_same_in_all_languages_and_written_as_each_writes_it(forms: dict[str, str]) -> None:
    for source, text in forms.items():
        (number,) = numbers(text, source)
        for target, expected in forms.items():
            assert missing([number], numbers(expected, target)) == []
            assert invented([number], numbers(expected, target)) == []
            if source != "de" or target != "en":
                assert missing([number], numbers(written(number, target), target)) == []
        assert written(number, source) == text


@pytest.mark.parametrize(
    ("source", "language", "target", "into", "lost"),
    [
        ("百分之十二点五", "zh", "12.5 percent", "en", False),
        ("twenty-five percent", "en", "百分之二十五", "zh", False),
        ("3.5 million", "en", "三百五十万", "zh", False),
        ("3.5 million", "en", "350 人", "zh", True),
        ("$5", "en", "5元", "zh", True),
        ("1998", "en", "1989年", "zh", True),
        ("March 5", "en", "3月5号", "zh", False),
        ("March 5", "en", "5月3日", "zh", True),
        ("下午2点30分", "zh", "at 2:30 pm", "en", False),
        ("下午2点30分", "zh", "at 3:30 pm", "en", True),
        ("two of them", "en", "他们", "zh", False),
        ("一个人", "zh", "somebody", "en", False),
        ("三个人", "zh", "people", "en", True),
        ("第三个", "zh", "the 3rd", "en", False),
        ("十分钟", "zh", "ten minutes", "en", False),
        ("十分钟", "zh", "minutes", "en", True),
        ("This is the third time.", "en", "Es la tercera vez.", "es", False),
        ("This is the third time.", "en", "Das ist das dritte Mal.", "de", False),
        ("This is the third time.", "en", "现在是三点钟。", "zh", True),
        ("He is the twenty-first.", "en", "Er ist der einundzwanzigste.", "de", False),
        ("He is the twenty-first.", "en", "Er ist der zwanzigste.", "de", True),
        ("in the 21st century", "en", "en el siglo XXI", "es", False),
        ("in the 21st century", "en", "en el siglo XIX", "es", True),
        ("one third of them", "en", "ein Drittel von ihnen", "de", False),
        ("la tercera parte", "es", "un tercio", "en", False),
        ("el cuarto de baño", "es", "the bathroom", "en", False),
        ("at 3 p.m.", "en", "um 15 Uhr", "de", False),
        ("at 3 p.m.", "en", "um 16 Uhr", "de", True),
        ("at 3 p.m.", "en", "a las 3 de la tarde", "es", False),
        ("at 3 p.m.", "en", "下午三点", "zh", False),
        ("at 3 p.m.", "en", "上午三点", "zh", True),
        ("at 3:15 p.m.", "en", "um 15 Uhr", "de", True),
        ("at 3:30", "en", "三点半", "zh", False),
        ("at 3:30", "en", "um halb vier", "de", False),
        ("at 3:30", "en", "um halb drei", "de", True),
        ("at 3:30", "en", "a las tres y media", "es", False),
        ("at 2:45", "en", "a las tres menos cuarto", "es", False),
        ("at seven thirty.", "en", "um 7.30 Uhr", "de", False),
        ("at seven thirty.", "en", "um sieben", "de", True),
        ("half past seven", "en", "七点三十分", "zh", False),
        ("a quarter to nine", "en", "Viertel vor neun", "de", False),
        ("a quarter after nine", "en", "9 Uhr 15", "de", False),
        ("早上七点一刻", "zh", "at 7:15 a.m.", "en", False),
        ("三点半", "zh", "It's three-thirty.", "en", False),
        ("三点半", "zh", "It's three.", "en", True),
        ("晚上12点", "zh", "at 12 a.m.", "en", False),
        ("五点十分", "zh", "at ten past five", "en", False),
        ("五点十分", "zh", "at ten past six", "en", True),
        ("五点十分", "zh", "at ten to five.", "en", True),
        ("差十分六点", "zh", "at ten to six.", "en", False),
        ("差十分六点", "zh", "at ten past six", "en", True),
        ("at 8:25", "en", "um fünf vor halb neun", "de", False),
        ("at 8:35", "en", "um fünf vor halb neun", "de", True),
        ("um zehn nach acht", "de", "later", "en", True),
        ("at ten to five.", "en", "luego", "es", False),
        ("a las siete menos cinco", "es", "at seven", "en", True),
        ("It is 10 to 20 people.", "en", "Es sind Leute.", "de", True),
        ("时间十分紧", "zh", "Time is very short.", "en", False),
        ("今晚八点", "zh", "at 8 p.m.", "en", False),
        ("中午十二点", "zh", "at noon", "en", False),
        ("中午十二点", "zh", "at one", "en", True),
        ("at noon", "en", "mañana", "es", False),
        ("晚一点来", "zh", "Come later.", "en", False),
        ("上午一点都不忙", "zh", "not busy in the morning", "en", False),
        ("他24小时工作", "zh", "He works 24 hours.", "en", False),
        ("Which one am I?", "en", "¿Cuál soy yo?", "es", False),
        ("a las 3 20.000 personas", "es", "at 3 20,000 people", "en", False),
        ("after 5 20-minute talks", "en", "tras 5 charlas de 20 minutos", "es", False),
        ("on the fifth", "en", "am 5. Mai", "de", False),
        ("zweimal am Tag", "de", "twice a day", "en", False),
        ("three at 25:00", "en", "三 25:00", "zh", False),
        ("May 5", "en", "五月五日", "zh", False),
        ("May 5", "en", "五月六日", "zh", True),
        ("the fifth of May", "en", "am fünften Mai", "de", False),
        ("On the twenty-fourth of December", "en", "el veinticuatro de diciembre", "es", False),
        ("March fifth, nineteen ninety-eight", "en", "1998年3月5日", "zh", False),
        ("二〇二四年三月五日", "zh", "March 5, 2024", "en", False),
        ("三月我们去", "zh", "We go in March.", "en", False),
        ("in the 1990s", "en", "在九十年代", "zh", False),
        ("in the 1990s", "en", "在八十年代", "zh", True),
        ("in the 1990s", "en", "in den neunziger Jahren", "de", False),
        ("in the 1990s", "en", "en los años noventa", "es", False),
        ("二十世纪九十年代", "zh", "in the 1990s", "en", False),
        ("二十世纪九十年代", "zh", "in the 1890s", "en", True),
        ("九十年代", "zh", "190 people", "en", True),
        ("March the fifth", "en", "5. April", "de", True),
        ("25:00", "en", "1:00", "es", True),
        ("早上七点一刻", "zh", "at seven", "en", True),
        ("a thousand", "en", "mil", "es", False),
        ("a thousand", "en", "tausend", "de", False),
        ("a hundred", "en", "hundert", "de", False),
        ("a hundred", "en", "tausend", "de", True),
        ("hundert Dank", "de", "many thanks", "en", False),
        ("three quarters", "en", "四分之三", "zh", False),
        ("四分之三", "zh", "most of them", "en", False),
        ("百分之五", "zh", "a few", "en", True),
        ("我有3点建议", "zh", "I have three suggestions.", "en", False),
        ("我有3点建议", "zh", "I have suggestions.", "en", True),
        ("今天星期三天气好", "zh", "fine today", "en", False),
        ("有两三个人", "zh", "some people", "en", False),
        ("three or four hundred", "en", "三四百", "zh", False),
        ("five or six hundred", "en", "三四百", "zh", True),
        ("one dollar", "en", "un dólar", "es", False),
        ("two dollars", "en", "unos dólares", "es", True),
        ("three and a half hours", "en", "三个半小时", "zh", False),
        ("three and a half hours", "en", "三小时", "zh", True),
        ("300块美元", "zh", "300 dollars", "en", False),
    ],
)
def test_what_a_translation_lost(source: str, language: str, target: str, into: str, lost: bool) -> None:
    assert bool(missing(numbers(source, language), numbers(target, into))) == lost


def test_what_a_translation_invented_is_unmistakable() -> None:
    assert [str(n.value[0]) for n in invented([], numbers("他有2000个，一个，三个", "zh"))] == ["2000"]


@pytest.mark.parametrize(
    ("source", "language", "target", "into", "false"),
    [
        ("三四百人", "zh", "three or four hundred people", "en", []),
        ("三四百人", "zh", "30 or 400 people", "en", []),
        ("三四百人", "zh", "five hundred people", "en", ["five hundred"]),
        ("七八千", "zh", "7,000 to 8,000", "en", []),
        ("三四十万元", "zh", "300 to 400 thousand yuan", "en", []),
        ("in December", "en", "12月", "zh", []),
        ("at noon", "en", "um 12 Uhr", "de", []),
        ("in the morning", "en", "um 12 Uhr", "de", ["12"]),
        ("in the 1990s", "en", "90年代", "zh", []),
        ("at seven thirty", "en", "7:30", "zh", []),
        ("two and a half million", "en", "250万", "zh", []),
        ("half a million", "en", "100万", "zh", ["100万"]),
        ("Hundred Years' War", "en", "Guerra de los Cien Años", "es", []),
        ("May 5", "en", "2024年5月5日", "zh", ["2024年5月5日"]),
    ],
)
def test_what_a_translation_invented(
    source: str, language: str, target: str, into: str, false: list[str]
) -> None:
    found = invented(numbers(source, language), numbers(target, into))
    assert [target[n.start : n.end] for n in found] == false


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("1990s", "en", "zh", "1990年代"),
        ("90年代", "zh", "es", "años 90"),
        ("1990s", "en", "de", "1990er Jahre"),
        ("1990er Jahre", "de", "en", "1990s"),
        ("half past nine", "en", "de", "9:30"),
        ("五美元", "zh", "en", "$5"),
    ],
)
def test_what_was_said_in_words_is_written_in_figures(
    text: str, source: str, target: str, expected: str
) -> None:
    (number,) = numbers(text, source)
    assert written(number, target) == expected


@pytest.mark.parametrize(
    ("language", "text", "held"),
    [
        ("en", "we have twenty", "twenty"),
        ("en", "we have 3.5", "3.5"),
        ("en", "we have twenty people", ""),
        ("en", "on March", "March"),
        ("en", "on March 5,", "March 5,"),
        ("en", "it costs $", "$"),
        ("en", "two hundred and", "two hundred and"),
        ("zh", "我们有三千", "三千"),
        ("zh", "我们有三千人", ""),
        ("zh", "涨了百分之", "百分之"),
        ("zh", "我们三点", "三点"),
        ("zh", "我的观点", ""),
        ("es", "el 5 de", "5 de"),
        ("de", "am 5.", "5."),
        ("fr", "il y a 20", ""),
    ],
)
def test_a_number_at_the_end_may_still_grow(language: str, text: str, held: str) -> None:
    assert text[growing(text, language) :] == held


@pytest.mark.parametrize(
    ("text", "rest", "language", "count"),
    [
        ("We have 828,000", "000 dollars", "en", 11),
        ("We have 828,000", " dollars", "en", 0),
        ("It is 3", " million people", "en", 8),
        ("有350", "万人", "zh", 1),
        ("有350万", "人", "zh", 0),
        ("", "5", "en", 0),
        ("Es el 3.º", "a vez", "es", 1),
        ("the 21st", "unde", "en", 4),
        ("第21", "岁", "zh", 0),
        ("x ", "5", "en", 0),
        ("on April 7, 2020", "00000-A", "en", 5),
        ("el 7 de abril de 2020", "00", "es", 2),
        ("am 7. April 2020", "00 Uhr", "de", 2),
        ("on April 7, 2020", ", 300 came", "en", 0),
        ("Das waren 2", " Mio. Euro", "de", 10),
        ("Das waren 2 Mio. Euro", " mehr", "de", 0),
        ("Cuesta 3 dólares", ",50 dólares", "es", 11),
        ("It costs 3 yuan", ".5 yuan", "en", 7),
        ("它要3美元", "00万美元", "zh", 5),
        ("它要3美元", "50美分", "zh", 4),
        ("它要3美元", "50个", "zh", 0),
        ("They planted 91.7 billion", ",0000 trees", "en", 5),
        ("They planted 91.7 billion", ", 300 of them oaks", "en", 0),
        ("Plantaron 91.700 millones", ".000 árboles", "es", 4),
        ("Sie pflanzten 91,7 Milliarden", "0000 Bäume", "de", 4),
        ("他们种了917亿", "0000棵", "zh", 4),
        ("他们种了三棵", "5号树", "zh", 0),
        ("filmed in 4K", "60", "en", 0),
        ("房间三", "05", "zh", 0),
    ],
)
def test_what_follows_a_number_does_not_turn_it_into_another(
    text: str, rest: str, language: str, count: int
) -> None:
    assert overgrown(text, rest, language) == count


@given(st.integers(0, 10**13), st.sampled_from(sorted(LANGUAGES)), st.sampled_from(sorted(LANGUAGES)))
def test_every_integer_survives_every_direction_exactly(value: int, source: str, target: str) -> None:
    text = f"{value}" if value < 10**4 else f"{value:,}".replace(",", "." if source in ("es", "de") else ",")
    (number,) = numbers(f"x {text} y", source)
    assert number.value == (Decimal(value),)
    (again,) = numbers(f"x {written(number, target)} y", target)
    assert again.same(number) and number.same(again)


@given(st.text(max_size=40), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_can_be_read_and_misses_nothing_of_itself(text: str, language: str) -> None:
    found = numbers(text, language)
    assert missing(found, found) == [] and invented(found, found) == []
    assert 0 <= growing(text, language) <= len(text)
